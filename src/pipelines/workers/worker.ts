/** A worker process of `infer`, `align` or `run`. */
import { setFlagsFromString } from 'node:v8';
import sharp from 'sharp';
import { serve } from './serve.js';
import { openJob } from './work.js';

// Images are decoded side by side; within one image a second thread would only wait.
sharp.concurrency(1);
// No image is read twice, so libvips would only hold on to the last ones.
sharp.cache(false);
// The pixels of photographs lie outside V8's heap of 8 MB, but count as much: for every second one it would collect
// all of it, a twentieth of the processor time of align. So it may grow by 300 % before that happens.
setFlagsFromString('--heap-growing-percent=300');
serve(openJob);

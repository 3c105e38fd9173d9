/** A worker process of `infer`, `align` or `run`. */
import { setFlagsFromString } from 'node:v8';
import sharp from 'sharp';
import { serve } from './serve.js';
import { openJob } from './work.js';

// Images are decoded side by side; within one image a second thread would only wait.
sharp.concurrency(1);
// No image is read twice, so libvips would only hold on to the last ones.
sharp.cache(false);
// Pixels lie outside V8's heap of 10 MB but count as much: at the growth that is usual it would mark all of that heap
// for every second photograph, and a core that has a worker of its own has no time for it. Eight times the heap is
// more than the pixels that wait for the cheap collection of young objects, which frees them.
setFlagsFromString('--heap-growing-percent=700');
serve(openJob);

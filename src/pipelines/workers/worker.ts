/** A worker process of `infer`, `align` or `run`. */
import sharp from 'sharp';
import { serve } from './serve.js';
import { openJob } from './work.js';

// Images are decoded side by side; within one image a second thread would only wait.
sharp.concurrency(1);
// No image is read twice, so libvips would only hold on to the last ones.
sharp.cache(false);
serve(openJob);

/** The process of onnx-fuzz.test.ts: loads each file it is told as the workers do, and says what came of it. */
import { findClassifier, openClassifier } from '../../src/models/models.js';

export interface Loaded {
  /** Of the error; absent where the file is a classifier. */
  readonly error?: { readonly name: string; readonly message: string };
  /** What the process had in use at most, bytes. */
  readonly peak: number;
}

process.on('message', async (path: string) => {
  const answer = (error?: Loaded['error']) => {
    const peak = process.resourceUsage().maxRSS * 1024;
    process.send?.({ ...(error && { error }), peak } satisfies Loaded);
  };
  try {
    const classifier = await openClassifier(await findClassifier(path), { threads: 1 }, 1);
    await classifier.release();
    answer();
  } catch (error) {
    const { name, message } = error as Error;
    answer({ name, message });
  }
});

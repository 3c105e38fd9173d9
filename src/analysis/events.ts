/** What an analysis tells while it goes on; where that is shown is not its matter. */
export interface AnalysisEvents {
  /** @param predictions that have been read so far */
  progress(predictions: number): void;
  /** @param text a sentence for whoever asked */
  warn(text: string): void;
}

/** The sink of `--report`, of infer and run. */
import type { Provenance } from '../batch/provenance.js';
import { versions } from '../batch/record.js';
import type { ClassifierSource } from '../models/models.js';
import { reportImages } from '../options/options.js';
import type { OptionsOf } from '../options/table.js';
import { mapped, type Sink } from '../outputs/sink.js';
import type { TaskResult } from '../tasks/job.js';
import { reportRows } from '../tasks/rows.js';

/** @returns undefined where no report is asked for */
export async function reportSink(
  command: 'infer' | 'run',
  options: OptionsOf<'infer'> | OptionsOf<'run'>,
  folder: string,
  { model, classNames }: ClassifierSource,
  madeWith: Provenance,
): Promise<Sink<TaskResult> | undefined> {
  const maxImages = reportImages(options);
  if (maxImages === undefined) return undefined;
  // Loaded only here, as they draw thumbnails and count in double.
  const { Report } = await import('../outputs/report/report.js');
  const { CompositionAudit } = await import('../analysis/composition/report-audit.js');
  const { withSlash } = await import('../analysis/results/find-predictions.js');
  const { input_dir: input, in_list, shard } = options;
  const isWhole = in_list === undefined && shard === undefined;
  const audit = await CompositionAudit.open({
    ...{ command, classNames, madeWith, modelSha256: model.sha256, folder: withSlash(input) },
    crops: command === 'infer' && isWhole ? input : undefined,
  });
  const facts = await reportFacts(input ?? in_list ?? '', model);
  return mapped(new Report(folder, { classNames, facts, maxImages, audit }), reportRows);
}

async function reportFacts(
  input: string,
  model: ClassifierSource['model'],
): Promise<Record<string, string>> {
  const all = Object.entries(versions()).map(([name, version]) => `${name} ${version}`);
  return {
    Input: input,
    Model: model.path,
    'Model SHA-256': model.sha256,
    Date: new Date().toISOString().slice(0, 10),
    Versions: all.join(', '),
  };
}

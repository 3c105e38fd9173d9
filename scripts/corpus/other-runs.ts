/** Runs of convert, consensus, evaluate, doctor, completion and help, and runs that are refused. */
import type { Run } from './run.js';

export function otherRuns(model: string): Run[] {
  return [
    ...convertRuns(),
    ...consensusRuns(),
    ...evaluateRuns(),
    ...printingRuns(),
    ...wrongInputRuns(model),
    ...wrongFaceRuns(model),
  ];
}

function convertRuns(): Run[] {
  const convert = (name: string, ckpt: string, args: string[] = []): Run => {
    const out = `converted/${name}.onnx`;
    const all = ['convert', '--ckpt', ckpt, '--out', out, ...args];
    return { name: `convert-${name}`, args: all, out: [out] };
  };
  const half = ['--precision', 'fp16'];
  const bad = ['html_download.ckpt', 'malicious.ckpt', 'missing_tensor.pth', 'nan.pth'];
  const alsoBad = ['resnet34.pth', 'three_classes.pth'];
  const small = ['bfloat16.pth', 'double.pth', 'old_form_views.pth', 'parameters.ckpt'];
  const alsoSmall = ['protocol4.pth', 'strides.pth', 'torchscript.pt', 'whole_model.pth'];
  return [
    convert('lightning', 'models/lightning.ckpt'),
    convert('lightning-fp16', 'models/lightning.ckpt', [...half, '--json']),
    convert('legacy', 'models/lightning_legacy_format.ckpt', ['--quiet']),
    convert('torchvision', 'models/torchvision_state_dict.pth', ['--json']),
    convert('ddp-fp16', 'models/ddp_prefix.ckpt', half),
    convert('half', 'models/half.ckpt'),
    convert('half-fp16', 'models/half.ckpt', half),
    convert('views', 'models/strided_views.pth'),
    ...[...small, ...alsoSmall].map((name) => convert(`small-${name}`, `models/small/${name}`)),
    ...[...bad, ...alsoBad].map((name) => convert(`bad-${name}`, `models/bad_${name}`)),
    convert('onnx', 'converted/half.onnx'),
    convert('missing', 'models/missing.ckpt'),
    convert('folder', 'models'),
  ];
}

function consensusRuns(): Run[] {
  const consensus = (name: string, predictions: string, args: string[] = [], input = ''): Run => {
    const out = `consensus/${name}`;
    const all = ['consensus', '--predictions', predictions, '--output_dir', out, ...args];
    return { name: `consensus-${name}`, args: all, out: [out], input };
  };
  const identities = 'predictions/identities.txt';
  const rule = [
    '--threshold',
    '0.55',
    '--max_per_identity',
    '7',
    '--seed',
    '3',
    '--min_images',
    '4',
  ];
  const sorted = ['a/1.jpg Asian', 'a/2.jpg Asian', 'b/1.jpg Indian', ''].join('\n');
  return [
    consensus('default', identities),
    consensus('rule', identities, rule),
    consensus('rule-json', 'predictions/sorted.txt', [...rule, '--json']),
    consensus('all', 'predictions/sorted.txt', ['--threshold', '1', '--quiet']),
    consensus('infer-txt', 'infer/rich/pred_ethnicities.txt'),
    consensus('infer-csv', 'infer/rich/predictions.csv', ['--threshold', '0.6']),
    consensus('run-jsonl', 'run/rich/predictions.jsonl', ['--threshold', '0.51', '--json']),
    consensus('stdin', '-', [], sorted),
    consensus('stdin-unsorted', '-', [], `${sorted}a/3.jpg Asian\n`),
    consensus('empty', 'predictions/empty.txt'),
    consensus('damaged-txt', 'predictions/damaged.txt'),
    consensus('damaged-csv', 'predictions/damaged.csv'),
    consensus('damaged-jsonl', 'predictions/damaged.jsonl'),
    consensus('no-predictions', 'labels/names.csv'),
    consensus('missing', 'predictions/missing.txt'),
  ];
}

function evaluateRuns(): Run[] {
  const evaluate = (name: string, files: string[], args: string[] = [], input = ''): Run => {
    const out = `evaluated/${name}`;
    const [predictions, labels] = files;
    const all = ['evaluate', '--predictions', predictions, '--labels', labels, '--output_dir', out];
    return { name: `evaluate-${name}`, args: [...all, ...args], out: [out], input };
  };
  const independent = ['predictions/independent.csv', 'labels/independent.csv'];
  const columns = [
    '--path_column',
    'file',
    '--label_column',
    'label',
    '--group_column',
    'group',
    'age',
  ];
  return [
    evaluate('independent', independent),
    evaluate('groups', independent, ['--group_column', 'gender']),
    evaluate('groups-json', independent, ['--group_column', 'gender', '--json']),
    evaluate('crops', ['infer/rich/predictions.jsonl', 'labels/crops.csv'], columns),
    evaluate('differing', ['infer/rich/predictions.jsonl', 'labels/differing.csv']),
    evaluate('txt', ['infer/list/pred_ethnicities.txt', 'labels/crops.csv'], ['--quiet']),
    evaluate('names', ['run/rich/predictions.csv', 'labels/names.csv']),
    evaluate(
      'stdin',
      ['-', 'labels/crops.csv'],
      ['--json'],
      'crops/upstream/sample1.jpg_0.png Asian\nelsewhere.png Indian\n',
    ),
    evaluate(
      'labels-stdin',
      [independent[0], '-'],
      [],
      'name,label\n28.jpg,Asian\n282.jpg,Asian\n',
    ),
    evaluate('both-stdin', ['-', '-']),
    evaluate('nothing-common', ['infer/rich/predictions.csv', 'labels/other.csv']),
    evaluate('one-column', [independent[0], 'labels/one-column.csv']),
    evaluate('open-quote', [independent[0], 'labels/quote.csv']),
    evaluate('no-column', independent, ['--group_column', 'height']),
    evaluate('damaged', ['predictions/damaged.jsonl', 'labels/names.csv']),
    evaluate('missing', [independent[0], 'labels/missing.csv']),
  ];
}

const COMMANDS = [
  ...['run', 'align', 'infer', 'convert', 'consensus', 'evaluate', 'merge', 'doctor'],
  ...['completion', 'help'],
];
const PAGES = ['formats', 'exit-codes', 'resume', 'shards', 'devices', 'detectors', 'labels'];

function printingRuns(): Run[] {
  const printing = (args: string[], more: Partial<Run> = {}): Run => ({
    name: `print-${args.join(' ').replaceAll(/[^a-z]+/gi, '-')}`,
    args,
    ...more,
  });
  return [
    printing([]),
    printing(['--help']),
    printing(['--version']),
    printing(['help']),
    ...COMMANDS.map((command) => printing([command, '--help'])),
    ...PAGES.map((page) => printing(['help', page])),
    printing(['help', 'align']),
    ...['bash', 'zsh', 'fish'].map((shell) => printing(['completion', shell])),
    printing(['doctor', '--quiet'], { recorded: 'code' }),
    printing(['doctor', '--json'], { recorded: 'code' }),
  ];
}

const OUTPUT = ['--output_dir', 'wrong'];
const INFER = ['infer', '--input_dir', 'crops', ...OUTPUT];

function wrong(name: string, args: string[]): Run {
  return { name: `wrong-${name}`, args, out: ['wrong'] };
}

function wrongInputRuns(model: string): Run[] {
  const ckpt = ['--ckpt', model];
  return [
    wrong('command', ['classify']),
    wrong('help', ['help', 'everything']),
    wrong('shell', ['completion', 'tcsh']),
    wrong('option', [...INFER, '--batchsize', '3']),
    wrong('argument', [...INFER, 'crops']),
    wrong('no-output', ['infer', '--input_dir', 'crops']),
    wrong('no-input', ['run', ...OUTPUT]),
    wrong('missing-input', ['run', '--input_dir', 'missing', ...OUTPUT]),
    wrong('file-input', ['align', '--in_dir', 'lists/below.txt', '--out_dir', 'wrong']),
    wrong('empty-input', ['align', '--in_dir', 'empty', '--out_dir', 'wrong']),
    wrong('output-file', ['infer', '--input_dir', 'crops', '--output_dir', 'lists/below.txt']),
    wrong('same-folder', [
      ...['infer', '--input_dir', 'crops', '--output_dir', 'crops', '--visualize'],
    ]),
    wrong('blank-list', ['run', '--in_list', 'lists/blank.txt', ...ckpt, ...OUTPUT]),
    wrong('missing-list', ['run', '--in_list', 'lists/missing.txt', ...OUTPUT]),
    wrong('empty-list', ['align', '--in_list', '-', '--out_dir', 'wrong']),
    wrong('batch-size', [...INFER, '--batch_size', '0']),
    wrong('threads', [...INFER, '--n_threads', 'many']),
    wrong('format', [...INFER, '--format', 'xml']),
    wrong('shard', [...INFER, '--shard', '2/2']),
    wrong('slurm', [...INFER, '--shard', 'slurm']),
    wrong('grid-rows', [...INFER, '--visualize', '--n_vis_rows_per_pic', '7']),
    wrong('grid-without', [...INFER, '--figsize_h', '7']),
    wrong('report-without', [...INFER, '--report_max_images', '7']),
    wrong('retry-without', [...INFER, '--retry_failed']),
    wrong('resume-overwrite', [...INFER, '--resume', '--overwrite']),
    wrong('null-without', [...INFER, '--null']),
  ];
}

function wrongFaceRuns(model: string): Run[] {
  const run = ['run', '--input_dir', 'photographs', ...OUTPUT];
  const align = ['align', '--in_dir', 'photographs', '--out_dir', 'wrong'];
  const ckpt = ['--ckpt', model];
  return [
    wrong('detector', [...align, '--detector', 'yolo']),
    wrong('other-detector', [...align, '--detector', 'ssd', '--min_face_size', '30']),
    wrong('thresholds', [...align, '--thresholds', '0.5', '2', '0.5']),
    wrong('two-thresholds', [...align, '--thresholds', '0.5', '0.5']),
    wrong('out-res', [...align, '--out_res', '-3']),
    wrong('crop-quality', [...run, '--crop_quality', '101']),
    wrong('faces', [...run, '--faces', 'best']),
    wrong('mtcnn-pytorch', [...run, '--mtcnn_pytorch_path', 'models']),
    wrong('cuda', [...INFER, ...ckpt, '--device', 'cuda']),
    wrong('device', [...INFER, ...ckpt, '--device', 'tpu']),
    wrong('missing-model', [...INFER, '--ckpt', 'models/missing.ckpt']),
    wrong('html-model', [...INFER, '--ckpt', 'models/bad_html_download.ckpt']),
    wrong('malicious-model', [...INFER, '--ckpt', 'models/bad_malicious.ckpt', '--json']),
    wrong('nan-model', [...run, '--ckpt', 'models/bad_nan.pth']),
    wrong('text-model', [...run, '--ckpt', 'lists/below.txt']),
    wrong('threshold', ['consensus', '--predictions', 'x', ...OUTPUT, '--threshold', '1.1']),
    wrong('seed', ['consensus', '--predictions', 'x', ...OUTPUT, '--seed', '-1']),
    wrong('precision', ['convert', '--ckpt', 'x', '--out', 'y', '--precision', 'int8']),
    wrong('merge-missing', ['merge', '--inputs', 'missing', ...OUTPUT]),
    wrong('merge-no-shards', ['merge', '--inputs', 'crops', ...OUTPUT]),
    wrong('dashes', ['infer', '--input-dir=missing', '--output-dir', 'wrong']),
  ];
}

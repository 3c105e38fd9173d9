/** The commands, in the order of the help, with what it says of them. */
export const COMMANDS = {
  run: 'photographs in, a label for each face out: align and infer in one pass',
  align: 'cut every face out of photographs, aligned to 112x112',
  infer: 'label aligned faces with one of four perceived ethnic groups',
  convert: 'convert a PyTorch checkpoint of the classifier to ONNX',
  consensus: 'list the identities (folders) that are of one class by most of their images',
  evaluate: 'compare predictions with labels: accuracy, confusion matrix, calibration',
  composition: 'estimate the shares of the classes in a data set, corrected for known errors',
  balance: 'draw as many faces of each class, and tell how many are probably mislabelled',
  merge: 'join the results of shards into those of one run',
  doctor: 'tell what this installation can use: devices, models, versions, speed',
  completion: 'print a script that completes command lines in bash, zsh or fish',
  help: 'print the help of a command, or a page on files and behaviour',
} as const;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

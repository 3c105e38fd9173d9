/** The record of a run, `run.json` (of align: `align.json`): what ran, on what, with which model, what came of it. */
import { packageVersion } from '../files/package.js';
import { loadSharp } from '../image/sharp.js';
import type { ModelRecord } from '../models/models.js';
import type { DeviceChoice } from '../runtime/choose-device.js';
import { runtimeVersion } from '../runtime/onnxruntime.js';

/** Versions that decide the numbers. */
export function versions(): Record<string, string> {
  const sharp = loadSharp().versions;
  return {
    facecls: packageVersion(),
    node: process.versions.node,
    'onnxruntime-node': runtimeVersion(),
    sharp: sharp.sharp ?? '',
    libvips: sharp.vips,
  };
}

/** Rates and times of a run that began at `start` (of performance.now()). */
export function timing(start: number, images: number) {
  const seconds = (performance.now() - start) / 1000;
  return {
    seconds: Number(seconds.toFixed(3)),
    images_per_second: Number((images / seconds).toFixed(2)),
  };
}

/** A classifier, for programs. */
export function modelRecord({
  path,
  sha256,
  files,
  outputKind,
  dividedBySum,
  ...chosen
}: ModelRecord) {
  return {
    ...{ path, sha256 },
    ...(files && { files }),
    ...(outputKind && { output_kind: outputKind }),
    ...(dividedBySum && { divided_by_sum: true }),
    ...weightsRecord(chosen),
  };
}

/** Which network of a checkpoint was taken, for programs; nothing where there is only one. */
export function weightsRecord({
  weights,
  passedOver,
}: Pick<ModelRecord, 'weights' | 'passedOver'>) {
  return {
    ...(weights !== undefined && { weights }),
    ...(passedOver && { passed_over: passedOver }),
  };
}

export function deviceRecord({ requested, device, proof }: DeviceChoice) {
  return {
    device,
    device_requested: requested,
    ...(proof === undefined ? {} : { device_proof: proof }),
  };
}

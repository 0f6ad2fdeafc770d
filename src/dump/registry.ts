// All readers, and which of them opens given bytes. A name is a hint only: the bytes decide.

import { checkNumerics } from './formats/check-numerics';
import { dlfwInspect } from './formats/dlfw-inspect';
import { hfTrainer } from './formats/hf-trainer';
import { hfUnderflowOverflow } from './formats/hf-underflow-overflow';
import { jax } from './formats/jax';
import { keras } from './formats/keras';
import { lossScaling } from './formats/loss-scaling';
import { lovelyTensors } from './formats/lovely-tensors';
import { metricsCsv } from './formats/metrics-csv';
import { metricsJson } from './formats/metrics-json';
import { metricsJsonl } from './formats/metrics-jsonl';
import { msprobe } from './formats/msprobe/reader';
import { nandump } from './formats/nandump';
import { createNotebookReader } from './formats/notebook';
import { numpy } from './formats/numpy';
import { plainLog } from './formats/plain-log';
import { pytorchChecks } from './formats/pytorch-checks';
import { tensorboard } from './formats/tensorboard';
import { tfdbg2File } from './formats/tfdbg2/file';
import { torchAnomaly } from './formats/torch-anomaly';
import { torchDebugMode } from './formats/torch-debug-mode';
import { trainerSentences } from './formats/trainer-sentences';
import { trainerState } from './formats/trainer-state';
import type { LogFormat } from './log/detector';
import { createLogReader } from './log/log-reader';
import type { DumpReader } from './model';

/** Formats that are lines of text, told apart while reading. The last is the fallback. */
export const logFormats: readonly LogFormat[] = [
  torchAnomaly,
  hfUnderflowOverflow,
  torchDebugMode,
  dlfwInspect,
  hfTrainer,
  checkNumerics,
  jax,
  keras,
  numpy,
  lossScaling,
  pytorchChecks,
  trainerSentences,
  lovelyTensors,
  plainLog,
];

const logReader = createLogReader(logFormats);

export const readers: readonly DumpReader[] = [
  nandump,
  tensorboard,
  trainerState,
  msprobe,
  tfdbg2File,
  metricsJson,
  metricsJsonl,
  metricsCsv,
  createNotebookReader(logReader),
  logReader,
];

/** @returns null where no reader takes the bytes. */
export function chooseReader(head: Uint8Array, name: string): DumpReader | null {
  let best: DumpReader | null = null;
  let bestScore = 0;
  for (const reader of readers) {
    const score = reader.sniff(head, name);
    if (score > bestScore) {
      best = reader;
      bestScore = score;
    }
  }
  return best;
}

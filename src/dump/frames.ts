// Whose code a stack frame is, and which frame a failure is blamed on: the deepest of the user's own.

import type { Anomaly, Frame } from './model';

const installed = /(?:^|\/)(?:site-packages|dist-packages)\//;
const standardLibrary = /(?:^|\/)(?:lib(?:64)?\/python\d(?:\.\d+)?|Python\d{2,3}\/Lib|python\d{2,3}\.zip)\//i;
const windowsStandardLibrary = /(?:^|\/)(?:Python\d*|(?:ana|mini)conda\d?|miniforge\d?|envs\/[^/]+)\/Lib\/[^/]/i;
/** Libraries that are often run from a source checkout, known by their inner layout. */
const libraryInternals =
  /(?:^|\/)(?:torch\/(?:nn|autograd|optim|utils|amp|cuda|distributed|distributions|_dynamo|_inductor|_functorch|fx|jit|functional\.py|_tensor\.py|_ops\.py|_utils\.py|checkpoint\.py)|functorch\/_src|lightning\/(?:pytorch|fabric)|pytorch_lightning|tensorflow\/python|keras\/src|jax\/(?:_src|numpy|lax|interpreters)|deepspeed\/runtime|megatron\/core|fairseq\/(?:optim|trainer\.py|nan_detector\.py)|apex\/amp|detectron2\/engine|mmengine\/runner|ipykernel|IPython\/core|ipykernel_launcher\.py)(?:\/|$)/;
const generated =
  /(?:^|\/)torchinductor_[^/]*\/|(?:^|\/)torch_compile_debug\/|\/__autograph_generated_file|\.cpp$|\.cu$|\.pyx$/;
const entryScript = /(?:^|\/)bin\/[\w.-]+$/;
const interactive = /^(?:<stdin>|<ipython-input-|Cell In|Input In|In \[)/;

/** Whether a frame's file is the user's own: not installed, not Python's, not frozen, not generated. */
export function isUserPath(path: string): boolean {
  if (interactive.test(path)) return true;
  if (path.startsWith('<')) return false;
  const normal = path.replaceAll('\\', '/');
  if (installed.test(normal) || standardLibrary.test(normal) || windowsStandardLibrary.test(normal)) return false;
  if (libraryInternals.test(normal) || generated.test(normal)) return false;
  return normal.endsWith('.py') || normal.endsWith('.ipynb') || !entryScript.test(normal);
}

/** The deepest frame of the user's own code; null where there is none. */
export function blamedFrame(frames: readonly Frame[]): Frame | null {
  return frames.findLast((frame) => frame.isUser) ?? null;
}

export function sourceOf(frames: readonly Frame[]): Anomaly['source'] {
  const frame = blamedFrame(frames);
  if (frame === null) return null;
  return { path: frame.path, line: frame.line, function: frame.function, text: frame.text };
}

/** The last part of a path of either kind: what a sentence shows. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

// The helper functions as they stand in a script, one for each step.

import { type DebugStep, HELPERS, MARKS } from './step';

const ONE_BATCH = `def ${HELPERS.oneBatch}(given, wanted=None, steps=50):
    "One batch for a few steps, and then the end"
    if isinstance(wanted, (int, float)): return wanted
    if wanted == "examples":
        if hasattr(given, "select"): return given.select(range(min(8, len(given))))
        if hasattr(given, "take") and not hasattr(given, "shape"): return given.take(1)
        return given[:8] if hasattr(given, "shape") or isinstance(given, (list, tuple)) else [given[i] for i in range(min(8, len(given)))]
    if getattr(${HELPERS.oneBatch}, "ended", False): raise SystemExit("NaN Lens: one batch was tried, as asked; the script ends here")
    ${HELPERS.oneBatch}.ended = True
    import itertools
    return itertools.repeat(next(iter(given)), steps)
`;

const LABELS = `def ${HELPERS.labels}(kind, ignored, scores, target):
    "Raises ValueError for labels that do not fit the scores; gives both on"
    import torch
    def say(problem): raise ValueError("NaN Lens: " + problem + f" (scores {tuple(scores.shape)} {scores.dtype}, labels {tuple(target.shape)} {target.dtype})")
    if not torch.isfinite(scores.detach()).all(): say("the scores hold NaN or Inf before any label is looked at")
    if target.is_floating_point() and not torch.isfinite(target.detach()).all(): say("the labels hold NaN or Inf")
    if kind == "classes" and not target.is_floating_point():
        classes = scores.shape[1] if scores.dim() > 1 else scores.shape[0]
        if target.dtype not in (torch.int64, torch.uint8): say("class ids have to be int64")
        if tuple(target.shape) != tuple(scores.shape[:1]) + tuple(scores.shape[2:]) and scores.dim() > 1: say("there has to be one label for each row of scores")
        wrong = target[(target != ignored) & ((target < 0) | (target >= classes))]
        if wrong.numel(): say(f"label {wrong.flatten()[0].item()} is not in 0..{classes - 1}, and not {ignored}, which is ignored")
    elif kind == "classes":
        if target.shape != scores.shape: say("class probabilities need the shape of the scores; class ids have to be integers")
    else:
        if target.shape != scores.shape: say("labels and scores have different shapes, and broadcasting would pair what does not belong together")
        if not target.is_floating_point(): say("labels of this loss have to be floating-point numbers")
        if kind == "labels" and target.numel() and (target.min() < 0 or target.max() > 1): say("labels of a binary cross-entropy lie between 0 and 1")
    return scores, target
`;

const LOWER_RATE = `def ${HELPERS.learningRate}(rate): return 0.1 * rate
`;

const FULL_PRECISION = `def ${HELPERS.fullPrecision}(given, wanted): return getattr(given.__self__, wanted) if callable(given) else wanted
`;

const SOURCES: Readonly<Record<DebugStep, string>> = {
  oneBatch: ONE_BATCH,
  labels: LABELS,
  learningRate: LOWER_RATE,
  fullPrecision: FULL_PRECISION,
};

/** Each line with the mark of its step. */
export function helperSource(step: DebugStep, lineEnd: string): string {
  return SOURCES[step]
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${line}  ${MARKS[step]}${lineEnd}`)
    .join('');
}

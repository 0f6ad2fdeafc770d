// What an ordinary training print says: its place in the run and its named numbers.

import { parsePythonNumber, pythonNumberPattern } from '../python-number';
import type { LogLine } from './prefix';

export interface MetricLine {
  readonly epoch: number | null;
  readonly step: number | null;
  readonly batch: number | null;
  /** What the script calls its steps: numbers of different names are not compared. */
  readonly stepName: string | null;
  readonly values: readonly Metric[];
}

export interface Metric {
  /** Null for a bare number beside the step, as `print(step, loss.item())` gives. */
  readonly name: string | null;
  readonly value: number;
}

const epochPattern = /\b(?:epochs?|ep)(?:\(\w{1,8}\))?['"]?\s*[:=#]?\s*['"]?[[(]?\s*(\d+(?:\.\d+)?)(?!\w|[.:]\d)/i;
const stepPattern =
  /(?:^|[^\w.-])(global[_ -]step|train[_ ]step|steps?|iters?|iterations?|itr|updates?)(?:\(\w{1,8}\))?['"]?\s*[:=#]?\s*[[(]?\s*(\d+)(?!\w|%|[.:]\d)/i;
/** Behind a tensor's shape, `tensor[4, 8] n=32`, stands the number of its elements. */
const shortStepPattern =
  /(?<!\d\](?: [a-z]\w{0,8})?)(?:^|[^\w.-])(it|i|t|n)(?:\s*[:=]\s*|(?<=(?:^|[|,;\]])\s*it)\s+)(\d+)(?!\w|%|[.:]\d)/;
const batchPattern = /(?:^|[^\w.-])(batch(?:_(?:idx|number|nb|id))?)['"]?\s*[:=#]?\s*[[(]?\s*(\d+)(?!\w|%|[.:]\d)/i;
/** A date that a time follows, `12/31 23:59:58`, is no place in a run. */
const fraction = /(?:^|[[(\s])(\d+)\s*\/\s*(\d+)(?![\w/]|[ ]\d\d:\d\d:\d\d)/g;
/** Keras' report of a whole epoch, `8/8 - 1s - 97ms/step - loss: 0.5`: no step of it. */
const epochReport = /^\s*(\d+)\/\1 - (?:ETA: )?\d+m?s - /;
const barFraction = /\|\s*(\d+)\/(\d+)\s*\[/;
const pair = new RegExp(
  String.raw`(?<![\w/.\\-])(['"]?)(\|[A-Za-z_]\w*\||[A-Za-z_][\w./@-]*(?:[ ](?:loss|norm|scale|rate|cost|acc|accuracy)(?=\W))?)\1(\s{0,40}[:=]\s{0,40}|\s{1,40})['"(\[]{0,2}(?:[\w.]+\()?\s{0,40}(${pythonNumberPattern})(?![:/]\d)`,
  'gi',
);
const bareNumbers = new RegExp(
  String.raw`^\s*(\d+)(?:[\s,:]+(${pythonNumberPattern}))(?:[\s,]+${pythonNumberPattern})*\s*$`,
);
/** Three columns and more that stand below each other. */
const tableRow = /\S {2,}\S+ {2,}\S/;
const bareAfterStep = new RegExp(String.raw`^\s*[\w ]+?\s+\d+[\s,:]+(${pythonNumberPattern})\s*$`);

const positionNames =
  /^(?:epochs?|ep|global_step|train_step|steps?|iters?|iterations?|itr|it|i|t|n|updates?|num_updates|batch(?:_\w+)?)$/i;
const lossNames =
  /loss|cost|nll|objective|elbo|(?:^|[^a-z])(?:b?ce|mse|mae|kld?|ppl|perplexity|wer|err|error)(?:[^a-z]|$)/i;
const gradientNames = /grad|gnorm|g_norm|^\|?g\|$/i;
/** Looked for in the whole line: it finds every name of a loss or gradient, and spares the search for names and numbers elsewhere. */
const mayNameMetric = new RegExp(String.raw`${lossNames.source}|grad|gnorm|g_norm|g\|`, 'i');
const otherKnownNames =
  /^(?:acc|accuracy|lr|scale|loss_scale|reward|return|score|value|norm|psnr|f1|auc|gain|temperature|beta)$/i;
const noiseNames =
  /^(?:eta|time|data|wall|line|port|pid|seed|version|worker|workers|rank|device|size|num_\w+|exitcode|cuda|xpu|npu|wps|ups|wpb|bsz|it\/s)$/i;
const fileNames = /\.(?:py|cpp|cc|cu|h|log|json|ya?ml|txt)$|(?:\/.*){3}/;
/** Where an infinity is the usual start value or an option, and says nothing. */
const sentinelNames =
  /best|min(?:imum)?(?:_|$|\/)|max(?:imum)?(?:_|$|\/)|init|prev|threshold|thresh|bound|limit|patience|clip|fill|early|until|lowest|delta/i;

export function isLossName(name: string): boolean {
  return lossNames.test(name) && !/scale|(?:std|standard)_?err/i.test(name);
}

export function isGradientName(name: string): boolean {
  return gradientNames.test(name);
}

/** Whether a non-finite value under this name is an alarm. */
export function isAlarmingName(name: string): boolean {
  return !sentinelNames.test(name);
}

/** @returns null where the line is no training print. */
export function readMetricLine(line: LogLine): MetricLine | null {
  const { text } = line;
  // Nearly all lines of a large log end here or are training prints.
  if (text.length > 2000 || text.startsWith('  File "') || !/\d|nan|inf/i.test(text)) return null;
  const bare = bareNumbers.exec(text);
  if (bare) return bareNumberLine(bare);
  const place = readPlace(line);
  const hasPlace = place.epoch !== null || place.step !== null || place.batch !== null;
  if (!hasPlace && !mayNameMetric.test(text)) return null;
  const values = namedValues(text);
  if (!hasPlace && !values.some(({ name }) => isMetricName(name))) return null;
  if (values.length === 0 && hasPlace) {
    const after = bareAfterStep.exec(text);
    const value = after ? parsePythonNumber(after[1] ?? '') : null;
    if (value !== null) values.push({ name: null, value });
  }
  return { ...place, values };
}

/** `3 nan -13.2`: steps are whole, and a table of whole numbers is no series. */
function bareNumberLine(match: RegExpExecArray): MetricLine | null {
  const text = match[2] ?? '';
  const value = parsePythonNumber(text);
  if (value === null || /^[-+]?\d+$/.test(text) || tableRow.test(match[0])) return null;
  return { epoch: null, step: Number(match[1]), batch: null, stepName: '', values: [{ name: null, value }] };
}

function isMetricName(name: string | null): boolean {
  return name !== null && (isLossName(name) || isGradientName(name));
}

function namedValues(text: string): { name: string | null; value: number }[] {
  const values: { name: string | null; value: number }[] = [];
  for (const match of text.matchAll(pair)) {
    const name = match[2] ?? '';
    const isBareSeparator = !/[:=]/.test(match[3] ?? '');
    if (positionNames.test(name) || noiseNames.test(name) || fileNames.test(name)) continue;
    if (isBareSeparator && !(isMetricName(name) || otherKnownNames.test(name))) continue;
    const value = parsePythonNumber(match[4] ?? '');
    if (value === null) continue;
    if (!Number.isFinite(value) && (isBareSeparator ? isProse(text, match, name) : isReason(text, match, name)))
      continue;
    values.push({ name, value });
    if (values.length >= 64) break;
  }
  return values;
}

/** `… makes the whole loss NaN. Drop them.` speaks of a loss, and prints none. */
function isProse(text: string, match: RegExpExecArray, name: string): boolean {
  const before = text.slice(Math.max(0, match.index - 24), match.index);
  const after = text.slice(match.index + match[0].length);
  return (
    /\b(?:the|an?|your|its|makes?|of)\s*$/i.test(before) || /^whole\b/i.test(name) || /^[.!?] [A-Z][a-z]/.test(after)
  );
}

/** `skipped: inf in grads` and `reason: nan/inf` tell why, and print no reading. */
function isReason(text: string, match: RegExpExecArray, name: string): boolean {
  const after = text.slice(match.index + match[0].length);
  return !isMetricName(name) && /^(?:\/(?:nan|inf)\b|\s+(?:in|or|grad\w*|values?|found|detected)\b)/i.test(after);
}

function readPlace(line: LogLine): Omit<MetricLine, 'values'> {
  const { text } = line;
  const epoch = epochPattern.exec(text);
  const batch = batchPattern.exec(text);
  const step = stepPattern.exec(text) ?? shortStepPattern.exec(text);
  const place = {
    epoch: numberOrNull(epoch?.[1]),
    batch: numberOrNull(batch?.[2]),
    step: numberOrNull(step?.[2]),
    stepName: step?.[1]?.toLowerCase() ?? null,
  };
  if (place.step !== null || place.batch !== null || (!line.isProgressBar && epochReport.test(text))) return place;
  const counted = line.isProgressBar ? (barFraction.exec(text) ?? lastFraction(text)) : fractionAfterEpoch(text, epoch);
  return counted ? { ...place, step: Number(counted[1]), stepName: line.isProgressBar ? 'bar' : 'fraction' } : place;
}

/** `Epoch: [0] [ 10/40]`, `epoch 001:  5 / 40 loss=…`: a step within the epoch. `Epoch 3/10` alone is none. */
function fractionAfterEpoch(text: string, epoch: RegExpExecArray | null): RegExpExecArray | null {
  fraction.lastIndex = epoch ? epoch.index + epoch[0].length : 0;
  const match = fraction.exec(text);
  if (match === null) return null;
  // Only at the beginning of a line, or right after the epoch, is a fraction a place in the run.
  const before = text.slice(epoch ? epoch.index + epoch[0].length : 0, match.index);
  return /^[\s\]),:|[-]*$/.test(before) && before.length < 40 ? match : null;
}

function lastFraction(text: string): RegExpMatchArray | null {
  return [...text.matchAll(fraction)].at(-1) ?? null;
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

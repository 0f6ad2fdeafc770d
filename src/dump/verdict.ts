// One sentence for a failed run: where in the run, what, at which line, and why where that is known.

import { forwardName } from './autograd-node';
import { fileName } from './frames';
import type { Anomaly, AnomalyKind, Verdict } from './model';

export interface VerdictFacts {
  readonly first: Anomaly;
  readonly confidence: Verdict['confidence'];
  /** A clause without a full stop. */
  readonly why: string | null;
  /** Evidence beside the event itself: a clause without a full stop. */
  readonly note?: string | null;
  /** The last step that was printed, where the failing one itself is not known. */
  readonly lastPrinted?: { readonly step: number; readonly epoch: number | null } | null;
}

/** The verdict on a run whose first anomaly is known. */
export function verdictOf({ first, confidence, why, note, lastPrinted }: VerdictFacts): Verdict {
  const where = placeWords(first, lastPrinted ?? null);
  const what = whatHappened(first);
  const rules = first.rules.length > 0 ? ` (${first.rules.join(', ')})` : '';
  const reason = why === null ? '' : `: ${why}${rules}`;
  const sentence = `${where === '' ? '' : `${where}: `}${what}${reason}${why === null ? rules : ''}${note ? `; ${note}` : ''}.`;
  return { sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1), confidence };
}

/** What is said of an anomaly where its line is in sight: `step 237, rank 3, backward: the gradient of `log` is NaN`. */
export function eventAtItsLine(anomaly: Anomaly): string {
  const where = placeWords(anomaly, null);
  return `${where === '' ? '' : `${where}: `}${whatHappened({ ...anomaly, op: anomaly.op?.replace(/^aten::/, '') ?? null, source: null })}`;
}

/** `step 237, rank 3, backward`; empty where nothing is known. */
function placeWords(anomaly: Anomaly, lastPrinted: VerdictFacts['lastPrinted']): string {
  const { epoch, step, batch, rank, kind } = anomaly;
  const words: string[] = [];
  if (epoch !== null) words.push(`epoch ${epoch}`);
  if (step !== null) words.push(`step ${step}`);
  if (step === null && batch === null && lastPrinted) {
    const ofEpoch = epoch === null && lastPrinted.epoch !== null ? ` of epoch ${lastPrinted.epoch}` : '';
    words.push(`after step ${lastPrinted.step}${ofEpoch}`);
  }
  if (batch !== null && batch !== step) words.push(`batch ${batch}`);
  if (rank !== null) words.push(`rank ${rank}`);
  const phase = phases[kind];
  if (phase !== undefined) words.push(phase);
  return words.join(', ');
}

const phases: Partial<Record<AnomalyKind, string>> = {
  'nan-backward': 'backward',
  'nan-forward': 'forward',
  'inf-forward': 'forward',
};

function whatHappened(anomaly: Anomaly): string {
  const at = atSource(anomaly);
  const value = anomaly.value === null ? 'a non-finite value' : valueWords[anomaly.value];
  switch (anomaly.kind) {
    case 'nan-backward':
      // An operation of the backward pass itself, not a node that stands for one of the forward pass.
      if (anomaly.op?.startsWith('aten::')) return `\`${anomaly.op}\`${inModule(anomaly)}${at} gives ${value}`;
      return `the gradient of ${operation(anomaly)}${at} is ${anomaly.value === null ? 'NaN' : value}${anomaly.outputIndex === null ? '' : ` for its input ${anomaly.outputIndex}`}`;
    case 'nan-forward':
    case 'inf-forward':
      return `${anomaly.op === null && anomaly.module !== null ? `module ${anomaly.module}` : `${operation(anomaly)}${inModule(anomaly)}`}${at} gives ${value}`;
    case 'loss-nan':
    case 'loss-inf':
      return `${anomaly.metric === null ? 'the loss' : `\`${anomaly.metric}\``} is ${value}${at}`;
    case 'grad-nonfinite':
      return `${anomaly.metric ?? anomaly.param ?? (anomaly.op === null ? 'the gradient' : `what \`${anomaly.op}\` gives`)} is ${value}${at}`;
    case 'overflow':
      return `a value overflowed${inModule(anomaly)}${at}`;
    case 'overflow-skip':
      return `gradients overflowed and the optimizer step was skipped${at}`;
    case 'invalid-argument':
      return `${anomaly.op === null ? 'a call' : operation(anomaly)}${at} refused ${anomaly.param === null ? 'an argument' : `its argument \`${anomaly.param}\``}${anomaly.value === null ? '' : ` that holds ${value}`}`;
    case 'input-nan':
      return `the data hold ${value}${at}`;
    case 'metric-nonfinite':
      return `${anomaly.metric === null ? 'a printed value' : `\`${anomaly.metric}\``} is ${value}${at}`;
    case 'warning':
      if (anomaly.value !== null) return `${operation(anomaly)}${at} gave ${value}, a warning says`;
      return `${anomaly.op === null ? 'an operation' : operation(anomaly)}${at} was warned about; whether NaN was the cause is not known`;
  }
}

const valueWords = { nan: 'NaN', inf: 'infinity', '-inf': '−infinity', nonfinite: 'NaN or infinity' } as const;

function operation({ op, kind }: Anomaly): string {
  if (op === null) return 'an operation';
  const plain = kind === 'nan-backward' || kind === 'warning' ? forwardName(op) : op;
  return plain === op ? `\`${op}\`` : `\`${plain}\` (${op})`;
}

function inModule({ module }: Anomaly): string {
  return module === null ? '' : ` in module ${module}`;
}

function atSource({ source }: Anomaly): string {
  if (source === null) return '';
  const inFunction = source.function === null || source.function === '<module>' ? '' : ` in ${source.function}`;
  return ` at ${fileName(source.path)}:${source.line}${inFunction}`;
}

// Evidence of a run in words: for the message of a diagnostic and for a hover.

import type { BlamedLine, ObservedLine } from '../../../dump/evidence';
import { nonFiniteCounts, valueRange } from '../../../dump/evidence';
import type { RecordedOperation, TensorStats } from '../../../dump/model';

const mostOperations = 6;

/** `train.log: step 3, backward: the gradient of `log` is NaN; input 0 ran from 0 to 1.` */
export function blamedMessage({ clauses }: BlamedLine, dumpName: string): string {
  return `${dumpName}: ${clauses.join('; ')}.`;
}

/** One operation of a line, as a hover lists it. Plain text: names come from the dump. */
export interface ObservedWords {
  readonly name: string;
  readonly where: string;
  readonly tensors: readonly string[];
  readonly isBad: boolean;
}

/** Those with NaN or Inf first, then in the order of execution. */
export function observedWords({ operations }: ObservedLine): { shown: readonly ObservedWords[]; leftOut: number } {
  const bad = operations.filter(({ nonFinite }) => nonFinite);
  const good = operations.filter(({ nonFinite }) => !nonFinite);
  const shown = [...bad, ...good].slice(0, mostOperations).map(wordsOf);
  return { shown, leftOut: operations.length - shown.length };
}

function wordsOf({ name, phase, module, inputs, outputs, nonFinite }: RecordedOperation): ObservedWords {
  const tensors = [
    ...inputs.flatMap((stats, i) => tensorWords(stats, `input ${i}`)),
    ...outputs.flatMap((stats, i) => tensorWords(stats, outputs.length === 1 ? 'output' : `output ${i}`)),
  ];
  const where = [phase, module].filter((part) => part !== null).join(', ');
  return { name: name.replace(/^aten::/, ''), where, tensors, isBad: nonFinite === true };
}

function tensorWords(stats: TensorStats, fallback: string): string[] {
  const words = [valueRange(stats), nonFiniteCounts(stats)].filter((part) => part !== null && part !== '').join(', ');
  const shape = stats.shape === null ? '' : ` [${stats.shape.join(', ')}]`;
  const dtype = stats.dtype === null ? '' : ` ${stats.dtype}`;
  return words === '' ? [] : [`${stats.name ?? fallback}${dtype}${shape}: ${words}`];
}

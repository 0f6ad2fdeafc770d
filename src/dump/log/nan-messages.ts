// Sentences of exceptions and logs that speak of NaN or Inf: what kind of event each tells of.

import type { AnomalyKind, NonFinite } from '../model';

export interface Classified {
  readonly kind: AnomalyKind;
  readonly value: NonFinite;
}

const nanWord = /(?<![\w.-])(?:nans?|infs?|infinity|infinite|non-?finite|not finite)(?![\w-])/i;
/** Errors about names and files: a `nan` in them is a name. */
const unrelated =
  /^(?:\w+\.)*(?:KeyError|NameError|AttributeError|ImportError|ModuleNotFoundError|FileNotFoundError|SyntaxError|IndentationError|UnboundLocalError|OSError|KeyboardInterrupt|SystemExit|RecursionError)\b/;
const tornBackward = /returned nan values in its \d+th output/;

const subject = `(?:loss|losses|cost|objective|gradients?|grads?|grad[_ ]norm|norm|weights?|parameters?|activations?|outputs?|inputs?|observations?|logits?)`;
const statement = new RegExp(
  String.raw`\b${subject}\b[^.\n]{0,60}?\b(?:is|are|was|were|became|become|has|have|contains?|contained|turned|went)\s+(?:a |an |now |some |all )?(?:nans?|infs?|infinity|infinite|non-?finite|not finite)\b`,
  'i',
);
const detected =
  /\b(?:detected|found|encountered)\s+(?:an? |some )?(?:nans?|infs?|infinity|non-?finite)\b|\b(?:nans?|infs?|infinity)(?:\/(?:nan|inf)s?)?\s+(?:was |were |values? )?(?:detected|found|encountered)\b/i;
/** A sentence of a person or a library, not a tensor that was printed into one line. */
const maxStatementLength = 2000;
/** Added to a file by a difference, quoted in a document, a cell of a table. */
const isQuoted = /^[+>#|]/;
/** What stands in quotes is a text or a name; an apostrophe within a word opens none. */
const inQuotes = /(?<!\w)'[^']*'(?!\w)|"[^"]*"/g;
/** A condition or a promise is no event. */
const conditional =
  /\b(?:if|when|whether|unless|should|would|could|may|might|can|will|check(?:s|ing)?|detect(?:s|ing)?|filter(?:s|ing)?|no|never|without|0|zero)\b[^.]*?(?:nan|inf|finite)/i;

/** @param exception `Type: message`; @returns null where it does not speak of NaN or Inf, or another reader knows it better. */
export function classifyException(exception: string): Classified | null {
  if (exception.length > 2 * maxStatementLength || unrelated.test(exception) || tornBackward.test(exception))
    return null;
  const message = exception.replace(/^[\w.]+:?\s*/, '');
  if (!nanWord.test(message.replace(inQuotes, ''))) return null;
  return generic(message);
}

/** Whether a line holds NaN or infinity as a word of its own, be it a value or not. */
export function mentionsNonFinite(text: string): boolean {
  return nanWord.test(text);
}

/** @returns null where the line states nothing of the kind. */
export function classifyStatement(text: string): Classified | null {
  if (text.length > maxStatementLength || isQuoted.test(text)) return null;
  if (!(statement.test(text) || detected.test(text)) || conditional.test(text)) return null;
  return generic(text);
}

function generic(message: string): Classified {
  const value = valueIn(message);
  return { kind: kindIn(message, value), value };
}

function valueIn(message: string): NonFinite {
  const hasNan = /\bnans?\b/i.test(message);
  const hasInf = /\b(?:infs?|infinity|infinite)\b/i.test(message);
  if (hasNan !== hasInf) return hasNan ? 'nan' : /(?:^|\s)-inf/i.test(message) ? '-inf' : 'inf';
  return 'nonfinite';
}

function kindIn(message: string, value: NonFinite): AnomalyKind {
  if (/\bloss(?:es)?\b|\bcost\b|\bobjective\b/i.test(message))
    return value === 'inf' || value === '-inf' ? 'loss-inf' : 'loss-nan';
  if (/\bgrad/i.test(message)) return 'grad-nonfinite';
  if (/\b(?:output|activation|logit)s?\b/i.test(message))
    return value === 'inf' || value === '-inf' ? 'inf-forward' : 'nan-forward';
  if (/\binputs?\b|\bdata(?:set)?\b|\bobservations?\b|\bbatch\b/i.test(message)) return 'input-nan';
  return 'invalid-argument';
}

// What the tests of checkpoints share: insertion and removal from text to text, and Python to judge the outcome.

import { execFileSync } from 'node:child_process';
import { insertCheckpoints } from '../../../src/analyzer/checkpoints/insert';
import type { CheckOptions, Insertion } from '../../../src/analyzer/checkpoints/options';
import { removeCheckpoints } from '../../../src/analyzer/checkpoints/remove';
import type { PythonParser } from '../../../src/syntax/parser';
import { applyEdits, checkEdits } from '../../../src/text/edit';

export const EVERYTHING: CheckOptions = { target: { kind: 'everything' }, style: 'raise', sequentialHooks: false };

export interface Outcome extends Insertion {
  readonly text: string;
}

export function inserted(parser: PythonParser, text: string, options: Partial<CheckOptions> = {}): Outcome {
  const insertion = insertCheckpoints(parser.parse(text), { ...EVERYTHING, ...options });
  const fault = checkEdits(insertion.edits, text.length);
  if (fault) throw new Error(fault);
  return { ...insertion, text: applyEdits(text, insertion.edits) };
}

export function removed(text: string): string {
  return applyEdits(text, removeCheckpoints(text).edits);
}

/** Without the lines of the helper functions. */
export function withoutHelper(text: string): string {
  return text.replace(/^.* {2}# nanlens: helper(?:\r\n|\r|\n)/gm, '');
}

/** For each text what Python's compiler says of it: nothing, or the error. */
export function compileErrors(texts: readonly string[]): (string | null)[] {
  const script = `
import json, sys, warnings
warnings.simplefilter("ignore")
out = []
for text in json.load(sys.stdin):
    try:
        compile(text.encode("utf-8", "surrogatepass"), "inserted.py", "exec")
        out.append(None)
    except (SyntaxError, ValueError, RecursionError) as error:
        out.append(f"{type(error).__name__}: {error}")
print(json.dumps(out))
`;
  const output = execFileSync('python3', ['-c', script], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return JSON.parse(output) as (string | null)[];
}

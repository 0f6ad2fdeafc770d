// Runs proof scripts in the real frameworks, many in one interpreter, and reads what they report.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { proofsFolder } from './cases';

/** What the last line of a script's standard output says; see proof.py. */
export interface Outcome {
  readonly sound: boolean;
  readonly seen: string;
  /** Numbers that a fix must not change; non-finite ones are NaN or ±Infinity. */
  readonly agree: readonly number[];
}

export interface ScriptRun {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined where the script died before it could report. */
  readonly outcome: Outcome | undefined;
  /** What was seen: the script's own words, or the last line of the exception that it died of. */
  readonly seen: string;
}

export function python(): string {
  const executable = process.env.NANLENS_VENV_PYTHON;
  if (!executable) throw new Error('NANLENS_VENV_PYTHON is not set: run the proofs with `node scripts/proofs.mjs`');
  return executable;
}

/**
 * Runs each script in a process of its own, forked from an interpreter that has imported the modules.
 * The answer is keyed by the script's path.
 */
export async function runScripts(
  scripts: readonly string[],
  imports: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Map<string, ScriptRun>> {
  const driver = spawn(python(), [path.join(proofsFolder, 'driver.py')], {
    env: {
      ...process.env,
      OMP_NUM_THREADS: '1',
      TF_CPP_MIN_LOG_LEVEL: '3',
      PYTHONWARNINGS: 'ignore::FutureWarning',
      // Keras is imported with TensorFlow, before a script could choose its backend.
      ...(imports[0] === 'tensorflow' ? { KERAS_BACKEND: 'tensorflow' } : {}),
    },
  });
  driver.stdin.end(JSON.stringify({ scripts, imports, environment, timeout: 120 }));
  const [stdout, stderr, [status]] = await Promise.all([
    text(driver.stdout),
    text(driver.stderr),
    once(driver, 'close'),
  ]);
  if (status !== 0) throw new Error(`The driver of the proofs ended with ${status}: ${stderr}`);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  return new Map(answers.map((answer) => [answer.script, asRun(answer)]));
}

interface Answer {
  readonly script: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

function asRun({ exit, stdout, stderr }: Answer): ScriptRun {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const outcome = exit === 0 && last.startsWith('{"sound"') ? asOutcome(last) : undefined;
  return { exit, stdout, stderr, outcome, seen: outcome?.seen ?? stderr.trim().split('\n').at(-1) ?? '' };
}

function asOutcome(line: string): Outcome {
  const written = JSON.parse(line) as { sound: boolean; seen: string; agree: (number | string)[] };
  const numbers: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  return {
    ...written,
    agree: written.agree.map((value) => (typeof value === 'number' ? value : (numbers[value] ?? Number.NaN))),
  };
}

// Runs training scripts in processes forked from an interpreter that has imported torch, two at a time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { python } from '../proofs/python-runs';

export const recorderTests = path.resolve('test/recorder');

/** What watches the script; see watching.py. */
export type Tool = 'nanlens' | 'witness' | 'none';

export interface WatchedRun {
  readonly script: string;
  readonly tool: Tool;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Dumps that the recorder wrote, by their file names. */
  readonly dumps: readonly string[];
  /** The batch at which a witness saw the first value that is not finite. */
  readonly firstBad: number | undefined;
}

const PROCESSES = 2;

export function scriptsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.py') && name !== 'score.py')
    .sort()
    .map((name) => path.join(folder, name));
}

/** Runs each script under each tool. `imports` are what all need beside torch, so that it is imported once. */
export async function runWatched(
  scripts: readonly string[],
  tools: readonly Tool[],
  imports: readonly string[] = [],
): Promise<WatchedRun[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-recorder-'));
  try {
    const jobs = scripts.flatMap((script) => tools.map((tool) => makeJob(scratch, script, tool)));
    const ended = await runForked(jobs.map(asRequest), { imports });
    return jobs.map((job, index) => asRun(job, ended[index] as Ended));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What forked.py is asked to run. */
export interface Job {
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** As many seconds after its first output the script is killed. */
  readonly kill?: number;
}

export interface Ended {
  readonly exit: number;
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the jobs in two parts side by side; the answers stand in the order of the jobs. */
export async function runForked(
  jobs: readonly Job[],
  options: { imports?: readonly string[]; timeout?: number; environment?: Readonly<Record<string, string>> } = {},
): Promise<Ended[]> {
  const parts = Array.from({ length: PROCESSES }, (_, part) => jobs.filter((_, index) => index % PROCESSES === part));
  const ended = await Promise.all(parts.map((part) => runPart(part, options)));
  return jobs.map((_, index) => ended[index % PROCESSES]?.[Math.floor(index / PROCESSES)] as Ended);
}

async function runPart(jobs: readonly Job[], options: Parameters<typeof runForked>[1] = {}): Promise<Ended[]> {
  if (jobs.length === 0) return [];
  const { imports = [], timeout = 90, environment = {} } = options;
  const driver = spawn(python(), [path.join(recorderTests, 'forked.py')], {
    env: { ...process.env, OMP_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore::FutureWarning', ...environment },
  });
  driver.stdin.end(JSON.stringify({ jobs, imports: ['torch', 'torch._dynamo', ...imports], timeout }));
  const [stdout, stderr, [status]] = await Promise.all([
    text(driver.stdout),
    text(driver.stderr),
    once(driver, 'close'),
  ]);
  const lines = stdout.trim().split('\n');
  if (status !== 0 || lines.length !== jobs.length) throw new Error(`The runs ended with ${status}: ${stderr}`);
  return lines.map((line) => JSON.parse(line) as Ended);
}

interface WatchedJob {
  readonly script: string;
  readonly tool: Tool;
  readonly out: string;
}

function makeJob(scratch: string, script: string, tool: Tool): WatchedJob {
  const out = path.join(scratch, tool, path.basename(path.dirname(script)), path.basename(script, '.py'));
  mkdirSync(out, { recursive: true });
  return { script, tool, out };
}

function asRequest({ script, tool, out }: WatchedJob): Job {
  return { script, environment: { WATCHING: tool, WATCHING_OUT: out } };
}

function asRun({ script, tool, out }: WatchedJob, { exit, stdout, stderr }: Ended): WatchedRun {
  const dumps = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.nandump.json'),
  );
  const witness = path.join(out, 'witness.json');
  const seen = existsSync(witness) ? (JSON.parse(readFileSync(witness, 'utf8')) as { batch: number }) : undefined;
  return { script, tool, exit, stdout, stderr, dumps, firstBad: seen?.batch };
}

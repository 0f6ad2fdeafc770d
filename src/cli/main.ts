// Entry of the command line: binds the process to `run`.

import recorder from '../../media/recorder/nanlens.py';
import { version } from '../../package.json';
import { allRules } from '../analyzer/analyzer';
import { createAnalyzer, engineOf } from './analyzer-engine';
import { checkpointerOf } from './checkpointer';
import { EXIT } from './context';
import { describeFileError, errorCode } from './file-error';
import { run } from './run';
import { scriptRecorderOf } from './script-recorder';
import { Terminal } from './terminal';

/** What a shell reports for a program that writes into a pipe that nobody reads any more. */
const EXIT_CODE_OF_BROKEN_PIPE = 141;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') process.exit(EXIT_CODE_OF_BROKEN_PIPE);
    if (stream === process.stdout) {
      process.stderr.write(`error: standard output could not be written: ${describeFileError(error)}\n`);
    }
    process.exit(EXIT.error);
  });
}

async function main(): Promise<void> {
  const terminal = new Terminal(process.stdout, process.stderr, process.env);
  let cwd: string;
  try {
    cwd = process.cwd();
  } catch (error) {
    terminal.error(`the current folder cannot be used: ${describeFileError(error)}`);
    process.exitCode = EXIT.error;
    return;
  }
  // Not process.exit: what was written to a pipe may still be under way.
  process.exitCode = await run(process.argv.slice(2), {
    terminal,
    cwd,
    stdin: process.stdin,
    stdout: process.stdout,
    version,
    rules: allRules(),
    createEngine: async () => engineOf(await createAnalyzer()),
    createCheckpointer: async () => checkpointerOf(await createAnalyzer()),
    createScriptRecorder: async () => scriptRecorderOf(await createAnalyzer()),
    recorder: new TextEncoder().encode(recorder),
  });
}

void main();

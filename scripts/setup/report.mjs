// What scripts tell the person who waits: plain lines, and a sign of life from long commands.
import { spawn } from 'node:child_process';

/** An error whose text is for the user: shown without a stack. */
export class Trouble extends Error {}

export function say(line) {
  console.log(line);
}

export function seconds(milliseconds) {
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 1000)} s`;
}

const stillEvery = 15_000;

/**
 * Runs a command out of sight. While it takes long, says every 15 s what it last printed; when it fails, throws
 * Trouble with the end of its output.
 *
 * @param {string} title what is being done, for the person who waits
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<string>} everything it printed
 */
export function runQuietly(title, command, args, options = {}) {
  const started = Date.now();
  let output = '';
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const still = setInterval(() => {
      const last =
        output
          .trimEnd()
          .split(/[\r\n]+/)
          .at(-1) ?? '';
      say(`  ${title}: ${seconds(Date.now() - started)} … ${last.trim().slice(0, 100)}`);
    }, stillEvery);
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      clearInterval(still);
      reject(new Trouble(`${title}: ${command} could not be started (${error.message})`));
    });
    child.on('close', (code, signal) => {
      clearInterval(still);
      if (code === 0) resolve(output);
      else {
        const end = output.trimEnd().split('\n').slice(-25).join('\n');
        reject(new Trouble(`${title}: ${command} ended with ${signal ?? `exit status ${code}`}\n${end}`));
      }
    });
  });
}

/** Runs a script's main function; an error ends the process with status 1 and, where it is Trouble, only its text. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Trouble ? error.message : error);
    process.exitCode = 1;
  }
}

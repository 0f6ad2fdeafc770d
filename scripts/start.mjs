// Shows NaN Lens at work: builds it, checks the examples, reads a dump, opens a VS Code on them.
// --no-editor stops after printing; --port N serves the browser VS Code there.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { build } from './build.mjs';
import { root } from './bundles.mjs';
import { calmSettings, installExtension, startServer, workbenchAddress, writeUserSettings } from './host/server.mjs';
import { packageExtension } from './package.mjs';
import { cacheDir } from './setup/cache.mjs';
import { findCommand } from './setup/debian.mjs';
import { runMain, say, seconds, Trouble } from './setup/report.mjs';

const examples = path.join(root, 'examples');

/** Runs the command line as a user would. Status 1 means findings, which the examples are full of. */
function nanlens(...args) {
  say(`\n$ nanlens ${args.join(' ')}`);
  const run = spawnSync(process.execPath, ['dist/cli.js', ...args], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0 && run.status !== 1) {
    throw new Trouble(`nanlens ${args[0]} ended with ${run.signal ?? `exit status ${run.status}`}`);
  }
}

/** The dump or log of the examples whose verdict is shown: a recorder's dump before a log. */
function exampleDump() {
  const [first] = [
    ...globSync('examples/**/*.nandump.json', { cwd: root }).sort(),
    ...globSync('examples/**/*.log', { cwd: root }).sort(),
  ];
  if (!first) throw new Trouble('examples/ holds no dump or log');
  return first;
}

async function openDesktop(code) {
  say(`\nOpening ${code} on examples/ with the extension loaded.`);
  const child = spawn(code, ['--new-window', `--extensionDevelopmentPath=${root}`, examples], { stdio: 'inherit' });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Trouble(`${code} ended with exit status ${status}`);
}

async function openInBrowser(port) {
  say('\nNo desktop VS Code (`code`) on PATH: serving the browser VS Code instead.');
  const dataDir = path.join(cacheDir, 'start-profile');
  await installExtension(await packageExtension(), dataDir);
  const settings = path.join(dataDir, 'server/data/User/settings.json');
  if (!existsSync(settings)) writeUserSettings(dataDir, calmSettings);
  const token = randomUUID();
  const server = await startServer({ dataDir, token, port });
  say(
    `\nVS Code with NaN Lens, on this machine only:\n  ${workbenchAddress(server, examples, { token })}\nCtrl-C stops it.`,
  );
  const signal = await Promise.race(['SIGINT', 'SIGTERM'].map((name) => once(process, name)));
  say(`\nStopping (${signal.length ? 'asked to' : 'signal'}).`);
  await server.stop();
}

await runMain(async () => {
  const args = process.argv.slice(2);
  const portAt = args.indexOf('--port');
  const port = portAt === -1 ? 0 : Number(args[portAt + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Trouble('--port wants a number up to 65535');
  const unknown = args.find((arg, i) => !['--no-editor', '--port'].includes(arg) && args[i - 1] !== '--port');
  if (unknown) throw new Trouble(`Unknown option ${unknown}: there are --no-editor and --port N`);

  const started = Date.now();
  say('Building');
  await build();
  say(`Built in ${seconds(Date.now() - started)}`);
  nanlens('check', 'examples');
  nanlens('dump', exampleDump());
  if (args.includes('--no-editor')) return;
  const code = findCommand('code');
  if (code && existsSync(examples)) await openDesktop(code);
  else await openInBrowser(port);
});

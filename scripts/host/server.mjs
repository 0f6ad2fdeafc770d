// Starts the browser VS Code's server on loopback and stops it again.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureEditor } from '../setup/editor.mjs';
import { runQuietly, Trouble } from '../setup/report.mjs';

const startLimit = 60_000;

/**
 * @typedef {object} Server
 * @property {string} url where the workbench is served, without a query
 * @property {string} authority what stands for this machine in vscode-remote URIs
 * @property {() => string} log what the server has printed
 * @property {() => Promise<void>} stop
 *
 * @param {{ dataDir: string, token?: string, port?: number, forTests?: boolean }} options `dataDir` holds profile and
 *   extensions; port 0 is any free one;
 *   without `token` anyone on this machine may connect; `forTests` makes the workbench honour test addresses
 * @returns {Promise<Server>}
 */
export async function startServer({ dataDir, token, port: wantedPort = 0, forTests = false }) {
  const { node, serverMain } = await ensureEditor();
  mkdirSync(dataDir, { recursive: true });
  const child = spawn(
    node,
    [
      serverMain,
      ...[
        '--host',
        '127.0.0.1',
        '--port',
        String(wantedPort),
        '--accept-server-license-terms',
        '--telemetry-level',
        'off',
      ],
      ...(token ? ['--connection-token', token] : ['--without-connection-token']),
      ...(forTests ? ['--enable-smoke-test-driver'] : []),
      ...directories(dataDir),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, VSCODE_CWD: dataDir } },
  );
  let log = '';
  const closed = new Promise((resolve) => child.once('close', resolve));
  const port = await new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill();
      reject(new Trouble(`The VS Code server did not come up in ${startLimit / 1000} s\n${log}`));
    }, startLimit);
    const read = (chunk) => {
      log += chunk;
      const match = /Extension host agent listening on (\d+)/.exec(log);
      if (!match) return;
      clearTimeout(late);
      resolve(Number(match[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => reject(new Trouble(`The VS Code server could not be started: ${error.message}`)));
    child.once('close', (code) => reject(new Trouble(`The VS Code server ended with status ${code}\n${log}`)));
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    authority: `127.0.0.1:${port}`,
    log: () => log,
    async stop() {
      child.kill();
      // Extension hosts end with it; one that hangs must not keep the tests waiting.
      const hung = setTimeout(() => child.kill('SIGKILL'), 5000);
      await closed;
      clearTimeout(hung);
    },
  };
}

/** Settings without which the first minute belongs to welcome pages and a chat panel. */
export const calmSettings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
};

/** Writes the user settings of the profile that `dataDir` holds, in place of those there. */
export function writeUserSettings(dataDir, settings) {
  const folder = path.join(dataDir, 'server/data/User');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
}

/** Installs a packaged extension the way a user does, into the profile that `dataDir` holds. */
export async function installExtension(vsix, dataDir) {
  const { node, serverMain } = await ensureEditor();
  mkdirSync(dataDir, { recursive: true });
  await runQuietly('install the .vsix', node, [serverMain, '--install-extension', vsix, ...directories(dataDir)]);
}

function directories(dataDir) {
  return ['--server-data-dir', path.join(dataDir, 'server'), '--extensions-dir', path.join(dataDir, 'extensions')];
}

/**
 * The workbench's address for a folder.
 *
 * @param {Server} server
 * @param {string} folder
 * @param {{ token?: string, payload?: readonly (readonly [string, string])[] }} [options] `payload` values that are
 *   absolute paths become URIs of the server's machine
 */
export function workbenchAddress(server, folder, { token, payload = [] } = {}) {
  const address = new URL(server.url);
  if (token) address.searchParams.set('tkn', token);
  address.searchParams.set('folder', folder);
  if (payload.length) {
    const uris = payload.map(([key, value]) => [
      key,
      value.startsWith('/') ? `vscode-remote://${server.authority}${value}` : value,
    ]);
    address.searchParams.set('payload', JSON.stringify(uris));
  }
  return address.href;
}

// Runs test/host inside a real VS Code: node scripts/host.mjs [node] [web] [part of a file name]…; both extension hosts and all files without arguments.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { launchBrowser } from './host/browser.mjs';
import { startCollector } from './host/collector.mjs';
import { startServer, workbenchAddress, writeUserSettings } from './host/server.mjs';
import { bundleSuite, hostTests, makeWorkspace, stageExtension } from './host/stage.mjs';
import { SuiteResults } from './host/suite-results.mjs';
import { addResults, emptyResults, isMain, printResults } from './results.mjs';
import { cacheDir } from './setup/cache.mjs';
import { ensurePython } from './setup/python.mjs';
import { runMain, say, Trouble } from './setup/report.mjs';

const startLimit = 90_000;
const silenceLimit = 60_000;

/**
 * Runs the suite in one kind of extension host. Whatever goes wrong around the tests counts as one more failure.
 *
 * @param {'node' | 'web'} kind
 * @param {{ files?: readonly string[], prepare?: (workspace: string) => void, onNote?: (note: object) => void }} [options]
 *   the test files, those of test/host unless told; what puts more into the workspace; what takes what the suite notes
 * @returns {Promise<import('./results.mjs').Results>}
 */
export async function runHostSuite(kind, { files = hostTests(), prepare, onNote } = {}) {
  const suite = new SuiteResults(kind, onNote);
  const closers = [];
  try {
    await run({ kind, files, prepare }, suite, (close) => closers.unshift(close));
    suite.checkComplete();
  } catch (error) {
    suite.fail(error);
  } finally {
    for (const close of closers) await close();
  }
  return suite.results;
}

async function run({ kind, files, prepare }, suite, onClose) {
  const ended = withResolvers();
  // It may be rejected before anyone waits for it.
  ended.promise.catch(() => undefined);
  let watchdog;
  const expectWithin = (limit, what) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => ended.reject(new Trouble(`${what} for ${limit / 1000} s`)), limit);
  };
  onClose(() => clearTimeout(watchdog));
  // The extension host has the environment of this process.
  if (kind === 'node') process.env.NANLENS_VENV_PYTHON ??= await ensurePython();
  const extension = stageExtension(kind);
  const collector = await startCollector((message) => {
    expectWithin(silenceLimit, 'the suite said nothing');
    if (suite.take(message)) ended.resolve();
  });
  onClose(collector.close);
  const suitePath = await bundleSuite(kind, extension, collector.url, files);
  const { workspace, dataDir, remove } = makeWorkspace(`host-${kind}`);
  onClose(remove);
  prepare?.(workspace);
  // The web suite runs in Restricted Mode, as VS Code begins; Git and debuggers run in trusted folders alone.
  if (kind === 'node') writeUserSettings(dataDir, { 'security.workspace.trust.enabled': false });
  const server = await startServer({ dataDir, forTests: true });
  onClose(server.stop);
  const browser = await launchBrowser();
  onClose(() => browser.close());
  const consoleLines = [];
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on('console', (message) => consoleLines.push(`${message.type()}: ${firstLine(message.text())}`));
  page.on('crash', () => ended.reject(new Trouble('the page crashed')));
  page.on('pageerror', (error) => consoleLines.push(`pageerror: ${error.message}`));
  expectWithin(startLimit, 'the suite did not start');
  const payload = [
    ['extensionDevelopmentPath', extension],
    ['extensionTestsPath', suitePath],
    ...(kind === 'web' ? [['extensionDevelopmentKind', 'web']] : []),
  ];
  try {
    await page.goto(workbenchAddress(server, workspace, { payload }));
    await ended.promise;
  } catch (error) {
    const screenshot = path.join(cacheDir, 'screenshots', `host-${kind}-failure.png`);
    mkdirSync(path.dirname(screenshot), { recursive: true });
    await page.screenshot({ path: screenshot }).catch(() => undefined);
    say(`    screenshot: ${screenshot}`);
    say(`    the page's console ended with:\n${consoleLines.slice(-25).join('\n').replace(/^/gm, '      ')}`);
    throw error;
  }
}

/** VS Code logs whole stacks and styles its lines; the first line says what it is about. */
function firstLine(text) {
  return (text.split('\n')[0] ?? '').replace(/%c|color: #\w+/g, '').slice(0, 200);
}

function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const given = process.argv.slice(2);
    const kinds = given.filter((word) => ['node', 'web'].includes(word));
    const parts = given.filter((word) => !kinds.includes(word));
    await build();
    const all = emptyResults();
    for (const kind of kinds.length ? kinds : ['node', 'web']) {
      say(`Host suite, ${kind} extension host`);
      addResults(all, await runHostSuite(kind, { files: hostTests(parts) }));
    }
    printResults(all);
  });
}

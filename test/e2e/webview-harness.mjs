// The viewer's own page in Chromium, under its own content security policy, with the host's end played by its real code
// where that needs no editor.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { bundles, nodeBundle, root } from '../../scripts/bundles.mjs';
import { launchBrowser } from '../../scripts/host/browser.mjs';
import { cacheDir } from '../../scripts/setup/cache.mjs';
import { themes } from './webview-themes.mjs';

const require = createRequire(import.meta.url);
const screenshots = path.join(cacheDir, 'screenshots');
mkdirSync(screenshots, { recursive: true });

const outdir = path.join(root, 'dist/test', `webview-page-${process.pid}`);

let browser;
let server;
let origin;
let host;

/** Builds the page and starts the browser; `stop` ends what it started. */
export async function start() {
  const page = bundles.find((bundle) => bundle.outfile === 'dist/webview.js');
  await esbuild.build({ ...page, outfile: path.join(outdir, 'webview.js') });
  const hostFile = path.join(outdir, 'host.cjs');
  await esbuild.build({
    ...nodeBundle,
    stdin: {
      contents: `
        export { pageHtml } from './src/extension/features/dump-viewer/page';
        export { buildViewModel } from './src/extension/features/dump-viewer/view-model';
        export { GoodRun } from './src/extension/features/dump-viewer/good-run';
        export { TensorFile } from './src/extension/features/dump-viewer/tensor-file';
        export { bytesSource } from './src/dump/byte-source';
        export { openDump } from './src/dump/open';
        export { mergeRanks } from './src/dump/ranks';
        export { seriesWindow } from './src/extension/features/dump-viewer/series-window';
        export { checkHostParams } from './src/protocol/validation';
        export { english } from './src/protocol/strings';
        export { Channel } from './src/protocol/channel';`,
      resolveDir: root,
      loader: 'ts',
    },
    outfile: hostFile,
  });
  host = require(hostFile);
  server = createServer((request, response) => {
    const file = { '/webview.js': 'text/javascript', '/webview.css': 'text/css' }[request.url ?? ''];
    if (file) return response.setHeader('content-type', file).end(readFileSync(path.join(outdir, request.url)));
    if (request.url !== '/') return response.writeHead(404).end();
    const html = host.pageHtml({
      cspSource: origin,
      script: `${origin}/webview.js`,
      style: `${origin}/webview.css`,
      nonce: 'n0nce',
      language: 'en',
    });
    response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await launchBrowser();
}

export async function stop() {
  await browser?.close();
  server?.close();
  rmSync(outdir, { recursive: true, force: true });
}

/** Reads a dump as the extension would. */
export async function readDump(file) {
  return host.openDump(host.bytesSource(path.basename(file), readFileSync(file)), new AbortController().signal);
}

/** The dumps of several ranks as one. */
export async function readRanks(files) {
  const dumps = await Promise.all(files.map(async (file) => ({ path: file, result: await readDump(file) })));
  return host.mergeRanks(dumps).result;
}

/** Opens the page on a dump, as the host would, and gives what tests need to talk with both ends. */
export async function open(
  result,
  { theme = 'dark', width = 1000, zoom = 1, handlers = {}, stored, state, tensors, goodRun, waits = true } = {},
) {
  const began = performance.now();
  const model = host.buildViewModel('run.log', result);
  const modelTime = performance.now() - began;
  const viewState = state ?? { status: 'shown', generation: 1, view: model.view, notice: null, progress: null };
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(900 / zoom) },
    deviceScaleFactor: zoom,
  });
  const page = await context.newPage();
  const violations = [];
  page.on('pageerror', (error) => violations.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) violations.push(`${message.type()}: ${message.text()}`);
  });
  const calls = [];
  const { operations } = model;
  const tensorFile = new host.TensorFile(async () => {
    if (!tensors) throw new Error('There is no such file.');
    return host.bytesSource('run.safetensors', tensors);
  });
  let good;
  const answer = (method, reply) => async (params) => {
    calls.push([method, params]);
    return handlers[method] ? handlers[method](params) : reply(params);
  };
  const channel = new host.Channel({
    post: (message) => void page.evaluate((data) => postMessage(data, '*'), message).catch(() => undefined),
    check: host.checkHostParams,
    onFault: (fault) => violations.push(fault),
    handlers: {
      ready: answer('ready', () => ({
        version: 2,
        strings: host.english,
        language: 'en',
        rules: { NAN301: 'sqrt-at-zero' },
        state: viewState,
        comparison: null,
      })),
      seriesWindow: answer('seriesWindow', ({ series, ofGoodRun, from, to, buckets }) =>
        ofGoodRun
          ? (good?.window(model.view.series[series].name, from, to, buckets) ?? null)
          : host.seriesWindow(model.series[series], from, to, buckets),
      ),
      operationRows: answer('operationRows', ({ from, to }) =>
        operations.rows(from, to, good?.compareOperations(operations)),
      ),
      operationDetails: answer('operationDetails', ({ operation }) => operations.details(operation)),
      nextBadOperation: answer('nextBadOperation', ({ operation, backwards }) =>
        operations.nextBad(operation, backwards),
      ),
      goToOperation: answer('goToOperation', ({ operation }) => ({
        outcome: 'opened',
        message: `Opened ${operations.frame(operation)?.path}.`,
      })),
      tensorList: answer('tensorList', () => tensorFile.list()),
      labelCounts: answer('labelCounts', () => tensorFile.labels()),
      nanMap: answer('nanMap', (params) =>
        tensorFile.map(params, new AbortController().signal, 'This tensor cannot be shown as a map.'),
      ),
      chooseGoodRun: answer('chooseGoodRun', () => {
        if (!goodRun) return null;
        good = new host.GoodRun('good-run.nandump.json', goodRun);
        return good.beside(model);
      }),
      dropGoodRun: answer('dropGoodRun', () => {
        good = undefined;
        return null;
      }),
      fixOffer: answer('fixOffer', () => null),
      applyFix: answer('applyFix', () => ({ outcome: 'refused', message: 'There is no fix for this line.' })),
      goToLine: answer('goToLine', () => ({ outcome: 'opened', message: 'Opened losses.py.' })),
      workspaceExcerpt: answer('workspaceExcerpt', () => null),
      textExcerpt: answer('textExcerpt', () => result.text ?? null),
      openAsText: answer('openAsText', () => null),
      copyMarkdown: answer('copyMarkdown', () => null),
      openRule: answer('openRule', () => null),
      reload: answer('reload', () => null),
    },
  });
  await page.exposeFunction('toHost', (message) => channel.receive(JSON.parse(message)));
  await page.addInitScript(
    ({ variables, bodyClass, remembered }) => {
      let kept = remembered;
      window.acquireVsCodeApi = () => ({
        // As on hosts that serialise: what JSON cannot carry does not arrive.
        postMessage: (message) => window.toHost(JSON.stringify(message)),
        getState: () => kept,
        setState: (next) => {
          kept = next;
          window.keptState = next;
        },
      });
      document.addEventListener('readystatechange', () => {
        for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
        document.body?.classList.add(bodyClass);
      });
    },
    { ...themes[theme], remembered: stored },
  );
  const openedAt = performance.now();
  await page.goto(origin, { waitUntil: waits ? 'load' : 'commit' });
  if (waits) await page.waitForSelector('main');
  const describe = () => channel.request('describe', null, AbortSignal.timeout(5000));
  /** Of the whole page, or of one section of it. */
  const shot = (name, section) => {
    const file = path.join(screenshots, `webview-${name}.png`);
    if (section === undefined) return page.screenshot({ path: file, fullPage: true });
    return page.locator(`[data-section="${section}"]`).screenshot({ path: file });
  };
  return { page, channel, calls, violations, describe, shot, model, modelTime, openedAt };
}

/** What axe-core finds wrong, in words. */
export async function accessibilityFaults(page) {
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
}

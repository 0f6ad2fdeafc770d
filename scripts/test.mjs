// npm test: everything, in a real VS Code and with real frameworks. Installs what is missing; skips nothing.
import { build } from './build.mjs';
import { runChecks } from './checks.mjs';
import { runEndToEnd } from './e2e.mjs';
import { runHostSuite } from './host.mjs';
import { findTests, runNodeTests } from './node-tests.mjs';
import { packageExtension } from './package.mjs';
import { runProofs } from './proofs.mjs';
import { addResults, emptyResults, printResults } from './results.mjs';
import { ensureBrowser } from './setup/browser.mjs';
import { ensureEditor } from './setup/editor.mjs';
import { ensurePython } from './setup/python.mjs';
import { runMain, say, seconds, Trouble } from './setup/report.mjs';
import { runUnitTests } from './unit.mjs';

/** A part that makes something others need: done or not, it counts as one. */
const step = (body) => async () => {
  await body();
  return { passed: 1, failed: 0 };
};

const parts = [
  ['install the Python frameworks', step(ensurePython)],
  ['install VS Code', step(ensureEditor)],
  ['install a browser', step(ensureBrowser)],
  ['build', step(build)],
  ['types, lint, format, generated files', async () => runChecks()],
  ['unit and fixture tests', () => runUnitTests([], { brief: true })],
  ['proofs in real frameworks', () => runProofs([], { brief: true })],
  ['package', step(() => packageExtension({ list: true }))],
  ['host suite, Node extension host', () => runHostSuite('node')],
  ['host suite, web extension host', () => runHostSuite('web')],
  ['webview page in the browser', () => runNodeTests('page', findTests(['test/e2e/**/*-page.mjs']))],
  ['end to end, packaged extension', runEndToEnd],
];

await runMain(async () => {
  const all = emptyResults();
  const table = [];
  for (const [name, run] of parts) {
    say(`\n── ${name} ──`);
    const started = Date.now();
    let results;
    try {
      results = await run();
    } catch (error) {
      say(error instanceof Trouble ? `  ✖ ${error.message}` : `  ✖ ${error.stack ?? error}`);
      results = { passed: 0, failed: 1 };
    }
    if (results.passed + results.failed === 0) {
      say('  ✖ nothing ran');
      results = { passed: 0, failed: 1 };
    }
    addResults(all, results);
    table.push({ name, ...results, time: seconds(Date.now() - started) });
  }
  const width = Math.max(...table.map((row) => row.name.length));
  say('');
  for (const { name, passed, failed, time } of table) {
    say(`${failed ? '✖' : '✔'} ${name.padEnd(width)}  ${time.padStart(7)}  ${passed} passed, ${failed} failed`);
  }
  say('');
  printResults(all);
});

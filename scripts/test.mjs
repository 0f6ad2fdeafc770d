// npm test: everything, in a real VS Code and with real frameworks. Installs what is missing; skips nothing.
import path from 'node:path';
import { build } from './build.mjs';
import { root } from './bundles.mjs';
import { runChecks } from './checks.mjs';
import { runEndToEnd } from './e2e.mjs';
import { runHostSuite } from './host.mjs';
import { findTests, runNodeTests } from './node-tests.mjs';
import { packageExtension } from './package.mjs';
import { runProofs } from './proofs.mjs';
import { addResults, emptyResults, printResults } from './results.mjs';
import { runMain, runQuietly, say, seconds, Trouble } from './setup/report.mjs';
import { runUnitTests } from './unit.mjs';

/** A part that makes something others need: done or not, it counts as one. */
const step = (body) => async () => {
  await body();
  return { passed: 1, failed: 0 };
};

/** Goes on beside the parts before it: it waits for the network, they for the processor. What it says comes in its turn. */
const install = (name) => {
  const setup = path.join(root, 'scripts/setup.mjs');
  return step(async () => say((await runQuietly(`install: ${name}`, process.execPath, [setup, name])).trimEnd()));
};

const parts = [
  { name: 'build', run: step(build) },
  { name: 'types, lint, format, generated files', run: async () => runChecks() },
  { name: 'unit and fixture tests', run: () => runUnitTests([], { brief: true }) },
  { name: 'install the Python frameworks', run: install('python'), runsBeside: true },
  { name: 'install VS Code', run: install('editor'), runsBeside: true },
  { name: 'install a browser', run: install('browser'), runsBeside: true },
  { name: 'proofs in real frameworks', run: () => runProofs([], { brief: true }) },
  { name: 'package', run: step(() => packageExtension({ list: true })) },
  { name: 'host suite, Node extension host', run: () => runHostSuite('node') },
  { name: 'host suite, web extension host', run: () => runHostSuite('web') },
  {
    name: 'webview page in the browser',
    run: () => runNodeTests('page', findTests(['test/e2e/**/*-page.mjs'])),
  },
  { name: 'end to end, packaged extension', run: runEndToEnd },
];

/** Never rejects. */
async function outcomeOf({ name, run }) {
  const started = Date.now();
  let results;
  let trouble = '';
  try {
    results = await run();
  } catch (error) {
    trouble = error instanceof Trouble ? error.message : String(error.stack ?? error);
    results = { passed: 0, failed: 1 };
  }
  if (results.passed + results.failed === 0) {
    trouble = 'nothing ran';
    results = { passed: 0, failed: 1 };
  }
  return { name, ...results, trouble, time: seconds(Date.now() - started) };
}

await runMain(async () => {
  const all = emptyResults();
  const table = [];
  const begun = Date.now();
  // One after the other: apt-get and the disk do not like company.
  const beside = new Map();
  let before = Promise.resolve();
  for (const part of parts.filter(({ runsBeside }) => runsBeside)) {
    const outcome = before.then(() => outcomeOf(part));
    beside.set(part, outcome);
    before = outcome;
  }
  if (beside.size > 0) say(`Meanwhile: ${[...beside.keys()].map(({ name }) => name).join(', ')}.`);
  for (const part of parts) {
    say(`\n── ${part.name} ──`);
    const row = await (beside.get(part) ?? outcomeOf(part));
    if (row.trouble !== '') say(`  ✖ ${row.trouble}`);
    addResults(all, row);
    table.push(row);
  }
  const width = Math.max(...table.map((row) => row.name.length));
  say('');
  for (const { name, passed, failed, time } of table) {
    say(`${failed ? '✖' : '✔'} ${name.padEnd(width)}  ${time.padStart(7)}  ${passed} passed, ${failed} failed`);
  }
  say(`  ${'altogether'.padEnd(width)}  ${seconds(Date.now() - begun).padStart(7)}`);
  say('');
  printResults(all);
});

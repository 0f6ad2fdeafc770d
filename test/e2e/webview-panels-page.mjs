// The panels of the viewer's page that show a recorded step, on the recorder's own dumps.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/bundles.mjs';
import { accessibilityFaults, open, readDump, readRanks, start, stop } from './webview-harness.mjs';
import { longTable, tensorFile, withoutFaults } from './webview-tables.mjs';
import { themes } from './webview-themes.mjs';

before(start);
after(stop);

const runs = path.join(root, 'examples/runs');
const run = (name) => path.join(runs, `${name}.nandump.json`);
const transformer = 'causal_transformer.step-60.rank-0';

/** What `log` of 0 leaves of a tensor: −Inf above the diagonal, and some of the others to tell them apart. */
function brokenTensors() {
  const values = Float32Array.from({ length: 32 * 24 }, (_, i) =>
    i % 24 > Math.floor(i / 24) ? Number.NEGATIVE_INFINITY : -(i % 7),
  );
  values[5 * 24 + 2] = Number.NaN;
  values[6 * 24 + 2] = Number.NaN;
  values[20 * 24 + 7] = Number.POSITIVE_INFINITY;
  return tensorFile({
    input0: [[4, 8, 24], values.map((value) => (Number.isFinite(value) ? 1 : 0))],
    output0: [[4, 8, 24], values],
  });
}

for (const theme of Object.keys(themes)) {
  test(`a recorded step, ${theme}: every panel shown, in order, accessible`, async () => {
    const { page, describe, violations, shot } = await open(await readDump(run(transformer)), {
      theme,
      tensors: brokenTensors(),
    });
    await page.waitForSelector('.map-summary');
    const seen = await describe();
    assert.deepEqual(seen.sections, [
      'What failed',
      'Timeline',
      'Modules and operations',
      'Where in your code',
      'Tensors',
      'Where the tensor is not finite',
      'How true the replay is',
      'What else happened',
    ]);
    assert.equal(seen.operations?.count, 275);
    assert.equal(seen.operations?.firstBad, 'aten::log');
    assert.match(seen.nanMap, /^\d+ of 768 elements are not finite\./);
    for (const name of ['timeline', 'operations', 'nan-map', 'fidelity']) await shot(`${name}-${theme}`, name);
    await shot(`recorded-${theme}`);
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(violations, []);
  });
}

test('a deliberate infinity before the failure is not taken for it', async () => {
  const { page, describe } = await open(await readDump(run(transformer)));
  assert.equal((await describe()).operations?.firstBad, 'aten::log');
  const mask = page.locator('.vrow.is-bad', { hasText: 'aten::masked_fill' });
  assert.equal(await mask.count(), 1);
  assert.doesNotMatch(await mask.textContent(), /first bad/);
  const line = page.locator('.vrow.first-bad .place-line');
  assert.equal(await line.textContent(), ':25');
  assert.ok((await line.boundingBox()).height < 25, 'the number of the line is broken over two');
});

test('the table is walked, searched for what broke, and left for the source with the keyboard alone', async () => {
  const { page, calls, violations } = await open(await readDump(run('char_rnn.step-2.rank-0')));
  const grid = page.locator('nanlens-rows.operations .vgrid');
  const active = () => page.locator('.vrow.active').getAttribute('aria-rowindex');
  await grid.focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.querySelector('.operations .vgrid').scrollTop === 0);
  assert.equal(await active(), '2');
  await page.keyboard.press('End');
  await page.waitForSelector('.vrow.active[aria-rowindex="3911"]:not(.loading)');
  await page.keyboard.press('b');
  await page.waitForSelector('.vrow.active.first-bad');
  const first = Number(await active());
  await page.keyboard.press('n');
  await page.waitForFunction((row) => Number(document.querySelector('.vrow.active')?.ariaRowIndex) > row, first);
  await page.keyboard.press('p');
  await page.waitForSelector('.vrow.active.first-bad');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    /Opened/.test(document.querySelector('nanlens-operations .jump-outcome').textContent),
  );
  assert.deepEqual(calls.filter(([method]) => method === 'goToOperation').at(-1)?.[1].operation, first - 2);
  await page.waitForSelector('.row-details .broken');
  assert.deepEqual(violations, []);
});

test('of fifty thousand rows only those in sight are in the page, and they come as they are needed', async () => {
  const { page, calls, describe, violations, shot } = await open(longTable(50_000, 31_000));
  const seen = await describe();
  assert.equal(seen.operations?.count, 50_000);
  assert.equal(seen.operations?.firstBad, 'aten::exp');
  assert.ok(seen.operations.rowsInSight < 80, `${seen.operations.rowsInSight} rows in the page`);
  await page.locator('nanlens-rows.operations .vgrid').evaluate((grid) => {
    grid.scrollTop = 0;
  });
  await page.waitForSelector('.vrow[aria-rowindex="2"]:not(.loading)');
  await page.locator('button', { hasText: 'First Bad Row' }).click();
  await page.waitForSelector('.vrow.first-bad');
  await shot('operations-long', 'operations');
  const asked = calls.filter(([method]) => method === 'operationRows').map(([, { from, to }]) => to - from);
  assert.ok(asked.length > 0 && asked.every((rows) => rows <= 100));
  assert.ok(asked.length < 20, `${asked.length} requests for one look`);
  assert.deepEqual(violations, []);
});

test('a bar ends where its type ends, and a row says how near it is', async () => {
  const { page } = await open(longTable(30, 25));
  const row = page.locator('.vrow', { has: page.locator('[role="gridcell"]', { hasText: /^24$/ }) });
  assert.match(await row.textContent(), /of at most 65504 \(float16\)/);
  assert.equal(await row.locator('.near-bar').count(), 2);
  const broken = page.locator('.vrow.first-bad .broken-bar .bar-fill');
  assert.equal(await broken.getAttribute('d'), 'M0 3H100');
});

test('columns that no row fills are not there; without types bars have the limit of float16 for a mark', async () => {
  const log = path.join(root, 'test/dumps/hf-underflow-overflow/half-precision/input.log');
  const { page, violations, shot } = await open(await readDump(log), { theme: 'light' });
  const columns = await page.locator('.operations [role="columnheader"]').allTextContents();
  assert.deepEqual(columns, ['#', 'Operation', 'Inputs, |max|', 'Parameters, |max|', 'Outputs, |max|']);
  const weights = page.locator('.vrow.first-bad > [role="gridcell"]').nth(2);
  assert.match(await weights.textContent(), /43200/);
  assert.equal(await weights.locator('.bar-mark').count(), 1);
  const ends = await page.evaluate(() => {
    const [row] = document.querySelectorAll('.vrow');
    return [row.lastElementChild.getBoundingClientRect().right, row.getBoundingClientRect().right];
  });
  assert.ok(ends[1] - ends[0] < 30, 'the last column ends where the row ends');
  await shot('modules-light', 'operations');
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(violations, []);
});

test('not one element that is not finite is lost, and the map is walked with the keyboard', async () => {
  const values = new Float32Array(4000 * 300);
  values[3999 * 300 + 299] = Number.NaN;
  values[0] = Number.POSITIVE_INFINITY;
  values[1234 * 300 + 150] = Number.NEGATIVE_INFINITY;
  const { page, describe, violations, shot } = await open(await readDump(run(transformer)), {
    tensors: tensorFile({ output0: [[4000, 300], values] }),
  });
  await page.waitForSelector('.map-summary');
  assert.match((await describe()).nanMap, /^3 of 1,200,000 elements are not finite\..*up to 25 × 2 elements/);
  await shot('nan-map-sparse', 'nan-map');
  const map = page.locator('canvas.nan-map');
  await map.focus();
  const readout = () => page.locator('.map-readout').textContent();
  const found = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('n');
    found.push(await readout());
  }
  assert.deepEqual(
    found.map((text) => text.split(': ').at(-1)),
    ['+Infinity', '−Infinity', 'NaN'],
  );
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /^Rows 3/.test(document.querySelector('.map-summary').textContent));
  assert.match((await describe()).nanMap, /^Rows 3,900 to 3,999, columns 296 to 299\. 1 of /);
  await page.keyboard.press('0');
  await page.waitForFunction(() => /^3 of/.test(document.querySelector('.map-summary').textContent));
  await page.locator('summary', { hasText: 'Counts as a table' }).click();
  assert.equal(await page.locator('nanlens-nan-map tbody tr').count(), 6);
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(violations, []);
});

test('the row and the tensor that were chosen come back with the page', async () => {
  const result = await readDump(run(transformer));
  const first = await open(result, { tensors: brokenTensors() });
  await first.page.waitForSelector('.map-summary');
  await first.page.locator('.tensor-choice select').selectOption('0');
  await first.page.locator('nanlens-rows.operations .vgrid').focus();
  await first.page.keyboard.press('End');
  await first.page.waitForFunction(() => window.keptState?.row === 274 && window.keptState?.tensor === 0);
  const stored = await first.page.evaluate(() => window.keptState);
  const second = await open(result, { tensors: brokenTensors(), stored });
  await second.page.waitForSelector('.vrow.active[aria-rowindex="276"]');
  assert.match(await second.page.locator('.row-details h3').textContent(), /row 274/);
  await second.page.waitForFunction(() => /All of the 768/.test(document.querySelector('.map-summary')?.textContent));
});

test('tensors that were left behind are said to be missing', async () => {
  const { page, violations } = await open(await readDump(run(transformer)));
  await page.waitForSelector('.map-problem');
  assert.match(await page.locator('.map-problem').textContent(), /There is no such file/);
  assert.deepEqual(violations, []);
});

test('the batch: its ranges, its bad rows and their samples', async () => {
  const { page, violations, shot } = await open(await readDump(run('transfer_learning.step-233.rank-0')), {
    theme: 'light',
    tensors: tensorFile({ 'batch0.[1][1]': [[6], BigInt64Array.of(1n, 0n, 1n, 1n, 2n, 1n)] }),
  });
  await page.waitForSelector('.labels');
  const batch = page.locator('[data-section="batch"]');
  assert.match(await batch.textContent(), /Rows that hold or cause it\s*63 of 64: 0 to 25, 27 to 63/);
  assert.match(await batch.locator('tbody tr.broken').first().textContent(), /^\s*0\s*2986\s*$/);
  assert.match(await page.locator('.labels tbody').textContent(), /^\s*0\s*1\s*1\s*4\s*2\s*1\s*$/);
  await shot('batch-light', 'batch');
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(violations, []);
});

test('the processes of a run stand side by side, the guilty one first', async () => {
  const files = [0, 1].map((rank) => run(`ddp_keyword_spotting.step-4.rank-${rank}`));
  const { page, describe, violations, shot } = await open(await readRanks(files), { theme: 'light' });
  const { ranks } = await describe();
  assert.equal(ranks.length, 2);
  assert.match(ranks[0], /^rank 1 first cause Infinity in the forward pass aten::log ddp_keyword_spotting\.py:23 4$/);
  assert.match(ranks[1], /^rank 0 consequence A gradient is not finite/);
  await shot('ranks-light', 'ranks');
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(violations, []);
});

test('a good run stands behind the charts and beside the table, until it is sent away', async () => {
  const bad = await readDump(run(transformer));
  const { page, calls, violations, shot } = await open(bad, { goodRun: withoutFaults(bad) });
  await page.locator('vscode-button', { hasText: 'Compare with a Good Run…' }).click();
  await page.waitForSelector('.compared');
  assert.match(
    await page.locator('.compared').textContent(),
    /Compared with good-run\.nandump\.json: Nothing went wrong\./,
  );
  await page.waitForSelector('.vrow.first-bad .bar-mark');
  const goodCell = page.locator('.vrow.first-bad > [role="gridcell"]').last();
  assert.equal(await goodCell.textContent(), '6.0048');
  await shot('compared-timeline', 'timeline');
  await shot('compared-operations', 'operations');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.locator('button', { hasText: 'Stop Comparing' }).click();
  await page.waitForFunction(() => !document.querySelector('.bar-mark, .compared'));
  assert.ok(calls.some(([method]) => method === 'dropGoodRun'));
  assert.deepEqual(violations, []);
});

test('a fix is offered only where the host has one, and its outcome is said', async () => {
  const result = await readDump(run(transformer));
  const without = await open(result);
  await without.describe();
  assert.equal(await without.page.locator('vscode-button', { hasText: 'Apply Fix' }).count(), 0);
  let mended = false;
  const handlers = {
    fixOffer: () => (mended ? null : { title: 'Add an epsilon inside the logarithm' }),
    applyFix: () => {
      mended = true;
      return { outcome: 'applied', message: 'Mended causal_transformer.py, line 25.' };
    },
  };
  const { page, calls } = await open(result, { handlers });
  await page.locator('vscode-button', { hasText: 'Apply Fix' }).click();
  await page.waitForFunction(() => !/Apply Fix/.test(document.querySelector('nanlens-stack').textContent));
  assert.match(await page.locator('nanlens-stack .jump-outcome').first().textContent(), /Mended/);
  assert.deepEqual(calls.find(([method]) => method === 'applyFix')?.[1], { generation: 1, anomaly: 0 });
});

test('at 200 % zoom the panels of a recorded step are not cut off', async () => {
  const { page, violations, shot } = await open(await readDump(run(transformer)), {
    zoom: 2,
    tensors: brokenTensors(),
  });
  await page.waitForSelector('.map-summary');
  await shot('recorded-zoomed');
  assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [500, 500]);
  assert.deepEqual(violations, []);
});

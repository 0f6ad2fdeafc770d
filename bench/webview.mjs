// How fast the viewer's page is: first paint, scrolling a table of 100,000 rows, moving along a series of 10 million readings.
// node bench/webview.mjs   measures in the suite's Chromium and writes bench/webview.md
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../scripts/bundles.mjs';
import { open, readDump, start, stop } from '../test/e2e/webview-harness.mjs';
import { healthyRun } from '../test/e2e/webview-runs.mjs';
import { longTable } from '../test/e2e/webview-tables.mjs';

const rows = 100_000;
const readings = 10_000_000;
const seconds = 4;
const load = os.loadavg()[0].toFixed(1);

/** A series so long that each picture of it is thinned out by the host. */
function longSeries() {
  const values = new Array(readings);
  const steps = new Array(readings);
  for (let i = 0; i < readings; i++) {
    steps[i] = i;
    values[i] = 1 + Math.sin(i / 90_000) / 2 + ((i * 7919) % 1000) / 5000;
  }
  values[7_654_321] = Number.NaN;
  const run = healthyRun();
  return { ...run, dump: { ...run.dump, series: [{ name: 'loss', steps, values }] } };
}

/**
 * Calls `move` once a frame. Gives the frames' lengths in milliseconds, and the processor time that the page's main thread
 * needed for each, which other programs on the machine do not change.
 */
async function frames(page, move, argument) {
  const metrics = await page.context().newCDPSession(page);
  await metrics.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => {
    const { metrics: all } = await metrics.send('Performance.getMetrics');
    return 1000 * (all.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
  const before = await busy();
  const lengths = await page.evaluate(
    async ({ source, given, duration }) => {
      const step = new Function(`return ${source}`)();
      const measured = [];
      let last = await new Promise(requestAnimationFrame);
      const end = last + duration;
      for (let i = 0; last < end; i++) {
        step(i, given);
        const now = await new Promise(requestAnimationFrame);
        measured.push(now - last);
        last = now;
      }
      return measured;
    },
    { source: move.toString(), given: argument, duration: seconds * 1000 },
  );
  const work = ((await busy()) - before) / lengths.length;
  await metrics.detach();
  const sorted = [...lengths].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const rate = (1000 * lengths.length) / lengths.reduce((a, b) => a + b, 0);
  return { rate, median: at(0.5), p95: at(0.95), work };
}

/** Milliseconds until the browser painted something, until the verdict stood there, and until all of it did. */
async function firstPaint(result) {
  const { page, modelTime, openedAt } = await open(result, { waits: false });
  await page.waitForSelector('h1');
  const verdict = performance.now() - openedAt;
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll('nanlens-chart')].every((chart) => chart.querySelector('canvas')) &&
      [...document.querySelectorAll('nanlens-operations')].every((table) => table.querySelector('.vrow:not(.loading)')),
  );
  const whole = performance.now() - openedAt;
  const painted = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
  );
  return { painted, verdict, whole, page, modelTime };
}

const ms = (value) => (value === null ? '–' : `${Math.round(value)} ms`);
const moves = [];
const paints = [];
const addMove = (what, { rate, median, p95, work }) => {
  moves.push(`| ${what} | ${rate.toFixed(1)} | ${median.toFixed(1)} | ${p95.toFixed(1)} | ${work.toFixed(1)} |`);
  console.log(moves.at(-1));
};
const addPaint = (what, { painted, verdict, whole, modelTime }) => {
  paints.push(`| ${what} | ${ms(modelTime)} | ${ms(painted)} | ${ms(verdict)} | ${ms(whole)} |`);
  console.log(paints.at(-1));
};

await start();
try {
  const recorded = await readDump(path.join(root, 'examples/runs/char_rnn.step-2.rank-0.nandump.json'));
  const first = await firstPaint(recorded);
  addPaint('a recorded step, 3,910 operations', first);
  await first.page.context().close();

  const table = await firstPaint(longTable(rows, 60_000));
  addPaint(`a table of ${rows.toLocaleString('en')} rows`, table);
  const grid = '.operations .vgrid';
  const scroll = (i, { selector, distance }) => {
    document.querySelector(selector).scrollTop = i * distance;
  };
  addMove(
    'table: a turn of the wheel a frame (100 px)',
    await frames(table.page, scroll, { selector: grid, distance: 100 }),
  );
  addMove('table: dragged from end to end', await frames(table.page, scroll, { selector: grid, distance: 18_000 }));
  await table.page.context().close();

  const series = await firstPaint(longSeries());
  addPaint(`a series of ${readings.toLocaleString('en')} readings`, series);
  const wheel = (i, { deltaX, deltaY, ctrlKey }) => {
    const turn = { deltaX: deltaX * (i % 100 < 50 ? 1 : -1), deltaY, ctrlKey, bubbles: true, cancelable: true };
    document.querySelector('.chart-canvas').dispatchEvent(new WheelEvent('wheel', turn));
  };
  for (const share of [2, 10]) {
    const zoom = (_, { times }) => {
      for (let n = 0; n < times; n++) {
        const turn = { deltaY: -200 * Math.LN2, ctrlKey: true, bubbles: true, cancelable: true };
        document.querySelector('.chart-canvas').dispatchEvent(new WheelEvent('wheel', turn));
      }
    };
    await series.page.keyboard.press('0');
    await series.page.evaluate(`(${zoom.toString()})(0, { times: ${Math.round(Math.log2(share))} })`);
    await series.page.waitForTimeout(1000);
    const inSight = `${Math.round(readings / 2 ** Math.round(Math.log2(share)) / 1e5) / 10} million in sight`;
    addMove(
      `series: moved sideways, ${inSight}`,
      await frames(series.page, wheel, { deltaX: 12, deltaY: 0, ctrlKey: false }),
    );
  }
  await series.page.context().close();
} finally {
  await stop();
}

writeFileSync(
  path.join(root, 'bench/webview.md'),
  `# How fast the viewer's page is

Measured with \`node bench/webview.mjs\` in the suite's Chromium without a display, which draws on the processor, on
${os.cpus().length} cores of ${os.cpus()[0]?.model.trim() ?? 'an unknown processor'} with a load of ${load} when it began. Times are in milliseconds. The
browser draws 60 frames a second at most, so a frame is 16.7 long. *Work* is the processor time of the page's main thread
for one frame; it says what the page needs whatever else the machine does.

| what | frames a second | median frame | 95 % | work |
|---|---:|---:|---:|---:|
${moves.join('\n')}

Opening the page, the file already read. *Model* is the host's work before it; the other times count from the navigation.

| what | model | first paint | verdict | charts and table |
|---|---:|---:|---:|---:|
${paints.join('\n')}
`,
);

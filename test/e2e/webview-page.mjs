// What a person sees and does on the viewer's page: node --test test/e2e/webview-page.mjs
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, open, start, stop } from './webview-harness.mjs';
import { dyingRun, healthyRun, hostileRun, lastLossFinite, longRun } from './webview-runs.mjs';
import { tensorFile } from './webview-tables.mjs';
import { themes } from './webview-themes.mjs';

before(start);
after(stop);

for (const theme of Object.keys(themes)) {
  test(`a dead run, ${theme}: shown whole, accessible, nothing refused by its policy`, async () => {
    const { page, describe, violations, shot } = await open(dyingRun(), { theme });
    const seen = await describe();
    assert.equal(
      seen.heading,
      'Step 237, rank 3, backward: sqrt at losses.py:41 has an infinite gradient because the distance is exactly 0.',
    );
    assert.equal(seen.confidence, 'likely');
    assert.deepEqual(seen.blamed, {
      place: 'losses.py:41',
      line: 41,
      text: 'distance = torch.sqrt(squared.sum(dim=1))',
    });
    assert.deepEqual(
      seen.charts.map(({ name, marks }) => [name, marks]),
      [
        ['loss', 1],
        ['grad_norm', 2],
      ],
    );
    await shot(`dead-run-${theme}`);
    const edges = await page.evaluate(() =>
      ['.code-line.marked', '.code-line:not(.marked)'].map((selector) => {
        const line = document.querySelector(selector);
        return line && getComputedStyle(line).borderLeftColor;
      }),
    );
    assert.notEqual(edges[0], edges[1], 'the blamed line looks like any other');
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(violations, []);
  });
}

test('at 200 % zoom nothing is cut off sideways', async () => {
  const { page, shot, violations } = await open(dyingRun(), { zoom: 2 });
  await shot('dead-run-zoomed');
  const cutOff = await page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth && !element.closest('.table-frame'))
      .map((element) => element.className || element.tagName),
  );
  assert.deepEqual(cutOff, []);
  assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [500, 500]);
  assert.deepEqual(violations, []);
});

test('a healthy run is said to be healthy', async () => {
  const { describe, shot, page, violations } = await open(healthyRun(), { theme: 'light' });
  const seen = await describe();
  assert.equal(seen.blamed, null);
  assert.deepEqual(seen.sections, ['Timeline']);
  assert.equal(seen.charts[0]?.marks, 0);
  assert.match(seen.charts[0]?.summary ?? '', /All readings are finite/);
  assert.deepEqual(await accessibilityFaults(page), []);
  await shot('healthy');
  assert.deepEqual(violations, []);
});

test('a run that died before it could print the NaN is marked where it failed', async () => {
  const { describe, shot, violations } = await open(lastLossFinite(), { theme: 'light' });
  const [chart] = (await describe()).charts;
  assert.equal(chart?.marks, 1);
  assert.match(chart?.summary ?? '', /The run failed at step 237\./);
  await shot('last-loss-finite');
  assert.deepEqual(violations, []);
});

test('markup in every string of a dump stays text', async () => {
  const evil = hostileRun().dump.format;
  const tensors = tensorFile({ [evil]: [[2, 2], Float32Array.of(1, Number.NaN, 2, 3)] });
  const { page, describe, violations, shot } = await open(hostileRun(), { tensors });
  await page.waitForSelector('.map-summary');
  await page.locator('.vrow').first().click();
  await page.waitForSelector('.row-details');
  for (const fold of await page.locator('summary').all()) await fold.click();
  const seen = await describe();
  assert.match(seen.heading, /<img src=x onerror=/);
  assert.equal(
    await page.evaluate(() => document.querySelectorAll('main img, main script, main iframe, main a').length),
    0,
  );
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await shot('hostile');
  assert.deepEqual(violations, []);
});

test('every action is reached and pressed with the keyboard alone', async () => {
  const { page, calls, violations } = await open(dyingRun());
  const reached = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(
      () => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute('aria-label'),
    );
    if (name) reached.push(name);
    if (['Go to Line', 'Copy as Markdown', 'Open as Text', 'NAN301 sqrt-at-zero'].includes(name ?? '')) {
      await page.keyboard.press('Enter');
    }
  }
  const pressed = new Set(calls.map(([method]) => method));
  for (const method of ['goToLine', 'copyMarkdown', 'openAsText', 'openRule']) {
    assert.ok(pressed.has(method), `${method} was not pressed; reached: ${reached.join(', ')}`);
  }
  await page.locator('.chart-canvas').first().focus();
  await page.keyboard.press('End');
  const value = await page.locator('.chart-canvas').first().getAttribute('aria-valuetext');
  assert.equal(value, 'step 237: NaN');
  assert.deepEqual(violations, []);
});

test('zooming a long series asks for what the overview had no room for, and loses no NaN', async () => {
  const { page, calls, describe, violations } = await open(longRun());
  const before = await describe();
  // The NaN, and the step at which the run failed.
  assert.equal(before.charts[0]?.marks, 2);
  await page.locator('.chart-canvas').first().focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press('+');
  await page.waitForTimeout(300);
  assert.ok(calls.some(([method]) => method === 'seriesWindow'));
  const sight = () => page.evaluate(() => Object.values(window.keptState.charts)[0].range);
  const [from, to] = await sight();
  await page.keyboard.press('PageUp');
  const [moved] = await sight();
  assert.ok(Math.abs(from - moved - (to - from) / 2) < 1, 'half of the part in sight is half a page');
  await page.locator('.chart-canvas').first().hover();
  await page.mouse.wheel(300, 0);
  await page.waitForFunction((before) => Object.values(window.keptState.charts)[0].range[0] > before, moved);
  await page.keyboard.press('n');
  assert.equal(await page.locator('.chart-canvas').first().getAttribute('aria-valuetext'), 'step 51234: NaN');
  await page.keyboard.press('0');
  assert.equal((await describe()).charts[0]?.marks, 2);
  assert.deepEqual(violations, []);
});

test('what stood open and where the page stood come back', async () => {
  const first = await open(dyingRun());
  await first.page.locator('summary', { hasText: 'Values as a table' }).first().click();
  await first.page.waitForSelector('.readings .vrow');
  assert.match(await first.page.locator('.readings').first().textContent(), /237\s*NaN/);
  await first.page.evaluate(() => scrollTo(0, 300));
  await first.page.waitForFunction(() => window.keptState?.scroll === 300);
  const stored = await first.page.evaluate(() => window.keptState);
  const second = await open(dyingRun(), { stored });
  await second.page.waitForSelector('.readings .vrow');
  await second.page.waitForFunction(() => scrollY === 300);
});

test('a file that cannot be read is said in words, and can be tried again', async () => {
  const state = { status: 'failed', generation: 1, name: 'run.log', message: 'The file is gone.' };
  const { page, calls, shot, violations } = await open(healthyRun(), { state });
  assert.match(await page.locator('main').textContent(), /could not be read[\s\S]*The file is gone\./);
  await page.locator('vscode-button', { hasText: 'Try Again' }).click();
  assert.ok(calls.some(([method]) => method === 'reload'));
  await shot('failed');
  assert.deepEqual(violations, []);
});

test('a refusal of the host is shown, not swallowed', async () => {
  const handlers = {
    copyMarkdown: () => {
      throw new Error('The clipboard is not available.');
    },
  };
  const { page, violations } = await open(dyingRun(), { handlers });
  await page.locator('vscode-button', { hasText: 'Copy as Markdown' }).click();
  await page.waitForFunction(
    () => document.querySelector('.status')?.textContent === 'The clipboard is not available.',
  );
  assert.deepEqual(violations, ['request “copyMarkdown” failed: The clipboard is not available.']);
});

test('a new state replaces the old one; an older one does not', async () => {
  const { page, channel, model } = await open(healthyRun());
  const heading = () => page.locator('h1').textContent();
  const sentence = await heading();
  await channel.request('show', { status: 'failed', generation: 3, name: 'run.log', message: 'gone' });
  assert.match(await heading(), /could not be read/);
  await channel.request('show', { status: 'shown', generation: 2, view: model.view, notice: null, progress: null });
  assert.match(await heading(), /could not be read/);
  await channel.request('show', {
    status: 'shown',
    generation: 4,
    view: model.view,
    notice: 'The file is gone.',
    progress: null,
  });
  assert.equal(await heading(), sentence);
  assert.match(await page.locator('.remark').textContent(), /The file is gone/);
});

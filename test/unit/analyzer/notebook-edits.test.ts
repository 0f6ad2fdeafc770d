// A notebook of 100 cells, edited at random for 1,000 rounds: an analyser that has seen it all says what a fresh one says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnalysisConfig, DEFAULT_CONFIG } from '../../../src/analyzer/finding';
import { edited, Random, sourceOf } from '../../harness/random-notebook';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

const CONFIG: AnalysisConfig = { ...DEFAULT_CONFIG, select: ['ALL'], minConfidence: 'possible' };

test('findings always equal those of a fresh analysis', async () => {
  const random = new Random(20261126);
  const cells = Array.from({ length: 100 }, () => sourceOf(random));
  const seasoned = await freshAnalyzer();
  let findings = 0;
  let changes = 0;
  let before = '';
  for (let round = 0; round < 1000; round++) {
    const at = random.below(cells.length);
    switch (random.below(6)) {
      case 0:
        cells.splice(at, 1);
        cells.splice(random.below(cells.length + 1), 0, sourceOf(random));
        break;
      case 1: {
        const [moved = ''] = cells.splice(at, 1);
        cells.splice(random.below(cells.length + 1), 0, moved);
        break;
      }
      default:
        cells[at] = edited(cells[at] ?? '', random);
    }
    const said = seasoned.analyzeNotebook(cells, CONFIG);
    const fresh = (await freshAnalyzer()).analyzeNotebook(cells, CONFIG);
    assert.deepEqual(said, fresh, `round ${round}`);
    findings += said.reduce((sum, cell) => sum + cell.findings.length, 0);
    const now = JSON.stringify(said);
    if (now !== before) changes++;
    before = now;
  }
  assert.equal(cells.length, 100);
  // The edits matter: there is much to be said, and it changes all the time.
  assert.ok(findings > 20_000, `${findings} findings`);
  assert.ok(changes > 300, `${changes} changes`);
});

// Runs that go NaN: the recorder names the line that is the first cause. Of held-out scripts only counts are told.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { python } from '../proofs/python-runs';
import { recorderTests, runWatched, scriptsIn, type WatchedRun } from './forked-runs';

const MINIMUM_SHARE = 0.95;
const faults = path.join(recorderTests, 'faults');

interface Scored {
  readonly script: string;
  readonly heldOut: boolean;
  readonly truth: string;
  readonly tools: { readonly nanlens: { readonly right: boolean; readonly named: string } };
}

let scored: readonly Scored[] = [];
let witnessed: readonly WatchedRun[] = [];

before(async () => {
  witnessed = await runWatched([...scriptsIn(faults), ...scriptsIn(path.join(faults, 'held-out'))], ['witness']);
  scored = await score();
});

async function score(): Promise<Scored[]> {
  const options = ['--dev', '--held-out', '--tools', 'nanlens', '--json'];
  const child = spawn(python(), [path.join(faults, 'score.py'), ...options]);
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Scored[];
}

for (const heldOut of [false, true]) {
  const kind = heldOut ? 'held-out' : 'development';
  /** Which scripts, where one may know. */
  const names = (list: readonly string[]): string =>
    heldOut ? `${list.length} held-out scripts; score.py --held-out tells which` : list.join('\n');

  describe(`the ${kind} scripts`, () => {
    test('really fail, and not at once', () => {
      const own = witnessed.filter(({ script }) => script.includes(`${path.sep}held-out${path.sep}`) === heldOut);
      assert.ok(own.length > 0);
      const wrong = own.filter(({ firstBad }) => firstBad === undefined || firstBad < 1).map(({ script }) => script);
      assert.equal(wrong.length, 0, names(wrong));
    });

    test(`are blamed on the right line in ${100 * MINIMUM_SHARE} % or more`, () => {
      const own = scored.filter((each) => each.heldOut === heldOut);
      const wrong = own.filter((each) => !each.tools.nanlens.right);
      const share = 1 - wrong.length / own.length;
      assert.ok(own.length > 0 && share >= MINIMUM_SHARE, `${share}: ${names(wrong.map(describeWrong))}`);
    });

    test('are blamed as well as they ever were', () => {
      const named = JSON.parse(readFileSync(path.join(faults, 'named.json'), 'utf8')) as string[];
      const own = scored.filter((each) => each.heldOut === heldOut && named.includes(each.script));
      assert.ok(own.length > 0, 'score.py --tools nanlens --dev --held-out --keep notes which are right');
      const lost = own.filter((each) => !each.tools.nanlens.right);
      assert.equal(lost.length, 0, names(lost.map(describeWrong)));
    });
  });
}

function describeWrong({ script, truth, tools }: Scored): string {
  return `${script}: ${tools.nanlens.named}, not ${truth}`;
}

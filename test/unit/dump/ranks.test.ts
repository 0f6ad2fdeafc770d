// Dumps of several ranks become one verdict: who made the NaN before who received it, and nothing is lost or invented.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { textSource } from '../../../src/dump/byte-source';
import { dumpToJson } from '../../../src/dump/json';
import type { Anomaly } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';
import { mergeByStep, mergeRanks, type NamedDump, rankName } from '../../../src/dump/ranks';
import { Random } from './random';

interface Told {
  readonly step?: number;
  readonly source?: { readonly path: string; readonly line: number } | null;
  readonly kind?: Anomaly['kind'];
  readonly message?: string;
  readonly sentence?: string;
  readonly worldSize?: number;
  readonly folder?: string;
}

const SOURCE = { path: 'losses.py', line: 41 };
const RECEIVED: Told = {
  kind: 'grad-nonfinite',
  source: null,
  message: 'the gradients were finite on this rank until they were averaged with those of another rank',
};

/** What the reader makes of the dump that a recorder of that rank writes. */
async function dumpOf(rank: number, told: Told = {}): Promise<NamedDump> {
  const step = told.step ?? 237;
  const source = told.source === undefined ? SOURCE : told.source;
  const anomaly = { kind: 'nan-backward', value: 'nan', role: 'first', op: 'SqrtBackward0', step, source };
  const content = {
    nandump: 1,
    run: { id: 'run', worldSize: told.worldSize ?? null },
    verdict: { sentence: told.sentence ?? `Step ${step}, backward: \`sqrt\` breaks.`, confidence: 'certain' },
    anomalies: [
      { ...anomaly, kind: told.kind ?? 'nan-backward', message: told.message ?? 'the gradient is NaN' },
      { kind: 'loss-nan', value: 'nan', role: 'consequence', message: 'the loss is NaN' },
    ],
    ranks: [{ rank, role: 'first', step }],
  };
  const path = `${told.folder ?? 'run'}/step-237.rank-${rank}.nandump.json`;
  const result = await openDump(textSource(path, JSON.stringify(content)), new AbortController().signal);
  assert.deepEqual(result.problems, []);
  return { path, result };
}

function rolesOf({ result }: NamedDump): string[] {
  return result.dump.anomalies.map(({ rank, role }) => `${rank} ${role}`);
}

describe('names of dumps', () => {
  test('say step and rank, and what belongs together', () => {
    assert.deepEqual(rankName('out/run/step-237.rank-12.nandump.json'), {
      key: 'out/run/step-237',
      step: 237,
      rank: 12,
    });
    assert.equal(rankName('a\\b\\step-1.rank-0.nandump.json')?.key, 'a/b/step-1');
    assert.equal(rankName('vae.step-1.rank-0.nandump.json')?.key, 'vae.step-1');
    for (const other of ['step-1.nandump.json', 'step-1.rank-0.json', 'step-x.rank-0.nandump.json', 'run.log']) {
      assert.equal(rankName(other), null);
    }
  });
});

describe('the guilty rank', () => {
  test('is the one that did not receive its NaN', async () => {
    const merged = mergeRanks([await dumpOf(0, RECEIVED), await dumpOf(1), await dumpOf(2, RECEIVED)]);
    assert.equal(merged.path, 'run/step-237.rank-1.nandump.json');
    assert.deepEqual(rolesOf(merged), ['1 first', '1 consequence', '0 consequence', '2 consequence']);
    assert.deepEqual(merged.result.dump.verdict, {
      sentence: 'Step 237, rank 1, backward: `sqrt` breaks. Ranks 0 and 2 received it.',
      confidence: 'certain',
    });
    assert.deepEqual(merged.result.dump.recording?.ranks, [
      { rank: 0, role: 'consequence', step: 237 },
      { rank: 1, role: 'first', step: 237 },
      { rank: 2, role: 'consequence', step: 237 },
    ]);
    assert.deepEqual(merged.result.problems, []);
  });

  test('is one that knows its line, before one that does not', async () => {
    const merged = mergeRanks([await dumpOf(0, { source: null }), await dumpOf(3)]);
    assert.deepEqual(rolesOf(merged).slice(0, 1), ['3 first']);
    assert.deepEqual(rolesOf(merged).slice(2), ['0 consequence']);
  });

  test('is that of the earliest step, then the lowest', async () => {
    assert.deepEqual(rolesOf(mergeRanks([await dumpOf(0, { step: 238 }), await dumpOf(1, { step: 237 })])), [
      '1 first',
      '1 consequence',
      '0 consequence',
    ]);
    const both = mergeRanks([await dumpOf(5), await dumpOf(2)]);
    assert.deepEqual(rolesOf(both), ['2 first', '2 consequence', '5 secondary']);
    assert.match(both.result.dump.verdict.sentence, / Rank 5 met one of its own\.$/);
  });

  test('is not guessed where all have received it', async () => {
    const { result } = mergeRanks([await dumpOf(2, RECEIVED), await dumpOf(1, RECEIVED)]);
    assert.equal(result.dump.verdict.confidence, 'likely');
    assert.match(result.dump.verdict.sentence, /the rank where it began has left no dump/);
    assert.deepEqual(
      result.dump.anomalies.map(({ rank }) => rank),
      [1, 1, 2],
    );
  });

  test('is said once', async () => {
    const merged = mergeRanks([await dumpOf(1, { sentence: 'Rank 1 fails.' }), await dumpOf(0, RECEIVED)]);
    assert.equal(merged.result.dump.verdict.sentence, 'Rank 1 fails. Rank 0 received it.');
    const many = await Promise.all(Array.from({ length: 20 }, (_, rank) => dumpOf(rank, rank === 7 ? {} : RECEIVED)));
    assert.match(
      mergeRanks(many).result.dump.verdict.sentence,
      /rank 7, .* Ranks 0, 1, 2, 3 and 15 more received it\.$/,
    );
  });
});

describe('a merged dump', () => {
  test('is the same in whatever order the files are listed', async () => {
    const dumps = await Promise.all([0, 1, 2, 3, 4].map((rank) => dumpOf(rank, rank % 2 === 0 ? RECEIVED : {})));
    const expected = mergeRanks(dumps);
    const random = new Random(3);
    for (let round = 0; round < 20; round++) {
      const shuffled = [...dumps].sort(() => random.next() - 0.5);
      assert.deepEqual(mergeRanks(shuffled), expected);
    }
  });

  test('tells of ranks without a dump, and of what could not be read', async () => {
    const broken = await openDump(textSource('x', '{"nandump": 1, "verdict": '), new AbortController().signal);
    const { result } = mergeRanks([
      await dumpOf(0, { worldSize: 4 }),
      await dumpOf(1, RECEIVED),
      { path: 'run/step-237.rank-2.nandump.json', result: broken },
    ]);
    assert.deepEqual(
      result.problems.map(({ message }) => message),
      [`rank 2: ${broken.problems[0]?.message}`, '2 of 4 ranks have no dump here that could be read.'],
    );
  });

  test('keeps the contract of JSON', async () => {
    const { result } = mergeRanks([await dumpOf(0), await dumpOf(1, RECEIVED)]);
    const json = dumpToJson(result);
    assert.equal(json.version, 1);
    assert.equal(json.anomalies.filter(({ role }) => role === 'first').length, 1);
    assert.equal(json.anomalies[0]?.role, 'first');
    assert.ok(json.anomalies.every(({ rank }) => rank !== null));
  });
});

describe('a folder', () => {
  test('is merged by run and step, and all else is left as it is', async () => {
    const log = { path: 'run/train.log', result: (await dumpOf(0)).result };
    const merged = mergeByStep([await dumpOf(0, RECEIVED), log, await dumpOf(1), await dumpOf(0, { folder: 'other' })]);
    assert.deepEqual(
      merged.map(({ path }) => path),
      ['run/step-237.rank-1.nandump.json', 'run/train.log', 'other/step-237.rank-0.nandump.json'],
    );
    assert.equal(merged[1], log);
  });
});

describe('a dump that is not whole', () => {
  test('is refused in words at every length', async () => {
    const text = readFileSync('test/dumps/nandump/log-of-zero/input.nandump.json', 'utf8').trimEnd();
    for (let length = 40; length < text.length; length += 13) {
      const { dump, problems } = await openDump(textSource('x', text.slice(0, length)), new AbortController().signal);
      assert.deepEqual(dump.anomalies, []);
      assert.match(dump.verdict.sentence, /^The dump could not be read: it is not whole/);
      assert.match(problems[0]?.message ?? '', /it breaks off, in line \d+\.$/);
    }
  });

  test('is refused where a crash has left zeros at its end', async () => {
    const text = readFileSync('test/dumps/nandump/log-of-zero/input.nandump.json', 'utf8').trimEnd();
    const zeros = text.slice(0, 500) + '\0'.repeat(text.length - 500);
    const { dump } = await openDump(textSource('x', zeros), new AbortController().signal);
    assert.deepEqual(dump.anomalies, []);
    assert.match(dump.verdict.sentence, /it is not whole/);
  });
});

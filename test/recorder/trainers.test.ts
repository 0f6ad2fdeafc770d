// Trainers that own the loop, and libraries around it: the line is named, or nothing is said of a healthy run.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { causeLines, strayFiles, validDumps } from './dumps';
import { type Ended, recorderTests, runForked } from './forked-runs';

/** The arguments of each script: accumulated batches, and which of Lightning's two ways to optimize. */
const variants: Readonly<Record<string, readonly (readonly string[])[]>> = {
  transformers_trainer: [['1'], ['2']],
  lightning_trainer: [
    ['1', 'auto'],
    ['2', 'auto'],
    ['1', 'manual'],
  ],
  accelerate_loop: [['1'], ['2']],
  fabric_loop: [['1']],
};
const endings = ['raise', 'warn', 'healthy'] as const;
type Ending = (typeof endings)[number];

interface Case {
  readonly script: string;
  readonly label: string;
  readonly ending: Ending;
  readonly out: string;
  readonly job: Parameters<typeof runForked>[0][number];
}

const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-trainers-'));
const cases = Object.entries(variants).flatMap(([name, all]) =>
  all.flatMap((variant) => endings.map((ending) => makeCase(name, variant, ending))),
);
let ended: readonly Ended[] = [];

before(async () => {
  const imports = ['transformers', 'transformers.trainer', 'transformers.models.bert.modeling_bert', 'accelerate'];
  ended = await runForked(
    cases.map(({ job }) => job),
    {
      imports: [...imports, 'lightning.pytorch', 'lightning.fabric'],
      timeout: 120,
      environment: { PYTHONPATH: path.resolve('media/recorder') },
    },
  );
});

after(() => rmSync(scratch, { recursive: true, force: true }));

function makeCase(name: string, [accumulation = '1', ...rest]: readonly string[], ending: Ending): Case {
  const script = path.join(recorderTests, 'trainers', `${name}.py`);
  const label = [name, `${accumulation} accumulated`, ...rest].join(', ');
  const out = path.join(scratch, `${name}-${accumulation}-${rest.join('-')}-${ending}`);
  const onAnomaly = ending === 'warn' ? 'warn' : 'raise';
  const environment: Record<string, string> = ending === 'healthy' ? { HEALTHY: '1' } : {};
  return {
    script,
    label,
    ending,
    out,
    job: { script, arguments: [out, accumulation, onAnomaly, ...rest], environment },
  };
}

for (const [index, { script, label, ending, out }] of cases.entries()) {
  const file = path.basename(script);
  const [line = 0] = causeLines(script);

  describe(`${label}, ${ending}`, () => {
    test(ending === 'raise' ? 'ends with the verdict' : 'goes on to its end', () => {
      const run = ended[index];
      if (ending === 'raise') {
        assert.equal(run?.exit, 1, run?.stderr);
        const verdict = new RegExp(`nanlens\\.NonFinite: Step \\d+, .* at ${file}:${line}\\b.*\\nDump: .*\\s*$`);
        assert.match(run.stderr, verdict);
      } else {
        assert.equal(run?.exit, 0, run?.stderr);
        assert.match(run.stdout, /^ended True$/m);
      }
    });

    test(ending === 'healthy' ? 'gives no dump and no word' : 'names the line in one dump', () => {
      const dumps = validDumps(out);
      if (ending === 'healthy') {
        assert.deepEqual(dumps, []);
        assert.doesNotMatch(ended[index]?.stderr ?? '', /NaN Lens/);
        return;
      }
      assert.equal(dumps.length, 1);
      const first = dumps[0]?.dump.anomalies[0];
      assert.equal(path.basename(first?.source?.path ?? ''), file);
      assert.equal(first?.source?.line, line);
      assert.equal(first.role, 'first');
      assert.deepEqual(strayFiles(path.dirname(dumps[0]?.file ?? '')), []);
    });
  });
}

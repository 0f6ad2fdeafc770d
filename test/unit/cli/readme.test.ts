// What README shows of the command line is what the command line prints.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { allRules } from '../../../src/analyzer/analyzer';
import { engineOf } from '../../../src/cli/analyzer-engine';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';
import { type Outcome, runIn } from './harness';

const README = readFileSync('README.md', 'utf8');
const SAMPLES = [...README.matchAll(/^```console\n\$ nanlens ([^\n]*)\n(.*?)\n```$/gms)];

async function nanlens(folder: string, ...argv: string[]): Promise<Outcome> {
  return runIn(path.resolve(folder), argv, { rules: allRules(), engine: engineOf(await freshAnalyzer()) });
}

describe('README', () => {
  it('shows samples', () => assert.ok(SAMPLES.length >= 3));

  for (const [, command = '', shown = ''] of SAMPLES) {
    it(`nanlens ${command}`, async () => {
      const { out } = await nanlens('examples', ...command.split(' '));
      assert.equal(shown, out.trimEnd(), 'README.md shows something else; put the real output there');
    });
  }

  it('names every option of check', async () => {
    const { out } = await nanlens('.', 'check', '--help');
    const options = [...out.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].map(([, option]) => option ?? '');
    assert.ok(options.length > 8);
    const unnamed = options.filter(
      (option) => !['--help', '--stdin-filename'].includes(option) && !README.includes(option),
    );
    assert.deepEqual(unnamed, []);
  });
});

// Files beside a script: which a program names, and what the rules make of a DeepSpeed configuration among them.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import { DEFAULT_CONFIG, type Finding } from '../../../src/analyzer/finding';
import { mentionedFiles } from '../../../src/analyzer/mentioned-files';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

let analyzer: Analyzer;
before(async () => {
  analyzer = await freshAnalyzer();
});

function findings(text: string, files: Readonly<Record<string, string>>): readonly Finding[] {
  return analyzer.analyze(text, { ...DEFAULT_CONFIG, select: ['NAN506'], files }).findings;
}

describe('the names that a program mentions', () => {
  const cases: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ['an argument', 'TrainingArguments(deepspeed="ds_config.json")', ['ds_config.json']],
    ['a folder below', "deepspeed.initialize(config='./conf/zero-2.json')", ['./conf/zero-2.json']],
    ['each once', 'import deepspeed\na = "x.json"\nb = "x.json"\nc = "y.json"', ['x.json', 'y.json']],
    ['none without DeepSpeed', 'open("labels.json")', []],
    ['none above or at the root', 'import deepspeed\na = "../x.json"\nb = "/etc/x.json"\nc = "http://a/x.json"', []],
  ];
  for (const [name, text, expected] of cases) it(name, () => assert.deepEqual(mentionedFiles([text]), expected));

  it('not without end', () => {
    const text = `import deepspeed\n${Array.from({ length: 50 }, (_, i) => `"${i}.json"`).join('\n')}`;
    assert.ok(mentionedFiles([text]).length < 10);
  });
});

describe('a DeepSpeed configuration beside the script', () => {
  const script = `import argparse
from transformers import T5ForConditionalGeneration, TrainingArguments

parser = argparse.ArgumentParser()
parser.add_argument("--deepspeed_config", default="conf/ds.json")
model = T5ForConditionalGeneration.from_pretrained("google/flan-t5-xl")
args = TrainingArguments(output_dir="out", deepspeed="ds_config.json")
`;
  const half = '{\n  "zero_optimization": {"stage": 2},\n  "fp16": {\n    "enabled": true\n  }\n}\n';

  it('is told at its mention, with the line of the file', () => {
    const found = findings(script, { 'ds_config.json': half });
    assert.deepEqual(
      found.map(({ span }) => script.slice(span.start, span.end)),
      ['"ds_config.json"'],
    );
    assert.match(found[0]?.message ?? '', /`ds_config\.json` \(line 3: `"fp16"`\).*`google\/flan-t5-xl`/);
    assert.deepEqual(found[0]?.fixes, []);
  });

  it('counts as the default of an option too', () => {
    const found = findings(script, { 'conf/ds.json': half });
    assert.deepEqual(
      found.map(({ span }) => script.slice(span.start, span.end)),
      ['"conf/ds.json"'],
    );
  });

  it('is looked at anew each time', () => {
    assert.equal(findings(script, { 'ds_config.json': half }).length, 1);
    assert.equal(findings(script, { 'ds_config.json': half.replace('true', 'false') }).length, 0);
    assert.equal(findings(script, {}).length, 0);
    assert.equal(findings(script, { 'ds_config.json': half }).length, 1);
  });

  const silent: readonly (readonly [name: string, json: string])[] = [
    ['left to the Trainer', '{"fp16": {"enabled": "auto"}}'],
    ['bfloat16', '{"bf16": {"enabled": true}}'],
    ['another use of the word', '{"fp16": true}'],
    ['no JSON', '{"fp16": {"enabled": true}'],
    ['no object', '[1, 2]'],
    ['nothing', ''],
  ];
  for (const [name, json] of silent)
    it(`says nothing: ${name}`, () => assert.deepEqual(findings(script, { 'ds_config.json': json }), []));

  it('says nothing of a model that float16 suits', () => {
    const bert = script.replaceAll('T5ForConditionalGeneration', 'BertModel').replace('google/flan-t5-xl', 'bert-base');
    assert.deepEqual(findings(bert, { 'ds_config.json': half }), []);
  });

  it('can be suppressed at its mention', () => {
    const text = script.replace('"ds_config.json")', '"ds_config.json")  # nanlens: ignore[NAN506]');
    assert.deepEqual(findings(text, { 'ds_config.json': half }), []);
  });
});

// Command lines are read as written, and what is wrong with one is said with what was meant.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CommandSpec, commandHelp, parseArguments, UsageError, wrap } from '../../../src/cli/arguments';
import { closest, editDistance } from '../../../src/text/closest';
import { Workspace } from './harness';

const command: CommandSpec = {
  name: 'test',
  usage: 'FILE',
  summary: 'Tests.',
  minPositionals: 0,
  maxPositionals: 2,
  options: [
    { name: 'select', value: 'RULES', isList: true, help: 'h' },
    { name: 'format', value: 'F', choices: ['text', 'json'], help: 'h' },
    { name: 'fix', help: 'h' },
  ],
};

describe('arguments', () => {
  it('reads values, lists, switches and positionals in any order', () => {
    const args = parseArguments(command, ['a', '--select=A,B', '--fix', '--select', ' C ,', '--format', 'json', '-']);
    assert.deepEqual(args.positionals, ['a', '-']);
    assert.deepEqual(args.list('select'), ['A', 'B', 'C']);
    assert.equal(args.value('format'), 'json');
    assert.equal(args.has('fix'), true);
    assert.equal(args.has('help'), false);
  });

  it('takes everything after "--" as it is', () => {
    assert.deepEqual(parseArguments(command, ['--', '--fix', '-h']).positionals, ['--fix', '-h']);
  });

  for (const [argv, words] of [
    [['--fx'], /unknown option --fx \(did you mean "--fix"\?\)/],
    [['--qqqqqq'], /unknown option --qqqqqq$/],
    [['-x'], /unknown option -x/],
    [['--select'], /--select needs a value/],
    [['--select='], /--select needs a value/],
    [['--fix=1'], /takes no value/],
    [['--format', 'jsn'], /cannot be "jsn" \(did you mean "json"\?\): it is one of text, json/],
    [['a', 'b', 'c'], /does not know what to do with "c"/],
  ] as const) {
    it(`refuses ${argv.join(' ')}`, () =>
      assert.throws(
        () => parseArguments(command, argv),
        (error) => error instanceof UsageError && words.test(error.message),
      ));
  }

  it('asks for a missing argument unless help is wanted', () => {
    const needy = { ...command, minPositionals: 1 };
    assert.throws(() => parseArguments(needy, []), /needs an argument/);
    assert.equal(parseArguments(needy, ['-h']).has('help'), true);
  });

  it('keeps help within the width, and names every option', () => {
    const help = commandHelp(command, 60);
    for (const { name } of command.options) assert.match(help, new RegExp(`--${name}`));
    for (const line of help.split('\n')) assert.ok(line.length <= 60, line);
    assert.deepEqual(wrap('a bb ccc', 4), ['a bb', 'ccc']);
  });
});

describe('the closest word', () => {
  it('counts edits and swaps', () => {
    assert.equal(editDistance('', 'abc'), 3);
    assert.equal(editDistance('chekc', 'check'), 1);
    assert.equal(editDistance('kitten', 'sitting'), 3);
  });

  it('is found for every word with one letter changed, dropped, doubled or swapped', () => {
    const words = ['check', 'checkpoints', 'dump', 'rules', 'explain', 'log-of-possible-zero'];
    for (const word of words) {
      for (let i = 0; i < word.length; i++) {
        const variants = [
          `${word.slice(0, i)}#${word.slice(i + 1)}`,
          word.slice(0, i) + word.slice(i + 1),
          word.slice(0, i + 1) + word.slice(i),
          word.slice(0, i) + (word[i + 1] ?? '') + (word[i] ?? '') + word.slice(i + 2),
        ];
        for (const variant of variants) assert.equal(closest(variant, words), word, variant);
      }
    }
  });

  it('is nothing where nothing is near', () => {
    assert.equal(closest('frobnicate', ['check', 'rules']), undefined);
  });
});

describe('commands', () => {
  const cases: readonly (readonly [argv: readonly string[], code: number, out: RegExp, err: RegExp])[] = [
    [['--version'], 0, /^nanlens 1\.2\.3\n$/, /^$/],
    [['--help'], 0, /Usage: nanlens COMMAND/, /^$/],
    [['help'], 0, /Usage: nanlens COMMAND/, /^$/],
    [['help', 'check'], 0, /Usage: nanlens check/, /^$/],
    [['check', '--help'], 0, /--unsafe-fixes/, /^$/],
    [['explain', '-h'], 0, /Usage: nanlens explain RULE/, /^$/],
    [[], 2, /^$/, /Usage: nanlens COMMAND/],
    [['chekc'], 2, /^$/, /unknown command "chekc" \(did you mean "check"\?\)/],
    [['--fix'], 2, /^$/, /unknown option "--fix"/],
    [['check', '--selct', 'X'], 2, /^$/, /did you mean "--select"\?.*\nTry "nanlens check --help"/],
    [['check', '--select', 'NAN999'], 2, /^$/, /no rule is called "NAN999"/],
    [['check', '--ignore', 'log-of-possible-zer'], 2, /^$/, /did you mean "log-of-possible-zero"\?/],
    [['rules'], 0, /NAN101 {2}log-of-possible-zero {2}warning {2}A logarithm/, /^$/],
    [
      ['explain', 'nan101'],
      0,
      /^NAN101 log-of-possible-zero\n\nA logarithm of 0 is -inf\.\n\n {4}torch\.log\(p\)/,
      /^$/,
    ],
    [['explain', 'clip-after-step'], 0, /NAN401/, /^$/],
    [['explain', 'clip-after-stop'], 2, /^$/, /did you mean "clip-after-step"\?/],
    [['explain'], 2, /^$/, /needs an argument/],
  ];
  for (const [argv, code, out, err] of cases) {
    it(`nanlens ${argv.join(' ')}`, () =>
      Workspace.with({}, async (workspace) => {
        const outcome = await workspace.run(argv);
        assert.match(outcome.out, out);
        assert.match(outcome.err, err);
        assert.equal(outcome.code, code);
      }));
  }

  it('lists rules as JSON', () =>
    Workspace.with({}, async (workspace) => {
      const { out } = await workspace.run(['rules', '--output-format', 'json']);
      const list = JSON.parse(out) as { version: number; rules: { code: string }[] };
      assert.deepEqual([list.version, list.rules.map(({ code }) => code)], [1, ['NAN101', 'NAN401']]);
    }));
});

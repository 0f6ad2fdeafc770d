// The parts of the extension that are plain data: settings, diagnostics, places for finite checks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, RuleInfo, Severity } from '../../../src/analyzer/finding';
import { checkTargets } from '../../../src/extension/check-targets';
import {
  codeOf,
  codeOfRulePage,
  diagnosticModels,
  MAX_DIAGNOSTICS,
  rulePagePath,
} from '../../../src/extension/diagnostic-model';
import { settingProblems } from '../../../src/extension/project/settings-file';
import { type RawSettings, readSettings } from '../../../src/extension/settings-model';

const rules: readonly RuleInfo[] = ['NAN101', 'NAN401'].map((code) => ({
  code,
  name: `rule-${code}`,
  severity: 'warning',
  summary: '',
  page: '',
  url: '',
}));

const nothing: RawSettings = {
  enable: undefined,
  preference: undefined,
  select: undefined,
  ignore: undefined,
  minConfidence: undefined,
  severity: undefined,
  checkStyle: undefined,
  sequentialHooks: undefined,
  dumpNotice: undefined,
  hoverValues: undefined,
};

test('settings that nobody wrote are the defaults, without complaints', () => {
  assert.deepEqual(readSettings(nothing, rules), {
    enabled: true,
    preference: 'editorFirst',
    layer: { select: undefined, ignore: undefined, minConfidence: undefined, severity: undefined },
    checkStyle: 'raise',
    sequentialHooks: false,
    dumpNotice: 'statusBar',
    hoverValues: true,
    problems: [],
  });
});

test('settings are taken as they are written', () => {
  const settings = readSettings(
    {
      enable: false,
      preference: 'filesystemFirst',
      select: ['NAN1', 'rule-NAN401', 'ALL'],
      ignore: ['NAN101'],
      minConfidence: 'possible',
      severity: { NAN101: 'off', 'rule-NAN401': 'hint' },
      checkStyle: 'print',
      sequentialHooks: true,
      dumpNotice: 'off',
      hoverValues: false,
    },
    rules,
  );
  assert.deepEqual(settings.problems, []);
  assert.equal(settings.enabled, false);
  assert.equal(settings.preference, 'filesystemFirst');
  assert.deepEqual(settings.layer, {
    select: ['NAN1', 'rule-NAN401', 'ALL'],
    ignore: ['NAN101'],
    minConfidence: 'possible',
    severity: { NAN101: 'off', 'rule-NAN401': 'hint' },
  });
  assert.equal(settings.checkStyle, 'print');
  assert.equal(settings.sequentialHooks, true);
  assert.equal(settings.dumpNotice, 'off');
});

test('whatever is written, each bad value is told of once and replaced by its default', () => {
  const strange: readonly unknown[] = [
    'loud',
    7,
    null,
    [],
    {},
    [1],
    { NAN101: 3 },
    { NAN999: 'error' },
    Number.NaN,
    ['X'],
  ];
  for (const name of Object.keys(nothing)) {
    for (const value of strange) {
      const settings = readSettings({ ...nothing, [name]: value }, rules);
      for (const { message } of settings.problems) assert.match(message, /^nanlens\.[\w.]+ .*\.$/);
      const isFine =
        (name === 'severity' && String(value) === '[object Object]' && Object.keys(value ?? {}).length === 0) ||
        ((name === 'select' || name === 'ignore') && Array.isArray(value) && value.length === 0);
      assert.equal(settings.problems.length, isFine ? 0 : 1, `${name}: ${JSON.stringify(value)}`);
    }
  }
});

test('a long bad value does not flood the log', () => {
  const { problems } = readSettings({ ...nothing, enable: 'x'.repeat(10_000) }, rules);
  assert.ok((problems[0]?.message.length ?? 0) < 200);
});

test('bad values are found in the file that holds them, whatever state it is in', () => {
  const text = `{
  // my settings
  "nanlens.minConfidence": "prooven",
  "nanlens.ignore": ["NAN1", "NAN999", 7],
  "nanlens.severity": { "NAN101": "loud", "rule-NAN41": "hint" },
  "editor.tabSize": "nanlens.",
}`;
  const marked = (problems: ReturnType<typeof settingProblems>, all: string): string[] =>
    problems.map(({ span, message }) => `${all.slice(span.start, span.end)} ${/\(did.*\)/.exec(message)?.[0] ?? ''}`);
  const wanted = [
    '"NAN999" ',
    '7 ',
    '"prooven" (did you mean "proven"?)',
    '"loud" ',
    '"hint" (did you mean "rule-NAN401"?)',
  ];
  assert.deepEqual(marked(settingProblems(text, rules), text), wanted);
  const workspace = `{ "folders": [], "settings": ${text} }`;
  assert.deepEqual(marked(settingProblems(workspace, rules, ['settings']), workspace), wanted);
  assert.deepEqual(settingProblems(workspace, rules), []);
  for (let end = 0; end <= text.length; end++) {
    for (const { span } of settingProblems(text.slice(0, end), rules)) {
      assert.ok(span.start <= span.end && span.end <= end);
    }
  }
});

function finding(start: number, severity: Severity): Finding {
  return {
    code: 'NAN101',
    name: 'a-rule',
    severity,
    confidence: 'possible',
    span: { start, end: start + 1 },
    message: 'It is so.',
    related: [{ span: { start: 0, end: 1 }, message: 'because' }],
    fixes: [],
  };
}

test('a diagnostic says how sure it is', () => {
  assert.deepEqual(diagnosticModels([finding(3, 'hint')]), [
    {
      span: { start: 3, end: 4 },
      message: 'It is so. Confidence: possible, not proven.',
      severity: 'hint',
      code: 'NAN101',
      isUnnecessary: false,
      related: [{ span: { start: 0, end: 1 }, message: 'because' }],
    },
  ]);
});

test('a problem that has a place is a diagnostic, and what is there for nothing is faded', () => {
  const models = diagnosticModels(
    [{ ...finding(3, 'hint'), code: 'NAN001' }],
    [{ message: 'this is wrong', span: { start: 0, end: 2 } }, { message: 'something is missing' }],
  );
  assert.deepEqual(
    models.map(({ message, code, isUnnecessary }) => [message, code, isUnnecessary]),
    [
      ['This is wrong.', undefined, false],
      ['It is so.', 'NAN001', true],
    ],
  );
});

test('of too many findings the least severe are left out, and the rest stay in order of place', () => {
  const findings = Array.from({ length: 2500 }, (_, i) => finding(2500 - i, i % 5 === 0 ? 'error' : 'hint'));
  const models = diagnosticModels(findings);
  assert.equal(models.length, MAX_DIAGNOSTICS);
  assert.equal(models.filter(({ severity }) => severity === 'error').length, 500);
  models.forEach((model, i) => {
    assert.ok(i === 0 || (models[i - 1]?.span.start ?? 0) <= model.span.start);
  });
});

test('rule pages and codes name each other', () => {
  assert.equal(codeOfRulePage(rulePagePath('NAN101')), 'NAN101');
  for (const path of ['/', '', '/a/b.md', '/NAN101', '/../x.md']) assert.equal(codeOfRulePage(path), undefined);
  assert.equal(codeOf('NAN1'), 'NAN1');
  assert.equal(codeOf({ value: 'NAN1' }), 'NAN1');
  assert.equal(codeOf(undefined), '');
});

const functions = [
  { qualifiedName: 'helper', span: { start: 0, end: 50 } },
  { qualifiedName: 'Net.forward', span: { start: 100, end: 300 } },
  { qualifiedName: 'Net.forward.inner', span: { start: 150, end: 200 } },
  { qualifiedName: 'Other.forward', span: { start: 400, end: 500 } },
];

function names(start: number, end: number): string[] {
  const choices = checkTargets(functions, { span: { start, end }, firstLine: 3, lastLine: 5 });
  return choices.map((choice) => (choice.kind === 'function' ? choice.name : choice.kind));
}

test('the innermost function at the cursor comes first, each once, and the whole file last', () => {
  assert.deepEqual(names(160, 160), ['Net.forward.inner', 'Net.forward', 'Other.forward', 'everything']);
  assert.deepEqual(names(10, 10), ['helper', 'Net.forward', 'Other.forward', 'everything']);
  assert.deepEqual(names(350, 350), ['Net.forward', 'Other.forward', 'everything']);
});

test('selected lines come before all else', () => {
  assert.deepEqual(names(160, 170), ['selection', 'Net.forward.inner', 'Net.forward', 'Other.forward', 'everything']);
  assert.deepEqual(checkTargets(functions, { span: { start: 1, end: 2 }, firstLine: 3, lastLine: 5 })[0]?.target, {
    kind: 'lines',
    first: 3,
    last: 5,
  });
});

test('without a cursor the model’s functions and the file are left', () => {
  assert.deepEqual(
    checkTargets(functions, undefined).map(({ kind }) => kind),
    ['function', 'function', 'everything'],
  );
});

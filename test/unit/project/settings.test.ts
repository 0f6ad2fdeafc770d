// `[tool.nanlens]` as settings: what it says, where each fault stands, and that no text is too broken for an answer.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEnabled, severityOf } from '../../../src/analyzer/config';
import type { Severity } from '../../../src/analyzer/finding';
import { combineLayers, configurationFor, ignoredInFile } from '../../../src/project/configuration';
import { readProjectSettings } from '../../../src/project/settings';

const LOG = { code: 'NAN101', name: 'log-of-possible-zero', severity: 'warning' as Severity };
const CLIP = { code: 'NAN401', name: 'clip-after-step', severity: 'error' as Severity };
const RULES = [LOG, CLIP];

const FULL = `[build-system]
requires = ["hatchling"]

[tool.nanlens]
select = ["ALL"]
ignore = ['NAN401', "clip-after-step"] # why
extend-select = []
min-confidence = "proven"
exclude = ["legacy/", "*_pb2.py"]
severity = { NAN101 = "error", clip-after-step = "off" }

[tool.nanlens.per-file-ignores]
"tests/*" = ["NAN4"]

[tool.other]
x = 1979-05-27
`;

/** Each problem with the text that it marks. */
function problemsOf(text: string): string[] {
  return readProjectSettings(text, RULES).problems.map(
    ({ message, span, severity }) => `${severity} ${JSON.stringify(text.slice(span.start, span.end))} ${message}`,
  );
}

function problemsIn(table: string): string[] {
  return problemsOf(`[tool.nanlens]\n${table}\n`);
}

describe('the table', () => {
  it('is read whole', () => {
    const { settings, problems } = readProjectSettings(FULL, RULES);
    assert.deepEqual(problems, []);
    assert.ok(settings);
    assert.deepEqual(settings.select, ['ALL']);
    assert.deepEqual(settings.ignore, ['NAN401', 'clip-after-step']);
    assert.equal(settings.minConfidence, 'proven');
    assert.deepEqual({ ...settings.severity }, { NAN101: 'error', 'clip-after-step': 'off' });
    assert.ok(settings.exclude.matches('legacy/a.py'));
    assert.ok(settings.exclude.matches('deep/legacy/a.py'));
    assert.ok(settings.exclude.matches('x/a_pb2.py'));
    assert.ok(!settings.exclude.matches('a.py'));
    for (const outside of ['', '.', '../legacy/a.py', '/legacy/a.py']) assert.ok(!settings.exclude.matches(outside));
    assert.deepEqual(ignoredInFile(settings, 'tests/a.py'), ['NAN4']);
    assert.deepEqual(ignoredInFile(settings, 'a.py'), []);
  });

  it('may be written in every way that TOML knows', () => {
    for (const text of [
      'tool.nanlens.ignore = ["NAN4"]',
      '[tool]\nnanlens.ignore = ["NAN4"]',
      '[tool]\nnanlens = { ignore = ["NAN4"] }',
      '\ufeff[tool."nanlens"]\r\n"ignore" = [\r\n  \'NAN4\', # why\r\n]\r\n',
      '[tool.nanlens.severity]\nNAN1 = "off"\n[tool.nanlens]\nignore = ["""NAN4"""]',
    ]) {
      const { settings, problems } = readProjectSettings(text, RULES);
      assert.deepEqual(problems, [], text);
      assert.deepEqual(settings?.ignore, ['NAN4'], text);
    }
  });

  it('is not there where nobody wrote it', () => {
    for (const text of ['', '[project]\nname = "x"', '[project]\ndependencies = ["nanlens"]', '[tool.nanlensx]']) {
      assert.deepEqual(readProjectSettings(text, RULES), { settings: undefined, problems: [] });
    }
  });
});

describe('problems', () => {
  const cases: readonly (readonly [table: string, ...problems: string[]])[] = [
    ['select = "NAN101"', 'error "\\"NAN101\\"" tool.nanlens.select must be a list of strings, but is a string'],
    ['ignore = ["NAN1", 1]', 'error "1" tool.nanlens.ignore must be a list of strings, but holds a number'],
    ['exclude = 1979-05-27', 'error "1979-05-27" tool.nanlens.exclude must be a list of strings, but is a date'],
    [
      'min-confidence = "prooven"',
      'error "\\"prooven\\"" tool.nanlens.min-confidence must be one of possible, likely, proven, but is "prooven" (did you mean "proven"?)',
    ],
    ['severity = true', 'error "true" tool.nanlens.severity must be a table, but is true or false'],
    [
      '[tool.nanlens.severity]\nNAN1 = "loud"\nNAN9 = "hint"',
      'error "\\"loud\\"" tool.nanlens.severity.NAN1 must be one of error, warning, information, hint, off, but is "loud"',
      'warning "NAN9" no rule is called "NAN9"',
    ],
    [
      'per-file-ignores = { "a.py" = ["log-of-posible-zero"] }',
      'warning "\\"log-of-posible-zero\\"" no rule is called "log-of-posible-zero" (did you mean "log-of-possible-zero"?)',
    ],
    ['selct = []', 'warning "selct" tool.nanlens.selct is not known (did you mean "select"?)'],
    ['constructor = 1', 'warning "constructor" tool.nanlens.constructor is not known'],
  ];
  for (const [table, ...problems] of cases) {
    it(`mark the place: ${table}`, () => assert.deepEqual(problemsIn(table), problems));
  }

  it('of one value leave the others as they are', () => {
    const { settings } = readProjectSettings(
      '[tool.nanlens]\nselect = 1\nignore = ["NAN4", 2]\nmin-confidence = 3\nseverity = { NAN1 = "bad", NAN4 = "hint" }',
      RULES,
    );
    assert.equal(settings?.select, undefined);
    assert.deepEqual(settings?.ignore, ['NAN4']);
    assert.equal(settings?.minConfidence, undefined);
    assert.deepEqual({ ...settings?.severity }, { NAN4: 'hint' });
  });

  it('are told of a table that is none', () => {
    assert.deepEqual(problemsOf('[tool]\nnanlens = 1'), [
      'error "nanlens" tool.nanlens must be a table, but is a number',
    ]);
    assert.deepEqual(problemsOf('[[tool.nanlens]]\nselect = []'), [
      'error "nanlens" tool.nanlens must be a table, but is a list',
    ]);
  });

  it('of TOML itself are told only where the table is', () => {
    const [broken] = problemsIn('select = [\n[tool.other]');
    assert.match(broken ?? '', /^error .* this is no valid TOML: /);
    assert.deepEqual(problemsOf('[tool.ruff]\nbroken\n[project]\ndependencies = ["nanlens==1"]'), []);
    assert.match(problemsOf('[tool.nanlens]\nignore = []\nignore = []')[0] ?? '', /^error "ignore/);
  });
});

describe('any text', () => {
  it('gets an answer with spans inside it', () => {
    const check = (text: string): void => {
      for (const { span } of readProjectSettings(text, RULES).problems) {
        assert.ok(0 <= span.start && span.start <= span.end && span.end <= text.length, JSON.stringify(text));
      }
    };
    const faulty = `${FULL}[[tool.nanlens.extra]]\na.b.c = [[{}, {a=1}], "\\u00e9"]\n`;
    for (let end = 0; end <= faulty.length; end++) check(faulty.slice(0, end));
    for (let at = 0; at < faulty.length; at++) {
      check(faulty.slice(0, at) + faulty.slice(at + 1));
      check(`${faulty.slice(0, at)}"${faulty.slice(at)}`);
      check(`${faulty.slice(0, at)}[${faulty.slice(at)}`);
    }
  });

  it('is a pattern for paths', () => {
    for (const pattern of ['', '/', '!', '[z-a]', '[', '\\', '**', '***/*', '{a,b}', '(', '+', '#', ' ', '\u0000']) {
      const { settings } = readProjectSettings(`[tool.nanlens]\nexclude = [${JSON.stringify(pattern)}]`, RULES);
      assert.equal(typeof settings?.exclude.matches('a/b.py'), 'boolean', pattern);
    }
  });
});

describe('layers', () => {
  const project = { ignore: ['NAN1'], minConfidence: 'proven' as const, severity: { NAN101: 'error' as const } };

  it('above replace what they select, and add what they ignore', () => {
    assert.deepEqual(combineLayers([{}]), { select: [], ignore: [], minConfidence: 'likely', severity: {} });
    assert.ok(!isEnabled(LOG, combineLayers([project])));
    assert.ok(isEnabled(LOG, combineLayers([project, { select: ['NAN1'] }])));
    assert.ok(!isEnabled(CLIP, combineLayers([project, { select: ['NAN1'] }])));
    assert.ok(isEnabled(LOG, combineLayers([project, { select: [] }])));
    const both = combineLayers([project, { ignore: ['NAN4'] }]);
    assert.ok(!isEnabled(LOG, both) && !isEnabled(CLIP, both));
    assert.ok(isEnabled(LOG, combineLayers([project, { extendSelect: ['NAN101'] }])));
  });

  it('above decide on confidence and severity', () => {
    assert.equal(combineLayers([project, { minConfidence: 'possible' }]).minConfidence, 'possible');
    assert.equal(combineLayers([{ minConfidence: 'possible' }, project]).minConfidence, 'proven');
    assert.equal(severityOf(LOG, combineLayers([project, { severity: { NAN101: 'hint' } }])), 'hint');
    assert.equal(severityOf(LOG, combineLayers([project, { severity: { [LOG.name]: 'hint' } }])), 'hint');
    assert.equal(severityOf(LOG, combineLayers([project, { severity: { ALL: 'hint' } }])), 'error');
  });

  it('of a person and a project lie as the person prefers', () => {
    const { settings } = readProjectSettings(
      '[tool.nanlens]\nmin-confidence = "proven"\nignore = ["NAN4"]\nper-file-ignores = { "a.py" = ["NAN1"] }',
      RULES,
    );
    const person = { select: ['ALL'], minConfidence: 'possible' as const };
    const from = (preference: 'editorFirst' | 'filesystemFirst' | 'editorOnly', path: string) =>
      configurationFor({ person, project: settings, path, preference });
    assert.deepEqual(from('editorFirst', 'b.py'), { ...combineLayers([person]) });
    assert.deepEqual(from('editorOnly', 'a.py'), combineLayers([person]));
    assert.equal(from('filesystemFirst', 'b.py').minConfidence, 'proven');
    assert.ok(!isEnabled(CLIP, from('filesystemFirst', 'b.py')));
    assert.ok(isEnabled(CLIP, from('editorFirst', 'a.py')));
    assert.deepEqual(from('editorFirst', 'a.py').ignore, ['NAN1']);
  });
});

// Notebooks: cells as one program with offsets that hold, and the file format written back byte for byte.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../src/analyzer/finding';
import { joinCells, splitByCell } from '../../../src/analyzer/notebook';
import { type Notebook, parseNotebook } from '../../../src/analyzer/notebook-file';
import { neutraliseCell } from '../../../src/analyzer/notebook-magics';
import { processorTime } from '../../harness/processor-time';

function lineEnds(text: string): string {
  return text.replace(/[^\r\n]/g, '.');
}

describe('magics', () => {
  const cases: readonly (readonly [source: string, python: string])[] = [
    ['x = 1\n', 'x = 1\n'],
    ['%matplotlib inline\nx = 1', '_                 \nx = 1'],
    ['!ls', '_  '],
    ['if a:\n    !ls -la\n', 'if a:\n    _      \n'],
    ['files = !ls *.py', 'files = _       '],
    ['a, b = %sql select 1', 'a, b = _            '],
    ['a == !b', 'a == !b'],
    ['x = y %z', 'x = y %z'],
    ['%time x = f()', '_    ;x = f()'],
    ['%timeit -n 10 f()', '_                '],
    ['?torch.log', '_         '],
    ['torch.log?', '_         '],
    ['torch.log??  ', '_            '],
    ['!pip install a \\\n  b\nx = 1', '_               \n   \nx = 1'],
    ["!echo it's\nx = 1", '_         \nx = 1'],
    ['s = """\n%d items\n!\n"""\n', 's = """\n%d items\n!\n"""\n'],
    ['x = (a\n% b\n)', 'x = (a\n% b\n)'],
    ['x = a \\\n% b', 'x = a \\\n% b'],
    ['%%time\nx = f()\n%cd ..', '      \nx = f()\n_     '],
    ['%%bash\necho "\nls', '      \n      \n  '],
    ['\n%%writefile a.py\nx = 1', '\n                \n     '],
    ['# %not magic\n', '# %not magic\n'],
    ["s = 'a # b'  # it's\n%cd", "s = 'a # b'  # it's\n_  "],
    ['', ''],
  ];
  for (const [source, python] of cases) {
    it(JSON.stringify(source), () => assert.equal(neutraliseCell(source).text, python));
  }

  it('blanks a cell that would swallow the next', () => {
    for (const source of ['x = """never closed', 'f(a,\nb', 'x = 1 \\', 'x = 1 \\\n', "'''"]) {
      const cell = neutraliseCell(source);
      assert.equal(cell.text.trim(), '', source);
      assert.match(cell.skipped ?? '', /never closed/);
    }
  });

  it('keeps length and line ends whatever the source is', () => {
    const pieces = [
      '%',
      '%%',
      'time ',
      '!',
      '?',
      'x',
      ' = ',
      '\n',
      '\r\n',
      '\\',
      '"',
      "'''",
      '(',
      ')',
      '#',
      ' ',
      '\uD800',
      '\0',
    ];
    for (let seed = 1; seed < 3000; seed++) {
      let state = seed * 7919;
      let source = '';
      for (let i = 0; i < 10; i++) {
        state = (state * 48271) % 2147483647;
        source += pieces[state % pieces.length];
      }
      const { text, blanked } = neutraliseCell(source);
      assert.equal(lineEnds(text), lineEnds(source), JSON.stringify(source));
      const outside = (s: string): string =>
        [...s.split('')].filter((_, i) => !blanked.some((part) => part.start <= i && i < part.end)).join('');
      assert.equal(outside(text), outside(source), JSON.stringify(source));
    }
  });

  it('reads a long cell in linear time', () => {
    const elapsed = processorTime();
    neutraliseCell('x = f("a", [1, 2])  # comment\n%time y = 2\n'.repeat(20_000));
    assert.ok(elapsed() < 10_000);
  });
});

describe('cells as one program', () => {
  const sources = [
    'import torch\n%matplotlib inline',
    '%%bash\nls',
    'p = torch.softmax(x, -1)',
    '%%time\ny = torch.log(p)\n',
  ];
  const program = joinCells(sources);
  const at = (text: string): { start: number; end: number } => {
    const start = program.text.indexOf(text);
    return { start, end: start + text.length };
  };
  const finding: Finding = {
    code: 'NAN101',
    name: 'log-of-possible-zero',
    severity: 'warning',
    confidence: 'proven',
    span: at('torch.log(p)'),
    message: 'm',
    related: [
      { span: at('torch.softmax(x, -1)'), message: 'softmax reaches 0' },
      { span: at('torch.log'), message: 'here' },
    ],
    fixes: [],
  };

  it('brings findings and evidence back to their cells', () => {
    const results = splitByCell(program, { findings: [finding], problems: [{ message: 'm', span: at('p = ') }] });
    assert.deepEqual(
      results.map(({ findings }) => findings.length),
      [0, 0, 0, 1],
    );
    assert.equal(results[2]?.problems[0]?.span?.start, 0);
    const found = results[3]?.findings[0];
    const cut = (span?: { start: number; end: number }): string | undefined =>
      sources[3]?.slice(span?.start, span?.end);
    assert.equal(cut(found?.span), 'torch.log(p)');
    assert.equal(found?.related[0]?.message, 'softmax reaches 0 (code cell 3, line 1)');
    assert.equal(cut(found?.related[0]?.span), 'torch.log(p)');
    assert.equal(cut(found?.related[1]?.span), 'torch.log');
  });

  it('keeps the fixes that stay inside the cell and touch Python alone', () => {
    const insert = (offset: number): { span: { start: number; end: number }; text: string } => ({
      span: { start: offset, end: offset },
      text: 'z',
    });
    const lastCell = program.cells[3]?.span.start ?? -1;
    const fix = (edits: readonly { span: { start: number; end: number }; text: string }[]) => ({
      title: 't',
      safety: 'safe' as const,
      edits,
    });
    const inside = { span: at('torch.log(p)'), text: 'q' };
    const fixes = [
      fix([inside]),
      fix([insert(0), inside]),
      fix([insert(lastCell), inside]),
      fix([{ span: { start: lastCell + 2, end: lastCell + 9 }, text: '' }]),
      fix([insert(at('y = torch').start)]),
    ];
    const [, , , last] = splitByCell(program, { findings: [{ ...finding, fixes }], problems: [] });
    assert.deepEqual(
      last?.findings[0]?.fixes.map(({ edits }) => edits[0]?.span),
      [
        { start: 11, end: 23 },
        { start: 7, end: 7 },
      ],
    );
  });
});

function notebookOf(text: string): Notebook {
  const result = parseNotebook(text);
  assert.ok('notebook' in result, 'error' in result ? result.error : '');
  return result.notebook;
}

const layouts: Record<string, (value: unknown) => string> = {
  'indent 1, as Jupyter writes': (value) => `${JSON.stringify(value, null, 1)}\n`,
  'indent 2, CRLF': (value) => JSON.stringify(value, null, 2).replaceAll('\n', '\r\n'),
  'tabs, with BOM': (value) => `\uFEFF${JSON.stringify(value, null, '\t')}`,
  'one line': (value) => JSON.stringify(value),
  'escaped as ASCII': (value) =>
    JSON.stringify(value, null, 1).replace(
      /[\u0080-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
};

const content = {
  cells: [
    { cell_type: 'markdown', metadata: {}, source: ['# Títle\n', 'text'] },
    {
      cell_type: 'code',
      execution_count: 1,
      metadata: {},
      outputs: [{ output_type: 'stream', text: ['"source": ["fake"]\n'], data: [{ a: [[]] }, {}] }],
      source: ['import torch\n', 'é = "\\"ü"\n', 'x = 1'],
    },
    { cell_type: 'code', metadata: {}, outputs: [], source: 'one\nstring' },
    { cell_type: 'code', metadata: {}, outputs: [], source: [] },
    { cell_type: 'code', metadata: {}, outputs: [], source: ['single'] },
  ],
  metadata: { kernelspec: { language: 'python', name: 'k' }, language_info: { name: 'Python' } },
  nbformat: 4,
  nbformat_minor: 5,
};
const contentSources = ['import torch\né = "\\"ü"\nx = 1', 'one\nstring', '', 'single'];

describe('notebook files', () => {
  for (const [name, layout] of Object.entries(layouts)) {
    it(`${name}: reads cells, and gives back every byte when nothing changes`, () => {
      const text = layout(content);
      const notebook = notebookOf(text);
      assert.deepEqual(
        notebook.cells.map(({ source, index }) => [source, index]),
        contentSources.map((source, i) => [source, i + 2]),
      );
      assert.equal(notebook.language, 'python');
      assert.equal(notebook.write(contentSources), text);
    });

    it(`${name}: changes the edited cells alone, in the file's own layout`, () => {
      const edited = ['import torch\né = "\\"ü"\nx = 2\ny = "ß"', 'one\nother string', 'new\nlines', 'sing\nle\n'];
      const changed = structuredClone(content);
      const lines = (source: string): string[] => source.match(/[^\n]*\n|[^\n]+/g) ?? [];
      for (const [i, source] of edited.entries()) {
        const cell = changed.cells[i + 1];
        if (cell) cell.source = i === 1 ? source : lines(source);
      }
      const written = notebookOf(layout(content)).write(edited);
      assert.deepEqual(JSON.parse(written.replace(/^\uFEFF/, '')), changed);
      // A list that had two lines or more, and one that had one, show the file's own separators.
      const withoutEmpty = (text: string): string => text.replace(/\[\s*"new\\n",\s*"lines"\s*\]/, '[]');
      assert.equal(withoutEmpty(written), withoutEmpty(layout(changed)));
    });

    it(`${name}: maps offsets of a source to the file`, () => {
      const text = layout(content);
      for (const cell of notebookOf(text).cells) {
        for (let offset = 0; offset < cell.source.length; offset++) {
          const rest = text.slice(cell.fileOffset(offset));
          const literal = /^(?:\\u[0-9a-f]{4}|\\.|.)/s.exec(rest)?.[0] ?? '';
          assert.equal(JSON.parse(`"${literal}"`), cell.source[offset]);
        }
      }
    });
  }

  it("reads Python's NaN, and keeps lone surrogates", () => {
    const text =
      '{"cells":[{"cell_type":"code","outputs":[NaN,-Infinity,1e5],"source":["a\\ud800\\n","b"]}],"nbformat":4}';
    const notebook = notebookOf(text);
    assert.equal(notebook.cells[0]?.source, 'a\ud800\nb');
    assert.equal(notebook.write(['a\ud800\nb']), text);
    assert.ok(notebook.write(['a\ud800\nc']).includes('["a\\ud800\\n","c"]'));
  });

  it('says in words what is wrong', () => {
    for (const [text, words] of [
      ['', /not a notebook/],
      ['[]', /not a notebook/],
      ['{', /line 1, column 2/],
      ['{"cells": [}', /expected a value/],
      ['{"cells": [{"cell_type": "code", "source": [1]}]}', /expected a string/],
      ['{"cells": []} x', /nothing after/],
      ['{"metadata": {}}', /no list of cells/],
      ['{"nbformat": 3, "worksheets": []}', /old format 3/],
      ['{"cells": ["\n"]}', /control character/],
    ] as const) {
      const result = parseNotebook(text);
      assert.ok('error' in result, text);
      assert.match(result.error, words);
    }
  });

  it('answers for every truncated prefix, and for depth that would overflow a stack', () => {
    const text = JSON.stringify(content);
    for (let end = 0; end < text.length; end++) assert.ok('error' in parseNotebook(text.slice(0, end)));
    const deep = `{"cells":[{"metadata":${'['.repeat(200_000)}${']'.repeat(200_000)}}]}`;
    assert.deepEqual(notebookOf(deep).cells, []);
  });

  it('reads a picture of 8 MB in an output', () => {
    const text = `{"cells":[{"cell_type":"code","outputs":["${'A'.repeat(8_000_000)}"],"source":"x"}],"nbformat":4}`;
    assert.equal(notebookOf(text).cells[0]?.source, 'x');
  });
});

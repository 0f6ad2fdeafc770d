// The tree of findings: by file and by rule, in order, with a level of folders only where there are several.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  countOf,
  type FindingNode,
  findingTree,
  type ListedFile,
} from '../../../src/extension/features/findings-tree/model';
import type { PlacedFinding } from '../../../src/extension/placed-finding';

function finding(code: string, line: number, more: Partial<PlacedFinding> = {}): PlacedFinding {
  const place = { start: { line, column: 4 }, end: { line, column: 9 } };
  return {
    code,
    name: `name-of-${code}`,
    severity: 'warning',
    confidence: 'proven',
    message: `${code} at ${line}`,
    place,
    cell: undefined,
    placeInFile: place,
    related: [],
    isFixable: false,
    ...more,
  };
}

const one = { uri: 'file:///one', name: 'one' };
const two = { uri: 'file:///two', name: 'two' };

function file(folder: string | undefined, path: string, ...findings: readonly PlacedFinding[]): ListedFile {
  return { uri: `${folder ?? 'file:///elsewhere'}/${path}`, folder, path, findings };
}

/** The tree as indented lines. */
function drawn(nodes: readonly FindingNode[], indent = ''): string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'finding')
      return [`${indent}${node.file.path} ${node.finding.code}:${node.finding.place.start.line}`];
    const label = node.kind === 'file' ? node.file.path : node.name;
    return [`${indent}${node.kind} ${label} ${node.severity} ${node.count}`, ...drawn(node.children, `${indent}  `)];
  });
}

describe('the tree of findings', () => {
  const files = [
    file(one.uri, 'z.py', finding('NAN401', 7), finding('NAN101', 2, { severity: 'error' })),
    file(one.uri, 'a/b.py', finding('NAN101', 5)),
    file(one.uri, 'healthy.py'),
  ];

  it('lists files by path and their findings by place', () => {
    assert.deepEqual(drawn(findingTree(files, 'file', [one])), [
      'file a/b.py warning 1',
      '  a/b.py NAN101:5',
      'file z.py error 2',
      '  z.py NAN101:2',
      '  z.py NAN401:7',
    ]);
  });

  it('lists rules by code and their findings by file', () => {
    const tree = findingTree(files, 'rule', [one]);
    assert.deepEqual(drawn(tree), [
      'rule name-of-NAN101 error 2',
      '  a/b.py NAN101:5',
      '  z.py NAN101:2',
      'rule name-of-NAN401 warning 1',
      '  z.py NAN401:7',
    ]);
    assert.equal(countOf(tree), 3);
  });

  it('has a level of folders where there are several, in the order of the workspace, and a last one for what is outside', () => {
    const spread = [
      file(undefined, '/tmp/x.py', finding('NAN101', 1)),
      file(two.uri, 'm.py', finding('NAN101', 1)),
      ...files,
    ];
    assert.deepEqual(
      findingTree(spread, 'rule', [two, one]).map((node) => node.kind === 'folder' && [node.uri, node.count]),
      [
        [two.uri, 1],
        [one.uri, 3],
        [undefined, 1],
      ],
    );
    assert.deepEqual(drawn(findingTree(spread, 'file', [two, one])).slice(0, 3), [
      'folder two warning 1',
      '  file m.py warning 1',
      '    m.py NAN101:1',
    ]);
  });

  it('orders findings of a notebook by cell', () => {
    const book = file(one.uri, 'n.ipynb', finding('NAN101', 0, { cell: 3 }), finding('NAN102', 9, { cell: 1 }));
    const [node] = findingTree([book], 'file', [one]);
    const cells = node?.kind === 'file' && node.children.map((child) => child.kind === 'finding' && child.finding.cell);
    assert.deepEqual(cells, [1, 3]);
  });

  it('gives each node an identity of its own that lasts', () => {
    const twins = [file(one.uri, 'a.py', finding('NAN101', 1), finding('NAN101', 1), finding('NAN102', 1))];
    const ids = (tree: readonly FindingNode[]): string[] =>
      tree.flatMap((node) => [node.id, ...(node.kind === 'finding' ? [] : ids(node.children))]);
    for (const grouping of ['file', 'rule'] as const) {
      const all = ids(findingTree(twins, grouping, [one, two]));
      assert.equal(new Set(all).size, all.length);
      assert.deepEqual(ids(findingTree(twins, grouping, [one, two])), all);
    }
  });
});

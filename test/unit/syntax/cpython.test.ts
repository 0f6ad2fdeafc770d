// Against CPython: its library parses without a broken statement, and node for node as its own `ast` module has it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Module, Node } from '../../../src/syntax/ast';
import { childrenOf } from '../../../src/syntax/walk';
import { brokenStatements, libraryFiles, newParser, seededRandom, TRICKY_SOURCES } from './python-parser';

/**
 * One method there puts a dedent between a dot and its name inside parentheses, which tree-sitter-python takes for the
 * end of the block.
 */
const BEYOND_THE_GRAMMAR = 'test_compile.py';

function nodesOf(module: Module): string[] {
  const found: string[] = [];
  const visit = (node: Node, offset: number, parent: Node | undefined) => {
    const isIndexTuple =
      parent?.kind === 'Subscript' &&
      parent.indices.length === 1 &&
      parent.indices[0] === node &&
      node.kind === 'Tuple';
    const isDecorated = 'decorators' in node && node.decorators.length > 0;
    if (!isIndexTuple) found.push(`${node.kind} ${isDecorated ? '@' : node.start + offset} ${node.end + offset}`);
    if (node.kind === 'String') return;
    for (const child of childrenOf(node)) visit(child, offset, node);
  };
  for (const { offset, segment } of module.segments) for (const node of segment.body) visit(node, offset, undefined);
  return found.sort();
}

describe('CPython agrees', () => {
  test('on the nodes of its library', async () => {
    const files = libraryFiles(['', 'asyncio', 'test', 'json', 'email'], 13).filter(
      (file) => path.basename(file) !== BEYOND_THE_GRAMMAR,
    );
    const script = path.join(process.cwd(), 'test/unit/syntax/python_ast.py');
    const output = execFileSync('python3', [script], {
      input: files.join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    const parser = await newParser();
    let compared = 0;
    for (const line of output.trim().split('\n')) {
      const { path: file, nodes } = JSON.parse(line) as { path: string; nodes: string[] | null };
      if (!nodes) continue;
      const module = parser.parse(readFileSync(file, 'utf8'));
      assert.deepEqual(brokenStatements(module), [], file);
      assert.deepEqual(nodesOf(module), nodes.sort(), file);
      compared += nodes.length;
    }
    assert.ok(compared > 100_000, `only ${compared} nodes were compared`);
  });

  test('on prefixes that it accepts: none of them has a broken statement', async () => {
    const parser = await newParser();
    const random = seededRandom(3);
    const prefixes = TRICKY_SOURCES.flatMap((source) =>
      Array.from({ length: 12 }, () => source.slice(0, Math.floor(random() * source.length))),
    );
    const verdicts = execFileSync(
      'python3',
      [
        '-W',
        'ignore',
        '-c',
        'import ast, json, sys\nfor s in json.load(sys.stdin):\n  try: ast.parse(s); print(1)\n  except (SyntaxError, ValueError): print(0)',
      ],
      { input: JSON.stringify(prefixes), encoding: 'utf8' },
    );
    const accepted = prefixes.filter((_, index) => verdicts.trim().split('\n')[index] === '1');
    assert.ok(accepted.length > 5);
    for (const prefix of accepted) assert.deepEqual(brokenStatements(parser.parse(prefix)), [], prefix);
  });
});

// What single constructs are lowered to: what this machine's Python may be too old to confirm, and what `ast` leaves out.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Expr, Stmt } from '../../../src/syntax/ast';
import type { PythonParser } from '../../../src/syntax/parser';
import { childrenOf, isExpression, isStatement, walkExpressions } from '../../../src/syntax/walk';
import { newParser, TRICKY_SOURCES } from './python-parser';

let parser: PythonParser;
before(async () => {
  parser = await newParser();
});

function statement(source: string): Stmt {
  const [placed] = parser.parse(`${source}\n`).segments;
  const [only] = placed?.segment.body ?? [];
  assert.ok(only && placed && !placed.segment.hasErrors, `does not parse: ${source}`);
  return only;
}

function expression(source: string): Expr {
  const found = statement(`_ = ${source}`);
  assert.equal(found.kind, 'Assign');
  return (found as Extract<Stmt, { kind: 'Assign' }>).value;
}

/** The expression again, every operation in parentheses, in the words of the tree. */
function shape(node: Expr): string {
  switch (node.kind) {
    case 'Name':
      return node.id;
    case 'Number':
      return String(node.value);
    case 'Binary':
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
    case 'Unary':
      return `(${node.operator} ${shape(node.operand)})`;
    case 'Bool':
      return `(${node.values.map(shape).join(` ${node.operator} `)})`;
    case 'Await':
      return `(await ${shape(node.value)})`;
    case 'Starred':
      return `*${shape(node.value)}`;
    case 'Compare':
      return `(${shape(node.left)}${node.operators.map((op, i) => ` ${op} ${shape(node.comparators[i] as Expr)}`).join('')})`;
    case 'Tuple':
      return `[${node.elements.map(shape).join(', ')}]`;
    case 'Call':
      return `${shape(node.callee)}(${node.args.map((arg) => arg.unpack + shape(arg.value)).join(', ')})`;
    case 'Attribute':
      return `${shape(node.object)}.${node.name}`;
    default:
      return node.kind;
  }
}

describe('expressions', () => {
  const shapes: readonly [source: string, shape: string][] = [
    ['a ^ b & c | d', '((a ^ (b & c)) | d)'],
    ['a & b ^ c & (d ^ e) ^ f', '(((a & b) ^ (c & (d ^ e))) ^ f)'],
    ['-a ** -b', '(- (a ** (- b)))'],
    ['not a == b and c or d', '(((not (a == b)) and c) or d)'],
    ['a < b <= c is not d not in e', '(a < b <= c is not d not in e)'],
    ['*f(a).b, *c + d', '[*f(a).b, *(c + d)]'],
    ['a if b else c', 'Conditional'],
    ['a @ b @ c', '((a @ b) @ c)'],
  ];
  for (const [source, expected] of shapes) test(source, () => assert.equal(shape(expression(source)), expected));

  test('await binds tighter than **', () => {
    const [def] = [statement('async def f():\n  return await a ** b')];
    assert.equal(def?.kind, 'FunctionDef');
    const [returned] = def?.kind === 'FunctionDef' ? def.body.body : [];
    assert.ok(returned?.kind === 'Return' && returned.value);
    assert.equal(shape(returned.value), '((await a) ** b)');
  });

  test('parentheses are remembered, the outermost ones', () => {
    const found = expression('((a)) + b');
    assert.ok(found.kind === 'Binary');
    assert.deepEqual([found.left.start, found.left.end, found.left.outer], [6, 7, { start: 4, end: 9 }]);
  });

  const numbers: readonly [string, number, boolean, boolean][] = [
    ['1_000', 1000, true, false],
    ['0xFF', 255, true, false],
    ['0o17', 15, true, false],
    ['0b1_1', 3, true, false],
    ['1e-8', 1e-8, false, false],
    ['1_0.5E+1_0', 10.5e10, false, false],
    ['.5', 0.5, false, false],
    ['5.', 5, false, false],
    ['00', 0, true, false],
    ['1j', 1, false, true],
    ['1.5e3J', 1500, false, true],
  ];
  for (const [source, value, isInteger, isImaginary] of numbers) {
    test(`number ${source}`, () => {
      const found = expression(source);
      assert.ok(found.kind === 'Number');
      assert.deepEqual([found.value, found.isInteger, found.isImaginary], [value, isInteger, isImaginary]);
    });
  }

  test('Python 2 numbers are not known', () => {
    const [placed] = parser.parse('x = 0777\ny = 10L\n').segments;
    for (const found of placed?.segment.body ?? []) {
      assert.ok(found.kind === 'Assign');
      assert.equal(found.value.kind, 'BrokenExpr');
    }
  });

  const strings: readonly [string, string | undefined, boolean][] = [
    [`'a\\n\\x41\\u0042\\103\\\\'`, 'a\nABC\\', false],
    [`r'a\\n'`, 'a\\n', false],
    [`"a" 'b' """c"d"""`, 'abc"d', false],
    [`""`, '', false],
    [`''''''`, '', false],
    [`b'a'`, undefined, true],
    [`'a' f'{b}'`, undefined, false],
    [`'it\\'s'`, "it's", false],
  ];
  for (const [source, value, isBytes] of strings) {
    test(`string ${source}`, () => {
      const found = expression(source);
      assert.ok(found.kind === 'String');
      assert.deepEqual([found.value, found.isBytes], [value, isBytes]);
    });
  }

  test('what f-strings interpolate, format specifications included', () => {
    for (const source of [`f"{a:>{b}.{c}} {{x}} {d!r} {e=}" 'plain' F'{f}'`, `f"{a}{f'{b:{c}}'}" rf"{d}{e}{f}"`]) {
      const found: string[] = [];
      walkExpressions(expression(source), (node) => node.kind === 'Name' && found.push(node.id));
      assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e', 'f']);
    }
  });

  test('indices: slices, and the comma that makes a tuple', () => {
    const found = expression('x[a:b, ::c, ..., d]');
    assert.ok(found.kind === 'Subscript');
    assert.deepEqual(
      found.indices.map(({ kind }) => kind),
      ['Slice', 'Slice', 'Constant', 'Name'],
    );
    const tuple = expression('x[a,]');
    assert.ok(tuple.kind === 'Subscript');
    assert.equal(tuple.indices[0]?.kind, 'Tuple');
  });

  test('arguments', () => {
    const found = expression('f(a, *b, c=d, **e)');
    assert.ok(found.kind === 'Call');
    assert.deepEqual(
      found.args.map(({ keyword, unpack }) => [keyword, unpack]),
      [
        [undefined, ''],
        [undefined, '*'],
        ['c', ''],
        [undefined, '**'],
      ],
    );
    const generator = expression('sum(x for x in y if z)');
    assert.ok(generator.kind === 'Call' && generator.args[0]?.value.kind === 'Comprehension');
    assert.equal(generator.args[0].value.clauses[0]?.conditions.length, 1);
  });
});

describe('statements', () => {
  test('parameters and their forms', () => {
    const found = statement('def f[T: int](a, /, b: int, c=1, *d: str, e, g: T = 2, **h) -> T: pass');
    assert.ok(found.kind === 'FunctionDef');
    assert.deepEqual(
      found.params.map(({ name, form, annotation, default: value }) => [name, form, annotation?.kind, value?.kind]),
      [
        ['a', 'positional', undefined, undefined],
        ['b', 'positional', 'Name', undefined],
        ['c', 'positional', undefined, 'Number'],
        ['d', 'varargs', 'Name', undefined],
        ['e', 'keyword-only', undefined, undefined],
        ['g', 'keyword-only', 'Name', 'Number'],
        ['h', 'kwargs', undefined, undefined],
      ],
    );
    assert.equal(found.returns?.kind, 'Name');
  });

  test('a definition starts at its first decorator', () => {
    const found = statement('@a\n@b(c)\nasync def f(): pass');
    assert.ok(found.kind === 'FunctionDef');
    assert.deepEqual([found.start, found.decorators.length, found.isAsync], [0, 2, true]);
  });

  test('elif is an If in the else block', () => {
    const found = statement('if a: b\nelif c: d\nelse: e');
    assert.ok(found.kind === 'If' && !found.isElif);
    const inner = found.orelse?.body[0];
    assert.ok(inner?.kind === 'If' && inner.isElif);
    assert.equal(inner.orelse?.body[0]?.kind, 'ExprStmt');
  });

  test('targets of assignments', () => {
    const chained = statement('a = b, (c.d, *e[0]) = f');
    assert.ok(chained.kind === 'Assign');
    assert.deepEqual(
      chained.targets.map(({ kind }) => kind),
      ['Name', 'Tuple'],
    );
    const augmented = statement('a.b **= c');
    assert.ok(augmented.kind === 'AugAssign');
    assert.equal(augmented.operator, '**');
    const call = statement('type(self).x[0] = 1');
    assert.ok(call.kind === 'Assign' && call.targets[0]?.kind === 'Subscript');
    const alias = statement('type Pair[T] = tuple[T, T]');
    assert.ok(alias.kind === 'Assign' && alias.targets[0]?.kind === 'Name');
  });

  test('imports', () => {
    const found = statement('from ..a.b import (c as d,\n  e)');
    assert.ok(found.kind === 'ImportFrom');
    assert.deepEqual(
      [found.module, found.level, found.names.map(({ name, alias }) => [name, alias])],
      [
        'a.b',
        2,
        [
          ['c', 'd'],
          ['e', undefined],
        ],
      ],
    );
    const star = statement('from . import *');
    assert.ok(star.kind === 'ImportFrom');
    assert.deepEqual([star.module, star.level, star.names[0]?.name], ['', 1, '*']);
    const plain = statement('import a.b, c.d as e');
    assert.ok(plain.kind === 'Import');
    assert.deepEqual(
      plain.names.map(({ name, alias }) => [name, alias]),
      [
        ['a.b', undefined],
        ['c.d', 'e'],
      ],
    );
  });

  test('with items in parentheses', () => {
    const found = statement('with (a() as b, c(), d as (e, f)): pass');
    assert.ok(found.kind === 'With');
    assert.deepEqual(
      found.items.map(({ context, target }) => [context.kind, target?.kind]),
      [
        ['Call', 'Name'],
        ['Call', undefined],
        ['Name', 'Tuple'],
      ],
    );
  });

  test('exceptions', () => {
    const found = statement('try: a\nexcept (B, C) as d: e\nexcept: f\nelse: g\nfinally: h');
    assert.ok(found.kind === 'Try' && found.orelse && found.finalbody);
    assert.deepEqual(
      found.handlers.map(({ type, name }) => [type?.kind, name]),
      [
        ['Tuple', 'd'],
        [undefined, undefined],
      ],
    );
  });

  test('match: what patterns capture', () => {
    const found = statement(
      'match a, b:\n  case [c, *d] | {"k": e, **f} if g: pass\n  case m.N(h, x=i) as j: pass\n  case K.A | 1 | _: pass',
    );
    assert.ok(found.kind === 'Match' && found.subject.kind === 'Tuple');
    assert.deepEqual(
      found.cases.map(({ captures }) => captures),
      [['c', 'd', 'e', 'f'], ['h', 'i', 'j'], []],
    );
    assert.equal(found.cases[0]?.guard?.kind, 'Name');
  });

  test('comments, and whether they have their line to themselves', () => {
    const [placed] = parser.parse('a = 1  # one\n  # two\nif a: # three\n    b = "# no"\n').segments;
    assert.deepEqual(
      placed?.segment.comments.map(({ text, ownLine }) => [text, ownLine]),
      [
        ['# one', false],
        ['# two', true],
        ['# three', false],
      ],
    );
  });
});

test('a node is an expression or a statement, and every child is found once', () => {
  for (const source of TRICKY_SOURCES) {
    for (const { segment } of parser.parse(source).segments) {
      const seen = new Set<object>();
      const queue: (Expr | Stmt)[] = [...segment.body];
      for (let node = queue.pop(); node; node = queue.pop()) {
        assert.ok(!seen.has(node));
        seen.add(node);
        assert.notEqual(isExpression(node), isStatement(node));
        queue.push(...childrenOf(node));
      }
    }
  }
});

// Expressions of the flat tree, lowered to the typed tree.

import type { Span } from '../text/span';
import {
  type Argument,
  type BinaryOperator,
  type CompareOperator,
  type ComprehensionClause,
  type ComprehensionExpr,
  type DictExpr,
  type Expr,
  outerSpan,
  type Parameter,
  type SequenceExpr,
  type StringExpr,
} from './ast';
import { isFormatString, Kind } from './flat-tree';
import { numberValue, stringValue } from './literals';
import { starOutside } from './reassociate';
import { TreeReader } from './tree-reader';

/** Nesting beyond what a person writes, and below what would overflow the stack of those who walk the tree. */
export const MAX_DEPTH = 300;

const ASTERISK = 0x2a;

export class ExpressionLowering extends TreeReader {
  protected depth = 0;
  /** Set by whatever finds that the statement being lowered is no Python 3, though tree-sitter took it. */
  protected unsound = false;

  protected broken(node: number): Expr {
    return { kind: 'BrokenExpr', start: this.start(node), end: this.end(node) };
  }

  // ------------------------------------------------------------ expressions

  protected expr(node: number): Expr {
    if (node < 0) return { kind: 'BrokenExpr', start: 0, end: 0 };
    if (this.depth >= MAX_DEPTH) return this.broken(node);
    this.depth++;
    let lowered = this.lowerExpr(node);
    const isStarrable = lowered.kind !== 'Starred' && lowered.kind !== 'Tuple';
    if (isStarrable && this.text.charCodeAt(lowered.start) === ASTERISK) lowered = starOutside(lowered);
    this.depth--;
    return lowered;
  }

  private lowerExpr(node: number): Expr {
    const kind = this.kind(node);
    const start = this.start(node);
    const end = this.end(node);
    switch (kind) {
      case Kind.identifier:
        return { kind: 'Name', start, end, id: this.text.slice(start, end) };
      case Kind.attribute:
      case Kind.member_type: {
        const object = this.firstNamed(node);
        const name = this.after(object) + 1;
        if (object < 0 || name >= this.after(node)) return this.broken(node);
        return {
          kind: 'Attribute',
          start,
          end,
          object: this.expr(object),
          name: this.source(name),
          nameSpan: this.span(name),
        };
      }
      case Kind.call:
        return this.call(node, start, end);
      case Kind.subscript:
        return this.subscript(node, start, end);
      case Kind.integer:
      case Kind.float: {
        const number = numberValue(this.text.slice(start, end));
        return number ? { kind: 'Number', start, end, ...number } : this.broken(node);
      }
      case Kind.string:
      case Kind.concatenated_string:
        return this.string(node, start, end);
      case Kind.true:
        return { kind: 'Constant', start, end, value: true };
      case Kind.false:
        return { kind: 'Constant', start, end, value: false };
      case Kind.none:
        return { kind: 'Constant', start, end, value: null };
      case Kind.ellipsis:
        return { kind: 'Constant', start, end, value: 'ellipsis' };
      case Kind.binary_operator:
      case Kind.union_type:
        return this.binary(node, start, end);
      case Kind.unary_operator:
      case Kind.not_operator: {
        const operator = kind === Kind.not_operator ? 'not' : (this.operatorOf(node) as '-' | '+' | '~');
        return { kind: 'Unary', start, end, operator, operand: this.expr(this.firstNamed(node)) };
      }
      case Kind.boolean_operator:
        return this.boolean(node, start, end);
      case Kind.comparison_operator:
        return this.comparison(node, start, end);
      case Kind.parenthesized_expression:
        return this.parenthesized(node);
      case Kind.tuple_pattern: {
        const [only, second] = this.named(node);
        const isGroup = only !== undefined && second === undefined && !this.hasToken(node, ',');
        return isGroup ? this.grouped(node, only) : this.sequence('Tuple', node);
      }
      case Kind.tuple:
      case Kind.expression_list:
      case Kind.pattern_list:
        return this.sequence('Tuple', node);
      case Kind.list:
      case Kind.list_pattern:
        return this.sequence('List', node);
      case Kind.set:
        return this.sequence('Set', node);
      case Kind.dictionary:
        return this.dictionary(node, start, end);
      case Kind.list_comprehension:
        return this.comprehension('list', node);
      case Kind.set_comprehension:
        return this.comprehension('set', node);
      case Kind.dictionary_comprehension:
        return this.comprehension('dict', node);
      case Kind.generator_expression:
        return this.comprehension('generator', node);
      case Kind.list_splat:
      case Kind.list_splat_pattern:
      case Kind.splat_type:
        return { kind: 'Starred', start, end, value: this.expr(this.firstNamed(node)) };
      case Kind.conditional_expression: {
        const [body = -1, test = -1, orelse = -1] = this.named(node);
        return {
          kind: 'Conditional',
          start,
          end,
          test: this.expr(test),
          body: this.expr(body),
          orelse: this.expr(orelse),
        };
      }
      case Kind.lambda:
        return this.lambda(node, start, end);
      case Kind.named_expression: {
        const [target = -1, value = -1] = this.named(node);
        if (target < 0) return this.broken(node);
        const name = { kind: 'Name' as const, ...this.span(target), id: this.source(target) };
        return { kind: 'NamedExpr', start, end, target: name, value: this.expr(value) };
      }
      case Kind.await:
        return this.awaited(node, start, end);
      case Kind.yield: {
        const value = this.firstNamed(node);
        const isFrom = this.hasToken(node, 'from');
        return { kind: 'Yield', start, end, value: value < 0 ? undefined : this.expr(value), isFrom };
      }
      case Kind.slice:
        return this.slice(node, start, end);
      case Kind.type:
        return this.expr(this.firstNamed(node));
      case Kind.generic_type: {
        const [object = -1, parameters = -1] = this.named(node);
        if (parameters < 0) return this.broken(node);
        const indices = this.named(parameters).map((index) => this.expr(index));
        return { kind: 'Subscript', start, end, object: this.expr(object), indices };
      }
      case Kind.constrained_type: {
        const [lower = -1, upper = -1] = this.named(node);
        return { kind: 'Slice', start, end, lower: this.expr(lower), upper: this.expr(upper), step: undefined };
      }
      default:
        return this.broken(node);
    }
  }

  private binary(node: number, start: number, end: number): Expr {
    const operator = this.operatorOf(node) as BinaryOperator;
    if (operator === '&' || operator === '^') {
      const operands: number[] = [];
      const operators: string[] = [];
      this.bitChain(node, operands, operators);
      if (operands.length > MAX_DEPTH) return this.broken(node);
      if (operators.includes('&') && operators.includes('^')) return this.exclusiveOr(operands, operators);
    }
    const left = this.expr(node + 1);
    const right = this.expr(this.secondNamed(node));
    return { kind: 'Binary', start, end, operator, left, right };
  }

  /** Operands and operators of a chain of `&` and `^` without parentheses, in order. */
  private bitChain(node: number, operands: number[], operators: string[]): void {
    const reversed: { operator: string; right: number }[] = [];
    let left = node;
    while (this.kind(left) === Kind.binary_operator) {
      const operator = this.operatorOf(left);
      if (operator !== '&' && operator !== '^') break;
      reversed.push({ operator, right: this.secondNamed(left) });
      left = this.firstNamed(left);
    }
    operands.push(left);
    for (const { operator, right } of reversed.reverse()) {
      operators.push(operator);
      const isChain = right >= 0 && this.kind(right) === Kind.binary_operator;
      const inner = isChain ? this.operatorOf(right) : '';
      if ((inner === '&' || inner === '^') && this.depth < MAX_DEPTH) {
        this.depth++;
        this.bitChain(right, operands, operators);
        this.depth--;
      } else operands.push(right);
    }
  }

  /** `&` binds tighter than `^`, which the grammar has the other way round. */
  private exclusiveOr(operands: readonly number[], operators: readonly string[]): Expr {
    const join = (left: Expr | undefined, operator: '&' | '^', right: Expr): Expr =>
      left ? { kind: 'Binary', start: outerSpan(left).start, end: outerSpan(right).end, operator, left, right } : right;
    let whole: Expr | undefined;
    let group: Expr | undefined;
    operands.forEach((operand, index) => {
      if (index > 0 && operators[index - 1] === '^' && group) {
        whole = join(whole, '^', group);
        group = undefined;
      }
      group = join(group, '&', this.expr(operand));
    });
    return join(whole, '^', group ?? { kind: 'BrokenExpr', start: 0, end: 0 });
  }

  private parenthesized(node: number): Expr {
    let inner = node;
    while (inner >= 0 && this.kind(inner) === Kind.parenthesized_expression) inner = this.firstNamed(inner);
    return inner < 0 ? this.broken(node) : this.grouped(node, inner);
  }

  private grouped(node: number, inner: number): Expr {
    const lowered = this.expr(inner);
    // Freshly made and not yet seen by anyone: completing it here saves a copy of every parenthesised expression.
    (lowered as { outer?: Span }).outer = this.span(node);
    return lowered;
  }

  private sequence(kind: SequenceExpr['kind'], node: number): Expr {
    const elements = this.named(node).map((element) => this.expr(element));
    return { kind, start: this.start(node), end: this.end(node), elements };
  }

  private call(node: number, start: number, end: number): Expr {
    const callee = this.firstNamed(node);
    if (callee < 0) return this.broken(node);
    const list = this.after(callee);
    if (list >= this.after(node)) return this.broken(node);
    const argsSpan = this.span(list);
    const args: readonly Argument[] =
      this.kind(list) === Kind.generator_expression
        ? [{ ...argsSpan, keyword: undefined, unpack: '', value: this.expr(list) }]
        : this.args(list);
    return { kind: 'Call', start, end, callee: this.expr(callee), args, argsSpan };
  }

  protected args(list: number): Argument[] {
    const args: Argument[] = [];
    const nodes = this.named(list);
    // The grammar takes a lone comma for an argument list.
    if (nodes.length === 0 && this.hasToken(list, ',')) this.unsound = true;
    for (const node of nodes) {
      const start = this.start(node);
      const end = this.end(node);
      const kind = this.kind(node);
      if (kind === Kind.keyword_argument) {
        const [name = -1, value = -1] = this.named(node);
        const keyword = name < 0 ? undefined : this.source(name);
        args.push({ start, end, keyword, unpack: '', value: this.expr(value) });
      } else if (kind === Kind.list_splat || kind === Kind.dictionary_splat) {
        const unpack = kind === Kind.list_splat ? '*' : '**';
        args.push({ start, end, keyword: undefined, unpack, value: this.expr(this.firstNamed(node)) });
      } else {
        args.push({ start, end, keyword: undefined, unpack: '', value: this.expr(node) });
      }
    }
    return args;
  }

  private subscript(node: number, start: number, end: number): Expr {
    const [object = -1, ...rest] = this.named(node);
    let indices = rest.map((index) => this.expr(index));
    const [only] = indices;
    if (only && indices.length === 1 && this.hasToken(node, ',')) {
      indices = [{ kind: 'Tuple', start: only.start, end: only.end, elements: [only] }];
    }
    return { kind: 'Subscript', start, end, object: this.expr(object), indices };
  }

  private slice(node: number, start: number, end: number): Expr {
    const bounds: [number, number, number] = [-1, -1, -1];
    let place = 0;
    const { kind, next } = this.tree;
    const stop = next[node] as number;
    for (let child = node + 1; child < stop; child = next[child] as number) {
      if (kind[child] === Kind.token) place++;
      else if (place < 3) bounds[place] = child;
    }
    const bound = (child: number): Expr | undefined => (child < 0 ? undefined : this.expr(child));
    return { kind: 'Slice', start, end, lower: bound(bounds[0]), upper: bound(bounds[1]), step: bound(bounds[2]) };
  }

  private boolean(node: number, start: number, end: number): Expr {
    const operator = this.operatorOf(node) === 'and' ? 'and' : 'or';
    const reversed: number[] = [];
    let left = node;
    while (this.kind(left) === Kind.boolean_operator && this.operatorOf(left) === operator) {
      const right = this.secondNamed(left);
      if (right < 0) return this.broken(node);
      reversed.push(right);
      left = this.firstNamed(left);
      if (left < 0) return this.broken(node);
    }
    reversed.push(left);
    return { kind: 'Bool', start, end, operator, values: reversed.reverse().map((value) => this.expr(value)) };
  }

  private comparison(node: number, start: number, end: number): Expr {
    const operators: CompareOperator[] = [];
    const operands: Expr[] = [];
    const { kind, next } = this.tree;
    const stop = next[node] as number;
    for (let child = node + 1; child < stop; child = next[child] as number) {
      if (kind[child] !== Kind.token) operands.push(this.expr(child));
      else {
        const operator = this.tree.tokenText(child);
        if (operator === '<>') return this.broken(node);
        operators.push(operator as CompareOperator);
      }
    }
    const [left, ...comparators] = operands;
    if (!left || comparators.length !== operators.length) return this.broken(node);
    return { kind: 'Compare', start, end, left, operators, comparators };
  }

  private dictionary(node: number, start: number, end: number): Expr {
    const entries: { key: Expr | undefined; value: Expr }[] = [];
    const nodes = this.named(node);
    if (nodes.length === 0 && this.hasToken(node, ',')) this.unsound = true;
    for (const entry of nodes) {
      if (this.kind(entry) === Kind.dictionary_splat) {
        entries.push({ key: undefined, value: this.expr(this.firstNamed(entry)) });
      } else {
        const [key = -1, value = -1] = this.named(entry);
        entries.push({ key: this.expr(key), value: this.expr(value) });
      }
    }
    return { kind: 'Dict', start, end, entries } satisfies DictExpr;
  }

  private comprehension(container: ComprehensionExpr['container'], node: number): Expr {
    const [body = -1, ...rest] = this.named(node);
    let key: Expr | undefined;
    let element: Expr;
    if (body >= 0 && this.kind(body) === Kind.pair) {
      const [keyNode = -1, valueNode = -1] = this.named(body);
      key = this.expr(keyNode);
      element = this.expr(valueNode);
    } else {
      element = this.expr(body);
    }
    const clauses: (ComprehensionClause & { readonly conditions: Expr[] })[] = [];
    for (const clause of rest) {
      if (this.kind(clause) === Kind.for_in_clause) {
        const [target = -1, ...iterables] = this.named(clause);
        const [iterable = -1] = iterables;
        clauses.push({
          target: this.expr(target),
          iterable: iterables.length > 1 ? this.broken(clause) : this.expr(iterable),
          conditions: [],
          isAsync: this.hasToken(clause, 'async'),
        });
      } else {
        clauses.at(-1)?.conditions.push(this.expr(this.firstNamed(clause)));
      }
    }
    return {
      kind: 'Comprehension',
      start: this.start(node),
      end: this.end(node),
      container,
      key,
      element,
      clauses,
    };
  }

  private lambda(node: number, start: number, end: number): Expr {
    const [first = -1, second = -1] = this.named(node);
    const hasParams = first >= 0 && this.kind(first) === Kind.lambda_parameters;
    const params = hasParams ? this.parameters(first) : [];
    return { kind: 'Lambda', start, end, params, body: this.expr(hasParams ? second : first) };
  }

  /** `await` binds tighter than `**`, which the grammar has the other way round. */
  private awaited(node: number, start: number, end: number): Expr {
    const inner = this.firstNamed(node);
    if (inner < 0) return this.broken(node);
    if (this.kind(inner) === Kind.binary_operator) {
      const right = this.secondNamed(inner);
      const base = this.firstNamed(inner);
      const value = this.expr(base);
      const awaitEnd = this.end(base);
      return {
        kind: 'Binary',
        start,
        end,
        operator: this.operatorOf(inner) as BinaryOperator,
        left: { kind: 'Await', start, end: awaitEnd, value },
        right: this.expr(right),
      };
    }
    return { kind: 'Await', start, end, value: this.expr(inner) };
  }

  private string(node: number, start: number, end: number): StringExpr {
    const literals = this.kind(node) === Kind.concatenated_string ? this.named(node) : [node];
    const parts: Expr[] = [];
    let value: string | undefined = '';
    let isBytes = false;
    for (const literal of literals) {
      if (isFormatString(this.text, this.start(literal))) {
        value = undefined;
        this.interpolations(literal, parts);
        continue;
      }
      // Python 2 wrote repr() as backquotes, which the grammar takes for a string.
      if (this.text.charCodeAt(this.start(literal)) === 0x60) this.unsound = true;
      const plain = stringValue(this.source(literal));
      isBytes ||= plain.isBytes;
      value = value === undefined || plain.value === undefined ? undefined : value + plain.value;
    }
    return { kind: 'String', start, end, value, parts, isBytes };
  }

  /** Appends the expressions between the braces of an f-string, those of format specifications included. */
  private interpolations(node: number, into: Expr[]): void {
    if (this.depth >= MAX_DEPTH) return;
    this.depth++;
    for (const child of this.named(node)) {
      const kind = this.kind(child);
      if (kind === Kind.interpolation || kind === Kind.format_expression || kind === Kind.format_specifier) {
        this.interpolations(child, into);
      } else if (
        (this.kind(node) === Kind.interpolation || this.kind(node) === Kind.format_expression) &&
        kind !== Kind.type_conversion
      ) {
        into.push(this.expr(child));
      }
    }
    this.depth--;
  }

  // ------------------------------------------------------------ parameters

  protected parameters(list: number): Parameter[] {
    const params: Parameter[] = [];
    let afterStar = false;
    for (const node of this.named(list)) {
      const start = this.start(node);
      const end = this.end(node);
      const kind = this.kind(node);
      if (kind === Kind.keyword_separator) {
        afterStar = true;
        continue;
      }
      if (kind === Kind.positional_separator) continue;
      let nameNode = node;
      let annotation: Expr | undefined;
      let value: Expr | undefined;
      if (kind === Kind.typed_parameter || kind === Kind.default_parameter || kind === Kind.typed_default_parameter) {
        const children = this.named(node);
        nameNode = children[0] ?? -1;
        const typeNode = kind === Kind.default_parameter ? undefined : children[1];
        const valueNode = kind === Kind.default_parameter ? children[1] : children[2];
        annotation = typeNode === undefined ? undefined : this.expr(typeNode);
        value = valueNode === undefined ? undefined : this.expr(valueNode);
      }
      const nameKind = nameNode < 0 ? Kind.ERROR : this.kind(nameNode);
      let form: Parameter['form'] = afterStar ? 'keyword-only' : 'positional';
      if (nameKind === Kind.list_splat_pattern || nameKind === Kind.dictionary_splat_pattern) {
        form = nameKind === Kind.list_splat_pattern ? 'varargs' : 'kwargs';
        if (form === 'varargs') afterStar = true;
        nameNode = this.firstNamed(nameNode);
      } else if (nameKind !== Kind.identifier) {
        // Python 2 let a parameter be a tuple.
        this.unsound = true;
        continue;
      }
      const name = nameNode < 0 ? '' : this.source(nameNode);
      params.push({ start, end, name, annotation, default: value, form });
    }
    return params;
  }
}

// Statements without a suite, lowered to the typed tree.

import { type BinaryOperator, type Expr, type ImportAlias, outerSpan, type Stmt } from './ast';
import { Kind } from './flat-tree';
import { ExpressionLowering } from './lower-expressions';
import { replaceLeftmost } from './reassociate';

export class SimpleStatementLowering extends ExpressionLowering {
  /** Undefined, or `unsound` set, where it is no Python 3. */
  protected simpleStatement(node: number, start: number, end: number): Stmt | undefined {
    switch (this.kind(node)) {
      case Kind.expression_statement:
        return this.expressionStatement(node, start, end);
      case Kind.return_statement: {
        const value = this.firstNamed(node);
        return { kind: 'Return', start, end, value: value < 0 ? undefined : this.expr(value) };
      }
      case Kind.raise_statement: {
        const isChained = this.hasToken(node, 'from');
        const children = this.named(node);
        const [first, second] = children;
        // `raise Kind, value` of Python 2.
        if (first !== undefined && this.kind(first) === Kind.expression_list) return undefined;
        if (isChained && children.length !== 2) return undefined;
        return {
          kind: 'Raise',
          start,
          end,
          value: first === undefined ? undefined : this.expr(first),
          cause: second === undefined ? undefined : this.expr(second),
        };
      }
      case Kind.assert_statement: {
        const [test = -1, message] = this.named(node);
        return {
          kind: 'Assert',
          start,
          end,
          test: this.expr(test),
          message: message === undefined ? undefined : this.expr(message),
        };
      }
      case Kind.delete_statement: {
        const only = this.firstNamed(node);
        const targets = only >= 0 && this.kind(only) === Kind.expression_list ? this.named(only) : [only];
        return { kind: 'Delete', start, end, targets: targets.map((target) => this.expr(target)) };
      }
      case Kind.print_statement:
        return this.printStatement(node, start, end);
      case Kind.pass_statement:
        return { kind: 'Pass', start, end };
      case Kind.break_statement:
        return { kind: 'Break', start, end };
      case Kind.continue_statement:
        return { kind: 'Continue', start, end };
      case Kind.global_statement:
        return { kind: 'Global', start, end, names: this.named(node).map((name) => this.source(name)) };
      case Kind.nonlocal_statement:
        return { kind: 'Nonlocal', start, end, names: this.named(node).map((name) => this.source(name)) };
      case Kind.import_statement:
        return { kind: 'Import', start, end, names: this.aliases(this.named(node)) };
      case Kind.future_import_statement:
        return {
          kind: 'ImportFrom',
          start,
          end,
          module: '__future__',
          level: 0,
          names: this.aliases(this.named(node)),
        };
      case Kind.import_from_statement:
        return this.importFrom(node, start, end);
      case Kind.type_alias_statement:
        return this.typeAlias(node, start, end);
      default:
        return undefined;
    }
  }

  private expressionStatement(node: number, start: number, end: number): Stmt | undefined {
    const children = this.named(node);
    const [only = -1] = children;
    if (children.length > 1 || this.hasToken(node, ',')) {
      const elements = children.map((child) => this.expr(child));
      return { kind: 'ExprStmt', start, end, value: { kind: 'Tuple', start, end, elements } };
    }
    if (only < 0) return undefined;
    switch (this.kind(only)) {
      case Kind.assignment:
        return this.assignment(only, start, end);
      case Kind.augmented_assignment: {
        const [target = -1, value = -1] = this.named(only);
        const operator = this.tree.tokenText(this.after(target)).slice(0, -1) as BinaryOperator;
        if (this.kind(value) === Kind.assignment || this.kind(value) === Kind.augmented_assignment) return undefined;
        return { kind: 'AugAssign', start, end, target: this.expr(target), operator, value: this.expr(value) };
      }
      default:
        return { kind: 'ExprStmt', start, end, value: this.expr(only) };
    }
  }

  /** `print >> file, text` is an expression to Python 3; any other `print` without parentheses is none of it. */
  private printStatement(node: number, start: number, end: number): Stmt | undefined {
    const [chevron = -1, ...rest] = this.named(node);
    if (chevron < 0 || this.kind(chevron) !== Kind.chevron) return undefined;
    const left: Expr = { kind: 'Name', start, end: start + 'print'.length, id: 'print' };
    const right = this.expr(this.firstNamed(chevron));
    const shifted: Expr = { kind: 'Binary', start, end: right.end, operator: '>>', left, right };
    const isTuple = this.hasToken(node, ',');
    const elements = [shifted, ...rest.map((child) => this.expr(child))];
    return { kind: 'ExprStmt', start, end, value: isTuple ? { kind: 'Tuple', start, end, elements } : shifted };
  }

  /** `type Pair[T] = …` binds Pair; `type(x).y = …` is a call that the grammar mistakes for an alias. */
  private typeAlias(node: number, start: number, end: number): Stmt | undefined {
    const [left = -1, right = -1] = this.named(node);
    const target = this.expr(left);
    const value = this.expr(right);
    if (target.kind === 'Name' && !target.outer) return { kind: 'Assign', start, end, targets: [target], value };
    if (target.kind === 'Subscript' && target.object.kind === 'Name') {
      return { kind: 'Assign', start, end, targets: [target.object], value };
    }
    const assigned = replaceLeftmost(target, (leaf) => {
      const callee: Expr = { kind: 'Name', start, end: start + 'type'.length, id: 'type' };
      const argsSpan = outerSpan(leaf);
      const values = leaf.kind === 'Tuple' && !leaf.outer ? leaf.elements : [leaf];
      const args = values.map((arg) => ({
        start: arg.start,
        end: arg.end,
        keyword: undefined,
        unpack: '' as const,
        value: arg,
      }));
      return { kind: 'Call', start, end: argsSpan.end, callee, args, argsSpan };
    });
    if (assigned.kind !== 'Attribute' && assigned.kind !== 'Subscript') return undefined;
    return { kind: 'Assign', start, end, targets: [assigned], value };
  }

  private assignment(node: number, start: number, end: number): Stmt | undefined {
    const [first = -1, second = -1, third] = this.named(node);
    if (second >= 0 && this.kind(second) === Kind.type) {
      if (third !== undefined && isAssignment(this.kind(third))) return undefined;
      return {
        kind: 'AnnAssign',
        start,
        end,
        target: this.expr(first),
        annotation: this.expr(second),
        value: third === undefined ? undefined : this.expr(third),
      };
    }
    const targets: Expr[] = [];
    let at = node;
    for (;;) {
      const [target = -1, value = -1, more] = this.named(at);
      if (value < 0 || more !== undefined || this.kind(value) === Kind.type) return undefined;
      targets.push(this.expr(target));
      if (this.kind(value) === Kind.augmented_assignment) return undefined;
      if (this.kind(value) !== Kind.assignment) {
        return { kind: 'Assign', start, end, targets, value: this.expr(value) };
      }
      at = value;
    }
  }

  private aliases(nodes: readonly number[]): ImportAlias[] {
    return nodes.map((node) => {
      const span = this.span(node);
      if (this.kind(node) === Kind.wildcard_import) return { ...span, name: '*', alias: undefined };
      if (this.kind(node) !== Kind.aliased_import) return { ...span, name: this.dottedName(node), alias: undefined };
      const [name = -1, alias = -1] = this.named(node);
      return { ...span, name: this.dottedName(name), alias: this.source(alias) };
    });
  }

  private importFrom(node: number, start: number, end: number): Stmt | undefined {
    const [from = -1, ...names] = this.named(node);
    if (from < 0 || names.length === 0) return undefined;
    let module = this.dottedName(from);
    let level = 0;
    if (this.kind(from) === Kind.relative_import) {
      level = /^\.*/.exec(module)?.[0].length ?? 0;
      module = module.slice(level);
    }
    return { kind: 'ImportFrom', start, end, module, level, names: this.aliases(names) };
  }
}

function isAssignment(kind: Kind): boolean {
  return kind === Kind.assignment || kind === Kind.augmented_assignment;
}

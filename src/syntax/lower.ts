// Statements of the flat tree, lowered to the typed tree. What has an error in its own tokens becomes BrokenStmt.

import type { Span } from '../text/span';
import { type Block, type ExceptHandler, type Expr, outerSpan, type Segment, type Stmt, type WithItem } from './ast';
import { ErrorLines } from './error-lines';
import { type FlatTree, isCompoundStatement, isSimpleStatement, Kind } from './flat-tree';
import { MAX_DEPTH } from './lower-expressions';
import { SimpleStatementLowering } from './lower-simple-statements';

/** Lowers the whole tree, whose text is `text`. */
export function lowerSegment(tree: FlatTree, text: string): Segment {
  const lowering = new StatementLowering(tree, text);
  const body = lowering.module();
  return { text, body, comments: tree.comments, hasErrors: tree.hasErrors || lowering.foundBroken };
}

class StatementLowering extends SimpleStatementLowering {
  foundBroken = false;
  private readonly errors: ErrorLines | undefined;

  constructor(tree: FlatTree, text: string) {
    super(tree, text);
    this.errors = tree.hasErrors ? new ErrorLines(tree, text) : undefined;
  }

  module(): Stmt[] {
    const root = 0;
    const kind = this.kind(root);
    const body: Stmt[] = [];
    if (kind === Kind.ERROR) this.pushStatement(root, body);
    else this.statements(root, body);
    return body;
  }

  // ------------------------------------------------------------ suites

  private statements(parent: number, into: Stmt[]): void {
    const end = this.after(parent);
    for (let child = parent + 1; child < end; child = this.after(child)) this.pushStatement(child, into);
  }

  private pushStatement(node: number, into: Stmt[]): void {
    const kind = this.kind(node);
    if (kind === Kind.ERROR) {
      const body: Stmt[] = [];
      this.soundInside(node, body);
      this.foundBroken = true;
      into.push({ kind: 'BrokenStmt', ...this.trimmedSpan(node, body), body });
    } else if (kind === Kind.block) {
      this.statements(node, into);
    } else if (isSimpleStatement(kind) || isCompoundStatement(kind)) {
      into.push(this.statement(node));
    }
  }

  private trimmedSpan(node: number, body: readonly Stmt[]): Span {
    return { start: this.start(node), end: Math.max(this.end(node), body.at(-1)?.end ?? 0) };
  }

  /** The statements that can still be read inside something broken. */
  private soundInside(node: number, into: Stmt[]): void {
    if (this.depth >= MAX_DEPTH) return;
    this.depth++;
    const end = this.after(node);
    for (let child = node + 1; child < end; child = this.after(child)) {
      const kind = this.kind(child);
      if (isSimpleStatement(kind) || isCompoundStatement(kind)) into.push(this.statement(child));
      else if (holdsStatements(kind)) this.soundInside(child, into);
    }
    this.depth--;
  }

  /** A suite; one without a statement makes its owner unsound. */
  private block(node: number | undefined): Block {
    const body: Stmt[] = [];
    if (node !== undefined && node >= 0) this.statements(node, body);
    const first = body[0];
    const last = body.at(-1);
    if (!first || !last) {
      this.unsound = true;
      const at = node === undefined || node < 0 ? 0 : this.start(node);
      return { start: at, end: at, body };
    }
    return { start: first.start, end: last.end, body };
  }

  private childOfKind(node: number, kind: Kind): number | undefined {
    const end = this.after(node);
    for (let child = node + 1; child < end; child = this.after(child)) if (this.kind(child) === kind) return child;
    return undefined;
  }

  // ------------------------------------------------------------ statements

  private statement(node: number): Stmt {
    if (this.depth >= MAX_DEPTH) return this.brokenStatement(node, false);
    this.depth++;
    const outerUnsound = this.unsound;
    this.unsound = false;
    let lowered: Stmt | undefined;
    if (!this.errors || !this.hasOwnError(node, this.errors)) {
      const mark = this.foundBroken;
      lowered = this.lowerStatement(node);
      if (this.unsound) {
        this.foundBroken = mark;
        lowered = undefined;
      }
    }
    const result = lowered ?? this.brokenStatement(node, true);
    this.unsound = outerUnsound;
    this.depth--;
    return result;
  }

  private brokenStatement(node: number, withBody: boolean): Stmt {
    this.foundBroken = true;
    const body: Stmt[] = [];
    if (withBody) this.soundInside(node, body);
    return { kind: 'BrokenStmt', ...this.trimmedSpan(node, body), body };
  }

  /** Whether an error stands on a line of the statement that none of its inner statements owns. */
  private hasOwnError(node: number, errors: ErrorLines): boolean {
    if (!isCompoundStatement(this.kind(node))) {
      return this.tree.faulty.has(node) || errors.touches(this.start(node), this.end(node));
    }
    return this.ownTokensTouch(node, errors);
  }

  private ownTokensTouch(node: number, errors: ErrorLines): boolean {
    const end = this.after(node);
    for (let child = node + 1; child < end; child = this.after(child)) {
      const kind = this.kind(child);
      if (kind === Kind.ERROR) return true;
      if (kind === Kind.block) {
        // The suite of a `match` holds its cases, whose patterns are the statement's own.
        if (this.kind(node) === Kind.match_statement && this.ownTokensTouch(child, errors)) return true;
      } else if (isClause(kind) || isCompoundStatement(kind)) {
        if (this.ownTokensTouch(child, errors)) return true;
      } else if (errors.touches(this.start(child), this.end(child))) return true;
    }
    return false;
  }

  /** Undefined, or `unsound` set, where it is no Python 3. */
  private lowerStatement(node: number): Stmt | undefined {
    const start = this.start(node);
    const end = this.end(node);
    switch (this.kind(node)) {
      case Kind.if_statement:
        return this.ifStatement(node);
      case Kind.for_statement: {
        const [target = -1, iterable = -1] = this.named(node);
        const isAsync = this.hasToken(node, 'async');
        const head = { target: this.expr(target), iterable: this.expr(iterable) };
        const body = this.block(this.childOfKind(node, Kind.block));
        const orelse = this.elseOf(node);
        return { kind: 'For', start, end: (orelse ?? body).end, ...head, body, orelse, isAsync };
      }
      case Kind.while_statement: {
        const test = this.expr(this.firstNamed(node));
        const body = this.block(this.childOfKind(node, Kind.block));
        const orelse = this.elseOf(node);
        return { kind: 'While', start, end: (orelse ?? body).end, test, body, orelse };
      }
      case Kind.with_statement:
        return this.withStatement(node, start);
      case Kind.try_statement:
        return this.tryStatement(node, start);
      case Kind.match_statement:
        return this.matchStatement(node, start);
      case Kind.decorated_definition: {
        const children = this.named(node);
        const definition = children.at(-1) ?? -1;
        const decorators = children.slice(0, -1).map((decorator) => this.expr(this.firstNamed(decorator)));
        return this.definition(definition, start, decorators);
      }
      case Kind.function_definition:
      case Kind.class_definition:
        return this.definition(node, start, []);
      default:
        return this.simpleStatement(node, start, end);
    }
  }

  // ------------------------------------------------------------ compound statements

  /** `if` with its clauses, folded from the last one: each `elif` is an If in the block before it. */
  private ifStatement(node: number): Stmt | undefined {
    const clauses: number[] = [];
    let orelse: Block | undefined;
    const end = this.after(node);
    for (let child = node + 1; child < end; child = this.after(child)) {
      const kind = this.kind(child);
      if (kind === Kind.elif_clause) clauses.push(child);
      else if (kind === Kind.else_clause) orelse = this.block(this.childOfKind(child, Kind.block));
    }
    // A chain longer than the stack of those who walk the tree.
    if (clauses.length >= MAX_DEPTH) return undefined;
    const lowered = [node, ...clauses].map((clause) => ({
      start: this.start(clause),
      test: this.expr(this.firstNamed(clause)),
      body: this.block(this.childOfKind(clause, Kind.block)),
    }));
    let chain: Stmt | undefined;
    for (let index = lowered.length - 1; index >= 0; index--) {
      const clause = lowered[index];
      if (!clause) continue;
      const rest: Block | undefined = chain ? { start: chain.start, end: chain.end, body: [chain] } : orelse;
      chain = { kind: 'If', end: (rest ?? clause.body).end, ...clause, orelse: rest, isElif: index > 0 };
    }
    return chain;
  }

  private elseOf(node: number): Block | undefined {
    const clause = this.childOfKind(node, Kind.else_clause);
    return clause === undefined ? undefined : this.block(this.childOfKind(clause, Kind.block));
  }

  private withStatement(node: number, start: number): Stmt {
    const isAsync = this.hasToken(node, 'async');
    const clause = this.childOfKind(node, Kind.with_clause);
    const items: WithItem[] = [];
    const itemNodes = clause === undefined ? [] : this.named(clause);
    for (const item of itemNodes) this.withItem(this.firstNamed(item), items, itemNodes.length === 1);
    const body = this.block(this.childOfKind(node, Kind.block));
    return { kind: 'With', start, end: body.end, items, body, isAsync };
  }

  /** `with (a as b, c):` may come as a tuple of one item. */
  private withItem(value: number, into: WithItem[], isOnly: boolean): void {
    const kind = value < 0 ? Kind.ERROR : this.kind(value);
    if (kind === Kind.as_pattern) {
      const [context = -1, alias = -1] = this.named(value);
      into.push({ context: this.expr(context), target: this.expr(this.firstNamed(alias)) });
      return;
    }
    const isGroup = kind === Kind.tuple || kind === Kind.parenthesized_expression;
    const inner = isGroup ? this.named(value) : [];
    const isItemList =
      inner.some((item) => this.kind(item) === Kind.as_pattern) ||
      (isOnly && kind === Kind.tuple && inner.length > 0 && inner.every((item) => this.kind(item) !== Kind.list_splat));
    if (isItemList) for (const item of inner) this.withItem(item, into, false);
    else into.push({ context: this.expr(value), target: undefined });
  }

  private tryStatement(node: number, start: number): Stmt {
    const body = this.block(this.childOfKind(node, Kind.block));
    const handlers: ExceptHandler[] = [];
    let orelse: Block | undefined;
    let finalbody: Block | undefined;
    const stop = this.after(node);
    for (let child = node + 1; child < stop; child = this.after(child)) {
      const kind = this.kind(child);
      if (kind === Kind.except_clause) handlers.push(this.handler(child));
      else if (kind === Kind.else_clause) orelse = this.block(this.childOfKind(child, Kind.block));
      else if (kind === Kind.finally_clause) finalbody = this.block(this.childOfKind(child, Kind.block));
    }
    if (handlers.length === 0 && !finalbody) this.unsound = true;
    const end = (finalbody ?? orelse ?? handlers.at(-1) ?? body).end;
    return { kind: 'Try', start, end, body, handlers, orelse, finalbody };
  }

  private handler(node: number): ExceptHandler {
    const values = this.named(node).filter((child) => this.kind(child) !== Kind.block);
    const [first, second] = values;
    let type: Expr | undefined;
    let name: string | undefined;
    if (first !== undefined && this.kind(first) === Kind.as_pattern) {
      const [caught = -1, alias = -1] = this.named(first);
      type = this.expr(caught);
      name = this.source(alias);
    } else if (first !== undefined && second !== undefined && !this.hasToken(node, 'as')) {
      // `except Kind, name:` of Python 2, or two kinds without parentheses as of Python 3.14.
      type = { kind: 'BrokenExpr', start: this.start(first), end: this.end(values.at(-1) ?? second) };
    } else if (first !== undefined) {
      type = this.expr(first);
      name = second === undefined ? undefined : this.source(second);
    }
    const body = this.block(this.childOfKind(node, Kind.block));
    return { start: this.start(node), end: body.end, type, name, body };
  }

  private definition(node: number, start: number, decorators: readonly Expr[]): Stmt | undefined {
    const nameNode = this.childOfKind(node, Kind.identifier);
    if (nameNode === undefined) return undefined;
    const name = this.source(nameNode);
    const nameSpan = this.span(nameNode);
    if (this.kind(node) === Kind.class_definition) {
      const list = this.childOfKind(node, Kind.argument_list);
      const bases = list === undefined ? [] : this.args(list);
      const body = this.block(this.childOfKind(node, Kind.block));
      return { kind: 'ClassDef', start, end: body.end, name, nameSpan, bases, decorators, body };
    }
    const list = this.childOfKind(node, Kind.parameters);
    const params = list === undefined ? [] : this.parameters(list);
    const returnType = this.childOfKind(node, Kind.type);
    const returns = returnType === undefined ? undefined : this.expr(returnType);
    const isAsync = this.hasToken(node, 'async');
    const body = this.block(this.childOfKind(node, Kind.block));
    return {
      kind: 'FunctionDef',
      start,
      end: body.end,
      name,
      nameSpan,
      params,
      returns,
      decorators,
      body,
      isAsync,
    };
  }

  private matchStatement(node: number, start: number): Stmt {
    const subjects = this.named(node).filter((child) => this.kind(child) !== Kind.block);
    const block = this.childOfKind(node, Kind.block);
    const [first = -1] = subjects;
    let subject = this.expr(first);
    if (subjects.length > 1 || this.hasToken(node, ',')) {
      const elements = [subject, ...subjects.slice(1).map((child) => this.expr(child))];
      const end = outerSpan(elements.at(-1) ?? subject).end;
      const trailingComma = /^[\s\\]*,/.exec(this.text.slice(end, block === undefined ? end : this.start(block)));
      const { start } = outerSpan(subject);
      subject = { kind: 'Tuple', start, end: end + (trailingComma?.[0].length ?? 0), elements };
    }
    const clauses = block === undefined ? [] : this.named(block);
    const cases = clauses
      .filter((clause) => this.kind(clause) === Kind.case_clause)
      .map((clause) => {
        const captures: string[] = [];
        let guard: Expr | undefined;
        for (const child of this.named(clause)) {
          if (this.kind(child) === Kind.case_pattern) this.captures(child, captures);
          else if (this.kind(child) === Kind.if_clause) guard = this.expr(this.firstNamed(child));
        }
        return { captures, guard, body: this.block(this.childOfKind(clause, Kind.block)) };
      });
    if (cases.length === 0) this.unsound = true;
    return { kind: 'Match', start, end: cases.at(-1)?.body.end ?? this.end(node), subject, cases };
  }

  /** Names that a pattern binds. */
  private captures(pattern: number, into: string[]): void {
    if (this.depth >= MAX_DEPTH) return;
    this.depth++;
    const children = this.named(pattern);
    const kind = this.kind(pattern);
    children.forEach((child, index) => {
      const childKind = this.kind(child);
      if (childKind === Kind.dotted_name) {
        const name = this.dottedName(child);
        const isClassName = kind === Kind.class_pattern && index === 0;
        if (!isClassName && !name.includes('.') && name !== '_') into.push(name);
      } else if (childKind === Kind.identifier) {
        const binds = kind === Kind.as_pattern || kind === Kind.splat_pattern;
        if (binds && this.source(child) !== '_') into.push(this.source(child));
      } else this.captures(child, into);
    });
    this.depth--;
  }
}

function isClause(kind: Kind): boolean {
  switch (kind) {
    case Kind.elif_clause:
    case Kind.else_clause:
    case Kind.except_clause:
    case Kind.finally_clause:
    case Kind.case_clause:
      return true;
    default:
      return false;
  }
}

function holdsStatements(kind: Kind): boolean {
  return isClause(kind) || kind === Kind.block || kind === Kind.ERROR;
}

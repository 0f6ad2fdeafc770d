// The typed Python syntax tree. Plain objects; offsets are relative to the segment that holds the node, so that a
// segment whose text did not change is the same object after an edit elsewhere, with all that is known of it.

import type { Span } from '../text/span';

interface NodeBase extends Span {
  /** Span with the outermost parentheses around the expression, where there are any. */
  readonly outer?: Span;
}

// ---------------------------------------------------------------- expressions

export interface NameExpr extends NodeBase {
  readonly kind: 'Name';
  readonly id: string;
}
export interface NumberExpr extends NodeBase {
  readonly kind: 'Number';
  readonly value: number;
  readonly isInteger: boolean;
  readonly isImaginary: boolean;
}
export interface StringExpr extends NodeBase {
  readonly kind: 'String';
  /** The text where it is a plain literal (adjacent literals joined); undefined for f-strings and bytes. */
  readonly value: string | undefined;
  /** The interpolated expressions of an f-string, in order. */
  readonly parts: readonly Expr[];
  readonly isBytes: boolean;
}
export interface ConstantExpr extends NodeBase {
  readonly kind: 'Constant';
  readonly value: true | false | null | 'ellipsis';
}
export interface AttributeExpr extends NodeBase {
  readonly kind: 'Attribute';
  readonly object: Expr;
  readonly name: string;
  readonly nameSpan: Span;
}
export interface SubscriptExpr extends NodeBase {
  readonly kind: 'Subscript';
  readonly object: Expr;
  readonly indices: readonly Expr[];
}
export interface SliceExpr extends NodeBase {
  readonly kind: 'Slice';
  readonly lower: Expr | undefined;
  readonly upper: Expr | undefined;
  readonly step: Expr | undefined;
}
export interface Argument extends Span {
  /** Keyword name; undefined for a positional argument. */
  readonly keyword: string | undefined;
  /** `*args` or `**kwargs`. */
  readonly unpack: '' | '*' | '**';
  readonly value: Expr;
}
export interface CallExpr extends NodeBase {
  readonly kind: 'Call';
  readonly callee: Expr;
  readonly args: readonly Argument[];
  /** The argument list with its parentheses (a lone generator argument included). */
  readonly argsSpan: Span;
}
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '@' | '&' | '|' | '^' | '<<' | '>>';
export interface BinaryExpr extends NodeBase {
  readonly kind: 'Binary';
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
}
export interface UnaryExpr extends NodeBase {
  readonly kind: 'Unary';
  readonly operator: '-' | '+' | '~' | 'not';
  readonly operand: Expr;
}
export interface BoolExpr extends NodeBase {
  readonly kind: 'Bool';
  readonly operator: 'and' | 'or';
  readonly values: readonly Expr[];
}
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'is' | 'is not' | 'in' | 'not in';
export interface CompareExpr extends NodeBase {
  readonly kind: 'Compare';
  readonly left: Expr;
  readonly operators: readonly CompareOperator[];
  readonly comparators: readonly Expr[];
}
export interface ConditionalExpr extends NodeBase {
  readonly kind: 'Conditional';
  readonly test: Expr;
  readonly body: Expr;
  readonly orelse: Expr;
}
export interface LambdaExpr extends NodeBase {
  readonly kind: 'Lambda';
  readonly params: readonly Parameter[];
  readonly body: Expr;
}
export interface SequenceExpr extends NodeBase {
  readonly kind: 'Tuple' | 'List' | 'Set';
  readonly elements: readonly Expr[];
}
export interface DictExpr extends NodeBase {
  readonly kind: 'Dict';
  /** `key` is undefined for `**mapping`. */
  readonly entries: readonly { readonly key: Expr | undefined; readonly value: Expr }[];
}
export interface ComprehensionClause {
  readonly target: Expr;
  readonly iterable: Expr;
  readonly conditions: readonly Expr[];
  readonly isAsync: boolean;
}
export interface ComprehensionExpr extends NodeBase {
  readonly kind: 'Comprehension';
  readonly container: 'list' | 'set' | 'dict' | 'generator';
  readonly key: Expr | undefined;
  readonly element: Expr;
  readonly clauses: readonly ComprehensionClause[];
}
export interface StarredExpr extends NodeBase {
  readonly kind: 'Starred';
  readonly value: Expr;
}
export interface NamedExpr extends NodeBase {
  readonly kind: 'NamedExpr';
  readonly target: NameExpr;
  readonly value: Expr;
}
export interface AwaitExpr extends NodeBase {
  readonly kind: 'Await';
  readonly value: Expr;
}
export interface YieldExpr extends NodeBase {
  readonly kind: 'Yield';
  readonly value: Expr | undefined;
  readonly isFrom: boolean;
}
/** Something that could not be parsed, or is nested deeper than anything a person writes. Nothing is known of it. */
export interface BrokenExpr extends NodeBase {
  readonly kind: 'BrokenExpr';
}

export type Expr =
  | NameExpr
  | NumberExpr
  | StringExpr
  | ConstantExpr
  | AttributeExpr
  | SubscriptExpr
  | SliceExpr
  | CallExpr
  | BinaryExpr
  | UnaryExpr
  | BoolExpr
  | CompareExpr
  | ConditionalExpr
  | LambdaExpr
  | SequenceExpr
  | DictExpr
  | ComprehensionExpr
  | StarredExpr
  | NamedExpr
  | AwaitExpr
  | YieldExpr
  | BrokenExpr;

// ---------------------------------------------------------------- statements

/** An indented (or one-line) suite. `span` runs from its first statement's start to its last statement's end. */
export interface Block extends Span {
  readonly body: readonly Stmt[];
}

export interface ExprStmt extends NodeBase {
  readonly kind: 'ExprStmt';
  readonly value: Expr;
}
export interface AssignStmt extends NodeBase {
  readonly kind: 'Assign';
  /** `a = b = value` has two targets. */
  readonly targets: readonly Expr[];
  readonly value: Expr;
}
export interface AugAssignStmt extends NodeBase {
  readonly kind: 'AugAssign';
  readonly target: Expr;
  readonly operator: BinaryOperator;
  readonly value: Expr;
}
export interface AnnAssignStmt extends NodeBase {
  readonly kind: 'AnnAssign';
  readonly target: Expr;
  readonly annotation: Expr;
  readonly value: Expr | undefined;
}
export interface ReturnStmt extends NodeBase {
  readonly kind: 'Return';
  readonly value: Expr | undefined;
}
export interface RaiseStmt extends NodeBase {
  readonly kind: 'Raise';
  readonly value: Expr | undefined;
  readonly cause: Expr | undefined;
}
export interface AssertStmt extends NodeBase {
  readonly kind: 'Assert';
  readonly test: Expr;
  readonly message: Expr | undefined;
}
export interface DeleteStmt extends NodeBase {
  readonly kind: 'Delete';
  readonly targets: readonly Expr[];
}
export interface SimpleStmt extends NodeBase {
  readonly kind: 'Pass' | 'Break' | 'Continue';
}
export interface ScopeStmt extends NodeBase {
  readonly kind: 'Global' | 'Nonlocal';
  readonly names: readonly string[];
}
export interface ImportAlias extends Span {
  /** Dotted name, `*` for a star import. */
  readonly name: string;
  readonly alias: string | undefined;
}
export interface ImportStmt extends NodeBase {
  readonly kind: 'Import';
  readonly names: readonly ImportAlias[];
}
export interface ImportFromStmt extends NodeBase {
  readonly kind: 'ImportFrom';
  /** Dotted module name without its leading dots. */
  readonly module: string;
  /** Number of leading dots. */
  readonly level: number;
  readonly names: readonly ImportAlias[];
}
export interface IfStmt extends NodeBase {
  readonly kind: 'If';
  readonly test: Expr;
  readonly body: Block;
  /** An `elif` is a block that holds one If whose `isElif` is true. */
  readonly orelse: Block | undefined;
  readonly isElif: boolean;
}
export interface ForStmt extends NodeBase {
  readonly kind: 'For';
  readonly target: Expr;
  readonly iterable: Expr;
  readonly body: Block;
  readonly orelse: Block | undefined;
  readonly isAsync: boolean;
}
export interface WhileStmt extends NodeBase {
  readonly kind: 'While';
  readonly test: Expr;
  readonly body: Block;
  readonly orelse: Block | undefined;
}
export interface WithItem {
  readonly context: Expr;
  readonly target: Expr | undefined;
}
export interface WithStmt extends NodeBase {
  readonly kind: 'With';
  readonly items: readonly WithItem[];
  readonly body: Block;
  readonly isAsync: boolean;
}
export interface ExceptHandler extends Span {
  readonly type: Expr | undefined;
  readonly name: string | undefined;
  readonly body: Block;
}
export interface TryStmt extends NodeBase {
  readonly kind: 'Try';
  readonly body: Block;
  readonly handlers: readonly ExceptHandler[];
  readonly orelse: Block | undefined;
  readonly finalbody: Block | undefined;
}
export interface Parameter extends Span {
  readonly name: string;
  readonly annotation: Expr | undefined;
  readonly default: Expr | undefined;
  /** `*args` is 'varargs', `**kw` is 'kwargs'. */
  readonly form: 'positional' | 'varargs' | 'keyword-only' | 'kwargs';
}
/** Starts at its first decorator, where it has one; so does a class. */
export interface FunctionDef extends NodeBase {
  readonly kind: 'FunctionDef';
  readonly name: string;
  readonly nameSpan: Span;
  readonly params: readonly Parameter[];
  readonly returns: Expr | undefined;
  readonly decorators: readonly Expr[];
  readonly body: Block;
  readonly isAsync: boolean;
}
export interface ClassDef extends NodeBase {
  readonly kind: 'ClassDef';
  readonly name: string;
  readonly nameSpan: Span;
  readonly bases: readonly Argument[];
  readonly decorators: readonly Expr[];
  readonly body: Block;
}
export interface MatchStmt extends NodeBase {
  readonly kind: 'Match';
  readonly subject: Expr;
  readonly cases: readonly {
    readonly captures: readonly string[];
    readonly guard: Expr | undefined;
    readonly body: Block;
  }[];
}
/** A statement with a syntax error in its own tokens. Rules say nothing inside; `body` keeps sound inner statements. */
export interface BrokenStmt extends NodeBase {
  readonly kind: 'BrokenStmt';
  readonly body: readonly Stmt[];
}

export type Stmt =
  | ExprStmt
  | AssignStmt
  | AugAssignStmt
  | AnnAssignStmt
  | ReturnStmt
  | RaiseStmt
  | AssertStmt
  | DeleteStmt
  | SimpleStmt
  | ScopeStmt
  | ImportStmt
  | ImportFromStmt
  | IfStmt
  | ForStmt
  | WhileStmt
  | WithStmt
  | TryStmt
  | FunctionDef
  | ClassDef
  | MatchStmt
  | BrokenStmt;

export type Node = Expr | Stmt;

// ---------------------------------------------------------------- module

export interface Comment extends Span {
  readonly text: string;
  /** Whether nothing but white space stands before it on its line. */
  readonly ownLine: boolean;
}

/**
 * A run of whole top-level statements, parsed by itself. Its tree depends on its text alone: the same text gives the
 * same object for as long as the parser remembers it.
 */
export interface Segment {
  readonly text: string;
  readonly body: readonly Stmt[];
  readonly comments: readonly Comment[];
  readonly hasErrors: boolean;
}

export interface PlacedSegment {
  /** Absolute UTF-16 offset of the segment's first character. */
  readonly offset: number;
  readonly segment: Segment;
}

/** A parsed file. Segments cover the whole text in order, without gaps. */
export interface Module {
  readonly text: string;
  readonly segments: readonly PlacedSegment[];
}

/** Span of an expression with the parentheses that surround it. */
export function outerSpan(node: Node): Span {
  return node.outer ?? node;
}

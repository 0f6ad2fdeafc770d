// A tree-sitter tree copied into arrays in one walk of its cursor, so that lowering never calls into WebAssembly.

import type { Language, Tree } from 'web-tree-sitter';
import type { Comment } from './ast';

/** The grammar's named node types. Everything unnamed (operators, keywords, brackets) is `token`. */
export enum Kind {
  token = 0,
  ERROR,
  other,
  aliased_import,
  argument_list,
  as_pattern,
  as_pattern_target,
  assert_statement,
  assignment,
  attribute,
  augmented_assignment,
  await,
  binary_operator,
  block,
  boolean_operator,
  break_statement,
  call,
  case_clause,
  case_pattern,
  chevron,
  class_definition,
  class_pattern,
  comment,
  comparison_operator,
  concatenated_string,
  conditional_expression,
  constrained_type,
  continue_statement,
  decorated_definition,
  decorator,
  default_parameter,
  delete_statement,
  dict_pattern,
  dictionary,
  dictionary_comprehension,
  dictionary_splat,
  dictionary_splat_pattern,
  dotted_name,
  elif_clause,
  ellipsis,
  else_clause,
  except_clause,
  exec_statement,
  expression_list,
  expression_statement,
  false,
  finally_clause,
  float,
  for_in_clause,
  for_statement,
  format_expression,
  format_specifier,
  function_definition,
  future_import_statement,
  generator_expression,
  generic_type,
  global_statement,
  identifier,
  if_clause,
  if_statement,
  import_from_statement,
  import_prefix,
  import_statement,
  integer,
  interpolation,
  keyword_argument,
  keyword_pattern,
  keyword_separator,
  lambda,
  lambda_parameters,
  line_continuation,
  list,
  list_comprehension,
  list_pattern,
  list_splat,
  list_splat_pattern,
  match_statement,
  member_type,
  module,
  named_expression,
  none,
  nonlocal_statement,
  not_operator,
  pair,
  parameters,
  parenthesized_expression,
  pass_statement,
  pattern_list,
  positional_separator,
  print_statement,
  raise_statement,
  relative_import,
  return_statement,
  set,
  set_comprehension,
  slice,
  splat_pattern,
  splat_type,
  string,
  subscript,
  true,
  try_statement,
  tuple,
  tuple_pattern,
  type,
  type_alias_statement,
  type_conversion,
  type_parameter,
  typed_default_parameter,
  typed_parameter,
  unary_operator,
  union_pattern,
  union_type,
  while_statement,
  wildcard_import,
  with_clause,
  with_item,
  with_statement,
  yield,
}

/** What tree-sitter numbers a syntax error with, in every language. */
const ERROR_TYPE_ID = 65535;

/** The language's type numbers, translated once. */
export class NodeTypes {
  readonly kinds: Uint8Array;
  readonly names: readonly string[];

  constructor(language: Language) {
    const byName = Kind as unknown as Readonly<Record<string, Kind | undefined>>;
    this.names = language.types.map((name) => name ?? '');
    this.kinds = Uint8Array.from(this.names, (name, id) =>
      language.nodeTypeIsNamed(id) ? (byName[name] ?? Kind.other) : Kind.token,
    );
  }
}

/** Nodes in preorder; the children of `i` are `i + 1`, `next[i + 1]`, … while they are below `next[i]`. */
export class FlatTree {
  size = 0;
  kind = new Uint8Array(4096);
  /** tree-sitter's own type number, by which tokens are told apart. */
  type = new Uint16Array(4096);
  /** Spans; of tokens only where the tree has errors. */
  start = new Int32Array(4096);
  end = new Int32Array(4096);
  next = new Int32Array(4096);
  comments: Comment[] = [];
  hasErrors = false;
  /** Nodes that the parser made up, or that hold a made-up token which cannot be seen. */
  readonly faulty = new Set<number>();

  constructor(readonly types: NodeTypes) {}

  /** Text of an unnamed token: an operator, keyword or bracket. */
  tokenText(node: number): string {
    return this.types.names[this.type[node] as number] ?? '';
  }

  private grow(): void {
    const capacity = this.kind.length * 2;
    const grown = <T extends Uint8Array | Uint16Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.kind = grown(this.kind, new Uint8Array(capacity));
    this.type = grown(this.type, new Uint16Array(capacity));
    this.start = grown(this.start, new Int32Array(capacity));
    this.end = grown(this.end, new Int32Array(capacity));
    this.next = grown(this.next, new Int32Array(capacity));
  }

  /** Gives back what a huge segment took. */
  shrink(): void {
    if (this.kind.length <= 1 << 17) return;
    this.kind = new Uint8Array(4096);
    this.type = new Uint16Array(4096);
    this.start = new Int32Array(4096);
    this.end = new Int32Array(4096);
    this.next = new Int32Array(4096);
  }

  /** Copies `tree`, whose text is `text`. The walk keeps its own stack: depth is no concern. */
  fill(tree: Tree, text: string): void {
    this.size = 0;
    this.comments = [];
    this.faulty.clear();
    this.hasErrors = tree.rootNode.hasError;
    const { kinds } = this.types;
    const withErrors = this.hasErrors;
    const cursor = tree.walk();
    const open: number[] = [];
    for (;;) {
      const type = cursor.nodeTypeId;
      const kind: Kind = type === ERROR_TYPE_ID ? Kind.ERROR : (kinds[type] as number);
      let descend = false;
      if (kind === Kind.comment) {
        const start = cursor.startIndex;
        this.comments.push(commentAt(text, start, cursor.endIndex));
      } else if (kind !== Kind.line_continuation) {
        if (this.size === this.kind.length) this.grow();
        const node = this.size++;
        this.kind[node] = kind;
        this.type[node] = type;
        this.next[node] = node + 1;
        if (kind !== Kind.token || withErrors) {
          const start = cursor.startIndex;
          const end = cursor.endIndex;
          this.start[node] = start;
          this.end[node] = end;
          descend = kind !== Kind.token && mayHoldMore(kind, text, start, end);
          if (withErrors && isFaulty(cursor.nodeIsMissing, kind, () => cursor.currentNode.hasError)) {
            this.faulty.add(node);
          }
        }
        if (descend && cursor.gotoFirstChild()) {
          open.push(node);
          continue;
        }
      }
      while (!cursor.gotoNextSibling()) {
        const parent = open.pop();
        if (parent === undefined) {
          cursor.delete();
          return;
        }
        this.next[parent] = this.size;
        cursor.gotoParent();
      }
    }
  }
}

function isFaulty(isMissing: boolean, kind: Kind, holdsErrors: () => boolean): boolean {
  return isMissing || (isSimpleStatement(kind) && holdsErrors());
}

/** Statements without a suite: an error anywhere inside is one of their own tokens. */
export function isSimpleStatement(kind: Kind): boolean {
  switch (kind) {
    case Kind.expression_statement:
    case Kind.return_statement:
    case Kind.assert_statement:
    case Kind.delete_statement:
    case Kind.raise_statement:
    case Kind.pass_statement:
    case Kind.break_statement:
    case Kind.continue_statement:
    case Kind.global_statement:
    case Kind.nonlocal_statement:
    case Kind.import_statement:
    case Kind.import_from_statement:
    case Kind.future_import_statement:
    case Kind.print_statement:
    case Kind.exec_statement:
    case Kind.type_alias_statement:
      return true;
    default:
      return false;
  }
}

export function isCompoundStatement(kind: Kind): boolean {
  switch (kind) {
    case Kind.if_statement:
    case Kind.for_statement:
    case Kind.while_statement:
    case Kind.try_statement:
    case Kind.with_statement:
    case Kind.function_definition:
    case Kind.class_definition:
    case Kind.decorated_definition:
    case Kind.match_statement:
      return true;
    default:
      return false;
  }
}

/** Leaves, and nodes of which the text says all that is needed, are not walked into. */
function mayHoldMore(kind: Kind, text: string, start: number, end: number): boolean {
  switch (kind) {
    case Kind.identifier:
    case Kind.integer:
    case Kind.float:
    case Kind.true:
    case Kind.false:
    case Kind.none:
    case Kind.ellipsis:
    case Kind.other:
    case Kind.import_prefix:
    case Kind.type_conversion:
      return false;
    case Kind.string:
      return isFormatString(text, start);
    case Kind.dotted_name:
      return text.slice(start, end).includes('#');
    default:
      return true;
  }
}

/** Whether the prefix of the string literal at `start` makes it an f-string (or a template string). */
export function isFormatString(text: string, start: number): boolean {
  for (let i = start; i < start + 3; i++) {
    const c = text.charCodeAt(i) | 32;
    if (c === 0x66 || c === 0x74) return true;
    if (c !== 0x72 && c !== 0x62 && c !== 0x75) return false;
  }
  return false;
}

function commentAt(text: string, start: number, end: number): Comment {
  let before = start - 1;
  while (before >= 0) {
    const c = text.charCodeAt(before);
    if (c !== 32 && c !== 9 && c !== 12 && c !== 0xfeff) break;
    before--;
  }
  const c = text.charCodeAt(before);
  const ownLine = before < 0 || c === 10 || c === 13;
  return { start, end, text: text.slice(start, end), ownLine };
}

// Where one segment puts numbers and switches for the rest of the file: options, fields, assigned attributes, names.

import type { CallExpr, ClassDef, Expr, FunctionDef, Segment, Stmt } from '../syntax/ast';
import { blocksOf } from '../syntax/walk';
import { dottedName, summarize } from './program';

/** An expression with the segment it stands in. */
export interface Placed<T extends Expr = Expr> {
  readonly segment: Segment;
  readonly expr: T;
}

/** A default of an option of the command line; `expr` is undefined where it has none that can be read off. */
export interface OptionSource {
  readonly name: string;
  readonly segment: Segment;
  readonly expr: Expr | undefined;
  /** `action="store_true"`: off unless somebody asks for it. */
  readonly isFlag: boolean;
}

/** What a class of the file gives a field when nobody says otherwise. */
export interface FieldSource extends Placed {
  readonly owner: ClassDef;
}

export interface SegmentSources {
  readonly options: readonly OptionSource[];
  readonly fields: ReadonlyMap<string, readonly FieldSource[]>;
  /** `cfg.lr = 0.1`, by its dotted name. */
  readonly attributes: ReadonlyMap<string, readonly Placed[]>;
  /** Names and the expressions they are bound to at the top level or in any function; undefined: by other means. */
  readonly names: ReadonlyMap<string, readonly (Placed | undefined)[]>;
}

const known = new WeakMap<Segment, SegmentSources>();

/** Depends on the segment's text alone. */
export function sourcesOf(segment: Segment): SegmentSources {
  let sources = known.get(segment);
  if (!sources) {
    sources = collect(segment);
    known.set(segment, sources);
  }
  return sources;
}

function collect(segment: Segment): SegmentSources {
  const fields = new Map<string, FieldSource[]>();
  const attributes = new Map<string, Placed[]>();
  const names = new Map<string, (Placed | undefined)[]>();
  const options = summarize(segment).calls.flatMap((call) => optionOf(segment, call) ?? []);
  const visit = (body: readonly Stmt[], owner: ClassDef | undefined): void => {
    for (const stmt of body) {
      for (const [target, value] of assignments(stmt)) {
        if (target.kind === 'Name') {
          if (owner) add(fields, target.id, value && { segment, expr: value, owner });
          else add(names, target.id, value && { segment, expr: value }, true);
        } else {
          const dotted = dottedName(target);
          if (dotted !== undefined) add(attributes, dotted, value && { segment, expr: value });
        }
      }
      if (stmt.kind === 'ClassDef') visit(stmt.body.body, stmt);
      else if (stmt.kind === 'BrokenStmt') visit(stmt.body, owner);
      else for (const block of blocksOf(stmt)) visit(block.body, stmt.kind === 'FunctionDef' ? undefined : owner);
    }
  };
  visit(segment.body, undefined);
  return { options, fields, attributes, names };
}

function add<T>(map: Map<string, (T | undefined)[]>, key: string, value: T | undefined, withUnknown: true): void;
function add<T>(map: Map<string, T[]>, key: string, value: T | undefined): void;
function add<T>(map: Map<string, (T | undefined)[]>, key: string, value: T | undefined, withUnknown = false): void {
  if (value === undefined && !withUnknown) return;
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The targets that a statement itself binds, with the expression where it is the whole value. */
export function assignments(stmt: Stmt): [Expr, Expr | undefined][] {
  switch (stmt.kind) {
    case 'Assign':
      return stmt.targets.flatMap((target) => bound(target, stmt.value));
    case 'AnnAssign':
      return stmt.value ? [[stmt.target, stmt.value]] : [];
    case 'AugAssign':
      return [[stmt.target, undefined]];
    case 'For':
      return bound(stmt.target, undefined);
    case 'With':
      return stmt.items.flatMap(({ target }) => (target ? bound(target, undefined) : []));
    default:
      return [];
  }
}

function bound(target: Expr, value: Expr | undefined): [Expr, Expr | undefined][] {
  if (target.kind !== 'Tuple' && target.kind !== 'List') return [[target, value]];
  const parts = value?.kind === 'Tuple' || value?.kind === 'List' ? value.elements : undefined;
  return target.elements.flatMap((element, i) =>
    bound(element, parts?.length === target.elements.length ? parts[i] : undefined),
  );
}

/** `self.name = …` in the methods of a class: each expression once. */
export function attributesAssigned(type: ClassDef, name: string): { method: FunctionDef; expr: Expr | undefined }[] {
  const found: { method: FunctionDef; expr: Expr | undefined }[] = [];
  const visit = (body: readonly Stmt[], method: FunctionDef, self: string): void => {
    for (const stmt of body) {
      for (const [target, value] of assignments(stmt))
        if (target.kind === 'Attribute' && target.name === name && isName(target.object, self))
          found.push({ method, expr: value });
      if (stmt.kind !== 'ClassDef') for (const block of blocksOf(stmt)) visit(block.body, method, self);
    }
  };
  for (const stmt of type.body.body) {
    const self = stmt.kind === 'FunctionDef' ? stmt.params[0]?.name : undefined;
    if (stmt.kind === 'FunctionDef' && self !== undefined) visit(stmt.body.body, stmt, self);
  }
  return found;
}

function isName(expr: Expr, id: string): boolean {
  return expr.kind === 'Name' && expr.id === id;
}

// ---------------------------------------------------------------- the command line

export function keywordOf(call: CallExpr, ...names: readonly string[]): Expr | undefined {
  return call.args.find((arg) => arg.keyword !== undefined && names.includes(arg.keyword))?.value;
}

/** The argument with a name, or else at a position among those without one. */
export function argumentOf(call: CallExpr, name: string, position: number): Expr | undefined {
  const given = keywordOf(call, name);
  if (given) return given;
  const before = call.args.slice(0, position + 1);
  if (before.some((arg) => arg.unpack !== '' || arg.keyword !== undefined)) return undefined;
  return call.args[position]?.value;
}

/** argparse's `add_argument`, click's `option`, absl's `DEFINE_…`. */
function optionOf(segment: Segment, call: CallExpr): OptionSource | undefined {
  const callee =
    call.callee.kind === 'Attribute' ? call.callee.name : call.callee.kind === 'Name' ? call.callee.id : '';
  const texts = call.args.flatMap(({ keyword, value }) =>
    keyword === undefined && value.kind === 'String' && value.value !== undefined ? [value.value] : [],
  );
  if (/^DEFINE_\w+$/.test(callee)) {
    const [name] = texts;
    return name === undefined
      ? undefined
      : { name, segment, expr: argumentOf(call, 'default', 1), isFlag: /^DEFINE_bool/.test(callee) };
  }
  if (!/^add_argument$|^option$|^add_option$/.test(callee)) return undefined;
  const dest = keywordOf(call, 'dest');
  const long = texts.find((text) => text.startsWith('--')) ?? texts[0];
  const name = dest?.kind === 'String' ? dest.value : long?.replace(/^-+/, '').split('/', 1)[0]?.replaceAll('-', '_');
  if (name === undefined || name === '') return undefined;
  const action = keywordOf(call, 'action');
  const isFlag =
    (action?.kind === 'String' && /^store_(true|false)$/.test(action.value ?? '')) ||
    keywordOf(call, 'is_flag') !== undefined;
  return { name, segment, expr: keywordOf(call, 'default'), isFlag };
}

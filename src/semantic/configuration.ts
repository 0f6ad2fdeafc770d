// Configuration of a training script: the literal that an argument comes from, through options, fields, names and dicts.

import type { CallExpr, ClassDef, Expr, FunctionDef, Segment, Stmt } from '../syntax/ast';
import { blocksOf } from '../syntax/walk';
import {
  argumentOf,
  assignments,
  attributesAssigned,
  keywordOf,
  type Placed,
  sourcesOf,
} from './configuration-sources';
import type { SemanticModel } from './model';
import { namesRead } from './names-read';
import { dottedName } from './program';
import { literalNumber } from './value';

/** A literal that configures something, where it stands. */
export interface Setting extends Placed {
  readonly value: number | string | boolean | null;
  /** How it gets from there to where it is read; a default may be overruled by whoever calls the script. */
  readonly via: 'literal' | 'default';
}

const MAX_DEPTH = 8;

/** The literal behind an expression; undefined where it is computed, or where it may be one of several. */
export function settingOf(model: SemanticModel, segment: Segment, expr: Expr, depth = 0): Setting | undefined {
  const literal = literalOf(model, segment, expr);
  if (literal !== undefined) return { segment, expr, value: literal, via: 'literal' };
  if (depth > MAX_DEPTH) return undefined;
  if (expr.kind === 'Call') return ofCall(model, segment, expr, depth);
  const source = sourceOf(model, segment, expr, depth);
  const setting = source && settingOf(model, source.segment, source.expr, depth + 1);
  return setting && source?.isDefault ? { ...setting, via: 'default' } : setting;
}

/** The number behind an expression, if it is one. */
export function numberSetting(
  model: SemanticModel,
  segment: Segment,
  expr: Expr,
): (Setting & { value: number }) | undefined {
  const setting = settingOf(model, segment, expr);
  return typeof setting?.value === 'number' ? { ...setting, value: setting.value } : undefined;
}

/** `float("1e-3")` is a number; `config.get("lr", 1e-3)` is what the mapping holds, or the number given. */
function ofCall(model: SemanticModel, segment: Segment, call: CallExpr, depth: number): Setting | undefined {
  const { callee } = call;
  const [first, second] = call.args;
  if (callee.kind === 'Name' && /^(float|int|str|bool)$/.test(callee.id) && first && call.args.length === 1) {
    const inner = settingOf(model, segment, first.value, depth + 1);
    const number = callee.id === 'float' && typeof inner?.value === 'string' ? Number(inner.value) : undefined;
    return inner && number !== undefined ? { ...inner, value: number } : inner;
  }
  if (callee.kind === 'Attribute' && callee.name === 'get' && first?.value.kind === 'String') {
    const entry = entryOf(model, segment, callee.object, first.value.value ?? '', depth);
    if (entry) return settingOf(model, entry.segment, entry.expr, depth + 1);
    const fallback = second && settingOf(model, segment, second.value, depth + 1);
    return fallback && { ...fallback, via: 'default' };
  }
  const held = defaultOf(model, segment, call);
  return held && settingOf(model, segment, held, depth + 1);
}

/** The last name of what is called, as its library spells it. */
function nameOfCallee(model: SemanticModel, segment: Segment, { callee }: CallExpr): string {
  // In the body of a class nothing is recorded; what the file imports is known all the same.
  const known = model.valueOf(segment, callee);
  const value = known.kind === 'library' || callee.kind !== 'Name' ? known : model.global(callee.id);
  return value?.kind === 'library' ? value.name.slice(value.name.lastIndexOf('.') + 1) : calleeName(callee);
}

/** `field(default=…)`, `typer.Option(…)`, `Field(…)`: what stands for the value. */
function defaultOf(model: SemanticModel, segment: Segment, call: CallExpr): Expr | undefined {
  const name = nameOfCallee(model, segment, call);
  if (name === 'field') return keywordOf(call, 'default');
  return /^(Field|Option|Argument)$/.test(name) ? argumentOf(call, 'default', 0) : undefined;
}

function literalOf(model: SemanticModel, segment: Segment, expr: Expr): Setting['value'] | undefined {
  switch (expr.kind) {
    case 'Number':
      return expr.isImaginary ? undefined : expr.value;
    case 'String':
      return expr.value;
    case 'Constant':
      return expr.value === 'ellipsis' ? undefined : expr.value;
    case 'Unary':
    case 'Binary':
      return isArithmetic(expr) ? literalNumber(model.valueOf(segment, expr)) : undefined;
    default:
      return undefined;
  }
}

/** Nothing but numbers: `10 ** -3`. */
function isArithmetic(expr: Expr): boolean {
  switch (expr.kind) {
    case 'Number':
      return true;
    case 'Unary':
      return expr.operator !== 'not' && isArithmetic(expr.operand);
    case 'Binary':
      return isArithmetic(expr.left) && isArithmetic(expr.right);
    default:
      return false;
  }
}

// ---------------------------------------------------------------- where a value comes from

interface Source extends Placed {
  readonly isDefault?: boolean;
}

/** The one expression whose value a name, an attribute or an entry has; undefined where there is none, or several. */
export function sourceOf(model: SemanticModel, segment: Segment, expr: Expr, depth = 0): Source | undefined {
  if (depth > MAX_DEPTH) return undefined;
  switch (expr.kind) {
    case 'Name':
      return ofName(model, segment, expr, expr.id, depth);
    case 'Attribute':
      return (
        ofObject(model, segment, expr.object, expr.name, depth) ??
        entryOf(model, segment, expr.object, expr.name, depth) ??
        ofNamespace(model, segment, expr.object, expr.name)
      );
    case 'Subscript': {
      const [key] = expr.indices;
      return expr.indices.length === 1 && key?.kind === 'String' && key.value !== undefined
        ? (entryOf(model, segment, expr.object, key.value, depth) ??
            ofNamespace(model, segment, expr.object, key.value))
        : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * The expression that made an object: `model.to(device)`, `DDP(model)` and `prepare(model, optimizer)` bound to the name
 * of what they are given leave it what it was.
 */
export function originOf(model: SemanticModel, segment: Segment, expr: Expr): Placed | undefined {
  if (expr.kind !== 'Name') return expr.kind === 'Attribute' ? sourceOf(model, segment, expr) : { segment, expr };
  const isFirst = (value: Expr | undefined): boolean => value !== undefined && !namesRead(value).has(expr.id);
  return ofName(model, segment, expr, expr.id, 0, isFirst);
}

function ofName(
  model: SemanticModel,
  segment: Segment,
  at: Expr,
  name: string,
  depth: number,
  counts: (value: Expr | undefined) => boolean = () => true,
): Source | undefined {
  for (
    let scope = model.enclosingFunction(segment, at);
    scope !== undefined;
    scope = model.enclosingFunction(segment, scope)
  ) {
    const bound = bindingsIn(scope.body.body, name).filter(counts);
    const parameter = scope.params.find((each) => each.name === name);
    if (bound.length > 0) {
      const [only] = bound;
      return bound.length === 1 && only && !parameter ? { segment, expr: only } : undefined;
    }
    if (parameter) return ofParameter(model, segment, scope, name, depth);
  }
  return onlyOne(
    model.module.segments.flatMap(({ segment: other }) =>
      sourcesOf(other).names.has(name)
        ? bindingsIn(other.body, name)
            .filter(counts)
            .map((value) => value && { segment: other, expr: value })
        : [],
    ),
  );
}

/** What a name is bound to in a scope; an entry is undefined where the value can't be read off. */
function bindingsIn(body: readonly Stmt[], name: string): (Expr | undefined)[] {
  return body.flatMap((stmt) => {
    const own = assignments(stmt).flatMap(([target, value]) =>
      target.kind === 'Name' && target.id === name ? [value] : [],
    );
    if (stmt.kind === 'FunctionDef' || stmt.kind === 'ClassDef') return own;
    const inner = stmt.kind === 'BrokenStmt' ? [stmt.body] : blocksOf(stmt).map((block) => block.body);
    return [...own, ...inner.flatMap((part) => bindingsIn(part, name))];
  });
}

/** What the one caller of the file passes; else the default, where no caller passes anything. */
function ofParameter(
  model: SemanticModel,
  segment: Segment,
  scope: FunctionDef,
  name: string,
  depth: number,
): Source | undefined {
  const parameter = scope.params.find((each) => each.name === name);
  const passed = argumentsPassed(model, segment, scope, name);
  if (passed.length > 0) {
    const settings = passed.map((each) => each && settingOf(model, each.segment, each.expr, depth + 1));
    const [first] = settings;
    const isSame = first && settings.every((each) => each?.value === first.value);
    return isSame ? first : onlyOne(passed);
  }
  // click's options are parameters of the function that they decorate.
  const option = scope.decorators.some((decorator) => decorator.kind === 'Call') ? optionNamed(model, name) : undefined;
  if (option) return option;
  if (parameter?.default) return { segment, expr: parameter.default, isDefault: true };
  return namesake(model, name);
}

/** A configuration that is handed on under its own name. */
function namesake(model: SemanticModel, name: string): Source | undefined {
  const bound = model.module.segments.flatMap(({ segment }) => sourcesOf(segment).names.get(name) ?? []);
  const only = onlyOne(bound);
  return only && isContainer(only.expr) ? only : undefined;
}

function isContainer(expr: Expr): boolean {
  return expr.kind === 'Dict' || expr.kind === 'Call';
}

/** The argument for a parameter at each call of the function in the file that passes one. */
function argumentsPassed(
  model: SemanticModel,
  segment: Segment,
  scope: FunctionDef,
  name: string,
): (Placed | undefined)[] {
  const owner = scope.name === '__init__' ? model.enclosingClass(segment, scope) : undefined;
  const positional = scope.params.filter((each) => each.form === 'positional').map((each) => each.name);
  const isMethod = model.parentOf(segment, scope)?.kind === 'ClassDef';
  const position = positional.indexOf(name) - (isMethod ? 1 : 0);
  return model.analyses.flatMap((analysis) =>
    analysis.callExprs.flatMap((call) => {
      const callee = analysis.values.get(call.callee);
      const isMeant =
        (callee?.kind === 'function' && callee.node === scope) ||
        (owner !== undefined && callee?.kind === 'class' && callee.node === owner);
      if (!isMeant) return [];
      if (call.args.some((arg) => arg.unpack !== '')) return [undefined];
      const given = positional.includes(name) ? argumentOf(call, name, position) : keywordOf(call, name);
      return given ? [{ segment: analysis.segment, expr: given }] : [];
    }),
  );
}

// ---------------------------------------------------------------- objects and mappings

/** A field of an object of a class of the file: what the class says, or the one thing that its methods assign. */
function ofObject(
  model: SemanticModel,
  segment: Segment,
  object: Expr,
  name: string,
  depth: number,
): Source | undefined {
  const value = model.valueOf(segment, object);
  const own = object.kind === 'Name' && object.id === 'self' ? model.enclosingClass(segment, object) : undefined;
  if (value.kind === 'object' || value.kind === 'class') {
    const type = value.kind === 'object' ? value.type : value;
    if (value.kind === 'object' && value.call) {
      const given = keywordOf(value.call, name);
      const home = model.analyses.find(({ callExprs }) => callExprs.includes(value.call as CallExpr));
      if (given && home) return { segment: home.segment, expr: given };
    }
    return ofClass(type.segment, type.node, name);
  }
  if (own) return ofClass(segment, own, name);
  // Lightning keeps the constructor's arguments under this name.
  if (/(^|\.)hparams$/.test(dottedName(object) ?? '')) {
    const type = model.enclosingClass(segment, object);
    const init = type?.body.body.find((stmt) => stmt.kind === 'FunctionDef' && stmt.name === '__init__');
    if (init?.kind === 'FunctionDef' && init.params.some((each) => each.name === name))
      return ofParameter(model, segment, init, name, depth);
  }
  return undefined;
}

function ofClass(segment: Segment, type: ClassDef, name: string): Source | undefined {
  const assigned = attributesAssigned(type, name);
  const fields =
    sourcesOf(segment)
      .fields.get(name)
      ?.filter(({ owner }) => owner === type) ?? [];
  if (assigned.length === 0) {
    const only = onlyOne(fields);
    return only && { segment: only.segment, expr: only.expr, isDefault: true };
  }
  const [only] = assigned;
  return assigned.length === 1 && only?.expr ? { segment, expr: only.expr } : undefined;
}

/** Calls that give a namespace or a mapping of their keywords, or of the dict that they are given. */
const MAPPINGS =
  /^(dict|SimpleNamespace|Namespace|EasyDict|edict|DotDict|dotdict|AttrDict|AttributeDict|Munch|Box|ConfigDict|OmegaConf|create|DictConfig|namedtuple|OrderedDict)$/;

/** The value under a key of a literal mapping or namespace, through names and other mappings. */
export function entryOf(
  model: SemanticModel,
  segment: Segment,
  object: Expr,
  key: string,
  depth = 0,
): Source | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (object.kind === 'Dict') {
    const entries = object.entries.filter((entry) => entry.key?.kind === 'String' && entry.key.value === key);
    const value = entries.at(-1)?.value;
    return value && { segment, expr: value };
  }
  if (object.kind === 'Call') {
    if (!MAPPINGS.test(nameOfCallee(model, segment, object))) return undefined;
    const given = keywordOf(object, key);
    if (given) return { segment, expr: given };
    const [first] = object.args;
    return first && first.keyword === undefined ? entryOf(model, segment, first.value, key, depth + 1) : undefined;
  }
  const held = sourceOf(model, segment, object, depth + 1);
  return held && entryOf(model, held.segment, held.expr, key, depth + 1);
}

/** Names under which people keep what configures a run. */
const NAMESPACES =
  /(^|_)(args?|arguments|opts?|options?|flags|hparams?|hyper_?params?|hps?|params|config|cfg|conf|configuration|settings|namespace|ns)($|_|\d)|(Config|Args)$/i;
const CONFIGURATIONS = /Conf(ig)?(uration)?$|Arg(ument)?s$|Param(eter)?s$|Hyper|Settings$|Options$|Opts?$/i;

/** `args.lr`: an option of the file's parser, a field of its one configuration class, or `cfg.lr = …` somewhere. */
function ofNamespace(model: SemanticModel, segment: Segment, object: Expr, name: string): Source | undefined {
  const holder = dottedName(object);
  if (holder === undefined || !NAMESPACES.test(holder.slice(holder.lastIndexOf('.') + 1))) return undefined;
  if (model.valueOf(segment, object).kind === 'library') return undefined;
  const all = model.module.segments.map((placed) => sourcesOf(placed.segment));
  const assigned = all.flatMap(({ attributes }) => attributes.get(`${holder}.${name}`) ?? []);
  if (assigned.length > 0) return onlyOne(assigned);
  const option = optionNamed(model, name);
  if (option) return option;
  const field = onlyOne(
    all.flatMap(({ fields }) => fields.get(name) ?? []).filter(({ owner }) => isConfiguration(owner)),
  );
  return field && { segment: field.segment, expr: field.expr, isDefault: true };
}

function isConfiguration(type: ClassDef): boolean {
  return (
    CONFIGURATIONS.test(type.name) ||
    type.decorators.some((decorator) => /dataclass|\bs$|define/.test(calleeName(decorator)))
  );
}

function calleeName(expr: Expr): string {
  if (expr.kind === 'Call') return calleeName(expr.callee);
  return expr.kind === 'Attribute' ? expr.name : expr.kind === 'Name' ? expr.id : '';
}

function optionNamed(model: SemanticModel, name: string): Source | undefined {
  const options = model.module.segments.flatMap(({ segment }) =>
    sourcesOf(segment).options.filter((option) => option.name === name),
  );
  const [option] = options;
  return options.length === 1 && option?.expr
    ? { segment: option.segment, expr: option.expr, isDefault: true }
    : undefined;
}

function onlyOne<T extends Placed>(found: readonly (T | undefined)[]): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}

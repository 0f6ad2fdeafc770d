// The semantic model of a file: what rules ask. Segments that nothing relevant has changed for keep what was learned.

import type {
  CallExpr,
  ClassDef,
  CompareExpr,
  Expr,
  FunctionDef,
  Module,
  Node,
  PlacedSegment,
  Segment,
  Stmt,
} from '../syntax/ast';
import { blocksOf, childrenOf, isStatement } from '../syntax/walk';
import { parameterScope, resultOf } from './calls';
import { libraryBases, methodsOf } from './classes';
import { Environment } from './environment';
import { Evaluator } from './evaluator';
import { decorated, interpretBody } from './interpreter';
import { callModel } from './layers';
import { canonicalName } from './libraries';
import type { OperationSite } from './operation-site';
import { dependencyKeys, importedPackages, summarize } from './program';
import { type LocalCall, newRecording, type Recording, Session } from './session';
import {
  asQuantity,
  type ClassValue,
  type Framework,
  type FunctionValue,
  isUnknown,
  joinValues,
  type LocalInstance,
  UNKNOWN,
  type Value,
} from './value';

/** A function body as it was analysed, with the class whose method it is. */
export interface FunctionScope {
  readonly node: FunctionDef;
  readonly segment: Segment;
  readonly owner: ClassValue | undefined;
}

/** All that was learned of one segment. */
export interface SegmentAnalysis {
  readonly key: string;
  readonly segment: Segment;
  readonly values: ReadonlyMap<Expr, Value>;
  readonly sites: readonly OperationSite[];
  readonly calls: readonly LocalCall[];
  readonly functions: readonly FunctionScope[];
  readonly classes: readonly ClassValue[];
  /** Every call and every comparison in it, in the order of the source. */
  readonly callExprs: readonly CallExpr[];
  readonly comparisons: readonly CompareExpr[];
  /** Names it binds at the top level of the file, with their values afterwards. */
  readonly bindings: ReadonlyMap<string, Value>;
  /** Whatever a later stage derives from this analysis and wants to keep with it. */
  readonly derived: Map<unknown, unknown>;
}

type Analyses = WeakMap<Segment, SegmentAnalysis>;
const analyses: Analyses = new WeakMap();
/** Without what is taken on trust. */
const strictAnalyses: Analyses = new WeakMap();

function arrayFramework(packages: ReadonlySet<string>): Framework | undefined {
  if (packages.has('torch')) return 'torch';
  if (packages.has('jax')) return 'jax';
  return packages.has('numpy') ? 'numpy' : undefined;
}

export class SemanticModel {
  readonly packages: ReadonlySet<string>;
  readonly analyses: readonly SegmentAnalysis[];
  /** Whether the file asked for more work than is done for one file; what is missing is unknown, never wrong. */
  readonly exhausted: boolean;
  private readonly session: Session;
  private readonly globals = new Environment(undefined, true);
  private readonly bySegment: ReadonlyMap<Segment, SegmentAnalysis>;
  private readonly parents = new Map<Segment, Map<Node, Node>>();

  /** @param takesOnTrust see Session */
  constructor(
    readonly module: Module,
    takesOnTrust = true,
  ) {
    this.packages = importedPackages(module);
    this.session = new Session(arrayFramework(this.packages), takesOnTrust);
    this.analyses = this.run(module.segments);
    this.bySegment = new Map(this.analyses.map((analysis) => [analysis.segment, analysis]));
    this.exhausted = this.session.exhausted;
  }

  private run(segments: readonly PlacedSegment[]): SegmentAnalysis[] {
    const kept = this.session.takesOnTrust ? analyses : strictAnalyses;
    const framework = this.session.arrayFramework ?? '';
    const keys = dependencyKeys(segments).map((key) => `${framework}|${key}`);
    const cached = segments.map(({ segment }, i) => {
      const known = kept.get(segment);
      return known?.key === keys[i] ? known : undefined;
    });
    // 1. The top level, in order: imports, constants, functions and classes as values.
    const tops = segments.map(({ segment }, i) => {
      const known = cached[i];
      if (known) {
        for (const [name, value] of known.bindings) this.globals.set(name, value);
        return undefined;
      }
      return this.topLevel(segment);
    });
    // 2. The bodies, with parameters of which only the annotations and defaults are known.
    const bodies = segments.map((_, i) => (tops[i] ? this.bodies(tops[i]) : undefined));
    // 3. Once more where the call sites of the file say more.
    const calls = segments.flatMap(
      (_, i) =>
        cached[i]?.calls ?? [
          ...(tops[i]?.recording.calls ?? []),
          ...(bodies[i] ?? []).flatMap((b) => b.recording.calls),
        ],
    );
    const parameters: CallSites = this.session.takesOnTrust ? joinCallSites(calls) : new Map();
    for (const [node, args] of parameters) this.session.parameters.set(node, args);
    const renewed = this.withObjects(
      bodies.flatMap((list) => list ?? []),
      parameters,
    );
    return segments.map(({ segment }, i) => {
      const known = cached[i];
      if (known) return known;
      const top = tops[i] as TopLevel;
      const recordings = [top.recording, ...(bodies[i] ?? []).map((body) => this.again(body, parameters, renewed))];
      const analysis: SegmentAnalysis = {
        key: keys[i] as string,
        segment,
        values: top.recording.values,
        sites: recordings.flatMap((r) => r.sites),
        calls: recordings.flatMap((r) => r.calls),
        functions: (bodies[i] ?? []).map((body) => body.scope),
        classes: top.classes,
        bindings: top.bindings,
        callExprs: summarize(segment).calls,
        comparisons: summarize(segment).comparisons,
        derived: new Map(),
      };
      if (!this.session.exhausted) kept.set(segment, analysis);
      return analysis;
    });
  }

  private topLevel(segment: Segment): TopLevel {
    const recording = newRecording();
    const evaluator = new Evaluator(this.session, { segment, gradient: true, autocast: undefined });
    const { pending } = this.session.recordInto(recording, () => interpretBody(evaluator, segment.body, this.globals));
    this.globals.dead = false;
    const bindings = new Map<string, Value>();
    const classes: ClassValue[] = [];
    for (const name of summarize(segment).binds) {
      const value = this.globals.bindings.get(name);
      if (value === undefined) continue;
      bindings.set(name, value);
      if (value.kind === 'class' && value.segment === segment) classes.push(value);
    }
    for (const [name, value] of this.globals.bindings)
      if (name.includes('.') && !bindings.has(name)) bindings.set(name, value);
    return { segment, recording, pending: pending.map((p) => p.value), classes, bindings };
  }

  private bodies(top: TopLevel): AnalysedBody[] {
    const result: AnalysedBody[] = [];
    const queue: { value: FunctionValue; owner: ClassValue | undefined }[] = [];
    for (const value of top.pending) queue.push({ value, owner: undefined });
    for (const type of allClasses(top.segment.body, top.classes, this.globals, top.segment)) {
      for (const node of methodsOf(type.node)) {
        const isStatic = node.decorators.some((d) => d.kind === 'Name' && d.id === 'staticmethod');
        const value: FunctionValue = {
          kind: 'function',
          node,
          segment: top.segment,
          closure: type.closure,
          ...(isStatic ? {} : { self: { kind: 'object', type } as const }),
        };
        queue.push({ value, owner: type });
      }
    }
    for (let next = queue.shift(); next; next = queue.shift()) {
      const body = this.body(next.value, next.owner, new Map(), top.recording.values);
      if (!body) continue;
      result.push(body);
      for (const nested of body.nested) queue.push({ value: nested, owner: next.owner });
    }
    return result;
  }

  private body(
    value: FunctionValue,
    owner: ClassValue | undefined,
    args: ReadonlyMap<string, Value>,
    values: Map<Expr, Value>,
  ): AnalysedBody | undefined {
    if (value.node.kind === 'Lambda') return undefined;
    const { node } = value;
    const recording = newRecording(values);
    const bound = new Map(args);
    const self = node.params[0];
    if (value.self && self && !node.decorators.some((d) => d.kind === 'Name' && d.id === 'classmethod'))
      bound.set(self.name, value.self);
    const scope = parameterScope(this.session, value, bound);
    const base = new Evaluator(this.session, { segment: value.segment, gradient: true, autocast: undefined });
    const { pending } = this.session.recordInto(recording, () =>
      interpretBody(decorated(base, value), node.body.body, scope),
    );
    return {
      value,
      owner,
      scope: { node, segment: value.segment, owner },
      recording,
      nested: pending.map((p) => p.value),
    };
  }

  /** Classes whose objects are given a model or a loss when they are made: their attributes are found out anew. */
  private withObjects(
    bodies: readonly AnalysedBody[],
    parameters: ReadonlyMap<FunctionDef, ReadonlyMap<string, Value>>,
  ): ReadonlySet<ClassDef> {
    const renewed = new Set<ClassDef>();
    for (const { scope, owner } of bodies) {
      if (!owner || scope.node.name !== '__init__') continue;
      const [self] = scope.node.params;
      const given = [...(parameters.get(scope.node) ?? [])].some(
        ([name, value]) => name !== self?.name && (value.kind === 'object' || value.kind === 'instance'),
      );
      if (given && this.session.attributes.delete(owner.node)) renewed.add(owner.node);
    }
    return renewed;
  }

  private again(
    body: AnalysedBody,
    parameters: ReadonlyMap<FunctionDef, ReadonlyMap<string, Value>>,
    renewed: ReadonlySet<ClassDef>,
  ): Recording {
    const isRenewed = body.owner !== undefined && renewed.has(body.owner.node);
    const args = parameters.get(body.scope.node) ?? (isRenewed ? new Map<string, Value>() : undefined);
    return args
      ? (this.body(body.value, body.owner, args, body.recording.values)?.recording ?? body.recording)
      : body.recording;
  }

  // ------------------------------------------------------------------ questions

  /** What is known of an expression. The segment must be one of this module's. */
  valueOf(segment: Segment, expr: Expr): Value {
    return this.analysisOf(segment)?.values.get(expr) ?? UNKNOWN;
  }

  analysisOf(segment: Segment): SegmentAnalysis | undefined {
    return this.bySegment.get(segment);
  }

  /** `torch.nn.functional.softmax` for whatever name the file gives it. */
  qualifiedName(segment: Segment, expr: Expr): string | undefined {
    const value = this.valueOf(segment, expr);
    if (value.kind === 'library') return canonicalName(value.name);
    return undefined;
  }

  /** Library classes that a class of the file derives from, through its local bases. */
  libraryBases(type: ClassValue): readonly string[] {
    return libraryBases(this.session, type);
  }

  /** What a model or a layer gives, whatever it is given. */
  outputOf(model: Value): Value {
    if (model.kind === 'object') return this.session.silently(() => resultOf(this.session, model));
    if (model.kind !== 'instance') return UNKNOWN;
    const local = (inner: LocalInstance) => this.outputOf(inner);
    return callModel(model, UNKNOWN, { node: model.call, segment: model.segment, local }) ?? UNKNOWN;
  }

  /** The node that directly holds another one. */
  parentOf(segment: Segment, node: Node): Node | undefined {
    let map = this.parents.get(segment);
    if (!map) {
      const links = new Map<Node, Node>();
      const visit = (parent: Node): void => {
        for (const child of childrenOf(parent)) {
          links.set(child, parent);
          visit(child);
        }
      };
      for (const stmt of segment.body) visit(stmt);
      this.parents.set(segment, links);
      map = links;
    }
    return map.get(node);
  }

  /** The statement that holds an expression (itself, for a statement). */
  statementOf(segment: Segment, node: Node): Stmt | undefined {
    for (let at: Node | undefined = node; at; at = this.parentOf(segment, at)) if (isStatement(at)) return at;
    return undefined;
  }

  enclosingFunction(segment: Segment, node: Node): FunctionDef | undefined {
    for (let at = this.parentOf(segment, node); at; at = this.parentOf(segment, at))
      if (at.kind === 'FunctionDef') return at;
    return undefined;
  }

  enclosingClass(segment: Segment, node: Node): ClassDef | undefined {
    for (let at = this.parentOf(segment, node); at; at = this.parentOf(segment, at))
      if (at.kind === 'ClassDef') return at;
    return undefined;
  }

  /** The name under which the file knows a library object, if any: `F` for `torch.nn.functional`. */
  nameFor(qualified: string): string | undefined {
    for (const [name, value] of this.globals.bindings) {
      if (value.kind === 'library' && canonicalName(value.name) === qualified && !name.includes('.')) return name;
    }
    // Through the longest module that is imported: torch → torch.nn.functional.
    const dot = qualified.lastIndexOf('.');
    if (dot < 0) return undefined;
    const home = this.nameFor(qualified.slice(0, dot));
    return home === undefined ? undefined : `${home}.${qualified.slice(dot + 1)}`;
  }

  /** A name bound at the top level of the file. */
  global(name: string): Value | undefined {
    return this.globals.bindings.get(name);
  }
}

interface TopLevel {
  readonly segment: Segment;
  readonly recording: Recording;
  readonly pending: readonly FunctionValue[];
  readonly classes: readonly ClassValue[];
  readonly bindings: ReadonlyMap<string, Value>;
}

interface AnalysedBody {
  readonly value: FunctionValue;
  readonly owner: ClassValue | undefined;
  readonly scope: FunctionScope;
  readonly recording: Recording;
  readonly nested: readonly FunctionValue[];
}

/** Classes bound at the top level, and those that stand inside other classes or under `if` and `try`. */
function allClasses(
  body: readonly Stmt[],
  known: readonly ClassValue[],
  closure: Environment,
  segment: Segment,
): ClassValue[] {
  const result = [...known];
  const visit = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts) {
      if (stmt.kind === 'ClassDef' && !result.some((type) => type.node === stmt)) {
        result.push({ kind: 'class', node: stmt, segment, closure });
      }
      for (const block of blocksOf(stmt)) visit(block.body);
      if (stmt.kind === 'BrokenStmt') visit(stmt.body);
    }
  };
  visit(body);
  return result;
}

type CallSites = Map<FunctionDef, Map<string, Value>>;

/** Per function, the parameters of which at least one call site of the file knows something. */
function joinCallSites(calls: readonly LocalCall[]): CallSites {
  const joined: CallSites = new Map();
  for (const { callee, args } of calls) {
    if (callee.kind === 'Lambda') continue;
    let known = joined.get(callee);
    if (!known) {
      known = new Map();
      joined.set(callee, known);
    }
    for (const [name, value] of args) {
      // One caller that says something is enough to ask; a caller that says nothing takes nothing away.
      if (isUnknown(value) && asQuantity(value).loaded === undefined) continue;
      const before = known.get(name);
      const plain = value.kind === 'quantity' ? withoutTerm(value) : value;
      known.set(name, before === undefined ? plain : joinValues(before, plain));
    }
  }
  for (const [callee, known] of joined) {
    const informative =
      [...known].some(
        ([name, value]) => (!isUnknown(value) || asQuantity(value).loaded) && name !== callee.params[0]?.name,
      ) ||
      (known.size > 0 && !callee.params[0]?.name.match(/^(self|cls)$/));
    if (!informative) joined.delete(callee);
  }
  return joined;
}

function withoutTerm(value: Value & { kind: 'quantity' }): Value {
  const { term: _, origin: __, ...rest } = value;
  return rest;
}

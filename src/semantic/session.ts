// The state of one analysis of one file: what is recorded for which node, and how much work may still be done.

import type { AttributeExpr, ClassDef, Expr, FunctionDef, LambdaExpr, Node } from '../syntax/ast';
import type { Condition } from './conditions';
import type { Environment } from './environment';
import { canonicalName, functionSignature, moduleSignature } from './libraries';
import { assumedByName } from './names';
import type { OperationSite } from './operation-site';
import { type Framework, joinValues, type Quantity, UNKNOWN, type Value } from './value';

/** What was learned while one function body (or one segment's top level) was analysed. */
export interface Recording {
  readonly values: Map<Expr, Value>;
  readonly sites: OperationSite[];
  readonly calls: LocalCall[];
}

/** A call of a function of this file with what is known of its arguments, by parameter name. */
export interface LocalCall {
  readonly callee: FunctionDef | LambdaExpr;
  readonly args: ReadonlyMap<string, Value>;
}

/** @param values shared by the recordings of one segment, whose expressions are all different ones. */
export function newRecording(values: Map<Expr, Value> = new Map()): Recording {
  return { values, sites: [], calls: [] };
}

/** Expression evaluations after which an analysis says honestly that it gave up. A 10,000-line file needs about 200,000. */
const STEP_LIMIT = 4_000_000;

export class Session {
  private recording: Recording | undefined;
  private steps = 0;
  private versions = 0;
  /** Modules imported with `*`. */
  readonly starImports = new Set<string>();
  /** Results of functions of the file, by function and what is known of the arguments. */
  readonly callResults = new Map<Node, Map<string, Value>>();
  readonly callStack: Node[] = [];
  /** What truth values say, by their terms. */
  private readonly conditions = new Map<string, Condition>();
  readonly attributes = new Map<ClassDef, Map<string, Value>>();
  /** A definition is being evaluated to see whether it still gives the value that its name has. */
  isComparing = false;
  /** Values of the definitions behind names, while the values that a condition leaves out are being imagined. */
  imagined: Map<Expr, Value> | undefined;
  /** Sinks for `self.x = …` while a class's attributes are being found out. */
  attributeSink: ((name: string, value: Value) => void) | undefined;
  /** The parameters' values that call sites of the file agree on. */
  readonly parameters = new Map<FunctionDef, Map<string, Value>>();

  constructor(
    /** Whose methods an array of unknown origin has, from what the file imports. */
    readonly arrayFramework: Framework | undefined,
    /**
     * Whether names, defaults and the calls that this file makes count as evidence. They may raise an alarm; who is told
     * what a value is at all times must not hear of them.
     */
    readonly takesOnTrust: boolean = true,
  ) {}

  /** What a name says about its value, where that counts. */
  assumedByName(name: string): Quantity | undefined {
    return this.takesOnTrust ? assumedByName(name) : undefined;
  }

  get exhausted(): boolean {
    return this.steps > STEP_LIMIT;
  }

  get isRecording(): boolean {
    return this.recording !== undefined;
  }

  spend(): boolean {
    return ++this.steps <= STEP_LIMIT;
  }

  freshTerm(name: string): string {
    return `${name}#${++this.versions}`;
  }

  conditionOf(term: string | undefined): Condition | undefined {
    return term === undefined ? undefined : this.conditions.get(term);
  }

  setCondition(term: string | undefined, condition: Condition | undefined): void {
    if (term !== undefined && condition) this.conditions.set(term, condition);
  }

  record(expr: Expr, value: Value): void {
    if (!this.recording) return;
    if (value !== UNKNOWN) this.recording.values.set(expr, value);
    // Of an expression that was evaluated before, on another path, something may have been known.
    else if (this.recording.values.has(expr)) this.recording.values.set(expr, value);
  }

  site(site: OperationSite): void {
    this.recording?.sites.push(site);
  }

  localCall(call: LocalCall): void {
    this.recording?.calls.push(call);
  }

  recordInto<T>(recording: Recording, work: () => T): T {
    const before = this.recording;
    this.recording = recording;
    try {
      return work();
    } finally {
      this.recording = before;
    }
  }

  silently<T>(work: () => T): T {
    const before = this.recording;
    this.recording = undefined;
    try {
      return work();
    } finally {
      this.recording = before;
    }
  }

  assignedAttribute(target: AttributeExpr, value: Value, env: Environment): void {
    if (!this.attributeSink || target.object.kind !== 'Name') return;
    if (env.get(target.object.id)?.kind === 'object') this.attributeSink(target.name, value);
  }

  join(a: Value, b: Value): Value {
    return joinValues(a, b);
  }

  /** A name that no scope binds: it may come from a star import. */
  global(name: string): Value | undefined {
    for (const module of this.starImports) {
      const qualified = canonicalName(`${module}.${name}`);
      if (functionSignature(qualified) || moduleSignature(qualified)) return { kind: 'library', name: qualified };
    }
    return undefined;
  }
}

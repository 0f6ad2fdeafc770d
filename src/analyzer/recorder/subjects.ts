// What is trained in a loop: its optimizers and its models, in words that can be written before the loop.

import type { SemanticModel } from '../../semantic/model';
import { looksLikeOptimizer, looksLikeScaler, looksLikeScheduler } from '../../semantic/names';
import { namesRead } from '../../semantic/names-read';
import { lastName, type TrainingEvent } from '../../semantic/training';
import type { Value } from '../../semantic/value';
import type { CallExpr, Expr, ForStmt, Segment } from '../../syntax/ast';
import { walkExpressions, walkStatements } from '../../syntax/walk';
import {
  type ChainLink,
  callsWithin,
  chainTo,
  inCallersWords,
  isWithin,
  linkOf,
  pureText,
  rootOf,
} from './call-chains';
import { boundWithin, isBound, isVisible, visibleNames } from './scopes';
import type { TrainingLoop } from './training-loops';

export interface Subjects {
  readonly models: readonly string[];
  readonly optimizers: readonly string[];
}

const MODEL_NAME =
  /(^|_)(model|module|net|network|encoder|decoder|backbone|generator|discriminator|netg|netd|unet|vae|autoencoder|transformer|gpt|bert|lm|llm|classifier|policy|actor|critic|student|engine|cnn|rnn|mlp|gnn|gan)(_?\d+)?$/i;
const NO_MODEL = /loss|criterion|metric|tokenizer|processor|accelerator|fabric|logger|writer/i;
const MODULE_BASE = /(^|\.)(\w*Module|PreTrainedModel|Sequential)$/;
const MAX_DEPTH = 5;

export function subjectsOf(model: SemanticModel, training: TrainingLoop): Subjects {
  const finder = new SubjectFinder(model, training);
  const optimizers = finder.optimizers();
  return { optimizers, models: finder.models(optimizers) };
}

class SubjectFinder {
  private readonly segment: Segment;
  private readonly visible: ReadonlySet<string>;
  private readonly boundInLoop: readonly string[];

  constructor(
    private readonly model: SemanticModel,
    private readonly training: TrainingLoop,
  ) {
    this.segment = training.segment;
    this.visible = visibleNames(model, this.segment, training.unit.scope);
    this.boundInLoop = boundWithin(training.loop);
  }

  /** Whether it can be written before the loop and means there what it means within. */
  private isUsable(text: string): boolean {
    return isVisible(text, this.visible) && !isBound(text, this.boundInLoop);
  }

  optimizers(): readonly string[] {
    const found = new Set<string>();
    for (const event of this.training.events) {
      if (event.kind !== 'step') continue;
      const text = this.inLoopsWords(event.subject, event);
      if (text !== undefined && this.isUsable(text)) found.add(text);
      else if (event.subject) this.listedIn(event.subject, event, found);
    }
    if (found.size === 0) for (const text of this.engineOptimizers()) found.add(text);
    if (found.size === 0) for (const name of this.visibleOptimizers()) found.add(name);
    return [...found];
  }

  private inLoopsWords(expr: Expr | undefined, event: TrainingEvent): string | undefined {
    const text = expr && pureText(expr);
    if (text === undefined) return undefined;
    return inCallersWords(text, chainTo(this.model, this.segment, event.via, event.node));
  }

  /** The list that an inner `for optimizer in …` goes through. */
  private listedIn(subject: Expr, event: TrainingEvent, into: Set<string>): void {
    const text = event.via === event.node ? pureText(subject) : undefined;
    if (text === undefined) return;
    walkStatements(this.training.loop.body.body, (statement) => {
      if (statement.kind !== 'For') return;
      const list = listOf(statement, text);
      if (list !== undefined && this.isUsable(rootOf(list.replace(/^list\(/, '')))) into.add(list);
    });
  }

  /** A DeepSpeed engine holds its optimizer. */
  private engineOptimizers(): string[] {
    return this.training.events.flatMap((event) => {
      if (event.kind !== 'backward' || !event.managed || event.node.kind !== 'Call') return [];
      const { callee } = event.node;
      const receiver = callee.kind === 'Attribute' ? callee.object : undefined;
      if (!receiver || !/engine/i.test(lastName(receiver))) return [];
      const text = this.inLoopsWords(receiver, event);
      return text !== undefined && this.isUsable(text) ? [`${text}.optimizer`] : [];
    });
  }

  private visibleOptimizers(): string[] {
    return [...this.visible].filter((name) => looksLikeOptimizer(name) && this.isUsable(name)).slice(0, 1);
  }

  // ------------------------------------------------------------------ models

  models(optimizers: readonly string[]): readonly string[] {
    const owners = this.owners(optimizers);
    const called = new Set<string>();
    const received = new Set<string>();
    const { loop } = this.training;
    for (const call of callsWithin(this.model, this.segment, loop.body)) this.see(call, [], owners, called, received);
    const direct = called.size > 0 ? called : received;
    for (const owner of owners) {
      if (this.isUsable(owner) && ![...direct].some((text) => this.stands(text, owner))) direct.add(owner);
    }
    if (direct.size === 0) {
      for (const name of this.visible) if (this.isModelName(name) && this.isUsable(name)) direct.add(name);
    }
    const all = [...direct].filter((text) => !optimizers.includes(text));
    return all.filter((text) => !all.some((other) => other !== text && isWithin(text, other)));
  }

  private see(
    call: CallExpr,
    chain: readonly ChainLink[],
    owners: readonly string[],
    called: Set<string>,
    received: Set<string>,
  ): void {
    const segment = chain.at(-1)?.segment ?? this.segment;
    const link = linkOf(this.model, segment, call);
    if (link && chain.length < MAX_DEPTH && !chain.some(({ callee }) => callee === link.callee)) {
      const deeper = [...chain, link];
      for (const inner of callsWithin(this.model, link.segment, link.callee.body)) {
        this.see(inner, deeper, owners, called, received);
      }
    }
    const note = (expr: Expr, into: Set<string>) => {
      const text = pureText(expr);
      const outside = text === undefined ? undefined : inCallersWords(text, chain);
      if (outside === undefined || !this.isUsable(outside)) return;
      if (this.isModel(this.model.valueOf(segment, expr), outside, owners)) into.add(outside);
    };
    if (!link) note(call.callee, called);
    if (call.callee.kind === 'Attribute') note(call.callee.object, received);
  }

  private isModel(value: Value, text: string, owners: readonly string[]): boolean {
    switch (value.kind) {
      case 'object': {
        const bases = this.model.libraryBases(value.type);
        return !NO_MODEL.test(value.type.node.name) && bases.some((base) => MODULE_BASE.test(base));
      }
      case 'instance':
        if (/^torch\.nn\./.test(value.className)) return !NO_MODEL.test(value.className);
        return !/^torch\.(?:optim|utils|amp|cuda)\./.test(value.className) && this.isModelName(text);
      case 'function':
      case 'class':
      case 'library':
        return false;
      default:
        return owners.includes(text) || this.isModelName(text);
    }
  }

  private isModelName(text: string): boolean {
    const name = /([^.[\]]+)(?:\[[^\]]*\])?$/.exec(text)?.[1] ?? text;
    if (NO_MODEL.test(name) || looksLikeOptimizer(name) || looksLikeScheduler(name) || looksLikeScaler(name))
      return false;
    return MODEL_NAME.test(name) || /^(G|D|net[GD])$/.test(name);
  }

  /** Whose parameters the optimizers were given, as it is written where they are made. */
  private owners(optimizers: readonly string[]): readonly string[] {
    const owners = new Set<string>();
    for (const { segment, value } of this.assignmentsOf((text) => optimizers.includes(text))) {
      walkExpressions(value, (expr) => {
        if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute') return;
        if (!/^(?:named_)?parameters$/.test(expr.callee.name)) return;
        const text = pureText(expr.callee.object);
        if (text === undefined || rootOf(segment.text.slice(expr.start, expr.end)) === '') return;
        owners.add(text);
      });
    }
    // Parts of one model (`model.backbone`, `model.head`) are that model.
    return [...new Set([...owners].map((text) => (rootOf(text) === 'self' ? text : rootOf(text))))];
  }

  /** Whether `text` is the owner, a part or the whole of it, or was made from it (`ddp = DDP(torch.compile(model))`). */
  private stands(text: string, owner: string, depth = MAX_DEPTH): boolean {
    if (isWithin(text, owner) || isWithin(owner, text)) return true;
    if (depth === 0) return false;
    return this.assignmentsOf((target) => target === text).some(({ value }) =>
      [...namesRead(value)].some((name) => name !== text && this.stands(name, rootOf(owner), depth - 1)),
    );
  }

  private assignmentsOf(isWanted: (text: string) => boolean): { segment: Segment; value: Expr }[] {
    const found: { segment: Segment; value: Expr }[] = [];
    for (const { segment } of this.model.module.segments) {
      walkStatements(segment.body, (statement) => {
        if (statement.kind !== 'Assign' && statement.kind !== 'AnnAssign') return;
        const { value } = statement;
        if (!value) return;
        const targets = statement.kind === 'Assign' ? statement.targets : [statement.target];
        for (const target of targets) {
          const parts = target.kind === 'Tuple' || target.kind === 'List' ? target.elements : [target];
          if (parts.some((part) => isWanted(pureText(part) ?? ''))) found.push({ segment, value });
        }
      });
    }
    return found;
  }
}

/** The list of what `text` stands for in a loop that only goes through a list: `for optimizer in optimizers`. */
function listOf({ target, iterable }: ForStmt, text: string): string | undefined {
  if (target.kind === 'Name' && target.id === text) {
    const whole = pureText(iterable);
    if (whole !== undefined) return `list(${whole})`;
    return valuesOf(iterable, 'values');
  }
  if (target.kind !== 'Tuple' || iterable.kind !== 'Call') return undefined;
  const place = target.elements.findIndex((element) => element.kind === 'Name' && element.id === text);
  if (iterable.callee.kind === 'Name' && iterable.callee.id === 'zip') {
    const given = iterable.args[place];
    const whole = given && given.unpack === '' && given.keyword === undefined ? pureText(given.value) : undefined;
    return whole === undefined ? undefined : `list(${whole})`;
  }
  return place === 1 ? valuesOf(iterable, 'items') : undefined;
}

function valuesOf(iterable: Expr, method: string): string | undefined {
  if (iterable.kind !== 'Call' || iterable.callee.kind !== 'Attribute' || iterable.callee.name !== method)
    return undefined;
  const mapping = pureText(iterable.callee.object);
  return mapping === undefined ? undefined : `list(${mapping}.values())`;
}

/** As one argument: itself, or a list of all. What is a list already is spread into it. */
export function asArgument(texts: readonly string[]): string {
  const [only] = texts;
  if (only !== undefined && texts.length === 1) return only;
  return `[${texts.map((text) => text.replace(/^list\((.*)\)$/, '*$1')).join(', ')}]`;
}

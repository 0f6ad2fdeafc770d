// The trainers of libraries that a script makes: Hugging Face's and Lightning's, and classes of the file that derive from them.

import type { SemanticModel } from '../../semantic/model';
import type { Value } from '../../semantic/value';
import type { CallExpr, PlacedSegment, Stmt } from '../../syntax/ast';
import { walkStatements } from '../../syntax/walk';
import { pureText } from './call-chains';

export interface MadeTrainer {
  readonly placed: PlacedSegment;
  readonly statement: Stmt;
  /** `trainer`, `self.trainer`. */
  readonly name: string;
}

export interface TrainerSearch {
  readonly trainers: readonly MadeTrainer[];
  /** Calls that make one which gets no name, so that nothing can be attached to it. */
  readonly nameless: readonly { readonly offset: number }[];
}

const TRAINER_CLASS =
  /^(?:transformers|trl|sentence_transformers|adapters|optimum|lightning|pytorch_lightning)\.(?:.*\.)?\w*Trainer$/;

export function findTrainers(model: SemanticModel): TrainerSearch {
  const named: (MadeTrainer & { readonly isMadeHere: boolean })[] = [];
  const directlyNamed = new Set<CallExpr>();
  for (const placed of model.module.segments) {
    const { segment } = placed;
    walkStatements(segment.body, (statement) => {
      if (statement.kind !== 'Assign' && statement.kind !== 'AnnAssign') return;
      const { value } = statement;
      if (value?.kind !== 'Call') return;
      const made = model.valueOf(segment, value);
      if (!isTrainer(model, made)) return;
      const targets = statement.kind === 'Assign' ? statement.targets : [statement.target];
      const name = targets.map(pureText).find((text) => text !== undefined);
      if (name === undefined) return;
      const isMadeHere = callOf(made) === value;
      if (isMadeHere) directlyNamed.add(value);
      named.push({ placed, statement, name, isMadeHere });
    });
  }
  const nameless: { offset: number }[] = [];
  for (const { offset, segment } of model.module.segments) {
    for (const call of model.analysisOf(segment)?.callExprs ?? []) {
      const made = model.valueOf(segment, call);
      if (!isTrainer(model, made) || callOf(made) !== call || directlyNamed.has(call)) continue;
      // What a function of the file makes and returns has its name where it is called.
      if (!named.some((other) => !other.isMadeHere)) nameless.push({ offset: offset + call.start });
    }
  }
  const isReturned = nameless.length === 0 && named.some(({ isMadeHere }) => !isMadeHere);
  const trainers = isReturned && directlyNamed.size === 0 ? named : named.filter(({ isMadeHere }) => isMadeHere);
  return { trainers, nameless };
}

function callOf(value: Value): CallExpr | undefined {
  return value.kind === 'instance' || value.kind === 'object' ? value.call : undefined;
}

function isTrainer(model: SemanticModel, value: Value): boolean {
  if (value.kind === 'instance') return TRAINER_CLASS.test(value.className);
  return value.kind === 'object' && model.libraryBases(value.type).some((base) => TRAINER_CLASS.test(base));
}

/** Whether a class of the file is a model that only a trainer of Lightning runs. */
export function hasLightningModule(model: SemanticModel): boolean {
  return model.analyses.some(({ classes }) =>
    classes.some((type) => model.libraryBases(type).some((base) => /(^|\.)LightningModule$/.test(base))),
  );
}

// NAN111: memory that is read, or trained on, before anything has been stored in it.

import type { SemanticModel } from '../semantic/model';
import type { CallExpr, Segment } from '../syntax/ast';
import { stateFixes, zerosInstead } from './room-fixes';
import { firstRead, firstReadOfRest, type RoomUse, roomUses } from './room-uses';
import { oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';
import { Initialisers, type State, statesOf } from './uninitialised-state';
import { whereWithoutOut } from './where-without-out';

export const rule: Rule = {
  code: 'NAN111',
  name: 'uninitialised-tensor',
  severity: 'warning',
  summary: 'A parameter, buffer or array made of uninitialised memory that is used before it is filled.',
  needs: ['torch', 'numpy'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds parameters and buffers made by `torch.empty`, `torch.empty_like` or `torch.Tensor(3, 4)` that nothing in the file initialises, arrays of `torch.empty` and `np.empty` that are read before anything is stored in them, and NumPy functions with `where=` but without `out=`.',
    why: 'Such memory holds what was there before. Often that is zeros, so the code works where it is written; on another day it is NaN or 1e38, and the first step spreads it to every weight.',
    remedy:
      'Initialise a parameter with a function of `torch.nn.init`, begin a sum with `zeros`, and give a NumPy function with `where=` an `out=` that is filled.',
    bad: `import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.query = nn.Parameter(torch.empty(dim, dim))

    def forward(self, x):
        return x @ self.query
`,
    good: `import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.query = nn.Parameter(torch.empty(dim, dim))
        nn.init.xavier_uniform_(self.query)

    def forward(self, x):
        return x @ self.query
`,
  },
  on: { file: (_, context) => visit(context) },
};

/** What a segment alone says, kept with its analysis. */
interface Found {
  readonly states: readonly State[];
  readonly reports: readonly Report[];
}

const FOUND = Symbol('uninitialised memory of a segment');

function visit(context: RuleContext): void {
  const { model } = context;
  const all = model.analyses.map(({ segment, derived }) => {
    const found = (derived.get(FOUND) as Found | undefined) ?? find(model, segment);
    derived.set(FOUND, found);
    for (const report of found.reports) context.report(report);
    return found;
  });
  const states = all.flatMap((found) => found.states);
  if (states.length === 0) return;
  const initialisers = new Initialisers(model);
  for (const state of states)
    if (initialisers.isUsed(state) && !initialisers.mayFill(state, states)) context.report(reportOf(state, model));
}

function find(model: SemanticModel, segment: Segment): Found {
  const uses = roomUses(model, segment);
  const states = uses.size > 0 ? statesOf(model, segment, uses) : [];
  const reports: Report[] = [];
  for (const [call, list] of uses) {
    if (states.some(({ room }) => room.call === call)) continue;
    const read = firstRead(model, segment, call, list);
    const ofRest = read ? undefined : firstReadOfRest(model, segment, call, list);
    if (read) reports.push(readReport(segment, call, read, model));
    else if (ofRest) reports.push(restReport(segment, call, ofRest, model));
  }
  for (const site of model.analysisOf(segment)?.sites ?? []) {
    const report = site.operands.has('where') ? whereWithoutOut(model, site, uses) : undefined;
    if (report && !reports.some(({ span }) => span.start === report.span.start)) reports.push(report);
  }
  return { states, reports };
}

function reportOf(state: State, model: SemanticModel): Report {
  const { segment, call } = state.room;
  const name = `${state.self}.${state.name}`;
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: `\`${name}\` is made of uninitialised memory, and nothing in this file fills it: it holds what was there before, NaN and Inf included. Initialise it.`,
    related: [],
    fixes: stateFixes(state, model),
  };
}

function restReport(segment: Segment, call: CallExpr, read: RoomUse, model: SemanticModel): Report {
  const zeros = zerosInstead({ call, segment }, model);
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: `Only the elements that a condition selects are stored in \`${oneLine(sourceOf(segment, read.expr), 40)}\`: the others hold what was in memory before, NaN and Inf included. Begin with zeros.`,
    related: [{ segment, span: { start: read.by.start, end: read.by.end }, message: 'all of it is used here' }],
    fixes: zeros ? [zeros] : [],
  };
}

function readReport(segment: Segment, call: CallExpr, read: RoomUse, model: SemanticModel): Report {
  const zeros = zerosInstead({ call, segment }, model);
  return {
    segment,
    span: call,
    confidence: 'proven',
    message: `\`${oneLine(sourceOf(segment, read.by), 50)}\` reads this memory before anything is stored in it: it holds what was there before, NaN and Inf included. Begin with zeros.`,
    related: [{ segment, span: { start: read.by.start, end: read.by.end }, message: 'it is read here' }],
    fixes: zeros ? [zeros] : [],
  };
}

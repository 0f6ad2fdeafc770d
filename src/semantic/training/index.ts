// The training step: its events, the graph between them, and how the graph is built from a function.

export { buildTrainingGraph, mayTrain, type Unit, unitsOf } from './builder';
export {
  areDisjoint,
  type CallEvent,
  type EventKind,
  isGradScaler,
  isScaled,
  lastName,
  type ParameterSet,
  type TrainingEvent,
} from './events';
export { TrainingGraph } from './graph';
export type { Guard } from './guards';
export { type HalfModel, halfModels, type MadeOptimizer } from './half-models';

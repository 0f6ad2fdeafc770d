// Statistics of a tensor as the page gets them.

import type { TensorStats } from '../../../dump/model';
import type { TensorStatsView } from '../../../protocol/dump-view';
import { toWireOrNull } from '../../../protocol/wire-number';
import { shortTextOrNull } from './shown-text';

const mostDimensions = 16;

export function statsView(stats: TensorStats): TensorStatsView {
  return {
    name: shortTextOrNull(stats.name),
    shape: stats.shape === null ? null : stats.shape.slice(0, mostDimensions),
    dtype: shortTextOrNull(stats.dtype),
    nan: stats.nan,
    posInf: stats.posInf,
    negInf: stats.negInf,
    min: toWireOrNull(stats.min),
    max: toWireOrNull(stats.max),
    mean: toWireOrNull(stats.mean),
    absMin: toWireOrNull(stats.absMin),
    absMax: toWireOrNull(stats.absMax),
  };
}

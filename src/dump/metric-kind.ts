// What a non-finite value under some name is: of a loss, of a gradient, or of another metric.

import { isGradientName, isLossName } from './log/metric-line';
import type { AnomalyKind, NonFinite } from './model';

export function metricKind(name: string | null, value: NonFinite): AnomalyKind {
  if (name === null) return 'metric-nonfinite';
  if (isGradientName(name)) return 'grad-nonfinite';
  if (isLossName(name)) return value === 'nan' ? 'loss-nan' : 'loss-inf';
  return 'metric-nonfinite';
}

/** @returns null for a finite number. */
export function nonFiniteOf(value: number): NonFinite | null {
  if (Number.isFinite(value)) return null;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

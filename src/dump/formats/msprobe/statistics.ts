// The tensors in msprobe's dump.json: statistics of the inputs, outputs and parameters of every call, nested as the call's arguments are.

import { isObject } from '../../field-reader';
import type { NonFinite, TensorStats } from '../../model';
import { parsePythonNumber } from '../../python-number';

/** One call of an API or a module: `Functional.linear.0.forward`, `Module.head.RatioHead.forward.0`. */
export interface RecordedCall {
  /** As msprobe names it. */
  readonly api: string;
  readonly phase: 'forward' | 'backward' | null;
  /** The operation's or class's own name. */
  readonly name: string;
  readonly isModule: boolean;
  readonly inputs: readonly TensorStats[];
  readonly outputs: readonly TensorStats[];
  readonly parameters: readonly TensorStats[];
}

const maxTensors = 500;
const maxDepth = 6;
const parametersGrad = /\.parameters_grad(?:\.\d+)?$/;

export function readCall(api: string, value: unknown): RecordedCall {
  const inputs: TensorStats[] = [];
  const outputs: TensorStats[] = [];
  const parameters: TensorStats[] = [];
  if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) {
      if (key === 'output' || key === 'output_kwargs') collect(part, 'output', outputs, 0);
      else if (key === 'parameters') collect(part, 'parameter', parameters, 0);
      else if (key.startsWith('input')) collect(part, key === 'input_kwargs' ? '' : 'input', inputs, 0);
      // `Module.head.a.Linear.parameters_grad.0`: the names of the parameters are the keys.
      else if (parametersGrad.test(api)) collect(part, key, outputs, 0);
    }
  }
  return { api, ...partsOf(api), inputs, outputs, parameters };
}

function partsOf(api: string): Pick<RecordedCall, 'phase' | 'name' | 'isModule'> {
  const parts = api.split('.');
  const isModule = parts[0] === 'Module' || parts[0] === 'Cell';
  if (isModule) {
    const at = parts.findLastIndex((part) => part === 'forward' || part === 'backward' || part === 'parameters_grad');
    const phase = at < 0 ? null : parts[at] === 'forward' ? 'forward' : 'backward';
    return { isModule, phase, name: parts[at < 0 ? parts.length - 1 : at - 1] ?? api };
  }
  const last = parts.at(-1);
  const phase = last === 'forward' || last === 'backward' ? last : null;
  // Torch.nn.functional.x.3.forward: the name stands before the number of the call.
  return { isModule, phase, name: parts.at(phase === null ? -1 : -3) ?? api };
}

function collect(value: unknown, name: string, into: TensorStats[], depth: number): void {
  if (depth > maxDepth || into.length >= maxTensors) return;
  if (Array.isArray(value)) {
    value.forEach((item: unknown, i) => {
      collect(item, `${name}[${i}]`, into, depth + 1);
    });
    return;
  }
  if (!isObject(value)) return;
  if ('Max' in value || 'Min' in value || 'shape' in value) {
    into.push(statsOf(value, name));
    return;
  }
  for (const [key, item] of Object.entries(value)) collect(item, name === '' ? key : `${name}.${key}`, into, depth + 1);
}

function statsOf(value: Readonly<Record<string, unknown>>, name: string): TensorStats {
  const { shape, dtype } = value;
  return {
    name,
    shape: Array.isArray(shape) && shape.length < 64 ? shape.filter((size: unknown) => typeof size === 'number') : null,
    dtype: typeof dtype === 'string' ? dtype.replace(/^(?:torch|mindspore)\./, '').slice(0, 100) : null,
    min: numberOf(value.Min),
    max: numberOf(value.Max),
    mean: numberOf(value.Mean),
    absMin: null,
    absMax: null,
    nan: null,
    posInf: null,
    negInf: null,
  };
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length < 40 ? parsePythonNumber(value) : null;
}

/** @returns null for a tensor whose extremes are finite, or unknown. Its norm or mean may overflow though no element does. */
export function badValue({ min, max }: TensorStats): NonFinite | null {
  if (Number.isNaN(max) || Number.isNaN(min)) return 'nan';
  if (max === Number.POSITIVE_INFINITY || min === Number.POSITIVE_INFINITY) return 'inf';
  return min === Number.NEGATIVE_INFINITY || max === Number.NEGATIVE_INFINITY ? '-inf' : null;
}

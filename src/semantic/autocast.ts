// Regions that change how everything inside them is computed: autocast, and those without gradients.

import { canonicalName } from './libraries';
import { type AutocastRegion, type Instance, literalNumber, type Value } from './value';

const NO_GRADIENT: ReadonlySet<string> = new Set([
  'torch.no_grad',
  'torch.inference_mode',
  'torch.autograd.no_grad',
  'torch.autograd.grad_mode.no_grad',
]);

const AUTOCAST: Readonly<Record<string, 'cuda' | 'cpu' | 'argument'>> = {
  'torch.autocast': 'argument',
  'torch.amp.autocast': 'argument',
  'torch.amp.autocast_mode.autocast': 'argument',
  'torch.cuda.amp.autocast': 'cuda',
  'torch.cuda.amp.autocast_mode.autocast': 'cuda',
  'torch.cpu.amp.autocast': 'cpu',
};

export function switchesGradientOff(value: Value): boolean {
  if (value.kind === 'instance') {
    if (NO_GRADIENT.has(value.className)) {
      const mode = value.args[0]?.value;
      return mode === undefined || literalNumber(mode) !== 0;
    }
    return value.className === 'torch.set_grad_enabled' && literalNumber(value.args[0]?.value) === 0;
  }
  // `@torch.no_grad` without its call.
  return value.kind === 'library' && NO_GRADIENT.has(value.name);
}

function argument(instance: Instance, keyword: string, position: number): Value | undefined {
  const named = instance.args.find((arg) => arg.keyword === keyword);
  if (named) return named.value;
  const positional = instance.args.filter((arg) => arg.keyword === undefined);
  return positional[position]?.value;
}

/** The region that a context manager opens; 'off' for one that switches autocast off; undefined for any other object. */
export function autocastRegion(value: Value): AutocastRegion | 'off' | undefined {
  if (value.kind !== 'instance') return undefined;
  const name = canonicalName(value.className);
  const from = Object.hasOwn(AUTOCAST, name) ? AUTOCAST[name] : undefined;
  if (from === undefined) return undefined;
  const byArgument = from === 'argument';
  if (literalNumber(argument(value, 'enabled', byArgument ? 2 : 0)) === 0) return 'off';
  const region = { call: value.call, segment: value.segment };
  const devices = byArgument ? deviceTypes(argument(value, 'device_type', 0)) : [from];
  const dtype = argument(value, 'dtype', 1);
  if (dtype !== undefined && dtype.kind !== 'none') {
    const known = dtype.kind === 'library' ? dtype.name.slice(dtype.name.lastIndexOf('.') + 1) : undefined;
    const format = known === 'float16' || known === 'half' ? 'float16' : known === 'bfloat16' ? 'bfloat16' : undefined;
    return { ...region, dtype: format, device: devices.length === 1 ? devices[0] : undefined, certain: true };
  }
  // Without a dtype, CUDA means float16 and the CPU bfloat16.
  if (devices.includes('cuda'))
    return {
      ...region,
      dtype: 'float16',
      device: devices.length === 1 ? 'cuda' : undefined,
      certain: devices.length === 1,
    };
  if (devices.length > 0 && devices.every((device) => device === 'cpu'))
    return { ...region, dtype: 'bfloat16', device: 'cpu', certain: true };
  return { ...region, dtype: undefined, device: undefined, certain: false };
}

type Device = 'cuda' | 'cpu' | 'other';

function deviceTypes(value: Value | undefined): Device[] {
  if (value?.kind === 'string')
    return value.values.map((text) => (text.startsWith('cuda') ? 'cuda' : text.startsWith('cpu') ? 'cpu' : 'other'));
  // torch.device("cuda"), and its .type
  if (value?.kind === 'instance' && canonicalName(value.className) === 'torch.device')
    return deviceTypes(value.args[0]?.value);
  if (value?.kind === 'method' && value.name === 'type') return deviceTypes(value.receiver);
  return [];
}

// All library tables in one look-up: a qualified name, a method name or a class gives a signature.

import type { Framework } from '../value';
import { JAX } from './jax';
import { NUMPY, PYTHON } from './numpy';
import { PYTENSOR } from './pytensor';
import { type LibraryTable, parseSignature, type Signature } from './table';
import { KERAS, TENSORFLOW } from './tensorflow';
import { TORCH } from './torch';

export type { Signature } from './table';

const TABLES: readonly LibraryTable[] = [TORCH, NUMPY, PYTHON, TENSORFLOW, KERAS, JAX, PYTENSOR];

const functions = new Map<string, Signature>();
const modules = new Map<string, Signature>();
const methods = new Map<Framework, Map<string, Signature>>();
const constants = new Map<string, number>();

for (const table of TABLES) {
  for (const [home, entries] of Object.entries(table.functions)) {
    for (const [name, spec] of Object.entries(entries)) {
      functions.set(`${home}.${name}`, parseSignature(spec, table.framework));
    }
  }
  for (const [home, entries] of Object.entries(table.modules)) {
    for (const [name, spec] of Object.entries(entries)) {
      modules.set(`${home}.${name}`, parseSignature(spec, table.framework));
    }
  }
  const own = new Map<string, Signature>();
  for (const [name, spec] of Object.entries(table.methods)) own.set(name, parseSignature(spec, table.framework));
  methods.set(table.framework, own);
  for (const [name, value] of Object.entries(table.constants)) constants.set(name, value);
}

/** Other spellings of one home, longest first: `tensorflow.keras.backend` is `keras.backend`. */
const HOMES: readonly (readonly [string, string])[] = [
  ['tensorflow.compat.v1.keras', 'keras'],
  ['tensorflow.compat.v2.keras', 'keras'],
  ['tensorflow.python.keras', 'keras'],
  ['tensorflow.keras', 'keras'],
  ['tf_keras', 'keras'],
  ['tensorflow.compat.v1', 'tensorflow'],
  ['tensorflow.compat.v2', 'tensorflow'],
  ['keras_core', 'keras'],
  ['keras.src', 'keras'],
  // Inside Keras 3 a backend is a package, and what works on arrays has a module of its own.
  ['keras.backend.numpy', 'keras.ops'],
  ['keras.backend.math', 'keras.ops'],
  ['keras.backend.nn', 'keras.ops'],
  ['trax.fastmath.numpy', 'jax.numpy'],
  ['tensorflow.experimental.numpy', 'numpy'],
  ['geomstats.backend', 'numpy'],
  ['theano.tensor', 'pytensor.tensor'],
  ['aesara.tensor', 'pytensor.tensor'],
  ['autograd.numpy', 'numpy'],
  ['torch.nn.modules.loss', 'torch.nn'],
  ['torch.nn.modules.activation', 'torch.nn'],
  ['torch.functional', 'torch'],
  ['torch.Tensor', 'torch'],
];

const canonical = new Map<string, string>();

/** One name for one thing. */
export function canonicalName(name: string): string {
  let known = canonical.get(name);
  if (known === undefined) {
    known = withCanonicalHome(name);
    // Names come from files; what is remembered of them must not grow without end.
    if (canonical.size > 20_000) canonical.clear();
    canonical.set(name, known);
  }
  return known;
}

function withCanonicalHome(name: string): string {
  for (const [from, to] of HOMES) {
    // `torch.Tensor.log` is a function like any other; `torch.Tensor` itself is a class.
    if (name === from && from !== 'torch.Tensor') return to;
    if (name.startsWith(`${from}.`)) return withCanonicalHome(to + name.slice(from.length));
  }
  return name;
}

export function functionSignature(name: string): Signature | undefined {
  return functions.get(canonicalName(name));
}

/** The operation that an object of this class does when it is called. */
export function moduleSignature(className: string): Signature | undefined {
  return modules.get(canonicalName(className));
}

export function methodSignature(name: string, framework: Framework | undefined): Signature | undefined {
  if (framework === 'numpy' || framework === 'jax' || framework === 'pytensor') return methods.get('numpy')?.get(name);
  if (framework === 'torch') return methods.get('torch')?.get(name);
  return undefined;
}

export function libraryConstant(name: string): number | undefined {
  return constants.get(canonicalName(name));
}

export function frameworkOf(name: string): Framework | undefined {
  const root = canonicalName(name).split('.', 1)[0];
  switch (root) {
    case 'torch':
    case 'numpy':
    case 'tensorflow':
    case 'keras':
    case 'jax':
    case 'pytensor':
      return root;
    case 'flax':
    case 'optax':
      return 'jax';
    case 'math':
    case 'builtins':
      return 'python';
    default:
      return undefined;
  }
}

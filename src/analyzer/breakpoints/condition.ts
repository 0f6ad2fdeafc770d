// The Python that a breakpoint's condition is, and that tells at a stop which value is not finite.

/** Begins every condition of ours; by it they are found again, in another window too. */
export const CONDITION_MARK = '"NaN Lens: ';

/** What one condition looks at: expressions of Python that the frame may or may not be able to give a value for. */
export interface Watched {
  /** Stop at NaN. */
  readonly nan: readonly string[];
  /** Stop at NaN and at Inf. */
  readonly nonFinite: readonly string[];
  /** Optimizers, for the gradients of their parameters; stop at NaN and at Inf. */
  readonly gradients: readonly string[];
}

const MODULE = '_nanlens_watch';

/**
 * Made once in a process, by whichever condition comes first: Python is compiled anew at each evaluation, and this costs
 * more than looking at a tensor. What cannot be looked into (traced, batched by vmap, meta, captured) has no fault.
 */
const WATCH = `
import sys, types
def whole(value):
    if hasattr(value, "isnan"):
        value = getattr(value.detach(), "_local_tensor", value.detach())
        if value.is_cuda and sys.modules["torch"].cuda.is_current_stream_capturing(): return None
        if value.is_sparse: return value._values()
        return value.values() if "sparse" in str(value.layout) else value.dequantize() if value.is_quantized else value
    value = value.numpy() if hasattr(value, "numpy") else value
    return sys.modules["numpy"].asarray(value) if hasattr(value, "dtype") and not hasattr(value, "iloc") else None
def bad(value, inf, depth=3):
    try:
        if isinstance(value, float): return value != value or inf and value - value != 0
        if isinstance(value, (dict, list, tuple)):
            return depth > 0 and any(bad(x, inf, depth - 1) for x in [*(value.values() if isinstance(value, dict) else value)][:256])
        value = whole(value)
        if value is None: return False
        of = value if hasattr(value, "isnan") else sys.modules["numpy"]
        args = () if of is value else (value,)
        return bool(of.isnan(*args).any()) or inf and bool(of.isinf(*args).any())
    except Exception: return False
def get(source, space, names, codes={}):
    try: return eval(codes.get(source) or codes.setdefault(source, compile(source, "<NaN Lens>", "eval")), space, names)
    except Exception: return None
def gradients(optimizer):
    return [p.grad for g in getattr(optimizer, "param_groups", ()) for p in g["params"] if p.grad is not None]
def stops(space, names, nan=(), inf=(), grad=()):
    return (any(bad(get(s, space, names), False) for s in nan) or any(bad(get(s, space, names), True) for s in inf)
        or any(bad(x, True) for s in grad for x in gradients(get(s, space, names))))
sys.modules["${MODULE}"] = watch = types.ModuleType("${MODULE}")
watch.__dict__.update(stops=stops, whole=whole, bad=bad, get=get, gradients=gradients)
`;

/** Python that is true once its helper is there, and makes it if it is not. */
const READY = `("${MODULE}" in __import__("sys").modules or exec('''${WATCH}''', {}) is None)`;

function pythonList(sources: readonly string[]): string {
  return `[${sources.map((source) => JSON.stringify(source)).join(', ')}]`;
}

function argumentsOf({ nan, nonFinite, gradients }: Watched): string {
  const lists = [
    ['nan', nan],
    ['inf', nonFinite],
    ['grad', gradients],
  ] as const;
  return lists.flatMap(([name, sources]) => (sources.length > 0 ? [`${name}=${pythonList(sources)}`] : [])).join(', ');
}

/** What it is about in words, without a character that would end Python's string. */
function wordsOf({ nan, nonFinite, gradients }: Watched): string {
  const all = [...nan, ...nonFinite, ...gradients.map((name) => `gradients of ${name}`)];
  return all.join(', ').replace(/["\\\r\n]/g, "'");
}

/** One expression, true where a watched value is not finite. It raises nothing and changes nothing of the program's. */
export function conditionOf(watched: Watched): string {
  const call = `__import__("${MODULE}").stops(globals(), locals(), ${argumentsOf(watched)})`;
  return `${CONDITION_MARK}${wordsOf(watched)}" and ${READY} and ${call}`;
}

export function isOurCondition(condition: string | undefined): boolean {
  return condition?.startsWith(CONDITION_MARK) ?? false;
}

/** What a condition of ours looks at, read from its text; undefined where somebody has rewritten it. */
export function watchedByCondition(condition: string): Watched | undefined {
  const listed = (name: string): string[] | undefined => {
    const text = new RegExp(`(?:, | )${name}=(\\[(?:"(?:[^"\\\\]|\\\\.)*"(?:, )?)*\\])`).exec(
      condition.slice(condition.lastIndexOf('.stops(')),
    );
    try {
      return text?.[1] === undefined ? [] : (JSON.parse(text[1]) as string[]);
    } catch {
      return undefined;
    }
  };
  const [nan, nonFinite, gradients] = [listed('nan'), listed('inf'), listed('grad')];
  if (!isOurCondition(condition) || !nan || !nonFinite || !gradients) return undefined;
  return nan.length + nonFinite.length + gradients.length > 0 ? { nan, nonFinite, gradients } : undefined;
}

/**
 * Tries the condition's Python on numbers of which the answer is known: evaluates to 'True' where the debugger carries it
 * out as it should.
 */
export const SELF_TEST = `${READY} and (lambda stops: [stops({}, {"x": float(x)}, nan=["x"]) for x in ("nan", "1")] == [True, False])(__import__("${MODULE}").stops)`;

const DESCRIBE = `
import json, sys
watch = sys.modules["${MODULE}"]
def parts(name, value, depth=3):
    if depth and isinstance(value, dict): return [p for k in [*value][:256] for p in parts(f"{name}[{k!r}]", value[k], depth - 1)]
    if depth and isinstance(value, (list, tuple)): return [p for i, x in enumerate(value[:256]) for p in parts(f"{name}[{i}]", x, depth - 1)]
    return [(name, value)]
def fault(name, value):
    if isinstance(value, float): return {"name": name, "nan": int(value != value), "inf": int(value in (float("inf"), -float("inf"))), "size": 1, "shape": [], "dtype": "float"}
    flat = watch.whole(value)
    of, args = (flat, ()) if hasattr(flat, "isnan") else (sys.modules["numpy"], (flat,))
    return {"name": name, "nan": int(of.isnan(*args).sum()), "inf": int(of.isinf(*args).sum()), "size": int(flat.numel() if hasattr(flat, "numel") else flat.size), "shape": [int(n) for n in value.shape], "dtype": str(value.dtype)}
def faults(names, inf):
    found = []
    for name, value in names:
        for part, x in parts(name, value):
            try:
                if watch.bad(x, inf): found.append(fault(part, x))
            except Exception: pass
    return found
def describe(space, scope, nan, inf, grad, made_of):
    values = lambda names: [(s, watch.get(s, space, scope)) for s in names]
    grads = [(f"gradient {i} of {s}", x) for s in grad for i, x in enumerate(watch.gradients(watch.get(s, space, scope)))]
    return json.dumps({"faults": (faults(values(nan), False) + faults(values(inf) + grads, True))[:8], "madeOf": faults(values(made_of), True)[:8]})
`;

/** A value that is not finite, as the debuggee counts it. */
export interface Fault {
  readonly name: string;
  readonly nan: number;
  readonly inf: number;
  readonly size: number;
  readonly shape: readonly number[];
  readonly dtype: string;
}

export interface Description {
  readonly faults: readonly Fault[];
  /** Those that went into the faulty value and are not finite themselves. */
  readonly madeOf: readonly Fault[];
}

/** An expression for a stopped frame; its value is read by `readDescription`. */
export function describeExpression({ nan, nonFinite, gradients }: Watched, madeOf: readonly string[]): string {
  const lists = [nan, nonFinite, gradients, madeOf].map(pythonList).join(', ');
  return `(lambda space, names, made: ${READY} and exec('''${DESCRIBE}''', made) or made["describe"](space, names, ${lists}))(globals(), locals(), {})`;
}

/** Reads what a debugger gives for the clipboard, where it cuts nothing off; undefined for anything else. */
export function readDescription(shown: string): Description | undefined {
  // Python writes a string that holds double quotes, as JSON does, in single ones.
  const quoted = /^'([\s\S]*)'$/.exec(shown)?.[1]?.replace(/\\(['\\])/g, '$1');
  try {
    const value: unknown = JSON.parse(quoted ?? shown);
    return isDescription(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDescription(value: unknown): value is Description {
  if (typeof value !== 'object' || value === null) return false;
  const { faults, madeOf } = value as Record<string, unknown>;
  return [faults, madeOf].every((list) => Array.isArray(list) && list.every(isFault));
}

function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false;
  const { name, nan, inf, size, shape, dtype } = value as Record<string, unknown>;
  const counts = [nan, inf, size].every((count) => typeof count === 'number');
  return typeof name === 'string' && counts && Array.isArray(shape) && typeof dtype === 'string';
}

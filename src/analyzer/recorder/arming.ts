// The Python that puts the recorder into a process that runs already, and takes it out again, by what a debugger evaluates.

const MODULE = '_nanlens_armed';

/**
 * Looks for models and optimizers in every thread's frames, in what `self` and the like hold there, and in `__main__`. A
 * loop over a DataLoader that begins from now on is watched, so that its bad step can be run again.
 */
const ARM = `
import importlib.util, json, os, sys, tempfile, types
def modules_and_optimizers():
    import torch
    found, seen = {}, set()
    def look(name, value, depth):
        if id(value) in seen: return
        if isinstance(value, (torch.nn.Module, torch.optim.Optimizer)):
            seen.add(id(value))
            if not isinstance(value, torch.nn.modules.loss._Loss): found[name] = value
        elif depth and hasattr(value, "__dict__") and not isinstance(value, (type, types.ModuleType, types.FunctionType)):
            seen.add(id(value))
            for key, inner in [*vars(value).items()][:200]: look(f"{name}.{key}", inner, depth - 1)
        elif depth and isinstance(value, (list, tuple, dict)) and len(value) < 50:
            for key, inner in [*(value.items() if isinstance(value, dict) else enumerate(value))]: look(f"{name}[{key!r}]", inner, depth - 1)
    own = (os.sep + "site-packages" + os.sep, os.sep + "debugpy" + os.sep, os.path.dirname(os.__file__) + os.sep)
    for frame in sys._current_frames().values():
        while frame is not None:
            if not any(part in frame.f_code.co_filename for part in own) and os.path.isfile(frame.f_code.co_filename):
                for name, value in [*frame.f_locals.items()]: look(name, value, 1)
            frame = frame.f_back
    for name, value in [*vars(sys.modules.get("__main__")).items()]:
        if not name.startswith("__"): look(name, value, 1)
    models = {name: value for name, value in found.items() if isinstance(value, torch.nn.Module) and any(True for _ in value.parameters())}
    inner = {id(child) for model in models.values() for child in model.modules() if child is not model}
    models = {name: model for name, model in models.items() if id(model) not in inner}
    return models, {name: value for name, value in found.items() if isinstance(value, torch.optim.Optimizer)}
def load(path, source):
    known = sys.modules.get("nanlens")
    if known is not None and hasattr(known, "Recorder"): return known
    if not os.path.isfile(path):
        if source is None: return None
        path = os.path.join(tempfile.mkdtemp(prefix="nanlens-"), "nanlens.py")
        with open(path, "w", encoding="utf-8") as file: file.write(source)
    spec = importlib.util.spec_from_file_location("nanlens", path)
    module = sys.modules["nanlens"] = importlib.util.module_from_spec(spec)
    try: spec.loader.exec_module(module)
    except BaseException:
        del sys.modules["nanlens"]
        raise
    return module
def watch_loaders(rec):
    from torch.utils.data import DataLoader
    original, busy = DataLoader.__iter__, []
    class Plain:
        def __init__(self, loader): self.loader = loader
        def __iter__(self): return original(self.loader)
    def __iter__(loader):
        if busy or rec._is_off: return original(loader)
        busy.append(loader)
        try: return iter(rec.watch(Plain(loader)))
        finally: busy.clear()
    DataLoader.__iter__ = __iter__
    def undo():
        if DataLoader.__iter__ is __iter__: DataLoader.__iter__ = original
    return undo
def arm(path, source=None):
    state = sys.modules["${MODULE}"]
    if state.recorder is not None: return json.dumps({"state": "armed", "models": [], "optimizers": []})
    torch = sys.modules.get("torch")
    # A library that another thread is importing is not all there yet.
    if torch is None or getattr(getattr(torch, "__spec__", None), "_initializing", False): return json.dumps({"state": "waiting"})
    models, optimizers = modules_and_optimizers()
    if not models or not optimizers: return json.dumps({"state": "waiting"})
    module = load(path, source)
    if module is None: return json.dumps({"state": "source"})
    state.recorder = module.Recorder([*models.values()], [*optimizers.values()], on_anomaly="warn")
    state.undo = watch_loaders(state.recorder)
    return json.dumps({"state": "armed", "models": [*models], "optimizers": [*optimizers]})
def disarm():
    state = sys.modules["${MODULE}"]
    if state.recorder is None: return "0"
    state.undo()
    state.recorder.close()
    state.recorder = None
    return "1"
def dumps():
    recorder = sys.modules["${MODULE}"].recorder
    return json.dumps([os.path.abspath(path) for path in recorder.dumps] if recorder is not None else [])
sys.modules["${MODULE}"] = module = types.ModuleType("${MODULE}")
module.__dict__.update(recorder=None, undo=None, arm=arm, disarm=disarm, dumps=dumps)
`;

const READY = `("${MODULE}" in __import__("sys").modules or exec('''${ARM.replace(/\\/g, '\\\\')}''', {}) is None)`;

/** Evaluates to what `readArming` reads. `source` is sent only where the debuggee has asked for it. */
export function armExpression(path: string, source?: string): string {
  const sent = source === undefined ? '' : `, ${pythonLiteral(source)}`;
  return `${READY} and __import__("${MODULE}").arm(${pythonLiteral(path)}${sent})`;
}

/** '1' where there was something to take out, '0' where not. */
export const DISARM_EXPRESSION = `__import__("${MODULE}").disarm() if "${MODULE}" in __import__("sys").modules else "0"`;

/** The dumps that were written, as a JSON list of paths. */
export const DUMPS_EXPRESSION = `__import__("${MODULE}").dumps() if "${MODULE}" in __import__("sys").modules else "[]"`;

export type Arming =
  | { readonly state: 'armed'; readonly models: readonly string[]; readonly optimizers: readonly string[] }
  /** There is no model or no optimizer yet. */
  | { readonly state: 'waiting' }
  /** The debuggee cannot read the file: it runs on another machine. */
  | { readonly state: 'source' };

export function readArming(shown: string): Arming | undefined {
  const value = readJson(shown);
  if (typeof value !== 'object' || value === null) return undefined;
  const { state, models, optimizers } = value as Record<string, unknown>;
  if (state === 'waiting' || state === 'source') return { state };
  return state === 'armed' && isStrings(models) && isStrings(optimizers) ? { state, models, optimizers } : undefined;
}

export function readDumps(shown: string): readonly string[] {
  const value = readJson(shown);
  return isStrings(value) ? value : [];
}

function readJson(shown: string): unknown {
  const quoted = /^'([\s\S]*)'$/.exec(shown)?.[1]?.replace(/\\(['\\])/g, '$1');
  try {
    return JSON.parse(quoted ?? shown);
  } catch {
    return undefined;
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** JSON's escapes are Python's too, but for characters beyond 16 bits, which it leaves as they are. */
function pythonLiteral(text: string): string {
  return JSON.stringify(text);
}

// The Python that inserted checks call, put once near the top of the file, and the marks by which all is found again.

/** Begins the name of every helper function. */
export const HELPER_PREFIX = '_nanlens_';
/** Ends every inserted line that is a check. */
export const CHECK_MARK = '# nanlens: check';
/** Ends every line of the helper functions. */
export const HELPER_MARK = '# nanlens: helper';

/** Checks values where it stands; ends the line or follows a semicolon. */
export const CHECK_FUNCTION = '_nanlens_check';
/** The same before the statement that it shares a line with. */
export const CHECK_BEFORE_FUNCTION = '_nanlens_check_before';
/** Checks the gradients of an optimizer's parameters. */
export const GRADIENT_FUNCTION = '_nanlens_check_gradients';
export const GRADIENT_BEFORE_FUNCTION = '_nanlens_check_gradients_before';
/** Checks each output of the layers of a container, by hooks. */
export const HOOK_FUNCTION = '_nanlens_check_layers';
/** Gives back its first argument, checked. */
export const PASS_FUNCTION = '_nanlens_checked';

export const CHECK_FUNCTIONS: readonly string[] = [
  CHECK_FUNCTION,
  CHECK_BEFORE_FUNCTION,
  GRADIENT_FUNCTION,
  GRADIENT_BEFORE_FUNCTION,
  HOOK_FUNCTION,
];

/**
 * Works on torch tensors, NumPy and JAX arrays, eager TensorFlow values, Python floats, and tuples, lists and mappings
 * of them. Anything else, and whatever cannot be looked into (symbolic, batched by vmap, on the meta device), passes.
 */
const HELPER = `\
def _nanlens_faults(name, value, depth=4):
    try:
        if isinstance(value, dict): return [fault for key in value for fault in _nanlens_faults(f"{name}[{key!r}]", value[key], depth - 1)] if depth else []
        if isinstance(value, (tuple, list)): return [fault for index, item in enumerate(value) for fault in _nanlens_faults(f"{name}[{index}]", item, depth - 1)] if depth else []
        value = value.detach() if hasattr(value, "detach") else value.numpy() if hasattr(value, "numpy") else value
        if not (isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") in ("f", "c") or getattr(getattr(value, "dtype", None), "is_floating_point", False) is True or getattr(getattr(value, "dtype", None), "is_complex", False) is True): return []
        bad = ~value.isfinite() if hasattr(value, "isfinite") else (value != value) | (abs(value) == float("inf"))
        if not bool(bad.any() if hasattr(bad, "any") else bad): return []
        nan, inf = value != value, abs(value) == float("inf")
        nans, infs, size = (int(nan.sum()), int(inf.sum()), int(bad.numel() if hasattr(bad, "numel") else bad.size)) if hasattr(bad, "sum") else (int(nan), int(inf), 1)
        finite = abs(value)[~bad] if str(getattr(value, "dtype", "")).startswith(("complex", "torch.complex")) else value[~bad] if size > nans + infs else None
        span = f"the finite ones lie between {float(finite.min()):.6g} and {float(finite.max()):.6g}" if size > nans + infs else "none is finite"
        return [f"{name} holds {nans} NaN and {infs} Inf among {size} value{'s' * (size != 1)} (shape {tuple(getattr(value, 'shape', ()))}, {getattr(value, 'dtype', 'float')}); {span}"]
    except Exception: return []
def _nanlens_report(faults, then):
    if not faults: return False
    import sys
    frame = sys._getframe(1)
    while frame.f_back and (frame.f_code.co_name.startswith("_nanlens_") or "site-packages" in frame.f_code.co_filename): frame = frame.f_back
    message = f"{'; '.join(faults)}. Seen in {frame.f_code.co_name}, {frame.f_code.co_filename}:{frame.f_lineno}."
    if then not in ("print", "breakpoint"): raise FloatingPointError(message)
    print("NaN Lens: " + message, file=sys.stderr, flush=True)
    return True
def _nanlens_check(*names_and_values, then="raise"):
    pairs = list(zip(names_and_values[::2], names_and_values[1::2]))
    if then == "record":
        try: from nanlens import check
        except ImportError: check = None
        if check is not None:
            for name, value in pairs: check(name, value)
            return False
    return _nanlens_report([fault for name, value in pairs for fault in _nanlens_faults(name, value)], then)
def _nanlens_check_before(*names_and_values, then="raise"): return _nanlens_check(*names_and_values, then=then)
def _nanlens_checked(value, _nanlens, then="raise"):
    if _nanlens_check(_nanlens, value, then=then) and then == "breakpoint": breakpoint()
    return value
def _nanlens_check_gradients(name, optimizer, then="raise"):
    gradients = [parameter.grad.detach() for group in getattr(optimizer, "param_groups", ()) for parameter in group["params"] if getattr(parameter, "grad", None) is not None]
    if not gradients or any(gradient.is_sparse for gradient in gradients): return False
    norm = sum(float(gradient.float().norm()) ** 2 for gradient in gradients) ** 0.5
    if norm - norm == 0: return False
    faults = [fault for index, gradient in enumerate(gradients) for fault in _nanlens_faults(f"gradient {index} of {name}", gradient)]
    if not faults: return False
    if then == "record": return _nanlens_check(*[part for index, gradient in enumerate(gradients) for part in (f"gradient {index} of {name}", gradient)], then=then)
    return _nanlens_report([f"the gradient norm before {name}.step() is {norm}", *faults[:3]], then)
def _nanlens_check_gradients_before(name, optimizer, then="raise"): return _nanlens_check_gradients(name, optimizer, then=then)
def _nanlens_layer_output(name, then, layer, inputs, output):
    if _nanlens_check(name, output, then=then) and then == "breakpoint": breakpoint()
def _nanlens_check_layers(name, container, then="raise"):
    import functools
    for index, layer in getattr(container, "named_children", tuple)(): layer.register_forward_hook(functools.partial(_nanlens_layer_output, f"{name}[{index}] ({type(layer).__name__})", then))
    return False
`;

/** The helper's lines, marked, without line ends. */
export const HELPER_LINES: readonly string[] = HELPER.trimEnd()
  .split('\n')
  .map((line) => `${line}  ${HELPER_MARK}`);

/** A Python string literal on one line. */
export function pythonString(text: string): string {
  return JSON.stringify(text);
}

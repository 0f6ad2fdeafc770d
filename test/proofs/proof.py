"""What a proof case reports: one JSON line, last on standard output, that says whether its result is sound.

    {"sound": false, "seen": "edge 0: value -inf, gradient nan", "agree": [0.25, "nan"]}

sound: nothing is wrong with the result. seen: what was observed, in words. agree: numbers that a fix must not change.
"""

from __future__ import annotations

import json
import math
from typing import Any, Callable, Iterable, Sequence


def report(sound: bool, seen: str, agree: Iterable[float] = ()) -> None:
    """Prints the result of a case. Non-finite numbers are written as strings, since JSON has none."""
    numbers = [float(number) for number in agree]
    written = [number if math.isfinite(number) else str(number) for number in numbers]
    print(json.dumps({"sound": bool(sound), "seen": seen, "agree": written}), flush=True)


def prove(function: Callable[..., Any], *, edge: Sequence[tuple], ordinary: Sequence[tuple]) -> None:
    """Calls the function where it may break (edge) and where it may not change (ordinary), and reports.

    Each entry is one tuple of arguments. The gradient of the sum of all results is taken with respect to every
    floating-point argument (torch, JAX, TensorFlow; NumPy has none). Sound means: finite at every edge.
    """
    seen, sound = [], True
    for index, arguments in enumerate(edge):
        value, gradient = _value_and_gradient(function, arguments)
        seen.append(f"edge {index}: value {_worst(value)}, gradient {_worst(gradient)}")
        sound = sound and all(map(math.isfinite, value + gradient))
    agree: list[float] = []
    for arguments in ordinary:
        value, gradient = _value_and_gradient(function, arguments)
        agree += value + gradient
    report(sound, "; ".join(seen), agree)


def train(step: Callable[[int], float], steps: int, agree: int = 1) -> None:
    """Calls a training step again and again and reports its losses; the first ones must not change with a fix."""
    losses = [float(step(index)) for index in range(steps)]
    bad = [index for index, loss in enumerate(losses) if not math.isfinite(loss)]
    seen = f"loss {losses[bad[0]]} at step {bad[0]}, {losses[-1]} at the last" if bad else f"last loss {losses[-1]}"
    report(not bad, seen, losses[:agree])


def _worst(numbers: Sequence[float]) -> str:
    if any(math.isnan(number) for number in numbers):
        return "nan"
    infinite = [number for number in numbers if math.isinf(number)]
    return str(infinite[0]) if infinite else "finite"


def _value_and_gradient(function: Callable[..., Any], arguments: tuple) -> tuple[list[float], list[float]]:
    libraries = {type(argument).__module__.split(".")[0] for argument in arguments}
    if "torch" in libraries:
        return _with_torch(function, arguments)
    if libraries & {"jax", "jaxlib"}:
        return _with_jax(function, arguments)
    if "tensorflow" in libraries:
        return _with_tensorflow(function, arguments)
    return _numbers(function(*arguments)), []


def _with_torch(function: Callable[..., Any], arguments: tuple) -> tuple[list[float], list[float]]:
    import torch

    leaves = []
    prepared = []
    for argument in arguments:
        if isinstance(argument, torch.Tensor) and (argument.is_floating_point() or argument.is_complex()):
            # A copy, so that a function that works in place harms neither the case nor the gradient.
            argument = argument.detach().clone().requires_grad_()
            leaves.append(argument)
            prepared.append(argument * 1)
        else:
            prepared.append(argument)
    result = function(*prepared)
    results = result if isinstance(result, tuple) else (result,)
    total = sum(part.float().sum() for part in results)
    if total.requires_grad:
        total.backward()
    gradients = [leaf.grad for leaf in leaves if leaf.grad is not None]
    return _numbers(results), _numbers(tuple(torch.view_as_real(g) if g.is_complex() else g for g in gradients))


def _with_jax(function: Callable[..., Any], arguments: tuple) -> tuple[list[float], list[float]]:
    import jax
    import jax.numpy as jnp

    floating = [i for i, a in enumerate(arguments) if hasattr(a, "dtype") and jnp.issubdtype(a.dtype, jnp.floating)]
    value = function(*arguments)
    gradient = jax.grad(lambda *inner: jnp.sum(function(*inner)), argnums=tuple(floating))(*arguments)
    return _numbers(value), _numbers(gradient)


def _with_tensorflow(function: Callable[..., Any], arguments: tuple) -> tuple[list[float], list[float]]:
    import tensorflow as tf

    floating = [argument for argument in arguments if isinstance(argument, tf.Tensor) and argument.dtype.is_floating]
    with tf.GradientTape() as tape:
        for argument in floating:
            tape.watch(argument)
        value = function(*arguments)
    gradient = [part for part in tape.gradient(value, floating) if part is not None]
    return _numbers(value), _numbers(tuple(gradient))


def _numbers(value: Any) -> list[float]:
    if isinstance(value, (tuple, list)):
        return [number for part in value for number in _numbers(part)]
    if hasattr(value, "detach"):
        value = value.detach().float()
    if hasattr(value, "numpy"):
        value = value.numpy()
    import numpy as np

    return np.asarray(value, dtype=np.float64).ravel().tolist()

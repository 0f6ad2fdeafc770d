# ---------------------------------------------------------------------------------------------------------------------
# Why an operation gave a bad value: what its operands were where the result is bad.

_LOGARITHMS = {"log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -1.0}
_INVERSE = ("acos", "asin", "atanh", "acosh", "erfinv")
_SQUARE_ROOTS = ("sqrt", "rsqrt", "_foreach_sqrt")


def _explain(
    func: Any,
    operation: _Operation,
    args: Any,
    kwargs: Any,
    read: Sequence[torch.Tensor],
    bad_outputs: Sequence[torch.Tensor],
) -> None:
    """Fills in the counts, the operands' statistics, the reason and the values to keep."""
    output = bad_outputs[0]
    _count(operation, output)
    values = _values(output)
    if values is None:
        return
    operation.bad_rows = _bad_rows(values)
    operands = [tensor for tensor in read if _values(tensor) is not None]
    operation.tensors = [_statistics(tensor, f"input {index}") for index, tensor in enumerate(operands)]
    operation.tensors += [_statistics(tensor, f"output {index}") for index, tensor in enumerate(bad_outputs)]
    row = operation.bad_rows[0] if operation.bad_rows else 0
    operation.kept = [
        (f"{kind}{index}", cropped)
        for kind, group in (("input", operands), ("output", bad_outputs))
        for index, tensor in enumerate(group[:4])
        if (cropped := _cropped(tensor, row)) is not None
    ]
    operation.reason, operation.rules = _reason(_short(operation.name), args, kwargs, operands, values)


def _short(name: str) -> str:
    """`log` of `aten::log_`"""
    bare = name.split("::", 1)[-1]
    return bare[:-1] if bare.endswith("_") and not bare.endswith("__") else bare


def _cropped(tensor: torch.Tensor, row: int) -> torch.Tensor | None:
    """A copy of the tensor, or of as many rows around the first bad one as the limit allows, on the CPU."""
    parts = _plain(tensor)
    if len(parts) != 1 or parts[0].layout is not torch.strided:
        return None
    part = parts[0].detach()
    if part.device.type == "meta" or type(part).__name__ == "FakeTensor":
        return None
    size = part.numel() * part.element_size()
    if size > MAX_TENSOR_BYTES:
        if part.dim() == 0 or part.shape[0] < 2:
            return None
        count = int(MAX_TENSOR_BYTES // max(1, size // part.shape[0]))
        if count == 0:
            return None
        first = max(0, min(row - count // 2, part.shape[0] - count))
        part = part[first : first + count]
    return part.to("cpu", copy=True).contiguous()


def _at(operand: Any, wrong: torch.Tensor) -> torch.Tensor | None:
    """The operand's elements where the result is bad; None where the shapes do not say which those are."""
    if isinstance(operand, (int, float)):
        return torch.tensor([float(operand)])
    if not isinstance(operand, torch.Tensor):
        return None
    parts = _plain(operand)
    if len(parts) != 1:
        return None
    values = parts[0].detach()
    if values.is_complex():
        return None
    try:
        if not _fits(values, wrong):
            return None
        return values.expand(wrong.shape)[wrong].double()
    except RuntimeError:
        return None


def _largest(operands: Sequence[torch.Tensor]) -> float | None:
    found = [_extent(values) for tensor in operands if (values := _values(tensor)) is not None]
    magnitudes = [max(abs(low), abs(high)) for extent in found if extent is not None for low, high in [extent]]
    finite = [magnitude for magnitude in magnitudes if math.isfinite(magnitude)]
    return max(finite) if finite else None


def _reason(
    name: str, args: Any, kwargs: Any, operands: Sequence[torch.Tensor], result: torch.Tensor
) -> tuple[str | None, list[str]]:
    """A clause for after "because", and the codes of the rules that know the hazard."""
    wrong = ~torch.isfinite(result)
    has_nan = bool(torch.isnan(result).any())
    first = _at(args[0], wrong) if args else None
    second = _at(args[1], wrong) if len(args) > 1 else None
    if name in _LOGARITHMS and first is not None and first.numel():
        pole = _LOGARITHMS[name]
        if bool((first == pole).any()):
            return f"its operand is exactly {_word(pole)} there", ["NAN101"]
        return f"its operand is down to {_word(float(first.min()))} there", ["NAN101"]
    if name in ("div", "true_divide", "reciprocal", "remainder", "fmod"):
        below = first if name == "reciprocal" else second
        above = None if name == "reciprocal" else first
        if below is not None and bool((below == 0).any()):
            if above is not None and bool(((above == 0) & (below == 0)).any()):
                return "it divides 0 by 0 there", ["NAN102"]
            return "its denominator is exactly 0 there", ["NAN102"]
        if above is not None and below is not None and bool(torch.isinf(above).any() & torch.isinf(below).any()):
            return "it divides infinity by infinity there", ["NAN102"]
        if below is not None and below.numel() and 0 < float(below.abs().min()) < 1e-3:
            return f"its denominator is as small as {_word(float(below.abs().min()))} there", ["NAN102"]
    if name in _SQUARE_ROOTS and first is not None and first.numel():
        low = float(first.min())
        if low < 0:
            return f"its operand is negative there (down to {_word(low)})", ["NAN103"]
        if low == 0:
            return "its operand is exactly 0 there", ["NAN102"]
    if name in ("pow", "float_power"):
        clause = _reason_of_power(first, second)
        if clause is not None:
            return clause, ["NAN106"]
    if name in ("exp", "expm1", "exp2", "sinh", "cosh") and first is not None and first.numel():
        if not bool(torch.isnan(first).any()):
            peak = float(first.abs().max() if name in ("sinh", "cosh") else first.max())
            limit = _word(math.log(torch.finfo(result.dtype).max) / (math.log(2) if name == "exp2" else 1))
            kind = _dtype_name(result.dtype)
            return f"its operand reaches {_word(peak)} there, and {kind} overflows above {limit}", ["NAN104"]
    if name in _INVERSE and first is not None and first.numel():
        return f"its operand reaches {_word(float(first.abs().max()))} there, outside of its domain", ["NAN105"]
    if name in ("_softmax", "_log_softmax", "softmax", "log_softmax", "_safe_softmax", "logsumexp"):
        source = _values(operands[0]) if operands else None
        if source is not None and bool((source == -math.inf).any()) and has_nan:
            return "every score of a row is -inf there (all of it is masked)", ["NAN107"]
    if name in ("std", "var", "std_mean", "var_mean") and operands:
        return f"it is taken over too few elements (shape {list(operands[0].shape)})", ["NAN108"]
    if name in ("mean", "native_layer_norm", "nanmean") and operands and operands[0].numel() == 0:
        return "it is the mean of no elements", ["NAN108"]
    if "nll_loss" in name:
        return "no label counts: all are ignored, or their weights are 0", ["NAN108"]
    if name in ("mul", "_foreach_mul") and has_nan and first is not None and second is not None:
        if bool(((first == 0) | (second == 0)).any()):
            return "it multiplies 0 by infinity there", ["NAN109"]
    if name in ("sub", "add") and has_nan and first is not None and second is not None:
        return "it adds infinities of opposite sign there", []
    if "linalg" in name or name in ("cholesky", "inverse", "_linalg_svd", "_linalg_eigh"):
        return "its matrix is singular or badly conditioned", ["NAN112"]
    return _reason_of_overflow(name, operands, result), []


def _reason_of_power(base: torch.Tensor | None, exponent: torch.Tensor | None) -> str | None:
    if base is None or exponent is None or base.numel() == 0:
        return None
    low = float(base.min())
    if bool(((base == 0) & (exponent < 0)).any()):
        return "it raises 0 to a negative power there"
    if low < 0 and bool((exponent != exponent.round()).any()):
        return f"its base is negative there (down to {_word(low)})"
    return f"its base reaches {_word(float(base.abs().max()))} there"


def _reason_of_overflow(name: str, operands: Sequence[torch.Tensor], result: torch.Tensor) -> str | None:
    """All operands are finite and the result is not: too large for its type, or outside of a domain that is not known."""
    peak = _largest(operands)
    if peak is None:
        return None
    kind = _dtype_name(result.dtype)
    limit = torch.finfo(result.dtype).max
    if any(not _is_finite(tensor) for tensor in operands):
        return None
    if bool(torch.isnan(result).any()) and peak < limit**0.25:
        return f"its operands are finite and reach {_word(peak)}"
    return f"the result is beyond the largest {kind}, {_word(limit)}; its operands reach {_word(peak)}"

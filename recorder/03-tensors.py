# ---------------------------------------------------------------------------------------------------------------------
# Looking at tensors: finite or not, statistics, norms.


def _plain(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The ordinary tensors of this process that hold the values: shards of a DTensor, parts of other subclasses."""
    if type(tensor) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer if hasattr(torch.nn, "Buffer") else torch.Tensor):
        return [tensor]
    local = getattr(tensor, "_local_tensor", None)
    if isinstance(local, torch.Tensor):
        return _plain(local)
    if hasattr(tensor, "__tensor_flatten__"):
        names, _ = tensor.__tensor_flatten__()
        return [part for name in names for part in _plain(getattr(tensor, name))]
    return [tensor]


def _values(tensor: torch.Tensor) -> torch.Tensor | None:
    """A real, dense floating-point view of the values; None where there is nothing that could be NaN."""
    if tensor.device.type == "meta" or type(tensor).__name__ == "FakeTensor":
        return None
    if tensor.layout is torch.sparse_coo:
        tensor = tensor._values()
    elif tensor.layout is not torch.strided:
        if tensor.layout not in (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc):
            return None
        tensor = tensor.values()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    if not tensor.is_floating_point():
        return None
    if tensor.is_quantized:
        return None
    return tensor.detach()


def _extent(values: torch.Tensor) -> tuple[float, float] | None:
    """Smallest and largest element. NaN if any is NaN; None of an empty tensor."""
    if values.numel() == 0:
        return None
    if values.element_size() == 1:
        values = values.float()
    low, high = torch.aminmax(values)
    return float(low), float(high)


def _is_finite(tensor: torch.Tensor) -> bool:
    """Exactly: whether no element is NaN or Inf."""
    for part in _plain(tensor):
        values = _values(part)
        if values is None:
            continue
        extent = _extent(values)
        if extent is not None and not (math.isfinite(extent[0]) and math.isfinite(extent[1])):
            return False
    return True


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _statistics(tensor: torch.Tensor, name: str | None = None) -> dict[str, Any]:
    """All that a dump tells of a tensor. min, max and mean are over the finite elements, the counts over all."""
    result: dict[str, Any] = {"name": name, "shape": list(tensor.shape), "dtype": _dtype_name(tensor.dtype)}
    parts = [values for part in _plain(tensor) if (values := _values(part)) is not None]
    values = parts[0] if len(parts) == 1 else None
    if values is None or values.numel() == 0:
        return result
    if values.element_size() == 1:
        values = values.float()
    finite = values[torch.isfinite(values)]
    if finite.numel():
        low, high = torch.aminmax(finite)
        magnitude = finite.abs()
        result |= {"min": float(low), "max": float(high), "mean": _finite_or_none(float(finite.double().mean()))}
        result |= {"absMin": float(magnitude.min()), "absMax": float(magnitude.max())}
    nan = int(torch.isnan(values).sum())
    positive = int((values == math.inf).sum())
    return result | {"nan": nan, "posInf": positive, "negInf": values.numel() - finite.numel() - nan - positive}


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _brief(tensor: torch.Tensor, extent: tuple[float, float] | None) -> dict[str, Any]:
    """Statistics of one of a step's many operations, from the extent that is known already."""
    result: dict[str, Any] = {"shape": list(tensor.shape), "dtype": _dtype_name(tensor.dtype)}
    if extent is None:
        return result
    low, high = extent
    result |= {"min": _number(_rounded(low)), "max": _number(_rounded(high))}
    if math.isfinite(low) and math.isfinite(high):
        result["absMax"] = _rounded(max(abs(low), abs(high)))
    return result


def _rounded(value: float) -> float:
    """Six digits tell enough in a table of thousands, and take half the room."""
    return float(f"{value:.6g}")


def _norms(gradients: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """L2 norms of the gradients in float32, one a tensor, on the tensors' devices. A norm is finite only if all elements are."""
    dense: list[torch.Tensor] = []
    for gradient in gradients:
        if type(gradient) is torch.Tensor and gradient.layout is torch.strided and gradient.is_floating_point():
            if gradient.device.type != "meta":
                dense.append(gradient)
            continue
        for part in _plain(gradient):
            values = _values(part)
            if values is not None and values.numel():
                dense.append(values)
    if not dense:
        return []
    by_kind: dict[tuple[torch.device, torch.dtype], list[torch.Tensor]] = {}
    for gradient in dense:
        by_kind.setdefault((gradient.device, gradient.dtype), []).append(gradient)
    norms: list[torch.Tensor] = []
    for (_, dtype), group in by_kind.items():
        wide = dtype if dtype is torch.float64 else torch.float32
        norms.extend(torch._foreach_norm(group, 2, dtype=wide))
    return norms


def _total(norms: Sequence[torch.Tensor]) -> torch.Tensor | None:
    """The norm of all, float32, on the first device."""
    if not norms:
        return None
    first = norms[0].device
    same = all(norm.device == first and norm.dtype is norms[0].dtype for norm in norms)
    stacked = torch.stack(list(norms) if same else [norm.to(first, torch.float32) for norm in norms])
    total: torch.Tensor = torch.linalg.vector_norm(stacked)
    return total.to(torch.float32)


def _tensors(value: Any, depth: int = 4) -> Iterator[torch.Tensor]:
    """The tensors in nested tuples, lists and mappings (also dataclass-like outputs)."""
    if isinstance(value, torch.Tensor):
        yield value
    elif depth == 0:
        return
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part, depth - 1)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part, depth - 1)
    elif hasattr(value, "__dataclass_fields__"):
        for field in value.__dataclass_fields__:
            yield from _tensors(getattr(value, field, None), depth - 1)


def _named_tensors(value: Any, name: str = "", depth: int = 4) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors with the path that leads to them: `x`, `[0]`, `pixel_values`."""
    if isinstance(value, torch.Tensor):
        yield name or "batch", value
    elif depth == 0:
        return
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _named_tensors(part, f"{name}.{key}" if name else str(key), depth - 1)
    elif isinstance(value, (tuple, list)):
        for index, part in enumerate(value):
            yield from _named_tensors(part, f"{name}[{index}]", depth - 1)


def _byte_count(value: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in _tensors(value))


def _fetch(tensors: Sequence[torch.Tensor]) -> list[float]:
    """Values of one-element tensors, with a single wait for the device. The meta device has none."""
    tensors = [tensor for tensor in tensors if tensor.device.type != "meta"]
    if not tensors:
        return []
    first = tensors[0].device
    flat = [tensor.detach().reshape(()).to(first, torch.float32) for tensor in tensors]
    return torch.stack(flat).tolist()


def _double_norm(gradient: torch.Tensor) -> torch.Tensor:
    parts = [values for part in _plain(gradient) if (values := _values(part)) is not None]
    if not parts:
        return torch.zeros((), dtype=torch.float64)
    total: torch.Tensor = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(values.double()) for values in parts])
    )
    return total


def _gradients_of(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [
        parameter.grad
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    ]

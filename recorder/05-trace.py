# ---------------------------------------------------------------------------------------------------------------------
# The replay's trace: every operation, what it read and wrote, and which of its values are not finite.

_WRITES_NOTHING = ("aten::empty", "aten::new_empty", "aten::_efficientzerotensor", "aten::resize_", "aten::set_")
"""Their memory holds garbage until somebody writes it: no finding."""


_EXCHANGES = ("c10d::", "_c10d_functional::", "c10d_functional::")
"""Collectives: their results come from other processes, and later."""


MAX_EXPLAINED = 200
"""Operations whose operands are looked at closely, and kept: the root is nearly always among the first."""


MAX_KEPT_IN_TRACE = 256 * 2**20


class _Operation:
    """One operation of the replayed step."""

    __slots__ = (
        "index", "name", "stack", "module", "node", "node_number", "number", "inputs", "outputs", "bad_inputs",
        "makes_nan", "has_inf", "is_born", "is_deliberate", "reason", "bad_count", "size", "value", "dtype",
        "tensors", "kept", "bad_rows", "shrinks", "rules",
    )  # fmt: skip

    def __init__(self, index: int, name: str, stack: tuple[Site, ...], module: str | None) -> None:
        self.index = index
        self.name = name
        self.stack = stack
        self.module = module
        self.node: str | None = None
        """Name of the autograd node under way: the operation is part of the backward pass."""
        self.node_number: int | None = None
        self.number: int | None = None
        """Sequence number of the autograd node that this operation made in the forward pass."""
        self.inputs: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self.bad_inputs: list[_Origin] = []
        self.makes_nan = False
        self.has_inf = False
        self.is_born = False
        """Whether a NaN or Inf begins here: none of the inputs has one that was not meant to be."""
        self.is_deliberate = False
        """Whether it only passes on an infinity that was written there on purpose, as masks are."""
        self.reason: str | None = None
        self.rules: list[str] = []
        self.bad_count = 0
        self.size = 0
        self.value: str | None = None
        self.dtype = ""
        self.tensors: list[dict[str, Any]] = []
        self.kept: list[tuple[str, torch.Tensor]] = []
        self.bad_rows: list[int] = []
        self.shrinks = False

    @property
    def is_bad(self) -> bool:
        return self.makes_nan or self.has_inf

    @property
    def is_backward(self) -> bool:
        return self.node is not None


class _Leaf:
    """A tensor that was there before the step and is not finite."""

    def __init__(self, kind: Literal["parameter", "buffer", "batch", "other"], name: str, tensor: torch.Tensor) -> None:
        self.kind = kind
        self.name = name
        self.statistics = _statistics(tensor, name)
        values = _values(_plain(tensor)[0])
        has_nan = values is not None and bool(torch.isnan(values).any())
        has_positive = values is not None and bool((values == math.inf).any())
        self.has_nan = has_nan
        self.is_deliberate = not has_nan and kind != "parameter" and (kind != "batch" or not has_positive)
        self.bad_rows = _bad_rows(values) if values is not None else []
        self.reader: _Operation | None = None


_Origin = _Operation | _Leaf


def _bad_rows(values: torch.Tensor) -> list[int]:
    """Indices along the first dimension that hold a NaN or Inf."""
    if values.dim() < 2:
        return []
    bad = ~torch.isfinite(values)
    return bad.flatten(1).any(1).nonzero().flatten()[:1000].tolist()


class _Trace(TorchDispatchMode):
    """Watches the operations below autograd, the backward pass included."""

    def __init__(self, name_of: Callable[[torch.Tensor], tuple[str, str] | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name_of = name_of
        """What a tensor from before the step is: its kind and its name."""
        self.operations: list[_Operation] = []
        self.origins: dict[int, list[_Origin]] = {}
        """By storage: who wrote the non-finite values that it may hold."""
        self.written: set[int] = set()
        self.collectives: dict[int, _Operation] = {}
        """By storage: the exchange between processes that fills it, at some time after its call."""
        self.last_exchange: _Operation | None = None
        self.extents: dict[tuple[Any, ...], tuple[float, float] | None] = {}
        self.nodes: dict[int, _Operation] = {}
        """By sequence number of the autograd node: the forward operation that made it."""
        self.modules: list[str | None] = []
        self.is_watching = True
        self.checks: list[tuple[str, dict[str, Any], tuple[Site, ...]]] = []
        self._explained = 0
        self._kept = 0
        self._last_number = 0
        self._stacks: dict[tuple[Site, ...], tuple[Site, ...]] = {}
        self._error: BaseException | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not self.is_watching:
            return func(*args, **kwargs)
        before: Any = None
        try:
            before = self._before(func, args, kwargs)
        except Exception as error:
            self._give_up(error)
        result = func(*args, **kwargs)
        if before is not None and self.is_watching:
            try:
                self._after(func, args, kwargs, result, *before)
            except Exception as error:
                self._give_up(error)
        return result

    def _give_up(self, error: BaseException) -> None:
        self._error = error
        self.is_watching = False

    @property
    def error(self) -> BaseException | None:
        return self._error

    def _before(self, func: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
        name = func._schema.name
        read = [tensor for tensor in _tensors([args, kwargs]) for tensor in _plain(tensor)]
        bad: list[tuple[torch.Tensor, list[_Origin]]] = []
        for tensor in read:
            origins = self._origins_of(tensor)
            if origins and not _is_finite(tensor):
                bad.append((tensor, origins))
        inputs = [_brief(tensor, self.extents.get(_identity(tensor))) for tensor in read]
        # What an operation changes in place is gone when its result is known to be bad.
        copies: dict[int, torch.Tensor] = {}
        if func._schema.is_mutable:
            for tensor in read:
                values = _values(tensor)
                if values is not None and values.numel() * values.element_size() <= MAX_TENSOR_BYTES:
                    copies[id(tensor)] = tensor.detach().clone()
        bad = [(copies.get(id(tensor), tensor), origins) for tensor, origins in bad]
        return name, [copies.get(id(tensor), tensor) for tensor in read], read, bad, inputs

    def _origins_of(self, tensor: torch.Tensor) -> list[_Origin]:
        key = _storage(tensor)
        if key is None:
            return []
        if key in self.collectives and key not in self.origins and not _is_finite(tensor):
            self.origins[key] = [_received(self.collectives.pop(key), tensor)]
        if key not in self.written and key not in self.origins:
            # The first time it is read: it was there before the step.
            self.origins[key] = []
            values = _values(tensor)
            if values is not None:
                extent = _extent(values)
                self.extents[_identity(tensor)] = extent
                if extent is not None and not (math.isfinite(extent[0]) and math.isfinite(extent[1])):
                    known = self.name_of(tensor)
                    if known is None and self.last_exchange is not None:
                        # Some backends exchange through memory of their own.
                        self.origins[key] = [_received(self.last_exchange, tensor)]
                    else:
                        kind, name = known or ("other", "a tensor from before the step")
                        self.origins[key] = [_Leaf(kind, name, tensor)]  # type: ignore[arg-type]
        return self.origins.get(key, [])

    def _after(
        self,
        func: Any,
        args: Any,
        kwargs: Any,
        result: Any,
        name: str,
        read: list[torch.Tensor],
        read_now: list[torch.Tensor],
        bad: list[tuple[torch.Tensor, list[_Origin]]],
        inputs: list[dict[str, Any]],
    ) -> None:
        stack = _stack(sys._getframe(2))
        stack = self._stacks.setdefault(stack, stack)
        operation = _Operation(len(self.operations), name, stack, self.modules[-1] if self.modules else None)
        self.operations.append(operation)
        self._connect_autograd(operation)
        if len(self.operations) <= MAX_OPERATIONS:
            operation.inputs = inputs
        changed = _changed(func, args, kwargs)
        results = [part for tensor in _tensors(result) for part in _plain(tensor)]
        written = results + [part for tensor in changed for part in _plain(tensor)]
        if name.startswith(_WRITES_NOTHING):
            for tensor in results:
                self._forget(tensor)
            return
        if name.startswith(_EXCHANGES):
            operation.bad_inputs = [origin for _, origins in bad for origin in origins]
            self.last_exchange = operation
            for tensor in written:
                self._forget(tensor)
                if (key := _storage(tensor)) is not None:
                    self.collectives[key] = operation
            return
        read_keys = {_storage(tensor) for tensor in read_now}
        changed_keys = {_storage(part) for tensor in changed for part in _plain(tensor)}
        bad_outputs: list[torch.Tensor] = []
        seen: set[int] = set()
        for tensor in written:
            if id(tensor) in seen:
                continue
            seen.add(id(tensor))
            key = _storage(tensor)
            is_view = key in read_keys and key not in changed_keys
            values = _values(tensor)
            extent = self._extent_of(tensor, values, read_now if is_view else [])
            if len(self.operations) <= MAX_OPERATIONS:
                operation.outputs.append(_brief(tensor, extent))
            is_bad = extent is not None and not (math.isfinite(extent[0]) and math.isfinite(extent[1]))
            if key is None or is_view:
                continue
            self.written.add(key)
            self.collectives.pop(key, None)
            if is_bad:
                bad_outputs.append(tensor)
                if key in changed_keys and key in self.origins and values is not None and not _covers(tensor):
                    self.origins[key] = [*self.origins[key], operation]
                else:
                    self.origins[key] = [operation]
            elif key not in changed_keys or _covers(tensor):
                self.origins.pop(key, None)
        if bad_outputs:
            self._judge(func, operation, args, kwargs, read, bad, bad_outputs)

    def _connect_autograd(self, operation: _Operation) -> None:
        node = torch._C._current_autograd_node()
        if node is not None:
            operation.node = node.name()
            number = node._sequence_nr()
            operation.node_number = number if number < 2**63 else None
        # The counter has moved on if autograd made a node for this operation. A custom Function makes its node first.
        number = torch._C._autograd._get_sequence_nr()
        if number != self._last_number:
            self._last_number = number
            operation.number = number - 1
            self.nodes[number - 1] = operation

    def _forget(self, tensor: torch.Tensor) -> None:
        key = _storage(tensor)
        if key is not None:
            self.written.add(key)
            self.origins.pop(key, None)

    def _extent_of(
        self, tensor: torch.Tensor, values: torch.Tensor | None, sources: Sequence[torch.Tensor]
    ) -> tuple[float, float] | None:
        if values is None:
            return None
        identity = _identity(tensor)
        # A view of all elements has the extent of what it views.
        for source in sources:
            known = self.extents.get(_identity(source))
            if known is not None and source.numel() == tensor.numel() and source.dtype is tensor.dtype:
                if _storage(source) == _storage(tensor):
                    self.extents[identity] = known
                    return known
        extent = self.extents[identity] = _extent(values)
        return extent

    def _judge(
        self,
        func: Any,
        operation: _Operation,
        args: Any,
        kwargs: Any,
        read: list[torch.Tensor],
        bad: list[tuple[torch.Tensor, list[_Origin]]],
        bad_outputs: list[torch.Tensor],
    ) -> None:
        """Decides whether the bad values of the outputs begin here or came in."""
        wrong = [_values(tensor) for tensor in bad_outputs]
        operation.makes_nan = any(bool(torch.isnan(values).any()) for values in wrong if values is not None)
        operation.has_inf = any(bool(torch.isinf(values).any()) for values in wrong if values is not None)
        if not bad:
            # Something else than an operation may have written into an input: a kernel of its own, say.
            for tensor in read:
                if (origins := self._origins_of(tensor)) and not _is_finite(tensor):
                    bad.append((tensor, origins))
                elif not _is_finite(tensor):
                    kind, name = self.name_of(tensor) or ("other", "a tensor written outside of PyTorch's dispatcher")
                    bad.append((tensor, [_Leaf(kind, name, tensor)]))  # type: ignore[arg-type]
        relevant = [pair for pair in bad if _reaches(func, args, pair[0], bad_outputs[0])]
        operation.bad_inputs = list({id(origin): origin for _, origins in relevant for origin in origins}.values())
        for origin in operation.bad_inputs:
            if isinstance(origin, _Leaf) and origin.reader is None:
                origin.reader = operation
        meant = [origin for origin in operation.bad_inputs if origin.is_deliberate]
        unmeant = [origin for origin in operation.bad_inputs if not origin.is_deliberate]
        nan_in = any(_has_nan(tensor) for tensor, _ in relevant)
        constant = not operation.makes_nan and _writes_infinity(func, args, kwargs)
        if operation.makes_nan:
            operation.is_born = not unmeant and not nan_in
        else:
            operation.is_deliberate = not unmeant and (constant or bool(meant) or _is_log_of_mask(func, read))
            operation.is_born = not unmeant and not operation.is_deliberate
        if operation.is_deliberate and read:
            operation.shrinks = bad_outputs[0].numel() < max(tensor.numel() for tensor in read)
        first_nan = operation.makes_nan and not nan_in
        if (operation.is_born or first_nan) and self._explained < MAX_EXPLAINED:
            self._explained += 1
            _explain(func, operation, args, kwargs, read, bad_outputs)
            self._kept += sum(_byte_count(tensor) for _, tensor in operation.kept)
            if self._kept > MAX_KEPT_IN_TRACE:
                operation.kept = []
        elif operation.shrinks or len(self.operations) < MAX_OPERATIONS:
            _count(operation, bad_outputs[0])


def _received(exchange: _Operation, tensor: torch.Tensor) -> _Operation:
    """The exchange has brought bad values: its own if one of its inputs was bad, else those of another process."""
    _count(exchange, tensor)
    exchange.makes_nan = _has_nan(tensor)
    exchange.has_inf = not exchange.makes_nan
    exchange.is_born = not exchange.bad_inputs
    return exchange


def _count(operation: _Operation, output: torch.Tensor) -> None:
    values = _values(output)
    if values is None:
        return
    operation.bad_count = int((~torch.isfinite(values)).sum())
    operation.size = values.numel()
    operation.dtype = _dtype_name(output.dtype)
    operation.value = _kind_of_value(values)


def _kind_of_value(values: torch.Tensor) -> str:
    if bool(torch.isnan(values).any()):
        return "nan"
    positive, negative = bool((values == math.inf).any()), bool((values == -math.inf).any())
    return "nonfinite" if positive and negative else ("inf" if positive else "-inf")


def _has_nan(tensor: torch.Tensor) -> bool:
    values = _values(tensor)
    return values is not None and bool(torch.isnan(values).any())


def _storage(tensor: torch.Tensor) -> int | None:
    """Identity of the memory, shared by all views; None where a tensor has none of its own."""
    if tensor.layout is not torch.strided:
        return id(tensor)
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return None


def _identity(tensor: torch.Tensor) -> tuple[Any, ...]:
    """The same for two tensors that show the same elements of the same memory."""
    if tensor.layout is not torch.strided:
        return (id(tensor),)
    return (_storage(tensor), tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype)


def _covers(tensor: torch.Tensor) -> bool:
    """Whether the tensor shows all of its storage."""
    if tensor.layout is not torch.strided:
        return True
    try:
        return tensor.numel() * tensor.element_size() >= tensor.untyped_storage().nbytes()
    except (NotImplementedError, RuntimeError):
        return True


def _changed(func: Any, args: Any, kwargs: Any) -> list[torch.Tensor]:
    """The arguments that the operation writes into."""
    schema = func._schema
    if not schema.is_mutable:
        return []
    found: list[torch.Tensor] = []
    for index, argument in enumerate(schema.arguments):
        info = argument.alias_info
        if info is None or not info.is_write:
            continue
        value = args[index] if index < len(args) else kwargs.get(argument.name)
        found += list(_tensors(value))
    return found


def _reaches(func: Any, args: Any, tensor: torch.Tensor, output: torch.Tensor) -> bool:
    """Whether the bad elements of an input can be those of the output, as far as positions tell it."""
    values, result = _values(tensor), _values(output)
    if values is None or result is None:
        return True
    name = func._schema.name
    try:
        wrong_in, wrong_out = ~torch.isfinite(values), ~torch.isfinite(result)
        if name == "aten::where" and len(args) == 3 and isinstance(args[0], torch.Tensor):
            chosen = args[0] if tensor is args[1] else ~args[0] if tensor is args[2] else None
            if chosen is not None:
                return bool((wrong_in & chosen).any())
        if torch.Tag.pointwise in func.tags and _fits(values, result):
            return bool((wrong_in & wrong_out).any())
    except (RuntimeError, TypeError):
        return True
    return True


def _fits(one: torch.Tensor, whole: torch.Tensor) -> bool:
    """Whether one broadcasts to the other's shape."""
    return bool(torch.broadcast_shapes(one.shape, whole.shape) == whole.shape)  # type: ignore[no-untyped-call]


def _writes_infinity(func: Any, args: Any, kwargs: Any) -> bool:
    """Whether an infinity stands among the arguments: the value of a fill, a bound, a tensor made of a literal."""
    for value in [*args, *kwargs.values()]:
        if isinstance(value, float) and math.isinf(value):
            return True
    return func._schema.name in ("aten::lift_fresh", "aten::lift_fresh_copy", "aten::scalar_tensor")


def _is_log_of_mask(func: Any, read: Sequence[torch.Tensor]) -> bool:
    """The logarithm of zeros and ones outside the graph is a mask to be added."""
    if func._schema.name not in ("aten::log", "aten::log2", "aten::log_") or len(read) != 1:
        return False
    values = _values(read[0])
    return values is not None and not read[0].requires_grad and bool(((values == 0) | (values == 1)).all())

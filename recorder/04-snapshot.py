# ---------------------------------------------------------------------------------------------------------------------
# What a step changes beside parameters: random states, buffers, variables. Kept, so that the step can be run again.

MAX_KEPT_BYTES = 4 * 2**20
"""Larger tensors in variables are not carried from step to step as state; keeping them would cost memory."""
MAX_SHADOW_BYTES = 64 * 2**20


class _RandomState:
    """The state of Python's, NumPy's and PyTorch's global generators, and of generators that the script made itself."""

    def __init__(self, devices: Sequence[torch.device], generators: Sequence[Any], is_complete: bool = True) -> None:
        self.python = random.getstate() if is_complete else None
        numpy = sys.modules.get("numpy") if is_complete else None
        self.numpy = numpy.random.get_state(legacy=False) if numpy is not None and hasattr(numpy, "random") else None
        self.cpu = torch.get_rng_state()
        self.cuda = [(device, torch.cuda.get_rng_state(device)) for device in devices if device.type == "cuda"]
        self.explicit = [(generator, _generator_state(generator)) for generator in generators]

    def restore(self) -> None:
        if self.python is not None:
            random.setstate(self.python)
        numpy = sys.modules.get("numpy")
        if self.numpy is not None and numpy is not None:
            numpy.random.set_state(self.numpy)
        torch.set_rng_state(self.cpu)
        for device, state in self.cuda:
            torch.cuda.set_rng_state(state, device)
        for generator, state in self.explicit:
            if isinstance(generator, torch.Generator):
                generator.set_state(state)
            elif isinstance(generator, random.Random):
                generator.setstate(state)
            else:
                generator.bit_generator.state = state


class _GlobalDraws:
    """
    Whether the loop's body draws from the generators of Python and NumPy, whose states cost more to read than all else
    of a step. They are read for the first windows and for one in sixty-four, and for all once a body was seen to draw.
    """

    def __init__(self) -> None:
        self._windows = 0
        self._are_made = False

    def begin(self) -> bool:
        """Whether the window that begins is to keep them."""
        self._windows += 1
        return self._are_made or self._windows <= 16 or self._windows % 64 == 0

    def end(self, before: _RandomState) -> None:
        """Compares with the states at the body's beginning."""
        if self._are_made or before.python is None:
            return
        numpy = sys.modules.get("numpy")
        self._are_made = random.getstate() != before.python
        if not self._are_made and before.numpy is not None and numpy is not None:
            now = numpy.random.get_state(legacy=False)
            self._are_made = pickle.dumps(now) != pickle.dumps(before.numpy)


def _generator_state(generator: Any) -> Any:
    if isinstance(generator, torch.Generator):
        return generator.get_state()
    if isinstance(generator, random.Random):
        return generator.getstate()
    return generator.bit_generator.state


def _is_generator(value: Any) -> bool:
    kind = type(value)
    if kind is torch.Generator or kind is random.Random:
        return True
    return kind.__name__ == "Generator" and kind.__module__.startswith("numpy.random")


def _find_generators(models: Sequence[torch.nn.Module], frame: types.FrameType | None) -> list[Any]:
    """Explicit generators in the loop's variables, in the attributes of its `self`, and in the models."""
    found: dict[int, Any] = {}
    places: list[Mapping[str, Any]] = [vars(module) for model in models for module in model.modules()]
    if frame is not None:
        variables = dict(frame.f_locals)
        places += [variables, frame.f_globals]
        for value in variables.values():
            with contextlib.suppress(Exception):  # an object may do anything when it is asked for its attributes
                if _is_plain_object(value):
                    places.append(vars(value))
    for place in places:
        for value in list(place.values()):
            if _is_generator(value):
                found[id(value)] = value
    return list(found.values())[:16]


def _is_plain_object(value: Any) -> bool:
    return not isinstance(value, (type, types.ModuleType, types.FunctionType, torch.nn.Module))


class _BufferShadow:
    """Copies of those buffers that training changes, made at the start of each window."""

    def __init__(self, models: Sequence[torch.nn.Module]) -> None:
        self.slots: list[tuple[torch.nn.Module, str]] = []
        seen: set[int] = set()
        for model in models:
            for module in model.modules():
                if id(module) not in seen:
                    seen.add(id(module))
                    self.slots += [(module, name) for name, buffer in module._buffers.items() if buffer is not None]
        self.changing: set[int] = set()
        self.known: list[tuple[int, int]] = []
        self.first: dict[int, torch.Tensor] = {}
        self.windows = 0
        size = 0
        for index, (module, name) in enumerate(self.slots):
            buffer = module._buffers[name]
            assert buffer is not None
            self.known.append((id(buffer), buffer._version))
            # Batch normalisation writes its statistics without bumping the version.
            if name.startswith("running_") or name == "num_batches_tracked":
                self.changing.add(index)
            elif (size := size + buffer.numel() * buffer.element_size()) <= MAX_SHADOW_BYTES:
                self.first[index] = buffer.detach().clone()

    def take(self) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
        """Index, buffer and copy of each buffer that changes."""
        if self.windows < 8 or self.windows % 64 == 0:
            self._look_for_changes()
        self.windows += 1
        taken = []
        for index in self.changing:
            module, name = self.slots[index]
            buffer = module._buffers.get(name)
            if buffer is not None:
                taken.append((index, buffer, buffer.detach().clone()))
        return taken

    def _look_for_changes(self) -> None:
        for index, (module, name) in enumerate(self.slots):
            buffer = module._buffers.get(name)
            if index not in self.changing and buffer is not None and self.known[index] != (id(buffer), buffer._version):
                self.changing.add(index)
                self.first.pop(index, None)

    @torch.no_grad()
    def restore(self, taken: Sequence[tuple[int, torch.Tensor, torch.Tensor]]) -> None:
        self._look_for_changes_of_first()
        for index, buffer, copy in taken:
            module, name = self.slots[index]
            module._buffers[name] = buffer
            buffer.copy_(copy)

    def _look_for_changes_of_first(self) -> None:
        """A buffer that had never changed before this window has its value of the beginning."""
        for index, copy in self.first.items():
            module, name = self.slots[index]
            buffer = module._buffers.get(name)
            if buffer is not None and self.known[index] != (id(buffer), buffer._version) and buffer.shape == copy.shape:
                buffer.copy_(copy)


def _is_state(value: Any, depth: int = 2) -> bool:
    """Whether a variable's value may be carried from step to step and is cheap to keep."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return True
    if isinstance(value, torch.Tensor):
        return value.grad_fn is None and value.numel() * value.element_size() <= MAX_KEPT_BYTES
    if isinstance(value, (tuple, list)) and depth and len(value) <= 64:
        return all(_is_state(part, depth - 1) for part in value)
    return False


class _Variables:
    """Variables of the loop's frame that its body rebinds, attributes of its `self`, and those attributes of modules that change."""

    def __init__(self, frame: types.FrameType | None, names: Iterable[str], attributes: Sequence[tuple[Any, str]]) -> None:
        self.values: dict[str, Any] = {}
        self.attributes: list[tuple[Any, str, Any]] = []
        if frame is not None:
            present = frame.f_locals
            for name in names:
                if name in present and _is_state(present[name]):
                    value = present[name]
                    self.values[name] = list(value) if isinstance(value, list) else value
            # The first argument of a method is its object.
            owner = present.get(frame.f_code.co_varnames[0]) if frame.f_code.co_argcount else None
            if isinstance(getattr(owner, "__dict__", None), dict) and _is_plain_object(owner):
                self.attributes += [(owner, name, value) for name, value in vars(owner).items() if _is_state(value)]
        for owner, name in attributes:
            value = getattr(owner, name, None)
            if _is_state(value):
                self.attributes.append((owner, name, value))

    def restore(self, frame: types.FrameType | None) -> None:
        for owner, name, value in self.attributes:
            if getattr(owner, name, None) is not value:
                with contextlib.suppress(Exception):
                    setattr(owner, name, value)
        if frame is not None:
            _set_variables(frame, self.values)


def _set_variables(frame: types.FrameType, values: Mapping[str, Any]) -> None:
    """Rebinds variables of a running frame."""
    if not values:
        return
    variables = frame.f_locals
    changed = {name: value for name, value in values.items() if variables.get(name, values) is not value}
    for name, value in changed.items():
        variables[name] = value
    # Up to 3.12 a function's variables are written back by this call alone; from 3.13 on f_locals writes through.
    if changed and sys.version_info < (3, 13) and frame.f_code.co_flags & 0x2:
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


class _ModuleAttributes:
    """Plain attributes of modules that training changes: counters, hidden states that are no buffers."""

    def __init__(self, models: Sequence[torch.nn.Module]) -> None:
        self.models = models
        self.changing: list[tuple[Any, str]] = []
        self._seen: dict[tuple[int, str], Any] = {}
        self._scans = 0

    def look(self) -> None:
        """Compares with what was there a window ago, for the first windows; then the list stands."""
        if self._scans >= 4:
            return
        self._scans += 1
        known = {(id(owner), name) for owner, name in self.changing}
        present: dict[tuple[int, str], Any] = {}
        for model in self.models:
            for module in model.modules():
                for name, value in list(vars(module).items()):
                    if name.startswith("_") or name == "training" or not _is_state(value):
                        continue
                    key = (id(module), name)
                    present[key] = value if not isinstance(value, (tuple, list)) else id(value)
                    if self._scans > 1 and key not in known and self._seen.get(key, present[key]) is not present[key]:
                        self.changing.append((module, name))
        self._seen = present if self._scans < 4 else {}


@functools.lru_cache(maxsize=64)
def _loop_at(path: str, line: int) -> tuple[ast.For, str | None] | None:
    """The `for` statement whose iterable stands in this line, with the name of the class around it."""
    source = "".join(linecache.getlines(path))
    if not source:
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: tuple[ast.For, str | None] | None = None

    def visit(node: ast.AST, owner: str | None) -> None:
        nonlocal found
        if isinstance(node, ast.For) and node.lineno <= line <= (node.iter.end_lineno or node.lineno):
            found = (node, owner)
        for child in ast.iter_child_nodes(node):
            visit(child, node.name if isinstance(node, ast.ClassDef) else owner)

    visit(tree, None)
    return found


@functools.lru_cache(maxsize=64)
def _counter_names(code: types.CodeType, line: int) -> tuple[str, ...]:
    """Names that the loop itself binds: with `enumerate` around the loader one of them counts."""
    loop = _loop_at(code.co_filename, line)
    return tuple(_bound_in(loop[0].target)) if loop is not None else ()


def _set_at_next_line(frame: types.FrameType, values: Mapping[str, Any]) -> Callable[[], None]:
    """
    Rebinds variables when the frame comes to its next line: after the `for` statement has bound them. A counter outside
    of the recorder's reach would go on counting in the replay. The function that takes the tracing back.
    """
    before, before_local = sys.gettrace(), frame.f_trace

    def restore() -> None:
        sys.settrace(before)
        frame.f_trace = before_local

    def on_event(at: types.FrameType, event: str, _: Any) -> Any:
        if event == "line":
            for name, value in values.items():
                at.f_locals[name] = value
            restore()
            return before_local
        return on_event

    frame.f_trace = on_event
    sys.settrace(lambda *_: None)
    return restore


@functools.lru_cache(maxsize=64)
def _rebound_names(code: types.CodeType, line: int) -> tuple[str, ...]:
    """Names that the loop's body binds; where there is no source, all of the function's variables."""
    loop = _loop_at(code.co_filename, line)
    if loop is None:
        return code.co_varnames + code.co_cellvars
    return tuple(sorted({name for statement in loop[0].body for name in _bound_in(statement)}))


def _bound_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.id

# ---------------------------------------------------------------------------------------------------------------------
# The few calls of PyTorch that are listened to, while any recorder lives.


class _ClipNorm:
    """The norm that `clip_grad_norm_` has just computed, and of which gradients."""

    def __init__(self, norm: torch.Tensor, gradients: Sequence[torch.Tensor]) -> None:
        self.norm = norm.detach()
        self.gradients = list(gradients)
        self.versions = [gradient._version for gradient in gradients]

    def is_of(self, gradients: Sequence[torch.Tensor]) -> bool:
        """Whether these are the same gradients, changed by nothing but the clipping itself."""
        return len(gradients) == len(self.gradients) and all(
            one is two and one._version - version in (0, 1)
            for one, two, version in zip(gradients, self.gradients, self.versions)
        )


def _leaves_of(losses: Any) -> set[int]:
    """The ids of the parameters that the losses were computed from."""
    found: set[int] = set()
    seen: set[Any] = set()
    nodes: list[Any] = [tensor.grad_fn for tensor in _tensors(losses)]
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if variable is not None:
            found.add(id(variable))
        nodes += [following for following, _ in node.next_functions]
    return found


_END = object()
"""Stands for the end of a data loader among what a step fetched."""
MAX_FETCHED = 64
MAX_FETCHED_BYTES = 256 * 2**20


class _Patches:
    def __init__(self) -> None:
        self.recorders: list[weakref.ref[Recorder]] = []
        self.iterators: weakref.WeakSet[_Iterator[Any]] = weakref.WeakSet()
        self.left: tuple[Recorder, _Window, types.CodeType, int] | None = None
        """A loop that an exception may have gone through: its window, its code and line."""
        self.fetching = 0
        """Whether a watched loop is fetching its own batch."""
        self._indices: list[int] | None = None
        self._undo: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def live(self) -> list[Recorder]:
        return [recorder for reference in self.recorders if (recorder := reference()) is not None]

    def listening(self) -> list[Recorder]:
        """Those that are to hear of what happens: while one runs a step again, the others have seen that step already."""
        recorders = self.live()
        return [recorder for recorder in recorders if recorder._replay is not None] or recorders

    def listening_to(self, losses: Any) -> list[Recorder]:
        """Those of several recorders whose parameters the losses depend on; all, where that cannot be seen."""
        recorders = self.listening()
        if len(recorders) < 2:
            return recorders
        leaves = _leaves_of(losses)
        return [recorder for recorder in recorders if recorder._has_one_of(leaves)] or recorders

    def install(self, recorder: Recorder) -> None:
        with self._lock:
            self.recorders = [reference for reference in self.recorders if reference() is not None]
            self.recorders.append(weakref.ref(recorder))
            if not self._undo:
                self._install()

    def remove(self, recorder: Recorder) -> None:
        with self._lock:
            self.recorders = [one for one in self.recorders if one() is not None and one() is not recorder]
            if not self.recorders:
                for undo in reversed(self._undo):
                    undo()
                self._undo = []

    def take_indices(self) -> list[int] | None:
        """Indices into the data set of the batch that a DataLoader has just given."""
        indices, self._indices = self._indices, None
        return indices

    def _replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Wraps an attribute, and unwraps it at the end if nobody has wrapped it again since."""
        original = getattr(owner, name, None)
        if original is None:
            return
        replacement = functools.wraps(original)(make(original))
        setattr(owner, name, replacement)

        def undo() -> None:
            if getattr(owner, name, None) is replacement:
                setattr(owner, name, original)

        self._undo.append(undo)

    def _install(self) -> None:
        self._undo.append(register_optimizer_step_pre_hook(self._before_step).remove)
        self._replace(torch.autograd, "backward", self._backward)
        scaler = torch.amp.GradScaler
        self._replace(scaler, "scale", self._scale)
        self._replace(scaler, "step", self._scaler_step)
        self._replace(scaler, "unscale_", self._unscale)
        self._replace(scaler, "update", self._update)
        from torch.nn.utils import clip_grad

        self._replace(clip_grad, "_get_total_norm", self._total_norm)
        from torch.utils.data import dataloader

        self._replace(dataloader._BaseDataLoaderIter, "__next__", self._next_batch)
        self._replace(dataloader._BaseDataLoaderIter, "_next_index", self._next_index)
        self._replace(sys, "excepthook", self._excepthook)
        self._replace(sys, "exit", self._exit)

    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, keywords: Any) -> Any:
        changed: Any = None
        for recorder in self.listening():
            if recorder._is_off:
                recorder._answer_peers(optimizer)
                continue
            result = recorder._before_step(optimizer, args, keywords)
            if result is not None:
                args, keywords = result
                changed = result
        return changed

    def _backward(self, original: Any) -> Any:
        def backward(tensors: Any, *args: Any, **keywords: Any) -> Any:
            for recorder in self.listening_to(tensors):
                recorder._on_backward(tensors)
            return original(tensors, *args, **keywords)

        return backward

    def _is_replaying(self) -> bool:
        return any(recorder._replay is not None for recorder in self.live())

    def _scale(self, original: Any) -> Any:
        def scale(scaler: Any, outputs: Any) -> Any:
            if not scaler.is_enabled():
                return original(scaler, outputs)
            for recorder in self.listening_to(outputs):
                recorder._on_scale(scaler, outputs)
            # A replay runs at a scale of 1: what overflows there overflows by itself.
            return outputs if self._is_replaying() else original(scaler, outputs)

        return scale

    def _scaler_step(self, original: Any) -> Any:
        def step(scaler: Any, optimizer: Any, *args: Any, **keywords: Any) -> Any:
            if not scaler.is_enabled():
                return original(scaler, optimizer, *args, **keywords)
            recorders = self.live()
            if self._is_replaying():
                for recorder in recorders:
                    recorder._on_replayed_step(optimizer)
                return None
            for recorder in recorders:
                if recorder._is_off:
                    recorder._answer_peers(optimizer)
                else:
                    recorder._before_scaler_step(scaler, optimizer)
            if any(recorder._has_dropped_the_step() for recorder in recorders):
                return None
            for recorder in recorders:
                recorder._scaling.is_stepping = True
            try:
                return original(scaler, optimizer, *args, **keywords)
            finally:
                for recorder in recorders:
                    recorder._scaling.is_stepping = False
                    recorder._after_scaler_step(scaler, optimizer)

        return step

    def _unscale(self, original: Any) -> Any:
        def unscale_(scaler: Any, optimizer: Any) -> Any:
            return None if self._is_replaying() else original(scaler, optimizer)

        return unscale_

    def _update(self, original: Any) -> Any:
        def update(scaler: Any, *args: Any, **keywords: Any) -> Any:
            if self._is_replaying():
                return None
            # Gradients that the recorder took away were never looked at for Inf.
            if any(recorder._has_dropped_the_step() for recorder in self.live()):
                states = scaler._per_optimizer_states
                if not any(state["found_inf_per_device"] for state in states.values()):
                    states.clear()
                    return None
            return original(scaler, *args, **keywords)

        return update

    def _total_norm(self, original: Any) -> Any:
        def _get_total_norm(tensors: Any, norm_type: float = 2.0, *args: Any, **keywords: Any) -> Any:
            listed = [tensors] if isinstance(tensors, torch.Tensor) else list(tensors)
            total = original(listed, norm_type, *args, **keywords)
            if float(norm_type) == 2.0 and type(total) is torch.Tensor:
                for recorder in self.live():
                    if not recorder._is_off and recorder._replay is None:
                        recorder._clip = _ClipNorm(total, listed)
            return total

        return _get_total_norm

    def _next_index(self, original: Any) -> Any:
        def _next_index(iterator: Any) -> Any:
            index = original(iterator)
            queue = iterator.__dict__.setdefault("_nanlens_indices", collections.deque(maxlen=4096))
            queue.append(index)
            return index

        return _next_index

    def _next_batch(self, original: Any) -> Any:
        def __next__(iterator: Any) -> Any:
            recorders = self.live()
            if not self.fetching:
                for recorder in recorders:
                    replay = recorder._replay
                    if replay is not None and not replay.is_done and replay.fetched:
                        result, state = replay.fetched.popleft()
                        state.restore()
                        if result is _END:
                            raise StopIteration
                        return result
            try:
                result = original(iterator)
            except StopIteration:
                self._note_fetch(recorders, _END)
                raise
            queue = iterator.__dict__.get("_nanlens_indices")
            indices = queue.popleft() if queue else None
            self._indices = indices if isinstance(indices, list) else [indices] if isinstance(indices, int) else None
            self._note_fetch(recorders, result)
            return result

        return __next__

    def _note_fetch(self, recorders: Sequence[Recorder], result: Any) -> None:
        """What the body fetches itself is handed out again in a replay."""
        if self.fetching:
            return
        for recorder in recorders:
            window = recorder._window
            if recorder._is_off or recorder._replay is not None or window is None or not window.micro:
                continue
            micro = window.micro[-1]
            micro.fetched_size += 0 if result is _END else _byte_count(result)
            if len(micro.fetched) < MAX_FETCHED and micro.fetched_size <= MAX_FETCHED_BYTES:
                micro.fetched.append((result, _RandomState(recorder._find_devices(), recorder._generators or ())))

    def _excepthook(self, original: Any) -> Any:
        def excepthook(kind: Any, error: Any, trace: Any) -> None:
            original(kind, error, trace)
            with contextlib.suppress(Exception):
                _on_uncaught(kind, error, trace)

        return excepthook

    def _exit(self, original: Any) -> Any:
        def exit(*args: Any) -> Any:
            with contextlib.suppress(Exception):
                _on_exit()
            return original(*args)

        return exit


_patches = _Patches()


def check(name: str, value: Any) -> None:
    """
    Looks at a value of the step that runs: a tensor, an array, a number, or tuples, lists and mappings of them. If one is
    not finite, the recorder runs the step again and its dump tells of `name`. Without a recorder nothing happens but a
    line on standard error, the first time. Never raises.
    """
    with contextlib.suppress(Exception):
        _check_value(name, value)


_told_checks: set[str] = set()


def _check_value(name: str, value: Any) -> None:
    recorders = [recorder for recorder in _patches.live() if not recorder._is_off]
    for recorder in recorders:
        replay = recorder._replay
        if replay is not None:
            if replay.is_done:
                return
            with replay._unwatched():
                for path, tensor in _named_tensors(_as_tensors(value), name):
                    if not _is_finite(tensor):
                        replay.trace.checks.append((path, _statistics(tensor, path), _stack(sys._getframe(1))))
            return
    flags = [flag for tensor in _tensors(_as_tensors(value)) if (flag := _flag(tensor)) is not None]
    if not flags:
        return
    for recorder in recorders:
        recorder._checks += [(name, flag) for flag in flags]
        del recorder._checks[:-4096]
    if not recorders and name not in _told_checks and any(_fetch(flags)):
        _told_checks.add(name)
        site = _user_site(_stack(sys._getframe(2)))
        at = f" at {_place(site)}" if site is not None else ""
        _say(f"`{name}`{at} is not finite. With `nanlens.Recorder` in the script the cause is found and kept.")


def _flag(tensor: torch.Tensor) -> torch.Tensor | None:
    """1 where any element is NaN or Inf, on the tensor's device."""
    parts = [values for part in _plain(tensor) if (values := _values(part)) is not None and values.numel()]
    if not parts:
        return None
    return (~torch.isfinite(parts[0])).any().to(torch.float32)


def _as_tensors(value: Any, depth: int = 3) -> Any:
    """Arrays and numbers as tensors; other things stay."""
    if isinstance(value, float):
        return torch.tensor(value, dtype=torch.float64)
    if isinstance(value, torch.Tensor) or depth == 0:
        return value
    if isinstance(value, Mapping):
        return {key: _as_tensors(part, depth - 1) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_as_tensors(part, depth - 1) for part in value]
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in ("f", "c") and type(value).__module__.startswith("numpy"):
        return torch.tensor(value.tolist(), dtype=torch.complex128 if kind == "c" else torch.float64)
    return value

# ---------------------------------------------------------------------------------------------------------------------
# A window: the batches between two updates of the parameters, with all that is needed to run them again.


class _MicroBatch:
    """One fetch of the loop."""

    __slots__ = ("batch", "counters", "fetched", "fetched_size", "is_copy", "had_backward", "random", "sample_indices", "shown", "versions", "index", "size")

    def __init__(
        self, batch: Any, given: Any, index: int, random_state: _RandomState, sample_indices: list[int] | None
    ) -> None:
        self.batch = batch
        self.is_copy = batch is not given
        """Whether `batch` is a copy of what the loop was given, for the loop writes into it."""
        self.shown = batch
        """The same with names, where its parts are a function's arguments."""
        self.index = index
        self.random = random_state
        self.sample_indices = sample_indices
        self.versions = [(tensor, tensor._version) for tensor in _tensors(given) if not tensor.is_inference()]
        self.fetched: list[Any] = []
        """What the body itself fetched from data loaders, in order."""
        self.fetched_size = 0
        self.had_backward = False
        self.counters: dict[str, Any] = {}
        """What the loop bound beside the batch: `i` of `enumerate`."""
        self.size = _byte_count(batch)

    @property
    def was_changed(self) -> bool:
        """Whether the batch was written into since it was fetched."""
        return any(tensor._version != version for tensor, version in self.versions)


def _cloned(batch: Any, depth: int = 4) -> Any:
    """A batch whose tensors may be written into; what is no tensor, tuple, list or mapping stays itself."""
    if isinstance(batch, torch.Tensor):
        return batch.clone() if batch.grad_fn is None else batch
    if depth == 0:
        return batch
    if type(batch) in (list, tuple):
        return type(batch)(_cloned(part, depth - 1) for part in batch)
    if type(batch) is dict:
        return {key: _cloned(part, depth - 1) for key, part in batch.items()}
    return batch


class _Trip:
    """Why a window is to be replayed."""

    def __init__(
        self, cause: Literal["loss", "gradients", "skips", "check", "peer", "left"], check: int, losses: list[float]
    ) -> None:
        self.cause = cause
        self.check = check
        """Which of the window's checks found it, from 0: one before each update, one for each run of a closure."""
        self.losses = losses


class _Window:
    def __init__(self, step: int, buffers: list[Any], variables: _Variables | None) -> None:
        self.step = step
        self.buffers = buffers
        self.variables = variables
        self.micro: list[_MicroBatch] = []
        self.losses: list[torch.Tensor] = []
        """Detached, of all backward calls in order."""
        self.looked_at = 0
        """How many of the losses earlier checks have seen."""
        self.checks = 0
        self.trip: _Trip | None = None
        self.row: dict[str, float | None] = {}
        self.closures: list[_ClosureState] = []
        self.stepped: list[torch.optim.Optimizer] = []
        self.bad_parameters: list[str] = []
        """Where nothing can be run again: whose gradients were not finite."""
        self.is_cut = False
        """Whether the oldest batches were let go."""
        self.flags: torch.Tensor | None = None
        """Freeze mode: loss, norm and whether they are bad, on their way to the host."""
        self.event: Any = None
        self.flagged_check = 0
        self.rerun: Callable[[Any], Any] | None = None
        """Runs one of the batches again, where not the user's loop but a decorated function took them."""

    @property
    def is_open(self) -> bool:
        """Whether the parameters have not been updated since it began."""
        return self.checks == 0

    def let_go(self) -> None:
        """Keeps an endless window small."""
        size = sum(micro.size for micro in self.micro)
        while len(self.micro) > 1 and (len(self.micro) > MAX_WINDOW_BATCHES or size > MAX_WINDOW_BYTES):
            size -= self.micro.pop(0).size
            self.is_cut = True
        if len(self.losses) > 4 * MAX_WINDOW_BATCHES:
            cut = len(self.losses) - 2 * MAX_WINDOW_BATCHES
            del self.losses[:cut]
            self.looked_at = max(0, self.looked_at - cut)
            self.is_cut = True


_ONE_EVALUATION = frozenset(
    "Adadelta Adafactor Adagrad Adam AdamW Adamax ASGD Muon NAdam RAdam RMSprop Rprop SGD SparseAdam".split()
)
"""Optimizers of PyTorch that run a closure once, before they change anything."""


MAX_STATE_BYTES = 512 * 2**20


def _state_size(optimizer: torch.optim.Optimizer) -> int:
    """Bytes of parameters and state together."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return _byte_count(parameters) + sum(_byte_count(state) for state in optimizer.state.values())


class _ClosureState:
    """Parameters and state of an optimizer that moves more than once in a window: LBFGS within its step, PPO's between."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.parameters = [
            (parameter, parameter.detach().clone()) for group in optimizer.param_groups for parameter in group["params"]
        ]
        self.state = {parameter: copy.deepcopy(state) for parameter, state in optimizer.state.items()}
        self.options = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
        """Learning rate and the like, which a scheduler may change at the window's end."""

    @torch.no_grad()
    def restore(self) -> None:
        for parameter, value in self.parameters:
            parameter.copy_(value)
        self.optimizer.state.clear()
        for parameter, state in self.state.items():
            self.optimizer.state[parameter] = copy.deepcopy(state)
        for group, options in zip(self.optimizer.param_groups, self.options):
            group.update(options)


class _Replay(contextlib.AbstractContextManager["_Replay"]):
    """Runs a window once more: restores what it began with, watches every operation, leaves the parameters alone."""

    def __init__(self, recorder: Recorder, window: _Window, trip: _Trip, frame: types.FrameType | None) -> None:
        self.recorder = recorder
        self.window = window
        self.trip = trip
        self.frame = frame
        self.trace = _Trace(self._name_of)
        self.finding: _Finding | None = None
        self.is_done = False
        self.checks = 0
        self.losses: list[float] = []
        self.loss_origins: list[tuple[float, list[_Origin], int]] = []
        self.micro_starts: list[int] = []
        self.fetched: collections.deque[Any] = collections.deque()
        self.notes: list[str] = []
        self._since = 0
        self._afterwards: list[_ClosureState] = []
        self._bad_loss: float | None = None
        self._undo_trace: Callable[[], None] = lambda: None
        self._exits = contextlib.ExitStack()
        self._names: dict[int, tuple[str, str]] = {}

    def __enter__(self) -> _Replay:
        recorder, window = self.recorder, self.window
        with torch.no_grad():
            self._afterwards = [_ClosureState(state.optimizer) for state in window.closures]
            for state in window.closures:
                state.restore()
            recorder._buffers.restore(window.buffers)
        if window.variables is not None:
            window.variables.restore(self.frame)
        recorder._drop_gradients()
        self._collect_names()
        if window.is_cut:
            self.notes.append("The window held more batches than are kept; the oldest are missing from the replay.")
        if any(micro.was_changed and not micro.is_copy for micro in window.micro):
            self.notes.append("The batch was changed in place by the step, so the replay starts from the changed values.")
        enter = self._exits.enter_context
        enter(_schedulers_at_rest())
        enter(_without_gradient_sync())
        enter(_eager())
        enter(self._module_names())
        enter(torch.autograd.set_multithreading_enabled(False))
        recorder._replay = self
        self._exits.callback(setattr, recorder, "_replay", None)
        self.trace._last_number = torch._C._autograd._get_sequence_nr()
        self.trace.__enter__()  # type: ignore[no-untyped-call]
        self._exits.push(self.trace.__exit__)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.is_done and self.recorder._replay is self:
            self.look(last=True)
        self._undo_trace()
        self._exits.close()
        self.recorder._drop_gradients()
        for before, after in zip(self.window.closures, self._afterwards):
            # What an interrupted line search left behind is of no use; updates that were made well are.
            (after if type(after.optimizer).__name__ in _ONE_EVALUATION else before).restore()
        if self.trace.error is not None:
            error = self.trace.error
            self.notes.append(f"The trace ended early: {type(error).__name__}: {error}"[:500])

    def begin(self, micro: _MicroBatch) -> Any:
        """The batch, with the random states of its first run."""
        with self._unwatched():
            micro.random.restore()
        self.micro_starts.append(len(self.trace.operations))
        self._undo_trace()
        if self.frame is not None and micro.counters:
            self._undo_trace = _set_at_next_line(self.frame, micro.counters)
        self.fetched = collections.deque(micro.fetched)
        if not micro.is_copy:
            return micro.batch
        with self._unwatched():
            batch = _cloned(micro.batch)
            for (name, _), tensor in zip(_named_tensors(micro.shown), _tensors(batch)):
                self._put_name("batch", name, tensor)
        return batch

    @contextlib.contextmanager
    def _unwatched(self) -> Iterator[None]:
        before = self.trace.is_watching
        self.trace.is_watching = False
        try:
            yield
        finally:
            self.trace.is_watching = before

    def on_loss(self, loss: torch.Tensor) -> None:
        if self.is_done:
            return
        with self._unwatched(), torch.no_grad():
            value = float(loss.detach().float())
        self.losses.append(value)
        if not math.isfinite(value):
            self.loss_origins.append((value, _bad_starts(self.trace, loss), len(self.trace.operations)))

    def on_check(self, optimizer: torch.optim.Optimizer | None) -> None:
        """Before an update in the replay. The one that failed is where to look."""
        if not self.is_done and self.checks == self.trip.check:
            self.look(last=False)
        self.checks += 1
        self._since = len(self.trace.operations)

    def may_step(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether the update is to be made for real, as one before the bad one was."""
        return not self.is_done and any(state.optimizer is optimizer for state in self.window.closures)

    def look(self, last: bool) -> None:
        """Finds where the bad loss or gradient came from."""
        with self._unwatched():
            since = self._since
            bad = [(value, starts) for value, starts, at in self.loss_origins if at > since or last]
            if bad:
                self._bad_loss = bad[0][0]
                self.finding = _blame(self.trace, bad[0][1], True, None, since)
            if self.finding is None:
                starts: list[_Origin] = []
                name: str | None = None
                for parameter_name, gradient in self.recorder._gradients():
                    if not _is_finite(gradient):
                        starts += _bad_starts(self.trace, gradient)
                        name = name or parameter_name
                if starts:
                    self.finding = _blame(self.trace, starts, False, name, since)
            if self.finding is None and self.trip.cause in ("check", "left"):
                # Nobody computed a loss of it yet: the first bad operation of all.
                born = [o for o in self.trace.operations if o.is_born]
                first = next((o for o in born if o.makes_nan), None) or (born[0] if born else None)
                if first is not None and not first.is_backward:
                    self.finding = _blame(self.trace, [first], False, None, since)
            if self.finding is not None:
                root = self.finding.root
                self.finding.was_bad_from_the_start = isinstance(root, _Leaf) and root.name in (
                    self.recorder._bad_from_the_start or ()
                )
                self.finding.grown = self._grown_parameter()
                if not self.finding.was_bad_from_the_start:
                    self.finding.last_step = self.recorder._step_site
        self.is_done = True
        self.trace.is_watching = False

    def _grown_parameter(self) -> tuple[str, float] | None:
        """The parameter with the largest element, if that is beyond what training means to reach."""
        largest: tuple[str, float] | None = None
        for model in self.recorder._models:
            for name, parameter in model.named_parameters():
                peak = _largest([part for part in _plain(parameter.detach())])
                if peak is not None and peak > 1e5 and (largest is None or peak > largest[1]):
                    largest = (name, peak)
        return largest

    def look_at_outputs(self, outputs: Any) -> None:
        """Inference: where the first bad output came from."""
        with self._unwatched():
            for tensor in _tensors(outputs):
                if not _is_finite(tensor):
                    starts = _bad_starts(self.trace, tensor)
                    if starts:
                        self.finding = _blame(self.trace, starts, False, None, 0)
                        break
        self.is_done = True
        self.trace.is_watching = False

    @property
    def loss_value(self) -> float | None:
        return self._bad_loss

    def guilty(self) -> _MicroBatch | None:
        """The batch in which the root lies."""
        micro = self.window.micro
        if not micro:
            return None
        if self.finding is None:
            return micro[-1]
        root = self.finding.root
        index = root.index if isinstance(root, _Operation) else root.reader.index if root.reader else None
        if index is None:
            return micro[-1]
        number = sum(start <= index for start in self.micro_starts) - 1
        return micro[max(0, min(number, len(micro) - 1))]

    def _name_of(self, tensor: torch.Tensor) -> tuple[str, str] | None:
        key = _storage(tensor)
        return self._names.get(key) if key is not None else None

    def _put_name(self, kind: str, name: str, tensor: torch.Tensor) -> None:
        for part in _plain(tensor):
            key = _storage(part)
            if key is not None:
                self._names[key] = (kind, name)

    def _collect_names(self) -> None:
        """What the tensors from before the step are called. Later entries win: a parameter is no mere variable."""

        put = self._put_name
        if self.frame is not None:
            for variables in (self.frame.f_globals, self.frame.f_locals):
                for name, value in list(variables.items()):
                    for tensor in _tensors(value, 1):
                        put("other", f"`{name}`", tensor)
        for micro in self.window.micro:
            for fetched in micro.fetched:
                for name, tensor in _named_tensors(fetched):
                    put("batch", name, tensor)
            for name, tensor in _named_tensors(micro.shown):
                put("batch", name, tensor)
        for model in self.recorder._models:
            for name, buffer in model.named_buffers():
                put("buffer", name, buffer)
            for name, parameter in model.named_parameters():
                put("parameter", name, parameter)

    @contextlib.contextmanager
    def _module_names(self) -> Iterator[None]:
        """Keeps the qualified name of the innermost module that runs."""
        names: dict[int, str] = {}
        for model in self.recorder._models:
            for name, module in model.named_modules():
                names.setdefault(id(module), _WRAPPERS.sub("", f"{name}.").strip("."))
        modules = self.trace.modules

        def enter(module: torch.nn.Module, _: Any) -> None:
            modules.append(names.get(id(module), type(module).__name__) or None)

        def leave(module: torch.nn.Module, _: Any, __: Any) -> None:
            if modules:
                modules.pop()

        # One by one, for hooks of all modules call forth a warning in compiled ones.
        handles: list[Any] = []
        for module in {id(module): module for model in self.recorder._models for module in model.modules()}.values():
            handles.append(module.register_forward_pre_hook(enter))
            handles.append(module.register_forward_hook(leave, always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


_WRAPPERS = re.compile(r"^(?:(?:module|_forward_module|_original_module|_orig_mod|_fsdp_wrapped_module)\.)+|_orig_mod\.")
"""What DistributedDataParallel, Fabric, torch.compile and FSDP put before the names of a model."""


def _all_subclasses(kind: type) -> Iterator[type]:
    sub: type
    for sub in kind.__subclasses__():
        yield sub
        yield from _all_subclasses(sub)


@contextlib.contextmanager
def _schedulers_at_rest() -> Iterator[None]:
    """A replayed step is no step: learning rate schedulers stay where they are."""
    base = torch.optim.lr_scheduler.LRScheduler
    changed: list[tuple[type, Any]] = []
    for kind in {base, *_all_subclasses(base)}:
        if "step" in vars(kind):
            changed.append((kind, vars(kind)["step"]))
            setattr(kind, "step", lambda self, *args, **keywords: None)  # noqa: B010
    try:
        yield
    finally:
        for kind, step in changed:
            setattr(kind, "step", step)  # noqa: B010


@contextlib.contextmanager
def _without_gradient_sync() -> Iterator[None]:
    """Data parallel models keep their gradients to themselves, so that the rank that made the bad one shows."""
    import gc

    changed: list[tuple[Any, bool, bool]] = []
    distributed = sys.modules.get("torch.nn.parallel.distributed")
    if distributed is not None and torch.distributed.is_available() and torch.distributed.is_initialized():
        for thing in gc.get_objects():
            if issubclass(type(thing), distributed.DistributedDataParallel):
                changed.append((thing, thing.require_backward_grad_sync, thing.require_forward_param_sync))
                thing.require_backward_grad_sync = False
                thing.require_forward_param_sync = False
    try:
        yield
    finally:
        for model, backward, forward in changed:
            model.require_backward_grad_sync = backward
            model.require_forward_param_sync = forward


@contextlib.contextmanager
def _eager() -> Iterator[None]:
    """Compiled functions run as they were written, so that each operation and its line can be seen."""
    if "torch._dynamo" not in sys.modules:
        yield
        return
    if hasattr(torch.compiler, "set_stance"):
        with torch.compiler.set_stance("force_eager"):
            yield
        return
    from torch._dynamo import eval_frame

    set_eval_frame: Any = getattr(eval_frame, "set_eval_frame")  # noqa: B009
    previous = set_eval_frame(None)
    try:
        with torch._dynamo.config.patch(disable=True):
            yield
    finally:
        set_eval_frame(previous)

# ---------------------------------------------------------------------------------------------------------------------
# The recorder: one look at each update, and what follows from a bad one.

def _guarded(method: Callable[..., T]) -> Callable[..., T | None]:
    """The recorder's own errors switch it off and never reach the training."""

    @functools.wraps(method)
    def call(self: Recorder, *args: Any, **keywords: Any) -> T | None:
        if self._is_off:
            return None
        try:
            return method(self, *args, **keywords)
        except NonFinite:
            raise
        except Exception as error:
            self._fail(error)
            return None

    return call


class Recorder:
    """
    Watches a training run for its first NaN or Inf.

    model: the module that is trained, or several. optimizer: the optimizer, or several; without one, every optimizer
    that steps is looked at. out: the folder that dumps go to. on_anomaly: "raise" ends the run with `NonFinite`;
    "warn" tells, leaves the step out and goes on. mode: "sync" asks the device once a step; "freeze" never waits for
    the device and needs fused optimizers of PyTorch on a GPU; "auto" chooses. history: whether to write history.jsonl.
    save_batch: whether a dump may hold values of the batch; else it has only statistics, shapes and sample indices.

    Raises ValueError for an unknown `on_anomaly` or `mode`, TypeError where model or optimizer is neither.
    """

    def __init__(
        self,
        model: Any = None,
        optimizer: Any = None,
        out: str | os.PathLike[str] = "nanlens-dumps",
        on_anomaly: Literal["raise", "warn"] = "raise",
        *,
        mode: Literal["auto", "sync", "freeze"] = "auto",
        history: bool = True,
        save_batch: bool = False,
    ) -> None:
        if on_anomaly not in ("raise", "warn"):
            raise ValueError(f'on_anomaly is "raise" or "warn", not {on_anomaly!r}')
        if mode not in ("auto", "sync", "freeze"):
            raise ValueError(f'mode is "auto", "sync" or "freeze", not {mode!r}')
        self._models = [_as_module(one) for one in _as_list(model)]
        self._optimizers = [_as_optimizer(one) for one in _as_list(optimizer)]
        self.out = os.fspath(out)
        self.on_anomaly = on_anomaly
        self.dumps: list[str] = []
        """Paths of the dumps that were written."""
        self._mode = mode
        self._save_batch = save_batch
        self._is_off = False
        self._window: _Window | None = None
        self._replay: _Replay | None = None
        self._pending: NonFinite | None = None
        self._run = _run_of(self, history)
        self._clone_batches = False
        self._begun = 0
        self._buffers = _BufferShadow(self._models)
        self._attributes = _ModuleAttributes(self._models)
        self._generators: list[Any] | None = None
        self._devices: list[torch.device] | None = None
        self._parameter_ids: set[int] | None = None
        self._step_site: Site | None = None
        self._scaling = _LossScaling(self)
        self._freeze = _Freeze(self)
        self._clip: _ClipNorm | None = None
        self._is_in_step = False
        self._draws = _GlobalDraws()
        self._steps_often: list[torch.optim.Optimizer] = []
        """Optimizers that step more than once in a window (PPO): what they change is kept, to be run again from the start."""
        self._bad_from_the_start: set[str] | None = None
        self._checks: list[tuple[str, torch.Tensor]] = []
        """Names and flags (1 where not finite) of the values that the script asked to be checked."""
        self._owes_agreement: torch.optim.Optimizer | None = None
        """The other processes wait for this one's word about the update of that optimizer."""
        self._is_collective: bool | None = None
        self._rerun: Callable[[Any], Any] | None = None
        """Runs a batch again at once, where a trainer and not the user's loop hands them out."""
        _patches.install(self)

    # -- what the user calls ------------------------------------------------------------------------------------------

    def watch(self, loader: Iterable[T]) -> _Watch[T]:
        """The loader's batches as they are; the loop's body is what can be run again. Best around the whole iterable:
        `for i, batch in rec.watch(enumerate(loader)):`."""
        return _Watch(self, loader)

    def step(self, function: Callable[..., T]) -> Callable[..., T]:
        """Decorates a function that does one training step; it is called once more with the same arguments if need be."""

        @functools.wraps(function)
        def call(*args: Any, **keywords: Any) -> T:
            return _run_step(self, function, args, keywords)

        return call

    def guard(self) -> contextlib.AbstractContextManager[None]:
        """For inference: looks at the outputs of the models that run inside, and runs a bad call once more."""
        return _guard(self)

    def close(self) -> None:
        """Takes all hooks away. Nothing is recorded afterwards."""
        self._retire()
        self._run.history.close()

    def _retire(self) -> None:
        self._is_off = True
        _patches.remove(self)
        self._freeze.detach()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- one window after the other -----------------------------------------------------------------------------------

    @_guarded
    def _begin(self, batch: Any, frame: types.FrameType | None, index: int, sample_indices: list[int] | None) -> Any:
        """Opens a window for the batch, or adds it to the one that has not come to an update yet. The batch to use."""
        self._raise_pending()
        _patches.left = None
        # The first windows show whether the body writes into its batches.
        kept = _cloned(batch) if self._clone_batches or self._begun < 3 else batch
        self._begun += 1
        if self._generators is None or index == 0:
            self._generators = _find_generators(self._models, frame)
        window = self._window
        if window is not None and window.is_open and window.micro and not window.micro[-1].had_backward:
            # Nothing came of that batch.
            window.micro.pop()
        if window is None or not window.is_open or not window.micro:
            self._attributes.look()
            names: Iterable[str] = ()
            if frame is not None:
                names = _rebound_names(frame.f_code, frame.f_lineno)
            variables = _Variables(frame, names, self._attributes.changing)
            window = self._window = _Window(self._run.step, self._buffers.take(), variables)
            window.closures = [_ClosureState(optimizer) for optimizer in self._steps_often]
            if self._bad_from_the_start is None:
                self._bad_from_the_start = self._find_bad_parameters()
        random_state = _RandomState(self._find_devices(), self._generators or (), self._draws.begin())
        window.micro.append(_MicroBatch(kept, batch, index, random_state, sample_indices))
        window.let_go()
        return batch

    @_guarded
    def _finish(self) -> _Trip | None:
        """At the next fetch: whether the window that ends is to be run again."""
        window = self._window
        self._clip = None
        if window is None:
            return None
        if window.micro and window.trip is None:
            self._draws.end(window.micro[-1].random)
        if self._checks and window.trip is None:
            self._look_at_checks(window)
        if window.trip is not None:
            return window.trip
        if any(micro.was_changed for micro in window.micro):
            self._clone_batches = True
        if not window.is_open:
            self._close_window(window)
        return None

    def _close_window(self, window: _Window) -> None:
        for optimizer in window.stepped:
            if window.stepped.count(optimizer) > 1 and not any(optimizer is known for known in self._steps_often):
                if _state_size(optimizer) <= MAX_STATE_BYTES:
                    self._steps_often.append(optimizer)
        self._run.step += 1
        self._window = None
        if not self._freeze.close(window) and window.row:
            self._write_history(window.step, window.row)

    @_guarded
    def _look_back(self, wait: bool = False) -> _Window | None:
        """Freeze mode: a window of some steps ago that has turned out to be bad."""
        window = self._window
        return self._freeze.look_back(wait) if wait or window is None or not window.is_open else None

    def _write_history(self, step: int, row: Mapping[str, float | None]) -> None:
        if self._run.wants_history:
            self._run.wants_history = False
            rank, _ = _rank_and_world()
            name = "history.jsonl" if rank == 0 else f"history.rank-{rank}.jsonl"
            self._run.history.path = os.path.join(self._run_folder(), name)
        self._run.history.add(step, row)

    # -- what the patched calls of PyTorch tell -----------------------------------------------------------------------

    @_guarded
    def _on_backward(self, tensors: Any) -> None:
        if torch._C._current_autograd_node() is not None:
            return  # a checkpoint's recomputation, not a loss
        for tensor in _tensors(tensors):
            if tensor.numel() != 1 or not tensor.is_floating_point():
                continue
            if self._scaling.scaled:
                self._scaling.scaled -= 1
            else:
                self._on_loss(tensor)
        if self._window is not None and self._window.micro:
            self._window.micro[-1].had_backward = True

    def _on_loss(self, loss: torch.Tensor) -> None:
        if self._replay is not None:
            self._replay.on_loss(loss)
            return
        window = self._window
        if window is not None and not window.micro and not window.is_open and window.trip is None:
            # Nobody tells of batches: what comes after an update is the next step.
            self._close_window(window)
        if self._window is None:
            self._window = _Window(self._run.step, [], None)
        self._window.losses.append(loss.detach())

    @_guarded
    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, keywords: Any) -> Any:
        """The global hook before each update. A tuple replaces the arguments of `step`."""
        if _is_capturing():
            return None  # any question to the device would spoil the CUDA graph
        if not self._is_mine(optimizer):
            if self._replay is not None:
                # It made its update when the step ran first.
                for group in optimizer.param_groups:
                    for parameter in group["params"]:
                        parameter.grad = None
            return None
        closure = keywords.get("closure") or (args[1] if len(args) > 1 and callable(args[1]) else None)
        if closure is not None and callable(closure):
            return self._with_closure(optimizer, closure, args, keywords)
        if self._replay is not None:
            self._replay.on_check(optimizer)
            if not self._replay.may_step(optimizer):
                self._drop_gradients()
            return None
        if self._scaling.is_stepping:
            self._note_step_site()
            self._row_of(optimizer, None, with_norm=True)
            return None
        self._check(optimizer)
        return None

    def _with_closure(
        self, optimizer: torch.optim.Optimizer, closure: Callable[[], Any], args: Any, keywords: Any
    ) -> tuple[Any, Any]:
        window = self._window
        is_replay = self._replay is not None
        moves = type(optimizer).__name__ not in _ONE_EVALUATION
        if window is not None and not is_replay and moves:
            window.closures = [*(s for s in window.closures if s.optimizer is not optimizer), _ClosureState(optimizer)]

        @functools.wraps(closure)
        def watched() -> Any:
            result = closure()
            replay = self._replay
            if replay is not None:
                replay.on_check(optimizer)
                if not replay.may_step(optimizer):
                    self._drop_gradients()
            else:
                self._check_closure(optimizer)
            return result

        if "closure" in keywords:
            return args, {**keywords, "closure": watched}
        return (args[0], watched, *args[2:]), keywords

    @_guarded
    def _check_closure(self, optimizer: torch.optim.Optimizer) -> None:
        self._check(optimizer)

    def _check(self, optimizer: torch.optim.Optimizer) -> None:
        """The one look at an update: are losses and gradients finite? If not, the gradients go, and with them the update."""
        self._raise_pending()
        window = self._window
        if window is None:
            window = self._window = _Window(self._run.step, [], None)
        self._note_step_site()
        if window.trip is not None:
            self._drop_gradients()
            return
        self._owes_agreement = optimizer
        if window.micro and self._freeze.holds(optimizer):
            self._freeze.check(window, optimizer)
            return
        losses = [loss for loss in window.losses[window.looked_at :] if loss.device.type != "meta"]
        checks, self._checks = self._checks, []
        gradients = _gradients_of(optimizer)
        total = self._norm(gradients)
        flags = [flag for _, flag in checks]
        numbers = _fetch([*losses, *flags, *([total] if total is not None else [])])
        norm = numbers[-1] if total is not None else 0.0
        values = numbers[: len(losses)]
        cause: Literal["loss", "gradients", "check", "peer"] | None = None
        if not all(math.isfinite(value) for value in values):
            cause = "loss"
        elif any(numbers[len(losses) : len(losses) + len(flags)]):
            cause = "check"
        elif not math.isfinite(norm):
            # The norm of finite gradients may overflow.
            if all(_is_finite(gradient) for gradient in gradients):
                norm = math.sqrt(sum(float(_double_norm(gradient)) ** 2 for gradient in gradients))
            else:
                cause = "gradients"
        if self._agree(cause is not None, optimizer) and cause is None:
            cause = "peer"
        self._row(window, values, norm, optimizer)
        number = window.checks
        window.checks += 1
        window.stepped.append(optimizer)
        window.looked_at = len(window.losses)
        if cause is not None:
            self._trip(window, _Trip(cause, number, _fetch(window.losses)))

    def _trip(self, window: _Window, trip: _Trip) -> None:
        window.trip = trip
        if not window.micro:
            window.bad_parameters = [name for name, gradient in self._gradients() if not _is_finite(gradient)]
        self._drop_gradients()
        self._write_history(window.step, window.row)
        if window.micro and self._rerun is None:
            return  # the loop runs it again when it asks for the next batch
        replay: _Replay | None = None
        if window.micro and self._rerun is not None:
            replay = _run_again(self, window, trip, self._rerun, None)
        error = self._settle(window, replay)
        if error is not None:
            raise error

    def _row_of(self, optimizer: torch.optim.Optimizer, losses: list[float] | None, with_norm: bool) -> None:
        window = self._window
        if window is None:
            return
        norm: float | None = None
        if with_norm and getattr(optimizer, "grad_scale", None) is None:
            total = self._norm(_gradients_of(optimizer))
            norm = float(total) if total is not None else None
        self._row(window, losses or [], norm, optimizer)

    def _row(
        self, window: _Window, losses: Sequence[float], norm: float | None, optimizer: torch.optim.Optimizer
    ) -> None:
        row = window.row
        if losses:
            row["loss"] = next((loss for loss in losses if not math.isfinite(loss)), losses[-1])
        if norm is not None:
            row["grad_norm"] = norm
        rate = optimizer.param_groups[0].get("lr") if optimizer.param_groups else None
        if isinstance(rate, (int, float)) or (isinstance(rate, torch.Tensor) and rate.device.type == "cpu"):
            row["lr"] = float(rate)
        scale = self._scaling.scale
        if scale is not None:
            row["scale"] = scale

    def _norm(self, gradients: list[torch.Tensor]) -> torch.Tensor | None:
        """The L2 norm of the optimizer's gradients, float32, one element; clipping has often computed it already."""
        clip, self._clip = self._clip, None
        if clip is not None and clip.is_of(gradients):
            return clip.norm.to(torch.float32)
        return _total(_norms(gradients))

    # -- what loops and trainers ask for ------------------------------------------------------------------------------

    @_guarded
    def _on_scale(self, scaler: Any, outputs: Any) -> None:
        self._scaling.on_scale(scaler, outputs)

    @_guarded
    def _before_scaler_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        self._owes_agreement = optimizer
        self._scaling.before_step(scaler, optimizer)
        self._owes_agreement = None

    @_guarded
    def _after_scaler_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        self._scaling.after_step(scaler, optimizer)

    @_guarded
    def _on_replayed_step(self, optimizer: torch.optim.Optimizer) -> None:
        if self._replay is not None and self._is_mine(optimizer):
            self._replay.on_check(optimizer)
            self._drop_gradients()

    def _has_dropped_the_step(self) -> bool:
        return self._window is not None and self._window.trip is not None

    def _agree(self, flag: bool, optimizer: torch.optim.Optimizer) -> bool:
        """Whether this process or another one found something bad before the optimizer's update."""
        self._owes_agreement = None
        return _agree(flag, self._agreement_device(optimizer))

    def _answer_peers(self, optimizer: torch.optim.Optimizer) -> None:
        """Switched off in one process, it still answers the others, which would wait for ever."""
        self._owes_agreement = None
        if self._is_collective and self._is_mine(optimizer):
            with contextlib.suppress(Exception):
                _agree(False, self._agreement_device(optimizer))

    @_guarded
    def _end_of_batch(self, is_last: bool = False) -> None:
        """A trainer begins the next batch, or ends: a window that has come to its update is over."""
        if self._finish() is not None and self._window is not None:
            error = self._settle(self._window, None)
            if error is not None:
                raise error
        self._conclude_past(is_last)

    @_guarded
    def _conclude_past(self, is_last: bool = False) -> None:
        """Freeze mode without a watched loop: runs a step again that has turned out to be bad, and raises the verdict."""
        window = self._look_back(is_last)
        if window is None or window.trip is None:
            return
        if self._run.anomalies >= MAX_DUMPS and self.on_anomaly == "warn":
            self._skip_quietly(window)
            return
        rerun = window.rerun or self._rerun
        replay = _run_again(self, window, window.trip, rerun, None) if rerun is not None else None
        error = self._settle(window, replay)
        if error is not None:
            raise error

    @_guarded
    def _clock(self, step: int) -> None:
        """A trainer's own numbering of steps."""
        if self._window is not None and len(self._window.micro) == 1:
            self._window.step = self._run.step = step

    def _adopt(self, models: Sequence[torch.nn.Module], optimizers: Sequence[Any]) -> None:
        """What a trainer trains, known only once it begins."""
        self._models = list(models)
        self._optimizers = [_as_optimizer(one) for one in optimizers]
        self._parameter_ids = None
        self._devices = None
        self._buffers = _BufferShadow(self._models)
        self._attributes = _ModuleAttributes(self._models)

    def _settle(self, window: _Window, replay: _Replay | None) -> NonFinite | None:
        return _settle(self, window, replay)

    def _skip_quietly(self, window: _Window) -> None:
        """More bad steps than dumps: the step is left out and nothing said."""
        self._run.anomalies += 1
        with torch.no_grad():
            self._buffers.restore(window.buffers)
        self._freeze.release()
        self._run.step = max(self._run.step, window.step + 1)
        self._window = None

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _is_mine(self, optimizer: torch.optim.Optimizer) -> bool:
        if not self._optimizers and not self._models:
            return True
        if any(optimizer is own for own in self._optimizers):
            return True
        first = next((p for group in optimizer.param_groups for p in group["params"]), None)
        return self._has_one_of({id(first)})

    def _has_one_of(self, parameters: set[int]) -> bool:
        """Whether one of these, told by their ids, belongs to the model or the optimizers."""
        if self._parameter_ids is None:
            own = [p for model in self._models for p in model.parameters()]
            own += [p for one in self._optimizers for group in one.param_groups for p in group["params"]]
            self._parameter_ids = {id(parameter) for parameter in own}
        return not self._parameter_ids.isdisjoint(parameters)

    def _find_devices(self) -> list[torch.device]:
        if self._devices is None:
            parameters = [p for model in self._models for p in model.parameters()]
            parameters += [p for one in self._optimizers for group in one.param_groups for p in group["params"]]
            self._devices = list({parameter.device for parameter in parameters})
        return self._devices

    def _gradients(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Names and gradients of all that is trained."""
        seen: set[int] = set()
        for model in self._models:
            for name, parameter in model.named_parameters():
                if parameter.grad is not None and id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield name, parameter.grad
        for optimizer in self._optimizers:
            for index, parameter in enumerate(p for group in optimizer.param_groups for p in group["params"]):
                if parameter.grad is not None and id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield f"parameter {index}", parameter.grad

    def _find_bad_parameters(self) -> set[str]:
        """Names of parameters that are not finite before the first step."""
        named = [(name, p.detach()) for model in self._models for name, p in model.named_parameters()]
        norms = _norms([parameter for _, parameter in named])
        if not norms or all(math.isfinite(norm) for norm in _fetch(norms)):
            return set()
        return {name for name, parameter in named if not _is_finite(parameter)}

    def _drop_gradients(self) -> None:
        """Without gradients an update does nothing: parameters and the optimizer's state stay as they are."""
        for model in self._models:
            for parameter in model.parameters():
                parameter.grad = None
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = None

    def _note_step_site(self) -> None:
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None:
            if _owner(frame.f_code.co_filename) == "user":
                self._step_site = (frame.f_code, frame.f_lineno)
                return
            frame = frame.f_back

    def _agreement_device(self, optimizer: torch.optim.Optimizer) -> torch.device | None:
        """Where to agree with the other processes; None where they do not train one model in step."""
        if self._is_collective is None:
            self._is_collective = _trains_in_step(self._models, self._optimizers)
        if not self._is_collective or _is_joining(self._models):
            return None
        first = next((p for group in optimizer.param_groups for p in group["params"]), None)
        return first.device if first is not None else torch.device("cpu")

    def _fail(self, error: BaseException) -> None:
        if self._is_off:
            return
        self._is_off = True
        frames = traceback.extract_tb(error.__traceback__)
        own = next((frame for frame in reversed(frames) if frame.filename == __file__), None)
        where = f" (nanlens.py:{own.lineno})" if own is not None else ""
        _say(f"switched off by an error of its own, the training goes on: {type(error).__name__}: {error}{where}")
        with contextlib.suppress(Exception):
            self._freeze.release()
        if self._owes_agreement is not None:
            self._answer_peers(self._owes_agreement)

    def _raise_pending(self) -> None:
        if self._pending is not None:
            error, self._pending = self._pending, None
            raise error

    def _look_at_checks(self, window: _Window) -> None:
        """Values that the script asked to be checked and that no loss or gradient has betrayed."""
        checks, self._checks = self._checks, []
        if any(_fetch([flag for _, flag in checks])) and window.micro:
            window.trip = _Trip("check", max(0, window.checks - 1), _fetch(window.losses))

    def _run_folder(self) -> str:
        if self._run.name is None:
            self._run.name = _run_name(self._run)
        return os.path.join(self.out, self._run.name)

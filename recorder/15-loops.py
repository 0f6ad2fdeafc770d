# ---------------------------------------------------------------------------------------------------------------------
# The user's loop: the loader around which it runs, the decorated step, the guard, and loops that were left.


class _Watch(Generic[T]):
    """The loader as the loop sees it; everything else of the loader shows through."""

    def __init__(self, recorder: Recorder, loader: Iterable[T]) -> None:
        self._recorder = recorder
        self._loader = loader

    def __iter__(self) -> _Iterator[T]:
        return _Iterator(self._recorder, self._loader)

    def __len__(self) -> int:
        return len(self._loader)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name in ("_loader", "_recorder"):  # not there yet, in a copy under way
            raise AttributeError(name)
        return getattr(self._loader, name)


class _Iterator(Iterator[T]):
    """Hands out batches; after a bad step hands out the same ones again."""

    def __init__(self, recorder: Recorder, loader: Iterable[T]) -> None:
        self._recorder = recorder
        self._inner = iter(loader)
        self._index = 0
        self._code: types.CodeType | None = None
        self._line = 0
        self._replay: _Replay | None = None
        self._next_micro = 0
        self._is_over = False
        _patches.iterators.add(self)

    def __iter__(self) -> _Iterator[T]:
        return self

    def __next__(self) -> T:
        recorder = self._recorder
        if self._replay is None and not recorder._is_off and recorder._replay is None:
            self._note_counters()
            self._begin_replay()
        if self._replay is not None:
            if self._next_micro < len(self._replay.window.micro):
                micro = self._replay.window.micro[self._next_micro]
                self._next_micro += 1
                return self._replay.begin(micro)  # type: ignore[no-any-return]
            self._end_replay()
        if recorder._is_off or recorder._replay is not None:
            return self._fetch()
        try:
            batch = self._fetch()
        except StopIteration:
            late = recorder._look_back(wait=True)
            if late is not None and self._enter_replay(late):
                return self.__next__()
            self._is_over = True
            raise
        frame = _loop_frame()
        self._code, self._line = (frame.f_code, frame.f_lineno) if frame is not None else (None, 0)
        given = recorder._begin(batch, frame, self._index, _patches.take_indices())
        self._index += 1
        return batch if recorder._is_off else given  # type: ignore[return-value]

    def _fetch(self) -> T:
        _patches.fetching += 1
        try:
            return next(self._inner)
        finally:
            _patches.fetching -= 1

    def _note_counters(self) -> None:
        """What the loop bound beside the batch in the iteration that ends."""
        window = self._recorder._window
        if self._code is None or window is None or not window.micro:
            return
        names = _counter_names(self._code, self._line)
        frame = _loop_frame() if len(names) > 1 else None
        if frame is not None and frame.f_code is self._code:
            values = {name: frame.f_locals.get(name) for name in names}
            window.micro[-1].counters = {name: value for name, value in values.items() if type(value) is int}

    def _begin_replay(self) -> None:
        recorder = self._recorder
        recorder._raise_pending()
        trip = recorder._finish()
        window = recorder._window if trip is not None else recorder._look_back()
        if window is not None and window.trip is not None and not recorder._is_off:
            self._enter_replay(window)

    def _enter_replay(self, window: _Window) -> bool:
        """Makes the next batches those of the bad window. False where it is not to be run again, or cannot be."""
        recorder = self._recorder
        assert window.trip is not None
        if not window.micro or (recorder._run.anomalies >= MAX_DUMPS and recorder.on_anomaly == "warn"):
            recorder._skip_quietly(window)
            return False
        _say(f"step {window.step} is not finite; it is run once more to find out why.")
        frame = _loop_frame()
        replay = _Replay(recorder, window, window.trip, frame if frame and frame.f_code is self._code else None)
        try:
            replay.__enter__()
        except Exception as error:
            replay._exits.close()
            recorder._fail(error)
            return False
        self._replay = replay
        self._next_micro = 0
        return True

    def _end_replay(self) -> None:
        """Raises the verdict, or goes on with the next batch."""
        replay, self._replay = self._replay, None
        assert replay is not None
        error: NonFinite | None = None
        try:
            replay.__exit__(None, None, None)
            error = _settle(self._recorder, replay.window, replay)
        except Exception as problem:
            self._recorder._fail(problem)
        if error is not None:
            self._is_over = True
            raise error

    def __del__(self) -> None:
        if self._is_over or sys.is_finalizing():
            return
        try:
            self._leave()
        except Exception as error:
            with contextlib.suppress(Exception):
                self._recorder._fail(error)

    def _leave(self) -> None:
        """The loop was left before its loader ended: by `break`, `return`, an exception or an exit."""
        self._is_over = True
        recorder = self._recorder
        if self._replay is not None:
            replay, self._replay = self._replay, None
            replay.notes.append("The loop was left in the middle of the replay.")
            replay.__exit__(None, None, None)
            _tell_later(recorder, _settle(recorder, replay.window, replay))
            return
        window = recorder._window
        if recorder._is_off or recorder._replay is not None or window is None or not window.micro:
            return
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code is not self._code:
            frame = frame.f_back
        if window.trip is None:
            if frame is None or not window.is_open or _leaves_on_purpose(frame, self._line):
                return
            if not _shows_nan(frame):
                # The traceback will tell whether a NaN had to do with it.
                _patches.left = (recorder, window, frame.f_code, self._line)
                return
        _autopsy(recorder, window, frame, self._line)

    def leave_by(self, frames: Sequence[types.FrameType], is_suspicious: bool) -> None:
        """An exception or an exit goes through the loop, whose frame is one of these."""
        recorder = self._recorder
        window = recorder._window
        frame = next((frame for frame in frames if frame.f_code is self._code), None)
        if self._is_over or recorder._is_off or (frame is None and self._replay is None):
            return
        if self._replay is not None or (window is not None and window.trip is not None and window.micro):
            self._is_over = self._replay is None
            if self._replay is not None:
                self._leave()
            elif window is not None:
                _autopsy(recorder, window, frame, self._line)
        elif window is not None and window.micro and window.is_open and is_suspicious and recorder._replay is None:
            self._is_over = True
            _autopsy(recorder, window, frame, self._line)


def _loop_frame() -> types.FrameType | None:
    """The frame of the loop that asks for a batch: the nearest of the user's own."""
    frame: types.FrameType | None = sys._getframe(1)
    nearest: types.FrameType | None = None
    for _ in range(12):
        if frame is None:
            break
        owner = _owner(frame.f_code.co_filename)
        if owner == "user":
            return frame
        if owner != "own" and nearest is None:
            nearest = frame
        frame = frame.f_back
    return nearest


def _tell_later(recorder: Recorder, error: NonFinite | None) -> None:
    """A verdict that cannot be raised where it was found is told at once, and raised at the next step."""
    if error is not None:
        _say(str(error))
        recorder._pending = error


# -- a loop that was left: its body is run again from its source


_NO_AUTOPSY = (KeyboardInterrupt, MemoryError, SyntaxError, ImportError, NonFinite)


def _leaves_on_purpose(frame: types.FrameType, loop_line: int) -> bool:
    """Whether the frame stands at a `break` or `return` of the loop."""
    loop = _loop_at(frame.f_code.co_filename, loop_line)
    if loop is None:
        return True
    for statement in loop[0].body:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Break, ast.Return)) and node.lineno <= frame.f_lineno <= (node.end_lineno or 0):
                return True
    return not any(
        statement.lineno <= frame.f_lineno <= (statement.end_lineno or 0) for statement in loop[0].body
    )


def _shows_nan(frame: types.FrameType) -> bool:
    """Whether a variable of the frame is NaN, or a loss of its that is Inf."""
    for value in list(frame.f_locals.values())[:500]:
        if isinstance(value, float) and math.isnan(value):
            return True
        for tensor in _tensors(value, 2):
            values = _values(tensor) if type(tensor) in (torch.Tensor, torch.nn.Parameter) else None
            if values is None or values.numel() == 0:
                continue
            if bool(torch.isnan(values).any()) or (values.numel() == 1 and tensor.requires_grad and not _is_finite(values)):
                return True
    return False


def _autopsy(recorder: Recorder, window: _Window, frame: types.FrameType | None, line: int) -> None:
    """Runs the loop's body again in a copy of its variables and tells what it finds. Nothing is raised here."""
    was_tripped = window.trip is not None
    trip = window.trip = window.trip or _Trip("left", window.checks, _fetch(window.losses))
    body = _body_of(frame, line) if frame is not None and _rank_and_world()[1] == 1 else None
    if body is None or frame is None:
        if was_tripped:
            _tell_later(recorder, _settle(recorder, window, None))
        return
    recorder._window = window
    if window.variables is not None:
        variables = {**frame.f_globals, **frame.f_locals, **window.variables.values}
        for owner, name, value in window.variables.attributes:
            with contextlib.suppress(Exception):
                setattr(owner, name, value)
        window.variables = None
    else:
        variables = {**frame.f_globals, **frame.f_locals}
    run = body(variables)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        # Ctrl+C ends it, too: the loop was left, and nobody is there to catch anything.
        micros = iter(window.micro)
        replay = _run_again(recorder, window, trip, lambda batch: run(next(micros), batch), frame, BaseException)
    if not was_tripped and replay.finding is None:
        recorder._window = None
        return
    _tell_later(recorder, _settle(recorder, window, replay))


def _body_of(
    frame: types.FrameType, line: int
) -> Callable[[dict[str, Any]], Callable[[_MicroBatch, Any], None]] | None:
    """The loop's body as a function of a batch, compiled from its source with the same line numbers."""
    path = frame.f_code.co_filename
    loop = _loop_at(path, line)
    if loop is None:
        return None
    node, owner = loop
    if any(isinstance(part, (ast.Yield, ast.YieldFrom, ast.Await, ast.Nonlocal)) for part in ast.walk(node)):
        return None
    names = sorted(set(_bound_in(node)) | _defined_names(node))
    once = ast.For(
        target=node.target,
        iter=ast.Name(id="_nanlens_items", ctx=ast.Load()),
        body=node.body,
        orelse=[],
    )
    statements: list[ast.stmt] = [ast.Global(names=names), once] if names else [once]
    function = ast.FunctionDef(
        name=frame.f_code.co_name if frame.f_code.co_name.isidentifier() else "loop",
        args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=statements,
        decorator_list=[],
        type_params=[],  # type: ignore[call-arg, unused-ignore]
    )
    top: ast.stmt = function
    if owner is not None:
        # Inside a class, for the sake of its private names.
        top = ast.ClassDef(
            name=owner,
            bases=[],
            keywords=[],
            body=[function],
            decorator_list=[],
            type_params=[],  # type: ignore[call-arg, unused-ignore]
        )
    for made_here in (once, function, top):
        ast.copy_location(made_here, node)
    try:
        code = compile(ast.fix_missing_locations(ast.Module(body=[top], type_ignores=[])), path, "exec")
    except (SyntaxError, ValueError):
        return None

    def bind(variables: dict[str, Any]) -> Callable[[_MicroBatch, Any], None]:
        made: dict[str, Any] = {}
        exec(code, variables, made)
        result = made[owner] if owner is not None else made[function.name]
        run = getattr(result, function.name) if owner is not None else result

        def call(micro: _MicroBatch, batch: Any) -> None:
            variables["_nanlens_items"] = (_as_target(node, micro, batch, variables),)
            run()

        return call

    return bind


def _defined_names(node: ast.For) -> set[str]:
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            names.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in part.names}
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names.add(part.name)
    return names


def _as_target(node: ast.For, micro: _MicroBatch, batch: Any, variables: Mapping[str, Any]) -> Any:
    """What the loop's target is bound to: the batch, or with its number where `enumerate` stands around the watch."""
    call = node.iter
    while isinstance(call, ast.Call) and not (isinstance(call.func, ast.Attribute) and call.func.attr == "watch"):
        if isinstance(call.func, ast.Name) and call.func.id == "enumerate":
            target = node.target
            number: Any = micro.index
            if isinstance(target, ast.Tuple) and target.elts and isinstance(target.elts[0], ast.Name):
                name = target.elts[0].id
                number = micro.counters.get(name, variables.get(name, micro.index))
            return number, batch
        if not call.args:
            break
        call = call.args[0]
    return batch


def _on_uncaught(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
    """After the traceback of an exception that a NaN may have caused."""
    if not issubclass(kind, _NO_AUTOPSY) and kind.__name__ != "OutOfMemoryError":
        _examine([frame for frame, _ in traceback.walk_tb(trace)], str(error))


def _on_exit() -> None:
    """A script ends itself: from within the loop, or from the handler of an exception that went through it."""
    frames: list[types.FrameType] = []
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    error = sys.exc_info()[1]
    message = ""
    if error is not None and not isinstance(error, _NO_AUTOPSY):
        frames += [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        message = str(error)
    _examine(frames, message)


_TELLS_OF_NAN = re.compile(
    r"\b(nan|inf|infinity)\b|non-?finite|not finite|constraint|between 0 and 1|singular|positive-definite|converge", re.I
)
"""Messages of PyTorch, and of scripts, for values that a NaN made impossible."""


def _examine(frames: Sequence[types.FrameType], message: str) -> None:
    """Looks into loops that an exception or an exit goes through, if a NaN may have caused it."""
    loops = [iterator for iterator in list(_patches.iterators) if not iterator._is_over]
    left, _patches.left = _patches.left, None
    if not loops and left is None:
        return
    is_suspicious = _TELLS_OF_NAN.search(message) is not None or any(
        _shows_nan(frame) for frame in frames if _owner(frame.f_code.co_filename) != "own"
    )
    if left is not None and is_suspicious:
        recorder, window, code, line = left
        frame = next((frame for frame in frames if frame.f_code is code), None)
        if frame is not None and not recorder._is_off:
            try:
                _autopsy(recorder, window, frame, line)
            except Exception as problem:
                recorder._fail(problem)
    for iterator in loops:
        try:
            iterator.leave_by(frames, is_suspicious)
        except Exception as problem:
            iterator._recorder._fail(problem)


# -- the decorated step


def _run_step(recorder: Recorder, function: Callable[..., T], args: Any, keywords: Any) -> T:
    if recorder._is_off or recorder._replay is not None or (recorder._window is not None and recorder._is_in_step):
        return function(*args, **keywords)
    number = recorder._run.step
    recorder._begin((args, keywords), None, number, None)
    if recorder._window is not None and recorder._window.micro:
        recorder._window.micro[-1].shown = _bound_arguments(function, args, keywords)
    recorder._is_in_step = True
    window = recorder._window

    def rerun(batch: Any) -> None:
        function(*batch[0], **batch[1])

    if window is not None:
        window.rerun = rerun
    failure: Exception | None = None
    result: Any = None
    try:
        result = function(*args, **keywords)
    except NonFinite:
        raise
    except Exception as error:
        failure = error
    finally:
        recorder._is_in_step = False
    if recorder._is_off or window is None:
        if failure is not None:
            raise failure
        return result  # type: ignore[no-any-return]
    trip = recorder._finish()
    if trip is None and failure is not None:
        frames = [frame for frame, _ in traceback.walk_tb(failure.__traceback__)]
        if not isinstance(failure, _NO_AUTOPSY) and any(_shows_nan(frame) for frame in frames):
            trip = window.trip = _Trip("left", window.checks, _fetch(window.losses))
    if trip is not None and not (recorder._run.anomalies >= MAX_DUMPS and recorder.on_anomaly == "warn"):
        error_to_raise: NonFinite | None = None
        try:
            replay = _run_again(recorder, window, trip, rerun, None)
            error_to_raise = _settle(recorder, window, replay)
        except Exception as problem:
            recorder._fail(problem)
        if error_to_raise is not None:
            raise error_to_raise from failure
    elif trip is not None:
        recorder._skip_quietly(window)
    if failure is not None:
        raise failure
    recorder._conclude_past()
    return result  # type: ignore[no-any-return]


def _bound_arguments(function: Callable[..., Any], args: Any, keywords: Any) -> Any:
    """The arguments by the names of the parameters."""
    try:
        return dict(inspect.signature(function).bind(*args, **keywords).arguments)
    except (TypeError, ValueError):
        return [*args, keywords]


# -- inference


@contextlib.contextmanager
def _guard(recorder: Recorder) -> Iterator[None]:
    """Looks at what the models give back."""
    if recorder._is_off:
        yield
        return
    calls: list[tuple[torch.nn.Module, Any, Any, _RandomState, list[Any]]] = []

    def enter(module: torch.nn.Module, args: Any, keywords: Any) -> None:
        try:
            devices = recorder._find_devices()
            calls.append((module, args, keywords, _RandomState(devices, ()), recorder._buffers.take()))
        except Exception as error:
            recorder._fail(error)

    def leave(module: torch.nn.Module, args: Any, keywords: Any, output: Any) -> None:
        if recorder._is_off or recorder._replay is not None or not calls:
            return
        error: NonFinite | None = None
        try:
            _, args, keywords, state, buffers = calls.pop()
            if calls or all(_is_finite(tensor) for tensor in _tensors(output)):
                return
            window = _Window(recorder._run.step, buffers, None)
            given = (args, keywords)
            window.micro.append(_MicroBatch(given, given, recorder._run.step, state, None))
            window.micro[0].shown = _bound_arguments(module.forward, args, keywords)
            window.trip = _Trip("check", 0, [])
            recorder._window = window

            def rerun(batch: Any) -> None:
                output = module(*batch[0], **batch[1])
                replay = recorder._replay
                if replay is not None and not replay.is_done:
                    replay.look_at_outputs(output)

            replay = _run_again(recorder, window, window.trip, rerun, None)
            error = _settle(recorder, window, replay)
        except Exception as problem:
            recorder._fail(problem)
        if error is not None:
            raise error

    handles = []
    for model in recorder._models:
        handles.append(model.register_forward_pre_hook(enter, with_kwargs=True))
        handles.append(model.register_forward_hook(leave, with_kwargs=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()

# ---------------------------------------------------------------------------------------------------------------------
# What is left on disk: the dump, the tensors beside it, the history. No half-written file ever stands under its name.


def _write_whole(path: str, pieces: Iterable[bytes]) -> None:
    """Writes beside the target and renames, so that a crash at any moment leaves the old file, the new one or none."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{os.path.basename(path)}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


_SAFETENSORS_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.complex64: "C64",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def _safetensors(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> Iterator[bytes]:
    """The file format of https://github.com/huggingface/safetensors: length, JSON header, then the bytes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    offset = 0
    bodies: list[torch.Tensor] = []
    for name, tensor in tensors.items():
        kind = _SAFETENSORS_TYPES.get(tensor.dtype)
        if kind is None:
            tensor, kind = (tensor.to(torch.complex64), "C64") if tensor.is_complex() else (tensor.float(), "F32")
        body = tensor.contiguous().reshape(-1).view(torch.uint8) if tensor.numel() else torch.empty(0, dtype=torch.uint8)
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + body.numel()]}
        offset += body.numel()
        bodies.append(body)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text))
    yield text
    for body in bodies:
        for start in range(0, body.numel(), 2**20):
            yield _bytes_of(body[start : start + 2**20])


def _bytes_of(body: torch.Tensor) -> bytes:
    """Without NumPy, which need not be there."""
    return ctypes.string_at(body.data_ptr(), body.numel())


def _json_bytes(dump: dict[str, Any]) -> bytes:
    """The dump as JSON of at most 2 MB: operations far from the first bad one go first, then the older history."""
    while True:
        text = json.dumps(dump, allow_nan=False, separators=(",", ":"), default=str).encode()
        if len(text) <= MAX_JSON_BYTES:
            return text
        operations = dump["operations"]
        if len(operations) > 16:
            bad = next((i for i, operation in enumerate(operations) if operation.get("nonFinite")), len(operations) // 2)
            half = max(8, len(operations) * MAX_JSON_BYTES // (2 * len(text)) - 4)
            dump["operations"] = operations[max(0, bad - half) : bad + half // 2]
            if len(dump["operations"]) >= len(operations):
                dump["operations"] = operations[: len(operations) // 2]
            continue
        if any(len(series["values"]) > 16 for series in dump["history"]):
            for series in dump["history"]:
                for key in ("steps", "values"):
                    series[key] = series[key][-(len(series[key]) // 2) :]
            continue
        dump["operations"] = []
        if len(dump["anomalies"]) > 1:
            dump["anomalies"] = dump["anomalies"][:1]
            continue
        dump["anomalies"][0]["frames"] = dump["anomalies"][0].get("frames", [])[-3:]
        return json.dumps(dump, allow_nan=False, separators=(",", ":"), default=str).encode()


def _as_operation(operation: _Operation, trace: _Trace) -> dict[str, Any]:
    stack = operation.stack
    if operation.is_backward and not _stack_inside_backward(stack) and operation.node_number in trace.nodes:
        stack = trace.nodes[operation.node_number].stack
    site = _user_site(stack)
    result: dict[str, Any] = {"name": operation.name, "phase": "backward" if operation.is_backward else "forward"}
    if operation.module is not None:
        result["module"] = operation.module
    if site is not None:
        result["source"] = {key: value for key, value in _location(site).items() if key != "text"}
    inputs, outputs = operation.inputs[:MAX_TENSORS_OF_ONE], operation.outputs[:MAX_TENSORS_OF_ONE]
    return result | {"inputs": inputs, "outputs": outputs, "nonFinite": operation.is_bad}


class _History:
    """The run's numbers: a ring of the last steps in memory, and an append-only file that a viewer can follow."""

    FLUSH_SECONDS = 2.0
    THIN_AFTER = 50_000
    """Lines at full detail; then each tenth step is written, and each hundredth after ten times as many."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.ring: collections.deque[dict[str, Any]] = collections.deque(maxlen=HISTORY_STEPS)
        self._file: Any = None
        self._last_flush = 0.0

    def add(self, step: int, values: Mapping[str, float | None]) -> None:
        """`values` holds loss, grad_norm, lr and scale; what is not known is None."""
        row = {"step": step} | {name: value for name, value in values.items() if value is not None}
        self.ring.append(row)
        if self.path is None:
            return
        every = 1 if step < self.THIN_AFTER else 10 if step < 10 * self.THIN_AFTER else 100
        if step % every and all(math.isfinite(value) for value in row.values()):
            return
        try:
            if self._file is None:
                os.makedirs(os.path.dirname(self.path), exist_ok=True)
                self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115
            numbers = {name: value if name == "step" else _number(value) for name, value in row.items()}
            self._file.write(json.dumps(numbers, allow_nan=False) + "\n")
            now = time.monotonic()
            if now - self._last_flush > self.FLUSH_SECONDS or not all(math.isfinite(v) for v in row.values()):
                self._last_flush = now
                self._file.flush()
        except (OSError, ValueError) as error:
            _say(f"the history is not written: {error}")
            self.close()
            self.path = None

    def series(self) -> list[dict[str, Any]]:
        """By name: the steps and values of the ring."""
        result = []
        for name in ("loss", "grad_norm", "lr", "scale"):
            rows = [row for row in self.ring if name in row]
            if rows:
                values = [_number(row[name]) for row in rows]
                result.append({"name": name, "steps": [row["step"] for row in rows], "values": values})
        return result

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file.close()
            self._file = None


class _Run:
    """A training run: what goes on where a script makes a recorder anew for each epoch."""

    count = 0

    def __init__(self, out: str, wants_history: bool) -> None:
        self.out = out
        self.number = _Run.count
        _Run.count += 1
        self.name: str | None = None
        """Of its folder; not known before the first file."""
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.step = 0
        self.anomalies = 0
        self.wants_history = wants_history
        self.history = _History(None)
        self.recorder: weakref.ref[Recorder] | None = None


_runs: weakref.WeakKeyDictionary[Any, _Run] = weakref.WeakKeyDictionary()
"""By the optimizer or model that is trained."""


def _run_of(recorder: Recorder, history: bool) -> _Run:
    """The run of this optimizer, which an earlier recorder may have begun: that one hands over."""
    trained = next(iter([*recorder._optimizers, *recorder._models]), None)
    run = _runs.get(trained) if trained is not None else None
    if run is None or run.out != recorder.out:
        run = _Run(recorder.out, history)
    if trained is not None:
        _runs[trained] = run
    earlier = run.recorder() if run.recorder is not None else None
    if earlier is not None:
        earlier._retire()
    run.recorder = weakref.ref(recorder)
    return run


def _save(
    path: str, dump: dict[str, Any], kept: Sequence[tuple[str, torch.Tensor]], metadata: Mapping[str, str]
) -> str | None:
    """Writes the tensors, then the dump that names them. Returns why it could not, in words."""
    sibling = path.removesuffix(".nandump.json") + ".safetensors"
    try:
        chosen: dict[str, torch.Tensor] = {}
        size = 0
        for name, tensor in kept:
            size += tensor.numel() * tensor.element_size()
            if size <= MAX_TENSORS_BYTES:
                chosen[name] = tensor
        if chosen:
            try:
                _write_whole(sibling, _safetensors(chosen, metadata))
                dump["tensorsFile"] = os.path.basename(sibling)
            except OSError as error:
                _say(f"the tensors could not be kept: {error}")
        _write_whole(path, [_json_bytes(dump)])
    except (OSError, ValueError, TypeError) as error:
        with contextlib.suppress(OSError):
            os.unlink(sibling)  # of no use by itself
        return str(error) or type(error).__name__
    return None

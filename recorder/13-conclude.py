# ---------------------------------------------------------------------------------------------------------------------
# From a replay to what the user gets: the verdict, the dump, the exception.


def _run_again(
    recorder: Recorder,
    window: _Window,
    trip: _Trip,
    rerun: Callable[[Any], Any],
    frame: types.FrameType | None,
    ending: type[BaseException] = Exception,
) -> _Replay:
    """Runs the window's batches through a function. `ending` errors of it end the replay and are no errors of ours."""
    replay = _Replay(recorder, window, trip, frame)
    with replay:
        for micro in window.micro:
            try:
                rerun(replay.begin(micro))
            except ending as error:
                replay.notes.append(f"The replayed step ended with {type(error).__name__}: {error}"[:500])
                break
    return replay


def _settle(recorder: Recorder, window: _Window, replay: _Replay | None) -> NonFinite | None:
    """Concludes and makes the recorder ready for the next step. The exception to raise, if any."""
    try:
        error = _conclude(recorder, window, replay)
    except Exception as problem:
        recorder._fail(problem)
        error = None
    if replay is not None:
        with torch.no_grad():
            recorder._buffers.restore(window.buffers)
    recorder._freeze.release()
    recorder._window = None
    recorder._run.step = max(recorder._run.step, window.step + 1)
    recorder._scaling.scaled = 0
    recorder._checks = []
    return error


def _conclude(recorder: Recorder, window: _Window, replay: _Replay | None) -> NonFinite | None:
    trip = window.trip
    assert trip is not None
    finding = replay.finding if replay is not None else None
    if finding is None and trip.cause in ("skips", "left"):
        if trip.cause == "skips":
            recorder._scaling.was_right()
        return None
    recorder._run.anomalies += 1
    rank, world = _rank_and_world()
    shown_rank = rank if world > 1 else None
    loss = replay.loss_value if replay is not None else next((x for x in trip.losses if not math.isfinite(x)), None)
    if finding is not None:
        finding.sample = _first_bad_sample(finding, replay)
        sentence = _sentence(finding, window.step, shown_rank)
        anomalies = _anomalies(finding, sentence, window.step, shown_rank, loss)
    else:
        sentence, anomalies = _unexplained(window, trip, replay, shown_rank)
    fidelity = _fidelity(window, trip, replay)
    confidence = "unknown" if finding is None else "certain" if fidelity["bitIdentical"] else "likely"
    ranks = _exchange(recorder, window.step, _role(finding, trip), sentence if finding is not None else None)
    guilty = next((peer for peer in ranks if peer["role"] == "first" and peer["rank"] != rank), None)
    is_received = finding is None or _came_from_a_collective(finding)
    if is_received and guilty is not None:
        confidence = "likely"
        sentence = f"{guilty['sentence']} (this is rank {rank}, to which the bad value came through the gradients' exchange)"
        anomalies[0] |= {"role": "consequence", "message": sentence}
    elif guilty is not None and trip.cause == "peer":
        anomalies[0]["role"] = "consequence"
    path: str | None = None
    if recorder._run.anomalies <= MAX_DUMPS:
        dump = _dump(recorder, window, replay, finding, sentence, confidence, anomalies, fidelity, ranks)
        path = os.path.join(recorder._run_folder(), f"step-{window.step}.rank-{rank}.nandump.json")
        kept, metadata = _kept(recorder, window, finding)
        problem = _save(path, dump, kept, metadata)
        if problem is None:
            recorder.dumps.append(path)
        else:
            _say(f"the dump could not be written to {_shown_path(path)}: {problem}")
            path = None
    _await_peers(recorder, window.step)
    if recorder.on_anomaly == "raise":
        return NonFinite(sentence, path)
    if recorder._run.anomalies <= MAX_DUMPS:
        _say(sentence + (f" Dump: {path}" if path is not None else ""))
        if recorder._run.anomalies == MAX_DUMPS:
            _say("further bad steps are left out without being told.")
    return None


def _first_bad_sample(finding: _Finding, replay: _Replay | None) -> int | None:
    micro = replay.guilty() if replay is not None else None
    rows = finding.root.bad_rows
    if micro is None or not rows or not micro.sample_indices or rows[0] >= len(micro.sample_indices):
        return None
    return micro.sample_indices[rows[0]]


def _role(finding: _Finding | None, trip: _Trip) -> str:
    if finding is None or trip.cause == "peer" or _came_from_a_collective(finding):
        return "consequence"
    return "first"


def _came_from_a_collective(finding: _Finding) -> bool:
    root = finding.root
    return isinstance(root, _Operation) and root.name.startswith(_EXCHANGES)


def _unexplained(
    window: _Window, trip: _Trip, replay: _Replay | None, rank: int | None
) -> tuple[str, list[dict[str, Any]]]:
    """What is known where no operation could be named."""
    bad = next((loss for loss in trip.losses if not math.isfinite(loss)), None)
    where = f"Step {window.step}" + (f", rank {rank}" if rank is not None else "")
    value = "nonfinite" if bad is None else "nan" if math.isnan(bad) else "inf" if bad > 0 else "-inf"
    what = f"the loss is {_VALUE_WORDS[value]}" if bad is not None else "a gradient is not finite"
    if window.bad_parameters and bad is None:
        what = f"the gradient of `{window.bad_parameters[0]}` is not finite"
    if trip.cause == "peer":
        what = "another process has a loss or gradient that is not finite"
    if trip.cause == "check":
        what = "a checked value is not finite"
    if replay is not None and replay.notes:
        why = "when it was run again, it did not come to its end, so no operation can be named"
    elif replay is not None:
        why = "when it was run again, all was finite, so no operation can be named"
    else:
        why = "it could not be run again: let `rec.watch(loader)` or `@rec.step` hand out the batches to learn the operation"
    sentence = f"{where}: {what}; {why}."
    kind = "grad-nonfinite" if bad is None else "loss-nan" if value == "nan" else "loss-inf"
    anomaly: dict[str, Any] = {
        "kind": kind,
        "value": value,
        "role": "first",
        "metric": "loss" if bad is not None else None,
        "param": window.bad_parameters[0] if window.bad_parameters and bad is None else None,
        "step": window.step,
        "rank": rank,
        "message": sentence,
    }
    return sentence, [anomaly]


def _fidelity(window: _Window, trip: _Trip, replay: _Replay | None) -> dict[str, Any]:
    """How far the replayed losses are those of the first run, bit for bit."""
    notes = list(replay.notes) if replay is not None else ["The step was not run again."]
    result: dict[str, Any] = {"bitIdentical": None, "lossThen": None, "lossReplayed": None, "notes": notes}
    if trip.losses:
        then = next((loss for loss in trip.losses if not math.isfinite(loss)), trip.losses[-1])
        result["lossThen"] = _number(then)
    if replay is not None and replay.losses:
        again = next((loss for loss in replay.losses if not math.isfinite(loss)), replay.losses[-1])
        result["lossReplayed"] = _number(again)
        count = len(trip.losses)
        if trip.losses and not window.is_cut and len(replay.losses) >= count:
            last = 1 if trip.check else count
            pairs = list(zip(trip.losses, replay.losses))[count - last :]
            result["bitIdentical"] = all(_same_bits(one, two) for one, two in pairs)
    return result


def _same_bits(one: float, two: float) -> bool:
    return (math.isnan(one) and math.isnan(two)) or struct.pack("<d", one) == struct.pack("<d", two)


def _kept(
    recorder: Recorder, window: _Window, finding: _Finding | None
) -> tuple[list[tuple[str, torch.Tensor]], dict[str, str]]:
    """The tensors of the root, and of the batch where that was asked for."""
    root = finding.root if finding is not None else None
    kept: list[tuple[str, torch.Tensor]] = []
    if isinstance(root, _Operation):
        given = [[micro.batch, [result for result, _ in micro.fetched]] for micro in window.micro]
        batch = list(_tensors(given))
        kept += [(name, tensor) for name, tensor in root.kept if recorder._save_batch or not _is_of_batch(tensor, batch)]
    if recorder._save_batch:
        for micro in window.micro:
            for name, tensor in _named_tensors(micro.shown):
                cropped = _cropped(tensor, 0)
                if cropped is not None:
                    kept.append((f"batch{micro.index}.{name}", cropped))
    operation = root.name if isinstance(root, _Operation) else ""
    first_row = str(root.bad_rows[0]) if isinstance(root, _Operation) and root.bad_rows else ""
    return kept, {"operation": operation, "firstBadRow": first_row}


def _is_of_batch(tensor: torch.Tensor, batch: Sequence[torch.Tensor]) -> bool:
    """Whether the tensor holds values of the batch, which are private: the batch itself, a part or a copy of it in any
    order. Of a tensor with one value its statistics tell as much."""
    values = _comparable(tensor)
    if values is None or tensor.dtype is torch.bool:
        return False
    sample = values[:: max(1, values.numel() // 4096)]
    sample = torch.unique(sample[torch.isfinite(sample)].double())
    if sample.numel() < 2:
        return False
    found = torch.zeros(sample.shape, dtype=torch.bool)
    for given in batch:
        values = _comparable(given)
        if values is not None and values.numel():
            # A copy of less precision is rounded.
            found |= _is_in(sample, values.to(tensor.real.dtype).double())
    return bool(found.all())


def _comparable(tensor: torch.Tensor) -> torch.Tensor | None:
    """The values one after the other, of numbers that are not floating-point, too."""
    if tensor.is_floating_point() or tensor.is_complex():
        values = _values(tensor)
    else:
        values = tensor if tensor.layout is torch.strided and tensor.device.type != "meta" else None
    return values.detach().to("cpu").reshape(-1) if values is not None else None


def _is_in(sample: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Which elements of the sorted sample stand in the values, too."""
    at = torch.searchsorted(sample, values).clamp_(max=sample.numel() - 1)
    found = torch.zeros(sample.shape, dtype=torch.bool)
    found[at[sample[at] == values]] = True
    return found


def _dump(
    recorder: Recorder,
    window: _Window,
    replay: _Replay | None,
    finding: _Finding | None,
    sentence: str,
    confidence: str,
    anomalies: list[dict[str, Any]],
    fidelity: dict[str, Any],
    ranks: list[dict[str, Any]],
) -> dict[str, Any]:
    """The dump of `nandump.schema.json`, version 1."""
    trace = replay.trace if replay is not None else None
    _, world = _rank_and_world()
    micro = replay.guilty() if replay is not None else (window.micro[-1] if window.micro else None)
    if replay is not None:
        anomalies += _check_anomalies(replay, window.step)
    for anomaly in anomalies:
        anomaly["batch"] = micro.index if micro is not None else None
    device = next(iter(recorder._find_devices()), torch.device("cpu"))
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    result: dict[str, Any] = {
        "nandump": SCHEMA_VERSION,
        "recorder": __version__,
        "run": {
            "id": recorder._run.name or os.path.basename(recorder._run_folder()),
            "startedAt": recorder._run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "script": _shown_path(script) if script else None,
            "python": platform.python_version(),
            "frameworkVersion": torch.__version__,
            "device": str(device),
            "worldSize": world,
        },
        "verdict": {"sentence": sentence, "confidence": confidence},
        "anomalies": anomalies,
        "operations": [],
        "operationCount": len(trace.operations) if trace is not None else 0,
        "history": recorder._run.history.series(),
        "batch": _batch(micro, finding),
        "fidelity": fidelity,
        "ranks": [{key: peer[key] for key in ("rank", "role", "step")} for peer in ranks],
        "tensorsFile": None,
    }
    if trace is not None:
        operations = trace.operations[:MAX_OPERATIONS]
        root = finding.root if finding is not None else None
        if isinstance(root, _Operation) and len(operations) > 4000:
            operations = operations[max(0, root.index - 2500) : root.index + 1000]
        result["operations"] = [_as_operation(operation, trace) for operation in operations]
    return result


def _check_anomalies(replay: _Replay, step: int) -> list[dict[str, Any]]:
    """The checked values that were not finite in the replay, in order."""
    result = []
    for name, statistics, stack in replay.trace.checks[:100]:
        site = _user_site(stack)
        is_nan = bool(statistics.get("nan"))
        result.append(
            {
                "kind": "nan-forward" if is_nan else "inf-forward",
                "value": "nan" if is_nan else "inf",
                "role": "consequence",
                "metric": name,
                "step": step,
                "source": _location(site) if site is not None else None,
                "message": f"The checked value `{name}` is not finite.",
                "tensors": [statistics],
            }
        )
    return result


def _batch(micro: _MicroBatch | None, finding: _Finding | None) -> dict[str, Any] | None:
    if micro is None:
        return None
    named = list(_named_tensors(micro.shown))[:100]
    tensors = [_statistics(tensor, name) for name, tensor in named]
    rows: list[int] = []
    if finding is not None:
        # Rows of the operation are rows of the batch where their number is the same.
        sizes = {tensor.shape[0] for _, tensor in named if tensor.dim()}
        root = finding.root
        if isinstance(root, _Leaf):
            rows = root.bad_rows
        elif root.tensors and root.bad_rows:
            shape = root.tensors[-1].get("shape") or [0]
            rows = root.bad_rows if shape[0] in sizes else []
    indices = [index for index in micro.sample_indices or [] if isinstance(index, int) and index >= 0]
    return {"index": micro.index, "badRows": rows, "sampleIndices": indices[:10_000], "tensors": tensors}

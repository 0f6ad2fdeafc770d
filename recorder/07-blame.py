# ---------------------------------------------------------------------------------------------------------------------
# The verdict: from the bad loss or gradient back to the operation where the bad values began.


class _Finding:
    """What the replay found."""

    def __init__(
        self, root: _Origin, first_nan: _Operation | None, forward: _Operation | None, is_loss: bool, parameter: str | None
    ) -> None:
        self.root = root
        """Where the bad values began."""
        self.first_nan = first_nan
        """The operation that turned the root's Inf into the first NaN, where that is another one."""
        self.forward = forward
        """Of an operation of the backward pass: the one of the forward pass whose gradient it computes."""
        self.is_loss = is_loss
        self.parameter = parameter
        """The first parameter whose gradient is bad."""
        self.was_bad_from_the_start = False
        """Of a parameter: it was not finite before the first step."""
        self.sample: int | None = None
        """Of bad data: its index in the data set."""
        self.grown: tuple[str, float] | None = None
        """The largest parameter and its largest element, where it is too large to be meant."""
        self.last_step: Site | None = None
        """The line of the last update, which is to blame for a bad parameter."""

    @property
    def stack(self) -> tuple[Site, ...]:
        """The calls that lead to the blamed line."""
        root = self.root
        if isinstance(root, _Leaf):
            if root.kind == "parameter" and self.last_step is not None:
                return (self.last_step,)
            return root.reader.stack if root.reader is not None else ()
        if root.is_backward:
            own = _stack_inside_backward(root.stack)
            if own:
                return own
            return self.forward.stack if self.forward is not None else root.stack
        return root.stack

    @property
    def site(self) -> Site | None:
        return _user_site(self.stack)


def _stack_inside_backward(stack: tuple[Site, ...]) -> tuple[Site, ...]:
    """The part of a stack below the autograd engine, if the user's own code runs there: a custom backward, a hook, a recomputation."""
    inside: list[Site] = []
    for site in stack:
        if site[0].co_name == _ENGINE:
            break
        inside.append(site)
    has_own = len(inside) < len(stack) and any(_owner(code.co_filename) in ("user", "library") for code, _ in inside)
    return tuple(inside) if has_own else ()


def _ancestors(starts: Iterable[_Origin]) -> list[_Origin]:
    """All that bad values came through on their way to the starts."""
    seen: dict[int, _Origin] = {}
    pending = list(starts)
    while pending:
        origin = pending.pop()
        if id(origin) in seen:
            continue
        seen[id(origin)] = origin
        if isinstance(origin, _Operation) and not origin.is_born:
            pending += origin.bad_inputs
    return list(seen.values())


def _blame(trace: _Trace, starts: Sequence[_Origin], is_loss: bool, parameter: str | None, since: int) -> _Finding | None:
    """
    The root is the Inf that fed the first NaN, else the first operation that made a bad value. An infinity that was
    meant (a mask) is no root: the operation that turns it into NaN is.
    """
    found = _ancestors(starts)
    operations = sorted((o for o in found if isinstance(o, _Operation)), key=lambda o: o.index)
    # A step before the one that failed, in the same window, is not its cause.
    recent = [operation for operation in operations if operation.index >= since]
    operations = recent or operations
    leaves = [origin for origin in found if isinstance(origin, _Leaf) and not origin.is_deliberate]
    nans = [operation for operation in operations if operation.makes_nan]
    first_nan = nans[0] if nans else None
    if leaves:
        order = {"parameter": 0, "batch": 1, "buffer": 2, "other": 3}
        bad_leaf = min(leaves, key=lambda leaf: (leaf.reader.index if leaf.reader else 0, order[leaf.kind]))
        born = [operation for operation in operations if operation.is_born]
        if not born or bad_leaf.reader is None or bad_leaf.reader.index <= born[0].index:
            return _Finding(bad_leaf, None, None, is_loss, parameter)
    root: _Operation | None = None
    if first_nan is not None:
        before = _ancestors([first_nan])
        born = sorted(
            (o for o in before if isinstance(o, _Operation) and o.is_born and o.index >= since), key=lambda o: o.index
        )
        root = born[0] if born else first_nan
    else:
        root = next((operation for operation in operations if operation.is_born), None)
        if root is None:
            # Only infinities that seemed to be meant lead here. Those of the data were none; of others, the first
            # operation that drew one into a smaller result let it out.
            of_batch = next((o for o in found if isinstance(o, _Leaf) and o.kind == "batch"), None)
            if of_batch is not None:
                return _Finding(of_batch, None, None, is_loss, parameter)
            root = next((operation for operation in operations if operation.shrinks), None)
            root = root or (operations[-1] if operations else None)
    if root is None:
        return None
    forward = trace.nodes.get(root.node_number) if root.is_backward and root.node_number is not None else None
    return _Finding(root, first_nan if first_nan is not root else None, forward, is_loss, parameter)


def _bad_starts(trace: _Trace, tensor: torch.Tensor) -> list[_Origin]:
    return [origin for part in _plain(tensor) for origin in trace._origins_of(part)]


_VALUE_WORDS = {"nan": "NaN", "inf": "Inf", "-inf": "-Inf", "nonfinite": "Inf and -Inf", None: "NaN or Inf"}


def _sentence(finding: _Finding, step: int, rank: int | None) -> str:
    """What happened, where in the run, at which line, and why."""
    where = f"Step {step}" + (f", rank {rank}" if rank is not None else "")
    root = finding.root
    site = finding.site
    at = f" at {_place(site)}" if site is not None else ""
    if isinstance(root, _Leaf):
        statistics = root.statistics
        total = math.prod(statistics["shape"])
        bad = sum(statistics.get(key, 0) for key in ("nan", "posInf", "negInf"))
        count = f"{bad} of {_plural(total, 'element')} {'is' if bad == 1 else 'are'} NaN or Inf"
        if root.kind == "parameter":
            update = finding.last_step
            made = f" The update at {_place(update)} in an earlier step made it so." if update is not None else ""
            if finding.was_bad_from_the_start:
                made = " It was so when the recorder began: initialisation, or a checkpoint."
            return f"{where}: the damage came before this step: parameter `{root.name}` is not finite ({count}).{made}"
        if root.kind == "batch":
            rows = f", first in row {root.bad_rows[0]}" if root.bad_rows else ""
            if rows and finding.sample is not None:
                rows += f", sample {finding.sample} of the data set"
            subject = "the batch" if root.name == "batch" else f"`{root.name}` of the batch"
            return f"{where}: the data: {subject} is not finite ({count}{rows}); first read{at}."
        noun = f"buffer `{root.name}`" if root.kind == "buffer" else root.name
        return f"{where}: {noun} was not finite before this step ({count}); first read{at}."
    operation = root
    value = _VALUE_WORDS[operation.value]
    if operation.name.startswith(_EXCHANGES):
        return f"{where}: {value} came from another process, through `{_short(operation.name)}`{at}."
    count = f" in {operation.bad_count} of {_plural(operation.size, 'element')}" if operation.size > 1 else ""
    because = f", because {operation.reason}" if operation.reason else ""
    if operation.is_backward:
        forward_name = _forward_name(finding)
        if forward_name in ("sqrt", "_foreach_sqrt", "linalg_vector_norm", "norm"):
            # The derivative divides by twice the root.
            because = because.replace("its denominator is exactly", "the value under the root is exactly")
            because = because.replace("it divides 0 by 0", "the value under the root is exactly 0")
        elif forward_name in _LOGARITHMS:
            because = because.replace("its denominator is", "its operand is")
        subject = _forward_name(finding)
        return f"{where}, backward: the gradient of `{subject}`{at} becomes {value}{count}{because}."
    grown = ""
    if finding.grown is not None and "beyond the largest" in because:
        name, peak = finding.grown
        grown = f" Parameter `{name}` has grown to {_word(peak)}: earlier updates were too large."
    return f"{where}, forward: `{_short(operation.name)}`{at} gives {value}{count}{because}.{grown}"


def _forward_name(finding: _Finding) -> str:
    """What the forward pass calls the operation whose gradient is bad."""
    root = finding.root
    assert isinstance(root, _Operation) and root.node is not None
    name = root.node.split("::")[-1]
    if finding.forward is not None and not _stack_inside_backward(root.stack):
        return _short(finding.forward.name)
    return name


def _kind(operation: _Operation) -> str:
    if operation.is_backward:
        return "nan-backward" if operation.makes_nan else "grad-nonfinite"
    return "nan-forward" if operation.makes_nan else "inf-forward"


def _leaf_rules(leaf: _Leaf) -> list[str]:
    """Rules that know how a tensor from before the step came to be bad."""
    if leaf.kind == "batch":
        return ["NAN702"]
    # Adam's eps vanishes in half precision, and the first update divides by 0.
    return ["NAN503", "NAN504"] if leaf.kind == "parameter" and leaf.statistics["dtype"] == "float16" else []


def _gradient_rules(finding: _Finding) -> list[str]:
    """Rules that know the hazard of a backward root."""
    root = finding.root
    if not isinstance(root, _Operation):
        return []
    if not root.is_backward:
        return root.rules
    name = root.node or ""
    if name.startswith(("Sqrt", "Pow", "Rsqrt", "Norm", "LinalgVectorNorm")):
        return ["NAN201"]
    if name.startswith(("Acos", "Asin", "Atanh")):
        return ["NAN105"]
    if name.startswith("Log") and not name.startswith(("LogSoftmax", "Logsumexp")):
        return ["NAN101"]
    return root.rules


def _anomalies(finding: _Finding, sentence: str, step: int, rank: int | None, loss: float | None) -> list[dict[str, Any]]:
    """The dump's list: the root, the first NaN it led to, and the loss or the gradient that showed it."""
    root = finding.root
    common = {"step": step, "rank": rank}
    site = finding.site
    source = _location(site) if site is not None else None
    frames = _frames(finding.stack)
    result: list[dict[str, Any]] = []
    if isinstance(root, _Leaf):
        value = "nan" if root.has_nan else "inf"
        result.append(
            {
                "kind": "input-nan" if root.kind == "batch" else "overflow",
                "value": value,
                "role": "first",
                "op": _operation_name(root.reader) if root.reader is not None else None,
                "module": root.reader.module if root.reader is not None else None,
                "param": root.name if root.kind == "parameter" else None,
                **common,
                "source": source,
                "frames": frames,
                "message": sentence,
                "tensors": [root.statistics],
                "rules": _leaf_rules(root),
            }
        )
    else:
        module = root.module or (finding.forward.module if finding.forward is not None else None)
        result.append(
            {
                "kind": _kind(root),
                "value": root.value,
                "role": "first",
                "op": root.node or root.name,
                "outputIndex": 0,
                "module": module,
                "param": None,
                **common,
                "source": source,
                "frames": frames,
                "message": sentence,
                "tensors": root.tensors[:16],
                "rules": _gradient_rules(finding),
            }
        )
    follower = finding.first_nan
    if follower is not None and isinstance(root, _Operation):
        follower_site = _user_site(_stack_inside_backward(follower.stack) or follower.stack)
        result.append(
            {
                "kind": _kind(follower),
                "value": "nan",
                "role": "consequence",
                "op": follower.node or follower.name,
                "module": follower.module,
                **common,
                "source": _location(follower_site) if follower_site is not None else None,
                "message": f"`{_short(follower.name)}` makes the first NaN of it.",
                "tensors": follower.tensors[:8],
            }
        )
    if finding.is_loss and loss is not None:
        is_nan = math.isnan(loss)
        word = "nan" if is_nan else "inf" if loss > 0 else "-inf"
        kind = "loss-nan" if is_nan else "loss-inf"
        message = f"The loss is {_VALUE_WORDS[word]}."
        result.append({"kind": kind, "value": word, "role": "consequence", "metric": "loss", **common, "message": message})
    elif finding.parameter is not None:
        result.append(
            {
                "kind": "grad-nonfinite",
                "value": "nonfinite",
                "role": "consequence",
                "param": finding.parameter,
                **common,
                "message": f"The gradient of `{finding.parameter}` is not finite.",
            }
        )
    return result


def _operation_name(operation: _Operation) -> str:
    return operation.node or operation.name

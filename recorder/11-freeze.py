# ---------------------------------------------------------------------------------------------------------------------
# Freeze mode: the device itself holds the update back, and the host learns of it some steps later without ever waiting.

_FUSED = ("Adam", "AdamW", "SGD", "Adagrad")
"""Optimizers whose fused update obeys `found_inf` on the device."""


def _is_capturing() -> bool:
    """Whether a CUDA graph is being recorded."""
    is_initialized: Callable[[], bool] = torch.cuda.is_initialized
    return is_initialized() and torch.cuda.is_current_stream_capturing()


class _Freeze:
    """The flags on the devices, which stay up once they are, and the windows whose numbers are still on their way."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder: Recorder = weakref.proxy(recorder)
        self._found: dict[torch.device, torch.Tensor] = {}
        self._past: collections.deque[_Window] = collections.deque(maxlen=FREEZE_LAG + 1)

    def holds(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether this optimizer can be held back so."""
        recorder = self.recorder
        if recorder._mode == "sync" or recorder._scaling.scaler is not None or _rank_and_world()[1] > 1:
            return False
        if type(optimizer).__name__ not in _FUSED or not all(group.get("fused") for group in optimizer.param_groups):
            return False
        return recorder._mode == "freeze" or all(device.type == "cuda" for device in recorder._find_devices())

    def check(self, window: _Window, optimizer: torch.optim.Optimizer) -> None:
        """Puts the flag up where a loss or gradient is bad, and sends the numbers to the host."""
        losses = window.losses[window.looked_at :]
        gradients = _gradients_of(optimizer)
        total = self.recorder._norm(gradients)
        number = window.checks
        window.checks += 1
        window.looked_at = len(window.losses)
        if total is None:
            return
        device = total.device
        parts = [loss.to(device, torch.float32).reshape(()) for loss in losses]
        # Finite gradients whose norm overflows must not stop the run: the largest element tells. On a CPU nobody waits
        # for the answer of the norm, which is the cheaper.
        exact: Sequence[torch.Tensor] = [total]
        if device.type != "cpu" or not math.isfinite(float(total)):
            dense = [gradient for gradient in gradients if gradient.layout is torch.strided]
            exact = torch._foreach_norm(dense, math.inf, dtype=torch.float32)
        bad = (~torch.isfinite(torch.stack([*parts, *exact]))).any().to(torch.float32)
        found = self._found.get(device)
        if found is None:
            found = self._found[device] = torch.zeros((), dtype=torch.float32, device=device)
        torch.maximum(found, bad, out=found)
        optimizer.found_inf = found  # type: ignore[attr-defined]
        flags = torch.stack([*parts, total, bad])
        window.flagged_check = number
        if device.type == "cuda":
            window.flags = torch.empty(flags.shape, dtype=flags.dtype, pin_memory=True)
            window.flags.copy_(flags, non_blocking=True)
            window.event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            window.event.record()
        else:
            window.flags = flags.clone()
        self.recorder._row(window, [], None, optimizer)

    def close(self, window: _Window) -> bool:
        """Puts a finished window aside until its numbers are there. False for a window of another mode."""
        if window.flags is None:
            return False
        self._past.append(window)
        return True

    def look_back(self, wait: bool = False) -> _Window | None:
        """The oldest window whose numbers have come in and are bad; at the end of a loop all are waited for."""
        while self._past:
            oldest = self._past[0]
            if oldest.event is not None and not oldest.event.query():
                if len(self._past) < FREEZE_LAG and not wait:
                    return None
                oldest.event.synchronize()
            self._past.popleft()
            assert oldest.flags is not None
            *losses, norm, bad = oldest.flags.tolist()
            if losses:
                oldest.row["loss"] = losses[-1]
            oldest.row["grad_norm"] = norm
            self.recorder._write_history(oldest.step, oldest.row)
            if bad:
                is_loss = not all(math.isfinite(loss) for loss in losses)
                oldest.trip = _Trip("loss" if is_loss else "gradients", oldest.flagged_check, losses)
                self._past.clear()
                return oldest
        return None

    def release(self) -> None:
        """Lets the updates through again."""
        for found in self._found.values():
            found.zero_()

    def detach(self) -> None:
        """Leaves the optimizers as they were."""
        for optimizer in self.recorder._optimizers:
            if any(getattr(optimizer, "found_inf", None) is found for found in self._found.values()):
                del optimizer.found_inf  # type: ignore[attr-defined]

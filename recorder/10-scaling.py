# ---------------------------------------------------------------------------------------------------------------------
# Loss scaling: a scaler that looks for its scale skips updates, and rightly so.

SKIPS_OF_A_RUNNING_SCALE = 5
"""Updates in a row that a scaler may skip once the scale has settled."""
SKIPS_OF_A_NEW_SCALE = 40
"""The same while it still looks for its scale: a start at 2**24 rightly skips more than twenty."""
SETTLED_STEPS = 10


class _LossScaling:
    """What is known of the GradScaler of a run."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.scaler: Any = None
        self.scaled = 0
        """Losses that were seen unscaled, whose backward is to come."""
        self.is_stepping = False
        self._skips = 0
        self._skips_allowed = SKIPS_OF_A_RUNNING_SCALE
        self._good_steps = 0

    @property
    def scale(self) -> float | None:
        """The factor in use; None without a scaler."""
        return float(self.scaler.get_scale()) if self.scaler is not None and self.scaler.is_enabled() else None

    def on_scale(self, scaler: Any, outputs: Any) -> None:
        """The loss before it is scaled."""
        self.scaler = scaler
        losses = [tensor for tensor in _tensors(outputs) if tensor.numel() == 1 and tensor.is_floating_point()]
        for loss in losses:
            self.recorder._on_loss(loss)
        self.scaled = len(losses)

    def before_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        """A NaN loss is one whatever the scale."""
        recorder = self.recorder
        self.scaler = scaler
        self.scaled = 0
        recorder._note_step_site()
        window = recorder._window
        if window is None or window.trip is not None or not recorder._is_mine(optimizer):
            return
        values = _fetch(window.losses[window.looked_at :])
        is_bad = not all(math.isfinite(value) for value in values)
        is_peer = recorder._agree(is_bad, optimizer) and not is_bad
        recorder._row(window, values, None, optimizer)
        window.looked_at = len(window.losses)
        if is_bad or is_peer:
            number = window.checks
            window.checks += 1
            window.row["grad_norm"] = math.nan
            recorder._trip(window, _Trip("loss" if is_bad else "peer", number, _fetch(window.losses)))

    def after_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        """A scaler that skips again and again may have gradients that no scale can mend."""
        window = self.recorder._window
        if window is None or window.trip is not None or not self.recorder._is_mine(optimizer):
            return
        number = window.checks
        window.checks += 1
        state = scaler._per_optimizer_states.get(id(optimizer), {})
        if not any(float(found) for found in state.get("found_inf_per_device", {}).values()):
            self._good_steps += 1
            self._skips = 0
            self._skips_allowed = SKIPS_OF_A_RUNNING_SCALE
            return
        window.row["grad_norm"] = math.inf
        self._skips += 1
        has_settled = self._good_steps >= SETTLED_STEPS or scaler.get_scale() < 1
        allowed = self._skips_allowed + (0 if has_settled else SKIPS_OF_A_NEW_SCALE)
        if self._skips >= allowed:
            self.recorder._trip(window, _Trip("skips", number, _fetch(window.losses)))

    def was_right(self) -> None:
        """At a scale of 1 all was finite: the scaler does what it is there for, and may go on for longer."""
        self._skips = 0
        self._skips_allowed *= 4

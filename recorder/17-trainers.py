# ---------------------------------------------------------------------------------------------------------------------
# Trainers that own the loop: Hugging Face Transformers and Lightning. Accelerate and Fabric leave it to the user.


def attach(
    trainer: Any,
    out: str | os.PathLike[str] = "nanlens-dumps",
    on_anomaly: Literal["raise", "warn"] = "raise",
    **options: Any,
) -> Recorder:
    """
    Records what a trainer trains: one of Hugging Face Transformers (or a subclass) or of Lightning. Call it before
    `train()` or `fit()`. Raises TypeError for anything else.
    """
    if callable(getattr(trainer, "training_step", None)) and hasattr(trainer, "args") and hasattr(trainer, "model"):
        return _attach_transformers(trainer, out, on_anomaly, options)
    if hasattr(trainer, "callbacks") and hasattr(trainer, "fit"):
        callback = __getattr__("LightningCallback")(out, on_anomaly, **options)
        trainer.callbacks.append(callback)
        return callback.recorder  # type: ignore[no-any-return]
    raise TypeError(f"a Trainer of transformers or of Lightning is expected, not {type(trainer).__name__}")


def _attach_transformers(trainer: Any, out: Any, on_anomaly: Any, options: Any) -> Recorder:
    recorder = Recorder(trainer.model, trainer.optimizer, out, on_anomaly, **options)
    original = trainer.training_step

    @functools.wraps(original)
    def training_step(*args: Any, **keywords: Any) -> Any:
        if recorder._replay is None and not recorder._is_off:
            recorder._end_of_batch()
            recorder._begin((args, keywords), None, trainer.state.global_step, None)
            recorder._clock(trainer.state.global_step)
        return original(*args, **keywords)

    recorder._rerun = lambda batch: original(*batch[0], **batch[1])
    trainer.training_step = training_step
    trainer._nanlens = recorder
    return recorder


def _make_lightning_callback() -> type:
    """The class, made when it is asked for: Lightning need not be installed."""
    try:
        from lightning.pytorch import Callback
    except ImportError:
        try:
            from pytorch_lightning import Callback  # type: ignore[no-redef, assignment, import-not-found, unused-ignore]
        except ImportError:
            raise ImportError("nanlens.LightningCallback needs the package lightning or pytorch-lightning") from None

    class LightningCallback(Callback):  # type: ignore[misc, unused-ignore]
        """Records a Lightning run: `Trainer(callbacks=[nanlens.LightningCallback()])`."""

        def __init__(
            self,
            out: str | os.PathLike[str] = "nanlens-dumps",
            on_anomaly: Literal["raise", "warn"] = "raise",
            **options: Any,
        ) -> None:
            super().__init__()
            self.recorder = Recorder(None, None, out, on_anomaly, **options)

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            self.recorder._adopt([pl_module], trainer.optimizers)

        def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
            recorder = self.recorder
            if recorder._is_off:
                return
            recorder._rerun = functools.partial(_lightning_step, trainer, pl_module)
            recorder._end_of_batch()
            recorder._begin((batch, batch_idx), None, batch_idx, None)
            recorder._clock(trainer.global_step)

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self.recorder._end_of_batch(is_last=True)

    return LightningCallback


def _lightning_step(trainer: Any, module: Any, given: Any) -> None:
    """One `training_step` and its backward, without logging."""
    batch, index = given
    expected = inspect.signature(type(module).training_step).parameters
    args = (batch, index) if len(expected) > 2 else (batch,)
    for name in ("log", "log_dict"):
        object.__setattr__(module, name, lambda *_, **__: None)
    try:
        output = trainer.strategy.training_step(*args)
    finally:
        for name in ("log", "log_dict"):
            object.__delattr__(module, name)
    loss = output["loss"] if isinstance(output, Mapping) else output
    if module.automatic_optimization and isinstance(loss, torch.Tensor):
        torch.autograd.backward(loss)


_lightning_callback: type | None = None


def __getattr__(name: str) -> Any:
    global _lightning_callback
    if name == "LightningCallback":
        if _lightning_callback is None:
            _lightning_callback = _make_lightning_callback()
        return _lightning_callback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _as_module(value: Any) -> torch.nn.Module:
    if isinstance(value, torch.nn.Module):
        return value
    raise TypeError(f"model is a torch.nn.Module or a list of them, not {type(value).__name__}")


def _as_optimizer(value: Any) -> torch.optim.Optimizer:
    """The optimizer of PyTorch, out of the wrappers of Accelerate, Fabric and the like."""
    for _ in range(8):
        inner = getattr(value, "optimizer", None)
        if inner is None or inner is value:
            break
        value = inner
    if isinstance(value, torch.optim.Optimizer):
        return value
    raise TypeError(f"optimizer is a torch.optim.Optimizer or a list of them, not {type(value).__name__}")

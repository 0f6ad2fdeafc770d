# ---------------------------------------------------------------------------------------------------------------------
# Several processes: agreeing that a step is bad, naming the one that is to blame, never waiting without an end.


def _rank_and_world() -> tuple[int, int]:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def _trains_in_step(models: Sequence[torch.nn.Module], optimizers: Sequence[torch.optim.Optimizer]) -> bool:
    """Whether all processes update one model together: data parallel, or sharded over all of them."""
    _, world = _rank_and_world()
    if world == 1:
        return False
    parameters = [p for model in models for p in model.parameters()]
    parameters += [p for one in optimizers for group in one.param_groups for p in group["params"]]
    for parameter in parameters:
        mesh = getattr(parameter, "device_mesh", None)
        if mesh is not None:
            return bool(mesh.size() == world)
    kinds = ("DistributedDataParallel", "FullyShardedDataParallel")
    if any(type(module).__name__ in kinds for model in models for module in model.modules()):
        return True
    import gc

    own = {id(module) for model in models for module in model.modules()}
    own_parameters = {id(parameter) for parameter in parameters}
    for thing in gc.get_objects():
        if type(thing).__name__ in kinds and isinstance(thing, torch.nn.Module):
            if id(thing.module) in own or any(id(parameter) in own_parameters for parameter in thing.parameters()):
                return True
    return False


def _is_joining(models: Sequence[torch.nn.Module]) -> bool:
    """Inside `with model.join()` the processes do not take the same number of steps."""
    configs = (getattr(model, "_join_config", None) for model in models)
    return any(config is not None and getattr(config, "enable", False) for config in configs)


def _agree(flag: bool, device: torch.device | None) -> bool:
    """Whether any process raised its flag. Each calls it once an update."""
    if device is None:
        return flag
    total = torch.tensor([1.0 if flag else 0.0], device=device)
    torch.distributed.all_reduce(total, op=torch.distributed.ReduceOp.MAX)
    return bool(total.item())


def _store() -> Any:
    """The key-value store through which the processes found each other."""
    from torch.distributed import distributed_c10d

    return distributed_c10d._get_default_store()


def _run_name(run: _Run) -> str:
    """The run's folder: its time of beginning, the same for all processes."""
    own = f"{run.started.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}" + (f"-{run.number}" if run.number else "")
    key = f"nanlens/run/{run.number}"
    rank, world = _rank_and_world()
    if world == 1:
        return own
    try:
        store = _store()
        if rank == 0:
            store.set(key, own)
            return own
        store.wait([key], datetime.timedelta(seconds=PEER_TIMEOUT))
        return str(store.get(key).decode())
    except Exception:
        return os.environ.get("TORCHELASTIC_RUN_ID", "") or own


def _exchange(recorder: Recorder, step: int, role: str, sentence: str | None) -> list[dict[str, Any]]:
    """What each process found, the guilty one first. A process that does not answer in time is left out."""
    rank, world = _rank_and_world()
    if world == 1 or not recorder._is_collective:
        return []
    own = {"rank": rank, "role": role, "step": step, "sentence": sentence}
    peers = [own]
    try:
        store = _store()
        prefix = f"nanlens/{step}/"
        store.set(f"{prefix}{rank}", json.dumps(own))
        others = [other for other in range(world) if other != rank]
        deadline = time.monotonic() + PEER_TIMEOUT
        for other in others:
            left = max(0.1, deadline - time.monotonic())
            try:
                store.wait([f"{prefix}{other}"], datetime.timedelta(seconds=left))
                peers.append(json.loads(store.get(f"{prefix}{other}").decode()))
            except Exception:
                peers.append({"rank": other, "role": "secondary", "step": None, "sentence": None})
    except Exception as error:
        _say(f"the other processes could not be asked: {error}")
    order = {"first": 0, "consequence": 1, "secondary": 2, "benign": 3}
    return sorted(peers, key=lambda peer: (order[peer["role"]], peer["rank"]))


def _await_peers(recorder: Recorder, step: int) -> None:
    """A process that ends takes the others down: none does before all have written what they know."""
    rank, world = _rank_and_world()
    if world == 1 or not recorder._is_collective:
        return
    with contextlib.suppress(Exception):
        store = _store()
        store.set(f"nanlens/{step}/done/{rank}", "1")
        keys = [f"nanlens/{step}/done/{other}" for other in range(world)]
        store.wait(keys, datetime.timedelta(seconds=PEER_TIMEOUT))

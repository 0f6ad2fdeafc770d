# ---------------------------------------------------------------------------------------------------------------------
# Where in the user's code: frames, paths without a home, excerpts.

_HERE = os.path.abspath(__file__)
_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_STDLIB = os.path.abspath(sysconfig.get_paths()["stdlib"]) + os.sep
_ENGINE = "_engine_run_backward"
"""torch/autograd/graph.py: what stands deeper in a stack runs inside the backward pass."""

_CHECK_HELPERS = "_nanlens_"
"""What the names of the helpers begin with that finite checks put into a script."""

Site = tuple[types.CodeType, int]
"""A code object and a line in it."""


@functools.lru_cache(maxsize=4096)
def _owner(path: str) -> Literal["user", "library", "torch", "own"]:
    """Whose code a file is."""
    if path.startswith("<"):
        return "user" if path.startswith(("<ipython", "<string>", "<stdin>")) else "torch"
    full = os.path.abspath(path)
    if full == _HERE:
        return "own"
    if full.startswith(_TORCH):
        return "torch"
    parts = full.replace("\\", "/").split("/")
    if "site-packages" in parts or "dist-packages" in parts or full.startswith(_STDLIB):
        return "library"
    return "user"


def _stack(frame: types.FrameType | None, limit: int = 400) -> tuple[Site, ...]:
    """Calls from the given frame outwards, innermost first, without the recorder's own."""
    sites: list[Site] = []
    while frame is not None and len(sites) < limit:
        if _owner(frame.f_code.co_filename) != "own":
            sites.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(sites)


def _user_site(stack: Sequence[Site]) -> Site | None:
    """The deepest line of the user's own code, else the deepest of a library other than PyTorch."""
    library: Site | None = None
    for site in stack:
        owner = _owner(site[0].co_filename)
        if owner == "user" and not site[0].co_name.startswith(_CHECK_HELPERS):
            return site
        if owner == "library" and library is None and not site[0].co_filename.startswith(_STDLIB):
            library = site
    return library


def _shown_path(path: str) -> str:
    """The path as a dump may tell it: relative to the working directory, without the home of anybody."""
    if path.startswith("<"):
        return path
    full = os.path.abspath(path).replace("\\", "/")
    for folder in ("/site-packages/", "/dist-packages/"):
        if folder in full:
            return folder[1:] + full.split(folder, 1)[1]
    home = _home_of(full)
    with contextlib.suppress(ValueError, OSError):
        here = os.getcwd()
        relative = os.path.relpath(full, here).replace("\\", "/")
        if not relative.startswith("..") and (home is None or (here.replace("\\", "/") + "/").startswith(home)):
            return relative
    return "/".join(full.removeprefix(home or "/").split("/")[-3:])


def _home_of(path: str) -> str | None:
    """The home folder in which the path lies, with a slash at its end: the user's own, or that of another."""
    own = os.path.expanduser("~").replace("\\", "/").rstrip("/") + "/"
    if own != "/" and path.startswith(own):
        return own
    other = re.match(r"(/home|/Users|[A-Za-z]:/Users)/[^/]+/", path)
    return other[0] if other is not None else None


def _line(path: str, line: int) -> str:
    return linecache.getline(path, line).strip()[:1000]


def _location(site: Site) -> dict[str, Any]:
    code, line = site
    return {
        "path": _shown_path(code.co_filename),
        "line": line,
        "function": code.co_name,
        "text": _line(code.co_filename, line) or None,
    }


def _frame(site: Site) -> dict[str, Any]:
    """A frame of the dump. The user's own come with the source around them, for the file may have changed when it is read."""
    code, line = site
    is_user = _owner(code.co_filename) == "user"
    result = _location(site) | {"isUser": is_user}
    if is_user and result["text"] is not None:
        first = max(1, line - 5)
        around = [linecache.getline(code.co_filename, number) for number in range(first, line + 6)]
        lines = [text.rstrip("\r\n")[:1000] for text in around if text]
        result["excerpt"] = {"firstLine": first, "lines": lines}
    return result


def _frames(stack: Sequence[Site]) -> list[dict[str, Any]]:
    """The calls that led to an operation, outermost first; of PyTorch's own only those below the user's last line."""
    last_user = next((i for i, site in enumerate(stack) if _owner(site[0].co_filename) == "user"), len(stack))
    shown = [
        site
        for index, site in enumerate(stack)
        if _owner(site[0].co_filename) == "user"
        or (index < last_user and not site[0].co_filename.startswith("<") and not _is_plumbing(site))
    ]
    return [_frame(site) for site in reversed(shown[:100])]


def _is_plumbing(site: Site) -> bool:
    """Calls that stand in every stack and tell nothing."""
    return site[0].co_name in ("_call_impl", "_wrapped_call_impl", "wrapped", "decorate_context", "_fn", "inner", "wrapper")


def _place(site: Site) -> str:
    """`losses.py:41 in forward`"""
    code, line = site
    where = f"{os.path.basename(code.co_filename)}:{line}"
    return where if code.co_name == "<module>" else f"{where} in {code.co_name}"

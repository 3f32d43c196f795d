"""What made a run besides its file: kernels, packages and machine, and what changed on the way.

Bits are promised on one of each. A run that goes on with others is as good, but may differ from
one that was never stopped, by as much as one spike makes of a last bit. The file tells of it.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from ..config.tables import RunConfig, to_toml
from ..errors import UsageError
from ..files import RunFile
from ..kernels.jit import processor, source_hash
from ..task.protocol import Task
from ..text import printable
from ..threads import usable_processors

DATA: Final = "data_sha256"
_DECIDE_BITS: Final = (
    "kernel_sha256",
    "python",
    "numpy",
    "numba",
    "machine",
    "system",
    "processor",
)


def environment() -> dict[str, Any]:
    """Versions and machine of this process."""
    packages = {name: version(name) for name in ("numpy", "scipy", "numba", "h5py")}
    return {
        "python": platform.python_version(),
        **packages,
        "machine": platform.machine(),
        "system": platform.system(),
        "processor": processor(),
        "processors": len(usable_processors()),
    }


def deciding() -> dict[str, str]:
    """Return what bits depend on: kernels, versions, machine."""
    now = {**environment(), "kernel_sha256": source_hash()}
    return {name: str(now[name]) for name in _DECIDE_BITS}


def standing(config: RunConfig, iteration: int) -> dict[str, str]:
    """Return what ranks must agree in to train one run to the same bits."""
    digest = hashlib.sha256(to_toml(config).encode()).hexdigest()
    return {**deciding(), "iteration": str(iteration), "digest of the configuration": digest[:12]}


def changes(before: Mapping[str, Any]) -> dict[str, list[str]]:
    """What bits depend on and is not as it was: ``{"numpy": ["2.2.0", "2.4.6"]}``.

    Parameters
    ----------
    before
        Environment and ``kernel_sha256`` of a run file. What it does not tell is not compared.
    """
    now = deciding()
    stated = [name for name in now if isinstance(before.get(name), str)]
    return {name: [before[name], now[name]] for name in stated if before[name] != now[name]}


def known(file: RunFile) -> dict[str, Any]:
    """What a resumed run keeps of the environment that its file tells."""
    told = file.environment
    words = {"created": told.get("created_utc", ""), "command": told.get("command", "")}
    for name, text in words.items():
        if not isinstance(text, str):
            raise file.bad("environment", f"has no text for {name}")
    history = told.get("history", [])
    if not isinstance(history, list):
        raise file.bad("environment", "has no list for history")
    return {**words, "history": history}


def data(task: Task) -> dict[str, str]:
    """Digest of the data that a user brought, if the task has any."""
    return {DATA: task.data_sha256} if task.data_sha256 else {}


def require_same_data(file: RunFile, task: Task) -> None:
    """Raise `UsageError` if a run would go on with other data than it was trained on.

    A file that does not tell, as older ones, is believed.
    """
    before, now = file.environment.get(DATA), task.data_sha256
    if isinstance(before, str) and before != now:
        raise UsageError(
            f"{file.name}: was trained on other data (SHA-256 {printable(before[:12])}..., now "
            f"{now[:12]}...); put those of before in their place, or train anew"
        )


def in_words(changed: Mapping[str, list[str]]) -> str:
    """`changes` as half a sentence: "numpy 2.2.0 (now 2.4.6), other kernels"."""
    return ", ".join(
        "other kernels" if name == "kernel_sha256" else f"{name} {before} (now {now})"
        for name, (before, now) in changed.items()
    )

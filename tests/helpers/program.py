"""The `lsnn` program as a real process, on a task so small that it starts longer than it trains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import lsnn_core
from lsnn_core.files import read_run

ROOT = Path(lsnn_core.__file__).parents[1]
TINY = {
    "task.n_symbols": 4,
    "task.symbol_ms": 20,
    "task.group_size": 4,
    "task.expected_delay": 1,
    "network.connectivity": 0.4,
    "network.tau_a_ms": 80,
    "rewiring.policy": "deep-r",
    "training.batch": 16,
    "training.iterations": 30,
    "training.checkpoint_every": 2,
    "training.validate_every": 10,
    "training.threads": 1,
}


def train(path: Path, **overrides: object) -> list[str]:
    """The arguments of a tiny training; in names of overrides "__" stands for "."."""
    settings = {**TINY, **{name.replace("__", "."): value for name, value in overrides.items()}}
    pairs = [f"--set={name}={value}" for name, value in settings.items()]
    return ["train", "store-recall", "--out", str(path), *pairs]


def lsnn(*arguments: str, module: str = "lsnn_core") -> subprocess.CompletedProcess[str]:
    """Run ``lsnn ARGUMENTS...``, or a module that stands for it, to its end."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)


def killed(
    place: str, number: int, arguments: list[str], name: str = "SIGKILL"
) -> subprocess.CompletedProcess[str]:
    """The same, with a signal at the `number`-th passage of a place in the program."""
    return lsnn(place, str(number), name, *arguments, module="tests.helpers.killed")


def results(path: Path) -> dict[str, Any]:
    """All of a run file that its configuration decides, arrays as their bytes."""
    with read_run(path) as run:
        tree = run.tree()
        del tree["config"], tree["environment"]  # threads; versions and times of day
        return {"iteration": run.iteration, "status": run.status, **_bytes(tree)}


def _bytes(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found.update(_bytes(value, f"{prefix}{name}/"))
        else:
            array = np.asarray(value)
            found[prefix + name] = (array.dtype.str, array.shape, array.tobytes())
    return found

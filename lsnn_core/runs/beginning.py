"""A run that starts from the weights of another one."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from ..config.tables import RunConfig
from ..errors import BadFileError, UsageError
from ..files import RunFile, read_run
from ..learning.trainer import Trainer
from ..simulation.storage import read_config
from .continuing import differences

SAME = ("network.model", "network.n_regular", "network.n_adaptive", "training.dtype")
"""Settings without which weights do not fit at all."""


def seed_of(path: str | os.PathLike[str]) -> int:
    """Return the seed of a run: what a network draws from it (signs, constants) goes with it."""
    with read_run(path) as file:
        return read_config(file).seed


def begin_from(trainer: Trainer, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Give a fresh trainer the connections, weights and learned constants of the run at `path`.

    Returns
    -------
    dict
        A step of the new run's history that says whose they are.

    Raises
    ------
    UsageError
        Its network is not the one that is configured; nothing has been written.
    """
    with read_run(path) as file:
        before = read_config(file)
        _require_same(file, before, trainer.config)
        try:
            trainer.learner.begin_from(file)
        except BadFileError as error:
            raise UsageError(
                f"--from {error}; it expects the network of the recipe: give the "
                "recipe its sizes, delays and constants, or leave the seed to it"
            ) from None
        whose = {"run": file.name, "iteration": file.iteration, "seed": before.seed}
        return {"iteration": 0, "from": {**whose, "sha256": _digest(path)}}


def _require_same(file: RunFile, before: RunConfig, wanted: RunConfig) -> None:
    differ = differences(before, wanted)
    for key in SAME:
        if key in differ:
            old, new = differ[key]
            raise UsageError(f"--from {file.name}: has {key} = {old!r}, expected {new!r} as here")


def _digest(path: str | os.PathLike[str]) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""A training run and its file: start, checkpoint, resume, finish.

Between two iterations a run is its weights, its moments and its iteration number; all randomness
follows from the seed and the iteration. So one HDF5 file, replaced whole at each checkpoint, is all
that a resumed run needs to end in the same bits.
"""

from __future__ import annotations

import json
import os
import platform
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from . import __version__, plugins
from .config import RunConfig, from_mapping, to_toml
from .errors import BadFileError, UsageError
from .kernels.jit import source_hash
from .runfile import RunFile, Tree, read_run, run_attributes, write_tree
from .runfile_write import file_image
from .signals import InterruptFlag
from .task import Task
from .task_checks import check_recording, held_out_batches, rehearse
from .trainer import Trainer
from .warmup import compiling_beside

Array = npt.NDArray[Any]


def make_task(config: RunConfig) -> Task:
    """The task that a configuration names, with its settings checked."""
    factory = plugins.load(plugins.TASKS, str(config.task["name"]))
    task: Task = factory(from_mapping(factory.settings_type, config.task))
    return task


class TrainingRun:
    """A trainer and the file it lives in.

    Parameters
    ----------
    trainer
        At its start, or restored.
    path
        The run file; must be writable (see `check_output`).
    created
        When the run began, ISO 8601; now if not given.
    command
        What started it, as one would type it again; kept in the file for tables.
    seconds
        Time already spent on training and its evaluations.
    """

    def __init__(
        self,
        trainer: Trainer,
        path: str | os.PathLike[str],
        created: str = "",
        command: str = "",
        seconds: float = 0.0,
    ) -> None:
        self.trainer, self.path = trainer, path
        self.created, self.command, self.seconds = created or _now(), command, seconds
        self.examples: Tree = {}

    @classmethod
    def resume(cls, path: str | os.PathLike[str]) -> TrainingRun:
        """Go on from a run file."""
        with read_run(path) as file:
            config = read_config(file)
            trainer = Trainer(config, make_task(config))
            restore(trainer, file)
            known = file.environment
            seconds = known.get("train_seconds", 0.0)
            return cls(
                trainer,
                path,
                str(known.get("created_utc", "")),
                str(known.get("command", "")),
                float(seconds) if isinstance(seconds, int | float) else 0.0,
            )

    def run(self, on_iteration: Callable[[Trainer], None] = lambda trainer: None) -> str:
        """Train to the end, checkpointing; returns the status the file was left with.

        A signal ends the run after its iteration and a checkpoint ("interrupted"). A numerical
        failure leaves the last good checkpoint as it is and raises. The caller holds the file's
        `RunLock`, and has held it since before the file was read.
        """
        self._rehearse()
        every = self.trainer.config.training.checkpoint_every
        begun = time.monotonic() - self.seconds
        with compiling_beside(self.trainer.learner), InterruptFlag() as interrupted:

            def after(trainer: Trainer) -> bool:
                on_iteration(trainer)
                self.seconds = time.monotonic() - begun
                if trainer.iteration % every == 0 and not trainer.done:
                    self.save("running")
                return not interrupted

            try:
                self.trainer.fit(after)
                if self.trainer.done:
                    self.finish()
                    return "complete"
                self.save("interrupted")
                return "interrupted"
            finally:
                self.trainer.close()

    def _rehearse(self) -> None:
        """Refuse at the start what a task would be refused for after a long training."""
        task, learner = self.trainer.task, self.trainer.learner
        if hasattr(task, "rollout"):  # it would cost as much as a training batch
            return
        for split in ("validation", "test"):
            rehearse(task, next(held_out_batches(task, split, learner.held_out(split, 0))))
        _, about = check_recording(task, task.recordings(self.trainer.config.seed))
        file_image({"recordings": {"example": about}}, {}, {})

    def finish(self) -> None:
        """Test, record an example for the figures, and write the complete file."""
        self.trainer.evaluate("test")
        self.examples = self.trainer.learner.record(self.trainer.config.seed)
        self.save("complete")

    def save(self, status: str) -> None:
        """Replace the file by one that holds the run as it is now."""
        config = to_toml(self.trainer.config)
        attributes = run_attributes(
            status=status,
            iteration=self.trainer.iteration,
            config=config,
            code_version=__version__,
            kernel_sha256=source_hash(),
        )
        environment = {
            **_machine(),
            "created_utc": self.created,
            "written_utc": _now(),
            "command": self.command,
            "train_seconds": round(self.seconds, 1),
        }
        stored = self.trainer.learner.stored()
        tree: dict[str, Any] = {
            "config": config,
            "environment": json.dumps(environment, sort_keys=True),
            "seeds": json.dumps({"seed": self.trainer.config.seed}),
            **stored.tree,
            **_series_tree(self.trainer),
            **self.examples,
        }
        write_tree(self.path, tree, attributes, stored.attributes)


def read_config(file: RunFile) -> RunConfig:
    """The configuration stored in a run file."""
    try:
        return from_mapping(RunConfig, tomllib.loads(file.config))
    except (UsageError, ValueError) as error:
        raise BadFileError(
            f"{file.name}: config: {error}; was it written by this program?"
        ) from None


def restore(trainer: Trainer, file: RunFile) -> None:
    """Bring a fresh trainer to where the file's run stood."""
    try:
        trainer.learner.restore(file)
    except (UsageError, KeyError) as error:
        raise BadFileError(f"{file.name}: does not fit its own configuration: {error}") from None
    trainer.iteration = file.iteration
    for name in file.metrics():
        trainer.metrics.restore(name, *file.series(f"metrics/{name}"))
    if file.has("rewiring"):
        for name in file.tree("rewiring"):
            trainer.metrics.restore(f"rewiring/{name}", *file.series(f"rewiring/{name}"))


def _series_tree(trainer: Trainer) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    rewiring: dict[str, Any] = {}
    for name, steps in trainer.metrics.steps.items():
        split, _, key = name.partition("/")
        home = rewiring if split == "rewiring" else metrics.setdefault(split, {})
        values = np.array(trainer.metrics.values[name])
        home[key] = {"step": np.array(steps, np.int64), "value": values}
    return {"metrics": metrics, **({"rewiring": rewiring} if rewiring else {})}


def _machine() -> dict[str, Any]:
    packages = {name: version(name) for name in ("numpy", "scipy", "numba", "h5py")}
    return {
        "python": platform.python_version(),
        **packages,
        "machine": platform.machine(),
        "system": platform.system(),
        "processors": os.cpu_count(),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

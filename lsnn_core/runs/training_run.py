"""A training run and its file: start, checkpoint, resume, finish.

Between two iterations a run is its weights, its moments and its iteration number; all randomness
follows from the seed and the iteration. So one HDF5 file, replaced whole at each checkpoint, is all
that a resumed run needs to end in the same bits.
"""

from __future__ import annotations

import json
import os
import pathlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from .. import lookover
from ..config.tables import RunConfig, to_toml
from ..errors import BatchError, LsnnError, UsageError
from ..files import (
    NotWritten,
    Tree,
    check_output,
    read_run,
    run_attributes,
    write_tree,
)
from ..files.extras import NONE as NO_EXTRAS
from ..files.extras import merged, paths, read_extras
from ..files.rescue import rescue, whereabouts
from ..files.writer import file_image
from ..kernels.jit import source_hash
from ..learning.bad_batch import batch_tree
from ..learning.learner import LearnerState
from ..learning.trainer import Trainer
from ..ranks.exchange import current
from ..simulation.storage import read_config
from ..task.checks import check_recording, held_out_batches, rehearse
from ..task.protocol import Batch, InteractiveTask
from ..text import printable
from ..version import __version__
from . import continuing, provenance
from .metrics_file import beside
from .restore import restored_trainer
from .signals import InterruptFlag
from .stopwatch import Stopwatch
from .warmup import compiling_beside


class TrainingRun:
    """A trainer and the file it lives in.

    Of ranks that train together each has one, and the first alone writes.

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
    spent
        Time already spent on training and its evaluations; none if not given.
    history
        What changed under the run at each resume, see `provenance.changes`; kept in the file.

    Attributes
    ----------
    note
        One line for people if this resume goes on with something else than the file was made with.
    about_length
        One line on what it means that this resume trains longer or shorter.
    status
        What the file says; empty as long as there is none of this run.
    """

    def __init__(
        self,
        trainer: Trainer,
        path: str | os.PathLike[str],
        created: str = "",
        command: str = "",
        spent: Stopwatch | None = None,
        history: Sequence[Any] = (),
    ) -> None:
        self.trainer, self.path = trainer, path
        self.created, self.command, self.spent = created or _now(), command, spent or Stopwatch()
        self.history, self.note, self.about_length = list(history), "", ""
        self.examples: Tree = {}
        self.extras, self.to_learn, self.status = NO_EXTRAS, True, ""
        self._saved, self._ranks = time.monotonic(), current()
        trainer.keep = self._keep_batch

    @classmethod
    def resume(
        cls, path: str | os.PathLike[str], to_learn: bool = True, overrides: Sequence[str] = ()
    ) -> TrainingRun:
        """Go on from a run file, with `overrides` of what may change (`continuing.changed`).

        To evaluate (`to_learn` False) the weights are enough: what the optimiser would need is
        written again as it is, or not at all if the file has none.
        """
        with read_run(path) as file:
            trainer = restored_trainer(file, to_learn, overrides)
            try:
                known = {**provenance.known(file), "spent": Stopwatch.of(file)}
                run = cls(trainer, path, **known)
                run.to_learn, run.status = to_learn, file.status
                if to_learn:
                    provenance.require_same_data(file, trainer.task)
                kernels = file.attributes.get("kernel_sha256")
                run._compare({**file.environment, "kernel_sha256": kernels})
                run._note_changes(read_config(file))
                run.extras = read_extras(file, paths(run._tree(trainer.learner.stored())))
            except BaseException:
                trainer.close()
                raise
        lookover.stop()
        return run

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: all iterations, and the test after them."""
        return self.trainer.done and self.status == "complete"

    def run(self, on_iteration: Callable[[Trainer], None] = lambda trainer: None) -> str:
        """Train to the end, checkpointing; returns the status the file was left with.

        A signal ends the run after its iteration, or between two batches of an evaluation, and a
        checkpoint ("interrupted"). A numerical failure leaves the last good checkpoint as it is
        and raises. What a task does wrong (such as a metric with an odd name) raises, too, once
        the iterations done are saved. The caller holds the file's `RunLock`, and has held it since
        before the file was read. A checkpoint that cannot be written ends the run: it is kept
        elsewhere, and the error says where.
        """
        self._ranks.first(lambda: check_output(self.path, overwrite=True))
        standing = provenance.standing(self.trainer.config, self.trainer.iteration)
        self._ranks.require_same(standing)
        self._rehearse()
        started = self.trainer.iteration
        self.spent.start()
        fresh = not self.status
        if fresh:
            self.save("running")  # so that it can be watched, and resumed, from the start
        try:
            with compiling_beside(self.trainer.learner), InterruptFlag() as interrupted:
                return self._run(on_iteration, interrupted)
        except LsnnError as error:
            if fresh and self.trainer.iteration == 0:
                if self._ranks.rank == 0:
                    os.unlink(os.path.realpath(self.path))  # it says no more than the recipe does
            elif isinstance(error, UsageError) and self.trainer.iteration > started:
                self._checkpoint("interrupted")
            raise
        finally:
            self.trainer.close()

    def _run(self, on_iteration: Callable[[Trainer], None], flag: InterruptFlag) -> str:
        t = self.trainer.config.training

        def interrupted() -> bool:
            return self._ranks.any(bool(flag))

        def after(trainer: Trainer) -> bool:
            on_iteration(trainer)
            due = trainer.iteration % t.checkpoint_every == 0 or self._stale()
            goes_on = not interrupted()
            if due and not trainer.done and goes_on:
                self._checkpoint("running")
            return goes_on

        def before_validation(trainer: Trainer) -> None:
            if trainer.done or self._stale():
                self._checkpoint("running")

        self.trainer.fit(after, interrupted, before_validation)
        stopped = not self.trainer.done or (self.trainer.owes_validation and interrupted())
        if stopped or not self.finish(interrupted):
            self._checkpoint("interrupted")
        return self.status

    def _checkpoint(self, status: str) -> None:
        self.spent.lap()
        self.save(status)

    def _stale(self) -> bool:
        minutes = self.trainer.config.training.checkpoint_minutes
        return self._ranks.any(time.monotonic() - self._saved > 60 * minutes)

    def _rehearse(self) -> None:
        """Refuse at the start what a task would be refused for after a long training."""
        task, learner = self.trainer.task, self.trainer.learner
        if isinstance(task, InteractiveTask):  # it would cost as much as a training batch
            return
        for split in ("validation", "test"):
            rehearse(task, next(held_out_batches(task, split, learner.held_out(split, 0))))
        _, about = check_recording(task, task.recordings(self.trainer.config.seed))
        file_image({"recordings": {"example": about}}, {}, {})

    def finish(self, interrupted: Callable[[], bool]) -> bool:
        """Test, record an example for the figures, and write the complete file.

        Returns False if a signal came between two batches of the test; nothing is recorded then.
        """
        self._checkpoint("running")  # all but the test, which may take long
        if not self.trainer.evaluate("test", interrupted) and interrupted():
            return False
        self.examples = self.trainer.learner.record(self.trainer.config.seed)
        self.save("complete")
        return True

    def save(self, status: str) -> None:
        """Replace the file by one that holds the run as it is now.

        Raises
        ------
        NotWritten
            That failed. What would be lost is then in another file, which the message names.
        """
        try:
            if self._ranks.rank == 0:
                self._write(self.path, status)
            self.status, self._saved = status, time.monotonic()
        except NotWritten as error:
            last = "interrupted" if status == "running" else status
            kept = rescue(pathlib.Path(self.path), lambda path: self._write(path, last))
            raise NotWritten(f"{error}; {whereabouts(kept, last == 'complete')}") from error

    def _keep_batch(self, batch: Batch, error: BatchError) -> str:
        """Write a run file of this moment with the batch in it; returns where, in words.

        Of ranks that train together the first does it for all.
        """
        return self._ranks.first(lambda: self._kept(batch, error))

    def _kept(self, batch: Batch, error: BatchError) -> str:
        path = beside(self.path, ".nan.h5")
        try:
            group = batch_tree(self.trainer.task, batch)
            self._write(path, "failed", {"recordings": {"bad_batch": {**group, "why": str(error)}}})
        except (LsnnError, OSError) as problem:
            return f"the batch could not be kept: {problem}"
        return (
            f"the batch, and the network that met it, are in {printable(path)}: `lsnn inspect`, "
            "LSNN.from_run and lsnn_core.learning.bad_batch open it"
        )

    def _compare(self, before: dict[str, Any]) -> None:
        """Note what is not as it was when the file was written."""
        changed = provenance.changes(before)
        if changed:
            step = {"iteration": self.trainer.iteration, "resumed_utc": _now(), "changed": changed}
            self.history.append(step)
            self.note = (
                f"{printable(self.path)}: written with {printable(provenance.in_words(changed))}; "
                "from here its bits may differ from those of an uninterrupted run"
            )

    def _note_changes(self, before: RunConfig) -> None:
        """Note what `resume` was told to change."""
        config, iteration = self.trainer.config, self.trainer.iteration
        if changes := continuing.differences(before, config):
            step = {"iteration": iteration, "resumed_utc": _now(), "set": changes}
            self.history.append(step)
            self.about_length = continuing.about_length(before, config, iteration)

    def _write(
        self, path: str | os.PathLike[str], status: str, examples: Tree | None = None
    ) -> None:
        config = to_toml(self.trainer.config)
        attributes = run_attributes(
            status=status,
            iteration=self.trainer.iteration,
            config=config,
            code_version=__version__,
            kernel_sha256=source_hash(),
        )
        attributes.update(self.extras.attributes.get("", {}))
        others = {path: own for path, own in self.extras.attributes.items() if path}
        stored = self.trainer.learner.stored()
        tree = merged(self.extras.tree, self._tree(stored) | (examples or self.examples))
        write_tree(path, tree, attributes, {**others, **stored.attributes})

    def _tree(self, stored: LearnerState) -> dict[str, Any]:
        """Everything of the run that its file holds."""
        environment = {
            **provenance.environment(),
            **provenance.data(self.trainer.task),
            "created_utc": self.created,
            "written_utc": _now(),
            "command": self.command,
            **self.spent.told(),
            **({"history": self.history} if self.history else {}),
        }
        learnt = {k: v for k, v in stored.tree.items() if k != "resume" or self.to_learn}
        return {
            "config": to_toml(self.trainer.config),
            "environment": json.dumps(environment, sort_keys=True),
            "seeds": json.dumps({"seed": self.trainer.config.seed}),
            **learnt,
            **self.trainer.metrics.tree(),
        }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

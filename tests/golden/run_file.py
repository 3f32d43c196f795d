"""A run file of each schema version that there has been, as the program of its time wrote it.

A new version of the schema gets a file of its own, by ``python -m tests.golden.run_file``; those of
older versions are never written again: they are what people have on their disks.
"""

from __future__ import annotations

import gzip
import os
import pathlib
import signal
import tempfile

from lsnn_core.config.recipes import configure
from lsnn_core.files.schema import SCHEMA_VERSION
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun

HOME = pathlib.Path(__file__).parent
STOPPED_AT = 2
OVERRIDES = [
    "seed=1",
    "task.n_symbols=4",
    "task.symbol_ms=20",
    "task.group_size=2",
    "task.expected_delay=1",
    "network.n_regular=3",
    "network.n_adaptive=2",
    "network.connectivity=0.5",
    "network.tau_a_ms=80",
    "rewiring.policy=deep-r",
    "training.batch=4",
    "training.iterations=4",
    "training.average=0.5",
    "training.validate_every=2",
    "training.threads=1",
]


def stored(version: int) -> pathlib.Path:
    """Where the file of a schema version is, packed."""
    return HOME / f"run_schema_{version}.h5.gz"


def unpacked(version: int, folder: pathlib.Path) -> pathlib.Path:
    """Put the file of a schema version into a folder."""
    path = folder / f"schema-{version}.h5"
    path.write_bytes(gzip.decompress(stored(version).read_bytes()))
    return path


def main() -> None:
    """Write the file of this version: a run that was stopped after two iterations of four."""

    def stop(trainer: Trainer) -> None:
        if trainer.iteration == STOPPED_AT:
            os.kill(os.getpid(), signal.SIGTERM)

    config = configure("store-recall", OVERRIDES)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "run.h5"
        TrainingRun(Trainer(config, make_task(config)), path, command="lsnn train").run(stop)
        packed = gzip.compress(path.read_bytes(), 9, mtime=0)
    with open(stored(SCHEMA_VERSION), "xb") as file:
        file.write(packed)


if __name__ == "__main__":
    main()

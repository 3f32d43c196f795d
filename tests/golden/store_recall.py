"""Ten training losses of a tiny store-recall run, kept as text.

After a change that is meant to change the numbers, write them anew with
``python -m tests.golden.store_recall`` and say in the commit why they changed.
"""

from __future__ import annotations

import pathlib
import platform

import numba
import numpy as np

from lsnn_core import __version__
from lsnn_core.config.recipes import configure
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer

FILE = pathlib.Path(__file__).with_suffix(".txt")
STEPS = 10
OVERRIDES = [
    "seed=1",
    "task.n_symbols=5",
    "task.symbol_ms=20",
    "task.group_size=10",
    "task.expected_delay=2",
    "network.n_regular=6",
    "network.n_adaptive=6",
    "network.tau_a_ms=100",
    "training.batch=17",
    "training.dtype=float64",
    "training.threads=1",
]


def losses() -> list[float]:
    """Losses of the first steps, as they are now."""
    config = configure("store-recall", OVERRIDES)
    trainer = Trainer(config, make_task(config))
    for _ in range(STEPS):
        trainer.step()
    return trainer.metrics.values["train/loss"]


def stored_losses() -> list[float]:
    """Losses of the first steps, as they once were."""
    lines = FILE.read_text().splitlines()
    return [float(line) for line in lines if not line.startswith("#")]


def main() -> None:
    """Write the file anew."""
    versions = f"lsnn {__version__}, numpy {np.__version__}, numba {numba.__version__}"
    head = [
        "# training losses of the first ten iterations; see store_recall.py beside this file",
        f"# lsnn train store-recall {' '.join(f'--set {pair}' for pair in OVERRIDES)}",
        f"# {versions}, {platform.machine()}",
    ]
    FILE.write_text("\n".join([*head, *(repr(float(loss)) for loss in losses())]) + "\n")


if __name__ == "__main__":
    main()

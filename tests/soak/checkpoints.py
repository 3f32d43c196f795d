"""Memory and file over thousands of checkpoints of one run: neither may grow without a reason.

    python -m tests.soak.checkpoints --count 2000 --plot OUT.png

A tiny run writes a checkpoint after each iteration. Resident memory and the size of the file are
taken after each; memory must stay, and the file may grow by what its curves of metrics take.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from lsnn_core.memory import resident_bytes
from tests.helpers.training_runs import new_run

MIB = 2**20


class Course(NamedTuple):
    """What was seen after each checkpoint, in bytes, and how many numbers a checkpoint adds."""

    memory: list[int]
    file: list[int]
    series: int


def course(count: int, folder: Path) -> Course:
    """Train and write `count` times."""
    run = new_run(folder / "run.h5")
    memory, file = [], []
    for _ in range(count):
        run.trainer.step()
        run.save("running")
        memory.append(resident_bytes())
        file.append(os.path.getsize(run.path))
    run.trainer.close()
    return Course(memory, file, len(run.trainer.metrics.values))


def in_words(seen: Course) -> str:
    """What came out, for people."""
    settled = len(seen.memory) // 10
    return (
        f"{len(seen.memory)} checkpoints: resident memory {seen.memory[0] / MIB:.1f} MiB after the "
        f"first, {seen.memory[settled] / MIB:.1f} MiB after {settled + 1}, "
        f"{seen.memory[-1] / MIB:.1f} MiB after the last (highest {max(seen.memory) / MIB:.1f}); "
        f"file {seen.file[0] / 1024:.1f} to {seen.file[-1] / 1024:.1f} kiB, "
        f"{(seen.file[-1] - seen.file[settled]) / (len(seen.file) - 1 - settled):.1f} bytes a "
        f"checkpoint for the next values of {seen.series} series"
    )


def plot(seen: Course, path: Path) -> None:
    """Draw both over the checkpoints."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.2), layout="constrained")
    number = range(1, len(seen.memory) + 1)
    for ax, values, unit, name in (
        (axes[0], seen.memory, MIB, "resident memory (MiB)"),
        (axes[1], seen.file, 1024, "run file (kiB)"),
    ):
        ax.plot(number, [value / unit for value in values], lw=0.8, color="k")
        ax.set(xlabel="checkpoints", ylabel=name, ylim=(0, 1.15 * max(values) / unit))
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, dpi=110, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--plot", type=Path, metavar="OUT.png")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = course(args.count, Path(folder))
    print(in_words(seen))
    if args.plot:
        plot(seen, args.plot)


if __name__ == "__main__":
    main()

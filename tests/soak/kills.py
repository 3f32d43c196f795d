"""Kill one run again and again, at random moments: it ends in the bits of one left alone.

    python -m tests.soak.kills --count 100 [--seed 0]

A run that writes a checkpoint at every iteration is trained by `lsnn train` and `lsnn resume`, in
processes forked from this one (so that imports are paid once), each of which SIGKILL ends after a
random time. After each kill the file must be whole and no iteration lost that it had; when the run
gets to its end before its kill, the file must equal that of an undisturbed run, and another begins.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from lsnn_core.cli import main as program
from lsnn_core.errors import BadFileError
from lsnn_core.files import read_run
from tests.helpers.program import results, train

ITERATIONS = 40
PATIENCE = 1.2  # times as long as the undisturbed run took: the latest moment of a kill


def forked(arguments: list[str], after_s: float | None = None) -> int:
    """Run the program in a process of its own, killed after a time; how it ended, -9 if so."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            os._exit(program(arguments))
        os._exit(70)
    deadline = None if after_s is None else time.monotonic() + after_s
    while True:
        done, status = os.waitpid(child, 0 if deadline is None else os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if deadline is not None and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = None
        time.sleep(0.001)


def reached(path: Path) -> int:
    """How far a file says that its run is, all of it read; -1 if there is none."""
    if not path.exists():
        return -1
    with read_run(path) as run:
        run.tree()
        return run.iteration


def soak(count: int, seed: int, folder: Path) -> tuple[list[str], Counter[str]]:
    """Kill `count` times; return what went wrong, and how processes ended."""
    draw, wrong, ends = random.Random(seed), [], Counter[str]()
    whole, path = folder / "whole.h5", folder / "run.h5"
    every = {"training__iterations": ITERATIONS, "training__checkpoint_every": 1}
    every |= {"training__validate_every": ITERATIONS, "training__batch": 64}
    begun = time.monotonic()
    if forked(train(whole, **every)) != 0:
        return ["the undisturbed run failed"], ends
    latest = PATIENCE * (time.monotonic() - begun)
    expected, before = results(whole), -1
    last = False
    while not last:
        command = train(path, **every) if before < 0 else ["resume", str(path)]
        last = ends["killed"] >= count
        code = forked(command, None if last else draw.uniform(0.0, latest))
        try:
            now = reached(path)
        except BadFileError as error:
            return [*wrong, f"after kill {ends['killed']}: {error}"], ends
        if now < before:
            wrong.append(f"after kill {ends['killed']}: at {now}, was at {before}")
        before = now
        if code == -signal.SIGKILL:
            ends["killed"] += 1
            ends["with a half-written file beside it"] += any(folder.glob("run.h5.tmp.*"))
            if ends["killed"] % 10 == 0:
                print(f"{ends['killed']} kills, the run is at {now}", file=sys.stderr, flush=True)
        elif code == 0:
            ends["ended"] += 1
            if results(path) != expected:
                wrong.append(f"after kill {ends['killed']}: other bits at the end")
            path.unlink()
            before = -1
        else:
            wrong.append(f"after kill {ends['killed']}: code {code}")
            break
    left = sorted(file.name for file in folder.iterdir() if file.name.startswith("run.h5"))
    if left:
        wrong.append(f"left behind: {left}")
    return wrong, ends


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong, ends = soak(args.count, args.seed, Path(folder))
    print(f"{dict(ends)}, {len(wrong)} wrong", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

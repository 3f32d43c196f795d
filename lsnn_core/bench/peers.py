"""Other frameworks on the same inputs, taking turns with us: A B A B in one run.

A peer is an optional extra, never a dependency: it runs in an interpreter of its own, and without
one the report says what is missing. Peers know neither delays nor sparse lists, so W1p is compared
with the same network without delays and fully connected, W1d, which is what they would run.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ..errors import UsageError
from ..text import hint, show
from .child import Child
from .measure import TURN_S, Options, start_ours, write_problem
from .workloads import W1D, Workload

MODULES = {
    "jax": ("jax", "lsnn_core.bench.peer_jax"),
    "jax-autodiff": ("jax", "lsnn_core.bench.peer_jax_autodiff"),
}
SAME_LOSS = 1e-3  # relative: float32 spikes may differ near a threshold


@dataclass(frozen=True)
class Ratio:
    """A peer beside us on one problem.

    Parameters
    ----------
    peer, workload, batch, passes
        What was compared.
    ours_s, peer_s
        Median seconds of the runs, taken in turns.
    ratio
        Median of the ratios turn by turn: how many times the peer's time is ours.
    same_loss
        Whether both found the same loss; None where the networks differ (W1p).
    """

    peer: str
    workload: str
    batch: int
    passes: str
    ours_s: float
    peer_s: float
    ratio: float
    same_loss: bool | None


def interpreters(given: list[str]) -> dict[str, str]:
    """Peers that can be run, name -> interpreter: as given, or our own if it has the package."""
    found = {
        name: sys.executable
        for name, (package, _) in MODULES.items()
        if importlib.util.find_spec(package) is not None
    }
    for entry in given:
        name, equals, path = entry.partition("=")
        if not equals or name not in MODULES:
            expected = f"expected NAME=PYTHON; {hint(name, MODULES)}"
            raise UsageError(f"--peer-python {show(entry)}: {expected}")
        found[name] = path
    return found


def missing(found: Mapping[str, str]) -> list[str]:
    """One line for each peer that cannot be run."""
    return [
        f"{name}: {package} is not installed; --peer-python {name}=PYTHON names where it is"
        for name, (package, _) in MODULES.items()
        if name not in found
    ]


def ratios(
    load: Workload, batch: int, folder: str, options: Options, found: Mapping[str, str]
) -> Iterator[Ratio]:
    """Compare a workload with every peer that can be run."""
    ours = theirs = write_problem(load, batch, folder)
    if load.n_delays > 1:
        theirs = write_problem(W1D, batch, folder)
    for peer, python in found.items():
        for passes in load.passes:
            yield compare(peer, python, passes, ours, theirs, (load.name, batch), options)


def compare(
    peer: str,
    python: str,
    passes: str,
    ours: str,
    theirs: str,
    label: tuple[str, int],
    options: Options,
) -> Ratio:
    """Run both in turns; `ours` and `theirs` are problem files, the same one where possible."""
    with start_ours(ours, options) as we, _start(peer, python, theirs, options) as they:
        losses = we.ask(passes)["loss"], they.ask(passes)["loss"]
        pairs = []
        for _ in range(options.repeats):
            pairs.append([median(c.ask(passes, TURN_S)["seconds"]) for c in (we, they)])
    ratio = median(b / a for a, b in pairs)
    same = abs(losses[0] - losses[1]) <= SAME_LOSS * abs(losses[0]) if ours == theirs else None
    ours_s, peer_s = (median(column) for column in zip(*pairs, strict=True))
    return Ratio(peer, *label, passes, ours_s, peer_s, ratio, same)


def _start(peer: str, python: str, problem: str, options: Options) -> Child:
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [python, "-m", MODULES[peer][1], problem, options.dtype]
    return Child(peer, command, options.threads, {"PYTHONPATH": path})

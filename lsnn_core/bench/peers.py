"""Other frameworks on the same inputs, taking turns with us: A B A B in one run.

A peer is an optional extra, never a dependency: it runs in an interpreter of its own, and without
one the report says what is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from ..errors import UsageError
from ..python_process import SAFE_PATH, foreign_module
from ..text import hint, show
from .child import Child, ChildError
from .measure import BUDGET_S, TURN_S, Options, start_ours, write_problem
from .rate_problem import RateWorkload
from .workloads import AnyWorkload

TURN_RUNS = 3  # the first finds the other's data in the caches; the median does not count it
CLOSE = {"loss": 1e-4, "spikes": 1e-2}  # relative; sums in another order flip a spike now and then
RECORD_ARRAYS, RECORD_GB = 10, 12.0  # (T, B, N) arrays that a peer keeps, and what they may take


@dataclass(frozen=True)
class Peer:
    """A framework's way to compute the same thing, in `bench/frameworks/peer_...`.

    Parameters
    ----------
    package
        What its interpreter must have.
    compared
        What it must have in common with us: its "loss", its "spikes", or "" if its equations are
        others.
    passes
        What it can do.
    delays
        Whether it knows delays; if not, it runs the same weights with delays of one step.
    most_neurons
        Above, it would take minutes: it works with a dense matrix, or with padded lists.
    one_example
        Whether it takes a batch of one only.
    lstm
        Whether it is an LSTM, and no network of spiking neurons.
    """

    package: str
    compared: str = "loss"
    passes: tuple[str, ...] = ("forward", "gradient")
    delays: bool = False
    most_neurons: int = 4_000
    one_example: bool = False
    lstm: bool = False

    def refusal(self, load: AnyWorkload, batch: int, passes: str) -> str:
        """Why it cannot run this; empty if it can."""
        record_gb = RECORD_ARRAYS * 4e-9 * load.n_steps * batch * load.n
        if passes not in self.passes:
            return "has no gradient"
        if self.one_example and batch > 1:
            return "runs one example at a time"
        if load.n > self.most_neurons:
            return f"is not made for more than {self.most_neurons:,} neurons"
        if record_gb > RECORD_GB and self.passes != ("forward",):
            return f"would keep {record_gb:.0f} GB"
        return ""


PEERS = {
    "jax": Peer("jax", most_neurons=10_000),
    "jax-autodiff": Peer("jax"),
    "torch": Peer("torch"),
    "tensorflow": Peer("tensorflow"),
    "norse": Peer("norse", compared=""),
    "brian2": Peer(
        "brian2", compared="spikes", passes=("forward",), delays=True, most_neurons=10_000,
        one_example=True,
    ),
    "jax-lstm": Peer("jax", passes=("training",), lstm=True),
    "torch-lstm": Peer("torch", passes=("training",), lstm=True),
}  # fmt: skip


@dataclass(frozen=True)
class Ratio:
    """A peer beside us on one problem.

    Parameters
    ----------
    peer, version, workload, batch, passes
        What was compared.
    ours_s, peer_s
        Median seconds of the runs, taken in turns.
    ratio, least_ratio, most_ratio
        Median, minimum and maximum over the turns of: the peer's time divided by ours.
    peer_peak_mb
        The most memory that the peer's process held, in MB.
    compared
        What both have in common, see `Peer`.
    difference
        Its relative difference; None if nothing is compared.
    gradient_difference
        The largest relative difference of the norms of dL/dW_in, dL/dW_rec and dL/dW_out, and of
        an LSTM's biases; None without a gradient. Of iterations, the first one's.
    same_network
        False if the peer had to do with delays of one step. Then `difference` is to ours on that
        network, while our time is that of the network with its delays.
    """

    peer: str
    version: str
    workload: str
    batch: int
    passes: str
    ours_s: float
    peer_s: float
    ratio: float
    least_ratio: float
    most_ratio: float
    peer_peak_mb: float
    compared: str
    difference: float | None
    gradient_difference: float | None
    same_network: bool

    @property
    def agrees(self) -> bool:
        """Whether what is compared is the same up to rounding."""
        return self.difference is None or self.difference <= CLOSE[self.compared]


def interpreters(given: Sequence[str]) -> dict[str, str]:
    """Peers that can be run, name -> interpreter: as given, or our own if it has the package.

    Parameters
    ----------
    given
        NAME=PYTHON, NAME a peer's or its package's.
    """
    packages = {peer.package for peer in PEERS.values()}
    chosen = {}
    for entry in given:
        name, equals, path = entry.partition("=")
        if not equals or name not in {*PEERS, *packages}:
            expected = f"expected NAME=PYTHON; {hint(name, PEERS)}"
            raise UsageError(f"--peer-python {show(entry)}: {expected}")
        chosen[name] = path
    pythons = {}
    for name, peer in PEERS.items():
        python = chosen.get(name, chosen.get(peer.package, sys.executable))
        if _has(python, peer.package):
            pythons[name] = python
    return pythons


def missing(pythons: Mapping[str, str]) -> list[str]:
    """One line for each peer that cannot be run."""
    return [
        f"{name}: {peer.package} is not installed; --peer-python {name}=PYTHON names where it is"
        for name, peer in PEERS.items()
        if name not in pythons
    ]


def _has(python: str, package: str) -> bool:
    """Whether an interpreter has a package; nothing of it is imported."""
    code = f"import importlib.util; sys.exit(importlib.util.find_spec({package!r}) is None)"
    try:
        return subprocess.run([python, "-c", SAFE_PATH + code], check=False).returncode == 0
    except OSError as error:
        raise UsageError(
            f"--peer-python: {show(python)} cannot be run ({error.strerror}); name an interpreter"
        ) from None


def ratios(
    load: AnyWorkload, batch: int, folder: str, options: Options, pythons: Mapping[str, str]
) -> Iterator[Ratio | str]:
    """Compare a workload with every peer that can be run, or say why one cannot or did not."""
    ours = write_problem(load, batch, folder)
    plain = ours
    lstm = isinstance(load, RateWorkload)
    pythons = {name: python for name, python in pythons.items() if PEERS[name].lstm == lstm}
    if not isinstance(load, RateWorkload) and load.n_delays > 1:
        plain = write_problem(replace(load, name=f"{load.name}-plain", n_delays=1), batch, folder)
    for passes in load.passes:
        wanted: dict[str, dict[str, Any]] = {}  # what the peers should find, by problem
        for name, python in pythons.items():
            refusal = PEERS[name].refusal(load, batch, passes)
            if refusal:
                yield f"{load.name}, batch {batch}, {passes}: {name} {refusal}"
                continue
            theirs = ours if PEERS[name].delays else plain
            if theirs not in wanted:
                wanted[theirs] = _answer(load, theirs, passes, options)
            facts = {"workload": load.name, "batch": batch, "same_network": theirs == ours}
            try:
                with ExitStack() as stack:
                    we = stack.enter_context(start_ours(load, ours, options))
                    they = stack.enter_context(_start(name, python, theirs, folder, options))
                    ratio = _compare(name, we, they, passes, wanted[theirs], options, facts)
            except ChildError as error:
                if error.name != name:
                    raise
                yield f"{load.name}, batch {batch}, {passes}: {error}"
            else:
                yield ratio


def _answer(load: AnyWorkload, problem: str, passes: str, options: Options) -> dict[str, Any]:
    """Loss, spikes and gradient as we find them."""
    with start_ours(load, problem, options) as child:
        return {**child.ask(passes), **child.ask("about")}


def _compare(
    name: str,
    we: Child,
    they: Child,
    passes: str,
    wanted: dict[str, Any],
    options: Options,
    facts: dict[str, Any],
) -> Ratio:
    """Let both run in turns."""
    we.ask(passes)
    first = they.ask(passes)
    pairs: list[list[float]] = []
    for turn in range(options.repeats):
        answers = (child.ask(passes, TURN_S, TURN_RUNS) for child in (we, they))
        pairs.append([median(answer["seconds"]) for answer in answers])
        if turn >= 2 and sum(map(sum, pairs)) > BUDGET_S:
            break
    memory = they.ask("memory")
    about = they.ask("about") if passes != "forward" else {}
    by_turn = [theirs / ours for ours, theirs in pairs]
    ours_s, peer_s = (median(column) for column in zip(*pairs, strict=True))
    compared = PEERS[name].compared
    return Ratio(
        peer=name, version=str(they.ready.get("version", "")), passes=passes,
        ours_s=ours_s, peer_s=peer_s, ratio=median(by_turn),
        least_ratio=min(by_turn), most_ratio=max(by_turn), peer_peak_mb=memory["peak_mb"],
        compared=compared,
        difference=_relative(first[compared], wanted[compared]) if compared else None,
        gradient_difference=_gradient_difference(about, wanted), **facts,
    )  # fmt: skip


def _gradient_difference(theirs: dict[str, Any], wanted: dict[str, Any]) -> float | None:
    norms = theirs.get("gradient")
    if not norms:
        return None
    return max(_relative(norms[name], norm) for name, norm in wanted["gradient"].items())


def _relative(theirs: float, wanted: float) -> float:
    return abs(theirs - wanted) / max(abs(wanted), 1e-30)


def peer_module(name: str) -> str:
    """Return the module that another interpreter runs for the peer `name`."""
    return f"{__package__}.frameworks.peer_{name.replace('-', '_')}"


def _start(name: str, python: str, problem: str, folder: str, options: Options) -> Child:
    """Start a peer. It shall see this package, but not the other ones beside it."""
    seen = Path(folder) / "seen"
    if not seen.exists():
        seen.mkdir()
        os.symlink(Path(__file__).parents[1], seen / __package__.partition(".")[0])
    command = foreign_module(python, peer_module(name), problem, options.dtype)
    return Child(name, command, options.threads, {"PYTHONPATH": str(seen)})

"""The networks that are measured: sizes, and gains at which they fire at 10 to 20 Hz."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import UsageError
from ..text import hint, show
from .rate_problem import RateWorkload

WINDOW = 56  # steps of the prompt at the end, read by the loss (sequential MNIST)


@dataclass(frozen=True)
class Workload:
    """One network with its input.

    Weights are N(0, 1) / sqrt(mean number of connections to a target), times a gain; neurons are
    those of sequential MNIST. Input channels spike at random in each step with probability `p_in`.

    Parameters
    ----------
    name
        As on the command line.
    n_in, n_regular, n_adaptive, n_out
        Sizes.
    n_steps
        T, of 1 ms.
    batches
        Sizes of the batches that are measured.
    passes
        "forward" (the loss alone), "gradient" (forward and backward), or both.
    connectivity, connectivity_rec
        Fraction of the sites of W_in and W_out, and of W_rec, that hold a connection.
    n_delays
        Delays to neurons are uniform over 1..n_delays steps.
    p_in
        Probability that an input channel spikes in a step.
    gain_in, gain_rec
        Of W_in and W_rec, found by trial.
    window
        The loss is the cross-entropy over this many steps at the end, during which only the last
        channel, the prompt, spikes. 0: there is no prompt, and the loss is the squared distance
        to a curve over all steps.
    """

    name: str
    n_in: int
    n_regular: int
    n_adaptive: int
    n_out: int
    n_steps: int
    batches: tuple[int, ...] = (1,)
    passes: tuple[str, ...] = ("gradient",)
    connectivity: float = 1.0
    connectivity_rec: float = 1.0
    n_delays: int = 1
    p_in: float = 0.025
    gain_in: float = 0.3
    gain_rec: float = 0.3
    window: int = WINDOW

    @property
    def n(self) -> int:
        """N, the number of neurons."""
        return self.n_regular + self.n_adaptive


def digits(name: str, n_steps: int = 840, batches: tuple[int, ...] = (1, 16, 64, 256)) -> Workload:
    """The paper's network for sequential MNIST, sparse and with delays, as DEEP R leaves it."""
    return Workload(
        name, 80, 120, 100, 10, n_steps, batches,
        connectivity=0.12, connectivity_rec=0.12, n_delays=10, gain_in=0.4,
    )  # fmt: skip


def dense_digits(connectivity: float = 1.0, gain_in: float = 0.31, name: str = "W1d") -> Workload:
    """The same network without delays, and fully connected unless said otherwise."""
    return replace(
        digits(name), connectivity=connectivity, connectivity_rec=connectivity, n_delays=1,
        gain_in=gain_in,
    )  # fmt: skip


def long_delays(n_delays: int) -> Workload:
    """The same network with delays of up to `n_delays` steps, which outgrow a core's cache."""
    return replace(digits(f"W1p-{n_delays}", batches=(32, 256)), n_delays=n_delays)


def large(n: int, fan_out: int = 100, name: str = "") -> Workload:
    """One network of `n` neurons, half of them adaptive, each connected to `fan_out` on average.

    All of the 100 inputs reach all neurons, and all neurons all of the 10 outputs.
    """
    return Workload(
        name or f"W3-{n}", 100, n // 2, n - n // 2, 10, 1000,
        passes=("forward", "gradient"), connectivity_rec=min(fan_out / (n - 1), 1.0),
    )  # fmt: skip


W1P = digits("W1p")
W1P_LONG = long_delays(150), long_delays(400)
W1D = dense_digits()
W2 = Workload("W2", 300, 180, 120, 1, 10_000, (10,), p_in=0.02, gain_in=0.38, window=0)
W3 = tuple(large(n) for n in (1_000, 4_000, 10_000, 100_000))
W4 = digits("W4", 100_000, (16,))

L128 = RateWorkload("L128")

AnyWorkload = Workload | RateWorkload
_ALL: tuple[AnyWorkload, ...] = (W1P, *W1P_LONG, W1D, W2, *W3, W4, L128)
WORKLOADS = {workload.name: workload for workload in _ALL}


def choose(names: list[str]) -> list[AnyWorkload]:
    """The workloads of these names, "W3" meaning all four sizes; all if there is no name."""
    groups: dict[str, tuple[AnyWorkload, ...]]
    groups = {**{name: (workload,) for name, workload in WORKLOADS.items()}, "W3": W3}
    for name in names:
        if name not in groups:
            raise UsageError(f"workload {show(name)} does not exist; {hint(name, groups)}")
    chosen = [workload for name in names or WORKLOADS for workload in groups[name]]
    return list(dict.fromkeys(chosen))

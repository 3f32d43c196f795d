"""What training records over its iterations, and which panels show it: one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..colours import PALETTE
from .run import Run


@dataclass(frozen=True)
class Quantity:
    """One curve of a panel: where it is stored, and how it looks."""

    dataset: str
    name: str
    colour: str
    linestyle: Literal["-", "--", ":", ""] = "-"
    marker: str = ""
    smooth: bool = True


@dataclass(frozen=True)
class Panel:
    """One panel of curves.

    Attributes
    ----------
    title
        Label of the axis, with the unit shown.
    quantities
        Its curves; a run need not have all of them.
    scale
        What turns the stored unit into the one shown.
    bottom, top
        Limits of the axis; None follows the data.
    legend_above
        Whether its names are short enough for a row above the curves, which nothing can cross.
    log
        Whether the axis is logarithmic.
    rate
        Whether the rate that the regulariser pulls to belongs in it.
    required
        Whether a run that has none of the curves is damaged, rather than of another kind.
    """

    title: str
    quantities: tuple[Quantity, ...]
    scale: float = 1.0
    bottom: float | None = None
    top: float | None = None
    legend_above: bool = False
    log: bool = False
    rate: bool = False
    required: Callable[[Run], bool] = lambda run: False


X, R_E, R_I, A, Y = (PALETTE[key] for key in ("X", "R_E", "R_I", "A", "Y"))


def _splits(metric: str) -> tuple[Quantity, ...]:
    """Return a metric on the examples trained on, held out, and held back to the end."""
    return (
        Quantity(f"metrics/train/{metric}", "training", R_E),
        Quantity(f"metrics/validation/{metric}", "validation", R_I, "--", "o", smooth=False),
        Quantity(f"metrics/test/{metric}", "test", A, "", "D", smooth=False),
    )


def _matrices(name: str, *, smooth: bool = True) -> tuple[Quantity, ...]:
    """Return a quantity of each of the three matrices."""
    return (
        Quantity(f"{name}_W_in", r"$W_\mathrm{in}$", X, "-", smooth=smooth),
        Quantity(f"{name}_W_rec", r"$W_\mathrm{rec}$", R_E, "--", smooth=smooth),
        Quantity(f"{name}_W_out", r"$W_\mathrm{out}$", Y, ":", smooth=smooth),
    )


def _always(run: Run) -> bool:
    return True


def _spikes(run: Run) -> bool:
    return run.setting("network", "model") in (None, "lsnn")


def _rewires(run: Run) -> bool:
    return run.setting("rewiring", "policy") not in (None, "none")


def _percentiles(label: str, name: str, unit: str = "") -> Panel:
    """Return how a constant that neurons learn is spread over them."""
    stored = f"metrics/train/{name}_p"
    curves = (
        Quantity(f"{stored}5{unit}", "5", X, ":", smooth=False),
        Quantity(f"{stored}50{unit}", "50", R_E, "-", smooth=False),
        Quantity(f"{stored}95{unit}", "95 %", X, "--", smooth=False),
    )
    return Panel(label, curves, legend_above=True)


# Every run has a loss, every spiking network rates; a score is the task's own.
PANELS = (
    Panel("loss", _splits("loss"), required=_always),
    Panel("accuracy (%)", _splits("accuracy"), scale=100.0, bottom=-2.0, top=102.0),
    Panel("recall error (%)", _splits("recall_error"), scale=100.0, bottom=0.0),
    Panel(
        "firing rate (Hz)",
        (
            Quantity("metrics/train/rate_R_hz", "R", R_E),
            Quantity("metrics/train/rate_A_hz", "A", A, "--"),
        ),
        bottom=0.0,
        legend_above=True,
        rate=True,
        required=_spikes,
    ),
    Panel(
        "connectivity (%)",
        _matrices("rewiring/connectivity", smooth=False),
        scale=100.0,
        bottom=0.0,
        legend_above=True,
        required=_rewires,
    ),
    _percentiles(r"$\tau_m$ (ms) of neurons", "tau_m", "_ms"),
    _percentiles(r"$\tau_a$ (ms) of neurons", "tau_a", "_ms"),
    _percentiles(r"$\beta$ of neurons", "beta"),
    _percentiles(r"$b^0$ of neurons", "b0"),
    Panel(
        "dropped per iteration",
        (Quantity("rewiring/dropped", "dropped connections", R_E),),
        bottom=0.0,
    ),
)

# What only one run at a time has room for; files of older versions have none of it.
DROPPED = Panel(
    "dropped per iteration", _matrices("rewiring/dropped"), bottom=0.0, legend_above=True
)
GRADIENT_NORMS = Panel(
    "norm of the gradient", _matrices("metrics/train/gradient_norm"), log=True, legend_above=True
)
LEARNING_RATE = Panel(
    "learning rate",
    (Quantity("metrics/train/lr", "learning rate", X, smooth=False),),
    bottom=0.0,
)

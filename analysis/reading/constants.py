"""Constants of the neurons that a run learned, before and after, and on their way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from .populations import neuron_signs
from .run import Run, Series

Array = npt.NDArray[Any]

RECORDS = "lsnn train"
PERCENTS = (5, 50, 95)  # that a run follows
NAMES: Mapping[str, tuple[str, str]] = {
    "tau_m": ("tau_m_ms", r"$\tau_m$ (ms)"),
    "tau_a": ("tau_a_ms", r"$\tau_a$ (ms)"),
    "beta": ("beta", r"$\beta$"),
    "b0": ("b0", r"$b^0$"),
}
"""By the name in ``training.learn``: the dataset, and the label of an axis."""


@dataclass(frozen=True)
class LearnedConstant:
    """One constant of all neurons that have it.

    Attributes
    ----------
    label
        Its symbol and unit.
    before, after
        Values by population, "R" and "A", (neurons,) each; the same neurons in both.
    course
        Its percentiles over iterations, by percent: 5, 50, 95.
    """

    label: str
    before: Mapping[str, Array]
    after: Mapping[str, Array]
    course: Mapping[int, Series]


def learned_constants(run: Run) -> dict[str, LearnedConstant]:
    """Return what a run learned of its neurons' constants, by name.

    Raises
    ------
    BadFileError
        If it learned none.
    """
    learned = [name for name, (stored, _) in NAMES.items() if f"neurons/initial/{stored}" in run]
    if not learned:
        raise BadFileError(
            f"{run.path}: its neurons' constants were not learned; draw a run in which they were,"
            " such as `lsnn train smnist-delays-learned`"
        )
    return {name: _read(run, name) for name in learned}


def _read(run: Run, name: str) -> LearnedConstant:
    stored, label = NAMES[name]
    first, sign = neuron_signs(run)
    before, after = (
        run.array(f"neurons/{place}{stored}", made_by=RECORDS, ndim=1, length=sign.size)
        for place in ("initial/", "")
    )
    for values in (before, after):
        if np.any(values < 0.0) or not np.all(np.isfinite(values)):
            raise BadFileError(f"{run.path}: /neurons/{stored}: expected numbers not below 0")
    parts = {"R": slice(0, first), "A": slice(first, None)}
    if name in ("tau_a", "beta"):
        del parts["R"]  # of no effect there
    parts = {population: part for population, part in parts.items() if before[part].size}
    unit = stored.removeprefix(name)
    return LearnedConstant(
        label,
        {population: before[part] for population, part in parts.items()},
        {population: after[part] for population, part in parts.items()},
        {
            percent: run.series(f"metrics/train/{name}_p{percent}{unit}", made_by=RECORDS)
            for percent in PERCENTS
        },
    )

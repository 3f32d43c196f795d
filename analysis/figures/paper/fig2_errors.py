"""How a network that learns to learn does on new functions: read from its file, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from ...reading.results import RECORDS
from ...reading.run import Run

Array = npt.NDArray[Any]

CODES: Mapping[str, str] = {
    "bernoulli": "Bernoulli input spikes",
    "regular": "regular input spikes",
    "random-phase": "input spikes of random phase",
}
"""What the codes of the inputs are called."""
ABOUT_CODES: Mapping[str, str] = {
    "regular": " (exact patterns: the network does not stand other phases)"
}
HOME, OTHERS = "recordings/l2l/errors", "recordings/l2l/other_codes"


@dataclass(frozen=True)
class Errors:
    """Squared errors on functions never seen before, (functions, examples) each.

    Attributes
    ----------
    backprop
        None for families that are no networks.
    linear_others
        (functions,) means of the linear predictor fitted on all other pairs, out of sample.
    floor
        (examples,) means over functions of a Gaussian process that knows the family.
    other_codes
        (functions,) means of the network with its inputs in other codes, by their names.

    Files of older versions have no `linear_others` and no `floor`.
    """

    lsnn: Array
    linear_all: Array
    linear_preceding: Array
    backprop: Array | None
    linear_others: Array | None
    floor: Array | None
    other_codes: Mapping[str, Array]

    @property
    def linear(self) -> Array:
        """Mean squared error (functions,) of the linear predictor, out of sample if it is known."""
        return self.linear_all.mean(axis=1) if self.linear_others is None else self.linear_others


def code_of(run: Run) -> str:
    """Return the name of the code of a run's inputs; files from before there were others have none.

    Raises
    ------
    BadFileError
        If it is unknown.
    """
    name = run.setting("task", "code")
    if name is None:
        return "bernoulli"
    if not isinstance(name, str) or name not in CODES:
        raise BadFileError(
            f"{run.path}: /config, task.code: expected one of {', '.join(CODES)}, found {name!r}"
        )
    return name


def read_errors(run: Run, of_networks: bool) -> Errors:
    """Read errors on new functions; those of a family `of_networks` are also learned by backprop.

    Raises
    ------
    BadFileError
        If they are there in parts only, or contradict each other.
    """
    target = run.array(f"{HOME}/target", made_by=RECORDS, shape=(None, None))
    count, examples = target.shape

    def array(name: str, *shape: int) -> Array:
        return run.array(f"{HOME}/{name}", made_by=RECORDS, shape=shape)

    def if_there(name: str, length: int) -> Array | None:
        return array(name, length) if f"{HOME}/{name}" in run else None

    has_networks = f"{HOME}/backprop" in run or of_networks
    return Errors(
        lsnn=(array("guess", count, examples).astype(np.float64) - target) ** 2,
        linear_all=array("linear_all", count, examples),
        linear_preceding=array("linear_preceding", count, examples),
        backprop=array("backprop", count, examples) if has_networks else None,
        linear_others=if_there("linear_others", count),
        floor=if_there("gaussian_process", examples),
        other_codes={
            name: run.array(f"{OTHERS}/{name}", made_by=RECORDS, shape=(count,))
            for name in CODES
            if f"{OTHERS}/{name}" in run
        },
    )


def in_words(errors: Errors, trained: int) -> str:
    """Compare the network with the linear predictor, the floor, and itself in other codes.

    Parameters
    ----------
    errors
        On new functions.
    trained
        Examples in an episode of training; 0 if the file does not tell.
    """
    lsnn, linear = errors.lsnn.mean(axis=1), errors.linear
    count, examples = errors.lsnn.shape
    ratio = lsnn.mean() / linear.mean() if linear.mean() > 0 else np.nan
    where = " (in sample)" if errors.linear_others is None else ""
    parts = [
        f"On {count} new functions of {examples} examples: LSNN {lsnn.mean():.2g}, linear"
        f" {linear.mean():.2g}{where}, ratio {ratio:.2f}, better on"
        f" {int((lsnn < linear).sum())} of {count}"
    ]
    if errors.floor is not None:
        first = f" ({errors.floor[:trained].mean():.2g} over {trained})" if trained else ""
        parts.append(f"floor {errors.floor.mean():.2g}{first}")
    for name, error in errors.other_codes.items():
        parts.append(f"LSNN shown {CODES[name]} {error.mean():.2g}")
    return "; ".join(parts) + "."

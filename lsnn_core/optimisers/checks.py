"""What no step may be taken with: gradients and weights that are no numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import NumericalError, UsageError
from ..given import number

Floats = npt.NDArray[np.floating[Any]]


def check_gradient(d_weight: Floats, count: int, lr: float, iteration: int) -> None:
    """Refuse a gradient that is not finite or not one of `count` connections, before any change."""
    if d_weight.shape != (count,):
        raise UsageError(f"d_weight: expected {count} entries, found shape {d_weight.shape}")
    number("lr", lr, "a number >= 0")
    if not np.isfinite(d_weight).all():
        wrong = int(np.argmin(np.isfinite(d_weight)))
        raise NumericalError(
            f"iteration {iteration}: the gradient of connection {wrong} is {d_weight[wrong]}; "
            "the update was not applied; try a lower lr"
        )


def check_weights(theta: Floats, iteration: int) -> None:
    """Refuse what is no number before it counts as "not above zero" and is dropped."""
    finite = np.isfinite(theta)
    if not finite.all():
        wrong = int(np.argmin(finite))
        raise NumericalError(
            f"iteration {iteration}: weight[{wrong}] is {theta[wrong]}; the update was not applied "
            "and the last checkpoint is kept; try a lower training.lr"
        )

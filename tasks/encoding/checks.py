"""The one check that arrays need on their way to a kernel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError


def check_array(
    name: str, array: npt.NDArray[np.generic], dtype: type[np.generic], shape: tuple[int, ...]
) -> None:
    """Refuse an array of another dtype or shape: a kernel would read past its end."""
    if array.dtype != dtype or array.shape != shape:
        raise UsageError(
            f"{name}: expected {np.dtype(dtype)} {shape}, found {array.dtype} {array.shape}"
        )

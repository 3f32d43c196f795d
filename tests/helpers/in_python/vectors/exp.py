"""Twin of `lsnn_core.kernels.vectors.exp` for the Python interpreter."""

from __future__ import annotations

import numpy as np


def exp(a):
    return np.exp(a)

"""Two networks that are one, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np

LISTS = ("indptr", "target", "delay", "sign", "weight")
CONSTANTS = ("tau_m_ms", "tau_a_ms", "beta", "b0", "n_ref", "n_regular")
NUMBERS = (
    "layout", "tau_out_ms", "gamma", "surrogate", "convention", "noise_std", "through_reset",
    "max_delay",
)  # fmt: skip


def differences(found: Any, expected: Any) -> list[str]:
    """Name what differs in two networks: values, types, or the sign of a zero."""
    pairs = [
        *((name, found.connections, expected.connections) for name in LISTS),
        *((name, found.neurons, expected.neurons) for name in CONSTANTS),
        *((name, found, expected) for name in (*NUMBERS, "b_out")),
    ]
    return [name for name, a, b in pairs if content(getattr(a, name)) != content(getattr(b, name))]


def content(value: Any) -> Any:
    """Return bytes of an array with all that gives them a meaning, and other values as they are."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return value

"""A network's gradient as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lsnn_core.model.state import PER_EXAMPLE
from lsnn_core.simulation.gradient import NetworkGradient

EVERYTHING: dict[str, Any] = {"gradient_of": ("constants", "initial", "inputs")}


def arrays_of(g: NetworkGradient) -> dict[str, np.ndarray]:
    """All of a gradient that was asked for everything, by name."""
    assert g.constants is not None
    assert g.initial is not None
    assert g.current is not None
    assert g.x is not None
    found = {"weight": g.weight, "b_out": g.b_out, "current": g.current, "x": g.x}
    initial = {f"initial {name}": getattr(g.initial, name) for name in PER_EXAMPLE}
    return {**found, **g.constants._asdict(), **initial}

"""The colour of each population, the same in all figures.

Apart from `style`, which imports Matplotlib: reading a run needs the names of colours alone.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["PALETTE"]  # handed on by `analysis`

# Okabe and Ito's palette; grey for the input.
PALETTE = MappingProxyType(
    {
        "X": "#4D4D4D",
        "R_E": "#0072B2",
        "R_I": "#D55E00",
        "A": "#009E73",
        "Y": "#CC79A7",
        "context": "#B3B3B3",
        "window": "#F0E9D2",
    }
)

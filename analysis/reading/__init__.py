"""What a figure reads: runs, quantities over iterations, populations, connections, results.

Nothing here draws, and Matplotlib is not imported. `analysis` hands on what is listed here.
"""

from __future__ import annotations

from .connectivity import connectivity
from .run import Run, open_run

__all__ = [
    "Run",
    "connectivity",
    "open_run",
]

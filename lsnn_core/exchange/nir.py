"""What both directions of the Neuromorphic Intermediate Representation (NIR) share.

NIR (Pedersen et al. 2024) is a graph of nodes with physical units, of which times are in seconds.
"""

from __future__ import annotations

from typing import Any, Final

from ..errors import LsnnError

KEY: Final = "lsnn"
"""Where our own words are in the metadata of the graph and of its nodes."""
VERSION: Final = 1
MS_PER_S: Final = 1000.0
SHORTEST_DELAY: Final = 1
"""Steps: what an edge takes by itself. A step-based reader takes one step around a loop, too."""


def library() -> Any:
    """Return the package ``nir``, an extra."""
    try:
        import nir
    except ImportError:
        raise LsnnError(
            "nir is not installed; it reads and writes graphs: pip install 'lsnn[nir]'"
        ) from None
    return nir

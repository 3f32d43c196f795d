"""What one step of the rewiring reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from ..model.layout import MATRICES

NOTHING: Final[npt.NDArray[np.int64]] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class RewiringResult:
    """What one step did to the list.

    Parameters
    ----------
    dropped, created
        Connections of each matrix, by name.
    dropped_index
        Their positions in the list before the step, ascending.
    created_index
        Their positions in the list after the step, ascending.
    shortage
        Dropped connections that no absent site replaced; 0 unless all matrices are full.
    """

    dropped: dict[str, int]
    created: dict[str, int]
    dropped_index: npt.NDArray[np.int64]
    created_index: npt.NDArray[np.int64]
    shortage: int = 0

    @classmethod
    def unchanged(cls) -> Self:
        """What a step did that left the list as it was."""
        return cls(dict.fromkeys(MATRICES, 0), dict.fromkeys(MATRICES, 0), NOTHING, NOTHING)

    @property
    def changed(self) -> bool:
        """Whether the list holds other sites, or the same ones anew."""
        return len(self.dropped_index) + len(self.created_index) > 0

    def origin(self, before: int) -> npt.NDArray[np.int64]:
        """Where each entry of the list was in the one `before` it, so many long; -1: it is new."""
        kept = np.delete(np.arange(before), self.dropped_index)
        new = np.zeros(len(kept) + len(self.created_index), dtype=bool)
        new[self.created_index] = True
        origin = np.full(len(new), -1, dtype=np.int64)
        origin[~new] = kept
        return origin

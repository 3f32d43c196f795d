"""Settings of the rewiring, and what one step of it reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import number, shown

POLICIES = ("none", "deep-r", "soft-deep-r")
BUDGETS = ("pooled", "per-matrix")


@dataclass(frozen=True)
class Rewiring:
    """Settings of the rewiring.

    Parameters
    ----------
    policy
        ``"none"``, ``"deep-r"`` or ``"soft-deep-r"``; see `lsnn_core.optimisers.deep_r`.
    budget
        Only for deep-r: ``"pooled"`` shares new connections among all matrices in proportion to
        their sites (published code of the LSNN), ``"per-matrix"`` gives each what it lost (ICLR).
    l1
        Strength of the pull towards zero, per unit of learning rate.
    temperature
        T of the noise sqrt(2 lr T); 0 in the published code.
    """

    policy: str = "deep-r"
    budget: str = "pooled"
    l1: float = 0.01
    temperature: float = 0.0

    def __post_init__(self) -> None:
        """Refuse unknown names and settings outside their range."""
        if self.policy not in POLICIES:
            raise UsageError(
                f"rewiring policy: expected one of {POLICIES}, found {shown(self.policy)}"
            )
        if self.budget not in BUDGETS:
            raise UsageError(
                f"rewiring budget: expected one of {BUDGETS}, found {shown(self.budget)}"
            )
        for name in ("l1", "temperature"):
            number(name, getattr(self, name), "a number >= 0")
        if self.policy == "soft-deep-r" and not (self.l1 > 0.0 and self.temperature > 0.0):
            raise UsageError("soft-deep-r: l1 and temperature must both be above 0")


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

    @property
    def changed(self) -> bool:
        """Whether the list holds other sites, or the same ones anew."""
        return len(self.dropped_index) + len(self.created_index) > 0

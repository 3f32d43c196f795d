"""Settings of the optimisers; the tables of a recipe are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..choices import BUDGETS, POLICIES
from ..errors import UsageError
from .settings import Settings, choice, real


@dataclass(frozen=True)
class AdamSettings(Settings):
    """Settings of Adam; the defaults are those of the published code (TensorFlow's).

    Parameters
    ----------
    beta1, beta2
        Decay of the first and second moment per step, in [0, 1).
    eps
        Added to the root of the second moment, > 0. As in TensorFlow it is added before the bias
        correction ("epsilon hat" in Kingma and Ba 2015, end of Section 2).
    """

    section: ClassVar[str] = "adam"

    beta1: float = real(0.9, low=0.0, below=1.0)
    beta2: float = real(0.999, low=0.0, below=1.0)
    eps: float = real(1e-8, above=0.0)


@dataclass(frozen=True)
class Rewiring(Settings):
    """Settings of the rewiring.

    Parameters
    ----------
    policy
        ``"none"``, ``"deep-r"`` or ``"soft-deep-r"``; see `lsnn_core.optimisers.deep_r`.
    budget
        Only for deep-r: ``"pooled"`` shares new connections among all matrices in proportion to
        their sites (published code of the LSNN), ``"per-matrix"`` gives each what it lost (ICLR).
    l1
        Strength of the pull towards zero: a step shrinks each weight by lr * l1.
    temperature
        T of the noise sqrt(2 lr T) that a step adds; 0 in the published code.
    """

    section: ClassVar[str] = "rewiring"

    policy: str = choice("deep-r", names=POLICIES)
    budget: str = choice("pooled", names=BUDGETS)
    l1: float = real(0.01, low=0.0)
    temperature: float = real(0.0, low=0.0)

    def __post_init__(self) -> None:
        """Refuse a soft-DEEP R that nothing moves."""
        super().__post_init__()
        if self.policy == "soft-deep-r" and not (self.l1 > 0.0 and self.temperature > 0.0):
            raise UsageError(
                "rewiring: soft-deep-r expects l1 and temperature above 0, "
                f"found {self.l1} and {self.temperature}"
            )

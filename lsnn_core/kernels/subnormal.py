"""Numbers too small to be normal floats: set to zero, because processors take them slowly.

What decays by a factor in every step - a potential in silence, an adjoint far from the loss -
becomes subnormal after some thousand steps and, rounded, stays so for ever: each product with it
then costs a hundred ordinary ones.
"""

from __future__ import annotations

from .jit import inner
from .lanes import fabs, select


@inner
def flushed(x, tiny: float):
    """The lanes `x`, zero where they are below `tiny`."""
    return select(fabs(x) > tiny, x, 0.0)

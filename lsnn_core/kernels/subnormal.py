"""Numbers too small to be normal floats: set to zero, because processors take them slowly.

What decays by a factor in every step - a potential in silence, an adjoint far from the loss -
becomes subnormal after some thousand steps and, rounded, stays so for ever: each product with it
then costs a hundred ordinary ones. Forward, a look every few steps is enough: what is cleared is
far above. Backward it is not: an adjoint shrinks at each synapse, too, and the few left feed all.

NaN is no small number, and stays: it tells of an overflow to whoever looks at what a block leaves.
"""

from __future__ import annotations

from .jit import inner
from .vectors.lanes import fabs, load, select, store

EVERY = 16  # steps; meanwhile what decays with a tau of 1 ms or more loses less than 7 digits


@inner
def flushed(x, tiny: float):
    """The lanes `x`, zero where they are not above `tiny`."""
    return select(fabs(x) <= tiny, 0.0, x)  # not `> tiny` the other way round: NaN is neither


@inner
def flush(array, start: int, count: int, tiny: float):
    """Set to zero what is below `tiny` in `count` items of a lane array."""
    for i in range(start, start + count):
        store(array, i, flushed(load(array, i), tiny))

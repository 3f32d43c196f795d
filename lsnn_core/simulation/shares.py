"""Which blocks of a batch this process runs, and sums over the blocks of all ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..ranks.exchange import current
from .blocks import slices

Array = npt.NDArray[Any]
T = TypeVar("T")


class Shares:
    """The blocks of a batch, shared out among the ranks that there are when it is made.

    Parameters
    ----------
    sizes
        Most examples of each block.

    Attributes
    ----------
    own, slices
        Blocks of this process; first and one past the last example of each.
    is_one
        Whether a batch is one block, and nobody else has it.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        whole = list(slices(sizes))
        self._ranks, self._begins = current(), [start for start, _ in whole]
        self.own = self._ranks.share(len(whole))
        self.slices = whole[self.own.start : self.own.stop]
        self.is_one = len(whole) == self._ranks.size == 1

    def of_all(self, find: Callable[[], list[T]]) -> list[T]:
        """What was found of the blocks of all ranks, in their order; an error of any surfaces."""
        return self._ranks.everyone(find)

    def total(self, rows: Array, size: int, out: Array) -> Array:
        """Add up into `out` (C,), in block order, what own blocks left in `rows` (own, C).

        `size` is the batch's: blocks without an example left nothing.
        """
        used = sum(start < size for start in self._begins)
        return self._ranks.total(rows, len(self._begins), used, out)

    def summed(self, parts: Sequence[Array]) -> Array:
        """Add up what blocks found that all know, and nothing for those without an example."""
        rows = np.zeros((len(self._begins), *parts[0].shape))
        rows[: len(parts)] = parts
        total: Array = rows.sum(axis=0)
        return total

"""Vectors of neighbouring neurons: how many numbers one has, and how many a network fills."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..model.network import Network

VECTOR_BYTES = 64


class Padding(NamedTuple):
    """How many numbers a vector has, and how many vectors neurons and outputs fill."""

    width: int
    vectors: int
    outs: int

    @classmethod
    def of(cls, net: Network, dtype: type[np.floating[Any]]) -> Padding:
        """The padding of a network."""
        width = VECTOR_BYTES // np.dtype(dtype).itemsize
        return cls(width, -(-net.layout.n // width), -(-net.layout.n_out // width))

    @property
    def length(self) -> int:
        """Vectors of a row of the tape."""
        return self.vectors + self.outs

    def place(self, target: npt.NDArray[Any], n: int) -> npt.NDArray[Any]:
        """Where targets are in a row: outputs come after the neurons' padding."""
        shift = np.int32(self.vectors * self.width - n)
        return np.asarray(target + shift * (target >= n), np.int32)

"""Which absent sites become connections: shares of the matrices, uniform sites, the new list."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernels.rewire import Kept, Matrix, absent_sites, merge_lists
from ..model.connections import Connections
from ..model.frozen import for_kernel
from ..model.layout import Layout


def matrix_index(
    layout: Layout, source: npt.NDArray[Any], target: npt.NDArray[Any]
) -> npt.NDArray[np.int64]:
    """0, 1 or 2 for connections in W_in, W_rec or W_out."""
    return np.where(source < layout.n_in, 0, np.where(target < layout.n, 1, 2))


def allocate(
    rng: np.random.Generator,
    missing: int,
    size: npt.NDArray[np.int64],
    room: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Share `missing` new connections among matrices, each drawing one in proportion to its size.

    What does not fit into a matrix with little room is drawn again among the others. If all are
    full the shares sum to less than `missing`. Every round finishes or fills a matrix, so there
    are at most as many rounds as matrices.
    """
    share = np.zeros_like(room)
    while missing > 0 and (share < room).any():
        free = np.flatnonzero(share < room)
        drawn = rng.multinomial(missing, size[free] / size[free].sum())
        taken = np.minimum(drawn, room[free] - share[free])
        share[free] += taken
        missing -= int(taken.sum())
    return share


def spread(
    rng: np.random.Generator, count: int, room: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Share `count` new connections among matrices as if all absent sites lay in one urn."""
    urn = np.cumsum(room)
    ball = rng.choice(urn[-1], count, replace=False, shuffle=False)
    return np.bincount(np.searchsorted(urn, ball, side="right"), minlength=len(room))


def draw_sites(
    rng: np.random.Generator,
    connections: Connections,
    keep: npt.NDArray[np.bool_],
    share: npt.NDArray[np.int64],
    room: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Choose `share` distinct sites of each matrix, uniformly among those without a kept entry.

    Ranks among the `room` absent sites are chosen, and one walk along the list finds the sites, so
    the cost is bounded however full a matrix is. Sources and targets come in list order.
    """
    kept = Kept(for_kernel(connections.indptr), for_kernel(connections.target), keep)
    source = np.empty(share.sum(), dtype=np.int64)
    target = np.empty_like(source)
    first = 0
    for index, block in enumerate(connections.layout.matrices.values()):
        part = slice(first, first := first + int(share[index]))
        ranks = np.sort(rng.choice(room[index], share[index], replace=False, shuffle=False))
        absent_sites(kept, Matrix(*block[1:]), ranks, source[part], target[part])
    order = np.lexsort((target, source))
    return source[order], target[order]


def merge(
    connections: Connections,
    keep: npt.NDArray[np.bool_],
    source: npt.NDArray[np.int64],
    target: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Row starts and targets of the kept and the new entries together, and where each came from."""
    count = int(np.count_nonzero(keep)) + len(source)
    indptr = np.empty_like(connections.indptr)
    targets = np.empty(count, dtype=np.int32)
    origin = np.empty(count, dtype=np.int64)
    kept = Kept(for_kernel(connections.indptr), for_kernel(connections.target), keep)
    merge_lists(kept, source, target, indptr, targets, origin)
    return indptr, targets, origin


def carried(
    values: npt.NDArray[Any], origin: npt.NDArray[np.int64], new: float = 0
) -> npt.NDArray[Any]:
    """Follow `merge`: each entry's value from where it was, and `new` for a new one."""
    result = np.full(len(origin), new, dtype=values.dtype)
    kept = origin >= 0
    result[kept] = values[origin[kept]]
    return result

"""One seed, many independent random streams, keyed by what they are for.

A stream is addressed by (purpose, iteration, example ...), never by the worker that happens to
draw from it, so any number of threads or resumptions sees the same numbers (D-random-streams: it
is what makes a run reproducible to the bit).
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..text import show
from .counter import hash64


def stream(seed: int, purpose: str, *key: int) -> np.random.Generator:
    """Return the generator for `purpose` at position `key`.

    Parameters
    ----------
    seed
        Non-negative integer of any size: the run's one seed.
    purpose
        A name such as ``"weights"``, ``"batch"`` or ``"rewire"``; two names never share numbers.
    key
        Non-negative integers, for instance the iteration, then the example.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UsageError(f"seed: expected a non-negative integer, found {show(seed)}")
    tag = zlib.crc32(purpose.encode())
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(int(seed), spawn_key=(tag, *map(int, key))))
    )


@functools.lru_cache(maxsize=4)
def shuffled(seed: int, purpose: str, epoch: int, n: int) -> npt.NDArray[np.int64]:
    """The order of n examples in an epoch, read-only: kept, since an epoch has many batches."""
    order = stream(seed, purpose, epoch).permutation(n)
    order.flags.writeable = False
    return order


def in_epochs(seed: int, purpose: str, position: npt.ArrayLike, n: int) -> npt.NDArray[np.int64]:
    """Return which of n examples comes at each position of a training that has many epochs.

    Every epoch is a permutation of its own; positions from n on are those of the second.
    """
    epoch, place = np.divmod(np.asarray(position, np.int64), n)
    index = np.empty_like(place)
    for number in np.unique(epoch):
        here = epoch == number
        index[here] = shuffled(seed, purpose, int(number), n)[place[here]]
    return index


def example_keys(
    seed: int, position: Sequence[int], examples: npt.ArrayLike
) -> npt.NDArray[np.uint64]:
    """Return one key for each example, uint64, whatever batch it comes in.

    A key addresses the draws made inside kernels: random input spikes, injected noise.

    Parameters
    ----------
    seed
        The run's seed, or a key made from it.
    position
        What else the draws shall depend on, for instance (iteration,).
    examples
        Integers that name the examples, for instance their indices in the data set.
    """
    key = functools.reduce(hash64, position, np.asarray(int(seed) % 2**64, np.uint64))
    return hash64(key, examples)

"""Sites of connections: their numbers, and delay and sign of each, without storing any of them.

A site (source, target) keeps its delay, and without Dale's law its sign, for the whole run, even
while no connection is there. The published code stores dense matrices for this; here both are a
fixed pseudo-random function of (seed, source, target), so memory stays that of the list.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..random.counter import hash64
from ..random.streams import stream
from .layout import Layout, MatrixLayout


@lru_cache(maxsize=64)
def site_key(seed: int, purpose: str) -> np.uint64:
    """64 bits that tell apart the seeds (of any size) and what is asked of a site."""
    return np.uint64(stream(seed, f"site {purpose}").integers(2**64, dtype=np.uint64))


def site_hash(
    key: np.uint64, source: npt.ArrayLike, target: npt.ArrayLike
) -> npt.NDArray[np.uint64]:
    """64 pseudo-random bits for each site.

    Notes
    -----
    The site's number ``source * 2**32 + target`` goes twice through the finaliser of splitmix64
    (Steele, Lea and Flood 2014), with the key in between: a bijection, so sites never collide.
    """
    number = np.asarray(source, np.uint64) << np.uint64(32) | np.asarray(target, np.uint64)
    return hash64(key ^ hash64(np.atleast_1d(number), 0), 0)


def site_delay(
    seed: int, source: npt.ArrayLike, target: npt.ArrayLike, n_delays: int
) -> npt.NDArray[np.int32]:
    """Delay in steps of each site, uniform over 1..n_delays (vectors in, a vector out)."""
    if not 1 <= n_delays < 2**31:
        raise UsageError(f"delays: expected 1 or more steps, found {n_delays}")
    high = site_hash(site_key(seed, "delay"), source, target) >> np.uint64(32)
    return (1 + (high * np.uint64(n_delays) >> np.uint64(32))).astype(np.int32)


def site_sign(seed: int, source: npt.ArrayLike, target: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Sign of each site, +1 or -1 with equal chance (vectors in, a vector out)."""
    bit = site_hash(site_key(seed, "sign"), source, target) >> np.uint64(63)
    return (1 - 2 * bit.astype(np.int8)).astype(np.int8)


def matrix_sites(
    matrix: MatrixLayout, number: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return source and target of sites, numbered row by row without an excluded diagonal."""
    halves = matrix.halves
    row, place = np.divmod(number, max(matrix.shape[1] // halves - (not matrix.autapses), 1))
    if not matrix.autapses:
        place = place + (place >= row // halves)
    return matrix.source_start + row, matrix.target_start + place * halves + row % halves


def crosses_halves(
    layout: Layout, source: npt.NDArray[np.integer[Any]], target: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.bool_]:
    """Whether each site would join two halves that never meet, see `Layout`."""
    row = source - np.where(source >= layout.n_in, layout.n_in, 0)
    column = target - np.where(target >= layout.n, layout.n, 0)
    crosses: npt.NDArray[np.bool_] = (row - column) % layout.halves != 0
    return crosses

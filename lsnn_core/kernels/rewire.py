"""Rewiring a sorted connection list: find absent sites, merge them in, look up what they fix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel
from .network import ZERO
from .random import hash64


class Kept(NamedTuple):
    """A sorted connection list, and which of its entries still count."""

    indptr: np.ndarray  # (rows + 1,) int64
    target: np.ndarray  # (C,) int32
    keep: np.ndarray  # (C,) bool


class Matrix(NamedTuple):
    """Where one matrix lies among the sources and targets of the list."""

    source_start: int
    source_stop: int
    target_start: int
    target_stop: int
    diagonal: bool  # False: no sites there
    halves: int  # rows and columns that differ modulo this cannot be joined


@kernel
def absent_sites(kept: Kept, matrix: Matrix, ranks, out_source, out_target):
    """Find the sites of one matrix that hold no kept connection, by their rank among all such.

    ranks (K) ascending int64; the sites go to out_source, out_target (K).

    A site's number counts the matrix row by row (without what is excluded), and the
    absent site of rank r that `passed` present ones precede has the number r + passed. So one
    walk along the list finds all.
    """
    indptr, target, keep = kept
    source_start, source_stop, target_start, target_stop, diagonal, halves = matrix
    width = (target_stop - target_start) // halves - (0 if diagonal else 1)
    passed = 0
    k = 0
    for source in range(source_start, source_stop):
        row = source - source_start
        for c in range(indptr[source], indptr[source + 1]):
            if not keep[c] or target[c] < target_start or target[c] >= target_stop:
                continue
            place = (target[c] - target_start) // halves
            if not diagonal and place > row // halves:
                place -= 1
            while k < ranks.shape[0] and ranks[k] + passed < row * width + place:
                out_source[k] = ranks[k] + passed
                k += 1
            passed += 1
    while k < ranks.shape[0]:
        out_source[k] = ranks[k] + passed
        k += 1
    for k in range(ranks.shape[0]):
        row, place = divmod(out_source[k], width)
        if not diagonal and place >= row // halves:
            place += 1
        out_source[k] = source_start + row
        out_target[k] = target_start + place * halves + row % halves


@kernel
def merge_lists(kept: Kept, new_source, new_target, out_indptr, out_target, out_origin):
    """Merge the kept entries of a sorted list with new ones, sorted likewise, into a new list.

    new_source, new_target (K): sites that no kept entry holds. out_indptr (rows + 1), out_target,
    out_origin (kept + K): the new list, and where in the old one each of its entries was, -1 for a
    new one.
    """
    indptr, target, keep = kept
    k = 0
    filled = 0
    out_indptr[0] = 0
    for source in range(indptr.shape[0] - 1):
        stop = indptr[source + 1]
        for c in range(indptr[source], stop + 1):  # one turn more, for what follows the last entry
            if c < stop and not keep[c]:
                continue
            while (
                k < new_source.shape[0]
                and new_source[k] == source
                and (c == stop or new_target[k] < target[c])
            ):
                out_target[filled] = new_target[k]
                out_origin[filled] = -1
                filled += 1
                k += 1
            if c < stop:
                out_target[filled] = target[c]
                out_origin[filled] = c
                filled += 1
        out_indptr[source + 1] = filled


@kernel
def site_delays(key, source, target, n_delays, out):
    """Twin of `lsnn_core.model.sites.site_delay`; key uint64, source, target (K), out (K) int32."""
    for k in range(source.shape[0]):
        high = _site_hash(key, source[k], target[k]) >> np.uint64(32)
        out[k] = 1 + np.int64(high * np.uint64(n_delays) >> np.uint64(32))


@kernel
def site_signs(key, source, target, out):
    """Twin of `lsnn_core.model.sites.site_sign`; key uint64, source, target (K), out (K) int8."""
    for k in range(source.shape[0]):
        bit = _site_hash(key, source[k], target[k]) >> np.uint64(63)
        out[k] = 1 - 2 * np.int64(bit)


@kernel
def _site_hash(key, source, target):
    number = np.uint64(source) << np.uint64(32) | np.uint64(target)
    return hash64(key ^ hash64(number, ZERO), ZERO)

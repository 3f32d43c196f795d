"""Twin of `lsnn_core.kernels.vectors.lanes` for the Python interpreter: a vector is a NumPy array.

Slow, compiles nothing, and refuses any index outside its array.
"""

from __future__ import annotations

import numpy as np


def _inside(array, index):
    if not 0 <= index < len(array):
        raise IndexError(f"item {index} of {len(array)}")
    return index


def load(array, index):
    return array["lane"][_inside(array, index)].copy()


def store(array, index, value):
    array["lane"][_inside(array, index)] = value


def item(array, index):
    return array[_inside(array, index)]


def splat(array, number):
    scalar = array.dtype["lane"].base if array.dtype.fields else array.dtype
    return np.full(lane_count(array), number, scalar)


def fma(a, b, c):
    return a * b + c


def fabs(a):
    return np.abs(a)


def select(mask, a, b):
    return np.where(mask, a, b)


def bits(mask):
    return int(mask @ (1 << np.arange(len(mask))))


def mask_of(array, number):
    return (int(number) >> np.arange(lane_count(array)) & 1).astype(bool)


def lane_sum(a):
    return a.sum()


def lane_count(array):
    return array.dtype["lane"].shape[0] if array.dtype.fields else 64 // array.itemsize


def insert(a, lane, number):
    a = a.copy()
    a[lane] = number
    return a

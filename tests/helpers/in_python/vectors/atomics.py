"""Twin of `lsnn_core.kernels.vectors.atomics` for the Python interpreter, and its one thread."""

from __future__ import annotations


def atomic_read(array, index):
    return array[index]


def atomic_write(array, index, value):
    array[index] = value


def atomic_add(array, index, value):
    before = int(array[index])
    array[index] += value
    return before

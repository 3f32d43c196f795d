"""Twin of `lsnn_core.kernels.gathers` for the Python interpreter."""

from __future__ import annotations

import numpy as np

from .lanes import item, lane_count, load, splat


def first_lanes(kind, count):
    return np.arange(lane_count(kind)) < count


def load_some(kind, array, index, mask):
    return _filled(kind, [(lane, item(array, index + lane)) for lane in np.flatnonzero(mask)])


def store_some(array, index, mask, value):
    for lane in np.flatnonzero(mask):
        item(array, index + lane)
        array[index + lane] = value[lane]


def gather_some(kind, table, base, offset, index, mask):
    found = [
        (lane, item(table, base + item(offset, index + lane))) for lane in np.flatnonzero(mask)
    ]
    return _filled(kind, found)


def scatter_some(kind, table, base, offset, index, mask, value):
    for lane in np.flatnonzero(mask):
        at = base + item(offset, index + lane)
        item(table, at)
        table[at] = value[lane]


def gather_lane(kind, table, base, lane, offset, index, mask):
    wanted = np.flatnonzero(mask)
    found = [(at, load(table, base + item(offset, index + at))[lane]) for at in wanted]
    return _filled(kind, found)


def fetch(array, index):
    pass  # nothing can go wrong: what is not there is not fetched


def lowest_bit(number):
    return (int(number) & -int(number)).bit_length() - 1


def bit_count(number):
    return int(number).bit_count()


def _filled(kind, found):
    vector = splat(kind, 0.0)
    for lane, number in found:
        vector[lane] = number
    return vector

"""Twin of `lsnn_core.kernels.vectors.gathers` for the Python interpreter."""

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


def gather_lanes(kind, table, base, offset, index):
    places = range(index, index + lane_count(kind))
    return np.array([item(table, base + item(offset, at)) for at in places])


def gather_lane(kind, table, base, lane, offset, index):
    places = range(index, index + lane_count(kind))
    return np.array([load(table, base + item(offset, at))[lane] for at in places])


def put_item(array, index, number):
    item(array, index)
    array[index] = number


def add_item(array, index, number):
    item(array, index)
    array[index] += number


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

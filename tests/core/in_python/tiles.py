"""Twin of `lsnn_core.kernels.tiles` for the Python interpreter: a tile is a list of vectors."""

from __future__ import annotations

from .lanes import fma, item, load, select, splat, store

TILE = 8


def tile_zero(array):
    return [splat(array, 0.0) for _ in range(TILE)]


def tile_load(array, index):
    return [load(array, index + i) for i in range(TILE)]


def tile_store(array, index, tile):
    for i, vector in enumerate(tile):
        store(array, index + i, vector)


def tile_item(tile, index):
    return tile[index]


def tile_add_weights(tile, mask, weights, index):
    return [select(mask, v + item(weights, index + i), v) for i, v in enumerate(tile)]


def tile_add_lanes(tile, mask, array, index):
    return [select(mask, v + load(array, index + i), v) for i, v in enumerate(tile)]


def tile_rows(active, first, count, base, width):
    return [(base + item(active, i)) * width for i in _listed(first, count)]


def tile_fma_rows(tile, weights, rows, column, x):
    return [fma(item(weights, row + column), x, v) for row, v in zip(rows, tile, strict=True)]


def tile_scatter(array, active, first, count, tile):
    for i, vector in zip(_listed(first, count), tile, strict=True):
        store(array, item(active, i), vector)


def _listed(first, count):
    return [min(first + i, count - 1) for i in range(TILE)]

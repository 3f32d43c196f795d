"""Twin of `kernels.vectors.tiles` for the Python interpreter: a tile is a list of vectors."""

from __future__ import annotations

from .lanes import fma, item, splat, store


def tile_rows(places, count, step):
    return [min(place, count - 1) * step for place in places]


def tile_zero(array, rows):
    return [splat(array, 0.0) for _ in rows]


def tile_fma(tile, numbers, rows, index, x):
    return [fma(item(numbers, row + index), x, v) for row, v in zip(rows, tile, strict=True)]


def tile_scatter(array, index, step, count, tile):
    for i, vector in enumerate(tile[:count]):
        store(array, index + i * step, vector)

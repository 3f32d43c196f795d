"""The three walks over a full matrix: spikes forward, adjoint backward, weight gradient."""

from __future__ import annotations

from ..jit import inner
from ..vectors.lanes import item, lane_count, load, store
from ..vectors.tiles import tile_fma, tile_rows, tile_scatter, tile_zero
from .state import Extent, Rows, Strip, Trains


@inner
def deposit_rows(
    matrix,
    delay: int,
    first_source: int,
    source,
    begin: int,
    end: int,
    blocks: int,
    outs: int,
    strip,
    row: int,
):
    """Spikes begin:end add their rows of the matrix to the currents they will arrive in.

    Neurons are reached `delay` rows down the strip, outputs in the next row.
    """
    if begin < end:
        length, later = blocks + outs, row + delay * (blocks + outs)
        _add_rows(matrix, length, first_source, source, begin, end, 0, blocks, strip, later)
        _add_rows(
            matrix, length, first_source, source, begin, end, blocks, length, strip, row + length
        )


@inner
def _add_rows(
    matrix,
    length: int,
    first_source: int,
    source,
    begin: int,
    end: int,
    i0: int,
    i1: int,
    strip,
    at: int,
):
    """strip[at + i] += the sum over the spikes' rows of item i, for items i0:i1."""
    rest = end - (end - begin) % 4
    for s in range(begin, rest, 4):
        a = (first_source + item(source, s)) * length
        b = (first_source + item(source, s + 1)) * length
        c = (first_source + item(source, s + 2)) * length
        d = (first_source + item(source, s + 3)) * length
        for i in range(i0, i1):
            total = load(strip, at + i) + load(matrix, a + i) + load(matrix, b + i)
            store(strip, at + i, total + load(matrix, c + i) + load(matrix, d + i))
    for s in range(rest, end):
        a = (first_source + item(source, s)) * length
        for i in range(i0, i1):
            store(strip, at + i, load(strip, at + i) + load(matrix, a + i))


@inner
def gather_columns(local: int, extent: Extent, n: int, rows: Rows, strip: Strip, gathered):
    """What their targets bring to dL/dz of all neurons in all examples, at step `local`.

    Up to eight examples share each load of the matrix. Each size of a tile is compiled by itself,
    which takes most of a second: six examples are worth no tile of their own.
    """
    groups = (extent.examples + 7) // 8
    size = (extent.examples + groups - 1) // groups
    for first in range(0, extent.examples, size):
        count = min(size, extent.examples - first)
        if count <= 2:
            _gather_group((0, 1), first, count, local, extent, n, rows, strip, gathered)
        elif count <= 4:
            _gather_group((0, 1, 2, 3), first, count, local, extent, n, rows, strip, gathered)
        elif count == 5:
            _gather_group((0, 1, 2, 3, 4), first, count, local, extent, n, rows, strip, gathered)
        else:
            _gather_group(
                (0, 1, 2, 3, 4, 5, 6, 7), first, count, local, extent, n, rows, strip, gathered
            )


@inner
def _gather_group(
    places,
    first: int,
    count: int,
    local: int,
    extent: Extent,
    n: int,
    rows: Rows,
    strip: Strip,
    gathered,
):
    """The same for `count` examples; `places` is 0, 1 ... up to a tile's size, or a few more."""
    number, columns, blocks, outs = strip.number, rows.columns, extent.blocks, extent.outs
    width = lane_count(columns)
    length, n_columns = blocks + outs, columns.size // blocks
    row = first * extent.strip + local * length
    later, now = (row + rows.delay * length) * width, (row + length + blocks) * width - n
    starts = tile_rows(places, count, extent.strip * width)
    for i in range(0, blocks, 2):  # two vectors of neurons share the loads of dL/dI
        other = min(i + 1, blocks - 1)
        one, two = tile_zero(columns, starts), tile_zero(columns, starts)
        at, there = i * n_columns, other * n_columns
        for k in range(n):
            one = tile_fma(one, number, starts, later + k, load(columns, at + k))
            two = tile_fma(two, number, starts, later + k, load(columns, there + k))
        for k in range(n, n_columns):
            one = tile_fma(one, number, starts, now + k, load(columns, at + k))
            two = tile_fma(two, number, starts, now + k, load(columns, there + k))
        tile_scatter(gathered, first * blocks + i, blocks, count, one)
        tile_scatter(gathered, first * blocks + other, blocks, count, two)


@inner
def gradient_matrix(
    e: int,
    t0: int,
    t1: int,
    first_source: int,
    extent: Extent,
    events: Trains,
    rows: Rows,
    strip,
    gradient,
):
    """gradient[source] += dL/dI where and when the spikes of example e arrived, whole rows."""
    ptr, source = events
    blocks, length = extent.blocks, extent.blocks + extent.outs
    for t in range(t0, t1):
        row = e * extent.strip + (t - t0) * length
        later, now = row + rows.delay * length, row + length
        at = e * (extent.n_steps + 1) + t
        for s in range(ptr[at], ptr[at + 1]):
            start = (first_source + source[s]) * length
            for i in range(blocks):
                store(gradient, start + i, load(gradient, start + i) + load(strip, later + i))
            for i in range(blocks, length):
                store(gradient, start + i, load(gradient, start + i) + load(strip, now + i))

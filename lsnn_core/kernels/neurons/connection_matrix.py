"""The three walks over a full matrix: spikes forward, adjoint backward, weight gradient.

Neurons are reached `delay` rows down the tape, outputs in the next row.
"""

from __future__ import annotations

from ..jit import inner
from ..vectors.lanes import item, lane_count, load, store
from ..vectors.tiles import tile_fma, tile_rows, tile_scatter, tile_zero
from .state import Pass, Trains


@inner
def deliver_rows(trains: Trains, first_source: int, at_t: int, row: int, p: Pass):
    """Spikes of one step add their rows of the matrix to the currents they will arrive in."""
    vectors, length = p.sizes.vectors, p.sizes.vectors + p.sizes.outs
    if trains.ptr[at_t] < trains.ptr[at_t + 1]:
        later = row + p.connections.delay * length
        _add_rows(trains, first_source, at_t, 0, vectors, later, p)
        _add_rows(trains, first_source, at_t, vectors, length, row + length, p)


@inner
def _add_rows(trains: Trains, first_source: int, at_t: int, i0: int, i1: int, at: int, p: Pass):
    """tape[at + i] += the sum over the spikes' rows of item i, for items i0:i1."""
    ptr, source = trains
    matrix, tape, length = p.connections.matrix, p.tape.lanes, p.sizes.vectors + p.sizes.outs
    begin, end = ptr[at_t], ptr[at_t + 1]
    rest = end - (end - begin) % 4
    for s in range(begin, rest, 4):
        a = (first_source + item(source, s)) * length
        b = (first_source + item(source, s + 1)) * length
        c = (first_source + item(source, s + 2)) * length
        d = (first_source + item(source, s + 3)) * length
        for i in range(i0, i1):
            total = load(tape, at + i) + load(matrix, a + i) + load(matrix, b + i)
            store(tape, at + i, total + load(matrix, c + i) + load(matrix, d + i))
    for s in range(rest, end):
        a = (first_source + item(source, s)) * length
        for i in range(i0, i1):
            store(tape, at + i, load(tape, at + i) + load(matrix, a + i))


@inner
def gather_columns(local: int, p: Pass, gathered):
    """What their targets bring to dL/dz of all neurons in all examples, at step `local`.

    Up to eight examples share each load of the matrix. Each size of a tile is compiled by itself,
    which takes most of a second: six examples are worth no tile of their own.
    """
    examples = p.sizes.examples
    groups = (examples + 7) // 8
    size = (examples + groups - 1) // groups
    for first in range(0, examples, size):
        count = min(size, examples - first)
        if count <= 2:
            _gather_group((0, 1), first, count, local, p, gathered)
        elif count <= 4:
            _gather_group((0, 1, 2, 3), first, count, local, p, gathered)
        elif count == 5:
            _gather_group((0, 1, 2, 3, 4), first, count, local, p, gathered)
        else:
            _gather_group((0, 1, 2, 3, 4, 5, 6, 7), first, count, local, p, gathered)


@inner
def _gather_group(places, first: int, count: int, local: int, p: Pass, gathered):
    """The same for `count` examples; `places` is 0, 1 ... up to a tile's size, or a few more."""
    number, columns, n, tape = p.tape.number, p.connections.columns, p.constants.n, p.sizes.tape
    vectors, length, width = p.sizes.vectors, p.sizes.vectors + p.sizes.outs, lane_count(columns)
    n_columns, row = columns.size // vectors, first * tape + local * length
    later = (row + p.connections.delay * length) * width
    now = (row + length + vectors) * width - n
    starts = tile_rows(places, count, tape * width)
    for i in range(0, vectors, 2):  # two vectors of neurons share the loads of dL/dI
        other = min(i + 1, vectors - 1)
        one, two = tile_zero(columns, starts), tile_zero(columns, starts)
        at, there = i * n_columns, other * n_columns
        for k in range(n):
            one = tile_fma(one, number, starts, later + k, load(columns, at + k))
            two = tile_fma(two, number, starts, later + k, load(columns, there + k))
        for k in range(n, n_columns):
            one = tile_fma(one, number, starts, now + k, load(columns, at + k))
            two = tile_fma(two, number, starts, now + k, load(columns, there + k))
        tile_scatter(gathered, first * vectors + i, vectors, count, one)
        tile_scatter(gathered, first * vectors + other, vectors, count, two)


@inner
def gradient_matrix(e: int, t0: int, t1: int, first_source: int, trains: Trains, p: Pass, gradient):
    """gradient[source] += dL/dI where and when the spikes of example e arrived, whole rows."""
    ptr, source = trains
    tape, vectors, length = p.tape.lanes, p.sizes.vectors, p.sizes.vectors + p.sizes.outs
    for t in range(t0, t1):
        row = e * p.sizes.tape + (t - t0) * length
        later, now = row + p.connections.delay * length, row + length
        at = e * (p.sizes.n_steps + 1) + t
        for s in range(ptr[at], ptr[at + 1]):
            start = (first_source + source[s]) * length
            for i in range(vectors):
                store(gradient, start + i, load(gradient, start + i) + load(tape, later + i))
            for i in range(vectors, length):
                store(gradient, start + i, load(gradient, start + i) + load(tape, now + i))

"""The three walks over the connections, when they are so many that a dense matrix is quicker.

All connections to neurons share one delay. `matrix` is (sources, M) in one flat array, M targets:
the N neurons, then the K outputs. Neurons are reached `delay` rows down the tape, outputs in the
row of the spike itself.
"""

from __future__ import annotations

from .block import Setting
from .jit import inner
from .lanes import item, lane_sum, load, mask_of, select, splat, store
from .tiles import (
    TILE,
    tile_add_lanes,
    tile_add_weights,
    tile_fma_rows,
    tile_item,
    tile_load,
    tile_rows,
    tile_scatter,
    tile_store,
    tile_zero,
)


@inner
def deposit_dense(
    matrix,
    width: int,
    first_source: int,
    source,
    lanes,
    begin: int,
    end: int,
    tape,
    base: int,
    k0: int,
    k1: int,
):
    """Spikes begin:end add their weights to targets k0:k1, which lie at tape[base + k]."""
    rest = k1 - (k1 - k0) % TILE
    for k in range(k0, rest, TILE):
        tile = tile_load(tape, base + k)
        for e in range(begin, end):
            at = (first_source + item(source, e)) * width + k
            tile = tile_add_weights(tile, mask_of(tape, item(lanes, e)), matrix, at)
        tile_store(tape, base + k, tile)
    for k in range(rest, k1):
        total = load(tape, base + k)
        for e in range(begin, end):
            weight = item(matrix, (first_source + item(source, e)) * width + k)
            total = select(mask_of(tape, item(lanes, e)), total + weight, total)
        store(tape, base + k, total)


@inner
def gather_dense(matrix, setting: Setting, active, count: int, tape, row: int, out):
    """out[j] = sum over all targets of neuron j of weight times dL/dI, for the active neurons j.

    Eight active neurons at a time; the last ones are filled up with the last one again.
    """
    n, width = setting.n, setting.n + setting.n_out
    later = row + setting.dense_delay * width
    for i in range(0, count, TILE):
        rows = tile_rows(active, i, count, setting.n_in, width)
        tile = tile_zero(tape)
        for k in range(n):
            tile = tile_fma_rows(tile, matrix, rows, k, load(tape, later + k))
        for k in range(n, width):
            tile = tile_fma_rows(tile, matrix, rows, k, load(tape, row + k))
        tile_scatter(out, active, i, count, tile)


@inner
def weight_gradient_dense(
    n_rows: int,
    first_source: int,
    width: int,
    count,
    sorted_row,
    sorted_lanes,
    tape,
    shift: int,
    k0: int,
    k1: int,
    gradient,
):
    """gradient[s, k] += sum over spikes of s of dL/dI_k where they arrived, for targets k0:k1.

    Spikes are grouped by source: those of row s end at count[s]. Targets outside, sources inside:
    eight columns of a segment's tape stay in the L1 cache.
    """
    rest = k1 - (k1 - k0) % TILE
    for k in range(k0, rest, TILE):
        stop = 0
        for s in range(n_rows):
            begin, stop = stop, count[s]
            if begin == stop:
                continue
            tile = tile_zero(tape)
            for e in range(begin, stop):
                spiked = mask_of(tape, item(sorted_lanes, e))
                tile = tile_add_lanes(tile, spiked, tape, item(sorted_row, e) + shift + k)
            at = (first_source + s) * width + k
            gradient[at] += lane_sum(tile_item(tile, 0))
            gradient[at + 1] += lane_sum(tile_item(tile, 1))
            gradient[at + 2] += lane_sum(tile_item(tile, 2))
            gradient[at + 3] += lane_sum(tile_item(tile, 3))
            gradient[at + 4] += lane_sum(tile_item(tile, 4))
            gradient[at + 5] += lane_sum(tile_item(tile, 5))
            gradient[at + 6] += lane_sum(tile_item(tile, 6))
            gradient[at + 7] += lane_sum(tile_item(tile, 7))
    for k in range(rest, k1):
        stop = 0
        for s in range(n_rows):
            begin, stop = stop, count[s]
            total = splat(tape, 0.0)
            for e in range(begin, stop):
                arrived = load(tape, item(sorted_row, e) + shift + k)
                total = total + select(mask_of(tape, item(sorted_lanes, e)), arrived, 0.0)
            gradient[(first_source + s) * width + k] += lane_sum(total)

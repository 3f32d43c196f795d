"""Examples backward, step by step."""

from __future__ import annotations

from ..examples.state import Setting
from ..jit import inner, kernel
from ..subnormal import flushed
from ..vectors.lanes import lane_count, load, store
from .backward import pieces, step_back
from .connection_matrix import gather_columns
from .sharing import begin_step, end_step, piece_done, take_back, take_front
from .state import Extent, Run, Sums, Trains


@inner
def backward_examples(t0: int, t1: int, run: Run, d_y, sums: Sums):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the strip (see `backward_segment`)."""
    extent, setting, rows, spikes, strip = run.extent, run.setting, run.rows, run.spikes, run.strip
    width, count, share = lane_count(run.cells.b0), pieces(extent), run.share
    for t in range(t1 - 1, t0 - 1, -1):
        readout_back(t, t - t0, extent, setting, d_y, strip.lanes, sums.u)
        if rows.delay > 0:
            gather_columns(t - t0, extent, setting.n, rows, strip, sums.gathered)
        mark_spikes(t, extent, spikes, width, sums.fired)
        if setting.official:
            mark_spikes(t - 1, extent, spikes, width, sums.fired_before)
        begin_step(share, t)
        piece = take_front(share, count)
        while piece >= 0:
            step_back(t, piece, run, sums)
            piece_done(share)
            piece = take_front(share, count)
        end_step(share, count)


@kernel
def help_backward(run: Run, sums: Sums):
    """Take pieces of whatever step back is at work, until told to go home."""
    share, count = run.share, pieces(run.extent)
    t, piece = take_back(share, count)
    while t >= -1:
        if piece >= 0:
            step_back(t, piece, run, sums)
            piece_done(share)
        t, piece = take_back(share, count)


@inner
def readout_back(t: int, local: int, extent: Extent, setting: Setting, d_y, strip, next_u):
    """dL/du of step t, and what it brings to the current of the readout."""
    outs, kept, since = extent.outs, extent.n_steps - extent.y_start, t - extent.y_start
    for e in range(extent.examples):
        row = e * extent.strip + (local + 1) * (extent.blocks + outs) + extent.blocks
        for k in range(outs):
            d_u = setting.kappa * load(next_u, e * outs + k)
            if since >= 0:
                d_u = d_u + load(d_y, (e * kept + since) * outs + k)
            store(next_u, e * outs + k, flushed(d_u, setting.tiny))
            store(strip, row + k, (1.0 - setting.kappa) * d_u)


@inner
def mark_spikes(step: int, extent: Extent, spikes: Trains, width: int, z):
    """Write into `z` who spiked in a step: before the first one, nobody did."""
    ptr, source = spikes
    blocks = extent.blocks
    for i in range(extent.examples * blocks):
        z[i] = 0
    if step >= 0:
        for e in range(extent.examples):
            at = e * (extent.n_steps + 1) + step
            for s in range(ptr[at], ptr[at + 1]):
                z[e * blocks + source[s] // width] |= 1 << (source[s] % width)

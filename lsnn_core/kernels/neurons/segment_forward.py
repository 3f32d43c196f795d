"""Examples forward, step by step, by one thread or several.

The threads wait for each other once a step: see `step_forward`. So a segment of S steps takes S + 1
such steps, the last of which only brings spikes.
"""

from __future__ import annotations

from ..examples.state import ZERO
from ..jit import inner, kernel
from ..vectors.lanes import lane_count, load, store
from .forward import step_forward
from .sharing import ORIGIN, begin_step, end_step, piece_done, take_back, take_front
from .state import Run, Share, Trains


@inner
def forward_example(e: int, t0: int, t1: int, run: Run):
    """Advance slot `e` of the memory from step t0 to t1, leaving the segment on the strip."""
    extent, share, lanes, pending = run.extent, run.share, run.strip.lanes, run.memory.pending
    parts, length, first = run.rows.bounds.size - 1, extent.blocks + extent.outs, e * extent.strip
    delayed = run.setting.max_delay * length
    share.sync[ORIGIN] = t0
    for i in range(delayed):
        store(lanes, first + i, load(pending, e * delayed + i))
    for local in range(t1 - t0 + 1):
        begin_step(share, local)
        part = take_front(share, parts)
        while part >= 0:
            step_forward(e, local, part, run)
            piece_done(share)
            part = take_front(share, parts)
        end_step(share, parts)
        if t0 + local < t1:
            at_t, width = e * (extent.n_steps + 1) + t0 + local, lane_count(run.cells.b0)
            join_parts(at_t, run.rows.bounds, width, share, run.spikes)
    for i in range(delayed):
        store(pending, e * delayed + i, load(lanes, first + (t1 - t0) * length + i))


@kernel
def help_forward(run: Run):
    """Take parts of whatever step of the first example is at work, until told to go home."""
    share, parts = run.share, run.rows.bounds.size - 1
    local, part = take_back(share, parts)
    while local >= -1:
        if part >= 0:
            step_forward(ZERO, local, part, run)
            piece_done(share)
        local, part = take_back(share, parts)


@inner
def join_parts(at_t: int, bounds, width: int, share: Share, spikes: Trains):
    """Add what `advance` has noted of the parts of a step to the spikes of all steps."""
    ptr, source = spikes
    end = ptr[at_t]
    for part in range(share.n_fired.size):
        first = bounds[part] * width
        for s in range(first, first + share.n_fired[part]):
            source[end] = share.fired[s]
            end += 1
    ptr[at_t + 1] = end

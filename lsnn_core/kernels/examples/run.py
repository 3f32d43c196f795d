"""A whole run of a block: forward in segments, backward by recomputing them.

Memory grows with the number of segments (one state each) plus the length of one (its tape), so
segments of about sqrt(T) steps bound it to O(sqrt(T)). A recomputed segment gives the same bits.
Where there is memory to spare, the tape holds V of all steps, and only b is recomputed.
"""

from __future__ import annotations

from ..jit import kernel
from ..subnormal import EVERY, flush
from ..vectors.gathers import bit_count
from ..vectors.lanes import fma, load, mask_of, select, splat, store
from .forward import (
    copy_items,
    copy_lanes,
    copy_pending,
    copy_state,
    forward_segment,
    repeat_adaptation,
)
from .segment_back import backward_segment
from .state import ZERO, Adjoint, Events, Neurons, Setting, State, Tape, Wiring


@kernel
def run_forward(
    n_steps: int,
    segment: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    x: Events,
    current,
    keys,
    state: State,
    saved: State,
    tape: Tape,
    spikes: Events,
    y,
    y_start: int,
    whole: bool,
):
    """Run all steps from slot 0 of `state`, saving the state before each segment in `saved`.

    `whole`: the tape has room for all steps, but for b, and no current under way is saved.
    """
    spikes.ptr[0] = 0
    for k in range((n_steps + segment - 1) // segment):
        t0, t1 = k * segment, min((k + 1) * segment, n_steps)
        start = ZERO if whole else t0
        copy_state(setting, state, ZERO, saved, k)
        if not whole:
            copy_pending(setting, state, ZERO, saved, k)
        forward_segment(
            t0,
            t1,
            start,
            setting,
            wiring,
            neurons,
            x,
            current,
            keys,
            state,
            tape,
            spikes,
            y,
            y_start,
        )


@kernel
def run_backward(
    n_steps: int,
    segment: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    x: Events,
    current,
    keys,
    state: State,
    saved: State,
    tape: Tape,
    tape_is_last: bool,
    spikes: Events,
    y,
    d_y,
    y_start: int,
    d_z,
    adjoint: Adjoint,
    after,
    z,
    whole: bool,
):
    """Walk all steps backwards. `tape_is_last`: the tape still holds the last segment.

    `after` (D M lanes) is scratch: dL/dI of the first D steps after the segment. It ends as dL/dI
    of the current that was under way before t = 0. `z` (N,) is scratch, too.
    """
    width = setting.n + setting.n_out
    rows = setting.max_delay * width
    for i in range(rows):
        store(after, i, 0.0)
    last = (n_steps + segment - 1) // segment - 1
    for k in range(last + 1, -1, -1):
        if k <= last:
            t0, t1 = k * segment, min((k + 1) * segment, n_steps)
            start = ZERO if whole else t0
            # what the last spikes deposited beyond t1 is current, not an adjoint: overwrite it
            if k == last or not whole:
                copy_lanes(after, 0, tape.V, (t1 - start) * width, rows)
            backward_segment(
                t0, t1, start, setting, wiring, neurons, x, spikes, saved, d_y, y_start, d_z, tape,
                adjoint, z,
            )  # fmt: skip
            if k == 0 or not whole:
                copy_lanes(tape.V, 0, after, 0, rows)
        # The segment before it is laid on the tape after this, not at the head of the next turn:
        # a process compiles what it meets first, and another one is at the forward pass.
        before = k - 1
        t0, t1 = before * segment, min(k * segment, n_steps)
        if before >= 0 and whole:
            repeat_adaptation(t0, t1, setting, neurons, saved, before, spikes, tape, z)
        elif before >= 0 and not (before == last and tape_is_last):
            copy_state(setting, saved, before, state, ZERO)
            copy_pending(setting, saved, before, state, ZERO)
            forward_segment(
                t0, t1, t0, setting, wiring, neurons, x, current, keys, state, tape, spikes, y,
                y_start,
            )  # fmt: skip


@kernel
def complete_adaptation(
    n_steps: int, setting: Setting, neurons: Neurons, spikes: Events, saved: State, state: State, z
):
    """Take b of the neurons with beta = 0, which no step needed, to the end of a run as well.

    The spikes tell all of it. `z` (N,) is scratch.
    """
    rho, rise, b, regular = neurons.rho, neurons.rise, state.b, setting.first_adaptive
    ptr, source, lanes = spikes
    copy_items(saved.z, 0, z, 0, setting.n)
    for t in range(n_steps):
        for j in range(regular):
            risen = select(mask_of(b, z[j]), splat(b, rise[j]), 0.0)
            store(b, j, fma(rho[j], load(b, j), risen))
            z[j] = 0
        for e in range(ptr[t], ptr[t + 1]):
            z[source[e]] = lanes[e]
        if (setting.first_step + t + 1) % EVERY == 0:
            flush(b, 0, regular, setting.tiny)


@kernel
def count_spikes(events: Events, out):
    """Add to out[j] the spikes of source j, over all steps and lanes."""
    ptr, source, lanes = events
    for e in range(ptr[ptr.size - 1]):
        out[source[e]] += bit_count(lanes[e])

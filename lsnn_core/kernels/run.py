"""A whole run of a block: forward in segments, backward by recomputing them.

Memory grows with the number of segments (one state each) plus the length of one (its tape), so
segments of about sqrt(T) steps bound it to O(sqrt(T)). A recomputed segment gives the same bits.
"""

from __future__ import annotations

from .backward import backward_segment
from .block import ZERO, Adjoint, Events, Neurons, Scratch, Setting, State, Tape, Wiring
from .forward import copy_lanes, copy_state, forward_segment
from .jit import kernel
from .lanes import lane_sum, load, store
from .walk import weight_gradient


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
):
    """Run all steps from slot 0 of `state`, saving the state before each segment in `saved`."""
    spikes.ptr[0] = 0
    for k in range((n_steps + segment - 1) // segment):
        t0, t1 = k * segment, min((k + 1) * segment, n_steps)
        copy_state(setting, state, ZERO, saved, k)
        forward_segment(
            t0, t1, setting, wiring, neurons, x, current, keys, state, tape, spikes, y, y_start
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
    order,
    scratch: Scratch,
):
    """Walk all steps backwards. `tape_is_last`: the tape still holds the last segment.

    `after` (D M lanes) is scratch: dL/dI of the first D steps after the segment. It ends as dL/dI
    of the current that was under way before t = 0.
    """
    width = setting.n + setting.n_out
    rows = setting.max_delay * width
    for i in range(rows):
        store(after, i, 0.0)
    last = (n_steps + segment - 1) // segment - 1
    for k in range(last, -1, -1):
        t0, t1 = k * segment, min((k + 1) * segment, n_steps)
        if not (k == last and tape_is_last):
            copy_state(setting, saved, k, state, ZERO)
            forward_segment(
                t0, t1, setting, wiring, neurons, x, current, keys, state, tape, spikes, y, y_start
            )
        # what the last spikes deposited beyond t1 is current, not an adjoint: overwrite it
        copy_lanes(after, 0, tape.V, (t1 - t0) * width, rows)
        backward_segment(
            t0, t1, setting, wiring, neurons, spikes, saved, d_y, y_start, d_z, tape, adjoint,
            scratch,
        )  # fmt: skip
        n, n_in = setting.n, setting.n_in
        weight_gradient(t0, t1, ZERO, n_in, setting, x, wiring, tape, adjoint, order)
        weight_gradient(t0, t1, n_in, n, setting, spikes, wiring, tape, adjoint, order)
        copy_lanes(tape.V, 0, after, 0, rows)


@kernel
def sum_lanes(lanes, out):
    """out[i] = sum over lanes of item i."""
    for i in range(out.size):
        out[i] = lane_sum(load(lanes, i))

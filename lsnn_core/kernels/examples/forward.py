"""Forward dynamics of a block, from one state to the next (twin: reference/forward.py)."""

from __future__ import annotations

from ..jit import inner
from ..subnormal import EVERY, flush, flushed
from ..vectors.lanes import fma, load, mask_of, select, splat, store
from .connections import spread
from .state import ZERO, Events, Neurons, Setting, State, Tape, Wiring
from .step import advance, read_out, ring_size


@inner
def copy_lanes(source, start, target, at, count):
    """target[at:at + count] = source[start:start + count] for lane arrays."""
    for i in range(count):
        store(target, at + i, load(source, start + i))


@inner
def copy_items(source, start, target, at, count):
    """The same for arrays of plain numbers."""
    for i in range(count):
        target[at + i] = source[start + i]


@inner
def copy_state(setting: Setting, source: State, a: int, target: State, b: int):
    """Copy the state in slot `a` of `source` to slot `b` of `target`, without what is pending."""
    n, k = setting.n, setting.n_out
    copy_lanes(source.V, a * n, target.V, b * n, n)
    copy_lanes(source.b, a * n, target.b, b * n, n)
    copy_lanes(source.u, a * k, target.u, b * k, k)
    copy_items(source.z, a * n, target.z, b * n, n)
    copy_items(source.ref, a * n, target.ref, b * n, n)
    ring = ring_size(setting, source)
    copy_items(source.release, a * ring, target.release, b * ring, ring)


@inner
def copy_pending(setting: Setting, source: State, a: int, target: State, b: int):
    """Copy what past spikes will still deliver, likewise."""
    rows = setting.max_delay * (setting.n + setting.n_out)
    copy_lanes(source.pending, a * rows, target.pending, b * rows, rows)


@inner
def forward_segment(
    t0: int,
    t1: int,
    start: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    x: Events,
    current,
    keys,
    state: State,
    tape: Tape,
    spikes: Events,
    y,
    y_start: int,
):
    """Advance slot 0 of `state` from step t0 to t1, leaving the segment on the tape.

    The tape begins with step `start`: t0, or an earlier one whose segment is on it, too.
    `current` (T * N lanes, or empty) is added to the synaptic current, `keys` (one uint64 per lane)
    seed the injected noise. Spikes are appended to `spikes` from spikes.ptr[t0] on; the readout
    of step t >= y_start goes to y[(t - y_start) K].
    """
    begin_segment(t0, t1, start, setting, state, tape)
    forward_steps(
        t0, t1, start, setting, wiring, neurons, x, current, keys, state, tape, spikes, y, y_start
    )
    end_segment(t1, start, setting, state, tape)


@inner
def begin_segment(t0: int, t1: int, start: int, setting: Setting, state: State, tape: Tape):
    """See to the current that is under way at t0 being on the tape, and clear the rest up to t1."""
    pending, tape_V = state.pending, tape.V
    width = setting.n + setting.n_out
    rows = setting.max_delay * width
    if t0 == start:  # else it is where the segment before has left it
        copy_lanes(pending, 0, tape_V, 0, rows)
    for i in range((t0 - start) * width + rows, (t1 - start) * width + rows):
        store(tape_V, i, 0.0)


@inner
def end_segment(t1: int, start: int, setting: Setting, state: State, tape: Tape):
    """Keep the current that is under way at t1."""
    width = setting.n + setting.n_out
    copy_lanes(tape.V, (t1 - start) * width, state.pending, 0, setting.max_delay * width)


@inner
def forward_steps(
    t0: int,
    t1: int,
    start: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    x: Events,
    current,
    keys,
    state: State,
    tape: Tape,
    spikes: Events,
    y,
    y_start: int,
):
    """Take steps t0 to t1 on a tape that begins with step `start`: all of them, or one at a time.

    Input spikes of step t are read when it is taken, so that they may depend on the readout of
    step t - 1.
    """
    n, n_out, n_in, tape_V = setting.n, setting.n_out, setting.n_in, tape.V
    first, tiny = setting.first_adaptive, setting.tiny
    for t in range(t0, t1):
        row, begin = (t - start) * (n + n_out), spikes.ptr[t]
        spread(wiring, ZERO, x.source, x.lanes, x.ptr[t], x.ptr[t + 1], tape_V, row)
        end = advance(t, t - start, setting, neurons, current, keys, state, tape, spikes)
        spikes.ptr[t + 1] = end
        spread(wiring, n_in, spikes.source, spikes.lanes, begin, end, tape_V, row)
        read_out(row + n, setting, tape_V, neurons.b_out, state.u, y, t - y_start)
        if (setting.first_step + t + 1) % EVERY == 0:
            flush(state.V, 0, n, tiny)
            flush(state.b, first, n - first, tiny)


@inner
def repeat_adaptation(
    t0: int,
    t1: int,
    setting: Setting,
    neurons: Neurons,
    saved: State,
    k: int,
    spikes: Events,
    tape: Tape,
    z,
):
    """Lay b of steps t0 to t1 on the tape again, from slot `k` of `saved` and the spikes alone."""
    n, first, tiny = setting.n, setting.first_adaptive, setting.tiny
    rho, rise, state_b, tape_b = neurons.rho, neurons.rise, saved.b, tape.b
    ptr, source, lanes = spikes
    copy_items(saved.z, k * n, z, 0, n)
    for t in range(t0, t1):
        row = (t - t0) * (n - first) - first
        for j in range(first, n):
            before = load(state_b, k * n + j)
            if t > t0:
                before = load(tape_b, row - (n - first) + j)
                if (setting.first_step + t) % EVERY == 0:
                    before = flushed(before, tiny)
            spiked = mask_of(tape_b, z[j])
            store(tape_b, row + j, fma(rho[j], before, select(spiked, splat(tape_b, rise[j]), 0.0)))
            z[j] = 0
        for e in range(ptr[t], ptr[t + 1]):
            z[source[e]] = lanes[e]

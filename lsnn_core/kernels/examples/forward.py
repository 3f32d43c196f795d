"""Forward dynamics of a block, from one state to the next (twin: reference/forward.py)."""

from __future__ import annotations

from ..jit import inner
from ..network import ZERO, Constants
from ..neuron import adaptation, is_refractory, potential, threshold, wait_after
from ..random import normal
from ..subnormal import EVERY, flush, flushed
from ..vectors.lanes import bits, insert, lane_count, load, mask_of, splat, store
from .connections import deliver
from .state import Pass, State, Tape


@inner
def copy_lanes(source, start, target, at, count):
    """target[at:at + count] = source[start:start + count] for lane arrays."""
    for i in range(count):
        store(target, at + i, load(source, start + i))


@inner
def clear_lanes(array, start, count):
    """Set count items of a lane array to zero."""
    for i in range(start, start + count):
        store(array, i, 0.0)


@inner
def copy_items(source, start, target, at, count):
    """The same for arrays of plain numbers."""
    for i in range(count):
        target[at + i] = source[start + i]


@inner
def copy_state(constants: Constants, source: State, a: int, target: State, b: int):
    """Copy the state in slot `a` of `source` to slot `b` of `target`, without what is pending."""
    n, k = constants.n, constants.n_out
    copy_lanes(source.V, a * n, target.V, b * n, n)
    copy_lanes(source.b, a * n, target.b, b * n, n)
    copy_lanes(source.u, a * k, target.u, b * k, k)
    copy_items(source.z, a * n, target.z, b * n, n)
    copy_lanes(source.wait, a * n, target.wait, b * n, n)


@inner
def copy_pending(constants: Constants, source: State, a: int, target: State, b: int):
    """Copy what past spikes will still deliver, likewise."""
    rows = constants.max_delay * (constants.n + constants.n_out)
    copy_lanes(source.pending, a * rows, target.pending, b * rows, rows)


@inner
def tape_steps(constants: Constants, tape: Tape) -> int:
    """Steps for which the tape holds b."""
    adaptive = constants.n - constants.first_adaptive
    return tape.b.size // adaptive if adaptive > 0 else 1


@inner
def forward_segment(t0: int, t1: int, start: int, p: Pass):
    """Advance the state from step t0 to t1, leaving the segment on the tape.

    The tape begins with step `start`: t0, or an earlier one whose segment is on it, too. Spikes are
    appended from spikes.ptr[t0] on; the readout of step t >= y_start goes to y[(t - y_start) K].
    """
    begin_segment(t0, start, p)
    forward_steps(t0, t1, start, p)
    end_segment(t1, start, p)


@inner
def begin_segment(t0: int, start: int, p: Pass):
    """See to the current that is under way at t0 being on the tape."""
    rows, tape_V = p.constants.max_delay * (p.constants.n + p.constants.n_out), p.tape.V
    if t0 == start:  # else it is where the segment before has left it
        if p.state.pending.size > 0:
            copy_lanes(p.state.pending, 0, tape_V, 0, rows)
        else:
            clear_lanes(tape_V, 0, rows)


@inner
def end_segment(t1: int, start: int, p: Pass):
    """Keep the current that is under way at t1, if there is room for it."""
    width = p.constants.n + p.constants.n_out
    if p.state.pending.size > 0:
        copy_lanes(
            p.tape.V, (t1 - start) * width, p.state.pending, 0, p.constants.max_delay * width
        )


@inner
def forward_steps(t0: int, t1: int, start: int, p: Pass):
    """Take steps t0 to t1 on a tape that begins with step `start`: all of them, or one at a time.

    Input spikes of step t are read when it is taken, so that they may depend on the readout of
    step t - 1.
    """
    n, first, tiny = p.constants.n, p.constants.first_adaptive, p.constants.tiny
    width = n + p.constants.n_out
    for t in range(t0, t1):
        row = (t - start) * width
        clear_lanes(p.tape.V, row + p.constants.max_delay * width, width)  # soon written to
        deliver(t, ZERO, p.x, p.connections, p.tape.V, row)
        p.spikes.ptr[t + 1] = advance(t, t - start, p)
        deliver(t, p.constants.n_in, p.spikes, p.connections, p.tape.V, row)
        read_out(row + n, t - p.sizes.y_start, p)
        if (p.constants.first_step + t + 1) % EVERY == 0:
            flush(p.state.V, 0, n, tiny)
            flush(p.state.b, first, n - first, tiny)


@inner
def advance(t: int, local: int, p: Pass) -> int:
    """The neurons at step t, which is number `local` on the tape.

    Writes who fired after the spikes of the steps before, and returns where they end.
    """
    constants, spikes = p.constants, p.spikes
    n, first = constants.n, constants.first_adaptive
    alpha, gain, rho, rise, beta, b0, n_ref, _ = p.neurons
    state_V, state_b, _, wait, state_z, _ = p.state
    tape_V, tape_b, tape_ref = p.tape
    row = local * (n + constants.n_out)
    row_b = (local % tape_steps(constants, p.tape)) * (n - first) - first
    count = spikes.ptr[t]
    # a view is indexed by j alone, which cannot be negative: nothing has to be tested
    still = tape_ref[local * n : local * n + n]
    for j in range(n):
        z_before, V_before = mask_of(tape_V, state_z[j]), load(state_V, j)
        I = synaptic_current(t, j, row, p)
        B = splat(tape_V, b0[j])
        B_before = B
        if j >= first:
            b_before = load(state_b, j)
            b = adaptation(b_before, z_before, rho[j], splat(tape_V, rise[j]))
            B_before, B = threshold(b_before, beta[j], B), threshold(b, beta[j], B)
            store(state_b, j, b)
            store(tape_b, row_b + j, b)
        B_reset = B if constants.official else B_before
        V = potential(V_before, I, z_before, B_reset, alpha[j], gain[j])
        tested = V_before if constants.official else V
        store(state_V, j, V)
        store(tape_V, row + j, tested)

        waits = load(wait, j)
        refractory = is_refractory(waits)
        above = (tested > B) & ~refractory
        store(wait, j, wait_after(above, waits, splat(tape_V, n_ref[j])))
        still[j] = bits(refractory)
        fired = bits(above) & constants.used_lanes
        state_z[j] = fired
        if fired != 0:
            spikes.source[count] = j
            spikes.lanes[count] = fired
            count += 1
    return count


@inner
def synaptic_current(t: int, j: int, row: int, p: Pass):
    """What neuron j gets at step t: from spikes, injected, and as noise."""
    I, at = load(p.tape.V, row + j), t * p.constants.n + j
    if p.current.size > 0:
        I = I + load(p.current, at)
    if p.constants.noise > 0.0:
        drawn = p.constants.first_step * p.constants.n  # by the steps before
        I = I + p.constants.noise * noise_lanes(p.tape.V, p.keys, drawn + at)
    return I


@inner
def noise_lanes(tape, keys, counter: int):
    """Standard normal numbers, one per lane, drawn from that lane's key at `counter`."""
    xi = splat(tape, 0.0)
    for lane in range(lane_count(tape)):
        xi = insert(xi, lane, normal(keys[lane], counter))
    return xi


@inner
def read_out(at: int, since: int, p: Pass):
    """The readouts from what has arrived at `at` on the tape; kept from step `since` = 0 on."""
    n_out, kappa, state_u = p.constants.n_out, p.constants.kappa, p.state.u
    for k in range(n_out):
        u = kappa * load(state_u, k) + (1.0 - kappa) * load(p.tape.V, at + k)
        store(state_u, k, flushed(u, p.constants.tiny))
        if since >= 0:
            store(p.y, since * n_out + k, u + p.neurons.b_out[k])


@inner
def repeat_adaptation(t0: int, t1: int, k: int, p: Pass, z):
    """Lay b of steps t0 to t1 on the tape again, from slot `k` of `saved` and the spikes alone."""
    n, first = p.constants.n, p.constants.first_adaptive
    rho, rise, state_b, tape_b = p.neurons.rho, p.neurons.rise, p.saved.b, p.tape.b
    ptr, source, lanes = p.spikes
    copy_items(p.saved.z, k * n, z, 0, n)
    for t in range(t0, t1):
        row = (t - t0) * (n - first) - first
        for j in range(first, n):
            before = load(state_b, k * n + j)
            if t > t0:
                before = load(tape_b, row - (n - first) + j)
                if (p.constants.first_step + t) % EVERY == 0:
                    before = flushed(before, p.constants.tiny)
            spiked = mask_of(tape_b, z[j])
            store(tape_b, row + j, adaptation(before, spiked, rho[j], splat(tape_b, rise[j])))
            z[j] = 0
        for e in range(ptr[t], ptr[t + 1]):
            z[source[e]] = lanes[e]

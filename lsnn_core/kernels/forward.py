"""Forward dynamics of a block, from one state to the next (twin: reference/forward.py)."""

from __future__ import annotations

from .block import ZERO, Events, Neurons, Setting, State, Tape, Wiring
from .jit import inner
from .lanes import bits, fma, insert, lane_count, load, mask_of, select, splat, store
from .random import normal
from .subnormal import EVERY, flush, flushed
from .walk import spread


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
def ring_size(setting: Setting, state: State) -> int:
    """Items of the refractory ring of one slot."""
    return state.release.size // (state.z.size // setting.n)


@inner
def tape_steps(setting: Setting, tape: Tape) -> int:
    """Steps for which the tape holds b."""
    adaptive = setting.n - setting.first_adaptive
    return tape.b.size // adaptive if adaptive > 0 else 1


@inner
def noise_lanes(tape, keys, counter: int):
    """Standard normal numbers, one per lane, drawn from that lane's key at `counter`."""
    xi = splat(tape, 0.0)
    for lane in range(lane_count(tape)):
        xi = insert(xi, lane, normal(keys[lane], counter))
    return xi


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
    # named once: a field read inside the loops would cost a reference count each time
    n, n_out, first = setting.n, setting.n_out, setting.first_adaptive
    width = n + n_out
    alpha, gain, rho, rise, beta, b0, n_ref, b_out = neurons
    state_V, state_b, state_u, state_z, state_ref, release, _ = state
    tape_V, tape_b, tape_ref, tape_alpha, tape_rho = tape
    x_ptr, x_source, x_lanes = x
    ptr, source, lanes = spikes
    ring, steps_b = ring_size(setting, state) // n, tape_steps(setting, tape)
    wanted, noisy, driven = tape_alpha.size > 0, setting.noise > 0.0, current.size > 0
    disturbed = noisy or driven

    for t in range(t0, t1):
        local, now = t - start, t % ring
        row, row_b = local * width, (local % steps_b) * (n - first) - first
        # a view is indexed by j alone, which cannot be negative: nothing has to be tested
        released, still = release[now * n : now * n + n], tape_ref[local * n : local * n + n]
        spread(wiring, ZERO, x_source, x_lanes, x_ptr[t], x_ptr[t + 1], tape_V, row)

        count = ptr[t]
        for j in range(n):
            z_before = mask_of(tape_V, state_z[j])
            V_before = load(state_V, j)
            I = load(tape_V, row + j)  # noqa: E741
            if disturbed:
                if driven:
                    I = I + load(current, t * n + j)  # noqa: E741
                if noisy:
                    I = I + setting.noise * noise_lanes(tape_V, keys, t * n + j)  # noqa: E741

            B = splat(tape_V, b0[j])
            B_before = B
            if j >= first:
                b_before = load(state_b, j)
                b = fma(rho[j], b_before, select(z_before, splat(tape_V, rise[j]), 0.0))
                B_before = fma(beta[j], b_before, B)
                B = fma(beta[j], b, B)
                store(state_b, j, b)
                store(tape_b, row_b + j, b)
                if wanted:
                    store(tape_rho, row_b + j, b_before - select(z_before, splat(tape_V, 1.0), 0.0))
            V = fma(alpha[j], V_before, gain[j] * I)
            V = V - select(z_before, B if setting.official else B_before, 0.0)
            tested = V_before if setting.official else V
            store(state_V, j, V)
            store(tape_V, row + j, tested)
            if wanted:
                store(tape_alpha, local * n + j, V_before - I)

            refractory = state_ref[j] & ~released[j]
            released[j] = 0
            still[j] = refractory
            fired = bits(tested > B) & setting.alive & ~refractory
            state_z[j] = fired
            state_ref[j] = refractory | fired
            if fired != 0:
                free = now + n_ref[j] + 1  # a division would take as long as the rest
                release[(free - ring if free >= ring else free) * n + j] = fired
                source[count] = j
                lanes[count] = fired
                count += 1
        ptr[t + 1] = count

        spread(wiring, setting.n_in, source, lanes, ptr[t], count, tape_V, row)
        for k in range(n_out):
            u = setting.kappa * load(state_u, k) + (1.0 - setting.kappa) * load(tape_V, row + n + k)
            store(state_u, k, flushed(u, setting.tiny))
            if t >= y_start:
                store(y, (t - y_start) * n_out + k, u + b_out[k])
        if (t + 1) % EVERY == 0:
            flush(state_V, 0, n, setting.tiny)
            flush(state_b, first, n - first, setting.tiny)


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
                if t % EVERY == 0:
                    before = flushed(before, tiny)
            spiked = mask_of(tape_b, z[j])
            store(tape_b, row + j, fma(rho[j], before, select(spiked, splat(tape_b, rise[j]), 0.0)))
            z[j] = 0
        for e in range(ptr[t], ptr[t + 1]):
            z[source[e]] = lanes[e]

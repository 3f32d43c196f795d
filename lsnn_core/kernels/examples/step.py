"""One step of a block forward (twin: reference/forward.py)."""

from __future__ import annotations

from ..jit import inner
from ..random import normal
from ..subnormal import flushed
from ..vectors.lanes import bits, fma, insert, lane_count, load, mask_of, select, splat, store
from .state import Events, Neurons, Setting, State, Tape


@inner
def ring_size(setting: Setting, state: State) -> int:
    """Items of the refractory ring of one slot."""
    return state.release.size // max(state.z.size // max(setting.n, 1), 1)


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
def synaptic_current(t: int, j: int, row: int, setting: Setting, current, keys, tape_V):
    """What neuron j gets at step t: from spikes, injected, and as noise."""
    I = load(tape_V, row + j)  # noqa: E741
    if current.size > 0:
        I = I + load(current, t * setting.n + j)  # noqa: E741
    if setting.noise > 0.0:
        counter = (setting.first_step + t) * setting.n + j
        I = I + setting.noise * noise_lanes(tape_V, keys, counter)  # noqa: E741
    return I


@inner
def advance(
    t: int,
    local: int,
    setting: Setting,
    neurons: Neurons,
    current,
    keys,
    state: State,
    tape: Tape,
    spikes: Events,
) -> int:
    """The neurons at step t, which is number `local` on the tape.

    Writes who fired after the spikes of the steps before, and returns where they end.
    """
    n, first = setting.n, setting.first_adaptive
    if n == 0:
        return spikes.ptr[t]
    alpha, gain, rho, rise, beta, b0, n_ref, _ = neurons
    state_V, state_b, _, state_z, state_ref, release, _ = state
    tape_V, tape_b, tape_ref, tape_alpha, tape_rho = tape
    ring, wanted = ring_size(setting, state) // n, tape_alpha.size > 0
    now, row = t % ring, local * (n + setting.n_out)
    row_b = (local % tape_steps(setting, tape)) * (n - first) - first
    count = spikes.ptr[t]
    # a view is indexed by j alone, which cannot be negative: nothing has to be tested
    released, still = release[now * n : now * n + n], tape_ref[local * n : local * n + n]
    for j in range(n):
        z_before, V_before = mask_of(tape_V, state_z[j]), load(state_V, j)
        I = synaptic_current(t, j, row, setting, current, keys, tape_V)  # noqa: E741
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
            spikes.source[count] = j
            spikes.lanes[count] = fired
            count += 1
    return count


@inner
def read_out(at: int, setting: Setting, tape_V, b_out, state_u, y, since: int):
    """The readouts from what has arrived at `at` on the tape; kept from step `since` = 0 on."""
    n_out = setting.n_out
    for k in range(n_out):
        u = setting.kappa * load(state_u, k) + (1.0 - setting.kappa) * load(tape_V, at + k)
        store(state_u, k, flushed(u, setting.tiny))
        if since >= 0:
            store(y, since * n_out + k, u + b_out[k])

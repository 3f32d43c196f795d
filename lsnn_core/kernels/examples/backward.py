"""One step of a block back (twin: reference/adjoint.py)."""

from __future__ import annotations

from ..jit import inner
from ..neuron import is_near, through_spike
from ..subnormal import flushed
from ..vectors.lanes import bits, fma, load, mask_of, select, splat, store
from .connections import gather
from .state import Adjoint, Events, Neurons, Setting, State, Tape, Wiring
from .step import tape_steps


@inner
def readout_back(at: int, setting: Setting, d_y, since: int, tape_V, next_u):
    """dL/du of a step, and what it brings to the readouts' currents, at `at` on the tape.

    The loss reads the readout from step `since` = 0 on.
    """
    n_out = setting.n_out
    for k in range(n_out):
        d_u = setting.kappa * load(next_u, k)
        if since >= 0:
            d_u = d_u + load(d_y, since * n_out + k)
        store(next_u, k, flushed(d_u, setting.tiny))
        store(tape_V, at + k, (1.0 - setting.kappa) * d_u)


@inner
def reset_spikes(t: int, setting: Setting, spikes: Events, start: State, z):
    """Write into `z` the spikes that the reset term of step t + 1 (or t, "lsnn-official") sees."""
    step = t - 1 if setting.official else t
    for j in range(setting.n):
        z[j] = start.z[j] if step < 0 else 0
    if step >= 0:
        for e in range(spikes.ptr[step], spikes.ptr[step + 1]):
            z[spikes.source[e]] = spikes.lanes[e]


@inner
def step_back(
    local: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    d_z,
    tape: Tape,
    adjoint: Adjoint,
    z,
):
    """The neurons from dL/dV and dL/db of the next step to those of the one numbered `local`.

    Leaves dL/dI on the tape. `z` are the spikes that the reset sees.
    """
    n, n_in, first = setting.n, setting.n_in, setting.first_adaptive
    indptr, offset, weight = wiring
    alpha, gain, rho, rise, beta, b0, _, _ = neurons
    tape_V, tape_b, tape_ref, tape_alpha, tape_rho = tape
    next_V, next_b, next_fire, next_B = adjoint[:4]
    sum_alpha, sum_rho, sum_beta, sum_b0 = adjoint[5:9]
    keep = 1.0 if setting.through_reset else 0.0
    wanted, row = sum_alpha.size > 0, local * (n + setting.n_out)
    row_b = (local % tape_steps(setting, tape)) * (n - first) - first
    refractory = tape_ref[local * n : local * n + n]
    for j in range(n):
        V, B, per_B = load(tape_V, row + j), splat(tape_V, b0[j]), splat(tape_V, 1.0 / b0[j])
        d_b_next = splat(tape_V, 0.0)
        if j >= first:
            b = load(tape_b, row_b + j)
            B = fma(beta[j], b, B)
            d_b_next = load(next_b, j)
        d_V_next = load(next_V, j)

        near = is_near(V, B, mask_of(tape_V, refractory[j]))
        d_fire, d_B = splat(tape_V, 0.0), splat(tape_V, 0.0)
        if bits(near) != 0:
            gz = gather(indptr, offset, weight, n_in + j, tape_V, row)
            gz = gz + d_z[j] + rise[j] * d_b_next
            gz = gz - keep * (load(next_B, j) if setting.official else B) * d_V_next
            if j >= first:
                per_B = 1.0 / B
            d_fire, d_B = through_spike(gz, V, per_B, near, setting.gamma)

        if setting.official:
            d_V = fma(alpha[j], d_V_next, load(next_fire, j))
            d_B = d_B - keep * select(mask_of(tape_V, z[j]), d_V, 0.0)
            store(next_fire, j, d_fire)
            store(next_B, j, B)
        else:
            d_V = fma(alpha[j], d_V_next, d_fire)
            d_B = d_B - keep * select(mask_of(tape_V, z[j]), d_V_next, 0.0)
        d_V = flushed(d_V, setting.tiny)
        store(next_V, j, d_V)
        store(tape_V, row + j, gain[j] * d_V)
        if j >= first:
            d_b = flushed(fma(rho[j], d_b_next, beta[j] * d_B), setting.tiny)
            store(next_b, j, d_b)
            if wanted:
                add(sum_beta, j, d_B * b)
                add(sum_rho, j, d_b * load(tape_rho, row_b + j))
        if wanted:
            add(sum_alpha, j, d_V * load(tape_alpha, local * n + j))
            add(sum_b0, j, d_B)


@inner
def add(array, index: int, value):
    """array[index] += value, on lanes."""
    store(array, index, load(array, index) + value)

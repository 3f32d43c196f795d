"""Reverse-time adjoint of a block (twin: reference/adjoint.py)."""

from __future__ import annotations

from .block import ZERO, Adjoint, Events, Neurons, Setting, State, Tape, Wiring
from .forward import copy_lanes, tape_steps
from .jit import inner
from .lanes import bits, fabs, fma, load, mask_of, select, splat, store
from .subnormal import flushed
from .walk import gather, weight_gradient


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
def backward_segment(
    t0: int,
    t1: int,
    start: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    x: Events,
    spikes: Events,
    first_state: State,
    d_y,
    y_start: int,
    d_z,
    tape: Tape,
    adjoint: Adjoint,
    z,
):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the tape.

    The tape begins with step `start`; its rows t1 .. t1 + D must hold dL/dI of the steps after the
    segment (zeros after the last step). `d_z` (N,) is what the loss adds to dL/dz at every step,
    `first_state` the state before t = 0 of the whole run, `z` (N,) scratch.
    """
    # named once: a field read inside the loops would cost a reference count each time
    n, n_in, n_out, first = setting.n, setting.n_in, setting.n_out, setting.first_adaptive
    width = n + n_out
    indptr, offset, weight = wiring
    alpha, gain, rho, rise, beta, b0, _, _ = neurons
    tape_V, tape_b, tape_ref, tape_alpha, tape_rho = tape
    next_V, next_b, next_fire, next_B, next_u = adjoint[:5]
    sum_alpha, sum_rho, sum_beta, sum_b0 = adjoint[5:9]
    keep = 1.0 if setting.through_reset else 0.0
    wanted, steps_b = sum_alpha.size > 0, tape_steps(setting, tape)

    for t in range(t1 - 1, t0 - 1, -1):
        local = t - start
        row, row_b = local * width, (local % steps_b) * (n - first) - first
        refractory = tape_ref[local * n : local * n + n]
        for k in range(n_out):
            d_u = setting.kappa * load(next_u, k)
            if t >= y_start:
                d_u = d_u + load(d_y, (t - y_start) * n_out + k)
            store(next_u, k, flushed(d_u, setting.tiny))
            store(tape_V, row + n + k, (1.0 - setting.kappa) * d_u)
        reset_spikes(t, setting, spikes, first_state, z)
        weight_gradient(t, ZERO, x, indptr, offset, tape_V, row, adjoint.weight)
        weight_gradient(t, n_in, spikes, indptr, offset, tape_V, row, adjoint.weight)

        for j in range(n):
            V, B, per_B = load(tape_V, row + j), splat(tape_V, b0[j]), splat(tape_V, 1.0 / b0[j])
            d_b_next = splat(tape_V, 0.0)
            if j >= first:
                b = load(tape_b, row_b + j)
                B = fma(beta[j], b, B)
                d_b_next = load(next_b, j)
            d_V_next = load(next_V, j)

            # psi is 0 outside 0 < V < 2 B: the connections of the other neurons need not be read
            near = (V > 0.0) & (B + B > V) & ~mask_of(tape_V, refractory[j])
            d_fire, d_B = splat(tape_V, 0.0), splat(tape_V, 0.0)
            if bits(near) != 0:
                gz = gather(indptr, offset, weight, n_in + j, tape_V, row)
                gz = gz + d_z[j] + rise[j] * d_b_next
                gz = gz - keep * (load(next_B, j) if setting.official else B) * d_V_next
                if j >= first:
                    per_B = 1.0 / B
                v = V * per_B
                psi = setting.gamma * (1.0 - fabs(v - 1.0))
                d_fire = select(near, gz * psi * per_B, 0.0)
                d_B = 0.0 - d_fire * v

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

    if adjoint.current.size > 0:
        for t in range(t0, t1):
            copy_lanes(tape_V, (t - start) * width, adjoint.current, t * n, n)


@inner
def add(array, index: int, value):
    """array[index] += value, on lanes."""
    store(array, index, load(array, index) + value)

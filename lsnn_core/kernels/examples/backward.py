"""A block backward, step by step (twin: reference/adjoint.py)."""

from __future__ import annotations

from ..jit import inner
from ..network import ZERO
from ..neuron import (
    left_behind,
    per_alpha,
    per_rho,
    psi_nonzero,
    threshold,
    through_adaptation,
    through_spike,
    through_time,
)
from ..subnormal import flushed
from ..sums import add
from ..vectors.lanes import bits, load, mask_of, splat, store
from .connections import gather, weight_gradient
from .forward import clear_lanes, copy_lanes, tape_steps
from .state import Adjoint, Pass


@inner
def backward_segment(t0: int, t1: int, start: int, p: Pass, adjoint: Adjoint):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the tape.

    The tape begins with step `start`; its rows t1 .. t1 + D must hold dL/dI of the steps after the
    segment (zeros after the last step).
    """
    n, tape_V, weight = p.constants.n, p.tape.V, adjoint.weight
    width = n + p.constants.n_out
    for t in range(t1 - 1, t0 - 1, -1):
        row = (t - start) * width
        readout_back(row + n, t - p.sizes.y_start, p, adjoint)
        reset_spikes(t, p, adjoint.z)
        weight_gradient(t, ZERO, p.x, p.connections, tape_V, row, weight)
        weight_gradient(t, p.constants.n_in, p.spikes, p.connections, tape_V, row, weight)
        step_back(t, t - start, p, adjoint)
        if adjoint.current.size > 0:
            copy_lanes(tape_V, row, adjoint.current, t * n, n)
        if p.sizes.truncate > 0 and t > 0 and t % p.sizes.truncate == 0:
            cut(row, p, adjoint)


@inner
def cut(row: int, p: Pass, adjoint: Adjoint):
    """Hand nothing on to the step before the one at `row` of the tape: truncated BPTT."""
    n, n_out = p.constants.n, p.constants.n_out
    clear_lanes(adjoint.V, 0, n)
    clear_lanes(adjoint.b, 0, n)
    clear_lanes(adjoint.fire, 0, n)
    clear_lanes(adjoint.u, 0, n_out)
    clear_lanes(p.tape.V, row, p.constants.max_delay * (n + n_out))  # spikes were under way


@inner
def readout_back(at: int, since: int, p: Pass, adjoint: Adjoint):
    """dL/du of a step, and what it brings to the readouts' currents, at `at` on the tape.

    The loss reads the readout from step `since` = 0 on.
    """
    n_out, kappa, next_u = p.constants.n_out, p.constants.kappa, adjoint.u
    for k in range(n_out):
        d_u = kappa * load(next_u, k)
        if since >= 0:
            d_u = d_u + load(adjoint.d_y, since * n_out + k)
        store(next_u, k, flushed(d_u, p.constants.tiny))
        store(p.tape.V, at + k, (1.0 - kappa) * d_u)


@inner
def reset_spikes(t: int, p: Pass, z):
    """Write into `z` the spikes that the reset term of step t + 1 (or t, "lsnn-official") sees."""
    step, spikes, first_z = t - 1 if p.constants.official else t, p.spikes, p.saved.z
    for j in range(p.constants.n):
        z[j] = first_z[j] if step < 0 else 0
    if step >= 0:
        for e in range(spikes.ptr[step], spikes.ptr[step + 1]):
            z[spikes.source[e]] = spikes.lanes[e]


@inner
def step_back(t: int, local: int, p: Pass, adjoint: Adjoint):
    """The neurons from dL/dV and dL/db of step t + 1 to those of step t.

    Leaves dL/dI on the tape, where the step is the one numbered `local`.
    """
    constants = p.constants
    n, n_in, first = constants.n, constants.n_in, constants.first_adaptive
    alpha, gain, rho, rise, beta, b0, _, _ = p.neurons
    tape_V, tape_b, tape_ref = p.tape
    next_V, next_b, next_fire, next_B = adjoint[:4]
    sum_alpha, sum_rho, sum_beta, sum_b0 = adjoint[5:9]
    d_z, d_z_each, z, official = adjoint.d_z, adjoint.d_z_each, adjoint.z, constants.official
    reset_gradient = 1.0 if constants.through_reset else 0.0
    gamma, surrogate = constants.gamma, constants.surrogate
    with_constants, row = sum_alpha.size > 0, local * (n + constants.n_out)
    row_b = (local % tape_steps(constants, p.tape)) * (n - first) - first
    still = tape_ref[local * n : local * n + n]
    for j in range(n):
        V, B, per_B = load(tape_V, row + j), splat(tape_V, b0[j]), splat(tape_V, 1.0 / b0[j])
        d_b_next = splat(tape_V, 0.0)
        if j >= first:
            b = load(tape_b, row_b + j)
            B = threshold(b, beta[j], B)
            d_b_next = load(next_b, j)
        d_V_next = load(next_V, j)

        refractory = mask_of(tape_V, still[j])
        nonzero = psi_nonzero(V, B, refractory, surrogate)
        d_fire, d_B = splat(tape_V, 0.0), splat(tape_V, 0.0)
        if bits(nonzero) != 0:
            B_reset = load(next_B, j) if official else B
            gz = gather(p.connections, n_in + j, tape_V, row) + d_z[j]
            if d_z_each.size > 0:
                gz = gz + load(d_z_each, t * n + j)
            gz = left_behind(gz, rise[j], d_b_next, B_reset, d_V_next, reset_gradient)
            if j >= first:
                per_B = 1.0 / B
            d_fire, d_B = through_spike(gz, V, per_B, nonzero, gamma, surrogate)

        spiked = mask_of(tape_V, z[j])
        d_fire_next = load(next_fire, j) if official else d_fire
        d_V, d_B = through_time(
            d_fire, d_B, spiked, d_V_next, d_fire_next, alpha[j], reset_gradient, official
        )
        if official:
            store(next_fire, j, d_fire)
            store(next_B, j, B)
        d_V = flushed(d_V, constants.tiny)
        store(next_V, j, d_V)
        store(tape_V, row + j, gain[j] * d_V)
        if j >= first:
            d_b = through_adaptation(d_b_next, d_B, rho[j], beta[j])
            d_b = flushed(d_b, constants.tiny)
            store(next_b, j, d_b)
            if with_constants:
                add(sum_beta, j, d_B * b)
                add(sum_rho, j, d_b_next * per_rho(b, (V > B) & ~refractory))
        if with_constants:
            d_V_reset = d_V if official else d_V_next
            add(sum_alpha, j, per_alpha(V, B, spiked, d_V_reset, d_fire, gain[j]))
            add(sum_b0, j, d_B)

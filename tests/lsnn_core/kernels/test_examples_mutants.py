"""Mistakes put into the text of the kernels: comparing them with the reference must notice each."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradcheck import Case, kernel_difference
from tests.helpers.interpreted import small_case as case
from tests.helpers.interpreted import use_interpreted_kernels

FORWARD = {
    "rise of b": ("splat(tape_V, rise[j])", "splat(tape_V, 1.0)"),
    "threshold a step late": (
        "B = fma(beta[j], b, B)\n            store(state_b",
        "B = B_before\n            store(state_b",
    ),
    "reset's threshold": ("B if setting.official else B_before", "B"),
    "tested potential": ("V_before if setting.official else V", "V"),
    "a refractory step too few": ("now + n_ref[j] + 1", "now + n_ref[j]"),
    "end of the refractory ring": ("if free >= ring else", "if free > ring else"),
    "refractory ring not cleared": ("released[j] = 0", "pass"),
    "readout's gain": ("(1.0 - setting.kappa) * load(tape_V", "1.0 * load(tape_V"),
    "injected current": ("I = I + load(current, t * setting.n + j)", "pass"),
    "noise of the steps before": ("(setting.first_step + t) * setting.n", "t * setting.n"),
    "noise of one neuron for all": ("t) * setting.n + j", "t) * setting.n"),
    "current under way": ("copy_lanes(pending, 0, tape_V, 0, rows)", "pass"),
}
BACKWARD = {
    "through the reset": ("gz = gz - keep *", "gz = gz - 0.0 *"),
    "reset's threshold, official": ("load(next_B, j) if setting.official else B)", "B)"),
    "through adaptation": ("rise[j] * d_b_next", "0.0 * d_b_next"),
    "sign of the regulariser": ("+ d_z[j]", "- d_z[j]"),
    "dampening": ("gamma * (1.0", "(1.0"),
    "psi while refractory": ("(B + B > V) & ~refractory", "(B + B > V)"),
    "half of psi": ("(B + B > V)", "(B > V)"),
    "through the tested threshold": ("0.0 - d_fire * v", "0.0 * d_fire"),
    "through the reset's threshold": (
        "mask_of(tape_V, z[j]), d_V_next",
        "mask_of(tape_V, 0), d_V_next",
    ),
    "through the reset's, official": ("mask_of(tape_V, z[j]), d_V,", "mask_of(tape_V, 0), d_V,"),
    "a step late, official": ("d_V_next, load(next_fire, j))", "d_V_next, d_fire)"),
    "membrane's decay": ("fma(alpha[j], d_V_next, d_fire)", "fma(1.0, d_V_next, d_fire)"),
    "adaptation's decay": ("fma(rho[j], d_b_next", "fma(1.0, d_b_next"),
    "membrane's gain": ("gain[j] * d_V)", "d_V)"),
    "gain of the readout": ("(1.0 - setting.kappa) * d_u", "d_u"),
    "decay of the readout": ("d_u = setting.kappa * load(", "d_u = load("),
    "a step of the readout": ("load(d_y, since * n_out + k)", "load(d_y, k)"),
    "reset a step late, official": ("t - 1 if setting.official else t", "t"),
    "spikes before the first step": ("start.z[j] if step < 0 else 0", "0"),
    "gradient of rho": ("d_b * load(tape_rho", "d_B * load(tape_rho"),
    "gradient of alpha": ("d_V * load(tape_alpha", "d_fire * load(tape_alpha"),
    "gradient of the current": ("adjoint.current, t * n, n)", "adjoint.current, 0, n)"),
}
WALK = {
    "a delay too short, forward": ("at = row + item(offset, c)", "at = row - 1 + item(offset, c)"),
    "only the first lane's spike": ("mask_of(tape, lanes[e])", "mask_of(tape, lanes[e] & 1)"),
    "end of a row": ("for c in range(rest, stop)", "for c in range(rest, rest)"),
    "one of the sums": ("return total + second", "return total"),
    "other examples' spikes": ("spiked = int(lanes[e])", "spiked = 3"),
    "an arrival too early": ("tape, row, lane, offset", "tape, row - 1, lane, offset"),
    "only one of the spikes": ("spiked &= spiked - 1", "spiked = 0"),
    "not added to what was there": ("load_some(gradient, gradient, c, some)", "0.0"),
}
ROWS = {
    "a delay too short": ("n_in + j, tape_V, row)", "n_in + j, tape_V, row - 1)"),
    "another source's row": ("weight, n_in + j, tape_V", "weight, j, tape_V"),
    "inputs' rows for neurons": ("weight_gradient(t, n_in,", "weight_gradient(t, 0,"),
}
RUN = {
    "deposits beyond the segment": (
        "copy_lanes(after, 0, tape.V, (t1 - start) * width, rows)",
        "pass",
    ),
    "what comes after a segment": ("copy_lanes(tape.V, 0, after, 0, rows)", "pass"),
    "nothing after the end": ("store(after, i, 0.0)", "pass"),
    "state of a recomputed segment": (
        "copy_state(setting, saved, before, state",
        "copy_state(setting, saved, 0, state",
    ),
}
MUTANTS = {**FORWARD, **BACKWARD, **WALK, **ROWS, **RUN}


CASES = (
    case("list"),
    case("list, official", convention="lsnn-official", noise_std=0.05),
)


def largest_error(drawn: Case) -> float:
    try:
        with np.errstate(over="ignore"):  # the hash of the noise wraps around
            return max(kernel_difference(drawn, lanes=2, segment=7).values())
    except (IndexError, UsageError):  # an index out of bounds, events that are none
        return float("inf")


@pytest.mark.parametrize("drawn", CASES, ids=lambda drawn: drawn.name)
def test_interpreted_kernels_equal_the_reference(drawn, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path)

    assert largest_error(drawn) <= 1e-12


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_the_kernels_is_noticed(name, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *MUTANTS[name])

    assert any(largest_error(drawn) > 1e-6 for drawn in CASES)

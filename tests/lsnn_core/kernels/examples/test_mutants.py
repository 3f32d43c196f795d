"""Mistakes put into the kernels whose vectors hold examples: the reference must notice each."""

from __future__ import annotations

import pytest

from lsnn_core.gradient_checks import Case, kernel_difference
from tests.helpers.interpreted import largest_error, use_interpreted_kernels
from tests.helpers.interpreted import small_case as case
from tests.helpers.plans import example_plan
from tests.tolerances import MISTAKE, ROUNDING

FORWARD = {
    "threshold a step late": (
        "threshold(b, beta[j], B)\n            store(state_b",
        "threshold(b_before, beta[j], B)\n            store(state_b",
    ),
    "reset's threshold": ("B if constants.official else B_before", "B"),
    "tested potential": ("V_before if constants.official else V", "V"),
    "another neuron's refractory period": ("splat(tape_V, n_ref[j])", "splat(tape_V, n_ref[0])"),
    "who waits goes on": ("(tested > B) & ~refractory", "(tested > B)"),
    "steps left forgotten": ("copy_lanes(source.wait, a * n, target.wait, b * n, n)", "pass"),
    "readout's gain": ("(1.0 - kappa) * load(p.tape.V", "1.0 * load(p.tape.V"),
    "injected current": ("I = I + load(p.current, at)", "pass"),
    "noise of the steps before": ("drawn + at)", "at)"),
    "noise of one neuron for all": ("t * p.constants.n + j", "t * p.constants.n"),
    "a row of the tape as it was left": (
        "clear_lanes(p.tape.V, row + p.constants.max_delay * width, width)",
        "pass",
    ),
    "current under way": ("copy_lanes(p.state.pending, 0, tape_V, 0, rows)", "pass"),
}
BACKWARD = {
    "reset's threshold, official": ("load(next_B, j) if official else B\n", "B\n"),
    "sign of the regulariser": ("+ d_z[j]", "- d_z[j]"),
    "another surrogate's psi": ("nonzero, gamma, surrogate)", "nonzero, gamma, 0)"),
    "another surrogate's end": ("psi_nonzero(V, B, refractory, surrogate)", "V > 0.0"),
    "spikes of the reset": ("mask_of(tape_V, z[j])", "mask_of(tape_V, 0)"),
    "a step late, official": ("load(next_fire, j) if official else d_fire", "d_fire"),
    "membrane's gain": ("gain[j] * d_V)", "d_V)"),
    "gain of the readout": ("(1.0 - kappa) * d_u", "d_u"),
    "decay of the readout": ("d_u = kappa * load(", "d_u = load("),
    "a step of the readout": ("load(adjoint.d_y, since * n_out + k)", "load(adjoint.d_y, k)"),
    "reset a step late, official": ("t - 1 if p.constants.official else t", "t"),
    "spikes before the first step": ("first_z[j] if step < 0 else 0", "0"),
    "gradient of rho": ("d_b_next * per_rho(", "d_b * per_rho("),
    "gradient of rho: spikes of another step": (
        "per_rho(b, (V > B) & ~refractory)",
        "per_rho(b, spiked)",
    ),
    "gradient of rho: who waits": ("per_rho(b, (V > B) & ~refractory)", "per_rho(b, V > B)"),
    "gradient of alpha": ("d_V if official else d_V_next\n", "d_V_next\n"),
    "gradient of alpha, the paper's": ("d_V if official else d_V_next\n", "d_V\n"),
    "gradient of alpha: the reset": ("per_alpha(V, B, spiked,", "per_alpha(V, 0.0 * B, spiked,"),
    "gradient of b0": ("add(sum_b0, j, d_B)", "add(sum_b0, j, d_fire)"),
    "gradient of beta": ("add(sum_beta, j, d_B * b)", "add(sum_beta, j, d_B)"),
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
    "another source's row": ("p.connections, n_in + j, tape_V", "p.connections, j, tape_V"),
    "inputs' rows for neurons": ("weight_gradient(t, p.constants.n_in,", "weight_gradient(t, 0,"),
}
RUN = {
    "delivered beyond the segment": (
        "copy_lanes(after, 0, tape_V, (t1 - start) * width, rows)",
        "pass",
    ),
    "delivered beyond the last step": (
        "clear_lanes(tape_V, (t1 - start) * width, rows)",
        "pass",
    ),
    "what comes after a segment": ("copy_lanes(tape_V, 0, after, 0, rows)", "pass"),
    "state of a recomputed segment": (
        "copy_state(p.constants, p.saved, before, p.state",
        "copy_state(p.constants, p.saved, 0, p.state",
    ),
}
MUTANTS = {**FORWARD, **BACKWARD, **WALK, **ROWS, **RUN}


CASES = (
    case("list"),
    case("list, official", convention="lsnn-official", noise_std=0.05),
    case("list, multi-Gaussian", surrogate="multi-gaussian"),
)


def difference(drawn: Case) -> float:
    return largest_error(lambda: kernel_difference(drawn, example_plan(drawn.x.shape[1], 2, 7)))


@pytest.mark.parametrize("drawn", CASES, ids=lambda drawn: drawn.name)
def test_interpreted_kernels_equal_the_reference(drawn, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path)

    assert difference(drawn) <= ROUNDING


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_the_kernels_is_noticed(name, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *MUTANTS[name], where="examples")

    assert any(difference(drawn) > MISTAKE for drawn in CASES)

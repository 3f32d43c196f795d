"""Mistakes put into the kernels of e-prop: the reference must notice each."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.gradient_checks import Case, eprop_kernel_difference
from tests.helpers.interpreted import largest_error, small_case, use_interpreted_kernels
from tests.tolerances import MISTAKE, ROUNDING

COLUMN = {
    "reset as a constant": ("1.0 if constants.through_reset else 0.0", "0.0"),
    "spikes of the reset": ("mask_of(lanes, place.spiked)", "mask_of(lanes, 0)"),
    "who waits": ("mask_of(lanes, place.refractory)", "mask_of(lanes, 0)"),
    "threshold at rest": ("B = threshold(load(place.b, place.at_b), beta, B)", "B = B + 0.0 * B"),
    "another surrogate": ("constants.gamma, constants.surrogate)", "constants.gamma, 0)"),
    "adaptation's way to V": ("V_of_b=of_b * fire", "V_of_b=0.0 * fire"),
    "V's way to adaptation": ("through_adaptation(none, B_of_V, rho, beta)", "none"),
    "tested threshold": ("through_adaptation(none, tested, rho, beta)", "none"),
    "a spike of its own of another step": ("trains.step[spike] == t", "trains.step[spike] > t"),
    "gain of the membrane": ("OF_V, gain * V[0]", "OF_V, V[0]"),
    "traces that end a step late": ("if t < last_step", "if t <= last_step"),
    "a segment's first step": ("last.last_z[j]", "0"),
    "who waited before a segment": ("last.last_ref[j]", "0"),
}
CONNECTIONS = {
    "a delay too short": ("(item(step, s) + d) * ITEMS", "(item(step, s) + d - 1) * ITEMS"),
    "spikes that arrived before": ("item(step, s) + delay < 0", "item(step, s) + delay < 1"),
    "spikes that arrive later": (">= n_steps", ">= n_steps - 1"),
    "other examples' spikes": (
        "mask_of(column, item(lanes, s))\n        to_V",
        "mask_of(column, 1)\n        to_V",
    ),
    "trace of b before a segment": (
        "carried.V_to_V * V + carried.b_to_V * b",
        "carried.V_to_V * V",
    ),
    "what a trace earns": ("carried.V_to_loss * V + carried.b_to_loss * b", "0.0 * V"),
    "what a trace is in all": ("carried.V_to_spikes * V + carried.b_to_spikes * b", "0.0 * V"),
    "another connection's trace of b": ("b = load(traces.b, q - base)", "b = load(traces.b, 0)"),
    "late errors that do not fade": ("to_loss + segment.fade * load", "to_loss + load"),
}
ERRORS = {
    "filter of the readout": ("d_u = kappa * d_u + ", "d_u = "),
    "gain of the readout": ("(1.0 - kappa) * load(d_y", "load(d_y"),
    "errors that are late": ("before = lane_sum(error * load(e.traces.late, q))", "before = 0.0"),
    "a loss on spikes, before": ("before + of_each * e.traces.ever[q]", "before"),
    "a loss on spikes": ("error_of(j, since + t, p, e) + e.d_z[j]", "error_of(j, since + t, p, e)"),
    "another output": ("since * p.constants.n_out + item(output, f)", "since * p.constants.n_out"),
    "spikes that do not wait": ("worth = kappa * worth", "worth = worth"),
}
RUN = {
    "noise of another step": ("c.first_step + t0", "c.first_step"),
    "readout of another step": ("s.y_start - t0", "s.y_start"),
    "potentials before a segment": ("copy_lanes(p.tape.V, last *", "copy_lanes(p.tape.V, 0 *"),
    "spikes of the part that is run again": ("if purpose != MEETING", "if purpose >= 0"),
}
SPIKES = {
    "spikes under way": ("ptr[t] = ptr[passed + t] - start", "ptr[t] = 0"),
    "steps of inputs": (
        "put(begin, end, t0, 0, x, trains)",
        "put(begin, end, begin, 0, x, trains)",
    ),
}
MUTANTS = {**COLUMN, **CONNECTIONS, **ERRORS, **RUN, **SPIKES}
CASES = (
    small_case("list"),
    small_case("noise", noise_std=0.05, n_delays=10),
    small_case("multi-Gaussian", surrogate="multi-gaussian"),
)
FEEDBACK = np.random.default_rng(2).standard_normal((11, 2))


def difference(drawn: Case) -> float:
    """Return the largest error of both kinds of feedback."""
    return max(
        largest_error(lambda told=told: eprop_kernel_difference(drawn, 13, 5, told))
        for told in (None, FEEDBACK)
    )


@pytest.mark.parametrize("drawn", CASES, ids=lambda drawn: drawn.name)
def test_interpreted_kernels_equal_the_reference(drawn, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path)

    assert difference(drawn) <= ROUNDING


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_the_kernels_is_noticed(name, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *MUTANTS[name], where="eprop")

    assert any(difference(drawn) > MISTAKE for drawn in CASES)

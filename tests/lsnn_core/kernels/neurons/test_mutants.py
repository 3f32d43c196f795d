"""Mistakes put into the kernels whose vectors hold neurons: the reference must notice each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.gradient_checks import Case, neuron_difference
from tests.helpers.interpreted import largest_error, use_interpreted_kernels
from tests.helpers.interpreted import small_case as case
from tests.tolerances import MISTAKE, ROUNDING

FORWARD = {
    "threshold a step late": (
        "threshold(b, strength, B)\n            store(state_b",
        "threshold(b_before, strength, B)\n            store(state_b",
    ),
    "reset's threshold": ("B if constants.official else B_before", "B"),
    "tested potential": ("V_before if constants.official else V", "V"),
    "who waits goes on": ("(tested > B) & ~refractory", "(tested > B)"),
    "readout's gain": ("(1.0 - constants.kappa) * arrived", "arrived"),
    "current under way": ("load(pending, e * delayed + i)", "0.0"),
    "a neuron's number": (
        "i * width + lowest_bit(unlisted)\n            count",
        "i * width\n            count",
    ),
    "where an example's spikes begin": ("if e > 0 else 0", "if e > 9 else 0"),
    "parting: another example's spikes": ("(x_lanes[s] >> e) & 1", "x_lanes[s] & 1"),
    "readout's row": ("here.row + sizes.vectors + k", "here.row + k"),
    "list: end of a straight row": (
        "first_lanes(kind, stop - c), shift + c",
        "first_lanes(kind, stop - c - 1), shift + c",
    ),
    "list: place of a straight row": ("shift = row + item(connections.base, first)", "shift = row"),
    "list: end of a row": ("min(stop - c, width)):", "min(stop - c - 1, width)):"),
    "list: begin of a part": ("range(max(low - c, 0),", "range(0,"),
    "list: first vector of a part": ("kind) + nth\n", "kind)\n"),
    "a row under way is new": (
        "        store(p.tape.lanes, i, 0.0)\n    deliver",
        "        pass\n    deliver",
    ),
    "spikes of a part": (
        "first = bounds[part] * width",
        "first = bounds[part]",
    ),
    "where a part's spikes are noted": (
        "count = here.first * width\n",
        "count = here.last * width\n",
    ),
    "another part of the neurons": ("first=bounds[part],", "first=bounds[0],"),
    "outputs of the last part": ("ends=part + 2 ==", "ends=part + 1 =="),
    "list: delivery's next base": (
        "item(weight, c + lane))\n        k += 1",
        "item(weight, c + lane))",
    ),
    "list: another row's base": ("return source + start // lane_count(kind)", "return source"),
}
BACKWARD = {
    "reset's threshold, official": ("load(next_B, at + i) if official else B\n", "B\n"),
    "sign of the regulariser": ("+ load(d_z, i)", "- load(d_z, i)"),
    "psi while refractory": ("psi_nonzero(V, B, refractory,", "psi_nonzero(V, B, V != V,"),
    "another threshold's psi": ("psi_nonzero(V, B,", "psi_nonzero(V, B + B,"),
    "another surrogate's psi": ("nonzero, gamma, surrogate)", "nonzero, gamma, 0)"),
    "another surrogate's end": ("refractory, p.constants.surrogate)", "refractory, 0)"),
    "spikes of the reset": ("mask_of(b0, item(reset_spikes, at + i))", "mask_of(b0, 0)"),
    "a step late, official": ("load(next_fire, at + i) if official else d_fire", "d_fire"),
    "membrane's gain": ("load(gain, i * per_V) * d_V)", "d_V)"),
    "decay of the readout": ("d_u = kappa * load(", "d_u = load("),
    "reset a step late, official": ("mark_spikes(t - 1,", "mark_spikes(t,"),
    "reset's spikes, not official": (
        "adjoint.fired_before if official else adjoint.fired\n",
        "adjoint.fired_before\n",
    ),
    "gradient of rho": ("d_b_next * per_rho(", "d_b * per_rho("),
    "gradient of rho: who waits": ("(V > B) & ~refractory\n", "(V > B)\n"),
    "gradient of alpha": ("d_V if official else d_V_next, load", "d_V_next, load"),
    "gradient of alpha, the paper's": ("d_V if official else d_V_next, load", "d_V, load"),
    "gradient of alpha: the reset": ("per_alpha(V, B, spiked,", "per_alpha(V, 0.0 * B, spiked,"),
    "gradient of b0": ("add(adjoint.b0, at + i, d_B)", "add(adjoint.b0, at + i, d_fire)"),
    "gradient of beta": ("add(adjoint.beta, at + i, d_B * b)", "add(adjoint.beta, at + i, d_B)"),
    "another example's constants": (
        "add(adjoint.b0, at + i, d_B)",
        "add(adjoint.b0, i, d_B + d_B)",
    ),
    "list: another source's row": ("source = n_in + (entry >> 1)", "source = entry >> 1"),
    "list: another neuron's row": ("queued(i * width + lane,", "queued(i * width,"),
    "list: a spike without psi": ("left = (bits(nonzero) | spiked)", "left = bits(nonzero)"),
    "list: another neuron's sum": (
        "(adjoint.gathered_number, entry >> 1,",
        "(adjoint.gathered_number, entry >> 1 ^ 1,",
    ),
    "list: another neuron's spike": ("(spiked >> lane) & 1", "spiked & 1"),
    "list: only the last step's gradient": (
        "load_some(kind, gradient, c, some) + arrived",
        "arrived",
    ),
    "another example's chunk": ("e, first = chunk // each,", "e, first = 0,"),
    "another segment's step": ("sizes.vectors, t % sizes.segment", "sizes.vectors, t"),
    "list: gather's next base": ("k += 1\n    return lane_sum", "return lane_sum"),
    "list: gradient's next base": (
        "store_some(gradient, c, some, total)\n        k += 1",
        "store_some(gradient, c, some, total)",
    ),
    "list: another step's inputs": ("ptr[t] + share, ptr[t + 1]", "ptr[t + 1] + share, ptr[t + 2]"),
    "list: another share of the inputs": ("ptr[t] + share,", "ptr[t] + 1,"),
}
MATRIX = {
    "delivery: delay": ("later = row + p.connections.delay *", "later = row + 0 *"),
    "delivery: the last of four": ("load(matrix, d + i)", "load(matrix, c + i)"),
    "delivery: the rest of the spikes": (
        "for s in range(rest, end):",
        "for s in range(rest, rest):",
    ),
    "gather: last column": ("for k in range(n, n_columns):", "for k in range(n, n_columns - 1):"),
    "gather: second vector": (
        "vectors + other, vectors, count, two",
        "vectors + i, vectors, count, two",
    ),
    "gather: another example": ("// vectors, first * tape", "// vectors, 0 * tape"),
    "gradient: delay": ("later, now = row + p.connections.delay", "later, now = row + 0"),
    "gradient: outputs": ("load(gradient, start + i) + load(tape, now + i)", "load(tape, now)"),
}
RUN = {
    "state of a recomputed segment": (
        "copy_state(p.saved, k * examples + e",
        "copy_state(p.saved, e",
    ),
    "what comes after a segment": ("load(lanes, e * sizes.tape + i)", "0.0"),
    "matrix: inputs' rows for neurons": (
        "(e, t0, t1, p.constants.n_in, p.spikes,",
        "(e, t0, t1, ZERO, p.spikes,",
    ),
}
MUTANTS = {**FORWARD, **BACKWARD, **MATRIX, **RUN}


def with_one_delay(drawn: Case, steps: int) -> Case:
    """The same with one delay for all connections to neurons, so that a matrix is walked."""
    listed = drawn.net.connections
    delay = np.where(listed.target < drawn.net.layout.n, steps, 0).astype(np.int32)
    return replace(drawn, net=replace(drawn.net, connections=replace(listed, delay=delay)))


def with_straight_inputs(drawn: Case) -> Case:
    """The same with one delay for all that inputs bring: their targets are neighbours."""
    listed = drawn.net.connections
    delay = np.where(listed.source < drawn.net.layout.n_in, 2, listed.delay).astype(np.int32)
    return replace(drawn, net=replace(drawn.net, connections=replace(listed, delay=delay)))


CASES = (
    case("list", batch=1),
    with_straight_inputs(case("list with straight rows", connectivity=1.0, batch=1)),
    with_one_delay(case("matrix, delay 2 of up to 3", batch=10), 2),
    with_one_delay(case("matrix, official", convention="lsnn-official", batch=3), 1),
    case("list, fast sigmoid", surrogate="fast-sigmoid", batch=1),
)


def difference(drawn: Case) -> float:
    return largest_error(lambda: neuron_difference(drawn, segment=7, parts=2))


@pytest.mark.parametrize("drawn", CASES, ids=lambda drawn: drawn.name)
def test_interpreted_kernels_equal_the_reference(drawn, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path)

    assert difference(drawn) <= ROUNDING


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_the_kernels_is_noticed(name, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *MUTANTS[name], where="neurons")

    assert any(difference(drawn) > MISTAKE for drawn in CASES)

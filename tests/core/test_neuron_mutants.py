"""Mistakes put into the kernels whose vectors hold neurons: the reference must notice each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradcheck import Case, neuron_difference
from tests.core.interpreted import small_case as case
from tests.core.interpreted import use_interpreted_kernels

FORWARD = {
    "rise of b": ("load(rise, i * per_b), 0.0)", "load(b0, i), 0.0)"),
    "threshold a step late": (
        "B = fma(load(beta, i), b, B)\n                store(state_b",
        ("B = B_before\n                store(state_b"),
    ),
    "reset's threshold": ("B if setting.official else B_before", "B"),
    "tested potential": ("V_before if setting.official else V", "V"),
    "a refractory step too few": ("left - 1.0", "left - 2.0"),
    "readout's gain": ("(1.0 - setting.kappa) * arrived", "arrived"),
    "current under way": ("load(pending, e * delayed + i)", "0.0"),
    "a neuron's number": (
        "i * width + lowest_bit(found)\n                count",
        ("i * width\n                count"),
    ),
    "where an example's spikes begin": ("if e > 0 else 0", "if e > 9 else 0"),
    "parting: another example's spikes": ("(x_lanes[s] >> e) & 1", "x_lanes[s] & 1"),
    "list: end of a row": (
        "for c in range(start, stop):\n        number",
        ("for c in range(start, stop - 1):\n        number"),
    ),
}
BACKWARD = {
    "through the reset": ("gz = gz - keep *", "gz = gz - 0.0 *"),
    "reset's threshold, official": ("load(next_B, at + i) if setting.official else B)", "B)"),
    "through adaptation": (
        "gz = fma(load(rise, i * per_b), d_b_next, gz + load(d_z, i))",
        "gz = gz + load(d_z, i)",
    ),
    "sign of the regulariser": ("+ load(d_z, i)", "- load(d_z, i)"),
    "dampening": ("setting.gamma * (", "1.0 * ("),
    "psi while refractory": ("& ~mask_of(b0, item(strip_ref, record + i))", ""),
    "half of psi": ("(B + B > V)", "(B > V)"),
    "through the tested threshold": ("0.0 - d_fire * v", "0.0 * d_fire"),
    "through the reset's threshold": (
        "select(mask_of(b0, item(fired, at + i)), d_V_next, 0.0)",
        "0.0",
    ),
    "through the reset's, official": (
        "select(mask_of(b0, item(fired_before, at + i)), d_V, 0.0)",
        "0.0",
    ),
    "a step late, official": ("load(next_fire, at + i))", "d_fire)"),
    "membrane's decay": (
        "fma(load(alpha, i * per_V), d_V_next, d_fire)",
        "fma(1.0, d_V_next, d_fire)",
    ),
    "adaptation's decay": ("fma(load(rho, i * per_b), d_b_next", "fma(1.0, d_b_next"),
    "membrane's gain": ("load(gain, i * per_V) * d_V)", "d_V)"),
    "decay of the readout": ("d_u = setting.kappa * load(", "d_u = load("),
    "reset a step late, official": ("mark_spikes(t - 1,", "mark_spikes(t,"),
    "reset's spikes, not official": (
        "item(fired, at + i)), d_V_next",
        "item(fired_before, at + i)), d_V_next",
    ),
    "list: another source's row": ("rows, n_in + i * width, b0", "rows, i * width, b0"),
    "list: another neuron's row": ("gather_row(rows, first + lane", "gather_row(rows, first"),
    "list: a spike without psi": ("left = (near | fired)", "left = near"),
    "list: another neuron's sum": ("mask_of(kind, 1 << lane)", "mask_of(kind, 2 << lane)"),
    "list: another neuron's spike": ("(fired >> lane) & 1", "fired & 1"),
    "list: only the last step's gradient": (
        "load_some(kind, gradient, c, some) + arrived",
        "arrived",
    ),
    "another example's piece": ("e, first = piece // each,", "e, first = 0,"),
    "another segment's step": ("extent.examples, t % extent.segment", "extent.examples, t"),
    "list: gradient a step late": (
        "row = (e * extent.strip + (t - t0)",
        ("row = (e * extent.strip + (t - t0 + 1)"),
    ),
}
MATRIX = {
    "deposit: delay": ("row + delay *", "row + 0 *"),
    "deposit: the last of four": ("load(matrix, d + i)", "load(matrix, c + i)"),
    "deposit: the rest of the spikes": (
        "for s in range(rest, end):",
        "for s in range(rest, rest):",
    ),
    "gather: last column": ("for k in range(n, n_columns):", "for k in range(n, n_columns - 1):"),
    "gather: second vector": (
        "blocks + other, blocks, count, two",
        "blocks + i, blocks, count, two",
    ),
    "gather: another example": ("row = first * extent.strip", "row = 0 * extent.strip"),
    "gradient: delay": ("later, at = row + rows.delay", "later, at = row + 0"),
    "gradient: outputs": ("load(gradient, start + i) + load(strip, row + i)", "load(strip, row)"),
}
RUN = {
    "state of a recomputed segment": ("copy_memory(saved, before * L + e", "copy_memory(saved, e"),
    "what comes after a segment": ("load(strip.lanes, e * extent.strip + i)", "0.0"),
    "matrix: inputs' rows for neurons": (
        "(e, t0, t1, n_in, extent, spikes, rows, strip",
        ("(e, t0, t1, ZERO, extent, spikes, rows, strip"),
    ),
}
MUTANTS = {**FORWARD, **BACKWARD, **MATRIX, **RUN}


def with_one_delay(drawn: Case, steps: int) -> Case:
    """The same with one delay for all connections to neurons, so that a matrix is walked."""
    listed = drawn.net.connections
    delay = np.where(listed.target < drawn.net.layout.n, steps, 0).astype(np.int32)
    return replace(drawn, net=replace(drawn.net, connections=replace(listed, delay=delay)))


CASES = (
    case("list", batch=1),
    with_one_delay(case("matrix, delay 2 of up to 3", batch=10), 2),
    with_one_delay(case("matrix, official", convention="lsnn-official", batch=3), 1),
)


def largest_error(drawn: Case) -> float:
    try:
        return max(neuron_difference(drawn, segment=7).values())
    except (IndexError, UsageError):  # an index out of bounds
        return float("inf")


@pytest.mark.parametrize("drawn", CASES, ids=lambda drawn: drawn.name)
def test_interpreted_kernels_equal_the_reference(drawn, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path)

    assert largest_error(drawn) <= 1e-12


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_the_kernels_is_noticed(name, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *MUTANTS[name], neurons=True)

    assert any(largest_error(drawn) > 1e-6 for drawn in CASES)

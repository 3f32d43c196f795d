"""Mistakes put into the neuron's equations: each must be noticed through both kinds of vectors."""

from __future__ import annotations

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradcheck import Case, kernel_difference, neuron_difference
from tests.helpers.interpreted import small_case, use_interpreted_kernels
from tests.helpers.plans import example_plan
from tests.tolerances import MISTAKE

MUTANTS = {
    "a refractory step too few": ("select(fired, n_ref,", "select(fired, n_ref - 1.0,"),
    "a wait that never ends": ("wait - 1.0, 0.0)", "wait, 0.0)"),
    "a wait that ends early": ("return wait > 0.5", "return wait > 1.5"),
    "decay of b": ("fma(rho, b, select", "fma(1.0, b, select"),
    "rise of b": ("select(z, rise, 0.0)", "select(z, rise + rise, 0.0)"),
    "strength of adaptation": ("fma(beta, b, b0)", "fma(beta + beta, b, b0)"),
    "decay of V": ("fma(alpha, V, gain", "fma(1.0, V, gain"),
    "gain of the current": ("gain * current)", "current)"),
    "reset": ("- select(z, B_reset, 0.0)", "- select(z, 0.0 * B_reset, 0.0)"),
    "psi while refractory": ("(B + B > V) & ~refractory", "(B + B > V)"),
    "half of psi": ("(B + B > V)", "(B > V)"),
    "dampening": ("gamma * (1.0", "(1.0"),
    "slope of the step": ("gz * psi * per_B", "gz * psi"),
    "through the tested threshold": ("0.0 - d_fire * v", "0.0 * d_fire"),
    "through adaptation": ("gz + rise * d_b_next -", "gz -"),
    "through the reset": ("- reset_gradient * B_reset * d_V_next", "- 0.0 * d_V_next"),
    "decay of dL/dV": ("fma(alpha, d_V_next,", "fma(1.0, d_V_next,"),
    "a step late, official": ("d_fire_next if official else d_fire)", "d_fire)"),
    "through the reset's threshold": ("else d_V_next, 0.0)", "else 0.0 * d_V_next, 0.0)"),
    "decay of dL/db": ("fma(rho, d_b_next,", "fma(1.0, d_b_next,"),
    "through the tested threshold's b": ("beta * d_B)", "0.0 * d_B)"),
    "the same, official": ("select(z, d_V if", "select(z, 0.0 * d_V if"),
}
OF_CONSTANTS = {
    "gradient of alpha": ("V * (gain * d_V_next - d_fire)", "V * (gain * d_V_next + d_fire)"),
    "gradient of alpha: gain": ("V * (gain * d_V_next - d_fire)", "V * (d_V_next - d_fire)"),
    "gradient of alpha: reset": ("select(z, B * d_V_next, 0.0)", "select(z, d_V_next, 0.0)"),
    "gradient of rho": ("select(z, b - 1.0, b)", "select(z, b, b)"),
}
FAMILIES = {
    "examples": lambda case: kernel_difference(case, example_plan(1, 1, segment=7)),
    "neurons": lambda case: neuron_difference(case, segment=7),
}
CASES = (
    small_case("paper", batch=1),
    small_case("official", convention="lsnn-official", batch=1),
)


def largest_error(family: str, drawn: Case) -> float:
    try:
        return max(FAMILIES[family](drawn).values())
    except (IndexError, UsageError):  # an index out of bounds, events that are none
        return float("inf")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_in_the_neuron_is_noticed(name, family, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *MUTANTS[name], where="neuron.py")

    assert any(largest_error(family, drawn) > MISTAKE for drawn in CASES)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", OF_CONSTANTS)
def test_a_mistake_in_a_constant_s_gradient_is_noticed(name, family, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *OF_CONSTANTS[name], where="neuron.py")

    assert any(largest_error(family, drawn) > MISTAKE for drawn in CASES)


def test_a_psi_that_never_ends_reads_no_connections_of_padding(monkeypatch, tmp_path):
    triangle, everywhere = "return (V > 0.0) & (B + B > V) & ~refractory", "return V == V"
    use_interpreted_kernels(monkeypatch, tmp_path, triangle, everywhere, where="neuron.py")

    for drawn in CASES:
        neuron_difference(drawn, segment=7)  # an index outside an array would raise

"""Mistakes put into the neuron's equations: each must be noticed through both kinds of vectors."""

from __future__ import annotations

import pytest

from lsnn_core.choices import SURROGATES
from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, kernel_difference, neuron_difference
from lsnn_core.kernels import neuron
from tests.helpers.interpreted import small_case, use_interpreted_kernels
from tests.helpers.plans import example_plan
from tests.tolerances import MISTAKE, ROUNDING

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
OF_SURROGATES = {
    "fast sigmoid: slope": ("SLOPE = 10.0", "SLOPE = 10.1"),
    "fast sigmoid: dampening": ("return gamma / (root", "return 1.0 / (root"),
    "fast sigmoid: one side": ("SLOPE * fabs(v)", "SLOPE * v"),
    "an end of what never ends": (
        "    return ~refractory\n",
        "    return (V > 0.0) & ~refractory\n",
    ),
    "psi while refractory": ("return ~refractory\n", "return V == V\n"),
    "the triangle's end": ("if surrogate == TRIANGLE:", "if surrogate < 3:"),
    "another surrogate": ("if surrogate == FAST_SIGMOID:", "if surrogate == TRIANGLE:"),
    "multi-Gaussian: height": ("SIGMA = 0.15, 6.0, 0.5", "SIGMA = 0.16, 6.0, 0.5"),
    "multi-Gaussian: scale": ("SIGMA = 0.15, 6.0, 0.5", "SIGMA = 0.15, 6.1, 0.5"),
    "multi-Gaussian: sigma": ("SIGMA = 0.15, 6.0, 0.5", "SIGMA = 0.15, 6.0, 0.51"),
    "multi-Gaussian: dampening": ("gamma * ((1.0 + HEIGHT)", "((1.0 + HEIGHT)"),
    "multi-Gaussian: sign of the wide bells": ("- HEIGHT * wide", "+ HEIGHT * wide"),
    "multi-Gaussian: a wide bell's mean": ("density(v + SIGMA, ", "density(v, "),
    "multi-Gaussian: the peak": ("0.3989422804014327", "0.39"),
    "multi-Gaussian: the bell": ("-0.5 / (sigma", "-1.0 / (sigma"),
}
FAMILIES = {
    "examples": lambda case: kernel_difference(case, example_plan(1, 1, segment=7)),
    "neurons": lambda case: neuron_difference(case, segment=7),
}
CASES = (
    small_case("paper", batch=1),
    small_case("official", convention="lsnn-official", batch=1),
)
SURROGATE_CASES = (
    small_case("fast sigmoid", surrogate="fast-sigmoid", batch=1),
    small_case("official", surrogate="multi-gaussian", convention="lsnn-official", batch=1),
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


@pytest.mark.parametrize("family", FAMILIES)
def test_surrogates_equal_the_reference(family, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path)

    assert max(largest_error(family, drawn) for drawn in SURROGATE_CASES) <= ROUNDING


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", OF_SURROGATES)
def test_a_mistake_in_a_surrogate_is_noticed(name, family, monkeypatch, tmp_path):
    use_interpreted_kernels(monkeypatch, tmp_path, *OF_SURROGATES[name], where="neuron.py")

    assert any(largest_error(family, drawn) > MISTAKE for drawn in SURROGATE_CASES)


def test_surrogates_are_numbered_as_they_are_named():
    numbers = neuron.TRIANGLE, neuron.FAST_SIGMOID, neuron.MULTI_GAUSSIAN

    assert numbers == (0, 1, 2)
    assert SURROGATES == ("triangle", "fast-sigmoid", "multi-gaussian")


def test_a_psi_that_never_ends_reads_no_connections_of_padding(monkeypatch, tmp_path):
    triangle, everywhere = "return (V > 0.0) & (B + B > V) & ~refractory", "return V == V"
    use_interpreted_kernels(monkeypatch, tmp_path, triangle, everywhere, where="neuron.py")

    for drawn in CASES:
        neuron_difference(drawn, segment=7)  # an index outside an array would raise

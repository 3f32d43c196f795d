"""`lsnn gradcheck`: a table to show, and an exit code that means what it says."""

from __future__ import annotations

import pytest

from lsnn_core import gradient_checks
from lsnn_core.cli import main


def test_the_table_shows_every_network_and_every_mistake(capsys):
    assert main(["gradcheck", "--no-kernels"]) == 0
    lines = capsys.readouterr().out.splitlines()

    for case in gradient_checks.cases():
        assert any(line.startswith(case.name) for line in lines), case.name
    for mutant in gradient_checks.MUTANTS:
        assert any(line.startswith(mutant.name) and line.endswith(" caught") for line in lines)
    assert lines.count("all within bounds") == 1
    assert lines[-1] == f"{len(gradient_checks.MUTANTS)} of {len(gradient_checks.MUTANTS)} caught"


@pytest.fixture
def quick_kernels(monkeypatch):
    for name in ("kernel_difference", "neuron_difference", "eprop_kernel_difference"):
        monkeypatch.setattr(gradient_checks, name, lambda case: {"y": 1e-13, "z": 0.0})


def test_every_check_has_a_bound(capsys, quick_kernels):
    assert main(["gradcheck"]) == 0
    printed = capsys.readouterr().out
    assert "by neurons" in printed
    assert "online" in printed
    assert all(case.name in printed for case in gradient_checks.rate_cases())
    assert printed.count("all within bounds") == 2


def test_an_error_in_a_rate_network_is_a_failure(capsys, monkeypatch, quick_kernels):
    monkeypatch.setattr(gradient_checks, "rate_complex_step", lambda case: 1e-11)

    assert main(["gradcheck"]) == 1
    assert "NOT all within bounds" in capsys.readouterr().out


@pytest.mark.parametrize("error", [1e-6, float("nan")])
def test_an_error_beyond_the_bounds_is_a_failure(capsys, monkeypatch, error):
    monkeypatch.setattr(gradient_checks, "central_difference", lambda case: error)

    assert main(["gradcheck", "--no-kernels"]) == 1
    assert "NOT all within bounds" in capsys.readouterr().out


def test_a_mistake_that_is_not_noticed_is_a_failure(capsys, monkeypatch):
    monkeypatch.setattr(gradient_checks, "dot_product", lambda case, adjoint=None: 1e-14)

    assert main(["gradcheck", "--no-kernels"]) == 1
    assert "NOT CAUGHT" in capsys.readouterr().out

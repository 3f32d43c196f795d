"""`lsnn gradcheck`: a table to show, and an exit code that means what it says."""

from __future__ import annotations

import pytest

from lsnn_core import gradcheck
from lsnn_core.cli import main


def test_the_table_shows_every_network_and_every_mistake(capsys):
    assert main(["gradcheck", "--no-kernels"]) == 0
    lines = capsys.readouterr().out.splitlines()

    for case in gradcheck.cases():
        assert any(line.startswith(case.name) for line in lines), case.name
    for mutant in gradcheck.MUTANTS:
        assert any(line.startswith(mutant.name) and line.endswith(" caught") for line in lines)
    assert "all within bounds" in lines
    assert lines[-1] == f"{len(gradcheck.MUTANTS)} of {len(gradcheck.MUTANTS)} caught"


@pytest.mark.parametrize("error", [1e-6, float("nan")])
def test_an_error_beyond_the_bounds_is_a_failure(capsys, monkeypatch, error):
    monkeypatch.setattr(gradcheck, "central_difference", lambda case: error)

    assert main(["gradcheck", "--no-kernels"]) == 1
    assert "NOT all within bounds" in capsys.readouterr().out


def test_a_mistake_that_is_not_noticed_is_a_failure(capsys, monkeypatch):
    monkeypatch.setattr(gradcheck, "dot_product", lambda case, adjoint=None: 1e-14)

    assert main(["gradcheck", "--no-kernels"]) == 1
    assert "NOT CAUGHT" in capsys.readouterr().out

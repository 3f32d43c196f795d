"""What a caption says of a network's errors is what its file holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.figures.paper.fig2_errors import CODES, code_of, in_words, read_errors
from analysis.reading.run import open_run
from lsnn_core.errors import BadFileError
from tests.helpers.run_files import write_run
from tests.helpers.task_runs import teacher_run


def errors_of(path: Path, tree):
    with open_run(write_run(path, tree)) as run:
        return read_errors(run, of_networks=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.h5"


def test_all_numbers_are_those_of_the_file(path):
    tree = teacher_run(code="regular")
    stored = tree["recordings"]["l2l"]
    errors = stored["errors"]
    errors["guess"][:5] = errors["target"][:5]  # better than linear
    errors["guess"][5:] = errors["target"][5:] + 0.3
    said = in_words(errors_of(path, tree), 20)

    lsnn, linear = 0.09 * 7 / 12, errors["linear_others"].mean()
    assert f"On 12 new functions of 30 examples: LSNN {lsnn:.2g}, linear {linear:.2g}, " in said
    assert f"ratio {lsnn / linear:.2f}, better on 5 of 12" in said
    floor = errors["gaussian_process"]
    assert f"; floor {floor.mean():.2g} ({floor[:20].mean():.2g} over 20)" in said
    for name in ("bernoulli", "random-phase"):
        assert f"LSNN shown {CODES[name]} {stored['other_codes'][name].mean():.2g}" in said
    assert "regular" not in said


def test_an_older_file_is_compared_in_sample_and_says_so(path):
    tree = teacher_run()
    found = errors_of(path, tree)
    stored = tree["recordings"]["l2l"]["errors"]["linear_all"]

    np.testing.assert_allclose(found.linear, stored.mean(1))
    assert f"linear {stored.mean():.2g} (in sample), ratio" in in_words(found, 0)
    assert "floor" not in in_words(found, 0)


def test_a_predictor_without_errors_has_no_ratio(path):
    tree = teacher_run(code="regular")
    tree["recordings"]["l2l"]["errors"]["linear_others"][:] = 0.0

    assert "ratio nan, better on 0 of 12" in in_words(errors_of(path, tree), 20)


@pytest.mark.parametrize("code", [None, *CODES])
def test_the_code_is_that_of_the_configuration(path, code):
    with open_run(write_run(path, teacher_run(code=code))) as run:
        assert code_of(run) == (code or "bernoulli")


@pytest.mark.parametrize("code", ['"poisson"', "3"])
def test_an_unknown_code_is_refused(path, code):
    tree = teacher_run(code="regular")
    tree["config"] = tree["config"].replace('"regular"', code)
    with (
        open_run(write_run(path, tree)) as run,
        pytest.raises(BadFileError, match=r"task\.code: expected one of bernoulli, .*, found"),
    ):
        code_of(run)

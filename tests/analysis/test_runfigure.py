"""A figure is drawn from its runs; a file's absurd values are told from a figure's own mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import RunFigure, Sheet, one_path
from lsnn_core.errors import BadFileError, UsageError


def drawing(out, *, load=lambda paths: None, compose=lambda part: None):
    def sheet(data):
        return Sheet.of(compose, 5.0, 2.0)

    RunFigure(title="Mine", load=load, sheet=sheet).draw(["run\n.h5"], str(out))


def raising(error):
    def fail(*given):
        raise error

    return fail


MISTAKES = [
    KeyError("R"), IndexError("tuple index out of range"), TypeError("float() argument"),
    AttributeError("no attribute 'sapn'"), NameError("name 'np' is not defined"),
    AssertionError("not yet"), RuntimeError("dictionary changed size"),
]  # fmt: skip


@pytest.mark.parametrize("where", ["load", "compose"])
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda error: type(error).__name__)
def test_a_mistake_in_a_figure_is_not_blamed_on_the_file(tmp_path, mistake, where):
    with pytest.raises(type(mistake)) as caught:
        drawing(tmp_path / "a.svg", **{where: raising(mistake)})
    assert caught.value is mistake


def test_arrays_that_do_not_fit_each_other_are_a_mistake_of_who_loads_them(tmp_path):
    with pytest.raises(ValueError, match="broadcast"):
        drawing(tmp_path / "a.svg", load=lambda paths: np.ones(2) + np.ones(3))


@pytest.mark.parametrize("where", ["load", "compose"])
@pytest.mark.parametrize("error", [OverflowError("too\nlarge"), ZeroDivisionError(), MemoryError()])
def test_what_values_do_to_arithmetic_is_one_line(tmp_path, error, where):
    with pytest.raises(BadFileError, match=r"^run\\n\.h5: holds values that cannot be") as caught:
        drawing(tmp_path / "a.svg", **{where: raising(error)})
    assert str(caught.value).isprintable()
    assert not (tmp_path / "a.svg").exists()


def test_an_axis_that_has_no_limits_is_one_line(tmp_path):
    def compose(part):
        part.subplots().set_xlim(0.0, np.nan)

    with pytest.raises(BadFileError, match=r"cannot be drawn .*Axis limits cannot be NaN"):
        drawing(tmp_path / "a.svg", compose=compose)


def test_what_a_reader_says_of_a_file_stands_as_it_is(tmp_path):
    with pytest.raises(UsageError, match=r"^expected one run file$"):
        drawing(tmp_path / "a.svg", load=raising(UsageError("expected one run file")))


@pytest.mark.parametrize("paths", [[], ["a.h5", "b.h5"]])
def test_one_path_is_the_only_one(paths):
    assert one_path("mine", ["a.h5"]) == "a.h5"
    with pytest.raises(UsageError, match=f"figure mine: expected one run file, found {len(paths)}"):
        one_path("mine", paths)

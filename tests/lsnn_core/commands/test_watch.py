"""`lsnn watch`: curves of text, from run files and the lines beside them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lsnn_core.cli import main
from lsnn_core.commands.curves import curves
from tests.helpers.run_files import write_run


def test_a_rising_and_a_falling_line():
    x = [float(i) for i in range(5)]
    drawn = curves({"up": (x, x), "down": (x, x[::-1])}, width=5, height=5)
    assert drawn == [
        "4 |x   o",
        "  | x o",
        "  |  x",
        "  | o x",
        "0 |o   x",
        "  +-----",
        "   0   4",
        "  o up",
        "  x down",
    ]


def test_what_is_no_number_is_left_out_and_one_value_is_in_the_middle():
    nan = float("nan")
    drawn = curves({"a": ([1.0, 2.0], [nan, 7.0])}, width=5, height=5)
    assert sum("o" in line for line in drawn[:5]) == 1
    assert curves({"a": ([1.0], [nan])}) == curves({}) == ["nothing to draw yet"]


@pytest.fixture
def run(tmp_path):
    steps = np.arange(1, 11)
    metrics = {
        "train": {"loss": {"step": steps, "value": 1.0 / steps}},
        "validation": {"accuracy": {"step": [10], "value": [0.5]}},
    }
    write_run(tmp_path / "run.h5", {"config": "", "metrics": metrics})
    return tmp_path / "run.h5"


def test_loss_and_validation_are_drawn(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["watch", str(run)]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if "/" in line and "run.h5" not in line] == [
        "train/loss",
        "validation/accuracy",
    ]
    assert max(map(len, out.splitlines())) <= max(60, len(str(run)) + 4)


def test_lines_go_on_where_the_file_ends(run, capsys):
    done = int(1e6)  # iterations that no made-up file has done
    with open(run.with_suffix(".metrics.jsonl"), "w") as file:
        for i in (done, done + 5):
            file.write(json.dumps({"iteration": i, "seconds": 1.0, "train/loss": 0.1}) + "\n")
    assert main(["watch", str(run), "--metric", "train/loss"]) == 0
    assert "1e+06" in capsys.readouterr().out


def test_a_metric_that_is_not_there_is_named(run, capsys):
    assert main(["watch", str(run), "--metric", "train/lost"]) == 2
    assert "did you mean 'train/loss'" in capsys.readouterr().err
    assert main(["watch", str(run), "--every", "0"]) == 2

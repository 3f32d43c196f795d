"""A run file from a stranger is drawn, or refused by the name of what no axis holds."""

from __future__ import annotations

import csv
import json

import h5py
import numpy as np
import pytest

from lsnn_core.cli import main
from tests.helpers.changed_runs import BAD_FILE, first, put

pytestmark = pytest.mark.timeout(200)


def test_a_subnormal_gradient_norm_is_drawn(bases, path, tmp_path):
    path.write_bytes(bases["whole"])
    put(path, "metrics/train/gradient_norm_W_in/value", first(5e-324))

    assert main(["figure", "dashboard", str(path), "-o", str(tmp_path / "out.svg")]) == 0


@pytest.mark.parametrize("value", [1e31, 1e308])
def test_values_that_no_axis_holds_are_refused(bases, path, tmp_path, capsys, value):
    path.write_bytes(bases["whole"])
    put(path, "metrics/train/loss/value", first(value))

    assert main(["figure", "learning", str(path), "-o", str(tmp_path / "out.svg")]) == BAD_FILE
    assert "metrics/train/loss" in capsys.readouterr().err
    assert not (tmp_path / "out.svg").exists()


NO_TIMES = [10**400, float("nan"), "now", [1], True]


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(600, "10.0"), *((value, "") for value in NO_TIMES)]
)
def test_a_time_that_is_none_is_not_in_the_table(bases, path, tmp_path, seconds, minutes):
    path.write_bytes(bases["whole"])
    text = json.dumps({"train_seconds": seconds})
    with h5py.File(path, "r+") as file:
        file["environment"] = np.bytes_(text.encode())

    assert main(["figure", "table1", str(path), "-o", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(newline="") as table:
        (row,) = [row for row in csv.DictReader(table) if row["our seeds"]]
    assert row["clock minutes a run"] == minutes

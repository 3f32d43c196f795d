"""Rows and ratios: as lines of a table, and in a file."""

from __future__ import annotations

import dataclasses
import json

import pytest

from lsnn_core.bench import measure, peers, report, scaling
from lsnn_core.errors import LsnnError
from tests.helpers.workloads import QUICK, TINY


@pytest.fixture(scope="module")
def row(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("bench"))
    (found,) = measure.rows(TINY, 3, folder, QUICK, 50.0)
    return found


def test_a_row_holds_what_was_run(row):
    assert (row.workload, row.batch, row.passes, row.steps) == ("tiny", 3, "gradient", 90)
    assert 0 < row.least_s <= row.seconds < row.start_s + row.first_s
    assert 30 < row.peak_mb < 2000
    assert row.of_peak == pytest.approx(row.gflop_s / 50.0)
    assert row.gflop_s == pytest.approx(4e-9 * row.connection_events / row.seconds)
    assert row.us_per_example_ms == pytest.approx(1e6 * row.seconds / (3 * 90))


def test_columns_stand_under_their_headings(row):
    heading, line = report.row_line(), report.row_line(row)

    assert len(heading) == len(line)
    assert line.split()[:3] == ["tiny", "3", "gradient"]
    assert len(line.split()) == len(
        heading.replace("peak MB", "MB").replace("of peak", "of").replace("as dense", "as").split()
    )


def a_ratio(**changes):
    facts = peers.Ratio(
        peer="jax", version="1", workload="W1d", batch=16, passes="gradient", ours_s=0.01,
        peer_s=0.05, ratio=5.0, least_ratio=4.0, most_ratio=6.0, peer_peak_mb=400.0,
        compared="loss", difference=1e-7, gradient_difference=1e-6, same_network=True,
    )  # fmt: skip
    return dataclasses.replace(facts, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "loss to 1e-07, gradient to 1e-06"),
        ({"difference": 1e-3}, "loss to 1e-03, gradient to 1e-06: DIFFERS"),
        (
            {"compared": "spikes", "difference": 1e-3, "gradient_difference": None},
            "spikes to 1e-03",
        ),
        ({"compared": "", "difference": None, "gradient_difference": None}, "equations of its own"),
        ({"same_network": False}, "loss to 1e-07, gradient to 1e-06, without delays"),
    ],
)
def test_a_comparison_says_how_far_both_agree(changes, words):
    line = report.ratio_line(a_ratio(**changes))

    assert line.endswith(f"  {words}")
    assert "50.00     10.00     5.0     4.0     6.0" in line


def test_the_file_holds_all_that_was_measured(tmp_path, row):
    path = tmp_path / "out.json"
    point = scaling.Measured("batch", 3.0, "", row)

    report.write_json(str(path), QUICK, {1: 50.0}, [row], [a_ratio()], scaling.by_axis([point]))
    found = json.loads(path.read_text())

    assert (found["schema"], found["schema_version"]) == ("lsnn-bench", 1)
    assert found["environment"]["processors"] >= 1
    assert found["options"] == {"repeats": 1, "threads": 1, "dtype": "float32"}
    assert found["rows"][0]["us_per_example_ms"] == pytest.approx(row.us_per_example_ms)
    assert found["ratios"][0]["ratio"] == 5.0
    assert found["scaling"]["batch"][0]["x"] == 3.0


def test_a_file_that_cannot_be_written_is_an_error():
    with pytest.raises(LsnnError, match="choose another folder"):
        report.write_json("/no/such/folder/out.json", QUICK, {})

"""Workloads and axes by name, and the points of an axis."""

from __future__ import annotations

import pytest

from lsnn_core.bench import scaling, workloads
from tests.helpers.workloads import QUICK, TINY


def test_every_workload_and_axis_can_be_named():
    assert [w.name for w in workloads.choose(["W3", "W1p", "W3-1000"])] == [
        "W3-1000", "W3-4000", "W3-10000", "W3-100000", "W1p",
    ]  # fmt: skip
    assert {w.name: w.n_delays for w in workloads.choose(["W1p-150", "W1p-400"])} == {
        "W1p-150": 150, "W1p-400": 400,
    }  # fmt: skip
    assert len(workloads.choose([])) == len(workloads.WORKLOADS)
    assert scaling.choose([]) == list(scaling.AXES)


@pytest.mark.parametrize("axis", scaling.AXES)
def test_points_of_an_axis_rise(axis):
    x = [point.x for point in scaling.AXES[axis]() if point.x is not None]

    assert x == sorted(x)
    assert all(isinstance(point.load, workloads.Workload) for point in scaling.AXES[axis]())


def test_a_firing_rate_is_measured_not_set(tmp_path):
    (found,) = scaling.scale("rate", str(tmp_path), QUICK, 50.0, [scaling.Point(None, TINY, 1)])

    assert found.x == found.row.rate_hz > 0

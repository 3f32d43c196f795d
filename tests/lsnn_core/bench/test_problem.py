"""A problem is drawn once and given to everyone who is measured: the same network and spikes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lsnn_core.bench import make
from lsnn_core.bench.problem import Problem
from lsnn_core.bench.task import BenchTask
from tests.helpers.workloads import CURVE, TINY


@pytest.mark.parametrize("load", [TINY, CURVE])
def test_a_problem_survives_its_file(tmp_path, load):
    problem = make.make(load, 2)

    problem.save(str(tmp_path / "p.npz"))
    again = Problem.load(str(tmp_path / "p.npz"))

    for field in dataclasses.fields(Problem):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(problem, field.name))


def test_an_example_is_the_same_in_a_batch_of_any_size():
    one, three = make.make(CURVE, 1), make.make(CURVE, 3)

    np.testing.assert_array_equal(one.x(), three.x()[:, :1])
    np.testing.assert_array_equal(one.curve, three.curve[:, :1])
    np.testing.assert_array_equal(one.weight, three.weight)


def test_only_the_prompt_spikes_at_the_end():
    x = make.make(TINY, 2).x()

    assert x[-TINY.window :, :, -1].all()
    assert not x[-TINY.window :, :, :-1].any()
    assert not x[: -TINY.window, :, -1].any()
    assert x[: -TINY.window, :, :-1].mean() == pytest.approx(TINY.p_in, rel=0.3)


def test_events_of_a_block_hold_the_same_spikes():
    problem = make.make(TINY, 3)

    events = BenchTask(problem).batch().events(1, 3)

    np.testing.assert_array_equal(events.to_dense(TINY.n_in), problem.x(bool)[:, 1:3])

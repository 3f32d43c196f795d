"""E-prop is measured beside BPTT and the forward pass, of the same batch."""

from __future__ import annotations

import pytest

from lsnn_core.bench import make
from lsnn_core.bench.rules import PASSES, measure_rules
from lsnn_core.bench.worker import Ours
from lsnn_core.errors import UsageError
from tests.helpers.workloads import CURVE, QUICK, TINY, TINY_LSTM


@pytest.mark.parametrize("load", [TINY, CURVE])
def test_all_are_measured_in_turns(load, tmp_path):
    measured = measure_rules(load, 3, str(tmp_path), QUICK, 100.0)

    assert [row.passes for row in measured.rows] == list(PASSES)
    assert len({row.loss for row in measured.rows}) == 1
    assert all(row.seconds > 0 for row in measured.rows)
    times = [row.seconds for row in measured.rows]
    assert measured.bptt == pytest.approx(times[1] / times[0])
    assert measured.eprop == pytest.approx(times[2] / times[0])
    assert f"BPTT {measured.bptt:.2f}, e-prop {measured.eprop:.2f}" in measured.line()


def test_the_worker_finds_another_gradient_of_the_same_loss():
    ours = Ours(make.make(TINY, 3), "float64", 1)
    losses, gradients = [], []
    for run in (ours.gradient, ours.eprop):
        losses.append(run()["loss"])
        gradients.append(ours.about()["gradient"])

    assert losses[0] == losses[1]
    assert gradients[0]["W_out"] == pytest.approx(gradients[1]["W_out"], rel=1e-9)
    assert gradients[0]["W_rec"] != pytest.approx(gradients[1]["W_rec"], rel=1e-3)


def test_rate_networks_have_no_such_rule(tmp_path):
    with pytest.raises(UsageError, match="workload tiny-lstm: e-prop is for spiking networks"):
        measure_rules(TINY_LSTM, 5, str(tmp_path), QUICK, 100.0)

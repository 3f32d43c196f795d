from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.runs import dashboard
from lsnn_core.errors import BadFileError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture, words
from tests.helpers.whole_runs import rate_run, whole_run


@pytest.fixture
def draw(write):
    return lambda tree, **options: picture(dashboard, dashboard.load(write(tree, **options)))


def titles(fig):
    return [ax.get_ylabel() for ax in fig.axes if ax.axison]


def test_a_rewired_network_fills_all_panels(draw):
    assert titles(draw(whole_run())) == [
        "loss",
        "accuracy (%)",
        "firing rate (Hz)",
        "connectivity (%)",
        "dropped per iteration",
        "norm of the gradient",
        r"$B_j(t)\,/\,b^0_j$ of A",
        "connections (%)",
    ]


@pytest.mark.parametrize(
    ("tree", "n"), [(whole_run("smnist-lif"), 5), (rate_run("smnist-lstm"), 2)]
)
def test_what_a_network_cannot_have_is_left_out(draw, tree, n):
    assert len(titles(draw(tree))) == n


def test_missing_recordings_name_their_commands(draw):
    tree = whole_run()
    del tree["spikes"], tree["recordings"]
    for name in ("W_in", "W_rec", "W_out"):
        del tree["metrics"]["train"][f"gradient_norm_{name}"], tree["rewiring"][f"dropped_{name}"]

    texts = [word for word in words(draw(tree)) if len(word) > 1]

    assert texts == [
        "dropped per iteration:\nrecorded by lsnn train",
        "norm of the gradient:\nrecorded by lsnn train",
        "thresholds of A:\nrecorded by lsnn evaluate RUN.h5",
    ]


def test_the_weights_histogram_holds_every_connection(draw):
    weights = draw(whole_run()).axes[-1]

    totals = [patch.get_data().values.sum() for patch in weights.patches]
    np.testing.assert_allclose(totals, 100.0)


@pytest.mark.parametrize("recipe", ["smnist-deepr", "smnist-lif"])
def test_no_text_is_clipped_or_overlaps(draw, recipe):
    assert flaws(draw(whole_run(recipe, n_iterations=200), status="interrupted")) == []


def test_a_run_without_a_loss_is_damaged(draw):
    tree = whole_run()
    del tree["metrics"]["train"]["loss"], tree["metrics"]["validation"], tree["metrics"]["test"]

    with pytest.raises(BadFileError, match=r"no /metrics/train/loss in it.*lsnn train"):
        draw(tree)

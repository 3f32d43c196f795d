"""First weights have the law that they are said to have, and a choice changes nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from lsnn_core.config.recipes import configure
from lsnn_core.errors import UsageError
from lsnn_core.learning.models import make_learner, make_task
from lsnn_core.rate.initial import FirstWeights, initial_parameters
from lsnn_core.rate.network import RateNetwork

LSTM = RateNetwork("lstm", 1, 128, 10)
MODELS = pytest.mark.parametrize(("model", "gates"), [("rnn", 1), ("lstm", 4)])


@pytest.mark.parametrize(("model", "count"), [("rnn", 17_930), ("lstm", 67_850)])
def test_the_papers_networks_have_as_many_parameters_as_published(model, count):
    parameters = initial_parameters(RateNetwork(model, 1, 128, 10), seed=1)

    assert sum(value.size for value in parameters.values()) == count


@MODELS
def test_first_weights_are_as_published(model, gates):
    net = RateNetwork(model, 1, 128, 10)
    p = initial_parameters(net, seed=1)
    limit = np.sqrt(6 / (1 + 128 + gates * 128))

    assert {name: value.shape for name, value in p.items()} == net.shapes()
    assert 0.99 * limit < np.abs(p["W_rec"]).max() <= limit
    assert np.abs(p["W_in"]).max() <= limit
    assert 0.95 < np.std(p["W_out"]) < 1.05
    assert p["b"].sum() == (128 if model == "lstm" else 0)
    assert model == "rnn" or (p["b"][128:256] == 1).all()  # the forget gates
    assert {value.dtype for value in p.values()} == {np.dtype(np.float32)}


def test_chrono_biases_are_spread_over_the_length_of_the_task():
    net = RateNetwork("lstm", 1, 4000, 10)
    b = initial_parameters(net, 2, np.float64, FirstWeights("chrono", t_max=784))["b"]
    i, f, o, j = b.reshape(4, -1)

    np.testing.assert_array_equal(i, -f)
    assert not o.any()
    assert not j.any()
    assert f.min() >= 0.0
    assert f.max() <= np.log(783)
    assert kstest(np.exp(f), "uniform", (1, 782)).pvalue > 0.01


def test_chrono_takes_the_length_from_the_task():
    longest = {}
    for steps in (1, 2):
        config = configure("smnist-lstm-trained", [f"task.steps_per_pixel={steps}"])
        learner = make_learner(config, make_task(config))
        longest[steps] = np.exp(learner.parameters["b"][128:256].max())
        learner.close()

    assert 700 < longest[1] < 783 < 1400 < longest[2] < 1567


def test_a_task_of_one_step_leaves_nothing_to_spread():
    p = initial_parameters(LSTM, 1, first=FirstWeights("chrono", t_max=1))

    assert not p["b"].any()


def test_the_forget_bias_may_be_any_number():
    b = initial_parameters(LSTM, 1, first=FirstWeights(-2.5))["b"]

    assert (b[128:256] == -2.5).all()
    assert np.count_nonzero(b) == 128


@MODELS
@pytest.mark.parametrize("halves", [1, 2])
def test_orthogonal_weights_keep_the_length_of_what_they_are_given(model, gates, halves):
    net = RateNetwork(model, 2, 64, 4, halves)
    W = initial_parameters(net, 3, np.float64, FirstWeights(recurrent="orthogonal"))["W_rec"]
    blocks = W.reshape(64, gates, 64).transpose(1, 0, 2)

    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(64), atol=1e-13)
        assert not block[::halves, 1::halves].any() or halves == 1
    assert len(np.unique(np.round(blocks[:, 0, 0], 12))) == gates


def test_orthogonal_weights_favour_no_direction():
    """LAPACK's Q alone has a diagonal of one sign more often than not."""
    net, rule = RateNetwork("rnn", 1, 8, 1), FirstWeights(recurrent="orthogonal")
    drawn = (initial_parameters(net, seed, first=rule) for seed in range(300))
    diagonal = np.array([np.diag(p["W_rec"]) for p in drawn])

    assert abs(diagonal.mean()) < 4 * diagonal.std() / np.sqrt(diagonal.size)


@pytest.mark.parametrize("halves", [1, 2])
def test_a_glorot_readout_is_within_its_bound_and_without_bias(halves):
    net = RateNetwork("lstm", 2, 128, 10, halves)
    p = initial_parameters(net, 1, np.float64, FirstWeights(readout="glorot"))
    limit = np.sqrt(6 * halves / 138)

    assert 0.98 * limit < np.abs(p["W_out"]).max() <= limit
    assert not p["b_out"].any()
    assert (p["W_out"] != 0).sum() == 1280 / halves


@pytest.mark.parametrize(
    ("first", "changed"),
    [
        (FirstWeights("chrono", t_max=784), {"b"}),
        (FirstWeights(recurrent="orthogonal"), {"W_rec"}),
        (FirstWeights(readout="glorot"), {"W_out", "b_out"}),
    ],
)
def test_a_choice_changes_nothing_else(first, changed):
    published, other = initial_parameters(LSTM, 5), initial_parameters(LSTM, 5, first=first)

    assert {n for n in other if not np.array_equal(published[n], other[n])} == changed


@pytest.mark.parametrize(
    ("recipe", "setting", "words"),
    [
        ("smnist-lsnn", "forget_bias=chrono", "forget_bias: found 'chrono'.*only model lstm has"),
        ("smnist-rnn", "forget_bias=2", "forget_bias: found 2.0.*network.model is 'rnn'"),
        ("smnist-lsnn", "recurrent_init=orthogonal", "recurrent_init: found.*only model rnn or"),
        ("smnist-lsnn", "readout_init=glorot", "readout_init: found 'glorot'.*network.model is"),
        ("smnist-lstm", "forget_bias=cron", "found 'cron', expected a finite number, or 'chrono'"),
        ("smnist-lstm", "forget_bias=true", "found True, expected a finite number, or 'chrono'"),
        ("smnist-lstm", "recurrent_init=orthogona", "did you mean 'orthogonal'"),
        ("smnist-lstm", "readout_init=glorrot", "did you mean 'glorot'"),
    ],
)
def test_what_a_model_does_not_have_is_refused(recipe, setting, words):
    with pytest.raises(UsageError, match=words):
        configure(recipe, [f"network.{setting}"])

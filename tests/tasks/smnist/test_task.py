"""Sequential MNIST as the trainer sees it."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.recipes import configure
from lsnn_core.config.settings import from_mapping
from lsnn_core.learning.models import make_learner, make_task
from tasks.smnist.batch import DigitBatch
from tasks.smnist.mnist import Images, Mnist
from tasks.smnist.pixel_codes import pixel_order
from tasks.smnist.task import SequentialMnist, SmnistSettings

SPLITS = ["validation", "test"]
CODES = pytest.mark.parametrize("code", ["threshold-crossing", "population-rate"])


@pytest.fixture(scope="module")
def tasks() -> dict[str, SequentialMnist]:
    codes = ("threshold-crossing", "population-rate")
    return {code: SequentialMnist(SmnistSettings(code=code)) for code in codes}


@pytest.fixture
def small(tasks, monkeypatch) -> SequentialMnist:
    """A task of 50 training digits, each all of one grey that tells its index."""
    task, grey = tasks["threshold-crossing"], np.arange(50, dtype=np.uint8)
    images = Images(np.repeat(grey[:, None], 784, axis=1), grey % 10)
    monkeypatch.setattr(task, "mnist", Mnist(images, images, images))
    return task


def dense(batch: DigitBatch, task: SequentialMnist, *cuts: int) -> np.ndarray:
    """All input spikes, encoded in blocks that end at the cuts."""
    blocks = zip((0, *cuts), (*cuts, batch.size), strict=True)
    return np.concatenate([batch.events(a, b).to_dense(task.n_in) for a, b in blocks], axis=1)


@CODES
def test_a_batch_is_the_same_when_drawn_again(tasks, code):
    task = tasks[code]
    first, again = (task.batch(7, 5, seed=3) for _ in range(2))

    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(dense(first, task), dense(again, task))


@CODES
def test_spikes_do_not_depend_on_how_a_batch_is_cut(tasks, code):
    task = tasks[code]
    batch = task.batch(0, 20, seed=3)

    np.testing.assert_array_equal(dense(batch, task, 16), dense(batch, task, 1, 4, 12))


def test_random_codes_differ_from_iteration_to_iteration(tasks):
    task = tasks["population-rate"]
    batch = task.batch(0, 2, seed=3)
    keys = [task._take(task.mnist.train, np.arange(2), 3, (0, i)).keys for i in (0, 1)]

    assert batch.keys is not None
    assert (keys[0] != keys[1]).all()


def test_grey_values_are_those_of_the_batchs_digits():
    task = SequentialMnist(SmnistSettings(code="grey", readout_window_ms=1))
    batch = task.batch(3, 6, seed=1)

    assert task.analog
    assert (task.n_in, task.n_steps, task.readout_start) == (1, 784, 783)
    np.testing.assert_allclose(batch.analog(2, 5)[:, 0] * 255, batch.pixels[2:5].T, atol=1e-3)


def test_a_spiking_network_can_read_grey_values():
    config = configure("smnist-lif", ["task.code=grey", "network.n_regular=9", "training.batch=4"])
    learner = make_learner(config, make_task(config))
    outcome = learner.gradient(learner.batch(0), 0)
    learner.close()

    from_inputs = outcome.d_weight[:9]  # one input, fully connected
    assert np.isfinite(outcome.d_weight).all()
    assert from_inputs.any()


def test_every_epoch_is_a_permutation(small):
    batches = [small.batch(i, 20, seed=1) for i in range(5)]
    order = np.concatenate([batch.pixels[:, 0] for batch in batches])

    assert sorted(order[:50]) == sorted(order[50:]) == list(range(50))
    assert order[:50].tolist() != order[50:].tolist()
    assert order[:50].tolist() != list(range(50))


def test_a_batch_may_span_epochs(small):
    order = small.batch(0, 130, seed=1).pixels[:, 0]

    assert [sorted(order[i : i + 50]) for i in (0, 50)] == [list(range(50))] * 2
    assert len(set(order[100:])) == 30


@pytest.mark.parametrize("seed", [1, 2])  # of the run: the order does not depend on it
def test_all_splits_and_runs_show_their_pixels_in_the_same_order(seed):
    task = SequentialMnist(SmnistSettings(code="grey", permuted=True, readout_window_ms=1))
    back = np.argsort(pixel_order(0))
    batches = [task.batch(3, 4, seed), *(next(task.held_out(s, 4, seed)) for s in SPLITS)]
    for batch in batches:
        digits = (batch.analog(0, 4)[:, 0] * 255).round().astype(np.uint8)[back].T
        np.testing.assert_array_equal(digits, batch.pixels)
    np.testing.assert_array_equal(batches[2].pixels, task.mnist.test.pixels[:4])


@pytest.mark.parametrize("split", SPLITS)
def test_held_out_digits_come_once_and_in_order(small, split):
    batches = list(small.held_out(split, 16, seed=1))

    assert [batch.size for batch in batches] == [16, 16, 16, 2]
    assert np.concatenate([batch.pixels[:, 0] for batch in batches]).tolist() == list(range(50))


def test_splits_have_the_published_sizes(tasks):
    mnist = tasks["threshold-crossing"].mnist

    assert [len(images.labels) for images in mnist] == [55_000, 5_000, 10_000]


def test_the_loss_has_its_derivative(small):
    batch, rng = small.batch(0, 6, seed=1), np.random.default_rng(0)
    y, direction = rng.normal(size=(2, 4, 10, 3))
    start, stop, h = 2, 5, 1e-6
    d_y = batch.loss(y, start, stop).d_y
    after, before = (batch.loss(y + s * direction, start, stop).loss for s in (h, -h))

    assert d_y.shape == y.shape
    assert np.sum(d_y * direction) == pytest.approx((after - before) / (2 * h), rel=1e-7)


def test_block_losses_add_up_to_the_batchs(small):
    batch, y = small.batch(0, 6, seed=1), np.random.default_rng(0).normal(size=(4, 10, 6))
    whole = batch.loss(y, 0, 6)
    parts = [batch.loss(y[:, :, a:b], a, b) for a, b in ((0, 4), (4, 6))]

    assert sum(part.loss for part in parts) == pytest.approx(whole.loss)
    np.testing.assert_allclose(np.concatenate([p.d_y for p in parts], axis=2), whole.d_y)
    assert sum(part.metrics["accuracy"][0] for part in parts) == whole.metrics["accuracy"][0]


def test_the_loss_reads_the_last_steps(tasks):
    task = tasks["threshold-crossing"]

    assert task.readout_start == task.n_steps - 28 == 784 + 56 - 28
    assert from_mapping(SmnistSettings, {"name": "smnist"}).readout_window_ms == 28


def test_the_recorded_example_is_the_first_test_digit(tasks):
    task = tasks["threshold-crossing"]
    batch, about = task.recordings(seed=1)

    assert batch.size == 1
    assert int(about["label"]) == task.mnist.test.labels[0] == 7
    np.testing.assert_array_equal(about["image"].ravel(), task.mnist.test.pixels[0])
    assert "pixel_order" not in about


def test_a_permuted_example_is_recorded_as_it_looks_with_the_order_of_its_pixels():
    task = SequentialMnist(SmnistSettings(permuted=True, permutation_seed=3))
    _, about = task.recordings(seed=1)

    np.testing.assert_array_equal(about["image"].ravel(), task.mnist.test.pixels[0])
    np.testing.assert_array_equal(about["pixel_order"], pixel_order(3))

"""Store-recall as the trainer sees it."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.random.streams import stream
from tasks.store_recall.sequences import input_spikes
from tasks.store_recall.task import HELD_OUT_SEQUENCES, RecallBatch, RecallSettings, StoreRecallTask

TASK = StoreRecallTask(RecallSettings(n_symbols=6, symbol_ms=5, group_size=3, expected_delay=2.0))


def dense(batch: RecallBatch, *cuts: int) -> np.ndarray:
    blocks = zip((0, *cuts), (*cuts, batch.size), strict=True)
    return np.concatenate([batch.events(a, b).to_dense(TASK.n_in) for a, b in blocks], axis=1)


def readouts(size: int, copies: int = 1) -> np.ndarray:
    shape = (copies, TASK.n_steps, TASK.n_out, size)
    return stream(0, "readouts").normal(size=shape)


def test_a_batch_is_the_same_when_drawn_again():
    first, again, next_ = (TASK.batch(i, 5, seed=3) for i in (7, 7, 8))

    np.testing.assert_array_equal(dense(first), dense(again))
    np.testing.assert_array_equal(first.data.symbols, again.data.symbols)
    assert (first.data.keys != next_.data.keys).all()


def test_spikes_do_not_depend_on_how_a_batch_is_cut():
    batch = TASK.batch(0, 20, seed=3)

    np.testing.assert_array_equal(dense(batch, 16), dense(batch, 1, 4, 12))
    np.testing.assert_array_equal(
        dense(batch, 16), input_spikes(batch.data.gates, batch.data.keys, TASK.settings)
    )


@pytest.mark.parametrize("split", ["validation", "test"])
def test_held_out_sequences_are_the_same_at_each_look(split):
    first, again = (list(TASK.held_out(split, 100, seed=1)) for _ in range(2))

    assert sum(batch.size for batch in first) == HELD_OUT_SEQUENCES
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.data.keys, b.data.keys)


def test_no_split_shares_its_sequences():
    keys = [next(TASK.held_out(split, 50, seed=1)).data.keys for split in ("validation", "test")]
    keys.append(TASK.batch(0, 50, seed=1).data.keys)

    assert len(np.unique(np.concatenate(keys))) == 150


def test_the_loss_has_its_derivative():
    batch, (y, direction), h = TASK.batch(0, 6, seed=1), readouts(3, copies=2), 1e-6
    d_y = batch.loss(y, 2, 5).d_y
    after, before = (batch.loss(y + s * direction, 2, 5).loss for s in (h, -h))

    assert d_y.shape == y.shape
    assert np.sum(d_y * direction) == pytest.approx((after - before) / (2 * h), rel=1e-7)


def test_only_recall_counts():
    batch, (y,) = TASK.batch(0, 6, seed=1), readouts(6)
    asked = np.repeat(batch.data.recall.T, TASK.settings.symbol_ms, axis=0)  # (T, B)
    d_y = batch.loss(y, 0, 6).d_y.transpose(0, 2, 1)

    assert not d_y[~asked].any()
    assert d_y[asked].any(axis=1).all()


def test_block_losses_add_up_to_the_batchs():
    batch, (y,) = TASK.batch(0, 6, seed=1), readouts(6)
    whole = batch.loss(y, 0, 6)
    parts = [batch.loss(y[:, :, a:b], a, b) for a, b in ((0, 4), (4, 6))]

    assert sum(part.loss for part in parts) == pytest.approx(whole.loss)
    np.testing.assert_allclose(np.concatenate([p.d_y for p in parts], axis=2), whole.d_y)
    summed = np.sum([part.metrics["recall_error"] for part in parts], axis=0)
    assert summed.tolist() == list(whole.metrics["recall_error"])


def test_a_perfect_readout_makes_no_error():
    batch = TASK.batch(0, 6, seed=1)
    target = np.repeat(batch.data.targets.T, TASK.settings.symbol_ms, axis=0)
    y = 40.0 * (target[:, None] == np.arange(TASK.n_out)[:, None])
    found = batch.loss(y, 0, 6)

    assert found.loss < 1e-9
    assert found.metrics["recall_error"] == (0.0, float(batch.data.recall.sum()))

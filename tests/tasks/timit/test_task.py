"""TIMIT as the trainer sees it, on utterances made up here."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import UsageError
from lsnn_core.learning.trainer import Trainer
from lsnn_core.random.streams import stream
from tasks.speech.labels import UNLABELLED
from tasks.speech.phones import CLASSES, FOLD, INDEX, PHONES
from tasks.timit.corpus import Utterance
from tasks.timit.task import SpeechBatch, Timit, TimitSettings, errors, window_start

LENGTHS = {"train": (12, 9, 15, 11, 7), "validation": (8, 23), "test": (10,)}


def utterance(name: str, n: int) -> Utterance:
    rng = stream(0, name)
    x = rng.normal(size=(n, 39)).astype(np.float32)
    return Utterance(name, x, rng.integers(61, size=n))


SPLITS = {s: [utterance(f"{s} {i}", n) for i, n in enumerate(ns)] for s, ns in LENGTHS.items()}


def task(**settings: int) -> Timit:
    return Timit(TimitSettings(ms_per_frame=2, **settings), SPLITS)


def logits_that_say(phone: np.ndarray, ms: int = 2) -> np.ndarray:
    """Readouts (T, 61, B) that name the phones (B, F)."""
    return np.repeat(40.0 * (phone.T[:, None] == np.arange(61)[:, None]), ms, axis=0)


def test_whole_utterances_are_padded_to_the_longest():
    batch = task().batch(0, 5, seed=1)

    assert task().n_steps == 2 * 23
    assert sorted(batch.length) == sorted(LENGTHS["train"])
    for row, n in enumerate(batch.length):
        assert (batch.phone[row, n:] == UNLABELLED).all()
        assert (batch.phone[row, :n] != UNLABELLED).all()
        assert not batch.x[row, n:].any()


def test_a_window_keeps_features_and_phones_together():
    batch = task(frames=6).batch(3, 4, seed=1)
    train = SPLITS["train"]

    for x, phone in zip(batch.x, batch.phone, strict=True):
        places = [(u, t) for u in train for t in range(len(u.x)) if (u.x[t] == x[0]).all()]
        ((found, t),) = places
        np.testing.assert_array_equal(x, found.x[t : t + 6])
        np.testing.assert_array_equal(phone, found.phone[t : t + 6])


def test_an_epoch_hears_every_utterance_once():
    firsts = np.concatenate([task().batch(i, 2, seed=4).x[:, 0, 0] for i in range(5)])
    every = [u.x[0, 0] for u in SPLITS["train"]]

    assert sorted(firsts[:5]) == sorted(every)
    assert sorted(firsts[5:]) == sorted(every)
    assert list(firsts[:5]) != list(firsts[5:])


def test_a_batch_is_the_same_when_drawn_again():
    first, again, next_ = (task(frames=5).batch(i, 4, seed=3) for i in (7, 7, 8))

    np.testing.assert_array_equal(first.x, again.x)
    assert (first.x != next_.x).any()


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize(("frames", "overlap"), [(0, 0), (6, 0), (6, 4), (5, 3), (40, 20)])
def test_held_out_frames_count_once(frames, overlap, directions):
    batches = task(frames=frames, overlap=overlap, directions=directions).held_out(
        "validation", 3, seed=1
    )
    scored = [p for batch in batches for row in batch.phone for p in row if p != UNLABELLED]

    expected = np.concatenate([u.phone for u in SPLITS["validation"]])
    np.testing.assert_array_equal(scored, expected)


def test_a_later_window_has_heard_what_came_before():
    windows = task(frames=6, overlap=4).windows(0, 10)

    assert [(w.start, w.first, w.last) for w in windows] == [(0, 0, 6), (2, 6, 8), (4, 8, 10)]


def test_every_step_of_a_frame_has_its_features():
    batch = task().batch(0, 3, seed=1)
    x = batch.analog(1, 3)

    assert x.shape == (46, 39, 2)
    np.testing.assert_array_equal(x[0::2], batch.x[1:3].transpose(1, 2, 0))
    np.testing.assert_array_equal(x[1::2], x[0::2])


def test_the_backward_half_hears_each_window_reversed_within_its_own_length():
    batch = task(directions=2).batch(0, 5, seed=1)
    x = batch.analog(0, 5)

    for lane, n in enumerate(batch.length):
        np.testing.assert_array_equal(x[::2, 0::2, lane][:n], batch.x[lane, :n])
        np.testing.assert_array_equal(x[::2, 1::2, lane][:n], batch.x[lane, :n][::-1])
        assert not x[2 * n :, :, lane].any()


def test_the_backward_half_s_answer_counts_for_the_frame_it_heard():
    batch = task(directions=2).batch(0, 5, seed=1)
    reversed_phone = batch.phone.copy()
    for row, n in zip(reversed_phone, batch.length, strict=True):
        row[:n] = row[:n][::-1]
    y = np.zeros((46, 122, 5))
    y[:, 1::2] = logits_that_say(reversed_phone)

    assert batch.loss(y, 0, 5).loss < 1e-9


@pytest.mark.parametrize("directions", [1, 2])
def test_the_loss_has_its_derivative(directions):
    batch, h = task(directions=directions).batch(0, 5, seed=1), 1e-6
    y, direction = stream(0, "y").normal(size=(2, 46, 61 * directions, 3))
    d_y = batch.loss(y, 2, 5).d_y
    after, before = (batch.loss(y + s * direction, 2, 5).loss for s in (h, -h))

    assert d_y.shape == y.shape
    assert np.sum(d_y * direction) == pytest.approx((after - before) / (2 * h), rel=1e-7)


def test_padding_does_not_count():
    batch = task().batch(0, 5, seed=1)
    d_y = batch.loss(stream(0, "y").normal(size=(46, 61, 5)), 0, 5).d_y

    counts = np.repeat((batch.phone != UNLABELLED).T, 2, axis=0)
    np.testing.assert_array_equal(d_y.any(axis=1), counts)


def test_block_losses_add_up_to_the_batchs():
    batch, y = task().batch(0, 5, seed=1), stream(0, "y").normal(size=(46, 61, 5))
    whole = batch.loss(y, 0, 5)
    parts = [batch.loss(y[:, :, a:b], a, b) for a, b in ((0, 3), (3, 5))]

    assert sum(part.loss for part in parts) == pytest.approx(whole.loss)
    np.testing.assert_allclose(np.concatenate([p.d_y for p in parts], axis=2), whole.d_y)
    for name, counts in whole.metrics.items():
        assert np.sum([p.metrics[name] for p in parts], axis=0).tolist() == list(counts)


def test_a_perfect_readout_makes_no_error():
    batch = task().batch(0, 5, seed=1)
    found = batch.loss(logits_that_say(batch.phone), 0, 5)

    assert found.loss < 1e-9
    assert found.metrics["error"] == (0.0, float(sum(LENGTHS["train"])))
    assert found.metrics["error_39"][0] == 0.0


def test_errors_in_39_classes_forgive_what_folds_together():
    phone = np.array([INDEX[p] for p in ("ao", "kcl", "q", "iy")])
    found = np.array([INDEX[p] for p in ("aa", "h#", "iy", "q")])

    assert errors(found, phone) == {"error": (4.0, 4.0), "error_39": (1.0, 3.0)}
    assert len(CLASSES) == FOLD.max() + 1


def test_an_overlap_as_long_as_the_window_is_refused():
    with pytest.raises(UsageError, match=r"task\.overlap: found 6, expected less"):
        task(frames=6, overlap=6)


def tone_task(directions: int) -> Timit:
    """Three phones, each with a feature of its own: a frame tells its phone."""
    rng = stream(0, "tones")

    def tone(name: str) -> Utterance:
        phone = np.repeat(rng.integers(3, size=4), 8)
        return Utterance(name, np.eye(39, dtype=np.float32)[phone] * 2, phone)

    splits = {split: [tone(f"{split} {i}") for i in range(32)] for split in LENGTHS}
    return Timit(TimitSettings(ms_per_frame=3, directions=directions), splits)


@pytest.mark.parametrize("directions", [1, 2])
def test_a_network_learns_to_tell_tones(directions):
    made = tone_task(directions)
    config = from_mapping(
        RunConfig,
        {
            "seed": 1,
            "task": {"name": "timit"},
            "network": {
                **{"n_regular": 20, "n_adaptive": 12, "delays": 1, "n_ref": 2},
                **{"tau_m_ms": 5.0, "tau_out_ms": 5.0},  # shorter than a phone, of 24 ms
            },
            "training": {"iterations": 60, "batch": 16, "lr": 0.02, "threads": 1},
            "rewiring": {"policy": "deep-r"},
        },
    )
    trainer = Trainer(config, made)
    trainer.fit(lambda trainer: True)
    trainer.close()

    assert trainer.metrics.last("validation/error") < 0.2  # chance: 0.67


def test_the_halves_of_a_bidirectional_network_never_meet():
    made = tone_task(2)
    network = {"n_regular": 6, "n_adaptive": 4, "delays": 1, "connectivity": 0.3}
    config = from_mapping(
        RunConfig,
        {
            "seed": 1,
            "task": {"name": "timit"},
            "network": network,
            "training": {"iterations": 30, "batch": 4, "lr": 0.05, "threads": 1},
            "rewiring": {"policy": "deep-r", "l1": 1.0},
        },
    )
    trainer = Trainer(config, made)
    count = len(trainer.learner.net.connections)
    trainer.fit(lambda trainer: True)
    trainer.close()

    trainer.learner.net.connections.validate()  # refuses what joins the halves
    assert sum(trainer.metrics.values["rewiring/dropped"]) > 20
    assert len(trainer.learner.net.connections) == count


def test_recordings_are_of_the_first_test_utterance():
    batch, about = task(frames=6).recordings(seed=1)

    assert isinstance(batch, SpeechBatch)
    np.testing.assert_array_equal(about["phones"], SPLITS["test"][0].phone[:6])
    assert [PHONES[i] for i in about["phones"]]


def test_the_halves_of_a_bidirectional_lstm_never_meet():
    values = {
        "seed": 1,
        "task": {"name": "timit"},
        "network": {"model": "lstm", "n_regular": 4, "n_adaptive": 0},
        "training": {"iterations": 3, "batch": 4, "threads": 1},
    }
    trainer = Trainer(from_mapping(RunConfig, values), tone_task(2))
    trainer.fit(lambda trainer: True)
    trainer.close()
    W_rec = trainer.learner.parameters["W_rec"]

    assert W_rec[::2, ::2].all()
    assert not W_rec[::2, 1::2].any()


def test_the_gain_scales_what_the_network_hears():
    plain, quiet = (
        Timit(TimitSettings(ms_per_frame=2, gain=gain), SPLITS).batch(0, 2, seed=1)
        for gain in (1.0, 0.1)
    )

    np.testing.assert_allclose(quiet.analog(0, 2), 0.1 * plain.analog(0, 2), rtol=1e-6)


@pytest.mark.parametrize(("n", "frames"), [(40, 10), (12, 10), (200, 60)])
def test_no_frame_is_trained_less_often_than_one_in_the_middle(n, frames):
    rng, heard = np.random.default_rng(0), np.zeros(n)
    draws = 20_000
    for _ in range(draws):
        start = window_start(n, frames, rng)
        assert 0 <= start <= n - frames
        heard[start : start + frames] += 1

    share = frames / (n + frames - 1)  # of all places where a window can touch the utterance
    assert heard.min() / draws == pytest.approx(share, rel=0.1)
    assert heard[0] / draws == pytest.approx(share, rel=0.1)


def test_a_short_utterance_is_one_window():
    assert {window_start(5, 10, np.random.default_rng(seed)) for seed in range(20)} == {0}

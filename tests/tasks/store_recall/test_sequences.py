import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.task.spikes import EventBuffers
from tasks.store_recall.sequences import (
    RECALL,
    STORE,
    StoreRecallSettings,
    draw_batch,
    draw_symbols,
    input_gates,
    input_spikes,
    is_valid,
    recall_targets,
    spike_events,
)

seeds = st.integers(0, 2**32)
small = st.builds(
    StoreRecallSettings,
    n_symbols=st.integers(4, 8),
    symbol_ms=st.integers(1, 5),
    expected_delay=st.floats(0.5, 10),
    group_size=st.integers(1, 4),
    rate_hz=st.sampled_from([0.0, 50.0, 500.0, 1000.0]),
)


def makes_sense(symbols) -> bool:
    """The rules, symbol by symbol."""
    due, last, recalled = STORE, None, False
    for symbol in symbols:
        if symbol >= STORE and (symbol != due or last == STORE):
            return False
        if symbol >= STORE:
            due = STORE + RECALL - symbol
        recalled |= symbol == RECALL
        last = symbol
    return recalled and due == STORE


def test_published_sizes():
    settings = StoreRecallSettings()
    assert (settings.n_symbols, settings.n_in, settings.n_steps) == (12, 100, 2400)
    assert settings.special_probability == pytest.approx(1 / 7)


@given(st.lists(st.integers(0, 3), min_size=3, max_size=9))
def test_validity_follows_the_rules(symbols):
    assert is_valid(np.array([symbols]))[0] == makes_sense(symbols)


def test_validity_of_all_short_sequences():
    every = np.array(list(itertools.product(range(4), repeat=5)))
    assert is_valid(every).tolist() == [makes_sense(symbols) for symbols in every]


@pytest.mark.parametrize(("n_symbols", "expected_delay"), [(3, 2.0), (6, 1.0), (8, 6.0)])
def test_acceptance_is_the_share_of_valid_sequences(n_symbols, expected_delay):
    settings = StoreRecallSettings(n_symbols=n_symbols, expected_delay=expected_delay)
    p, share = settings.special_probability, 0.0
    for special in itertools.product([0, 1], repeat=n_symbols):
        turns = itertools.cycle([STORE, RECALL])
        symbols = [next(turns) if s else 0 for s in special]
        share += makes_sense(symbols) * p ** sum(special) * (1 - p) ** (n_symbols - sum(special))
    assert settings.acceptance == pytest.approx(share, rel=1e-12)


@given(small, st.integers(1, 20), seeds)
def test_drawn_sequences_make_sense(settings, size, seed):
    symbols = draw_symbols(settings, size, np.random.default_rng(seed))
    assert symbols.shape == (size, settings.n_symbols)
    assert all(makes_sense(row) for row in symbols)


def test_digits_are_fair_and_delays_vary():
    symbols = draw_symbols(StoreRecallSettings(), 4000, np.random.default_rng(0))
    digits = symbols[symbols < STORE]
    assert abs(digits.mean() - 0.5) < 5 * 0.5 / np.sqrt(digits.size)
    delay = np.argmax(symbols == RECALL, axis=1) - np.argmax(symbols == STORE, axis=1)
    assert set(delay) == set(range(2, 12))


def test_worked_example():
    symbols = np.array([[0, STORE, 1, 0, RECALL, STORE, 0, RECALL]])
    inverted = np.array([[0, 1, 0, 0, 0, 0, 0, 0]], bool)
    assert recall_targets(symbols).tolist() == [[0, STORE, 1, 0, 1, STORE, 0, 0]]
    shown = [
        [1, 0, 1, 1, 0, 1, 1, 0],  # 0: also with the second STORE, and instead of the stored 1
        [0, 1, 0, 0, 0, 0, 0, 0],  # 1: with the first STORE only
        [0, 1, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0, 0, 1],
    ]
    assert input_gates(symbols, inverted)[0].T.astype(int).tolist() == shown


@given(small, seeds)
def test_the_target_is_the_digit_shown_with_store(settings, seed):
    batch = draw_batch(settings, 5, np.random.default_rng(seed))
    for symbols, targets, gates in zip(batch.symbols, batch.targets, batch.gates, strict=True):
        shown = gates[symbols == STORE, :2].argmax(axis=1)
        assert targets[symbols == RECALL].tolist() == shown.tolist()


@given(small, seeds)
def test_one_digit_at_a_time_and_none_at_recall(settings, seed):
    batch = draw_batch(settings, 5, np.random.default_rng(seed))
    np.testing.assert_array_equal(batch.gates[:, :, :2].sum(axis=2), ~batch.recall)
    np.testing.assert_array_equal(batch.recall, batch.symbols == RECALL)


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_the_symbol_after_store_is_inverted_as_often_as_told(probability):
    settings = StoreRecallSettings(inversion_probability=probability)
    batch = draw_batch(settings, 2000, np.random.default_rng(1))
    row, at = np.nonzero(batch.symbols == STORE)
    inverted = batch.gates[row, at + 1, 0] != (batch.symbols[row, at + 1] == 0)
    assert abs(inverted.mean() - probability) <= 5 * 0.5 / np.sqrt(row.size) * (probability == 0.5)


@given(small, st.integers(1, 16), seeds)
def test_events_equal_the_readable_spikes(settings, size, seed):
    batch = draw_batch(settings, size, np.random.default_rng(seed))
    found = spike_events(batch.gates, batch.keys, settings).to_dense(settings.n_in)
    np.testing.assert_array_equal(found, input_spikes(batch.gates, batch.keys, settings))


@given(small, seeds)
def test_blocks_of_a_batch_do_not_depend_on_the_cut(settings, seed):
    batch = draw_batch(settings, 6, np.random.default_rng(seed))
    whole = input_spikes(batch.gates, batch.keys, settings)
    buffers = EventBuffers.allocate(settings.n_steps, settings.n_in)
    for cut in (slice(0, 1), slice(1, 4), slice(4, 6)):
        part = spike_events(batch.gates[cut], batch.keys[cut], settings, buffers)
        np.testing.assert_array_equal(part.to_dense(settings.n_in), whole[:, cut])


def test_active_groups_fire_at_their_rate_and_others_not_at_all():
    settings = StoreRecallSettings()
    batch = draw_batch(settings, 8, np.random.default_rng(2))
    spikes = input_spikes(batch.gates, batch.keys, settings)
    rate_hz = 1000 * spikes.reshape(12, 200, 8, 4, 25).mean(axis=(1, 4)).swapaxes(0, 1)
    assert rate_hz[~batch.gates].max() == 0.0
    assert abs(rate_hz[batch.gates].mean() - 50) < 1.0


def test_the_same_generator_gives_the_same_batch():
    first, second = (
        draw_batch(StoreRecallSettings(), 4, np.random.default_rng(9)) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ({"n_symbols": 2}, "n_symbols"),
        ({"n_symbols": 12.0}, "n_symbols"),
        ({"rate_hz": 1001}, "rate_hz"),
        ({"rate_hz": float("nan")}, "rate_hz"),
        ({"inversion_probability": -0.1}, "inversion_probability"),
        ({"expected_delay": 0}, "expected_delay"),
        ({"expected_delay": 0.1}, "a delay near 3 is sure to do"),
        ({"expected_delay": 1e6}, "a delay near 3 is sure to do"),
        ({"group_size": 0}, "group_size"),
    ],
)
def test_wrong_settings_are_refused(setting, hint):
    with pytest.raises(UsageError, match=hint):
        StoreRecallSettings(**setting)


def test_wrong_arrays_are_refused():
    settings = StoreRecallSettings()
    batch = draw_batch(settings, 17, np.random.default_rng(0))
    for gates, keys in [
        (batch.gates, batch.keys),
        (batch.gates[:2], batch.keys[:1]),
        (batch.gates[:1, :11], batch.keys[:1]),
        (batch.gates[:1].astype(int), batch.keys[:1]),
        (batch.gates[:1], batch.keys[:1].astype(float)),
    ]:
        with pytest.raises(UsageError):
            spike_events(gates, keys, settings)

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.random.streams import example_keys
from tasks.smnist import pixel_codes
from tasks.smnist.pixel_codes import N_CHANNELS, PROMPT, TOUCH, population_rate
from tasks.smnist.pixel_codes import threshold_crossing as crossing
from tasks.smnist.pixel_encoder import PixelEncoder

# Of permutation_seed = 0, as D-permuted-pixels has them: results are compared by it.
FIRST_SHOWN = [410, 366, 503, 254, 566, 203, 543, 735]
ORDER_SHA256 = "84cd6c6c48254619"

placements = st.sampled_from(["published", "causal"])
pixel_steps = st.sampled_from([1, 2])
ON, OFF = np.arange(2, TOUCH, 2), np.arange(3, TOUCH, 2)  # threshold 0 is never crossed


@st.composite
def blocks(draw, most=16):
    """Up to 16 images made of few grey values, among them those that lie on a threshold."""
    greys = draw(st.lists(st.sampled_from([0, 1, 84, 85, 170, 254, 255]), min_size=1, max_size=4))
    greys += draw(st.lists(st.integers(0, 255), max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.choice(np.array(greys, np.uint8), (draw(st.integers(1, most)), 784))


def image_with(**pixels: int) -> np.ndarray:
    image = np.zeros(784, np.uint8)
    for name, grey in pixels.items():
        image[int(name.removeprefix("at_"))] = grey
    return image


def fired(spikes: np.ndarray, step: int) -> list[int]:
    return np.flatnonzero(spikes[step]).tolist()


@pytest.mark.parametrize(
    ("placement", "steps_per_pixel", "on", "touch", "off"),
    [
        ("published", 1, 99, [100], 100),
        ("causal", 1, 100, [100], 101),
        ("published", 2, 199, [200, 201], 201),
        ("causal", 2, 200, [200, 201], 202),
    ],
)
def test_one_white_pixel(placement, steps_per_pixel, on, touch, off):
    spikes = crossing(image_with(at_100=255), placement, steps_per_pixel)
    expected = np.zeros_like(spikes)
    expected[on, ON] = expected[off, OFF] = expected[touch, TOUCH] = True
    expected[784 * steps_per_pixel :, PROMPT] = True
    assert spikes.shape == (840 * steps_per_pixel, 80)
    np.testing.assert_array_equal(spikes, expected)


def test_a_small_step_crosses_the_threshold_it_reaches():
    spikes = crossing(image_with(at_10=84, at_11=85, at_12=84))  # 85 / 255 = 13 / 39
    assert fired(spikes, 10) == [2 * 13]
    assert fired(spikes, 11) == [2 * 13 + 1]


def test_the_first_and_the_last_pixel_cross_nothing_by_themselves():
    spikes = crossing(np.full(784, 200, np.uint8), "causal")
    assert not spikes[:784].any()


def test_level_of_a_grey_value_is_that_of_the_published_float_arithmetic():
    grey = np.arange(256).astype(np.float32) * np.float32(1 / 255)  # as the paper's reader scales
    reached = np.linspace(0, 1, 40)[1:39] <= grey[:, None]
    np.testing.assert_array_equal(pixel_codes.crossing_level(), reached.sum(axis=1))


@given(blocks(most=1), placements)
def test_on_and_off_events_give_the_grey_levels_back(pixels, placement):
    level = pixel_codes.crossing_level()[pixels[0]].astype(int)
    spikes = crossing(pixels[0], placement)[:784].astype(int)
    change = spikes[:, ON].sum(axis=1) - spikes[:, OFF].sum(axis=1)
    change = change[:-1] if placement == "published" else change[1:]
    np.testing.assert_array_equal(level[0] + np.cumsum(change), level[1:])


@given(blocks(), placements, pixel_steps)
def test_crossing_kernel_equals_its_twin(pixels, placement, steps_per_pixel):
    encoder = PixelEncoder(placement=placement, steps_per_pixel=steps_per_pixel)
    spikes = encoder.events(pixels).to_dense(80)
    for lane, image in enumerate(pixels):
        np.testing.assert_array_equal(spikes[:, lane], crossing(image, placement, steps_per_pixel))


@given(blocks(most=3), pixel_steps, st.integers(0, 2**64 - 1))
def test_rate_kernel_equals_its_twin(pixels, steps_per_pixel, seed):
    keys = example_keys(seed, (), np.arange(len(pixels)))
    encoder = PixelEncoder(code="population-rate", steps_per_pixel=steps_per_pixel)
    spikes = encoder.events(pixels, keys).to_dense(80)
    for lane, image in enumerate(pixels):
        expected = population_rate(image, keys[lane], steps_per_pixel)
        np.testing.assert_array_equal(spikes[:, lane], expected)


@pytest.mark.parametrize("steps_per_pixel", [1, 2])
def test_the_most_events_there_can_be(steps_per_pixel):
    blink = np.tile(np.array([0, 255], np.uint8), 392)
    events = PixelEncoder(steps_per_pixel=steps_per_pixel).events(np.stack((blink, 255 - blink)))
    events.validate(80)
    per_step = np.diff(events.ptr)[:-1]
    assert per_step.max() == 2 * 38 + 1  # ON and OFF of every threshold above 0, and touch


@given(blocks(), st.integers(0, 15))
def test_an_example_does_not_depend_on_its_block(pixels, lane):
    lane %= len(pixels)
    keys = example_keys(3, (7,), np.arange(100, 100 + len(pixels)))
    encoder = PixelEncoder(code="population-rate")
    together = encoder.events(pixels, keys).to_dense(80)[:, lane]
    alone = encoder.events(pixels[lane : lane + 1], keys[lane : lane + 1]).to_dense(80)[:, 0]
    np.testing.assert_array_equal(together, alone)


def test_keys_differ_by_seed_position_and_example():
    keys = [example_keys(s, (i,), np.arange(50)) for s in (0, 1) for i in (0, 1)]
    assert np.unique(keys).size == 200


def test_rate_code_fires_as_tuned():
    image = np.full(784, 128, np.uint8)
    spikes = np.stack([population_rate(image, k, 2) for k in example_keys(1, (), np.arange(8))])
    expected = pixel_codes.tuning().chance[128] / 2.0**53
    found = spikes[:, : 784 * 2, :N_CHANNELS].mean(axis=(0, 1))
    assert np.abs(found - expected).max() < 5 * np.sqrt(0.2 * 0.8 / (8 * 784 * 2))


def test_tuning_peaks_at_the_preferred_grey_value_and_ends():
    chance, first, stop = pixel_codes.tuning()
    assert chance[0, 0] == chance[255, 78] == int(0.2 * 2**53)
    channel = np.arange(N_CHANNELS)
    inside = (first[:, None] <= channel) & (channel < stop[:, None])
    np.testing.assert_array_equal(chance > 0, inside)


def test_the_prompt_is_the_same_in_both_codes():
    keys, image = example_keys(0, (), [0]), image_with(at_5=99)[None]
    for code in ("threshold-crossing", "population-rate"):
        encoder = PixelEncoder(code=code, steps_per_pixel=2)
        spikes = encoder.events(image, keys).to_dense(80)[:, 0]
        assert (encoder.prompt_start, encoder.n_steps) == (1568, 1680)
        assert not spikes[:1568, PROMPT].any()
        assert all(fired(spikes, t) == [PROMPT] for t in range(1568, 1680))


@pytest.mark.parametrize("steps_per_pixel", [1, 2])
def test_the_grey_value_is_shown_pixel_by_pixel_without_a_prompt(steps_per_pixel):
    encoder = PixelEncoder(code="grey", steps_per_pixel=steps_per_pixel)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 784), np.uint8)
    x = encoder.analog(pixels)

    assert x.shape == (encoder.n_steps, encoder.n_in, 3) == (784 * steps_per_pixel, 1, 3)
    for lane, image in enumerate(pixels):
        expected = np.repeat(image / 255, steps_per_pixel)
        np.testing.assert_allclose(x[:, 0, lane], expected, rtol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_an_order_of_pixels_shows_each_once_and_its_inverse_gives_the_image_back(seed):
    order, image = pixel_codes.pixel_order(seed), np.arange(784) % 251
    assert sorted(order.tolist()) == list(range(784))
    assert (order != np.arange(784)).sum() > 770  # about one pixel stays where it was
    np.testing.assert_array_equal(image[order][np.argsort(order)], image)


def test_the_order_of_pixels_is_the_documented_one_for_all_time():
    order = pixel_codes.pixel_order(0)
    assert order[:8].tolist() == FIRST_SHOWN
    assert hashlib.sha256(order.astype("<i2").tobytes()).hexdigest()[:16] == ORDER_SHA256
    assert (order != pixel_codes.pixel_order(1)).sum() > 770


@given(blocks(), pixel_steps, placements, st.integers(0, 3))
def test_permuted_images_are_encoded_as_their_pixels_come(pixels, steps, placement, seed):
    order, n = pixel_codes.pixel_order(seed), len(pixels)
    options = {"steps_per_pixel": steps, "permuted": True, "permutation_seed": seed}
    keys = example_keys(seed, (), np.arange(n))
    crossings = PixelEncoder(placement=placement, **options).events(pixels).to_dense(80)
    rates = PixelEncoder(code="population-rate", **options).events(pixels, keys).to_dense(80)
    grey = PixelEncoder(code="grey", **options).analog(pixels)
    for lane, image in enumerate(pixels[:, order]):
        np.testing.assert_array_equal(crossings[:, lane], crossing(image, placement, steps))
        np.testing.assert_array_equal(rates[:, lane], population_rate(image, keys[lane], steps))
        np.testing.assert_allclose(grey[:, 0, lane], np.repeat(image / 255, steps), rtol=1e-6)


def test_a_seed_without_permutation_changes_nothing():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 784), np.uint8)
    plain, seeded = PixelEncoder(), PixelEncoder(permutation_seed=5)
    np.testing.assert_array_equal(plain.events(pixels).source, seeded.events(pixels).source)
    assert plain.shown(pixels) is pixels


def test_the_grey_value_has_no_spikes():
    with pytest.raises(UsageError, match=r"grey.*analog"):
        PixelEncoder(code="grey").events(np.zeros((1, 784), np.uint8))


def test_buffers_can_be_used_again():
    encoder, rng = PixelEncoder(), np.random.default_rng(0)
    buffers = encoder.buffers()
    for n in (16, 1, 7):
        pixels = rng.integers(0, 256, (n, 784), np.uint8)
        again = encoder.events(pixels, buffers=buffers).to_dense(80)
        np.testing.assert_array_equal(again, encoder.events(pixels).to_dense(80))


def test_threads_do_not_disturb_each_other():
    encoder, rng = PixelEncoder(), np.random.default_rng(0)
    parts = rng.integers(0, 256, (24, 16, 784), np.uint8)
    alone = [encoder.events(p) for p in parts]
    with ThreadPoolExecutor(4) as pool:
        for expected, found in zip(alone, pool.map(encoder.events, parts), strict=True):
            np.testing.assert_array_equal(found.source, expected.source)
            np.testing.assert_array_equal(found.lanes, expected.lanes)


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ({"code": "treshold-crossing"}, "threshold-crossing"),
        ({"placement": "acausal"}, "causal"),
        ({"steps_per_pixel": 3}, "steps_per_pixel"),
        ({"steps_per_pixel": True}, "steps_per_pixel"),
        ({"permuted": 1}, "permuted: found 1, expected true or false"),
        ({"permutation_seed": -1}, "permutation_seed: found -1, expected an integer >= 0"),
    ],
)
def test_wrong_settings_are_refused(setting, hint):
    with pytest.raises(UsageError, match=hint):
        PixelEncoder(**setting)


def test_wrong_arrays_are_refused():
    image, keys = np.zeros((1, 784), np.uint8), np.zeros(1, np.uint64)
    rate = PixelEncoder(code="population-rate")
    for arguments in [
        (image / 255, keys),
        (image[0], keys),
        (image[:, :783], keys),
        (np.zeros((17, 784), np.uint8), np.zeros(17, np.uint64)),
        (image[:0], keys[:0]),
        (image, None),
        (image, keys.astype(np.int64)),
        (image, keys, PixelEncoder(steps_per_pixel=2).buffers()),
    ]:
        with pytest.raises(UsageError):
            rate.events(*arguments)

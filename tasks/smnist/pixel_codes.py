"""From pixels to inputs: the paper's two spike codes for sequential MNIST, and the grey value.

An image is read row by row, one pixel every `steps_per_pixel` ms. Spikes are those of 79 channels;
then the prompt, channel 79, fires alone for two image rows: now answer. Their functions here are
for reading and hold the definitions; their twins in `tasks.smnist.kernels` write the same spikes
as events. The grey value itself is the paper's input of networks without spikes.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.random.counter import bits53, hash64

from .mnist import N_PIXELS, SIDE

Pixels = npt.NDArray[np.uint8]
Spikes = npt.NDArray[np.bool_]

N_THRESHOLDS = 40
"""Grey values 0 to 1 in equal steps; the last, 1, has a touch channel instead of ON and OFF."""

N_CHANNELS = 2 * (N_THRESHOLDS - 1) + 1
"""79: (ON, OFF) for each threshold below 1, ascending, then touch."""

TOUCH = N_CHANNELS - 1
PROMPT = N_CHANNELS
N_IN = N_CHANNELS + 1
PROMPT_PIXELS = 2 * SIDE

PEAK_PROBABILITY = 0.2
"""A channel's firing probability per ms (200 Hz) at its preferred grey value. Our choice: the
paper does not tell its tuning."""

TUNING_WIDTH = 0.022
"""Standard deviation of the tuning curve, of a grey range of 1. Our choice: with `PEAK_PROBABILITY`
a pixel makes about one spike per ms, and neighbouring channels overlap."""

TUNING_REACH = 4.0
"""Standard deviations beyond which a channel is silent: most draws need not be made."""


def threshold_crossing(
    image: Pixels, placement: str = "published", steps_per_pixel: int = 1
) -> Spikes:
    """Encode one image by the thresholds its grey value crosses from pixel to pixel.

    Parameters
    ----------
    image
        uint8 (784), 255 is grey value 1.
    placement
        Where a crossing between two neighbouring steps fires: "published", at the last step of the
        old pixel, one step before the new value appears (as the paper's code does); "causal", at
        the first step of the new pixel.
    steps_per_pixel
        ms per pixel. A crossing fires once however long a pixel lasts; touch fires all along.

    Returns
    -------
    bool (T, 80), T = (784 + 56) * steps_per_pixel.

    Notes
    -----
    The code of the paper's Figure 1D, as in the authors' published program. ON: y(i) < threshold
    <= y(i+1). OFF: y(i) >= threshold > y(i+1). Touch: y = 1. No grey value is below threshold 0,
    so channels 0 and 1 are silent.
    """
    y = np.repeat(image / 255, steps_per_pixel)
    steps = slice(0, y.size - 1) if placement == "published" else slice(1, y.size)
    spikes = _silence_then_prompt(steps_per_pixel)
    for k, threshold in enumerate(np.linspace(0, 1, N_THRESHOLDS)[:-1]):
        higher = y >= threshold
        spikes[steps, 2 * k] = ~higher[:-1] & higher[1:]
        spikes[steps, 2 * k + 1] = higher[:-1] & ~higher[1:]
    spikes[: y.size, TOUCH] = y == 1
    return spikes


def population_rate(image: Pixels, key: int, steps_per_pixel: int = 1) -> Spikes:
    """Encode one image by 79 channels that fire at random, each most for its own grey value.

    Parameters
    ----------
    image
        uint8 (784).
    key
        The example's random stream (see `lsnn_core.random.streams`): the draw of channel c at step
        t is a function of (key, t, c) alone.
    steps_per_pixel
        ms per pixel; every step draws anew.

    Returns
    -------
    bool (T, 80), T = (784 + 56) * steps_per_pixel.
    """
    grey = np.repeat(image, steps_per_pixel)
    counter = np.arange(grey.size)[:, None] * N_IN + np.arange(N_CHANNELS)
    spikes = _silence_then_prompt(steps_per_pixel)
    spikes[: grey.size, :N_CHANNELS] = bits53(key, counter) < tuning().chance[grey]
    return spikes


def grey(images: Pixels, steps_per_pixel: int = 1) -> npt.NDArray[np.float32]:
    """Show images as what they are: one real-valued input, the grey value of each pixel in turn.

    Parameters
    ----------
    images
        uint8 (L, 784), 255 is grey value 1.
    steps_per_pixel
        ms per pixel.

    Returns
    -------
    float32 (T, 1, L), T = 784 * steps_per_pixel: no prompt, the image ends and the answer is due
    (as in the authors' published programs).
    """
    value = images.T[:, None].astype(np.float32) / np.float32(255)
    return np.repeat(value, steps_per_pixel, axis=0)


@functools.cache
def pixel_order(seed: int) -> npt.NDArray[np.int64]:
    """Return the order in which permuted images show their pixels, (784,), read-only.

    Step t shows pixel ``order[t]``, counted row by row; ``image[order][np.argsort(order)]`` is the
    image again. Pixels stand in the order of their SplitMix64 hashes: a function of the seed alone,
    for all runs and with all versions of NumPy (D-permuted-pixels).
    """
    order = np.argsort(hash64(seed, np.arange(N_PIXELS)), kind="stable")
    order.flags.writeable = False
    return order


class Tuning(NamedTuple):
    """Firing probabilities of the population code, by grey value 0 to 255.

    chance: int64 (256, 79), out of 2**53; 0 unless ``first[grey] <= channel < stop[grey]``.
    """

    chance: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]


@functools.cache
def tuning() -> Tuning:
    """Return the Gaussian tuning curves of 79 channels, evenly spaced on grey values 0 to 1."""
    preferred = np.linspace(0, 1, N_CHANNELS)
    distance = (preferred - np.arange(256)[:, None] / 255) / TUNING_WIDTH
    near = np.abs(distance) <= TUNING_REACH
    probability = PEAK_PROBABILITY * np.exp(-0.5 * distance**2) * near
    first = near.argmax(axis=1)
    return Tuning((probability * 2.0**53).astype(np.int64), first, first + near.sum(axis=1))


@functools.cache
def crossing_level() -> Pixels:
    """Return, for grey values 0 to 255, how many of the thresholds 1/39 to 38/39 are not above.

    In integers, because grey values 85 and 170 lie exactly on a threshold.
    """
    level = np.arange(256) * (N_THRESHOLDS - 1) // 255
    return np.minimum(level, N_THRESHOLDS - 2).astype(np.uint8)


def _silence_then_prompt(steps_per_pixel: int) -> Spikes:
    spikes = np.zeros(((N_PIXELS + PROMPT_PIXELS) * steps_per_pixel, N_IN), np.bool_)
    spikes[N_PIXELS * steps_per_pixel :, PROMPT] = True
    return spikes

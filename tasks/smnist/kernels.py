"""Images as spike events, up to 16 side by side.

Twins of the functions of the same names in `pixel_codes`. Each writes into its `EventBuffers`,
which have room for a spike of every source in every step, and nothing else. They share one file
because a compiled function's cache follows its own file.
"""

from __future__ import annotations

import numpy as np

from lsnn_core.kernels.events import append_events
from lsnn_core.kernels.jit import inner, kernel_with_arrays
from lsnn_core.kernels.network import ZERO
from lsnn_core.kernels.random import bits53
from lsnn_core.task.spikes import EventBuffers

from .pixel_codes import Tuning


@kernel_with_arrays
def threshold_crossing(pixels, level, causal, steps_per_pixel, n_prompt, out: EventBuffers):
    """Encode uint8 `pixels` (L, pixels) by the thresholds crossed between neighbours.

    `level` (256) is the number of thresholds, 0 excepted, at or below a grey value: going from
    level a to b crosses the thresholds in between, whatever the exact grey values.
    """
    n_lanes, n_pixels = pixels.shape
    n_levels = np.int64(level[255]) + 1
    rising = np.zeros(n_levels + 1, np.uint16)
    falling = np.zeros(n_levels + 1, np.uint16)
    crossing_repeat = 0 if causal else steps_per_pixel - 1
    touch = 2 * n_levels
    e = ZERO
    for p in range(n_pixels):
        before = p - 1 if causal else p
        touching = _lanes_at(pixels, p, 255)
        for repeat in range(steps_per_pixel):
            out.ptr[p * steps_per_pixel + repeat] = e
            if repeat == crossing_repeat and 0 <= before < n_pixels - 1:
                e = _crossings(pixels, level, before, rising, falling, e, out)
            if touching:
                out.source[e] = touch
                out.lanes[e] = touching
                e += 1
    _prompt(n_pixels * steps_per_pixel, n_prompt, touch + 1, n_lanes, e, out)


@kernel_with_arrays
def population_rate(pixels, keys, tuning: Tuning, steps_per_pixel, n_prompt, out: EventBuffers):
    """Encode uint8 `pixels` (L, pixels) by independent draws in each step.

    Channel c fires with probability ``chance[grey, c] / 2**53``, which is 0 outside
    ``first[grey] <= c < stop[grey]``; image l draws from the stream ``keys[l]``.
    """
    chance, first, stop = tuning
    n_lanes, n_pixels = pixels.shape
    n_channels = chance.shape[1]
    fired = np.zeros(n_channels, np.uint16)
    e = ZERO
    for t in range(n_pixels * steps_per_pixel):
        out.ptr[t] = e
        for lane in range(n_lanes):
            grey = pixels[lane, t // steps_per_pixel]
            for c in range(first[grey], stop[grey]):
                hit = bits53(keys[lane], t * (n_channels + 1) + c) < chance[grey, c]
                fired[c] |= hit << lane
        e = append_events(fired, e, out.source, out.lanes)
    _prompt(n_pixels * steps_per_pixel, n_prompt, n_channels, n_lanes, e, out)


@inner
def _lanes_at(pixels, p, grey):
    """Mask of the images whose pixel p has this grey value."""
    mask = 0
    for lane in range(pixels.shape[0]):
        mask |= (pixels[lane, p] == grey) << lane
    return mask


@inner
def _crossings(pixels, level, before, rising, falling, e, out):
    """Append the ON and OFF events between pixel `before` and the next; return the new count.

    An image that rises from level a to b flips its bit at thresholds a + 1 and b + 1; the running
    XOR over the thresholds is then, at each, the mask of the images that cross it.
    """
    first, last = rising.shape[0], 0
    for lane in range(pixels.shape[0]):
        a = np.int64(level[pixels[lane, before]])
        b = np.int64(level[pixels[lane, before + 1]])
        if a == b:
            continue
        flips = rising if a < b else falling
        low, high = min(a, b), max(a, b)
        flips[low + 1] ^= 1 << lane
        flips[high + 1] ^= 1 << lane
        first, last = min(first, low + 1), max(last, high + 1)
    on, off = 0, 0
    for k in range(first, last):
        on ^= rising[k]
        off ^= falling[k]
        rising[k] = falling[k] = 0
        # Written always and kept if not empty: no branch to mispredict. There is room, because the
        # touch channel comes after these.
        out.source[e] = 2 * k
        out.lanes[e] = on
        e += on != 0
        out.source[e] = 2 * k + 1
        out.lanes[e] = off
        e += off != 0
    rising[last] = falling[last] = 0
    return e


@inner
def _prompt(start, n_prompt, prompt, n_lanes, e, out):
    """Append the steps in which only the prompt fires, in every image, and close `out.ptr`."""
    for t in range(start, start + n_prompt):
        out.ptr[t] = e
        out.source[e] = prompt
        out.lanes[e] = (1 << n_lanes) - 1
        e += 1
    out.ptr[start + n_prompt] = e

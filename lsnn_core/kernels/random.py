"""Counter-based random numbers: every draw is a pure function of (key, counter).

Nothing is stored and no order is implied, so a recomputed segment, another thread and a resumed
run draw the same numbers. Twin of `lsnn_core.random.counter`; uniforms are equal to the bit.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

_STRIDE = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ONE, _TWO, _11, _27, _30, _31 = (np.uint64(n) for n in (1, 2, 11, 27, 30, 31))


@kernel
def hash64(key, counter):
    """Return number `counter` of the SplitMix64 sequence that starts at `key`, uint64.

    Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). A hash is
    itself a good key: ``hash64(hash64(key, iteration), example)`` addresses one example's stream.
    """
    h = np.uint64(key) + (np.uint64(counter) + _ONE) * _STRIDE
    h = (h ^ (h >> _30)) * _MIX_1
    h = (h ^ (h >> _27)) * _MIX_2
    return h ^ (h >> _31)


@kernel
def bits53(key, counter):
    """Return a uniform integer in [0, 2**53) as int64: below ``p * 2**53`` with probability p."""
    return np.int64(hash64(key, counter) >> _11)


@kernel
def uniform(key, counter):
    """Return a uniform float64 in [0, 1), a multiple of 2**-53."""
    return bits53(key, counter) * 2.0**-53


@kernel
def normal(key, counter):
    """Return a standard normal float64 by Box and Muller (1958).

    Draw `counter` uses the uniforms ``2 counter`` and ``2 counter + 1`` and the cosine branch only:
    a draw that depends on no other draw is worth the sine thrown away.
    """
    first = _TWO * np.uint64(counter)
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(key, first)))
    return radius * math.cos(2.0 * math.pi * uniform(key, first + _ONE))

"""Counter-based random numbers in NumPy: every draw is a pure function of (key, counter).

Twin of `lsnn_core.kernels.random`, for whole arrays: `key` and `counter` broadcast.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_STRIDE = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def hash64(key: npt.ArrayLike, counter: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Return number `counter` of the SplitMix64 sequence that starts at `key`.

    Parameters
    ----------
    key, counter
        Integers in [0, 2**64), of shapes that broadcast. A hash is itself a good key:
        ``hash64(hash64(key, iteration), example)`` addresses one example's stream.

    Returns
    -------
    uint64 array of the broadcast shape.

    Notes
    -----
    Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014);
    D-random-numbers, because it costs about a nanosecond and needs no state.
    """
    key, counter = np.asarray(key, np.uint64), np.asarray(counter, np.uint64)
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is meant
        h = np.asarray(key + (counter + np.uint64(1)) * _STRIDE)
        h = (h ^ (h >> np.uint64(30))) * _MIX_1
        h = (h ^ (h >> np.uint64(27))) * _MIX_2
    return np.asarray(h ^ (h >> np.uint64(31)))


def bits53(key: npt.ArrayLike, counter: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return uniform integers in [0, 2**53): below ``p * 2**53`` with probability p."""
    return (hash64(key, counter) >> np.uint64(11)).astype(np.int64)


def uniform(key: npt.ArrayLike, counter: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return uniform float64 numbers in [0, 1), multiples of 2**-53."""
    return np.asarray(bits53(key, counter) * 2.0**-53)


def normal(key: npt.ArrayLike, counter: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return standard normal numbers by Box and Muller (1958).

    Draw `counter` uses the uniforms ``2 counter`` and ``2 counter + 1`` and the cosine branch only:
    a draw that depends on no other draw is worth the sine thrown away.
    """
    first = 2 * np.asarray(counter, np.uint64)
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform(key, first)))
    angle = 2.0 * np.pi * uniform(key, first + np.uint64(1))
    return np.asarray(radius * np.cos(angle))

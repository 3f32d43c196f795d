"""39 features of speech: 12 cepstral coefficients and the energy, with their differences.

The set-up of Graves and Schmidhuber (2005) and Greff et al. (2017), which the paper's section 4
refers to: windows of 25 ms every 10 ms, Hamming, pre-emphasis 0.97. What those leave open (26
filters, a lifter of 22, differences by regression over two frames to either side) is as in HTK.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from .sphere import RATE_HZ

WINDOW: Final = 400  # samples: 25 ms
STEP: Final = 160  # samples: 10 ms
PRE_EMPHASIS: Final = 0.97
N_FFT: Final = 512
N_FILTERS: Final = 26
N_CEPSTRA: Final = 12
LIFTER: Final = 22
REACH: Final = 2  # frames to either side that a difference looks at
N_FEATURES: Final = 3 * (N_CEPSTRA + 1)
_FLOOR = np.finfo(np.float64).eps  # of an energy, so that digital silence has a logarithm

Array = npt.NDArray[np.float64]


def n_frames(n_samples: int) -> int:
    """Number of whole windows in a recording."""
    return max(0, 1 + (n_samples - WINDOW) // STEP)


def frame_centre(frame: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Sample in the middle of a frame's window."""
    return np.asarray(frame, np.int64) * STEP + WINDOW // 2


def features(samples: npt.NDArray[Any]) -> Array:
    """Return the 39 features of each frame, (frames, 39).

    Columns: log energy, c1 to c12, then the first differences of these 13, then the second.
    """
    static = cepstra(samples)
    first = differences(static)
    return np.concatenate([static, first, differences(first)], axis=1)


def cepstra(samples: npt.NDArray[Any]) -> Array:
    """Return log energy and c1 to c12 of each frame, (frames, 13)."""
    x = samples.astype(np.float64)
    x = np.concatenate([x[:1], x[1:] - PRE_EMPHASIS * x[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::STEP] * np.hamming(WINDOW)
    power = np.abs(np.fft.rfft(windows, N_FFT)) ** 2 / N_FFT
    energy = np.log(np.maximum(power.sum(axis=1), _FLOOR))
    heard = np.einsum("tb,mb->tm", power, mel_filters())  # BLAS threads cost more here
    bands = np.log(np.maximum(heard, _FLOOR))
    c = dct(bands, type=2, norm="ortho", axis=1)[:, 1 : 1 + N_CEPSTRA]
    lift = 1.0 + LIFTER / 2 * np.sin(np.pi * np.arange(1, 1 + N_CEPSTRA) / LIFTER)
    return np.column_stack([energy, c * lift])


def differences(values: Array) -> Array:
    """Slope of each column over the neighbouring frames; the ends are continued as constants.

    ``sum_k k (v(t+k) - v(t-k)) / (2 sum_k k^2)``, k = 1..2.
    """
    n = len(values)
    padded = np.pad(values, ((REACH, REACH), (0, 0)), mode="edge")
    slope = np.zeros_like(values)
    for k in range(1, REACH + 1):
        slope += k * (padded[REACH + k :][:n] - padded[REACH - k :][:n])
    return slope / (2 * sum(k * k for k in range(1, REACH + 1)))


@cache
def mel_filters() -> Array:
    """Triangles, evenly spaced in mel from 0 to 8 kHz, over the bins of the spectrum: (26, 257).

    Corners lie on whole bins.
    """
    highest = 2595.0 * np.log10(1.0 + RATE_HZ / 2 / 700.0)
    hz = 700.0 * (10.0 ** (np.linspace(0.0, highest, N_FILTERS + 2) / 2595.0) - 1.0)
    corner = np.floor((N_FFT + 1) * hz / RATE_HZ)
    bins = np.arange(N_FFT // 2 + 1)
    low, middle, high = (corner[i : i + N_FILTERS, None] for i in range(3))
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))

"""Features of speech, against an independent implementation and against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.random.streams import stream
from tasks.speech import mfcc

RNG = stream(0, "speech")
SPEECH = (3_000 * np.sin(np.cumsum(RNG.uniform(0.02, 0.9, 8_000)))).astype(np.int16)


def test_cepstra_are_those_of_python_speech_features():
    other = pytest.importorskip("python_speech_features")
    expected = other.mfcc(SPEECH, 16_000, winfunc=np.hamming)

    found = mfcc.cepstra(SPEECH)

    np.testing.assert_allclose(found, expected[: len(found)], rtol=1e-9, atol=1e-9)


def test_differences_are_those_of_python_speech_features():
    other = pytest.importorskip("python_speech_features")
    static = mfcc.cepstra(SPEECH)
    first = other.delta(static, 2)

    expected = np.concatenate([static, first, other.delta(first, 2)], axis=1)

    np.testing.assert_allclose(mfcc.features(SPEECH), expected, rtol=1e-9, atol=1e-9)


def test_cepstra_follow_their_definition():
    frame, k = 7, np.arange(26)
    x = SPEECH.astype(float)
    x = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])[frame * 160 :][:400]
    n = np.arange(400)
    x = x * (0.54 - 0.46 * np.cos(2 * np.pi * n / 399))
    wave = np.exp(-2j * np.pi * np.outer(np.arange(257), n) / 512)
    power = np.abs(wave @ x) ** 2 / 512
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28)
    corner = np.floor(513 * 700 * (10 ** (mel / 2595) - 1) / 16_000)
    bands = [
        np.interp(np.arange(257), corner[i : i + 3], [0, 1, 0], 0, 0) @ power for i in range(26)
    ]
    c = [np.sqrt(2 / 26) * np.log(bands) @ np.cos(np.pi * i * (k + 0.5) / 26) for i in range(1, 13)]
    lift = 1 + 11 * np.sin(np.pi * np.arange(1, 13) / 22)

    np.testing.assert_allclose(mfcc.cepstra(SPEECH)[frame, 1:], c * lift, rtol=1e-9)
    assert mfcc.cepstra(SPEECH)[frame, 0] == pytest.approx(np.log(power.sum()))


def test_a_ramp_has_its_slope_as_difference():
    ramp = 3.0 * np.arange(20.0)[:, None]

    np.testing.assert_allclose(mfcc.differences(ramp)[2:-2], 3.0)
    assert mfcc.differences(ramp)[0] == pytest.approx(1.5)  # the value before the first repeats it


@pytest.mark.parametrize(("samples", "frames"), [(399, 0), (400, 1), (559, 1), (560, 2)])
def test_frames_are_the_whole_windows(samples, frames):
    assert mfcc.n_frames(samples) == frames
    if frames:
        assert mfcc.features(SPEECH[:samples]).shape == (frames, 39)


def test_digital_silence_has_finite_features():
    assert np.isfinite(mfcc.features(np.zeros(4_000, np.int16))).all()

"""The stand-in corpus: sentences spoken by espeak-ng, written as TIMIT is.

Folders, names, SPHERE headers and label files are TIMIT's, so that everything that reads TIMIT
reads it; the speech is a synthesiser's, so results on it are results on ``timit-standin``.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from lsnn_core.errors import UsageError
from lsnn_core.random.streams import stream
from lsnn_core.threads import processor_count

from ..speech import sphere
from . import espeak
from .espeak import Speech, recite
from .phones import Label, labels
from .speakers import SPEAKERS, Speaker
from .text import draw_sentence

SENTENCES: Final = 8  # of each speaker, as in TIMIT
SILENCE_MS: Final = (60, 200)  # of noise before and after the sentence
TRACT: Final = 40  # a speaker's tract counts in 40ths

README: Final = """timit-standin: synthetic speech in the layout of TIMIT

Sentences of a small grammar, spoken by espeak-ng in {speakers} voices. Not recorded from people,
and not TIMIT: name results on it "timit-standin". SPEAKERS.TXT says how each voice was made.
"""


class Sentence(NamedTuple):
    """What a speaker says: SI number, text, seed of espeak's random numbers."""

    number: int
    text: str
    seed: int


def build(
    folder: str | os.PathLike[str], seed: int = 0, speakers: Sequence[Speaker] = SPEAKERS
) -> int:
    """Write the corpus into a new folder; returns the number of utterances.

    The folder appears when all is written. The same seed gives the same files.

    Raises
    ------
    UsageError
        The folder exists, or espeakng-loader is not installed.
    """
    target = pathlib.Path(folder)
    if target.exists():
        raise UsageError(f"{target}: exists; name a new folder, or remove this one first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as made:
        whole = pathlib.Path(made) / target.name
        count = sum(_write(whole, *spoken, seed) for spoken in _speak(speakers, seed))
        _write_text(whole / "README.TXT", README.format(speakers=len(speakers)))
        _write_text(whole / "SPEAKERS.TXT", "".join(map(_line, speakers)))
        shutil.move(whole, target)
    return count


def script(speaker: Speaker, seed: int) -> list[Sentence]:
    """Return what a speaker says; whoever else speaks makes no difference."""
    rng = stream(seed, f"stand-in script {speaker.name}")
    numbers = np.sort(rng.choice(np.arange(451, 2343), SENTENCES, replace=False))  # TIMIT's SI
    return [Sentence(int(n), draw_sentence(rng), int(rng.integers(2**31))) for n in numbers]


def _speak(
    speakers: Sequence[Speaker], seed: int
) -> Iterator[tuple[Speaker, list[Sentence], list[Speech]]]:
    """Let everyone speak, each in a process of their own, so that nobody hears who spoke before."""
    scripts = [script(speaker, seed) for speaker in speakers]
    spoken = [[(s.text, s.seed) for s in sentences] for sentences in scripts]
    voices = [speaker.voice for speaker in speakers]
    workers = min(len(speakers), processor_count())
    with ProcessPoolExecutor(workers, get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from zip(speakers, scripts, pool.map(recite, voices, spoken), strict=True)


def _write(
    root: pathlib.Path, speaker: Speaker, sentences: list[Sentence], spoken: list[Speech], seed: int
) -> int:
    half = "TRAIN" if speaker.split == "train" else "TEST"
    folder = root / "TIMIT" / half / f"DR{speaker.region}" / speaker.name
    folder.mkdir(parents=True)
    for sentence, speech in zip(sentences, spoken, strict=True):
        rng = stream(seed, f"stand-in room {speaker.name}", sentence.number)
        samples, labelled = in_room(speech, speaker.tract, speaker.noise, rng)
        stem = folder / f"SI{sentence.number}"
        sphere.write_sphere(stem.with_suffix(".WAV"), samples)
        lines = (f"{label.start} {label.stop} {label.phone}\n" for label in labelled)
        _write_text(stem.with_suffix(".PHN"), "".join(lines))
        _write_text(stem.with_suffix(".TXT"), f"0 {len(samples)} {sentence.text}\n")
    return len(sentences)


def _write_text(path: pathlib.Path, text: str) -> None:
    """Write the same bytes on every system: lines end as they do in `text`."""
    path.write_bytes(text.encode("ascii"))


def in_room(
    speech: Speech, tract: int, noise: float, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int16], list[Label]]:
    """Speech at 16 kHz with silence around it and white noise all over, and its labels.

    Taking espeak's samples for those of another rate makes the vocal tract longer or shorter, so
    that there are more voices than espeak has.
    """
    stretch = Fraction(sphere.RATE_HZ * tract, espeak.RATE_HZ * TRACT)
    heard = resample_poly(speech.samples.astype(np.float64), *stretch.as_integer_ratio())
    low, high = (ms * sphere.RATE_HZ // 1000 for ms in SILENCE_MS)
    before, after = (int(n) for n in rng.integers(low, high, 2))
    n = before + len(heard) + after
    samples = rng.normal(0.0, noise, n)
    samples[before : before + len(heard)] += heard
    phones = [
        Label(before + round(start * stretch), before + round(stop * stretch), phone)
        for start, stop, phone in labels(speech)
    ]
    phones[0] = phones[0]._replace(start=0)
    phones[-1] = phones[-1]._replace(stop=n)
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16), phones


def _line(speaker: Speaker) -> str:
    v = speaker.voice
    return (
        f"{speaker.name} {speaker.split} DR{speaker.region} {v.name} {v.rate} words/min, "
        f"pitch {v.pitch}, range {v.pitch_range}, tract {speaker.tract / TRACT:.3f}, "
        f"noise {speaker.noise:.1f}\n"
    )

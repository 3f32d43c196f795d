"""A TIMIT of a few speakers, written into a folder with real SPHERE files."""

from __future__ import annotations

import pathlib

import numpy as np

from lsnn_core.random.streams import stream
from tasks.speech.phones import PHONES
from tasks.speech.sphere import write_sphere
from tasks.timit.corpus import Corpus

SMALL = Corpus("small", 3, ("FDEV0",), ("MTES0", "FTES0"), 2, "do as the test says")
SPEAKERS = {
    "TRAIN/DR1": ("FAAA0", "MBBB0"),
    "TRAIN/DR2": ("MCCC0",),
    "TEST/DR1": ("FDEV0", "MTES0", "FTES0", "MEXT0"),  # MEXT0 is in neither list
}
SENTENCES = ("SA1", "SI700", "SX37")


def write_corpus(folder: pathlib.Path, *, lower: bool = False, top: str = "TIMIT/") -> pathlib.Path:
    """Write the corpus and return its root."""
    for region, speakers in SPEAKERS.items():
        for speaker in speakers:
            for number, sentence in enumerate(SENTENCES):
                name = f"{top}{region}/{speaker}/{sentence}"
                path = folder / (name.lower() if lower else name)
                rng = stream(0, f"speech {speaker}", number)
                write_utterance(path, rng, 6_000 + 800 * number, lower)
    return folder


def write_utterance(
    path: pathlib.Path, rng: np.random.Generator, n_samples: int, lower: bool = False
) -> None:
    """Write noise that changes loudness with each phone, and the labels of these phones."""
    edges = np.append(np.arange(0, n_samples - 1_000, 1_100), n_samples - 77)
    loudness = np.repeat(rng.uniform(50, 3_000, len(edges) - 1), np.diff(edges))
    noise = rng.normal(size=n_samples) * np.pad(loudness, (0, 77), mode="edge")
    phones = [PHONES[i] for i in rng.integers(len(PHONES), size=len(edges) - 1)]
    lines = zip(edges[:-1], edges[1:], phones, strict=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sphere(path.with_suffix(".wav" if lower else ".WAV"), noise.astype(np.int16))
    text = "".join(f"{start} {stop} {phone}\n" for start, stop, phone in lines)
    path.with_suffix(".phn" if lower else ".PHN").write_text(text)

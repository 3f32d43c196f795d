"""The Spiking Heidelberg Digits and Spiking Speech Commands from their own HDF5 files.

Cramer, Stradmann, Schemmel and Zenke 2022, IEEE TNNLS 33, 2744. A file has lists of unequal length
(``spikes/times`` in s, ``spikes/units``), ``labels``, and in SHD ``extra/speaker``. This form is
known from the publishers' page and from others' code; no such file was at hand here.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError
from lsnn_core.files.guarded import GuardedFile, open_guarded
from lsnn_core.files.lists import count_lists, read_lists
from lsnn_core.lookover import look_over
from lsnn_core.text import printable

from ..spikes.examples import Examples, Grid, Spikes
from ..spikes.files import binned, checked_labels

Array = npt.NDArray[Any]
N_CHANNELS: Final = 700
_TIMES: Final = "spikes/times"
_UNITS: Final = "spikes/units"
WHERE: Final = "https://zenkelab.org/datasets"


@dataclass(frozen=True)
class Corpus:
    """Which files there are, by split, and how many classes."""

    name: str
    n_classes: int
    files: dict[str, str]


SHD: Final = Corpus("shd", 20, {"train": "shd_train.h5", "test": "shd_test.h5"})
SSC: Final = Corpus(
    "ssc",
    35,
    {"train": "ssc_train.h5", "validation": "ssc_valid.h5", "test": "ssc_test.h5"},
)
CORPORA: Final = {corpus.name: corpus for corpus in (SHD, SSC)}


def remedy(corpus: Corpus) -> str:
    """What to do when the data is missing, half a sentence."""
    names = ", ".join(corpus.files.values())
    return (
        f"set task.path to the folder with {names} (CC BY 4.0, from {WHERE}, unpacked by gunzip); "
        "nothing is downloaded"
    )


def load(
    folder: pathlib.Path, corpus: Corpus, grid: Grid, validation_speakers: int
) -> dict[str, Examples]:
    """Return the examples of each split.

    SHD has no validation set: it is all that the last `validation_speakers` speakers of the
    training file say, since the test set has speakers, too, that training has not.

    Raises
    ------
    BadFileError
        Whatever is missing, damaged or not as expected, by the name of its file.
    """
    splits = {}
    for split, name in corpus.files.items():
        path = _present(folder / name, corpus)
        look_over(path)
        with open_guarded(path) as file:
            splits[split] = _read(file, corpus, grid)
            if split == "train" and "validation" not in corpus.files:
                speaker = file.array("extra/speaker", "iu", shape=(len(splits[split]),))
                held_out = _of_last_speakers(file, speaker, validation_speakers)
    if "validation" not in splits:
        every = splits["train"]
        for split, here in (("train", ~held_out), ("validation", held_out)):
            splits[split] = every.take(np.flatnonzero(here))
    return splits


def _present(path: pathlib.Path, corpus: Corpus) -> pathlib.Path:
    packed = path.with_name(f"{path.name}.gz")
    if not path.exists() and packed.exists():
        raise BadFileError(f"{printable(packed)}: is still packed; unpack it by gunzip")
    if not path.exists():
        raise BadFileError(f"{printable(path)}: no such file; {remedy(corpus)}")
    return path


def _read(file: GuardedFile, corpus: Corpus, grid: Grid) -> Examples:
    n = count_lists(file, _TIMES, "f")
    if count_lists(file, _UNITS, "iu") != n or not n:
        raise file.bad("spikes", f"has {n} lists of times, expected some and as many of units")
    label = checked_labels(file.name, file.array("labels", "iu"), n, corpus.n_classes)
    return binned(file.name, grid, _parts(file), label)


def _parts(file: GuardedFile) -> Iterator[Spikes]:
    first = 0
    every_time, every_unit = read_lists(file, _TIMES, "f"), read_lists(file, _UNITS, "iu")
    for times, units in zip(every_time, every_unit, strict=True):
        counts, others = ([len(part) for part in lists] for lists in (times, units))
        if counts != others:
            at = int(np.argmax(np.array(counts) != np.array(others)))
            raise file.bad(
                _UNITS,
                f"has {others[at]} for {counts[at]} times in example {first + at}",
            )
        ptr = np.cumsum([0, *counts])
        yield Spikes(np.concatenate(times), np.concatenate(units), ptr)
        first += len(times)


def _of_last_speakers(file: GuardedFile, speaker: Array, count: int) -> npt.NDArray[np.bool_]:
    known = np.unique(speaker)
    if len(known) <= count:
        raise file.bad(
            "extra/speaker",
            f"tells of {len(known)} speakers, expected more than the {count} for validation",
        )
    return np.isin(speaker, known[-count:])

"""TIMIT from its own folders: TIMIT/TRAIN/DR1/FCJF0/SX37.WAV and .PHN, in any letter case.

Copies hold more than the original: hidden files (macOS puts ._SX37.WAV beside SX37.WAV), which are
passed over, and converted recordings (SX37.WAV.wav), of which the original is read if it is there.

Splits are the usual ones: everybody in TRAIN (462 speakers), and of those in TEST 50 for validation
and the 24 of the core test set (Halberstadt 1998). The SA sentences, the same from every speaker,
are dropped: 3,696, 400 and 192 utterances.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from ..speech.labels import UNLABELLED, frame_labels
from ..speech.mfcc import features
from ..speech.sphere import MAGIC, read_sphere
from ..standin import speakers as standin_speakers

SPLITS: Final = ("train", "validation", "test")
_DEV: Final = """
    faks0 fdac1 fjem0 mgwt0 mjar0 mmdb1 mmdm2 mpdf0 fcmh0 fkms0 mbdg0 mbwm0 mcsh0 fadg0 fdms0 fedw0
    mgjf0 mglb0 mrtk0 mtaa0 mtdt0 mthc0 mwjg0 fnmr0 frew0 fsem0 mbns0 mmjr0 mdls0 mdlf0 mdvc0 mers0
    fmah0 fdrw0 mrcs0 mrjm4 fcal1 mmwh0 fjsj0 majc0 mjsw0 mreb0 fgjd0 fjmg0 mroa0 mteb0 mjfc0 mrjr0
    fmml0 mrws1
"""
_CORE_TEST: Final = """
    mdab0 mwbt0 felc0 mtas1 mwew0 fpas0 mjmp0 mlnt0 fpkt0 mlll0 mtls0 fjlm0 mbpm0 mklt0 fnlp0 mcmj0
    mjdh0 fmgd0 mgrt0 mnjm0 fdhc0 mjln0 mpam0 fmld0
"""


@dataclass(frozen=True)
class Corpus:
    """What must be found.

    Parameters
    ----------
    name
        For messages and results.
    training_speakers
        How many there are in TRAIN.
    validation, test
        Names of speakers in TEST.
    utterances
        How many each speaker has, SA sentences not counted.
    remedy
        What to do if something is missing.
    """

    name: str
    training_speakers: int
    validation: tuple[str, ...]
    test: tuple[str, ...]
    utterances: int
    remedy: str


TIMIT: Final = Corpus(
    "timit",
    462,
    tuple(_DEV.upper().split()),
    tuple(_CORE_TEST.upper().split()),
    8,
    "set task.path to a whole copy of TIMIT (licensed by the LDC as LDC93S1)",
)
STAND_IN: Final = Corpus(
    "timit-standin",
    len(standin_speakers.names("train")),
    standin_speakers.names("dev"),
    standin_speakers.names("test"),
    8,
    "build it with `lsnn timit-standin FOLDER` and set task.path to that folder",
)
CORPORA: Final = {corpus.name: corpus for corpus in (TIMIT, STAND_IN)}


@dataclass(frozen=True)
class Utterance:
    """A sentence: x (frames, 39) features, phone (frames,) indices into `PHONES`, -1 unlabelled."""

    name: str
    x: npt.NDArray[np.float32]
    phone: npt.NDArray[np.int64]


def load(path: str | os.PathLike[str], corpus: Corpus) -> dict[str, list[Utterance]]:
    """Read all utterances of each split; features have mean 0 and standard deviation 1 in training.

    Raises
    ------
    BadFileError
        Whatever is missing, damaged or not as expected, by the name of its file.
    """
    root = pathlib.Path(path)
    splits = {
        split: [_read(file) for folder in folders for file in _recordings(folder, corpus)]
        for split, folders in speaker_folders(root, corpus).items()
    }
    every = np.concatenate([utterance.x for utterance in splits["train"]])
    mean, std = every.mean(axis=0, dtype=np.float64), every.std(axis=0, dtype=np.float64)
    if not (std > 0.0).all():
        raise BadFileError(
            f"{root}: feature {int(np.argmin(std))} is the same in all of TRAIN; expected speech, "
            f"{corpus.remedy}"
        )
    return {
        split: [replace(u, x=((u.x - mean) / std).astype(np.float32)) for u in utterances]
        for split, utterances in splits.items()
    }


def speaker_folders(root: pathlib.Path, corpus: Corpus) -> dict[str, list[pathlib.Path]]:
    """Return the folder of each split's speakers, in the order of their names."""
    top = _child(root, "TIMIT") or root
    training, testing = (_speakers(root, top, half, corpus) for half in ("TRAIN", "TEST"))
    if len(training) != corpus.training_speakers:
        raise BadFileError(
            f"{top}: expected {corpus.training_speakers} speakers in TRAIN, found {len(training)}; "
            f"{corpus.remedy}"
        )
    missing = sorted({*corpus.validation, *corpus.test} - testing.keys())
    if missing:
        raise BadFileError(
            f"{top}: expected speaker {missing[0]} in TEST, found none of that name"
            f"{f' nor {len(missing) - 1} others' if missing[1:] else ''}; {corpus.remedy}"
        )
    return {
        "train": [training[name] for name in sorted(training)],
        "validation": [testing[name] for name in sorted(corpus.validation)],
        "test": [testing[name] for name in sorted(corpus.test)],
    }


def _speakers(
    root: pathlib.Path, top: pathlib.Path, half: str, corpus: Corpus
) -> dict[str, pathlib.Path]:
    """Folders of the speakers in TRAIN or TEST, by name in capitals."""
    folder = _child(top, half)
    if folder is None:
        raise BadFileError(
            f"{root}: expected a folder with TRAIN and TEST, or TIMIT with both in it, found no "
            f"{half}; {corpus.remedy}"
        )
    regions = [region for region in _visible(folder) if region.name.upper().startswith("DR")]
    folders_of: dict[str, list[pathlib.Path]] = {}
    for region in regions:
        for speaker in _visible(region) if region.is_dir() else ():
            if speaker.is_dir():
                folders_of.setdefault(speaker.name.upper(), []).append(speaker)
    return {name: _only(folders) for name, folders in folders_of.items()}


def _recordings(folder: pathlib.Path, corpus: Corpus) -> Iterator[pathlib.Path]:
    """A speaker's recordings in the order of their names, without SA sentences."""
    files_of: dict[str, list[pathlib.Path]] = {}
    for file in _visible(folder):
        sentence = _sentence(file)
        if sentence and not sentence.startswith("SA"):
            files_of.setdefault(sentence, []).append(file)
    wanted = sorted(files_of)
    if len(wanted) != corpus.utterances:
        raise BadFileError(
            f"{folder}: expected {corpus.utterances} recordings S*.WAV without SA sentences, found "
            f"{len(wanted)}; {corpus.remedy}"
        )
    yield from (_recording(files_of[name]) for name in wanted)


def _sentence(file: pathlib.Path) -> str:
    """SX37 of SX37.WAV, sx37.wav and SX37.WAV.wav; empty if it is no recording."""
    match = re.fullmatch(r"(.+?)\.WAV(\.WAV)?", file.name.upper())
    return match[1] if match else ""


def _recording(files: list[pathlib.Path]) -> pathlib.Path:
    """Of a sentence's recordings the one that is SPHERE, as TIMIT's own are."""
    if len(files) == 1:
        return files[0]
    return _only([file for file in files if _begins_with(file, MAGIC)] or files)


def _begins_with(file: pathlib.Path, magic: bytes) -> bool:
    with contextlib.suppress(OSError), open(file, "rb") as opened:
        return opened.read(len(magic)) == magic
    return False


def _only(paths: Iterable[pathlib.Path]) -> pathlib.Path:
    """The one of these paths, or the first, if they are files with the same bytes."""
    first, *others = sorted(paths)
    for other in others:
        if not (first.is_file() and other.is_file() and filecmp.cmp(first, other, shallow=False)):
            raise BadFileError(
                f"{first}: found as {other}, too, and they differ; expected one, remove the other"
            )
    return first


def _visible(folder: pathlib.Path) -> list[pathlib.Path]:
    """What a folder holds, but hidden files such as macOS's ._SX37.WAV."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]


def _read(file: pathlib.Path) -> Utterance:
    samples = read_sphere(file)
    name = _sentence(file)
    labels = _child(file.parent, f"{name}.PHN") or file.with_name(f"{name}.PHN")
    phone = frame_labels(labels, len(samples))
    if not (phone != UNLABELLED).any():
        raise BadFileError(f"{file}: expected speech, found {len(samples)} samples; copy it anew")
    x = checked(file, features(samples))
    return Utterance(f"{file.parent.name.upper()}/{name}", x, phone)


def checked(file: pathlib.Path, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Features as float32, refused if one is not a number."""
    bad = np.argwhere(~np.isfinite(x))
    if len(bad):
        frame, feature = bad[0]
        raise BadFileError(
            f"{file}: feature {feature} of frame {frame} is {x[frame, feature]}, expected a finite "
            "number; copy the file anew"
        )
    return x.astype(np.float32)


def _child(folder: pathlib.Path, name: str) -> pathlib.Path | None:
    """The entry of a folder that has this name in any letter case."""
    if not folder.is_dir():
        return None
    entries = [path for path in _visible(folder) if path.name.upper() == name.upper()]
    return _only(entries) if entries else None

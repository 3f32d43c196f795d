"""TIMIT's .PHN files: which phone every frame belongs to."""

from __future__ import annotations

import pathlib
from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from .mfcc import WINDOW, frame_centre, n_frames
from .phones import INDEX

UNLABELLED: Final = -1
LATE_START: Final = 16_000  # samples that may lie before the first label: its frames do not count
EARLY_END: Final = WINDOW  # samples that the last label may end before or after the audio


def frame_labels(path: pathlib.Path, n_samples: int) -> npt.NDArray[np.int64]:
    """Phone at the centre of each frame of a recording, (frames,); UNLABELLED before the first.

    Raises
    ------
    BadFileError
        The file is missing, or its labels are unknown, overlap or do not cover the audio.
    """
    starts, stops, phones = read_labels(path)
    if starts[0] > LATE_START or abs(stops[-1] - n_samples) > EARLY_END:
        _refuse(
            path,
            f"labels over the whole audio, samples 0 to {n_samples}",
            f"labels from {starts[0]} to {stops[-1]}",
        )
    centre = frame_centre(np.arange(n_frames(n_samples)))
    label = np.clip(np.searchsorted(starts, centre, side="right") - 1, 0, None)
    return np.where(centre < starts[0], UNLABELLED, phones[label])


def read_labels(
    path: pathlib.Path,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First sample, sample after the last, and index of the phone, of each label; no gaps."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        _refuse(path, "the labels of the recording beside it", str(error.strerror))
    except UnicodeDecodeError:
        _refuse(path, "lines of text 'start stop phone'", "other bytes")
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        _refuse(path, "lines 'start stop phone'", "none")
    starts, stops, phones = np.array(rows, np.int64).T
    for i in np.flatnonzero(starts[1:] != stops[:-1]):
        kind = "overlap" if starts[i + 1] < stops[i] else "leave a gap"
        _refuse(
            path,
            "each label to start where the one before it ends",
            f"labels {i + 1} and {i + 2} {kind}: {stops[i]} and {starts[i + 1]}",
        )
    return starts, stops, phones


def _row(path: pathlib.Path, number: int, line: str) -> tuple[int, int, int]:
    words = line.split()
    if len(words) != 3 or not all(w.isdecimal() and len(w) < 12 for w in words[:2]):
        _refuse(path, f"'start stop phone' in line {number}", repr(line[:40]))
    start, stop, phone = int(words[0]), int(words[1]), words[2]
    if start >= stop:
        _refuse(path, f"start < stop in line {number}", f"{start} and {stop}")
    if phone not in INDEX:
        _refuse(path, f"one of TIMIT's 61 phones in line {number}", repr(phone[:40]))
    return start, stop, INDEX[phone]


def _refuse(path: pathlib.Path, expected: str, actual: str) -> NoReturn:
    raise BadFileError(f"{path}: expected {expected}, found {actual}; copy the corpus anew")

"""TIMIT as a task: name the phone of every 10 ms frame of speech (paper, section 4).

Each frame's features are the input for several steps of 1 ms, as real numbers; the readout averaged
over these steps is its answer. In two directions the network consists of two halves that do not see
each other: one hears the speech forwards, the other backwards, and their answers to a frame add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, choice, real, whole, words
from lsnn_core.errors import UsageError
from lsnn_core.random.streams import in_epochs, stream
from lsnn_core.task.data import data_digest
from lsnn_core.task.losses import cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss, Task

from ..speech.labels import UNLABELLED
from ..speech.mfcc import N_FEATURES
from ..speech.phones import FOLD, NO_CLASS, PHONES
from .corpus import CORPORA, STAND_IN, Utterance, load

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class TimitSettings(Settings):
    """Keys of the recipe's [task] table.

    With `frames` > 0 the network trains on windows of so many frames from anywhere in an utterance,
    and held-out utterances are cut into windows that overlap by `overlap` frames, each frame scored
    once where it has more context. ``frames = 0`` takes whole utterances, padded to the longest.
    """

    section: ClassVar[str] = "task"

    name: str = words("timit")
    corpus: str = choice("timit", names=tuple(CORPORA))
    path: str = words("")
    ms_per_frame: int = whole(5, low=1)
    frames: int = whole(0)
    overlap: int = whole(0)
    directions: int = whole(1, low=1, high=2)
    gain: float = real(1.0, above=0.0)  # of the features, whose standard deviation is 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.frames <= self.overlap:
            raise UsageError(f"task.overlap: found {self.overlap}, expected less than task.frames")


class Window(NamedTuple):
    """Frames start:stop of an utterance, of which those from `first` to `last` (excluded) count."""

    utterance: int
    start: int
    stop: int
    first: int
    last: int


class Timit(Task):
    """Speech of TIMIT, or of its stand-in.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    splits
        Utterances of "train", "validation" and "test"; read from settings.path if not given.
    """

    settings_type = TimitSettings
    analog = True
    readout_start = 0

    def __init__(
        self, settings: TimitSettings, splits: dict[str, list[Utterance]] | None = None
    ) -> None:
        self.settings = settings
        self.splits = splits or load(_path(settings), CORPORA[settings.corpus])
        longest = max(len(u.phone) for part in self.splits.values() for u in part)
        self.frames = settings.frames or longest
        self.n_steps = self.frames * settings.ms_per_frame
        self.halves = settings.directions
        self.n_in = N_FEATURES * self.halves
        self.n_out = len(PHONES) * self.halves
        utterances = [u for part in self.splits.values() for u in part]
        self.data_sha256 = data_digest(x for u in utterances for x in (u.name, u.phone))

    def batch(self, iteration: int, size: int, seed: int) -> SpeechBatch:
        """Training batch: an epoch permutes the utterances; a window starts anywhere in each."""
        train = self.splits["train"]
        position = iteration * size + np.arange(size)
        rng = stream(seed, "timit windows", iteration)
        windows = []
        for index in in_epochs(seed, "timit epoch", position, len(train)).tolist():
            n = len(train[index].phone)
            start = window_start(n, self.frames, rng)
            stop = min(start + self.frames, n)
            windows.append(Window(index, start, stop, start, stop))
        return self._take(train, windows)

    def held_out(self, split: str, size: int, seed: int) -> Iterator[SpeechBatch]:
        """All frames of a split, each scored once."""
        part = self.splits[split]
        windows = [w for i, u in enumerate(part) for w in self.windows(i, len(u.phone))]
        for start in range(0, len(windows), size):
            yield self._take(part, windows[start : start + size])

    def recordings(self, seed: int) -> tuple[SpeechBatch, dict[str, Array]]:
        """Return the start of the first test utterance; its features and phones (-1 after it)."""
        part = self.splits["test"]
        batch = self._take(part, self.windows(0, len(part[0].phone))[:1])
        return batch, {
            "features": batch.x[0],
            "phones": batch.phone[0],
            "ms_per_frame": np.array(self.settings.ms_per_frame),
        }

    def windows(self, utterance: int, n: int) -> list[Window]:
        """Cut a held-out utterance of n frames so that every frame counts in one window.

        Where two windows overlap, the earlier one counts in one direction (its past is longer); in
        two directions each counts for half.
        """
        overlap = self.settings.overlap if n > self.frames else 0
        lead = overlap // self.halves
        stride = self.frames - overlap
        starts = range(0, max(n - overlap, 1), stride)
        first = [0, *(start + lead for start in starts[1:])]
        last = [*(start + lead for start in starts[1:]), n]
        return [
            Window(utterance, start, min(start + self.frames, n), a, b)
            for start, a, b in zip(starts, first, last, strict=True)
        ]

    def _take(self, part: Sequence[Utterance], windows: Sequence[Window]) -> SpeechBatch:
        size = len(windows)
        x = np.zeros((size, self.frames, N_FEATURES), np.float32)
        phone = np.full((size, self.frames), UNLABELLED, np.int64)
        length = np.array([w.stop - w.start for w in windows])
        for row, w in enumerate(windows):
            utterance = part[w.utterance]
            x[row, : length[row]] = utterance.x[w.start : w.stop]
            phone[row, w.first - w.start : w.last - w.start] = utterance.phone[w.first : w.last]
        return SpeechBatch(self.settings, x, phone, length)


@dataclass(frozen=True)
class SpeechBatch(Batch):
    """Some windows: features (B, F, 39), phones (B, F) or UNLABELLED, lengths (B,) in frames."""

    settings: TimitSettings
    x: Array
    phone: Array
    length: Array

    @property
    def size(self) -> int:
        """B."""
        return len(self.length)

    def analog(self, start: int, stop: int) -> Array:
        """Features of windows start:stop, (T, n_in, stop - start).

        In two directions input 2i is feature i forwards, input 2i + 1 the same backwards.
        """
        x = self.x[start:stop].transpose(1, 2, 0) * np.float32(self.settings.gain)
        if self.settings.directions == 2:
            back = np.take_along_axis(x, self._reversed(start, stop)[:, None], axis=0)
            x = np.stack([x, back], axis=2).reshape(len(x), -1, stop - start)
        return np.repeat(x, self.settings.ms_per_frame, axis=0)

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Cross-entropy of each frame's answer, mean over the frames of the whole batch.

        Metrics: ``error`` in 61 phones, ``error_39`` in the classes they fold to.
        """
        ms = self.settings.ms_per_frame
        answer = y.reshape(-1, ms, *y.shape[1:]).mean(axis=1, dtype=np.float64)
        logits = self._added_up(answer, start, stop)
        lane, frame = np.nonzero(self.phone[start:stop] != UNLABELLED)
        phone = self.phone[start:stop][lane, frame]
        loss, d_asked = cross_entropy(logits[frame, :, lane].T, phone)
        frames = max(int((self.phone != UNLABELLED).sum()), 1)
        d_logits = np.zeros(logits.shape)
        d_logits[frame, :, lane] = d_asked.T / (frames * ms)
        d_y = np.repeat(self._shared_out(d_logits, start, stop), ms, axis=0)
        metrics = errors(logits[frame, :, lane].argmax(axis=1), phone)
        return BlockLoss(float(loss.sum()) / frames, d_y, metrics)

    def _reversed(self, start: int, stop: int) -> Array:
        """Frame that time reversal puts at each frame, (F, L): within the window, not its padding.

        It is its own inverse.
        """
        frame = np.arange(self.x.shape[1])[:, None]
        length = self.length[start:stop]
        return np.where(frame < length, length - 1 - frame, frame)

    def _added_up(self, answer: Array, start: int, stop: int) -> Array:
        """Both directions' answers to each frame, (F, 61, L)."""
        if self.settings.directions == 1:
            return answer
        back = np.take_along_axis(answer[:, 1::2], self._reversed(start, stop)[:, None], axis=0)
        return np.asarray(answer[:, 0::2] + back)

    def _shared_out(self, d_logits: Array, start: int, stop: int) -> Array:
        """The adjoint of `_added_up`."""
        if self.settings.directions == 1:
            return d_logits
        back = np.take_along_axis(d_logits, self._reversed(start, stop)[:, None], axis=0)
        return np.stack([d_logits, back], axis=2).reshape(len(d_logits), -1, stop - start)


def errors(answer: Array, phone: Array) -> dict[str, tuple[float, float]]:
    """Wrong frames and frames, in 61 phones and in 39 classes (without frames that have none)."""
    known = FOLD[phone] != NO_CLASS
    wrong = FOLD[answer[known]] != FOLD[phone[known]]
    return {
        "error": (float((answer != phone).sum()), float(phone.size)),
        "error_39": (float(wrong.sum()), float(wrong.size)),
    }


def window_start(n: int, frames: int, rng: np.random.Generator) -> int:
    """Draw where a training window starts in an utterance of n frames.

    Drawn past both ends and put back: so no frame is heard less often than one in the middle. Else
    few windows would reach the ends, and the silence there would hardly ever be heard.
    """
    last = max(n - frames, 0)
    return int(np.clip(rng.integers(1 - frames, last + frames), 0, last))


def _path(settings: TimitSettings) -> str:
    if settings.path:
        return settings.path
    corpus = CORPORA[settings.corpus]
    if corpus is STAND_IN:
        return STAND_IN.name
    raise UsageError(f"task.path: not given; {corpus.remedy}")

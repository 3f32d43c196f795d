"""Store-recall as a task: cross-entropy of the stored digit, during RECALL only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import words
from lsnn_core.random.streams import stream
from lsnn_core.task.losses import cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss, Task
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from . import sequences
from .sequences import N_DIGITS, StoreRecallSettings, draw_batch, spike_events

Array = npt.NDArray[Any]
HELD_OUT_SEQUENCES = 1024  # of each split (published: batches of 128, 16 for the test)


@dataclass(frozen=True, kw_only=True)
class RecallSettings(StoreRecallSettings):
    """Keys of the recipe's [task] table."""

    name: str = words("store-recall")


class StoreRecallTask(Task):
    """Sequences of digits with STORE and RECALL.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = RecallSettings
    n_out = N_DIGITS
    readout_start = 0

    def __init__(self, settings: RecallSettings) -> None:
        self.settings = settings
        self.n_in, self.n_steps = settings.n_in, settings.n_steps

    def batch(self, iteration: int, size: int, seed: int) -> RecallBatch:
        """Fresh sequences in every iteration."""
        return self._draw(size, stream(seed, "store-recall train", iteration))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[RecallBatch]:
        """The same fresh sequences at each call, however they are cut into batches."""
        everything = self._draw(HELD_OUT_SEQUENCES, stream(seed, f"store-recall {split}")).data
        for start in range(0, HELD_OUT_SEQUENCES, size):
            part = sequences.StoreRecall._make(rows[start : start + size] for rows in everything)
            yield RecallBatch(self.settings, part)

    def recordings(self, seed: int) -> tuple[RecallBatch, dict[str, Array]]:
        """One sequence, with its symbols and targets."""
        batch = self._draw(1, stream(seed, "store-recall recording"))
        shown = {"symbols": batch.data.symbols[0], "targets": batch.data.targets[0]}
        return batch, {**shown, "symbol_ms": np.array(self.settings.symbol_ms)}

    def _draw(self, size: int, rng: np.random.Generator) -> RecallBatch:
        return RecallBatch(self.settings, draw_batch(self.settings, size, rng))


@dataclass(frozen=True)
class RecallBatch(Batch):
    """Some sequences."""

    settings: StoreRecallSettings
    data: sequences.StoreRecall

    @property
    def size(self) -> int:
        """B."""
        return len(self.data.keys)

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of sequences start:stop."""
        part = slice(start, stop)
        return spike_events(self.data.gates[part], self.data.keys[part], self.settings, buffers)

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Cross-entropy of the readout averaged over each RECALL; mean over all of the batch's."""
        n, ms = self.settings.n_symbols, self.settings.symbol_ms
        logits = y.reshape(n, ms, N_DIGITS, stop - start).mean(axis=1, dtype=np.float64)
        lane, symbol = np.nonzero(self.data.recall[start:stop])
        target = self.data.targets[start:stop][lane, symbol]
        asked = logits[symbol, :, lane].T  # (digits, recalls)
        loss, d_asked = cross_entropy(asked, target)
        recalls = max(int(self.data.recall.sum()), 1)
        d_logits = np.zeros(logits.shape)
        d_logits[symbol, :, lane] = d_asked.T / (recalls * ms)
        right = asked.argmax(axis=0) == target
        error = {"recall_error": (float((~right).sum()), float(right.size))}
        return BlockLoss(float(loss.sum()) / recalls, np.repeat(d_logits, ms, axis=0), error)

"""Sequential MNIST as a task: digits pixel by pixel, the answer at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import whole, words
from lsnn_core.files import Tree
from lsnn_core.random.streams import example_keys, in_epochs
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.protocol import Task

from .batch import DigitBatch
from .memory import N_DIGITS, row_decoding
from .mnist import SIDE, Images, Mnist, load_mnist
from .pixel_codes import PROMPT_PIXELS, pixel_order
from .pixel_encoder import PixelEncoder

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class SmnistSettings(PixelEncoder):
    """Keys of the recipe's [task] table: those of the pixel code, and these."""

    name: str = words("smnist")
    readout_window_ms: int = whole(28, low=1, high=PROMPT_PIXELS)
    data_dir: str = words("")


class SequentialMnist(Task):
    """Digits, encoded as spikes or shown as grey values.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = SmnistSettings
    n_out = 10

    def __init__(self, settings: SmnistSettings) -> None:
        self.settings = settings
        self.encoder: PixelEncoder = settings
        self.n_in, self.n_steps = settings.n_in, settings.n_steps
        self.analog = settings.is_analog
        self.readout_start = self.n_steps - settings.readout_window_ms
        self.mnist: Mnist = load_mnist(settings.data_dir or None)

    def batch(self, iteration: int, size: int, seed: int) -> DigitBatch:
        """Training batch: an epoch permutes the 55,000 digits; a batch may run across its end."""
        train = self.mnist.train
        position = iteration * size + np.arange(size)
        index = in_epochs(seed, "epoch", position, len(train.labels))
        return self._take(train, index, seed, (0, iteration))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[DigitBatch]:
        """All digits of a split, in file order."""
        images = self._split(split)
        for start in range(0, len(images.labels), size):
            index = np.arange(start, min(start + size, len(images.labels)))
            yield self._take(images, index, seed, (1 + ("validation", "test").index(split),))

    def recordings(self, seed: int) -> tuple[DigitBatch, dict[str, Array]]:
        """The first test digit, as it looks, and the order of its pixels if they are permuted."""
        batch, s = self._take(self.mnist.test, np.arange(1), seed, (3,)), self.settings
        order = {"pixel_order": pixel_order(s.permutation_seed).astype(np.int16)}
        return batch, {
            "image": batch.pixels.reshape(SIDE, SIDE),
            "label": np.array(int(batch.labels[0])),
            "steps_per_pixel": np.array(s.steps_per_pixel),
            "prompt_start": np.array(s.prompt_start),
            **(order if s.permuted else {}),
        }

    def record(self, net: LSNN, seed: int) -> Tree:
        """What the network still knows of test digits shown some time ago, for figures."""
        if self.analog:
            return {}  # only spikes are encoded for it
        batch = self._take(self.mnist.test, np.arange(N_DIGITS), seed, (4,))
        return {"memory": {**row_decoding(net, batch, seed)}}

    def _split(self, split: str) -> Images:
        return self.mnist.validation if split == "validation" else self.mnist.test

    def _take(
        self, images: Images, index: Array, seed: int, position: tuple[int, ...]
    ) -> DigitBatch:
        keys = example_keys(seed, position, index) if self.encoder.is_random else None
        labels = images.labels[index].astype(np.int64)
        return DigitBatch(self.encoder, images.pixels[index], labels, keys)

"""Learning to learn from a teacher: a new function in every episode (paper, section 5, Fig. 2).

Every 20 ms the network sees an input x of a function it does not know and the value of that
function at the x before, and answers with its guess for this x. Weights are fixed while it does
so; what it finds out about the function lives in its spikes and thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.files import Tree
from lsnn_core.random.streams import stream
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.protocol import Task

from .episodes import EpisodeCode, L2LBatch, L2LSettings, draw_episodes
from .record import l2l_recordings

Array = npt.NDArray[Any]

HELD_OUT_EPISODES: Final = 50  # of each split


class LearningToLearn(Task):
    """Episodes of examples.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = L2LSettings
    readout_start, outputs = 0, "values"

    def __init__(self, settings: L2LSettings) -> None:
        self.settings = settings
        self.code = EpisodeCode(settings)
        self.n_in, self.n_out = self.code.n_in, self.code.n_out
        self.n_steps = settings.examples * settings.hold_ms

    def batch(self, iteration: int, size: int, seed: int) -> L2LBatch:
        """New functions in every iteration."""
        return self.draw(size, stream(seed, "l2l train", iteration))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[L2LBatch]:
        """The same new functions at each call, however they are cut into batches."""
        everything = self.draw(HELD_OUT_EPISODES, stream(seed, f"l2l {split}")).episodes
        for start in range(0, HELD_OUT_EPISODES, size):
            part = everything.part(start, min(start + size, HELD_OUT_EPISODES))
            yield L2LBatch(self.code, part)

    def recordings(self, seed: int) -> tuple[L2LBatch, dict[str, Array]]:
        """One episode, with its examples and values."""
        batch = self.draw(1, stream(seed, "l2l recording"))
        shown = {"x": batch.episodes.x[0], "target": batch.episodes.target[0]}
        return batch, {**shown, "hold_ms": np.array(self.settings.hold_ms)}

    def record(self, net: LSNN, seed: int) -> Tree:
        """Errors on new functions, internal models and baselines, for the figures."""
        return {"l2l": l2l_recordings(self.code, net, seed)}

    def draw(self, size: int, rng: np.random.Generator) -> L2LBatch:
        """Draw episodes of the settings' length."""
        episodes = draw_episodes(self.code.family, size, self.settings.examples, rng)
        return L2LBatch(self.code, episodes)

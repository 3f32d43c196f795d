"""Learning to learn from a teacher: a new function in every episode (paper, section 5, Fig. 2).

Every 20 ms the network sees an input x of a function it does not know and the value of that
function at the x before, and answers with its guess for this x. Weights are fixed while it does
so; what it finds out about the function lives in its spikes and thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, choice, real, whole, words
from lsnn_core.files import Tree
from lsnn_core.random.streams import stream
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.losses import mean_squared_error
from lsnn_core.task.protocol import BlockLoss
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from ..encoding.population_code import PopulationCode
from .families import FAMILIES, Family, family

Array = npt.NDArray[Any]

HELD_OUT_EPISODES: Final = 50  # of each split
LATE: Final = 10  # metrics ending in _late leave out this many examples at an episode's start


@dataclass(frozen=True, kw_only=True)
class L2LSettings(Settings):
    """Keys of the recipe's [task] table.

    Parameters
    ----------
    family
        Where an episode's function comes from, see `tasks.l2l.families`.
    examples
        Examples in an episode.
    hold_ms
        How long each is shown.
    code_size, code_rate_hz, code_width
        Inputs for each signal, their highest rate, and the width of their tuning as a fraction of
        the signal's range.
    """

    section: ClassVar[str] = "task"

    name: str = words("l2l")
    family: str = choice("target-networks", names=tuple(FAMILIES))
    examples: int = whole(500, low=2, high=100_000)
    hold_ms: int = whole(20, low=1, high=1000)
    code_size: int = whole(100, low=2, high=10_000)
    code_rate_hz: float = real(200.0, low=0.0, high=1000.0)
    code_width: float = real(0.022, above=0.0, high=1.0)


class Episodes:
    """Some episodes: functions, inputs, values, and the keys of their input spikes.

    functions (B, P), x (B, E, d), target (B, E), keys uint64 (B).
    """

    def __init__(self, functions: Array, x: Array, target: Array, keys: Array) -> None:
        self.functions, self.x, self.target, self.keys = functions, x, target, keys

    def part(self, start: int, stop: int) -> Episodes:
        """Episodes start:stop."""
        rows = slice(start, stop)
        return Episodes(self.functions[rows], self.x[rows], self.target[rows], self.keys[rows])


def draw_episodes(family: Family, size: int, n_examples: int, rng: np.random.Generator) -> Episodes:
    """Draw a function for each episode, and its examples with x uniform in the family's range."""
    functions = family.draw(size, rng)
    x = rng.uniform(-family.x_max, family.x_max, (size, n_examples, family.d))
    keys = rng.integers(0, 2**64, size, np.uint64)
    return Episodes(functions, x, family.evaluate(functions, x), keys)


class LearningToLearn:
    """Episodes of examples.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = L2LSettings
    n_out, readout_start, outputs = 1, 0, "values"

    def __init__(self, settings: L2LSettings) -> None:
        self.settings = settings
        self.family = family(settings.family)
        self.code = population_code(settings, self.family)
        self.n_in, self.n_steps = self.code.n_in, settings.examples * settings.hold_ms

    def batch(self, iteration: int, size: int, seed: int) -> L2LBatch:
        """New functions in every iteration."""
        return self.draw(size, stream(seed, "l2l train", iteration))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[L2LBatch]:
        """The same new functions at each call, however they are cut into batches."""
        everything = self.draw(HELD_OUT_EPISODES, stream(seed, f"l2l {split}")).episodes
        for start in range(0, HELD_OUT_EPISODES, size):
            yield L2LBatch(self, everything.part(start, min(start + size, HELD_OUT_EPISODES)))

    def recordings(self, seed: int) -> tuple[L2LBatch, dict[str, Array]]:
        """One episode, with its examples and values."""
        batch = self.draw(1, stream(seed, "l2l recording"))
        shown = {"x": batch.episodes.x[0], "target": batch.episodes.target[0]}
        return batch, {**shown, "hold_ms": np.array(self.settings.hold_ms)}

    def record(self, net: LSNN, seed: int) -> Tree:
        """Errors on new functions, internal models and baselines, for the figures."""
        from .record import l2l_recordings

        return {"l2l": l2l_recordings(self, net, seed)}

    def draw(self, size: int, rng: np.random.Generator) -> L2LBatch:
        """Draw episodes of the settings' length."""
        return L2LBatch(self, draw_episodes(self.family, size, self.settings.examples, rng))

    def guesses(self, y: Array) -> Array:
        """The network's guesses (L, E) from its readout (T, 1, L).

        A guess is the readout summed over the example's time, that is, a weighted spike count; it
        runs from -1 to 1 over the family's range of values.
        """
        count = y[:, 0].reshape(-1, self.settings.hold_ms, y.shape[2]).sum(1, dtype=np.float64)
        low, high = self.family.low, self.family.high
        return np.asarray(((low + high) / 2 + (high - low) / 2 * count).T)


def population_code(settings: L2LSettings, family: Family) -> PopulationCode:
    """Code of a function's inputs, and of its value at the inputs before."""
    low, high = (-family.x_max,) * family.d, (family.x_max,) * family.d
    size, rate, width = settings.code_size, settings.code_rate_hz, settings.code_width
    return PopulationCode(
        (*low, family.low), (*high, family.high), size, rate, width, settings.hold_ms
    )


def signals(x: Array, target: Array) -> Array:
    """What the network sees, (B, E, d + 1): x, and the value before (0 at first, as published)."""
    before = np.concatenate([np.zeros((len(target), 1)), target[:, :-1]], axis=1)
    return np.concatenate([x, before[:, :, None]], axis=2)


@dataclass(frozen=True)
class L2LBatch:
    """Some episodes, ready to be run."""

    task: LearningToLearn
    episodes: Episodes

    @property
    def size(self) -> int:
        """B."""
        return len(self.episodes.keys)

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of episodes start:stop."""
        part = self.episodes.part(start, stop)
        return self.task.code.events(signals(part.x, part.target), part.keys, buffers)

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Mean squared error of the guesses, in units of half the family's range of values."""
        family, hold = self.task.family, self.task.settings.hold_ms
        half = (family.high - family.low) / 2
        target = self.episodes.target[start:stop]
        guess = self.task.guesses(y)
        share = 1.0 / (self.size * target.shape[1])
        loss, d_guess = mean_squared_error(guess / half, target / half, share)
        d_y = np.repeat(d_guess.T, hold, axis=0)[:, None]
        squared = (guess - target) ** 2
        late = squared[:, LATE:]
        metrics = {
            "mse": (float(squared.sum()), float(squared.size)),
            "mse_late": (float(late.sum()), float(late.size)),
        }
        return BlockLoss(loss, d_y, metrics)

"""Episodes of learning to learn: how they are drawn, shown to a network, and answered by it.

An episode is a function, some inputs of it and its values there. A network sees each input, and the
value of the one before, as a population code; the readout during an example is its guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, choice, real, refuse, switch, whole, words
from lsnn_core.model.state import NetworkState
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.losses import mean_squared_error
from lsnn_core.task.protocol import Batch, BlockLoss
from lsnn_core.task.spikes import MAX_LANES, EventBuffers, SpikeEvents

from ..encoding.population_code import CODES, PopulationCode
from .families import FAMILIES, Family, family
from .internal import internal_loss, values_on_grid

Array = npt.NDArray[Any]

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
    code
        How the inputs' spikes lie in time, see `tasks.encoding.population_code`: "bernoulli" (the
        paper's), "regular" or "random-phase".
    internal_readouts
        K > 0: further readouts tell in training what the function is on a grid of K points along
        each input, as auxiliary targets (D-internal-readouts); 0: none.
    test_examples
        Examples in each episode that the trained network is recorded on, beside its baselines; 0:
        as many as in training.
    transfer
        Whether the trained network is also recorded on the other codes.
    """

    section: ClassVar[str] = "task"

    name: str = words("l2l")
    family: str = choice("target-networks", names=tuple(FAMILIES))
    examples: int = whole(500, low=2, high=100_000)
    hold_ms: int = whole(20, low=1, high=1000)
    code_size: int = whole(100, low=2, high=10_000)
    code_rate_hz: float = real(200.0, low=0.0, high=1000.0)
    code_width: float = real(0.022, above=0.0, high=1.0)
    code: str = choice("bernoulli", names=tuple(CODES))
    internal_readouts: int = whole(0, high=20)
    test_examples: int = whole(0, high=100_000)
    transfer: bool = switch(False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.test_examples == 1:
            refuse("task.test_examples", 1, "0, as many as in training, or at least 2")

    @property
    def recorded_examples(self) -> int:
        """Examples in each episode that the trained network is recorded on."""
        return self.test_examples or self.examples


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


def signals(x: Array, target: Array) -> Array:
    """What the network sees, (B, E, d + 1): x, and the value before (0 at first, as published)."""
    before = np.concatenate([np.zeros((len(target), 1)), target[:, :-1]], axis=1)
    return np.concatenate([x, before[:, :, None]], axis=2)


def population_code(settings: L2LSettings, family: Family) -> PopulationCode:
    """Code of a function's inputs, and of its value at the inputs before."""
    low, high = (-family.x_max,) * family.d, (family.x_max,) * family.d
    size, rate, width = settings.code_size, settings.code_rate_hz, settings.code_width
    return PopulationCode(
        (*low, family.low), (*high, family.high), size, rate, width, settings.hold_ms, settings.code
    )


class EpisodeCode:
    """How episodes become input spikes, and readouts guesses.

    Parameters
    ----------
    settings
        Name the family and its population code.
    """

    def __init__(self, settings: L2LSettings) -> None:
        self.settings = settings
        self.family = family(settings.family)
        self.code = population_code(settings, self.family)

    @property
    def n_in(self) -> int:
        """Inputs of a network that sees episodes."""
        return self.code.n_in

    @property
    def n_out(self) -> int:
        """Its readouts: the guess, then those of the internal model."""
        size = self.settings.internal_readouts
        return 1 + (size**self.family.d if size else 0)

    def events(self, episodes: Episodes, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of up to 16 episodes."""
        return self.code.events(signals(episodes.x, episodes.target), episodes.keys, buffers)

    def guesses(self, y: Array) -> Array:
        """The network's guesses (L, E) from its first readout; y (T, K, L).

        A guess is the readout summed over the example's time, that is, a weighted spike count; it
        runs from -1 to 1 over the family's range of values.
        """
        count = y[:, 0].reshape(-1, self.settings.hold_ms, y.shape[2]).sum(1, dtype=np.float64)
        low, high = self.family.low, self.family.high
        return np.asarray(((low + high) / 2 + (high - low) / 2 * count).T)

    def answers(
        self, net: LSNN, shown: Array, keys: Array, initial: NetworkState | None = None
    ) -> Array:
        """Guesses (B, E) of a network that is shown signals, 16 episodes at a time.

        Parameters
        ----------
        net
            The network; it is not changed.
        shown
            (B, E, d + 1), see `signals`.
        keys
            uint64 (B): of the input spikes.
        initial
            State before each episode (B); at rest if not given.
        """
        guesses = []
        for start in range(0, len(shown), MAX_LANES):
            part = np.arange(start, min(start + MAX_LANES, len(shown)))
            spikes = self.code.events(shown[part], keys[part]).to_dense(self.n_in)
            before = None if initial is None else initial.examples(part)
            run = net.forward(spikes, initial=before)
            guesses.append(self.guesses(run.y.transpose(0, 2, 1)))
        return np.concatenate(guesses)


@dataclass(frozen=True)
class L2LBatch(Batch):
    """Some episodes, ready to be run."""

    code: EpisodeCode
    episodes: Episodes

    @property
    def size(self) -> int:
        """B."""
        return len(self.episodes.keys)

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of episodes start:stop."""
        return self.code.events(self.episodes.part(start, stop), buffers)

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Mean squared error of the guesses, in units of half the family's range of values.

        That of the internal readouts, if there are any, is added.
        """
        family, hold = self.code.family, self.code.settings.hold_ms
        half = (family.high - family.low) / 2
        target = self.episodes.target[start:stop]
        guess = self.code.guesses(y)
        share = 1.0 / (self.size * target.shape[1])
        loss, d_guess = mean_squared_error(guess / half, target / half, share)
        d_y = np.zeros(y.shape)
        d_y[:, 0] = np.repeat(d_guess.T, hold, axis=0)
        squared = (guess - target) ** 2
        late = squared[:, LATE:]
        metrics = {
            "mse": (float(squared.sum()), float(squared.size)),
            "mse_late": (float(late.sum()), float(late.size)),
        }
        if y.shape[1] > 1:
            on_grid = self._on_grid(start, stop)
            more, d_y[:, 1:] = internal_loss(y[:, 1:], on_grid, hold, share)
            loss += more
            metrics["mse_internal"] = (more / share * half**2, float(squared.size))
        return BlockLoss(loss, d_y, metrics)

    def _on_grid(self, start: int, stop: int) -> Array:
        """What the functions are on the grid, (L, K), from -1 to 1 over the family's range."""
        family, size = self.code.family, self.code.settings.internal_readouts
        values = values_on_grid(family, self.episodes.functions[start:stop], size)
        return (values - (family.low + family.high) / 2) / ((family.high - family.low) / 2)

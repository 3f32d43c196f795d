"""What the agent of Fig. 3 perceives: its position by place cells, its rewards by volleys.

Forty cells for each coordinate fire at random with Gaussian tuning; forty more fire together after
a reward and another forty after a punishment. `tasks.navigation.kernels` holds the compiled twin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lsnn_core.random.counter import uniform

Floats = npt.NDArray[np.float64]

GROUP = 40
"""Inputs of a group; the groups are: first coordinate, second, reward, punishment."""

N_IN = 4 * GROUP
PEAK = 0.5
"""Spikes per ms at a cell's centre: 500 Hz."""

SHARPNESS = 100.0
"""The rate falls as exp(-100 distance^2)."""

REACH = 4.0 / np.sqrt(2.0 * SHARPNESS)
"""Farther cells are silent, four widths (our choice: their rate would be below 0.2 Hz)."""


def centres() -> Floats:
    """Return the places of a group's cells, (40,)."""
    return np.linspace(-1.0, 1.0, GROUP)


def rates(position: Floats) -> Floats:
    """Spikes per ms of the place cells, (L, 80), at `position` (L, 2)."""
    distance = np.abs(position[:, :, None] - centres())
    rate = PEAK * np.exp(-SHARPNESS * distance * distance)
    return np.where(distance <= REACH, rate, 0.0).reshape(len(position), -1)


def input_spikes(
    position: Floats, reward: Floats, spikes: npt.NDArray[np.uint64], t: int
) -> npt.NDArray[np.bool_]:
    """Input spikes of step t, bool (L, 160).

    Parameters
    ----------
    position
        (L, 2), at the beginning of the step.
    reward
        (L,), of the step before.
    spikes
        (L,): each episode's stream for them.
    t
        Number of the step.
    """
    cells = np.arange(2 * GROUP)
    fired = uniform(spikes[:, None], t * 2 * GROUP + cells) < rates(position)
    volleys = np.stack([reward > 0, reward < 0], axis=1).repeat(GROUP, axis=1)
    return np.concatenate([fired, volleys], axis=1)

"""The circular arena of Fig. 3: where an agent goes, what it finds there.

An agent moves in a disc of radius 1 with a goal at its border, which stays where it is for an
episode. Reaching the goal is worth +1 and puts the agent at a random place; running into the wall
costs a little. Everything here is vectorised over L episodes; `tasks.navigation.kernels` holds the
compiled twin of `move`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, real, switch
from lsnn_core.errors import UsageError
from lsnn_core.random.counter import hash64, uniform

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]

PLACES, SPIKES, ACTIONS = 0, 1, 2
"""An episode's streams of random numbers: see `streams`."""


@dataclass(frozen=True, kw_only=True)
class ArenaSettings(Settings):
    """Geometry and rewards; lengths in units of the arena's radius.

    Parameters
    ----------
    goal_distance
        Of the goal's centre from the arena's.
    goal_radius
        How near the centre of the goal counts as there.
    goal_reward, wall_reward
        For reaching the goal, and for each step that ends outside.
    action_scale
        Length of the step, in 1 ms, that an action of length 1 asks for.
    max_step
        Longer steps are shortened to this.
    goal_moves
        The goal goes to another random place at the border whenever it is found: a control, in
        which it is no use to remember it. Read it with care: an agent that hardly ever visits some
        places loses by it even without memory, since the goal will come to lie there.
    """

    section: ClassVar[str] = "task"

    goal_distance: float = real(0.85, low=0.0, high=1.0)
    goal_radius: float = real(0.3, above=0.0, below=1.0)
    goal_reward: float = real(1.0)
    wall_reward: float = real(-0.02)
    action_scale: float = real(0.02, above=0.0, high=1.0)
    max_step: float = real(0.02, above=0.0, high=1.0)
    goal_moves: bool = switch(False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.goal_reward == self.wall_reward or 0.0 in (self.goal_reward, self.wall_reward):
            raise UsageError(
                "task.goal_reward, task.wall_reward: expected two rewards that differ, neither 0, "
                f"found {self.goal_reward:g} and {self.wall_reward:g}; to ignore walls, make the "
                "second one tiny"
            )

    @property
    def arena(self) -> Arena:
        """The numbers that `move` needs."""
        return Arena(**{name: getattr(self, name) for name in Arena._fields})


class Arena(NamedTuple):
    """See `ArenaSettings`."""

    goal_distance: float
    goal_radius: float
    goal_reward: float
    wall_reward: float
    action_scale: float
    max_step: float
    goal_moves: bool


def streams(keys: Keys) -> Keys:
    """Streams of each episode, (L, 3): for places, input spikes and actions."""
    return hash64(keys[:, None], np.array([PLACES, SPIKES, ACTIONS]))


def random_place(key: npt.ArrayLike, counter: npt.ArrayLike) -> Floats:
    """Draw places uniformly from the disc, (L, 2); uses uniforms 2 counter and 2 counter + 1."""
    first = 2 * np.asarray(counter, np.uint64)
    radius = np.sqrt(uniform(key, first))
    angle = 2.0 * np.pi * uniform(key, first + np.uint64(1))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def random_goal(distance: float, key: npt.ArrayLike, counter: npt.ArrayLike) -> Floats:
    """Draw the centres of goals at a distance from the arena's, (L, 2); uses one uniform."""
    angle = 2.0 * np.pi * uniform(key, counter)
    return np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=-1)


def first_places(settings: ArenaSettings, keys: Keys) -> tuple[Floats, Floats]:
    """Return goal and first position of each episode, (L, 2) each, both uniform."""
    place = streams(keys)[:, PLACES]
    return random_goal(settings.goal_distance, place, 0), random_place(place, 1)


def move(
    arena: Arena, position: Floats, goal: Floats, action: Floats, place: Keys, t: int
) -> tuple[Floats, Floats, Floats]:
    """Take one step of 1 ms.

    Parameters
    ----------
    arena
        Geometry and rewards.
    position, goal, action
        (L, 2)
    place
        (L,): the stream that new places are drawn from.
    t
        Number of the step, for the draw.

    Returns
    -------
    position : (L, 2)
        After the step: never outside, never inside the goal unless put there.
    goal : (L, 2)
    reward : (L,)
        Of this step. An agent that reaches the goal through the wall is not punished.
    """
    step = arena.action_scale * action
    length = np.hypot(step[:, 0], step[:, 1])
    shorten = np.where(length > arena.max_step, arena.max_step / np.maximum(length, 1e-300), 1.0)
    position = position + step * shorten[:, None]
    distance = np.hypot(position[:, 0], position[:, 1])
    outside = distance > 1.0
    position = position / np.where(outside, distance, 1.0)[:, None]
    away = position - goal
    reached = np.hypot(away[:, 0], away[:, 1]) < arena.goal_radius
    reward = np.where(reached, arena.goal_reward, np.where(outside, arena.wall_reward, 0.0))
    counter = 2 * (t + 1)  # the first places used up 0, 2 and 3
    position = np.where(reached[:, None], random_place(place, counter), position)
    if arena.goal_moves:
        elsewhere = random_goal(arena.goal_distance, place, 2 * counter + 2)
        goal = np.where(reached[:, None], elsewhere, goal)
    return position, goal, reward

"""What Fig. 3 shows of a run that learned to navigate, read from its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from ...reading.run import Run, Series

Array = npt.NDArray[Any]

RECORDS = "lsnn evaluate RUN.h5"
HOME = "recordings/navigation"
CURVES = ("goals", "steps_to_first_goal", "steps_to_later_goal")
AGENTS = ("oracle", "explorer", "random_walk")
NETWORKS = ("network", "network_goal_moves", "untrained")
SEARCHES = 6  # of an episode, whose length is shown


@dataclass(frozen=True)
class Player:
    """What a network or an agent did in the recorded arenas.

    Attributes
    ----------
    path
        (episodes shown, T + 1, 2).
    reached
        For each episode shown, the steps at which it reached the goal.
    goals
        Mean over all recorded episodes.
    steps, error
        (SEARCHES,) mean length of the first, second ... search, and its standard error; NaN where
        none was completed.
    episodes
        Recorded ones.
    """

    path: Array
    reached: tuple[Array, ...]
    goals: float
    steps: Array
    error: Array
    episodes: int


@dataclass(frozen=True)
class Navigator:
    """One run of navigation; what it has not recorded is None or absent.

    Attributes
    ----------
    batch
        Episodes in an iteration.
    curves
        Training curves by name, see `CURVES`.
    goal, goal_radius
        Of the arenas shown, (episodes shown, 2), and of all.
    players
        Networks and agents by name, see `NETWORKS` and `AGENTS`.
    """

    iteration: int
    status: str
    batch: int
    curves: Mapping[str, Series]
    goal: Array
    goal_radius: float
    players: Mapping[str, Player]
    about: str

    @property
    def before(self) -> str:
        """Who stands for the time before training: the untrained network, or a random walk."""
        return "untrained" if "untrained" in self.players else "random_walk"


def read(run: Run) -> Navigator:
    """Read all that the figure may show of a run.

    Raises
    ------
    BadFileError
        If the run is of another task, its recording is there in parts only, or its arrays
        contradict each other.
    """
    refuse_other_tasks(run, "fig3")
    batch = run.setting("training", "batch")
    players: dict[str, Player] = {}
    goal, radius = np.empty((0, 2)), 0.0
    if HOME in run:
        goal = run.array(f"{HOME}/arena/goal", made_by=RECORDS, shape=(None, 2))
        radius = float(run.array(f"{HOME}/arena/goal_radius", made_by=RECORDS, shape=()))
        needed = [*AGENTS, "network"]
        names = [n for n in (*AGENTS, *NETWORKS) if n in needed or f"{HOME}/{n}" in run]
        players = {name: _player(run, name, len(goal)) for name in names}
    return Navigator(
        iteration=run.iteration,
        status=run.status,
        batch=batch if isinstance(batch, int) else 1,
        curves={
            name: run.series(f"metrics/train/{name}", made_by="lsnn train navigation")
            for name in CURVES
            if name == "goals" or f"metrics/train/{name}" in run
        },
        goal=goal,
        goal_radius=radius,
        players=players,
        about=run.about,
    )


def refuse_other_tasks(run: Run, figure: str) -> None:
    """Refuse a run that is not one of navigation."""
    task = run.setting("task", "name")
    if task != "navigation":
        raise BadFileError(
            f"{run.path}: is a run of the task {task!r}; {figure} shows navigation, such as"
            " `lsnn train navigation` leaves"
        )


def search_lengths(goals: Array, episode: Array, step: Array, n_steps: int) -> tuple[Array, Array]:
    """Return the mean length of the first, second ... search, and its error, (SEARCHES,) each.

    Parameters
    ----------
    goals
        Goals found in each episode.
    episode, step
        Of each goal found, ordered by episode, then step.
    n_steps
        Length of an episode.

    Notes
    -----
    The mean is all steps spent on the k-th search over those that reached the goal; a search that
    the end of its episode cuts off counts with its steps. To leave it out would make late searches
    look short, since only short ones fit in. The standard error is that of a ratio of two sums over
    episodes, to first order.
    """
    spent, reached = np.zeros((len(goals), SEARCHES)), np.zeros((len(goals), SEARCHES))
    for k in range(len(goals)):
        ends = step[episode == k] + 1
        starts = np.concatenate([[0], ends])[:SEARCHES]
        stops = np.concatenate([ends, [n_steps]])[:SEARCHES]
        spent[k, : starts.size] = stops - starts
        reached[k, : min(ends.size, SEARCHES)] = 1
    n, found = len(goals), reached.sum(axis=0)
    mean, error = np.full(SEARCHES, np.nan), np.full(SEARCHES, np.nan)
    np.divide(spent.sum(axis=0), found, out=mean, where=found > 0)
    if n > 1:
        left = np.sqrt(n / (n - 1) * ((spent - mean * reached) ** 2).sum(axis=0))
        np.divide(left, found, out=error, where=found > 0)
    return mean, error


def _player(run: Run, name: str, n_shown: int) -> Player:
    home = f"{HOME}/{name}"
    path = run.array(f"{home}/path", made_by=RECORDS, shape=(n_shown, None, 2))
    goals = run.array(f"{home}/goals", made_by=RECORDS, shape=(None,))
    episode = run.array(f"{home}/found_episode", made_by=RECORDS, ndim=1)
    step = run.array(f"{home}/found_step", made_by=RECORDS, ndim=1, length=episode.size)
    n_steps = path.shape[1] - 1
    in_order = np.all(np.diff(episode * n_steps + step) > 0)
    if not in_order or np.any(np.bincount(episode, minlength=goals.size) != goals):
        raise BadFileError(
            f"{run.path}: /{home}: goals, found_episode and found_step contradict each other;"
            f" record them again with: {RECORDS}"
        )
    reached = tuple(step[episode == k] for k in range(n_shown))
    steps, error = search_lengths(goals, episode, step, n_steps)
    return Player(path, reached, float(goals.mean()), steps, error, goals.size)

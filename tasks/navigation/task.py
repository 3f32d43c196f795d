"""Learning to learn from reward (paper, section 6; Fig. 3): find a goal, remember it, return.

An episode is 2 s in the arena with a goal that stays where it is. A network that has learned to
learn explores until it has met the goal, and from then on goes there straight from wherever it is
put, without any change of its weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.files import Tree
from lsnn_core.model.network import Network
from lsnn_core.random.streams import example_keys
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.simulation.net_shape import NetShape
from lsnn_core.task.protocol import ActingNetwork, Batch, BlockLoss, InteractiveTask
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from .place_code import N_IN
from .ppo import N_OUT, Policy, advantages, ppo_loss
from .record import record_navigation
from .rollout import Episodes, Rollout
from .settings import NavigationSettings

Array = npt.NDArray[Any]
SPLITS = ("train", "validation", "test", "recording")
RECORDED_EPISODES = 64  # enough to see a mean (our choice)


class Navigation(InteractiveTask):
    """Episodes in the arena; the network acts in them, so `rollout` makes a batch with it.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = NavigationSettings
    outputs = "values"
    n_in, n_out, readout_start = N_IN, N_OUT, 0

    def __init__(self, settings: NavigationSettings) -> None:
        self.settings = settings
        self.n_steps = settings.episode_ms
        self._rollouts: dict[Any, Rollout] = {}

    def rollout(
        self, acting: ActingNetwork, iteration: int, size: int, seed: int
    ) -> NavigationBatch:
        """Fresh episodes in every iteration."""
        keys = example_keys(seed, (SPLITS.index("train"), iteration), np.arange(size))
        return self._act(acting, keys)

    def rollouts(
        self, acting: ActingNetwork, split: str, size: int, seed: int
    ) -> Iterator[NavigationBatch]:
        """The same fresh arenas at each call, however they are cut into batches."""
        count = self.settings.held_out_episodes
        keys = example_keys(seed, (SPLITS.index(split),), np.arange(count))
        for start in range(0, count, size):
            yield self._act(acting, keys[start : start + size])

    def recorded_rollout(
        self, acting: ActingNetwork, seed: int
    ) -> tuple[NavigationBatch, dict[str, Array]]:
        """One episode, with its path and rewards."""
        keys = example_keys(seed, (SPLITS.index("recording"),), np.arange(1))
        batch = self._act(acting._replace(noise_key=seed), keys)
        e = batch.episodes
        return batch, {
            "goal": e.goal[0],
            "goal_radius": np.array(self.settings.goal_radius),
            "position": e.position[:-1, 0].astype(np.float32),
            "reward": e.reward[:, 0].astype(np.float32),
        }

    def record(self, net: LSNN, seed: int, untrained: LSNN | None = None) -> Tree:
        """What networks and agents do in the same arenas, for figures.

        The network acts once more where the goal moves whenever it is found (see `goal_moves`).
        """
        keys = example_keys(seed, (SPLITS.index("recording"),), np.arange(RECORDED_EPISODES))
        moving = Navigation(replace(self.settings, goal_moves=True))
        players = {"network": (self, net, 1.0), "network_goal_moves": (moving, net, 1.0)}
        if untrained is not None:
            players["untrained"] = self, untrained, 0.0
        episodes_of = {
            name: task._act(ActingNetwork(player, np.float32, 1, seed, progress), keys).episodes
            for name, (task, player, progress) in players.items()
        }
        return {"navigation": record_navigation(self.settings, keys, episodes_of)}

    def _act(self, acting: ActingNetwork, keys: Array) -> NavigationBatch:
        rollout = self._rollout(acting.net, len(keys), acting.dtype)
        episodes = rollout.run(acting.net, keys, acting.noise_key, acting.threads, acting.progress)
        return NavigationBatch(self.settings, episodes)

    def _rollout(self, net: Network, size: int, dtype: type[np.floating[Any]]) -> Rollout:
        key = NetShape.of(net), size, dtype
        if key not in self._rollouts:
            self._rollouts[key] = Rollout(net, self.settings, size, dtype)
        return self._rollouts[key]


@dataclass(frozen=True)
class NavigationBatch(Batch):
    """Some episodes, and the loss of a network that would act in them."""

    settings: NavigationSettings
    episodes: Episodes

    @property
    def size(self) -> int:
        """B."""
        return len(self.episodes.goal)

    @property
    def updates(self) -> int:
        """Gradient steps on these episodes."""
        return self.settings.updates

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of episodes start:stop, as they were."""
        return self.episodes.input_events(start, stop)

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """PPO's loss, a mean over decisions; goals, steps to them, return, entropy, value error."""
        s, part, experience = self.settings, slice(start, stop), self.experience
        objective, hold = self.episodes.objective, self.episodes.hold
        terms = ppo_loss(
            objective,
            y[::hold],
            experience.action[:, :, part],
            experience.log_probability[:, part],
            experience.advantage[:, part],
            experience.target[:, part],
        )
        decisions = experience.target[:, part].size
        loss = (
            terms.surrogate
            + objective.value_weight * terms.value
            - objective.entropy_weight * terms.entropy
        )
        d_y = np.zeros(y.shape)
        d_y[::hold] = terms.d_y / experience.target.size
        metrics = {
            **searches(self.episodes.reward[:, part], s.goal_reward),
            "entropy": (terms.entropy, float(decisions)),
            "value_error": (terms.value, float(decisions)),
            "clipped": (float(terms.clipped), float(decisions)),
        }
        return BlockLoss(loss / experience.target.size, d_y, metrics)

    @cached_property
    def experience(self) -> Experience:
        """What the learning rule needs to know of the decisions."""
        s, e = self.settings, self.episodes
        policy = e.objective.policy(e.y)
        advantage, target = advantages(e.reward, policy.value, s.discount, s.trace_decay)
        decided = slice(None, None, e.hold)
        advantage = advantage[decided]
        if s.normalise:
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        action = e.action.transpose(0, 2, 1)
        acted = Policy(policy.mean[decided], policy.variance[decided], policy.value[decided])
        return Experience(action, acted.log_probability(action), advantage, target[decided])


@dataclass(frozen=True)
class Experience:
    """Decisions (D) of episodes (B) and what came of them."""

    action: Array  # (D, 2, B)
    log_probability: Array  # (D, B)
    advantage: Array  # (D, B)
    target: Array  # (D, B)


def searches(reward: Array, goal_reward: float) -> dict[str, tuple[float, float]]:
    """Goals, return, and the steps of the first search and of later ones, as sums and weights.

    Parameters
    ----------
    reward
        (T, L)
    goal_reward
        What marks a goal.

    Notes
    -----
    Some goals are easier to find than others, for an agent that prefers one side even without
    memory, and give more later searches. So a first search counts once for each later one in the
    same episode: both means are then over the same goals. Steps of a last search that the end of
    the episode cuts off count as well. Both rules err, if at all, against memory (our choice).
    """
    n_steps, episodes = reward.shape
    reached = reward == goal_reward
    goals = reached.sum(axis=0)
    later = np.maximum(goals - 1, 0)
    first = np.where(goals > 0, reached.argmax(axis=0) + 1, n_steps)
    return {
        "goals": (float(goals.sum()), float(episodes)),
        "found": (float((goals > 0).sum()), float(episodes)),
        "return": (float(reward.sum()), float(episodes)),
        "steps_to_first_goal": (float((later * first).sum()), float(later.sum())),
        "steps_to_later_goal": (float((n_steps - first).sum()), float(later.sum())),
    }

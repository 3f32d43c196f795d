"""Ask a network in mid-episode what it expects elsewhere, without it noticing (Fig. 2H, I).

After k examples the state is copied as often as there are questions; each copy sees one
hypothetical x for the time of an example and answers; then the episode goes on from the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.model.state import NetworkState
from lsnn_core.random.streams import example_keys
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.spikes import MAX_LANES

from .task import Episodes, LearningToLearn, signals

Array = npt.NDArray[Any]


def internal_model(
    task: LearningToLearn, net: LSNN, episodes: Episodes, after: Sequence[int], questions: Array
) -> Array:
    """Guesses (B, K, G) at G `questions` (G, d) after K numbers of examples of B episodes.

    After k examples means: x of examples 1 to k was shown, and the value of the k-th is on show.
    `after` must ascend, from 1 to the number of examples at most.
    """
    seen = task.code.events(signals(episodes.x, episodes.target), episodes.keys)
    x, hold = seen.to_dense(task.n_in), task.settings.hold_ms
    state, done, models = None, 0, []
    for k in after:
        run = net.forward(x[done * hold : k * hold], initial=state, lanes=MAX_LANES)
        state, done = run.final, k
        models.append(_answers(task, net, state, episodes.target[:, k - 1], k, questions))
    return np.stack(models, axis=1)


def _answers(
    task: LearningToLearn, net: LSNN, state: NetworkState, value: Array, k: int, questions: Array
) -> Array:
    """Guesses (B, G) from copies of `state` (B), while the `value` (B) before is on show."""
    B, G = len(value), len(questions)
    shown = np.concatenate(
        [np.tile(questions, (B, 1)), np.repeat(value, G)[:, None]], axis=1
    )  # every episode with every question
    keys = example_keys(0, (k,), np.tile(np.arange(G), B))
    guesses = []
    for start in range(0, B * G, MAX_LANES):
        part = slice(start, start + MAX_LANES)
        spikes = task.code.events(shown[part, None], keys[part]).to_dense(task.n_in)
        copies = state.examples(np.arange(B * G)[part] // G)
        run = net.forward(spikes, initial=copies, lanes=MAX_LANES)
        guesses.append(task.guesses(run.y.transpose(0, 2, 1)))
    return np.concatenate(guesses).reshape(B, G)

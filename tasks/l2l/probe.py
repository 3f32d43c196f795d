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

from .episodes import EpisodeCode, Episodes

Array = npt.NDArray[Any]


def internal_model(
    code: EpisodeCode, net: LSNN, episodes: Episodes, after: Sequence[int], questions: Array
) -> Array:
    """Guesses (B, K, G) at G `questions` (G, d) after K numbers of examples of B episodes.

    After k examples means: x of examples 1 to k was shown, and the value of the k-th is on show.
    `after` must ascend, from 1 to the number of examples at most.
    """
    x, hold = code.events(episodes).to_dense(code.n_in), code.settings.hold_ms
    state, done, models = None, 0, []
    for k in after:
        run = net.forward(x[done * hold : k * hold], initial=state)
        state, done = run.final, k
        models.append(_answers(code, net, state, episodes.target[:, k - 1], k, questions))
    return np.stack(models, axis=1)


def _answers(
    code: EpisodeCode, net: LSNN, state: NetworkState, value: Array, k: int, questions: Array
) -> Array:
    """Guesses (B, G) from copies of `state` (B), while the `value` (B) before is on show."""
    B, G = len(value), len(questions)
    shown = np.concatenate(
        [np.tile(questions, (B, 1)), np.repeat(value, G)[:, None]], axis=1
    )  # every episode with every question
    keys = example_keys(0, (k,), np.tile(np.arange(G), B))
    copies = state.examples(np.repeat(np.arange(B), G))
    return code.answers(net, shown[:, None], keys, copies).reshape(B, G)

"""What the figures of learning to learn need of a trained network, and of its baselines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.files import Tree
from lsnn_core.random.streams import stream
from lsnn_core.simulation.lsnn import LSNN

from ..encoding.population_code import CODES
from .backprop import error_of_backprop
from .episodes import EpisodeCode, Episodes, draw_episodes, signals
from .families import Family, TargetNetworks
from .gaussian_process import error_of_gaussian_process
from .linear import error_of_all, error_of_others, error_of_preceding
from .probe import internal_model

Array = npt.NDArray[Any]

N_TESTED: Final = 50  # new functions whose error is followed over an episode
N_PROBED: Final = 4  # of which the internal model is asked for
N_SAMPLES: Final = 8  # functions of the family, to be drawn
N_POINTS: Final = 41  # along a curve
AFTER: Final = (1, 2, 3, 5, 10, 20, 50, 100)
N_ON_A_LINE: Final = 2  # adversarial episodes


def l2l_recordings(code: EpisodeCode, net: LSNN, seed: int) -> Tree:
    """Errors over examples beside the baselines, internal models, and samples of the family.

    And, with `L2LSettings.transfer`, errors on inputs in the codes that it was not trained on.
    """
    rng = stream(seed, "l2l tested")
    tested = draw_episodes(code.family, N_TESTED, code.settings.recorded_examples, rng)
    transfer = {"other_codes": _other_codes(code, net, tested)} if code.settings.transfer else {}
    return {
        **transfer,
        "errors": _errors(code, net, tested, seed),
        "samples": _samples(code.family, seed),
        "probes": _probes(code, net, tested.part(0, N_PROBED)),
        "adversarial": _probes(code, net, on_a_line(code, N_ON_A_LINE, seed)),
    }


def on_a_line(code: EpisodeCode, count: int, seed: int) -> Episodes:
    """Episodes whose examples lie on a straight line, which no sinus does (paper, Fig. 2I)."""
    rng = stream(seed, "l2l adversarial")
    episodes = draw_episodes(code.family, count, code.settings.examples, rng)
    f = code.family
    slope = np.linspace(0.5, -0.3, count)[:, None] * (f.high - f.low) / 2 / f.x_max
    target = (f.low + f.high) / 2 + slope * episodes.x[:, :, 0]
    return Episodes(episodes.functions, episodes.x, target, episodes.keys)


def curve(family: Family) -> Array:
    """Points (G, d) along the first input, all other inputs 0."""
    points = np.zeros((N_POINTS, family.d))
    points[:, 0] = np.linspace(-family.x_max, family.x_max, N_POINTS)
    return points


def _errors(code: EpisodeCode, net: LSNN, episodes: Episodes, seed: int) -> Tree:
    shown = signals(episodes.x, episodes.target)
    errors = {
        "target": episodes.target,
        "guess": code.answers(net, shown, episodes.keys),
        "linear_all": error_of_all(episodes.x, episodes.target),
        "linear_others": error_of_others(episodes.x, episodes.target).mean(1),
        "linear_preceding": error_of_preceding(episodes.x, episodes.target),
        "gaussian_process": _floor(code.family, episodes, seed),
    }
    if isinstance(code.family, TargetNetworks):
        rng = stream(seed, "l2l backprop")
        errors["backprop"] = error_of_backprop(episodes.x, episodes.target, rng)
    return {name: values.astype(np.float32) for name, values in errors.items()}


def _floor(family: Family, episodes: Episodes, seed: int) -> Array:
    rng = stream(seed, "l2l gaussian process")
    error = error_of_gaussian_process(family, episodes.x, episodes.target, rng)
    return np.asarray(error.mean(0))


def _other_codes(code: EpisodeCode, net: LSNN, episodes: Episodes) -> Tree:
    """Mean squared error on each function, with the inputs' spikes in each of the other codes."""
    shown, found = signals(episodes.x, episodes.target), {}
    for name in sorted(CODES.keys() - {code.settings.code}):
        other = EpisodeCode(replace(code.settings, code=name))
        guess = other.answers(net, shown, episodes.keys)
        found[name] = ((guess - episodes.target) ** 2).mean(1).astype(np.float32)
    return {**found}


def _samples(family: Family, seed: int) -> Tree:
    functions = family.draw(N_SAMPLES, stream(seed, "l2l samples"))
    points = np.repeat(curve(family)[None], N_SAMPLES, axis=0)
    values = family.evaluate(functions, points)
    return {"x": curve(family)[:, 0].astype(np.float32), "value": values.astype(np.float32)}


def _probes(code: EpisodeCode, net: LSNN, episodes: Episodes) -> Tree:
    after = [k for k in AFTER if k <= episodes.target.shape[1]]
    points = curve(code.family)
    everywhere = np.repeat(points[None], len(episodes.keys), axis=0)
    guess = internal_model(code, net, episodes, after, points)
    return {
        "after": np.array(after),
        "x": points[:, 0].astype(np.float32),
        "guess": guess.astype(np.float32),
        "value": code.family.evaluate(episodes.functions, everywhere).astype(np.float32),
        "shown_x": episodes.x[:, : after[-1], 0].astype(np.float32),
        "shown_value": episodes.target[:, : after[-1]].astype(np.float32),
    }

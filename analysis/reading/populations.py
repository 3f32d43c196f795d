"""The populations X, R and A of a run with the spikes recorded from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..colours import PALETTE
from .run import Run

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Population:
    """Some neurons and the spikes they are among.

    Attributes
    ----------
    name, remark, colour
        How the population is called and drawn.
    times_ms, node_ids
        One entry per spike; spikes of other neurons may be among them.
    nodes
        The neurons, from the bottom row of a raster up.
    """

    name: str
    remark: str
    colour: str
    times_ms: Array
    node_ids: Array
    nodes: Array


def inputs(run: Run, stimulus_ms: float) -> tuple[Population, Population | None]:
    """Return the input channels, and the last one apart if it is a prompt.

    A prompt is what waits for the stimulus to end, after `stimulus_ms`.
    """
    n_in = len(run.array("inputs/sign", made_by="lsnn train", ndim=1))
    times, ids = run.spikes("X")
    last = times[ids == n_in - 1]
    is_prompt = last.size > 0 and last.min() >= stimulus_ms
    n = n_in - 1 if is_prompt else n_in
    colour = PALETTE["X"]
    channels = Population("X", f"{n} channels", colour, times, ids, np.arange(n))
    prompt = Population("X", "prompt", colour, times, ids, np.array([n_in - 1]))
    return channels, prompt if is_prompt else None


def regular(run: Run) -> list[Population]:
    """Return R, parted by sign under Dale's law; one population if the neurons are unsigned."""
    n_regular, sign = neuron_signs(run)
    if n_regular == 0:
        return []
    times, ids = run.spikes("R")
    parts = ((1, "excitatory", "R_E"), (-1, "inhibitory", "R_I"), (0, "regular", "R_E"))
    populations = []
    for value, word, colour in parts:
        nodes = np.flatnonzero(sign[:n_regular] == value)
        if nodes.size:
            remark = f"{nodes.size} {word}"
            populations.append(Population("R", remark, PALETTE[colour], times, ids, nodes))
    return populations


def adaptive(run: Run) -> list[Population]:
    """Return A; no population if all neurons are regular."""
    n_regular, sign = neuron_signs(run)
    nodes = np.arange(n_regular, sign.size)
    if not nodes.size:
        return []
    times, ids = run.spikes("A")
    return [Population("A", f"{nodes.size} adaptive", PALETTE["A"], times, ids, nodes)]


def neuron_signs(run: Run) -> tuple[int, Array]:
    """Return the number of regular neurons, and the signs of all: +1, -1, or 0 for either."""
    sign = run.array("neurons/sign", made_by="lsnn train", ndim=1)
    return run.count("neurons", "n_regular", sign.size), sign

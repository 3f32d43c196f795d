"""The moving average of a network's weights, and of a run file's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..files import RunFile, Tree
from ..model.layout import MATRICES
from ..optimisers.average import Average
from ..optimisers.rewiring import RewiringResult
from ..simulation.lsnn import LSNN
from ..task.checks import MOST_UPDATES

Array = npt.NDArray[Any]
ROUNDING = 1e-9  # relative, of sums of weights that nearly are their limit


class NetworkAverage:
    """Averages of the weights and biases of an LSNN whose connections come and go.

    Parameters
    ----------
    net
        The network at its start.
    decay
        See `Average`.
    """

    def __init__(self, net: LSNN, decay: float) -> None:
        self.weight = Average(net.connections.weight, decay)
        self.b_out = Average(net.b_out, decay)

    def add(self, net: LSNN, rewired: RewiringResult) -> None:
        """Take in the network after a step that rewired it so."""
        if rewired.changed:
            self.weight.follow(rewired.origin(len(self.weight.value)))
        self.weight.add(net.connections.weight)
        self.b_out.add(net.b_out)

    def network(self, net: LSNN) -> LSNN:
        """Return `net`, the last that was added, with averaged weights and biases."""
        listed = net.connections
        weight = self.weight.value.astype(listed.weight.dtype)
        b_out = self.b_out.value.astype(net.b_out.dtype)
        return replace(net, connections=replace(listed, weight=weight).own(), b_out=b_out)

    def tree(self, net: LSNN) -> Tree:
        """Return the averages by matrix, in the order of its connections."""
        value, select = self.weight.value, net.connections.select
        return {**{name: value[select(name)] for name in MATRICES}, "b_out": self.b_out.value}

    def counts(self) -> dict[str, Array]:
        """Return what resume needs beside the averages."""
        return {"average_weight": self.weight.count, "average_b_out": self.b_out.count}

    def restore(self, file: RunFile, net: LSNN) -> None:
        """Take over the averages of a file that holds `net`: enough to evaluate them."""
        listed = net.connections
        value = np.zeros(len(listed))
        for name in MATRICES:
            at, path = listed.select(name), f"average/{name}"
            value[at] = read_average(file, path, at.shape, listed.weight.dtype)
            if np.any(value[at] * listed.sign[at] < 0.0):
                raise file.bad(path, f"has a sign other than weights/{name}")
        b_out = read_average(file, "average/b_out", net.b_out.shape, net.b_out.dtype)
        self.weight, self.b_out = (
            Average(v, a.decay) for v, a in ((value, self.weight), (b_out, self.b_out))
        )

    def restore_counts(self, file: RunFile) -> None:
        """Take over what they count, too: enough to go on."""
        for name, average in (("weight", self.weight), ("b_out", self.b_out)):
            average.count = read_count(file, f"resume/average_{name}", average)


def read_average(
    file: RunFile, path: str, shape: tuple[int, ...], dtype: npt.DTypeLike
) -> npt.NDArray[np.float64]:
    """Return averages of weights of `dtype`; refuse what it could not hold."""
    values = file.reals(path, shape)
    largest = float(np.finfo(np.dtype(dtype)).max)
    if np.any(np.abs(values) > largest):
        raise file.bad(path, f"holds numbers above {largest:.3g}, the largest of training.dtype")
    return values.astype(np.float64)


def read_count(file: RunFile, path: str, average: Average) -> npt.NDArray[np.float64]:
    """Return how many values each entry of `average` holds."""
    count = file.reals(path, average.count.shape, low=1.0)
    most = min(file.iteration * MOST_UPDATES + 1.0, 1.0 / (1.0 - average.decay))
    if np.any(count > most * (1.0 + ROUNDING)):
        raise file.bad(path, f"holds numbers above {most:g}, which training.average allows")
    return count.astype(np.float64)

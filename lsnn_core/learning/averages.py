"""The moving average of a network's weights, and of a run file's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from .spiking_file import within

Array = npt.NDArray[Any]
ROUNDING = 1e-9  # relative, of sums of weights that nearly are their limit


class NetworkAverage:
    """Averages of what an LSNN learns, whose connections come and go.

    Parameters
    ----------
    net
        The network at its start.
    decay
        See `Average`.
    constants
        Names in `NeuronParameters` of those that are learned.
    """

    def __init__(self, net: LSNN, decay: float, constants: Sequence[str] = ()) -> None:
        self.constants = tuple(constants)
        self.parts = {k: Average(v, decay) for k, v in self._values(net).items()}

    def _values(self, net: LSNN) -> dict[str, Array]:
        constants = {name: getattr(net.neurons, name) for name in self.constants}
        return {"weight": net.connections.weight, "b_out": net.b_out, **constants}

    def add(self, net: LSNN, rewired: RewiringResult) -> None:
        """Take in the network after a step that rewired it so."""
        weight = self.parts["weight"]
        if rewired.changed:
            weight.follow(rewired.origin(len(weight.value)))
        for name, value in self._values(net).items():
            self.parts[name].add(value)

    def network(self, net: LSNN) -> LSNN:
        """Return `net`, the last that was added, with averages for what is learned."""
        values: dict[str, Any] = {
            k: self.parts[k].value.astype(v.dtype) for k, v in self._values(net).items()
        }
        listed = replace(net.connections, weight=values.pop("weight")).own()
        b_out, neurons = values.pop("b_out"), net.neurons
        neurons = replace(neurons, **values) if values else neurons
        return replace(net, connections=listed, b_out=b_out, neurons=neurons)

    def tree(self, net: LSNN) -> Tree:
        """Return the averages, of weights by matrix in the order of its connections."""
        values = {name: part.value for name, part in self.parts.items()}
        weight, select = values.pop("weight"), net.connections.select
        return {**{name: weight[select(name)] for name in MATRICES}, **values}

    def counts(self) -> dict[str, Array]:
        """Return what resume needs beside the averages."""
        return {f"average_{name}": part.count for name, part in self.parts.items()}

    def anew(self, net: LSNN) -> NetworkAverage:
        """Return averages of the same kind that begin with `net`."""
        return NetworkAverage(net, self.parts["weight"].decay, self.constants)

    def restore(self, file: RunFile, net: LSNN, bounds: Mapping[str, tuple[Array, Array]]) -> None:
        """Take over the averages of a file that holds `net`: enough to evaluate them.

        `bounds` are those of each constant.
        """
        listed = net.connections
        weight = np.zeros(len(listed))
        for name in MATRICES:
            at, path = listed.select(name), f"average/{name}"
            weight[at] = read_average(file, path, at.shape, listed.weight.dtype)
            if np.any(weight[at] * listed.sign[at] < 0.0):
                raise file.bad(path, f"has a sign other than weights/{name}")
        b_out = read_average(file, "average/b_out", net.b_out.shape, net.b_out.dtype)
        constants = {k: within(file, f"average/{k}", *bounds[k]) for k in self.constants}
        values = {"weight": weight, "b_out": b_out, **constants}
        self.parts = {k: Average(v, self.parts[k].decay) for k, v in values.items()}

    def restore_counts(self, file: RunFile) -> None:
        """Take over what they count, too: enough to go on."""
        for name, part in self.parts.items():
            part.count = read_count(file, f"resume/average_{name}", part)


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

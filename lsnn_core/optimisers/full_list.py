"""Learning a connection list that fills its matrices: W_in and W_rec by Muon, W_out by Adam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..config.optimisers import AdamSettings
from ..errors import UsageError
from ..model.connections import Connections
from ..model.layout import MATRICES
from .adam import ListAdam
from .checks import check_gradient, check_weights
from .muon import Muon
from .rewiring import RewiringResult

BY_MUON: Final = ("W_in", "W_rec")


class Places(NamedTuple):
    """Where the connections of a matrix are."""

    entry: npt.NDArray[np.int64]  # in the list
    site: npt.NDArray[np.int64]  # in the matrix, row after row


class FullListOptimiser:
    """Learns the weights of full matrices, which stay as they are.

    Parameters
    ----------
    connections
        The list to start from; it is not changed. Every site of W_in and W_rec holds a connection,
        but for autapses, and no sign is fixed.
    scale
        Of Muon's steps, see `Muon`.
    adam
        Settings of Adam.
    """

    def __init__(self, connections: Connections, scale: float, adam: AdamSettings) -> None:
        self._connections = connections.sealed()
        _check_free(connections)
        self._places = {name: _places(connections, name) for name in BY_MUON}
        self._readout = connections.select("W_out")
        matrices, dtype = connections.layout.matrices, connections.weight.dtype
        self._muon = {name: Muon(matrices[name].shape, dtype, scale) for name in BY_MUON}
        self._adam = ListAdam(len(self._readout), adam)

    @property
    def connections(self) -> Connections:
        """The current list: a new object after every step, with a weight array of its own."""
        return self._connections

    def step(
        self, d_weight: npt.NDArray[np.floating[Any]], lr: float, iteration: int, update: int = 0
    ) -> RewiringResult:
        """Take one step down the gradient (C), in the order of `connections`; draws nothing.

        Raises
        ------
        NumericalError
            A gradient is not finite, and nothing was changed; or a weight would not be, and the
            connections were not changed.
        """
        check_gradient(d_weight, len(self._connections), lr, iteration)
        weight = self._connections.weight.copy()
        for name, muon in self._muon.items():
            entry, site = self._places[name]
            gradient = np.zeros(muon.m.shape, d_weight.dtype)
            gradient.ravel()[site] = d_weight[entry]
            weight[entry] += muon.step(gradient, lr).ravel()[site]
        theta = weight[self._readout]
        self._adam.step(theta, d_weight[self._readout], lr)
        weight[self._readout] = theta
        check_weights(weight, iteration)
        self._connections = replace(self._connections, weight=weight).own()
        return RewiringResult.unchanged()

    def connectivity(self) -> dict[str, float]:
        """Share of each matrix's sites that hold a connection."""
        return dict.fromkeys(MATRICES, 1.0)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that `restore` needs, beside the connections themselves."""
        momenta = {f"muon_{name}": muon.state() for name, muon in self._muon.items()}
        return {**self._adam.state(), **momenta}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what `state` returned; the optimiser must hold that moment's list."""
        self._adam.restore(state)
        for name, muon in self._muon.items():
            muon.restore(state, f"muon_{name}")


def _check_free(connections: Connections) -> None:
    if connections.sign.any():
        raise UsageError(
            "muon: expected weights without fixed signs (network.dale = false, no rewiring); adam"
            " learns those that have one"
        )


def _places(connections: Connections, name: str) -> Places:
    matrix, entry = connections.layout.matrices[name], connections.select(name)
    rows, columns = matrix.shape
    sites = rows * columns - (0 if matrix.autapses else rows)
    if len(entry) != sites:
        raise UsageError(
            f"muon: expected all {sites} connections of a full {name}, found {len(entry)}; adam"
            " learns any list"
        )
    source = connections.source[entry].astype(np.int64) - matrix.source_start
    return Places(entry, source * columns + connections.target[entry] - matrix.target_start)

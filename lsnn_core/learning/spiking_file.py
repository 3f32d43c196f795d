"""An LSNN's neurons and connections as a run file holds them, and back with every bound checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.tables import RunConfig
from ..csr import Matrix
from ..files import RunFile, Tree
from ..model.connections import Connections
from ..model.layout import Layout
from ..model.neurons import NeuronParameters
from ..optimisers.constants import FIELDS, ConstantOptimiser
from ..simulation.lsnn import LSNN
from .build import ListOptimiser
from .learner import of_dtype

Signs = npt.NDArray[np.int8] | None
ROUNDING = 1e-9  # relative; another processor may draw a constant that differs in the last bits


def neuron_tree(net: LSNN, source_sign: Signs, constants: ConstantOptimiser) -> Tree:
    """Return the constants of neurons and inputs, and what those that are learned were before."""
    p, n_in = net.neurons, net.layout.n_in
    sign = np.zeros(net.layout.n_source, np.int8) if source_sign is None else source_sign
    neurons: Tree = {k: getattr(p, k) for k in (*FIELDS.values(), "n_ref")}
    neurons["sign"] = sign[n_in:]
    if constants.learn:
        fields = [FIELDS[name] for name in constants.learn]
        neurons["initial"] = {k: getattr(constants.initial, k) for k in fields}
    return {"neurons": neurons, "inputs": {"sign": sign[:n_in]}}


def read_neurons(
    file: RunFile, net: LSNN, source_sign: Signs, constants: ConstantOptimiser
) -> NeuronParameters:
    """Return the neurons of a file: what is not learned must be what its configuration says."""
    learned = {FIELDS[name]: constants.bounds(name) for name in constants.learn}
    started = replace(net, neurons=constants.initial)
    for group, expected in neuron_tree(started, source_sign, constants).items():
        assert isinstance(expected, dict)
        fixed = {k: v for k, v in expected.items() if not (group == "neurons" and k in learned)}
        _check_equal(file, group, fixed)
    if not learned:
        return constants.initial
    found = {k: within(file, f"neurons/{k}", *bounds) for k, bounds in learned.items()}
    return replace(constants.initial, **found)


def _check_equal(file: RunFile, group: str, expected: Any) -> None:
    for name, value in expected.items():
        path = f"{group}/{name}"
        if isinstance(value, dict):
            _check_equal(file, path, value)
            continue
        stored: npt.NDArray[Any] = file.array(path, shape=value.shape)
        same = stored.dtype.kind == value.dtype.kind and np.allclose(stored, value, ROUNDING, 0.0)
        if not same:
            raise file.bad(path, "is not what the configuration says; was it changed?")


def within(file: RunFile, path: str, low: npt.NDArray[Any], high: npt.NDArray[Any]) -> Any:
    """Return a learned constant, refused where training could not have brought it."""
    values = file.reals(path, low.shape)
    wrong = (values < low * (1 - ROUNDING)) | (values > high * (1 + ROUNDING))
    if np.any(wrong):
        at = int(np.flatnonzero(wrong)[0])
        raise file.bad(f"{path}[{at}]", f"is {values[at]:g}, expected {low[at]:g} ... {high[at]:g}")
    return values.astype(np.float64, copy=False)


def read_connections(
    file: RunFile, config: RunConfig, layout: Layout, source_sign: Signs
) -> Connections:
    """Return the connection list of a file, nothing in it outside what the configuration allows."""
    pieces: dict[str, Matrix] = {}
    for name, block in layout.matrices.items():
        stored = file.weights(name, block.shape)
        path = f"weights/{name}"
        of_dtype(file, f"{path}/data", stored.data, config.training.dtype)
        shortest, longest = (0, 0) if name == "W_out" else (1, config.network.delays)
        if np.any((stored.delay < shortest) | (stored.delay > longest)):
            raise file.bad(
                f"{path}/delay", f"is outside {shortest} ... {longest} steps, network.delays"
            )
        start = block.source_start
        signs = None if source_sign is None else source_sign[start : block.source_stop]
        _check_signs(file, path, stored, signs, config.rewiring.policy != "none")
        pieces[name] = stored._replace(
            indices=stored.indices.astype(np.int32),
            delay=stored.delay.astype(np.int32),
            sign=stored.sign.astype(np.int8),
        )
    return Connections.from_matrices(layout, pieces)


def _check_signs(
    file: RunFile, path: str, stored: Matrix, source_sign: Signs, rewired: bool
) -> None:
    if source_sign is not None:
        expected = np.repeat(source_sign, np.diff(stored.indptr))
        if np.any((expected != 0) & (stored.sign != expected)):
            raise file.bad(f"{path}/sign", "is not that of the sources (network.dale)")
    if rewired and not np.all(stored.data * stored.sign > 0):
        raise file.bad(
            path, "has a weight of zero or against its sign, which rewiring never leaves"
        )


def read_optimiser(
    file: RunFile, config: RunConfig, optimiser: ListOptimiser, updates: int
) -> dict[str, npt.NDArray[Any]]:
    """Return what `optimiser`, of the file's list, needs to `restore`, all of it within bounds."""
    state = {}
    for name, like in optimiser.state().items():
        path = f"resume/list_{name}"
        if name == "age":
            state[name] = file.integers(path, like.shape, 0, updates)
            continue
        low = 0.0 if name in ("v", "connectivity") else -np.inf
        state[name] = file.reals(path, like.shape, low=low)
        if name.startswith("muon"):
            of_dtype(file, path, state[name], config.training.dtype)
    if "connectivity" in state and state["connectivity"] > 1.0:
        raise file.bad("resume/list_connectivity", "is above 1")
    return state

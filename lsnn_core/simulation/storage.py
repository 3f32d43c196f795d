"""A network to a file and back, and out of the file of a run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from ..config.tables import RunConfig, from_mapping
from ..csr import Matrix
from ..errors import BadFileError, UsageError
from ..files import RunFile, open_network, read_run, write_network
from ..files.guarded import GuardedFile
from ..files.weights import read_matrix
from ..model.connections import Connections
from ..model.layout import MATRICES, Layout
from ..model.network import Network
from ..model.neurons import NeuronParameters
from ..text import printable

Net = TypeVar("Net", bound=Network)
NUMBERS = ("tau_out_ms", "gamma", "noise_std")
WORDS = ("convention", "surrogate")
CONSTANTS = ("tau_m_ms", "tau_a_ms", "beta", "b0")
LONGEST = 2**31 - 1


def save(net: Network, path: Any, overwrite: bool) -> None:
    """Write all that a network is, so that `load` gives an equal one."""
    weights: dict[str, Any] = {"b_out": net.b_out}
    attributes: dict[str, dict[str, Any]] = {}
    for name in MATRICES:
        matrix = net.connections.matrix(name)._asdict()
        attributes[f"weights/{name}"] = {"shape": matrix.pop("shape")}
        weights[name] = matrix
    neurons = {name: getattr(net.neurons, name) for name in (*CONSTANTS, "n_ref")}
    attributes["neurons"] = {"n_regular": net.neurons.n_regular, "dt_ms": net.dt_ms}
    attributes["network"] = {
        **{name: getattr(net, name) for name in NUMBERS},
        **{name: getattr(net, name) for name in WORDS},
        "through_reset": int(net.through_reset),
        "max_delay": net.max_delay,
        "halves": net.layout.halves,
    }
    tree = {"weights": weights, "neurons": neurons, "network": {}}
    write_network(path, tree, attributes, overwrite)


def load(path: Any, make: Callable[..., Net]) -> Net:
    """Make the network that `save` wrote."""
    with open_network(path) as file:
        pieces = {name: read_matrix(file, f"weights/{name}", None) for name in MATRICES}
        n = pieces["W_in"].shape[1]
        arrays: dict[str, Any] = {
            name: file.array(f"neurons/{name}", "f", shape=(n,)) for name in CONSTANTS
        }
        arrays["n_ref"] = file.array("neurons/n_ref", "iu", shape=(n,))
        n_out = pieces["W_out"].shape[1]
        b_out = file.array("weights/b_out", "f", shape=(n_out,))
        halves = file.integer_attribute("halves", "network", 1, 2)
        n_regular = file.integer_attribute("n_regular", "neurons", 0, n)
        dt_ms = _number(file, "dt_ms", "neurons")
        about: dict[str, Any] = {
            **{name: _number(file, name, "network") for name in NUMBERS},
            "convention": file.text_attribute("convention", "network"),
            "surrogate": _surrogate(file),
            "through_reset": bool(file.integer_attribute("through_reset", "network", 0, 1)),
            "max_delay": file.integer_attribute("max_delay", "network", 0, LONGEST),
        }
        with _refused_as_bad(file.name):
            neurons = NeuronParameters(**arrays, n_regular=n_regular, dt_ms=dt_ms)
            return make(_joined(pieces, halves), neurons, b_out, **about)


def load_run(path: Any, make: Callable[..., Net]) -> Net:
    """Make the network of a run file, as it is after its last iteration."""
    with read_run(path) as file:
        config = read_config(file)
        c = config.network
        if c.model != "lsnn":
            raise BadFileError(f"{file.name}: holds an {c.model}, expected a spiking network")
        pieces = {name: file.weights(name) for name in MATRICES}
        n = pieces["W_in"].shape[1]
        arrays: dict[str, Any] = {name: file.reals(f"neurons/{name}", (n,)) for name in CONSTANTS}
        arrays["n_ref"] = file.array("neurons/n_ref", "iu", shape=(n,))
        b_out = file.reals("weights/b_out", (pieces["W_out"].shape[1],))
        halves = file.attribute("halves", "neurons") or 1  # older files do not say
        about = {name: getattr(c, name) for name in (*NUMBERS, *WORDS)}
        with _refused_as_bad(file.name):
            neurons = NeuronParameters(**arrays, n_regular=c.n_regular)
            return make(_joined(pieces, halves), neurons, b_out, max_delay=c.delays, **about)


def read_config(file: RunFile) -> RunConfig:
    """The configuration stored in a run file."""
    try:
        return from_mapping(RunConfig, tomllib.loads(file.config))
    except (UsageError, ValueError, RecursionError) as error:
        raise BadFileError(
            f"{file.name}: config: {error}; was it written by this program?"
        ) from None


@contextmanager
def _refused_as_bad(name: str) -> Iterator[None]:
    """What no network can have is the file's fault."""
    try:
        yield
    except UsageError as error:
        raise BadFileError(f"{name}: {error}; was it changed?") from None


def _joined(pieces: dict[str, Matrix], halves: Any) -> Connections:
    (n_in, n), n_out = pieces["W_in"].shape, pieces["W_out"].shape[1]
    return Connections.from_matrices(Layout(n_in, n, n_out, halves), pieces)


def _surrogate(file: GuardedFile) -> str:
    """Its name; files of before there was a choice do not say, and mean the triangle."""
    given = file.text_attribute("surrogate", "network")
    return Network.surrogate if given is None else given


def _number(file: GuardedFile, name: str, group: str) -> float:
    value = file.attribute(name, group)
    if not isinstance(value, float) or not np.isfinite(value):
        found = "nothing" if value is None else printable(str(value), 40)
        raise file.bad(f"attribute {name} of {group}", f"is {found}, expected a number")
    return value

"""A NIR graph taken apart: its neurons, and the ways between them, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import UsageError
from ..given import shown
from .nir import KEY

Route = tuple[str, ...]


class Parts:
    """The one population of a graph, and all routes through other nodes to and from it.

    Graphs in the graph are opened: node b of graph a is "a.b", and what enters or leaves a graph
    passes its Input and Output, which are no nodes of a route.

    Attributes
    ----------
    nodes
        By name.
    lif
        Name of the population.
    n_in, n
        Numbers of inputs and neurons.
    routes
        For W_in, W_rec and W_out the names of the nodes on each route, without its ends.
    """

    def __init__(self, nir: Any, graph: Any) -> None:
        self.nir, self.graph = nir, graph
        self.nodes: dict[str, Any] = {}
        self._after: dict[str, list[str]] = {}
        self._doors: set[str] = set()
        inputs, outputs = self._open(graph, "")
        begin, end = _only(inputs, "Input"), _only(outputs, "Output")
        self.lif = self._population()
        self.n_in = int(np.prod(self.nodes[begin].input_type["input"]))
        self.n = int(self.nodes[self.lif].v_threshold.size)
        from_input, from_lif = (
            [*self._routes((start,), {self.lif, end})] for start in (begin, self.lif)
        )
        if any(route[-1] == end for route in from_input):
            raise UsageError("graph: an input goes to an output past the neurons; no LSNN does so")
        self.routes = {
            "W_in": self._inner(from_input, self.lif),
            "W_rec": self._inner(from_lif, self.lif),
            "W_out": self._inner(from_lif, end),
        }

    def own(self, name: str | None = None) -> dict[str, Any]:
        """Our own words about a node, or about the graph."""
        metadata = (self.graph if name is None else self.nodes[name]).metadata
        own = metadata.get(KEY, {}) if isinstance(metadata, Mapping) else {}
        return dict(own) if isinstance(own, Mapping) else {}

    def refuse_others(self, route: Route, kinds: tuple[str, ...]) -> None:
        """Refuse a route through nodes of other kinds."""
        for name in route:
            found = type(self.nodes[name]).__name__
            if found not in kinds:
                raise UsageError(
                    f"graph: node {shown(name)} is of type {found}, expected {' or '.join(kinds)} "
                    "there"
                )

    def _open(self, graph: Any, prefix: str) -> tuple[list[str], list[str]]:
        """Take in all nodes of a graph; return the names of its Inputs and Outputs."""
        doors: dict[str, tuple[list[str], list[str]]] = {}
        for name, node in graph.nodes.items():
            full = f"{prefix}{name}"
            if isinstance(node, self.nir.NIRGraph):
                doors[name] = self._open(node, f"{full}.")
                self._doors |= {door for side in doors[name] for door in side}
                continue
            self.nodes[full] = node
            doors[name] = [full], [full]
        for before, after in graph.edges:
            for one in doors[str(before)][1]:
                self._after.setdefault(one, []).extend(doors[str(after)][0])
        inputs, outputs = (
            [f"{prefix}{name}" for name, node in graph.nodes.items() if isinstance(node, kind)]
            for kind in (self.nir.Input, self.nir.Output)
        )
        return inputs, outputs

    def _population(self) -> str:
        found = [name for name, node in self.nodes.items() if isinstance(node, self.nir.LIF)]
        if len(found) == 1:
            return found[0]
        has = ", ".join(sorted({type(node).__name__ for node in self.nodes.values()}))
        raise UsageError(
            f"graph: expected one node of type LIF, found {len(found)} among {has}; an LSNN is one "
            "population of LIF neurons between inputs and outputs"
        )

    def _routes(self, route: Route, ends: set[str]) -> Iterator[Route]:
        """All ways on from the last node of a route to one of `ends`."""
        for after in self._after.get(route[-1], []):
            if after in ends:
                yield (*route, after)
            elif after in route:
                raise UsageError(f"graph: node {shown(after)} is in a loop without neurons")
            else:
                yield from self._routes((*route, after), ends)

    def _inner(self, routes: list[Route], end: str) -> list[Route]:
        """Return the nodes between the ends of the routes that lead to one end."""
        return [
            tuple(name for name in route[1:-1] if name not in self._doors)
            for route in routes
            if route[-1] == end
        ]


def _only(names: list[str], kind: str) -> str:
    if len(names) != 1:
        raise UsageError(f"graph: expected one node of type {kind}, found {len(names)}")
    return names[0]

"""A finished run's file without what only its owner needs: small enough to be given away."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..errors import UsageError
from ..text import printable
from .digest import DIGEST
from .disk import StrPath, check_output
from .reader import read_run
from .schema import Tree
from .writer import write_tree

MOST_VALUES: Final = 1000
"""Of each series of training and rewiring: a curve in print has fewer points (our choice)."""
THINNED: Final = ("metrics/train", "rewiring")


def trim(path: StrPath, out: StrPath, overwrite: bool = False) -> None:
    """Write a complete run's file again, without the optimiser's state and with thinner curves.

    All that figures, `evaluate` and `LSNN.from_run` read stays: weights, constants, averages,
    recordings, validation, test. Of long series of training and rewiring every k-th value stays,
    and the last. The run cannot be trained further from what is written.

    Raises
    ------
    UsageError
        The run is not complete, or there is a file at `out` that may not be replaced.
    """
    check_output(out, overwrite=overwrite)
    with read_run(path) as file:
        if file.status != "complete":
            raise UsageError(
                f"{printable(path)}: is {file.status}, expected complete; what is left out is what"
                " goes on with it (`lsnn resume`)"
            )
        tree, attributes = file.tree(), _without_digest(file.all_attributes())
        groups = {
            name: _without_digest(file.all_attributes(name))
            for name, is_dataset in file.walk()
            if not is_dataset and not name.startswith("resume")
        }
    tree.pop("resume", None)
    for where in THINNED:
        group: Any = tree
        for name in where.split("/"):
            group = group.get(name, {})
        for series in group.values():
            _thin(series)
    given = {name: values for name, values in groups.items() if values}
    own = {name: values for name, values in given.items() if not name.startswith("spikes")}
    write_tree(out, tree, attributes, own)


def _thin(series: Tree) -> None:
    """Keep every k-th value, counted so that the last one stays."""
    step = series["step"]
    assert isinstance(step, np.ndarray)
    every = -(-len(step) // MOST_VALUES)
    if every > 1:
        chosen = np.arange(len(step))[::-1][::every][::-1]
        for name, values in series.items():
            assert isinstance(values, np.ndarray)
            series[name] = values[chosen]


def _without_digest(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name != DIGEST}

"""Names of axes, as HDF5's dimension scales: xarray and netCDF-4 show them, `schema` has them.

The scale of an axis is the dataset of its name in the same group: its numbers are the coordinates.
Where there is none, one of zeros is put there, which says by netCDF-4's own words that it is an
axis and no variable. What ties an array to its scales is a pair of attributes that hold references
(``DIMENSION_LIST``, ``REFERENCE_LIST``); our own reader never opens these (D-axis-names).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np

from . import schema
from .schema import TreeLike

ONLY_AN_AXIS: Final = "This is a netCDF dimension but not a netCDF variable."


def with_axes(tree: TreeLike, path: str = "") -> dict[str, Any]:
    """Return `tree` with a dataset of zeros for each named axis that has no numbers."""
    result = dict(tree)
    for name, value in sorted(tree.items()):  # the first of two lengths counts
        here = f"{path}{name}"
        if isinstance(value, Mapping):
            result[name] = with_axes(value, f"{here}/")
            continue
        axes, shape = schema.axes(here), np.shape(value)
        if len(axes) == len(shape):
            for axis, length in zip(axes, shape, strict=True):
                if not _is_a_variable(f"{path}{axis}"):
                    result.setdefault(axis, np.zeros(length, np.int8))
    return result


def _is_a_variable(path: str) -> bool:
    """Whether the table has data of this name: zeros would pass for those that are missing."""
    entry = schema.lookup(path)
    return entry is not None and not entry.path.rpartition("/")[2].startswith("<")


def attach_scales(group: Any, tree: TreeLike, path: str = "") -> None:
    """Tie the arrays of the file's `group`, written from ``with_axes(tree)``, to their scales."""
    arrays = {}
    for name, below in group.items():
        if isinstance(below, h5py.Group):
            attach_scales(below, tree[name], f"{path}{name}/")  # type: ignore[arg-type]
        elif name not in tree:
            below.make_scale(f"{ONLY_AN_AXIS}{len(below):>10}")
        else:
            arrays[name] = schema.axes(f"{path}{name}")
    for name, axes in arrays.items():
        if axes == (name,) and group[name].ndim == 1:
            group[name].make_scale(name)
    for name, axes in arrays.items():
        if axes != (name,) and _fit(group, group[name].shape, axes):
            for place, axis in enumerate(axes):
                group[name].dims[place].attach_scale(group[axis])


def _fit(group: Any, shape: tuple[int, ...], axes: tuple[str, ...]) -> bool:
    """Whether all scales are there and as long as the axes: a task may record what it likes."""
    return len(axes) == len(shape) and all(
        axis in group
        and isinstance(group[axis], h5py.Dataset)
        and group[axis].is_scale
        and group[axis].shape == (length,)
        for axis, length in zip(axes, shape, strict=True)
    )

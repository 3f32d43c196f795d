"""What a list of connections promises, looked at once: kernels index with it unchecked."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from ..csr import column_problem, row_problem
from ..errors import UsageError
from ..given import instance, shown
from .layout import Layout
from .sites import crosses_halves

DTYPES: Final = {"indptr": np.int64, "target": np.int32, "delay": np.int32, "sign": np.int8}


class Listed(Protocol):
    """What `Connections` has."""

    @property
    def layout(self) -> Layout:
        """The numbering of sources and targets."""

    @property
    def indptr(self) -> npt.NDArray[np.int64]:
        """Row starts."""

    @property
    def source(self) -> npt.NDArray[np.int32]:
        """By entry, as the others below."""

    @property
    def target(self) -> npt.NDArray[np.int32]:
        """To whom."""

    @property
    def delay(self) -> npt.NDArray[np.int32]:
        """In steps."""

    @property
    def sign(self) -> npt.NDArray[np.int8]:
        """Of a fixed sign, or 0."""

    @property
    def weight(self) -> npt.NDArray[np.floating[Any]]:
        """Sign included."""


def check(c: Listed) -> None:
    """Raise `UsageError` unless the list is what its class promises."""
    instance("layout", c.layout, Layout, "give the sizes as Layout(n_in, n, n_out)")
    kinds = {name: (dtype,) for name, dtype in DTYPES.items()}
    for name, dtypes in {**kinds, "weight": (np.float32, np.float64)}.items():
        array = getattr(c, name)
        if not isinstance(array, np.ndarray) or array.dtype not in dtypes or array.ndim != 1:
            expected = " or ".join(str(np.dtype(dtype)) for dtype in dtypes)
            raise UsageError(
                f"{name}: expected a vector of {expected}, found {shown(array)}; "
                "Connections.from_sites converts what it is given"
            )
    for name in ("delay", "sign", "weight"):
        if getattr(c, name).shape != (c.target.size,):
            raise UsageError(f"{name}: expected {c.target.size} entries, one for each target")
    shape = c.layout.n_source, c.layout.n_target
    refuse_badly_listed("connections", c.indptr, c.target, shape)
    _check_sites(c)
    _refuse(c, ~np.isfinite(c.weight), "has a weight that is not finite")
    _refuse(c, (c.sign < -1) | (c.sign > 1), "has a sign other than -1, 0, +1")
    _refuse(c, c.sign * c.weight < 0, "has a weight against its fixed sign")


def _check_sites(c: Listed) -> None:
    source, target, n_in = c.source, c.target, c.layout.n_in
    output = target >= c.layout.n
    _refuse(c, output & (source < n_in), "goes from an input straight to an output")
    _refuse(c, ~output & (source - n_in == target), "is an autapse; W_rec has no diagonal")
    _refuse(c, crosses_halves(c.layout, source, target), "joins the two halves of the network")
    _refuse(c, output & (c.delay != 0), "goes to an output, so its delay must be 0")
    _refuse(c, ~output & (c.delay < 1), "goes to a neuron, so its delay must be >= 1")


def _refuse(c: Listed, wrong: npt.NDArray[np.bool_], why: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        where = f"source {c.source[first]} -> target {c.target[first]}"
        raise UsageError(f"connections: {where} (entry {first}) {why}")


def refuse_badly_listed(
    name: str,
    indptr: npt.NDArray[np.int64],
    column: npt.NDArray[np.integer[Any]],
    shape: tuple[int, int],
) -> None:
    """Raise `UsageError` for rows or columns that are no list of a matrix of this shape."""
    rows, columns = shape
    problem = row_problem(indptr, rows, column.size) or column_problem(indptr, column, columns)
    if problem:
        raise UsageError(f"{name}: {problem}")

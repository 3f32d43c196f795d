"""The network's connections: one sorted list for all three matrices, and its dense views.

Sources are numbered inputs first, targets neurons first (`Layout`), so that one CSR list holds
W_in, W_rec and W_out together: a spike reads one contiguous row, whoever it goes to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ..csr import Matrix, row_starts
from ..errors import UsageError
from ..given import instance, integers, shown, vector
from .connection_checks import DTYPES, check, refuse_badly_listed
from .forms import Entries, dense_entries, dense_matrix, sparse_entries, sparse_matrix, weights
from .frozen import freeze, frozen
from .layout import MATRICES, Layout, MatrixLayout

__all__ = ["MATRICES", "Connections", "Layout", "Matrix", "MatrixLayout"]


@dataclass(frozen=True, eq=False, repr=False)
class Connections:
    """All connections of a network, sorted by (source, target); see `sealed` for who may write.

    Parameters
    ----------
    layout
        The numbering of sources and targets.
    indptr
        int64 (n_source + 1): row `s` is ``indptr[s]:indptr[s + 1]``.
    target
        int32 (C): ascending within a row, no duplicate.
    delay
        int32 (C), steps: at least 1 to a neuron, 0 to an output.
    sign
        int8 (C): +1 or -1 where the sign of the weight is fixed, 0 where it is free.
    weight
        float32 or float64 (C).

    Notes
    -----
    Nothing is checked on construction, since the trainer builds one of these in every step;
    `validate` checks all, and every `from_...` calls it. An `LSNN` takes `sealed` lists only.
    """

    layout: Layout
    indptr: npt.NDArray[np.int64]
    target: npt.NDArray[np.int32]
    delay: npt.NDArray[np.int32]
    sign: npt.NDArray[np.int8]
    weight: npt.NDArray[np.floating[Any]]

    @classmethod
    def from_sites(
        cls,
        layout: Layout,
        source: npt.ArrayLike,
        target: npt.ArrayLike,
        weight: npt.ArrayLike,
        delay: npt.ArrayLike,
        sign: npt.ArrayLike,
    ) -> Connections:
        """Sort connections given in any order; `delay` and `sign` may be one number for all."""
        instance("layout", layout, Layout, "give the sizes as Layout(n_in, n, n_out)")
        listed, sources = weights("weight", weight), integers("source", source, dtype=np.int64)
        shapes = listed.shape, sources.shape, integers("target", target).shape
        count = listed.size
        if set(shapes) != {(count,)}:
            raise UsageError(
                "connections: source, target, weight must be vectors of one length, found shapes "
                f"{shapes[1]}, {shapes[2]}, {shapes[0]}"
            )
        if count and (sources.min() < 0 or sources.max() >= layout.n_source):
            raise UsageError(f"source: expected 0..{layout.n_source - 1}, found one outside")
        targets = vector("target", target, count, np.int32)
        order = np.lexsort((targets, sources))
        result = cls(
            layout,
            row_starts(sources, layout.n_source),
            targets[order],
            vector("delay", delay, count, np.int32)[order],
            vector("sign", sign, count, np.int8)[order],
            listed[order],
        )
        result.validate()
        return result.own()

    @classmethod
    def from_dense(
        cls,
        layout: Layout,
        W_in: npt.ArrayLike,
        W_rec: npt.ArrayLike,
        W_out: npt.ArrayLike,
        *,
        delay_in: npt.ArrayLike = 1,
        delay_rec: npt.ArrayLike = 1,
        signed: bool = False,
    ) -> Connections:
        """List the non-zero entries of three dense matrices (sources in rows, targets in columns).

        Parameters
        ----------
        layout
            Sizes: W_in (n_in, n), W_rec (n, n) with a zero diagonal, W_out (n, n_out).
        W_in, W_rec, W_out
            Weights; an entry of exactly zero is no connection.
        delay_in, delay_rec
            Steps, a number or one per entry; W_out has none.
        signed
            True: the sign of each weight is fixed to what it is now. False: weights are free.
        """
        given = ((W_in, delay_in), (W_rec, delay_rec), (W_out, 0))
        parts = [
            dense_entries(matrix.name, weight, delay)
            for matrix, (weight, delay) in zip(layout.matrices.values(), given, strict=True)
        ]
        if signed:
            signs = [np.sign(np.nan_to_num(part.weight)).astype(np.int8) for part in parts]
            parts = [part._replace(sign=s) for part, s in zip(parts, signs, strict=True)]
        return cls._of_entries(layout, parts)

    @classmethod
    def from_sparse(
        cls,
        W_in: Any,
        W_rec: Any,
        W_out: Any,
        *,
        delay: Mapping[str, Any] = MappingProxyType({}),
        sign: Mapping[str, Any] = MappingProxyType({}),
    ) -> Connections:
        """List the entries of three scipy.sparse matrices (sources in rows, targets in columns).

        Parameters
        ----------
        W_in, W_rec, W_out
            Weights: (n_in, n), (n, n) without a diagonal, (n, n_out); `sparse` gives such. Every
            stored entry is a connection, one of zero, too.
        delay
            Steps by the name of the matrix, ``{"W_in": ..., "W_rec": ...}``: one number, or a
            sparse matrix with the entries of the weights; 1 if not given. W_out has none.
        sign
            Likewise, +1 or -1 where the sign is fixed and 0 where it is free; 0 if not given.
        """
        given = dict(zip(MATRICES, (W_in, W_rec, W_out), strict=True))
        for name, by_name in (("delay", delay), ("sign", sign)):
            unknown = [key for key in by_name if key not in MATRICES]
            if unknown:
                raise UsageError(f"{name}: expected some of {MATRICES}, found {shown(unknown[0])}")
        parts = {
            name: sparse_entries(
                name, given[name], delay.get(name, int(name != "W_out")), sign.get(name, 0)
            )
            for name in MATRICES
        }
        (n_in, n), n_out = parts["W_in"].shape, parts["W_out"].shape[1]
        layout = Layout(n_in, n, n_out)
        return cls._of_entries(layout, list(parts.values()))

    @classmethod
    def _of_entries(cls, layout: Layout, parts: Sequence[Entries]) -> Connections:
        moved = []
        for matrix, part in zip(layout.matrices.values(), parts, strict=True):
            if part.shape != matrix.shape:
                raise UsageError(
                    f"{matrix.name}: expected shape {matrix.shape} (sources in rows), "
                    f"found {part.shape}"
                )
            row, column = part.row + matrix.source_start, part.column + matrix.target_start
            moved.append((row, column, part.weight, part.delay, part.sign))
        return cls.from_sites(layout, *map(np.concatenate, zip(*moved, strict=True)))

    @classmethod
    def from_matrices(cls, layout: Layout, matrices: Mapping[str, Matrix]) -> Connections:
        """Join the CSR pieces that `matrix` gave; strict, since they may come from a file."""
        if set(matrices) != set(MATRICES):
            raise UsageError(f"matrices: expected {MATRICES}, found {tuple(matrices)}")
        parts = []
        for name, matrix in layout.matrices.items():
            shape, indptr, indices, data, delay, sign = matrices[name]
            if shape != matrix.shape:
                raise UsageError(f"{name}: expected shape {matrix.shape}, found {shape}")
            starts = integers(f"{name} indptr", indptr, dtype=np.int64)
            column = integers(f"{name} indices", indices, dtype=np.int64)
            refuse_badly_listed(name, starts, column, matrix.shape)
            if not np.shape(data) == np.shape(delay) == np.shape(sign) == column.shape:
                raise UsageError(f"{name}: data, delay, sign must have {len(column)} entries")
            source = matrix.source_start + np.repeat(np.arange(matrix.shape[0]), np.diff(starts))
            parts.append((source, column + matrix.target_start, data, delay, sign))
        return cls.from_sites(layout, *map(np.concatenate, zip(*parts, strict=True)))

    def sealed(self) -> Connections:
        """Return this list, checked and read-only: a run and its gradient see the same weights.

        Every `from_...` and each step of the trainer gives a list that is sealed already, and that
        costs nothing. Otherwise a caller holds the arrays: those that can be written to are copied,
        once, rather than made read-only behind the caller's back.
        """
        if self.is_sealed():
            return self
        self.validate()
        arrays = (frozen(getattr(self, name)) for name in (*DTYPES, "weight"))
        return Connections(self.layout, *arrays).own()

    def own(self) -> Connections:
        """Seal this list as it is: for who made its arrays, keeps no hold of them, and is sure."""
        for name in (*DTYPES, "weight"):
            object.__setattr__(self, name, freeze(getattr(self, name)))
        self.__dict__["_sealed"] = True
        return self

    def is_sealed(self) -> bool:
        """Whether the list is known to be as it should, and stays so."""
        return "_sealed" in self.__dict__

    def validate(self) -> None:
        """Raise `UsageError` unless the list is what the class promises.

        Checked: lengths and dtypes, row starts, targets in range and ascending without duplicates,
        no autapse, nothing between halves, no input to an output, delays, finite weights, signs
        and weights that obey them.
        """
        check(self)

    def __len__(self) -> int:
        """Return the number of connections, C."""
        return len(self.target)

    def has_structure_of(self, other: Connections) -> bool:
        """True if at most the weights are others: lists are replaced, never changed."""
        return (
            self.indptr is other.indptr
            and self.target is other.target
            and self.delay is other.delay
        )

    @cached_property
    def source(self) -> npt.NDArray[np.int32]:
        """int32 (C): the source of each connection."""
        rows = np.arange(self.layout.n_source, dtype=np.int32)
        return freeze(np.repeat(rows, np.diff(self.indptr)))

    def select(self, name: str) -> npt.NDArray[np.int64]:
        """Positions in the list, ascending, of the connections of one matrix."""
        matrix = _matrix(self.layout, name)
        low = int(self.indptr[matrix.source_start])
        high = int(self.indptr[matrix.source_stop])
        target = self.target[low:high]
        inside = (target >= matrix.target_start) & (target < matrix.target_stop)
        return low + np.flatnonzero(inside)

    def count(self, name: str) -> int:
        """Return the number of connections of one matrix."""
        return len(self.select(name))

    def matrix(self, name: str) -> Matrix:
        """One matrix as CSR pieces; `from_matrices` is the inverse."""
        matrix, chosen = _matrix(self.layout, name), self.select(name)
        return Matrix(
            matrix.shape,
            row_starts(self.source[chosen] - matrix.source_start, matrix.shape[0]),
            self.target[chosen] - np.int32(matrix.target_start),
            self.weight[chosen],
            self.delay[chosen],
            self.sign[chosen],
        )

    def dense(self, name: str) -> npt.NDArray[np.floating[Any]]:
        """One matrix of weights, zero where there is no connection (sources in rows)."""
        return dense_matrix(self.matrix(name), "data", 0)

    def delays(self, name: str) -> npt.NDArray[np.int32]:
        """One matrix of delays in steps, -1 where there is no connection."""
        return dense_matrix(self.matrix(name), "delay", -1)

    def sparse(self, name: str, what: str = "weight") -> Any:
        """One matrix as a scipy.sparse.csr_array (sources in rows): "weight", "delay" or "sign"."""
        return sparse_matrix(self.matrix(name), what)

    def __repr__(self) -> str:
        """Return one line: how many there are of each kind."""
        counts = ", ".join(f"{name}: {self.count(name)}" for name in MATRICES)
        return f"Connections({self.layout}, {counts}, {self.weight.dtype})"

    def equals(self, other: Connections) -> bool:
        """Whether two lists are the same, dtypes included."""
        return self.layout == other.layout and all(
            getattr(self, name).dtype == getattr(other, name).dtype
            and np.array_equal(getattr(self, name), getattr(other, name))
            for name in (*DTYPES, "weight")
        )


def _matrix(layout: Layout, name: str) -> MatrixLayout:
    if name not in MATRICES:
        raise UsageError(f"matrix: expected one of {MATRICES}, found {shown(name)}")
    return layout.matrices[name]

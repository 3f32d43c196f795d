"""How inputs, neurons and outputs are numbered, and where the three matrices lie among them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

from ..errors import UsageError
from ..given import whole

MATRICES = ("W_in", "W_rec", "W_out")


class MatrixLayout(NamedTuple):
    """Where one matrix lies among the network's (source, target) sites."""

    name: str
    source_start: int
    source_stop: int
    target_start: int
    target_stop: int
    autapses: bool  # False: the diagonal holds no sites
    halves: int = 1  # row r and column c can be joined only if they are equal modulo this

    @property
    def shape(self) -> tuple[int, int]:
        """(sources, targets) of the matrix."""
        return self.source_stop - self.source_start, self.target_stop - self.target_start

    @property
    def sites(self) -> int:
        """How many connections the matrix can hold."""
        rows, columns = self.shape
        return rows * columns // self.halves - (0 if self.autapses else min(rows, columns))


@dataclass(frozen=True)
class Layout:
    """The numbering of a network's sources and targets.

    Sources: input i is i, neuron j is ``n_in + j``. Targets: neuron j is j, output k is ``n + k``.

    Parameters
    ----------
    n_in, n, n_out
        Numbers of inputs, recurrent neurons and outputs; each may be zero.
    halves
        2: two networks side by side that never meet, of the even and of the odd inputs, neurons
        and outputs. All three numbers must then be even.
    """

    n_in: int
    n: int
    n_out: int
    halves: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that are no counts, or that 32-bit targets cannot number."""
        for field in fields(self):
            size = whole(field.name, getattr(self, field.name))  # NumPy's overflow in products
            object.__setattr__(self, field.name, size)
        if self.halves not in (1, 2) or any(
            size % self.halves for size in (self.n_in, self.n, self.n_out)
        ):
            raise UsageError(
                f"halves: expected 1, or 2 with even numbers of inputs, neurons and outputs, found "
                f"{self.halves} with {self.n_in}, {self.n} and {self.n_out}"
            )
        if max(self.n_source, self.n_target) >= 2**31:
            raise UsageError("layout: more than 2**31 sources or targets; make the network smaller")

    @property
    def n_source(self) -> int:
        """Inputs and neurons."""
        return self.n_in + self.n

    @property
    def n_target(self) -> int:
        """Neurons and outputs."""
        return self.n + self.n_out

    @property
    def sites(self) -> int:
        """How many connections the whole network can hold."""
        return sum(matrix.sites for matrix in self.matrices.values())

    @property
    def matrices(self) -> dict[str, MatrixLayout]:
        """The blocks of W_in, W_rec and W_out, in this order."""
        matrices = (
            MatrixLayout("W_in", 0, self.n_in, 0, self.n, True, self.halves),
            MatrixLayout("W_rec", self.n_in, self.n_source, 0, self.n, False, self.halves),
            MatrixLayout(
                "W_out", self.n_in, self.n_source, self.n, self.n_target, True, self.halves
            ),
        )
        return {matrix.name: matrix for matrix in matrices}

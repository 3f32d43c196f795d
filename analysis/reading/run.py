"""One run file as the figures see it: datasets by name, and a clear word when one is missing."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError
from lsnn_core.files import Matrix, RunFile, read_run
from lsnn_core.text import printable

Array = npt.NDArray[Any]
LARGEST = 1e30
"""No quantity of a run comes near it; beyond it the arithmetic of axes overflows (our choice)."""

_TRACE = ("iteration", "status", "code_version", "config_sha256")


class Series(NamedTuple):
    """A quantity over iterations: `step` int64 and `value` float64, one entry each."""

    step: Array
    value: Array


def open_run(path: str | os.PathLike[str]) -> Run:
    """Open a run file; close it, or use it in a ``with`` statement.

    Raises
    ------
    BadFileError
        If it is no run file, or damaged.
    """
    return Run(read_run(path), os.fspath(path))


class Run:
    """The content of an open run file; names are paths such as ``"weights/b_out"``.

    Attributes
    ----------
    path
        The file it came from, as it can be printed.
    name
        The file's name without its ending.
    status
        `running`, `complete`, `interrupted` or `failed`.
    iteration
        Iterations done.
    about
        One line that traces a picture to its run; no time, no place, so always the same.
    """

    def __init__(self, file: RunFile, path: str) -> None:
        self._file = file
        self._config: dict[str, Any] | None = None
        self.path = file.name
        self.name = printable(Path(path).stem)
        self.status = file.status
        self.iteration = file.iteration
        traces = [f"{k} {file.attributes[k]}" for k in _TRACE if k in file.attributes]
        self.about = printable(f"{self.name}: " + ", ".join(traces))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __contains__(self, name: str) -> bool:
        return self._file.has(name)

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._file.close()

    @property
    def recipe(self) -> str:
        """What the configuration calls itself: the recipe's name, or the file's without one."""
        name = self.config.get("name")
        return printable(name) if isinstance(name, str) and name else self.name

    @property
    def seed(self) -> int:
        """The run's seed, 0 if its configuration has none."""
        seed = self.config.get("seed")
        return seed if isinstance(seed, int) else 0

    @property
    def config(self) -> dict[str, Any]:
        """The configuration: tables of settings, and what stands above them."""
        if self._config is None:
            self._config = self._read_config()
        return self._config

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, machine, command and times of the run, as far as the file tells them."""
        return self._file.environment if "environment" in self else {}

    def setting(self, section: str, key: str) -> Any:
        """Return one value of the run's configuration, None if it is not there.

        A number is one that can be drawn.
        """
        table = self.config.get(section)
        value = table.get(key) if isinstance(table, dict) else None
        if isinstance(value, int | float) and not abs(value) <= LARGEST:
            raise BadFileError(
                f"{self.path}: /config: {printable(f'{section}.{key}')}: expected a number up to"
                f" {LARGEST:g}, found {printable(repr(value)[:40])}"
            )
        return value

    def array(
        self,
        name: str,
        *,
        made_by: str,
        ndim: int | None = None,
        length: int | None = None,
        shape: Sequence[int | None] | None = None,
    ) -> Array:
        """Return the dataset `name`.

        Parameters
        ----------
        name
            Path of the dataset without the leading slash.
        made_by
            The command that records it, for the message when it is missing.
        ndim, length
            Number of axes and of rows it must have.
        shape
            Lengths of all axes; None stands for any, at least 1.

        Raises
        ------
        BadFileError
            If it is missing, damaged, not numeric or of another shape.
        """
        self._require(name, made_by)
        stored = self._file.shape(name)  # compared before anything is read
        if shape is not None and not _is_shape(stored, shape):
            wanted = " x ".join("any" if n is None else str(n) for n in shape) or "a number"
            raise BadFileError(f"{self.path}: /{name}: expected {wanted}, found {stored}")
        if length is not None and stored[:1] != (length,):
            rows = stored[0] if stored else "a number"
            raise BadFileError(f"{self.path}: /{name}: expected {length} rows, found {rows}")
        return self._drawable(name, self._file.array(name, "fiu", ndim))

    def integer(self, name: str, low: int, high: int, *, made_by: str) -> int:
        """Return the scalar `name`, which must be a whole number from `low` to `high`."""
        array = self.array(name, made_by=made_by)
        return self._whole(name, array.item() if array.size == 1 else array.shape, low, high)

    def count(self, group: str, attribute: str, high: int) -> int:
        """Return a whole number from 0 to `high` that is an attribute of `group`."""
        self._require(group, "lsnn train")
        stored = self._file.attribute(attribute, group)
        return self._whole(f"{group}, attribute {attribute}", stored, 0, high)

    def weights(self, matrix: str, *, made_by: str = "lsnn train") -> Matrix:
        """Return the connection list of "W_in", "W_rec" or "W_out"."""
        self._require(f"weights/{matrix}", made_by)
        return self._file.weights(matrix)

    def series(self, name: str, *, made_by: str) -> Series:
        """Return the quantity `name` over iterations, at least one point."""
        self._require(name, made_by)
        step, value = self._file.series(name)
        if not step.size:
            raise BadFileError(f"{self.path}: /{name}: no points yet; record some with: {made_by}")
        return Series(step, self._drawable(f"{name}/value", value))

    def spikes(self, population: str, *, made_by: str = "lsnn evaluate") -> tuple[Array, Array]:
        """Return the recorded spikes of `population` ("X", "R" or "A"): times in ms, node ids."""
        self._require(f"spikes/{population}", made_by)
        return self._file.spikes(population)

    def _drawable(self, name: str, array: Array) -> Array:
        """Refuse sizes that overflow on their way to an axis; NaN and infinity are gaps."""
        finite = np.abs(array[np.isfinite(array)]) if array.dtype.kind == "f" else np.empty(0)
        if np.any(finite > LARGEST):
            largest = finite.max()
            raise BadFileError(
                f"{self.path}: /{name}: expected numbers up to {LARGEST:g}, found {largest:g}"
            )
        return array

    def _require(self, name: str, made_by: str) -> None:
        if not self._file.has(name):
            raise BadFileError(f"{self.path}: no /{name} in it; record it with: {made_by}")

    def _whole(self, name: str, stored: Any, low: int, high: int) -> int:
        if isinstance(stored, (int, float)) and low <= stored <= high and stored == int(stored):
            return int(stored)
        raise BadFileError(
            f"{self.path}: /{name}: expected a whole number from {low} to {high},"
            f" found {printable(str(stored), 40)}"
        )

    def _read_config(self) -> dict[str, Any]:
        text = self._file.config
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            problem = printable(str(error))
            raise BadFileError(f"{self.path}: /config: expected TOML: {problem}") from error


def _is_shape(shape: tuple[int, ...], wanted: Sequence[int | None]) -> bool:
    return len(shape) == len(wanted) and all(
        n == m if m is not None else n > 0 for n, m in zip(shape, wanted, strict=True)
    )

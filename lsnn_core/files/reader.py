"""Read a run file: what one training was, did and left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final, Self, TypeGuard

import numpy as np
import numpy.typing as npt

from ..csr import Matrix
from ..errors import BadFileError
from ..lookover import look_over
from ..text import name_problem, printable
from . import schema
from .disk import StrPath
from .guarded import GuardedFile, open_guarded
from .rules import Attribute
from .scales import ONLY_AN_AXIS
from .schema import SCHEMA, SCHEMA_VERSION, Tree
from .weights import MOST_SITES, read_matrix

_LONGEST_TEXT: Final = 2**20
"""Bytes of a configuration or environment: parsing takes time and memory by the byte."""
LONGEST_S: Final = 1e12
MOST_ITERATIONS: Final = 2**31 - 1

Array = npt.NDArray[Any]


def read_run(path: StrPath) -> RunFile:
    """Open a run file.

    The returned object keeps the file open, and so goes on to see the same file when a training
    that is still running replaces it; close it, or use it in a ``with`` statement.

    Raises
    ------
    BadFileError
        The file cannot be read, is not an ``lsnn-run`` or is of a newer version; or the HDF5
        library crashes on it (`lsnn_core.lookover`).
    """
    look_over(path)
    with ExitStack() as opened:
        return RunFile(opened.enter_context(open_guarded(path)), opened)


class RunFile:
    """An open run file; every method raises `BadFileError` for what is missing or damaged.

    Attributes
    ----------
    name
        The file's path, printable.
    attributes
        All attributes of the file.
    status
        ``"running"``, ``"complete"``, ``"interrupted"`` or ``"failed"``.
    iteration
        Iterations done.
    """

    def __init__(self, file: GuardedFile, opened: ExitStack) -> None:
        self._file = file
        file.needs_digest = schema.is_part  # an owner's notes have none until the next writing
        self.name = file.name
        self.attributes = _checked_attributes(file)
        self.status = str(self.attributes["status"])
        self.iteration = int(self.attributes["iteration"])
        self._opened = opened.pop_all()  # last: what raised before is closed by `read_run`

    def __enter__(self) -> Self:
        """Return itself, open."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; no method works afterwards."""
        self._opened.close()

    @property
    def config(self) -> str:
        """The resolved configuration, TOML text."""
        text = self._file.text("config", _LONGEST_TEXT)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self.attributes.get("config_sha256", digest) != digest:
            raise self._file.bad("config", "was changed after the run wrote it")
        return text

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, machine, wall-clock and processor times of the run."""
        return self._json("environment")

    @property
    def seeds(self) -> dict[str, Any]:
        """What the run's random streams grow from."""
        return self._json("seeds")

    def metrics(self) -> list[str]:
        """Return the names of all metrics: ``"train/loss"``, ``"validation/accuracy"`` ..."""
        if not self.has("metrics"):
            return []
        splits = self.names("metrics")
        return [f"{s}/{name}" for s in splits for name in self.names(f"metrics/{s}")]

    def names(self, path: str = "/") -> list[str]:
        """Return the sorted names in a group, which are such as the writer gives."""
        names = self._file.children(path)
        for name in names:
            problem = name_problem(name)
            if problem:
                raise self._file.bad(f"{path.strip('/')}/{name}".lstrip("/"), problem)
        return names

    def metric(self, split: str, name: str) -> tuple[Array, Array]:
        """Return (step, value) of a metric: iterations (int64) and values (float64), both (M,)."""
        if not self.has(f"metrics/{split}/{name}"):
            known = printable(", ".join(self.metrics()) or "none")
            raise self._file.bad(f"metrics/{split}/{name}", f"is missing; there are: {known}")
        return self.series(f"metrics/{split}/{name}")

    def series(self, path: str, last: int = MOST_ITERATIONS) -> tuple[Array, Array]:
        """Return (step, value) of any such pair, as ``"rewiring/connectivity_W_in"``.

        Steps are iterations from 0 to `last`, and never fall.
        """
        self._pair(path, "step", "value")
        step = self.array(f"{path}/step", "iu", 1)
        if np.any((step < 0) | (step > last)) or np.any(step[1:] < step[:-1]):
            raise self._file.bad(f"{path}/step", f"is no rising list of iterations up to {last}")
        value = self.array(f"{path}/value", "fiu", 1).astype(np.float64, copy=False)
        return step.astype(np.int64, copy=False), value

    def weights(self, matrix: str, shape: tuple[int, int] | None = None) -> Matrix:
        """Return ``"W_in"``, ``"W_rec"`` or ``"W_out"``, checked to be a valid connection list.

        `shape` is what the configuration says; how much is read follows from it.
        """
        return read_matrix(self._file, f"weights/{matrix}", shape)

    def _pair(self, path: str, first: str, second: str) -> None:
        """Refuse two vectors of unequal length before either is read."""
        one, two = (self.shape(f"{path}/{name}") for name in (first, second))
        if one != two:
            lengths = [shape[0] if len(shape) == 1 else shape for shape in (one, two)]
            raise self._file.bad(path, f"has {lengths[0]} of {first} for {lengths[1]} of {second}")

    def spikes(self, population: str) -> tuple[Array, Array]:
        """Return (timestamps in ms, float64; node ids, uint64) of X, R or A, sorted by time."""
        path = f"spikes/{population}"
        self._pair(path, "timestamps", "node_ids")
        times = self.array(f"{path}/timestamps", "f", 1).astype(np.float64, copy=False)
        ids = self.array(f"{path}/node_ids", "iu", 1)
        if not np.all(np.isfinite(times)) or np.any(times[1:] < times[:-1]):
            raise self._file.bad(f"{path}/timestamps", "is no rising list of times")
        if np.any((ids < 0) | (ids > MOST_SITES)):
            raise self._file.bad(f"{path}/node_ids", f"is outside 0 ... {MOST_SITES}")
        return times, ids.astype(np.uint64, copy=False)

    def recordings(self, name: str = "example") -> Tree:
        """Return a recorded example: arrays by name, scalars as arrays without axes."""
        return self.tree(f"recordings/{name}")

    def tree(self, path: str = "/") -> Tree:
        """Return what is below the group at `path` as nested dictionaries, without `is_axis`."""
        prefix = f"{path.strip('/')}/".lstrip("/")
        result: Tree = {}
        for full, is_dataset in self._file.walk(path):
            *groups, name = full.removeprefix(prefix).split("/")
            home: Any = result
            for group in groups:
                home = home[group]
            if not is_dataset:
                home[name] = {}
            elif not self.is_axis(full):
                home[name] = self._file.value(full)
        return result

    def has(self, path: str) -> bool:
        """Tell whether a group or dataset is at `path`."""
        return self._file.has(path)

    def array(
        self,
        path: str,
        kinds: str = "fiu",
        ndim: int | None = None,
        shape: tuple[int, ...] | None = None,
    ) -> Array:
        """Return one array, see `GuardedFile.array`."""
        return self._file.array(path, kinds, ndim, shape)

    def shape(self, path: str) -> tuple[int, ...]:
        """Return the shape of one array, reading none of it."""
        return self._file.shape_and_type(path)[0]

    def integers(self, path: str, shape: tuple[int, ...], low: int, high: int) -> Array:
        """Return an array of integers from `low` to `high`, as int64."""
        values = self.array(path, "iu", shape=shape)
        wrong = (values < low) | (values > high)
        if np.any(wrong):
            shown = values[wrong].flat[0]
            raise self._file.bad(path, f"holds {shown}, expected {low} ... {high}")
        return values.astype(np.int64, copy=False)

    def reals(self, path: str, shape: tuple[int, ...], low: float = -np.inf) -> Array:
        """Return an array of finite floats not below `low`."""
        values = self.array(path, "f", shape=shape)
        wrong = ~(np.isfinite(values) & (values >= low))
        if np.any(wrong):
            expected = "finite numbers" + ("" if low == -np.inf else f" of at least {low:g}")
            raise self._file.bad(path, f"holds {values[wrong].flat[0]}, expected {expected}")
        return values

    def bad(self, path: str, problem: str) -> BadFileError:
        """Return the error that says what is wrong with the object at `path`."""
        return self._file.bad(path, problem)

    def text(self, path: str) -> str:
        """Return one text."""
        return self._file.text(path)

    def value(self, path: str) -> Array | str:
        """Return one dataset as text or array, whichever it is."""
        return self._file.value(path)

    def walk(self) -> Iterator[tuple[str, bool]]:
        """Yield (path, is it a dataset) of everything in the file."""
        return self._file.walk()

    def all_attributes(self, path: str = "/") -> dict[str, Attribute]:
        """Return all attributes of the object at `path`."""
        return self._file.attributes(path)

    def attribute(self, name: str, path: str = "/") -> Attribute | None:
        """Return an attribute of the group or dataset at `path`, None if there is none."""
        return self._file.attribute(name, path)

    def contents(self) -> list[tuple[str, tuple[int, ...], str]]:
        """Return (path, shape, type) of every dataset that `is_axis` does not tell of."""
        return [
            (path, *self._file.shape_and_type(path))
            for path, is_dataset in self._file.walk()
            if is_dataset and not self.is_axis(path)
        ]

    def is_axis(self, path: str) -> bool:
        """Tell whether the dataset at `path` only names an axis of others, and holds nothing."""
        if not schema.is_axis(path):
            return False
        name = self._file.attribute("NAME", path)
        return isinstance(name, str) and name.startswith(ONLY_AN_AXIS)

    def _json(self, path: str) -> dict[str, Any]:
        try:
            value = json.loads(self._file.text(path, _LONGEST_TEXT))
        except (ValueError, RecursionError) as error:
            raise self._file.bad(path, f"is not JSON ({printable(str(error))})") from error
        if not isinstance(value, dict):
            raise self._file.bad(path, "is not a JSON object")
        return value


def is_duration(value: Any) -> TypeGuard[float]:
    """Tell whether what JSON gave is a number of seconds: finite, below 100,000 years."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < LONGEST_S


def _checked_attributes(file: GuardedFile) -> dict[str, Attribute]:
    """Return the file's attributes once they say that this is a run file of a known version."""
    found_schema = _schema_of(file)  # first: a foreign file's other attributes may be anything
    if found_schema != SCHEMA:
        raise BadFileError(
            f"{file.name}: not an {SCHEMA} (found {found_schema}); give a file of `lsnn train`"
        )
    version = file.integer_attribute("schema_version", "/", 1, 2**31 - 1)
    if version > SCHEMA_VERSION:
        raise BadFileError(
            f"{file.name}: written by a newer program (schema_version {version}, this one reads up "
            f"to {SCHEMA_VERSION}); upgrade to read it"
        )
    if file.text_attribute("status") not in schema.STATUSES:
        raise file.bad("attribute status", f"is none of {', '.join(schema.STATUSES)}")
    file.integer_attribute("iteration", "/", 0, MOST_ITERATIONS)
    for name in ("code_version", "config_sha256", "kernel_sha256"):
        file.text_attribute(name)
    return file.attributes()


def _schema_of(file: GuardedFile) -> str:
    """Return what a file says it is, printable."""
    try:
        name = file.attribute("schema")
    except BadFileError:
        return "a schema attribute of another kind"
    return "no schema attribute" if name is None else printable(str(name))

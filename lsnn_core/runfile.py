"""Read a run file: what one training was, did and left behind.

Everything that reads or writes run files is reachable from here: `read_run` and `write_tree`,
`RunLock`, `check_output` and `remove_orphans`, and the schema (`schema_text`, `describe`).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from . import runfile_schema as schema
from .errors import BadFileError
from .h5safe import Attribute, GuardedFile, open_guarded
from .h5safe_rules import MAX_EXPANSION
from .printable import printable
from .runfile_disk import StrPath, check_output, remove_orphans
from .runfile_schema import SCHEMA, SCHEMA_VERSION, describe, schema_text
from .runfile_weights import StoredMatrix, matrix_problem
from .runfile_write import Tree, run_attributes, sonata_population, write_tree
from .runlock import RunLock

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "Attribute",
    "RunFile",
    "RunLock",
    "StoredMatrix",
    "Tree",
    "check_output",
    "describe",
    "read_run",
    "remove_orphans",
    "run_attributes",
    "schema_text",
    "sonata_population",
    "write_tree",
]

_MINIMUM_TREE_BYTES: Final = 2**20

Array = npt.NDArray[Any]


def read_run(path: StrPath) -> RunFile:
    """Open a run file.

    The returned object keeps the file open, and so goes on to see the same file when a training
    that is still running replaces it; close it, or use it in a ``with`` statement.

    Raises
    ------
    BadFileError
        The file cannot be read, is not an ``lsnn-run`` or is of a newer version.
    """
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
        self.name = file.name
        self.attributes = _checked_attributes(file)
        self.status = str(self.attributes["status"])
        self.iteration = int(self.attributes["iteration"])
        self._opened = opened.pop_all()  # last: what raised before is closed by `read_run`

    def __enter__(self) -> Self:
        """Return itself, open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; no method works afterwards."""
        self._opened.close()

    @property
    def config(self) -> str:
        """The resolved configuration, TOML text."""
        text = self._file.text("config")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self.attributes.get("config_sha256", digest) != digest:
            raise self._file.bad("config", "was changed after the run wrote it")
        return text

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, machine and wall-clock times of the run."""
        return self._json("environment")

    @property
    def seeds(self) -> dict[str, Any]:
        """What the run's random streams grow from."""
        return self._json("seeds")

    def metrics(self) -> list[str]:
        """Return the names of all metrics: ``"train/loss"``, ``"validation/accuracy"`` ..."""
        if not self.has("metrics"):
            return []
        splits = self._file.children("metrics")
        return [f"{s}/{name}" for s in splits for name in self._file.children(f"metrics/{s}")]

    def metric(self, split: str, name: str) -> tuple[Array, Array]:
        """Return (step, value) of a metric: iterations (int64) and values (float64), both (M,)."""
        if not self.has(f"metrics/{split}/{name}"):
            known = printable(", ".join(self.metrics()) or "none")
            raise self._file.bad(f"metrics/{split}/{name}", f"is missing; there are: {known}")
        return self.series(f"metrics/{split}/{name}")

    def series(self, path: str) -> tuple[Array, Array]:
        """Return (step, value) of any such pair, as ``"rewiring/connectivity_W_in"``."""
        step = self.array(f"{path}/step", "iu", 1).astype(np.int64, copy=False)
        value = self.array(f"{path}/value", "fiu", 1).astype(np.float64, copy=False)
        if step.shape != value.shape:
            raise self._file.bad(path, f"has {len(step)} steps for {len(value)} values")
        return step, value

    def weights(self, matrix: str) -> StoredMatrix:
        """Return ``"W_in"``, ``"W_rec"`` or ``"W_out"``, checked to be a valid connection list."""
        path = f"weights/{matrix}"
        shape = self._file.attribute("shape", path)
        if not isinstance(shape, np.ndarray) or shape.shape != (2,) or np.any(shape < 0):
            raise self._file.bad(path, "has no attribute shape of two sizes")
        result = StoredMatrix(
            (int(shape[0]), int(shape[1])),
            self.array(f"{path}/indptr", "iu", 1).astype(np.int64, copy=False),
            self.array(f"{path}/indices", "iu", 1).astype(np.int64, copy=False),
            self.array(f"{path}/data", "f", 1),
            self.array(f"{path}/delay", "iu", 1),
            self.array(f"{path}/sign", "i", 1),
        )
        problem = matrix_problem(result)
        if problem:
            raise self._file.bad(path, problem)
        return result

    def spikes(self, population: str) -> tuple[Array, Array]:
        """Return (timestamps in ms, float64; node ids, uint64) of X, R or A, sorted by time."""
        path = f"spikes/{population}"
        times = self.array(f"{path}/timestamps", "f", 1).astype(np.float64, copy=False)
        ids = self.array(f"{path}/node_ids", "iu", 1).astype(np.uint64, copy=False)
        if times.shape != ids.shape:
            raise self._file.bad(path, f"has {len(times)} timestamps for {len(ids)} node ids")
        return times, ids

    def recordings(self, name: str = "example") -> Tree:
        """Return a recorded example: arrays by name, scalars as arrays without axes."""
        return self.tree(f"recordings/{name}")

    def tree(self, path: str = "/") -> Tree:
        """Return everything below the group at `path` as nested dictionaries.

        The sum of all arrays is limited as a single one is, by what the file can expand to.
        """
        prefix = f"{path.strip('/')}/".lstrip("/")
        room = max(_MINIMUM_TREE_BYTES, self._file.size * MAX_EXPANSION)
        result: Tree = {}
        for full, is_dataset in self._file.walk(path):
            *groups, name = full.removeprefix(prefix).split("/")
            home: Any = result
            for group in groups:
                home = home[group]
            if not is_dataset:
                home[name] = {}
                continue
            home[name] = value = self._file.value(full)
            room -= len(value) if isinstance(value, str) else value.nbytes
            if room < 0:
                raise self._file.bad(path, "holds more than a file of this size can")
        return result

    def has(self, path: str) -> bool:
        """Tell whether a group or dataset is at `path`."""
        return self._file.has(path)

    def array(self, path: str, kinds: str = "fiu", ndim: int | None = None) -> Array:
        """Return one array, see `GuardedFile.array`."""
        return self._file.array(path, kinds, ndim)

    def text(self, path: str) -> str:
        """Return one text."""
        return self._file.text(path)

    def attribute(self, name: str, path: str = "/") -> Attribute | None:
        """Return an attribute of the group or dataset at `path`, None if there is none."""
        return self._file.attribute(name, path)

    def contents(self) -> list[tuple[str, tuple[int, ...], str]]:
        """Return (path, shape, type) of every dataset, reading none."""
        return [
            (path, *self._file.shape_and_type(path))
            for path, is_dataset in self._file.walk()
            if is_dataset
        ]

    def _json(self, path: str) -> dict[str, Any]:
        try:
            value = json.loads(self._file.text(path))
        except (ValueError, RecursionError) as error:
            raise self._file.bad(path, f"is not JSON ({printable(str(error))})") from error
        if not isinstance(value, dict):
            raise self._file.bad(path, "is not a JSON object")
        return value


def _checked_attributes(file: GuardedFile) -> dict[str, Attribute]:
    """Return the file's attributes once they say that this is a run file of a known version."""
    found_schema = _schema_of(file)  # first: a foreign file's other attributes may be anything
    if found_schema != SCHEMA:
        raise BadFileError(
            f"{file.name}: not an {SCHEMA} (found {found_schema}); give a file of `lsnn train`"
        )
    found = file.attributes()
    version = found.get("schema_version")
    if not isinstance(version, int) or version < 1:
        raise file.bad("attribute schema_version", "is not a positive number")
    if version > SCHEMA_VERSION:
        raise BadFileError(
            f"{file.name}: written by a newer program (schema_version {version}, this one reads up "
            f"to {SCHEMA_VERSION}); upgrade to read it"
        )
    if found.get("status") not in schema.STATUSES:
        raise file.bad("attribute status", f"is none of {', '.join(schema.STATUSES)}")
    iteration = found.get("iteration")
    if not isinstance(iteration, int) or iteration < 0:
        raise file.bad("attribute iteration", "is not a number of iterations")
    return found


def _schema_of(file: GuardedFile) -> str:
    """Return what a file says it is, printable."""
    try:
        name = file.attribute("schema")
    except BadFileError:
        return "a schema attribute of another kind"
    return "no schema attribute" if name is None else printable(str(name))

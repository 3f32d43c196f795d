"""What Table 1 shows: runs as lines beside published numbers, by kind, baselines among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lsnn_core.errors import UsageError

from ...reading.baselines import baseline
from ...reading.kinds import agrees
from ...reading.published import Row, row_of, rows
from ...reading.results import (
    L2L_ERRORS,
    Group,
    Result,
    grouped,
    refuse_duplicates,
    result,
)
from ...reading.run import Run, open_run
from .fig2_errors import CODES, code_of, read_errors

Key = tuple[str, str, int, int]


@dataclass(frozen=True)
class AgainstLinear:
    """A network's squared error on new functions beside that of the best linear predictor.

    Attributes
    ----------
    ratio
        Of the mean errors.
    better, functions
        On how many of the recorded functions the network's is the lower one.
    """

    ratio: float
    better: int
    functions: int


@dataclass(frozen=True)
class Line:
    """Runs of one recipe, kind and length, or a baseline, beside what is published of it.

    Attributes
    ----------
    row
        What is published, and how it is called.
    kind
        A key of `KINDS`; empty for a published number without a run of ours. A baseline's is that
        of the runs that it stands beside.
    as_published
        Whether a baseline is of the functions that the published number is of.
    group
        The runs, None without any.
    value
        A baseline's number.
    shown
        Functions and input code, where these are what tells numbers apart.
    against
        The first seed's network beside the linear predictor, where there is one.
    """

    row: Row
    kind: str = ""
    as_published: bool = True
    group: Group | None = None
    value: float | None = None
    shown: str = ""
    against: AgainstLinear | None = None

    @property
    def is_beside_published(self) -> bool:
        """Whether the published numbers stand on this line: what is beyond the paper has none."""
        return self.kind != "c" and self.as_published and self.row.is_published

    @property
    def results(self) -> tuple[Result, ...]:
        """The runs, none without any."""
        return self.group.results if self.group is not None else ()


@dataclass(frozen=True)
class Table1Data:
    """All lines, in the paper's order and then by kind; `about` traces the table to its runs."""

    lines: tuple[Line, ...]
    about: str

    def of_recipe(self, recipe: str) -> tuple[Line, ...]:
        """The lines of a recipe's runs."""
        return tuple(one for one in self.lines if any(r.recipe == recipe for r in one.results))


@dataclass(frozen=True)
class _Read:
    """One run as it was read."""

    row: Row
    result: Result
    shown: str
    functions: str
    against: AgainstLinear | None
    baselines: Mapping[str, tuple[float, bool]]  # by row: number, and whether it is as published

    @property
    def key(self) -> Key:
        one = self.result
        return one.recipe, one.kind, one.iterations, one.batch


def load(paths: Sequence[str]) -> Table1Data:
    """Read the runs to put beside the published numbers.

    Raises
    ------
    BadFileError
        If a run was never tested, or a file is damaged.
    UsageError
        If a run's recipe has no line in the table, or two runs of one line have the same seed.
    """
    runs, about, seeds = [], [], []
    for path in paths:
        with open_run(path) as run:
            one = _read(run)
            runs.append(one)
            seeds.append((one.key, run.seed, run.path))
            about.append(run.about)
    for key in dict.fromkeys(key for key, _, _ in seeds):
        refuse_duplicates("table1", [(key[0], s, path) for k, s, path in seeds if k == key])
    tasks = dict.fromkeys(row.task for row in rows())
    lines = [line for task in tasks for line in _lines(task, runs)]
    return Table1Data(tuple(lines), "; ".join(about))


def _read(run: Run) -> _Read:
    row = row_of(run.recipe)
    if row is None:
        known = ", ".join(recipe for r in rows() for recipe in r.recipes)
        raise UsageError(
            f"figure table1: {run.path} is of the recipe {run.recipe!r}, which has no line;"
            f" those that have: {known}"
        )
    functions, code, against = _learning(run)
    beside = {}
    for other in rows():
        value = baseline(run, other) if other.task == row.task else None
        if value is not None:
            beside[other.model] = value, other.network is None or agrees(run, other.network)
    shown = "; ".join(filter(None, (functions, code)))
    return _Read(row, result(run, row), shown, functions, against, beside)


def _learning(run: Run) -> tuple[str, str, AgainstLinear | None]:
    """Name the functions and the input code of a run of learning to learn; nothing of others.

    A mean squared error is of a family and a number of examples, and of nothing else.
    """
    family, examples = run.setting("task", "family"), run.setting("task", "examples")
    if not isinstance(family, str):
        return "", "", None
    functions, code = f"{family}, {examples} examples", CODES[code_of(run)]
    if L2L_ERRORS not in run:
        return functions, code, None
    errors = read_errors(run, of_networks=False)
    network, linear = errors.lsnn.mean(axis=1), errors.linear
    if errors.lsnn.shape[1] != examples:
        functions = f"{family}, {errors.lsnn.shape[1]} examples (trained on {examples})"
    if not linear.mean() > 0:
        return functions, code, None
    ratio, better = float(network.mean() / linear.mean()), int((network < linear).sum())
    return functions, code, AgainstLinear(ratio, better, len(network))


def _lines(task: str, runs: Sequence[_Read]) -> list[Line]:
    """Return the lines of a task: the paper's first, then what is beyond it beside its controls."""
    here = [row for row in rows() if row.task == task]
    mine = [one for one in runs if one.row.task == task]
    own = [line for row in here for line in _of_runs([r for r in mine if r.row is row])]
    own += [line for row in here if row.baseline for line in _of_baseline(row, mine)]
    within = [line for line in own if line.kind != "c"]
    missing = [r for r in here if r.is_published and not _has(within, r)]
    order = {row.model: k for k, row in enumerate(here)}
    within += [Line(row) for row in missing]
    within.sort(key=lambda line: order[line.row.model])
    return within + _beside_controls([line for line in own if line.kind == "c"])


def _has(lines: Sequence[Line], row: Row) -> bool:
    return any(line.row is row and line.is_beside_published for line in lines)


def _of_runs(runs: Sequence[_Read]) -> Iterator[Line]:
    groups = {key: [r for r in runs if r.key == key] for key in sorted({r.key for r in runs})}
    for key, members in sorted(groups.items(), key=lambda item: (item[0][1], item[0][2] * -1)):
        (group,) = grouped([("", r.result) for r in members]).values()
        first = min(members, key=lambda r: r.result.seed)
        yield Line(first.row, key[1], group=group, shown=first.shown, against=first.against)


def _of_baseline(row: Row, runs: Sequence[_Read]) -> Iterator[Line]:
    """Yield a line for each kind of functions, the mean over the runs that were recorded on it."""
    found: dict[tuple[str, bool], list[_Read]] = {}
    for one in runs:
        if row.model in one.baselines:
            found.setdefault((one.functions, one.baselines[row.model][1]), []).append(one)
    for (functions, as_published), beside in found.items():
        kind = min(one.result.kind for one in beside)
        values = [one.baselines[row.model][0] for one in beside]
        value = sum(values) / len(values)
        yield Line(row, kind, as_published, value=value, shown=functions)


def _beside_controls(lines: Sequence[Line]) -> list[Line]:
    """Return lines beyond the paper, each control after the first line that it belongs to."""
    ordered: list[Line] = []
    for line in lines:
        controls = [one for one in lines if set(one.row.recipes) & set(line.row.control)]
        ordered += [one for one in (line, *controls) if one not in ordered]
    return ordered

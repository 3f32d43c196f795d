"""Every published number beside ours, with seeds, spread, time, command (.csv, .md too).

Published numbers come from `published.toml` with the certainty of each, ours from the run files:
mean and standard deviation over seeds, best run, training time and the command that trains it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from lsnn_core.errors import UsageError
from lsnn_core.files import publish

from ...formats import FORMATS, output_format
from ...panels.table import Heading, Record, table
from ...reading.published import CERTAINTY, Row, row_of, rows
from ...reading.results import Group, Result, grouped, refuse_duplicates, result
from ...reading.run import open_run
from ...runfigure import WHILE_DRAWING, refusing_absurd_values
from ...style import PAGE_IN, context, new_figure, save

CSV_COLUMNS = (
    "task", "model", "quantity", "recipe", "published mean", "certainty of mean", "published sd",
    "certainty of sd", "published best", "certainty of best", "published runs", "parameters",
    "our mean", "our sd", "our best", "our seeds", "our values", "iterations", "batch",
    "minutes a run", "command",
)  # fmt: skip
TIMES = "\N{MULTIPLICATION SIGN}"
HEADINGS = ("", "published", "best", "runs", "ours", "best", "seeds", "trained on", "time a run")


@dataclass(frozen=True)
class Line:
    """One published result and our runs of it, None without any."""

    row: Row
    group: Group | None


@dataclass(frozen=True)
class Table1Data:
    """All lines, in the paper's order; `about` traces the table to its runs."""

    lines: tuple[Line, ...]
    about: str


def load(paths: Sequence[str]) -> Table1Data:
    """Read the runs to put beside the published numbers.

    Raises
    ------
    BadFileError
        If a run was never tested, or a file is damaged.
    UsageError
        If a run's recipe has no line in the table, or two runs have the same recipe and seed.
    """
    results, names, about = [], [], []
    for path in paths:
        with open_run(path) as run:
            row = row_of(run.recipe)
            if row is None:
                known = ", ".join(r.recipe for r in rows())
                raise UsageError(
                    f"figure table1: {run.path} is of the recipe {run.recipe!r}, which has no line;"
                    f" those that have: {known}"
                )
            names.append((run.recipe, run.seed, run.path))
            results.append((run.recipe, result(run, row)))
            about.append(run.about)
    refuse_duplicates("table1", names)
    groups = grouped(results)
    lines = tuple(
        Line(row, groups.get(row.recipe))
        for row in rows()
        if row.is_published or row.recipe in groups
    )
    return Table1Data(lines, "; ".join(about))


def to_csv(data: Table1Data) -> str:
    """Return the table as CSV, a line each, numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for line in data.lines:
        writer.writerow(["" if cell is None else cell for cell in _csv_cells(line)])
    return text.getvalue()


def to_markdown(data: Table1Data) -> str:
    """Return the table as Markdown, a table for each task and the commands below it."""
    parts = []
    for task in dict.fromkeys(line.row.task for line in data.lines):
        lines = [line for line in data.lines if line.row.task == task]
        parts += [f"### {task}: {lines[0].row.quantity}", ""]
        parts += [_md_row(("model", *HEADINGS[1:])), _md_row(["---"] * len(HEADINGS))]
        parts += [_md_row((line.row.model, *_cells(line))) for line in lines] + [""]
        parts += [f"    {r.command}" for line in lines for r in _results(line)]
        parts += [""] if any(line.group for line in lines) else []
    return "\n".join([*parts, _legend(), ""])


def draw(fig: Figure, data: Table1Data) -> None:
    """Draw the table, with the command of each recipe's first seed under its line."""
    records: list[Heading | Record] = []
    for task in dict.fromkeys(line.row.task for line in data.lines):
        lines = [line for line in data.lines if line.row.task == task]
        records.append(Heading(f"{task}: {lines[0].row.quantity}"))
        for line in lines:
            command = line.group.results[0].command if line.group is not None else ""
            records.append(Record((line.row.model, *_cells(line)), command))
    fig.set_size_inches(PAGE_IN, 1.0)
    table(fig, HEADINGS, records, widths=WIDTHS, foot=_legend())


# Where the columns begin, as fractions of the width.
WIDTHS = (0.0, 0.235, 0.375, 0.445, 0.495, 0.61, 0.675, 0.735, 0.905)


def _results(line: Line) -> tuple[Result, ...]:
    return line.group.results if line.group is not None else ()


def _cells(line: Line) -> tuple[str, ...]:
    """Return what stands beside the model's name."""
    row, group = line.row, line.group
    published = (
        _spread(row.mean, row.sd, row.tag("mean"), row),
        _number(row.best, row.tag("best"), row),
        "" if row.runs is None else str(row.runs),
    )
    if group is None:
        return (*published, "-", "", "", "", "")
    first = group.results[0]
    return (
        *published,
        _spread(group.mean, group.sd, "", row),
        _number(group.best(row), "", row),
        str(len(group.results)),
        f"{first.iterations:,} {TIMES} {first.batch}",
        _duration(group),
    )


def _csv_cells(line: Line) -> list[object]:
    row, group = line.row, line.group
    cells: list[object] = [
        row.task, row.model, row.quantity, row.recipe, row.mean, row.tag("mean"), row.sd,
        row.tag("sd"), row.best, row.tag("best"), row.runs, row.parameters,
    ]  # fmt: skip
    if group is None:
        return cells + [None] * (len(CSV_COLUMNS) - len(cells))
    first, seconds = group.results[0], _seconds(group)
    values = " ".join(f"{r.seed}:{r.value:.6g}" for r in group.results)
    return [
        *cells, f"{group.mean:.6g}", None if group.sd is None else f"{group.sd:.6g}",
        f"{group.best(row):.6g}", " ".join(str(r.seed) for r in group.results), values,
        first.iterations, first.batch, None if seconds is None else f"{seconds / 60:.1f}",
        first.command,
    ]  # fmt: skip


def _number(value: float | None, tag: str, row: Row) -> str:
    if value is None:
        return ""
    text = f"{value:.1f}" if row.scale == 100 else f"{value:.3g}"
    return f"{text} {tag}".strip()


def _spread(mean: float | None, sd: float | None, tag: str, row: Row) -> str:
    if mean is None:
        return ""
    spread = "" if sd is None else f" ± {_number(sd, '', row)}"
    return f"{_number(mean, '', row)}{spread} {tag}".strip()


def _seconds(group: Group) -> float | None:
    """Mean time of a run, None if no file tells."""
    known = [r.seconds for r in group.results if r.seconds is not None]
    return sum(known) / len(known) if known else None


def _duration(group: Group) -> str:
    seconds = _seconds(group)
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _legend() -> str:
    tags = "; ".join(f"{tag} {meaning}" for tag, meaning in CERTAINTY.items())
    return (
        "Mean ± standard deviation over runs, and the best of them. Trained on: iterations"
        f" {TIMES} batch of the first seed. Certainty of published numbers: {tags}."
    )


def _md_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


TEXTS: Mapping[str, Callable[[Table1Data], str]] = {"csv": to_csv, "md": to_markdown}


class Table1:
    """The table as a figure: a picture, or text where the output's name asks for it."""

    formats = (*FORMATS, *TEXTS)

    def draw(self, paths: Sequence[str], out: str) -> None:
        """Write the table of the runs `paths` into the file `out`."""
        kind = output_format(out, self.formats)
        with refusing_absurd_values(paths):
            data = load(paths)
            if kind in TEXTS:
                publish(out, TEXTS[kind](data).encode())
                return
        with refusing_absurd_values(paths, WHILE_DRAWING), context():
            fig = new_figure()
            draw(fig, data)
            save(fig, out, title="Table 1", about=data.about)


figure = Table1()

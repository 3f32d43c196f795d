"""Every published number beside ours, with kind, seeds, spread, cost, command (.csv, .md too).

Three kinds of results stand apart: the published recipe, the paper's network with our training, and
what is beyond the paper, beside its controls. Published numbers come from `published.toml` with the
certainty of each, ours from the run files, all seeds of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from lsnn_core.errors import UsageError
from lsnn_core.files import publish

from ...blocks import Panel, PanelRow
from ...formats import FORMATS, output_format
from ...look import Look
from ...panels.table import Heading, Record, Table
from ...reading.kinds import KINDS
from ...reading.published import CERTAINTY, Row
from ...reading.results import Group, Result
from ...runfigure import PLAIN, RunFigure, refusing_absurd_values
from ...sheet import Sheet
from ...style import PAGE_IN
from .table1_data import Line, Table1Data, load
from .table1_words import number, remarks

CSV_COLUMNS = (
    "task", "model", "kind", "quantity", "recipe", "published mean", "certainty of mean",
    "published sd", "certainty of sd", "published best", "certainty of best", "published runs",
    "published weights", "our mean", "our sd", "our best", "our mean, averaged weights",
    "our seeds", "our values", "weights", "iterations", "batch", "processor minutes a run",
    "clock minutes a run", "remarks", "commands",
)  # fmt: skip
TIMES = "\N{MULTIPLICATION SIGN}"
HEADINGS = ("", "kind", "weights", "published", "best", "runs", "ours", "best", "averaged",
            "seeds", "trained on", "a run")  # fmt: skip
LEAST_IN = 6.5  # columns of 6.5 pt are on each other where it is narrower
# Where the columns begin, as fractions of the width.
WIDTHS = (0.0, 0.25, 0.29, 0.355, 0.475, 0.535, 0.575, 0.675, 0.73, 0.805, 0.848, 0.942)


def to_csv(data: Table1Data) -> str:
    """Return the table as CSV, a line each, numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for line in data.lines:
        cells = [*_published_in_full(line), *_ours_in_full(line, data)]
        writer.writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()


def to_markdown(data: Table1Data) -> str:
    """Return the table as Markdown: a table a section, its remarks and commands below it."""
    parts = ["# Every published number beside ours", ""]
    for heading, lines in _sections(data):
        parts += [f"## {heading}", ""]
        parts += [_md_row(("model", *HEADINGS[1:])), _md_row(["---"] * len(HEADINGS))]
        parts += [_md_row((line.row.model, *_cells(line))) for line in lines] + [""]
        for line in lines:
            said = ". ".join(remarks(line, data))
            kind = f" ({line.kind})" if line.kind else ""
            parts += [f"- {line.row.model}{kind}: {said}."] if said else []
        commands = [r.command for line in lines for r in line.results]
        # A fence: indented lines would go on with the last remark.
        parts += ["", "```text", *commands, "```", ""] if commands else [""]
    return "\n".join([*parts, _legend(), ""])


def sheet(data: Table1Data) -> Sheet:
    """The table, under each line what there is to say of it and its commands."""
    records: list[Heading | Record] = []
    for heading, lines in _sections(data):
        records.append(Heading(heading))
        for line in lines:
            said = ". ".join(remarks(line, data))
            commands = _different(line.results)
            records.append(Record((line.row.model, *_cells(line)), said, commands))
    whole = Table(HEADINGS, tuple(records), WIDTHS)
    panel = Panel(whole.draw, PAGE_IN, whole.height_in)
    return Sheet((PanelRow((panel,)),), _legend(), least_in=LEAST_IN)


def _sections(data: Table1Data) -> list[tuple[str, list[Line]]]:
    """Part the lines by task, and what is beyond the paper from the rest."""
    sections: dict[str, list[Line]] = {}
    for line in data.lines:
        beyond = ", beyond the paper" if line.kind == "c" else ""
        heading = f"{line.row.task}{beyond}: {line.row.quantity}"
        sections.setdefault(heading, []).append(line)
    return list(sections.items())


def _different(results: Sequence[Result]) -> tuple[str, ...]:
    """Return the commands of runs, those of later seeds only where more than the seed differs."""
    shown: dict[str, str] = {}
    for one in results:
        without = one.command.replace(f"seed={one.seed}", "seed=N")
        shown.setdefault(without, one.command)
    return tuple(shown.values())


def _cells(line: Line) -> tuple[str, ...]:
    """Return what stands beside the model's name."""
    row, group = line.row, line.group
    kind = f"({line.kind})" if line.kind and group is not None else ""
    published = ("", "", "")
    if line.is_beside_published:
        published = (
            _published_spread(row),
            _number(row.best, row.tag("best"), row),
            "" if row.runs is None else str(row.runs),
        )
    if group is None:
        ours = "-" if line.value is None else number(line.value, row)
        return (kind, "", *published, ours, "", "", "", "", "")
    first = group.results[0]
    return (
        kind,
        "" if first.weights is None else f"{first.weights:,}",
        *published,
        spread(group.mean, group.sd, row),
        number(group.best(row), row),
        number(group.average, row),
        str(len(group.results)),
        f"{first.iterations:,} {TIMES} {first.batch}",
        cost(group),
    )


def _published_in_full(line: Line) -> list[object]:
    row = line.row
    names: list[object] = [row.task, row.model, line.kind, row.quantity]
    recipe = line.results[0].recipe if line.results else row.recipe
    if not line.is_beside_published:
        return [*names, recipe, *[None] * 8]
    return [
        *names, recipe, row.mean, row.tag("mean"), row.sd, row.tag("sd"), row.best,
        row.tag("best"), row.runs, row.parameters,
    ]  # fmt: skip


def _ours_in_full(line: Line, data: Table1Data) -> list[object]:
    row, group, said = line.row, line.group, ". ".join(remarks(line, data))
    if group is None:
        value = None if line.value is None else f"{line.value:.6g}"
        return [value, *[None] * 10, said, None]
    first = group.results[0]
    return [
        f"{group.mean:.6g}", None if group.sd is None else f"{group.sd:.6g}",
        f"{group.best(row):.6g}", None if group.average is None else f"{group.average:.6g}",
        " ".join(str(r.seed) for r in group.results),
        " ".join(f"{r.seed}:{r.value:.6g}" for r in group.results),
        first.weights, first.iterations, first.batch, _minutes(group.cpu_seconds),
        _minutes(group.seconds), said, "; ".join(r.command for r in group.results),
    ]  # fmt: skip


def _number(value: float | None, tag: str, row: Row) -> str:
    """Return a published number: one digit after the point, as printed, and how sure it is."""
    if value is None:
        return ""
    text = f"{value:.1f}" if row.scale == 100 else f"{value:.3g}"
    return f"{text} {tag}".strip()


def spread(mean: float, sd: float | None, row: Row) -> str:
    """Return our mean with its standard deviation, if there is one."""
    return number(mean, row) if sd is None else f"{number(mean, row)} ± {number(sd, row)}"


def _published_spread(row: Row) -> str:
    if row.mean is None:
        return ""
    deviation = "" if row.sd is None else f" ± {_number(row.sd, '', row)}"
    return f"{_number(row.mean, '', row)}{deviation} {row.tag('mean')}"


def _minutes(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds / 60:.1f}"


def cost(group: Group) -> str:
    """Return the processor time of a run, or with an asterisk what the clock says."""
    if group.cpu_seconds is not None:
        return _duration(group.cpu_seconds)
    return "" if group.seconds is None else f"{_duration(group.seconds)}*"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def _legend() -> str:
    tags = "; ".join(f"{tag} {meaning}" for tag, meaning in CERTAINTY.items())
    kinds = "; ".join(f"({kind}) {meaning}" for kind, meaning in KINDS.items())
    return (
        f"Kinds: {kinds}. Mean ± standard deviation over all seeds, and the best of them; averaged:"
        " the mean with averaged weights. Weights: connections and biases of the first seed."
        f" Trained on: iterations {TIMES} batch. A run: its processor time; with * what the clock"
        " says, where the file does not tell, on a machine that did other work, too."
        f" Certainty of published numbers: {tags}."
    )


def _md_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


TEXTS: Mapping[str, Callable[[Table1Data], str]] = {"csv": to_csv, "md": to_markdown}


class Table1(RunFigure[Table1Data]):
    """The table as a figure: a picture, or text where the output's name asks for it."""

    formats = (*FORMATS, *TEXTS)

    def draw(self, paths: Sequence[str], out: str, look: Look = PLAIN) -> None:
        """Write the table of the runs `paths` into the file `out`."""
        kind = output_format(out, self.formats)
        if kind not in TEXTS:
            super().draw(paths, out, look)
            return
        if look != PLAIN:
            raise UsageError(f"figure table1: {out} is text, without width, style, panels or note")
        with refusing_absurd_values(paths):
            publish(out, TEXTS[kind](self.load(paths)).encode())


figure = Table1(title="Table 1", load=load, sheet=sheet)

"""What Table 1 says in words: what falls short, which control stands beside, which functions."""

from __future__ import annotations

from ...reading.published import Row
from ...reading.results import Group
from .table1_data import Line, Table1Data


def remarks(line: Line, data: Table1Data) -> list[str]:
    """Return what there is to say of a line, a sentence each."""
    said = [_upper(line.shown)] if line.shown else []
    if line.group is None:
        return said
    said += [seeds(line.group, line.row), *shortfall(line), *_against(line, data)]
    return [*said, *_controls(line, data)]


def seeds(group: Group, row: Row) -> str:
    """Name every seed with its number."""
    values = ", ".join(f"{r.seed}: {number(r.value, row)}" for r in group.results)
    return f"Seed{'s' if len(group.results) > 1 else ''} {values}"


def shortfall(line: Line) -> list[str]:
    """Say by how much the mean falls short of the published one, and how long was trained."""
    row, group = line.row, line.group
    published = row.mean if row.mean is not None else row.best
    if group is None or published is None or not line.is_beside_published:
        return []
    gap = (group.mean - published) * (1 if row.higher_is_better else -1)
    which = "mean" if row.mean is not None else "best run"
    if gap >= 0:
        return [f"Reaches the published {which}"]
    where = "below" if row.higher_is_better else "above"
    share = "" if row.examples is None else f", on {_share(group.results[0].examples, row)}"
    return [f"Falls short: {number(-gap, row)} {where} the published {which}{share}"]


def _share(examples: int, row: Row) -> str:
    assert row.examples is not None
    share = 100 * examples / row.examples
    return f"{share:.0f} % of its examples" if share >= 9.5 else f"{share:.2g} % of its examples"


def _against(line: Line, data: Table1Data) -> list[str]:
    """Compare with the linear predictor, as the paper does, since MSE depends on the family."""
    if line.against is None:
        return []
    one = line.against
    published = _published_ratio(line.row.task, data)
    beside = "" if published is None else f" (published: {published:.2f})"
    return [
        f"{one.ratio:.2f} times the linear predictor's error on the same functions{beside},"
        f" lower on {one.better} of {one.functions}"
    ]


def _published_ratio(task: str, data: Table1Data) -> float | None:
    means = {
        bool(line.row.baseline): line.row.mean
        for line in data.lines
        if line.row.task == task and line.is_beside_published
    }
    network, linear = means.get(False), means.get(True)
    return None if network is None or linear is None else network / linear


def _controls(line: Line, data: Table1Data) -> list[str]:
    said = []
    for recipe in line.row.control:
        found = [one for one in data.of_recipe(recipe) if one.group is not None]
        for one in found:
            assert one.group is not None
            said.append(f"Control, {one.row.model}: {number(one.group.mean, one.row)}")
        if not found:
            said.append(f"Its control, {recipe}, has no run yet")
    return said


def number(value: float | None, row: Row) -> str:
    """Return a number in the digits of its row's unit, empty for None."""
    if value is None:
        return ""
    return f"{value:.2f}" if row.scale == 100 else f"{value:.3g}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

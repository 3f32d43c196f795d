"""What a sweep found: mean, spread and best over the seeds of each setting."""

from __future__ import annotations

import csv
import io
import json
import math
import pathlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from ..files import publish, read_run
from .job import COMPLETE, Job, Outcome
from .table import aligned

HIGHER_IS_BETTER: Final = ("accuracy", "goals", "found", "return", "reward")
_SEED: Final = re.compile(r"^seed = .*$", re.MULTILINE)
HEAD: Final = ("setting", "metric", "runs", "mean", "spread", "best", "best run")


@dataclass(frozen=True)
class Score:
    """One metric of one setting's complete runs.

    Parameters
    ----------
    setting
        Recipe and what was set, without the seed.
    metric
        Such as "test/accuracy".
    runs
        Complete ones.
    mean, spread
        Over them; the spread is the standard deviation (n - 1), None for a single run.
    best, best_run
        The best value, the highest of an accuracy and the like, else the lowest, and whose it is.
    """

    setting: str
    metric: str
    runs: int
    mean: float
    spread: float | None
    best: float
    best_run: str


def scores(jobs: Sequence[Job], outcomes: Mapping[str, Outcome]) -> list[Score]:
    """Return the scores of all settings, from the files of complete runs."""
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for job in jobs:
        if outcomes[job.name].status == COMPLETE:
            setting = _SEED.sub("", job.config)  # two groups of one name may be set differently
            for metric, value in _last_values(job.path).items():
                found.setdefault((setting, job.group, metric), {})[job.name] = value
    return [_score(group, metric, values) for (_, group, metric), values in found.items()]


def text(rows: Sequence[Score]) -> list[str]:
    """Return the scores as a table of text."""
    cells = [
        (row.setting, row.metric, str(row.runs), f"{row.mean:.4g}",
         "" if row.spread is None else f"{row.spread:.2g}", f"{row.best:.4g}", row.best_run)
        for row in rows
    ]  # fmt: skip
    return aligned([HEAD, *cells]) if cells else []


def write(
    folder: pathlib.Path, jobs: Sequence[Job], outcomes: Mapping[str, Outcome], rows: list[Score]
) -> list[pathlib.Path]:
    """Write ``summary.csv`` (scores) and ``summary.json`` (with each run's end) into a folder."""
    ends = {job.name: {"command": job.command, **outcomes[job.name]._asdict()} for job in jobs}
    table = io.StringIO()
    writer = csv.DictWriter(table, Score.__dataclass_fields__, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    content = {"scores": [_finite(asdict(row)) for row in rows], "runs": ends}
    files = {
        "summary.csv": table.getvalue(),
        "summary.json": json.dumps(content, indent=1, allow_nan=False) + "\n",
    }
    for name, written in files.items():
        publish(folder / name, written.encode())
    return [folder / name for name in files]


def _last_values(path: str) -> dict[str, float]:
    with read_run(path) as file:
        names = [m for m in file.metrics() if m.partition("/")[0] in ("test", "test_average")]
        series = {name: file.metric(*name.split("/", 1))[1] for name in names}
    return {name: float(values[-1]) for name, values in series.items() if len(values)}


def _score(setting: str, metric: str, values: Mapping[str, float]) -> Score:
    numbers = np.array(list(values.values()))
    higher = metric.partition("/")[2].split("_")[0] in HIGHER_IS_BETTER
    pick = max if higher else min
    best_run = pick(values, key=values.__getitem__)
    spread = float(numbers.std(ddof=1)) if len(numbers) > 1 else None
    mean = float(numbers.mean())
    return Score(setting, metric, len(numbers), mean, spread, values[best_run], best_run)


def _finite(row: dict[str, object]) -> dict[str, object]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}

"""What came out of a run: its metrics as one long table, and the last, least and greatest of each.

Which of least and greatest is the best, a file does not know: a task names its own metrics.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .describe import aligned
from .reader import RunFile, is_duration

_SPLITS: Final = ("train", "validation", "test")


def metric_table(run: RunFile) -> dict[str, list[Any]]:
    """Return all that a run measured as the columns of a table, for instance for pandas.

    Parameters
    ----------
    run
        An open run file, as `read_run` gives it.

    Returns
    -------
    dict
        Three lists of one length: "metric" (``"validation/accuracy"``; its unit ends its name),
        "iteration" (int, gradient steps done) and "value" (float, NaN where nothing was counted).
    """
    table: dict[str, list[Any]] = {"metric": [], "iteration": [], "value": []}
    for name in _names(run):
        step, value = run.metric(*name.split("/", 1))
        table["metric"] += [name] * len(step)
        table["iteration"] += step.tolist()
        table["value"] += value.tolist()
    return table


def results(run: RunFile) -> dict[str, Any]:
    """Return what came out, as JSON has it: numbers that are none are None.

    "metrics" has for each the "last", "least" and "greatest" value, each with its iteration.
    """
    environment = run.environment if run.has("environment") else {}
    seconds = environment.get("train_seconds")
    seed = run.seeds.get("seed") if run.has("seeds") else None
    return {
        "run": run.name,
        "status": run.status,
        "iteration": run.iteration,
        "seed": seed if isinstance(seed, int) else None,
        "minutes": round(seconds / 60, 2) if is_duration(seconds) else None,
        "metrics": {name: _extremes(run, name) for name in _names(run)},
    }


def results_text(found: dict[str, Any]) -> str:
    """Return `results` as a table for people."""
    about = [f"{found['run']}: {found['status']}, {found['iteration']} iterations"]
    about += [] if found["seed"] is None else [f"seed {found['seed']}"]
    about += [] if found["minutes"] is None else [f"{found['minutes']} minutes"]
    columns = ("last", "least", "greatest")
    rows = [("metric", *(word for name in columns for word in (name, "at")))]
    for name, values in found["metrics"].items():
        cells = [values[column] for column in columns]
        shown = [word for cell in cells for word in (_number(cell["value"]), _at(cell))]
        rows.append((name, *shown))
    return "\n".join([", ".join(about), *aligned(rows)])


def _names(run: RunFile) -> list[str]:
    """All metrics: of training first, then of what was held out, then others."""
    places = {split: place for place, split in enumerate(_SPLITS)}

    def place(name: str) -> tuple[int, str]:
        return places.get(name.split("/", 1)[0], len(places)), name

    return sorted(run.metrics(), key=place)


def _extremes(run: RunFile, name: str) -> dict[str, dict[str, Any]]:
    step, value = run.metric(*name.split("/", 1))
    known = np.flatnonzero(np.isfinite(value))
    if not len(known):
        last = len(step) - 1 if len(step) else None
        return dict.fromkeys(("last", "least", "greatest"), _point(step, value, last))
    least, greatest = known[value[known].argmin()], known[value[known].argmax()]
    places = {"last": len(step) - 1, "least": least, "greatest": greatest}
    return {column: _point(step, value, place) for column, place in places.items()}


def _point(step: Any, value: Any, place: int | None) -> dict[str, Any]:
    if place is None:
        return {"value": None, "iteration": None}
    number = float(value[place])
    return {"value": number if np.isfinite(number) else None, "iteration": int(step[place])}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def _at(cell: dict[str, Any]) -> str:
    return "-" if cell["iteration"] is None else str(cell["iteration"])

"""What a run's recordings hold of predictors and agents that are no networks, on the same tasks."""

from __future__ import annotations

from .published import Row
from .results import L2L_ERRORS, RECORDS
from .run import Run

AGENTS = "recordings/navigation"


def baseline(run: Run, row: Row) -> float | None:
    """Return the number of the row's baseline in the run's recordings, None if there is none."""
    for name in (f"{L2L_ERRORS}/{row.baseline}", f"{AGENTS}/{row.baseline}/goals"):
        if row.baseline and name in run:
            return row.scale * float(run.array(name, made_by=RECORDS).mean())
    return None

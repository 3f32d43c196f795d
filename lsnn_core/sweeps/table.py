"""The runs of a sweep as a table of text, and as one that is redrawn on a terminal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from ..text import printable
from ..words import LONGEST_LINE, say, words
from .job import Outcome
from .look import Follower, Seen

HEAD: Final = ("run", "state", "iterations", "last validation", "left")
LINE_EVERY_S: Final = 30.0  # without a terminal
MOST_ROWS: Final = 20  # of a live table


def duration(seconds: float | None) -> str:
    """A time left, as people say it."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def lines(seen: Mapping[str, Seen]) -> list[str]:
    """Return the table, a head and a line for each run."""
    rows = [HEAD, *(_row(name, run) for name, run in seen.items())]
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return [printable("  ".join(row).rstrip(), LONGEST_LINE) for row in cells]


def totals(seen: Mapping[str, Seen], at_once: int) -> str:
    """Return one line on all of them."""
    states = Counter(run.state for run in seen.values())
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    rates = [
        run.seconds_left / (run.total - run.iteration)
        for run in seen.values()
        if run.seconds_left is not None and run.iteration < run.total
    ]
    todo = sum(
        r.total - r.iteration for r in seen.values() if r.state not in ("failed", "complete")
    )
    if not rates or not todo:
        return told
    left = duration(todo * sum(rates) / len(rates) / at_once)
    return f"{told}; about {left} left at the present rate"


class Live:
    """Shows a sweep while it goes: a table that is redrawn, or now and then a line."""

    def __init__(self, followers: Mapping[str, Follower], at_once: int) -> None:
        self._followers, self._at_once = followers, at_once
        self._drawn, self._said = 0, time.monotonic()
        self._ended: set[str] = set()

    def show(self, outcomes: Mapping[str, Outcome]) -> None:
        """Show how all runs are now."""
        out = words()
        if not out.isatty():
            self._tell(outcomes)
            return
        seen = self.look(outcomes)
        busy = {k: v for k, v in seen.items() if v.state in ("running", "failed")}
        text = [*lines(dict(list(busy.items())[:MOST_ROWS])), totals(seen, self._at_once)]
        back = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        out.write(back + "\n".join(text) + "\n")
        out.flush()
        self._drawn = len(text)

    def look(self, outcomes: Mapping[str, Outcome]) -> dict[str, Seen]:
        """Return how each run is, those that have ended by what they gave."""
        seen = {}
        for name, follower in self._followers.items():
            found = follower.look()
            if name in outcomes:
                found = found._replace(state=outcomes[name].status, seconds_left=None)
            seen[name] = found
        return seen

    def _tell(self, outcomes: Mapping[str, Outcome]) -> None:
        for name in [name for name in outcomes if name not in self._ended]:
            self._ended.add(name)
            message = f" ({outcomes[name].message})" if outcomes[name].message else ""
            say(f"{name}: {outcomes[name].status}{message}; {len(self._ended)} have ended")
        if time.monotonic() - self._said > LINE_EVERY_S:
            self._said = time.monotonic()
            say(totals(self.look(outcomes), self._at_once))


def _row(name: str, run: Seen) -> tuple[str, ...]:
    iterations = f"{run.iteration}/{run.total}"
    return name, run.state, iterations, run.validation, duration(run.seconds_left)

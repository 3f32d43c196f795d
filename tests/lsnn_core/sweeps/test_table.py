"""Runs as lines of text, and a table that is drawn again."""

from __future__ import annotations

import io

import pytest

from lsnn_core.sweeps import table
from lsnn_core.sweeps.job import Outcome
from lsnn_core.sweeps.look import Seen
from lsnn_core.words import Words

SEEN = {
    "a": Seen("running", 10, 40, "accuracy 0.5", 60.0),
    "bcd": Seen("waiting", 0, 40),
    "e": Seen("complete", 40, 40, "accuracy 0.7"),
}


class Stands:
    def __init__(self, seen: Seen) -> None:
        self.look = lambda: seen


def test_columns_stand_below_each_other():
    assert table.lines(SEEN) == [
        "run  state     iterations  last validation  left",
        "a    running   10/40       accuracy 0.5     1 min",
        "bcd  waiting   0/40",
        "e    complete  40/40       accuracy 0.7",
    ]


def test_the_time_left_is_that_of_all():
    # 70 iterations at 2 s each, two at a time
    assert table.totals(SEEN, 2) == (
        "1 running, 1 waiting, 1 complete; about 1 min left at the present rate"
    )
    assert table.totals({"b": SEEN["bcd"]}, 2) == "1 waiting"


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (20.0, "0 min"), (3600.0, "1 h 00 min"), (5400, "1 h 30 min")]
)
def test_durations(seconds, text):
    assert table.duration(seconds) == text


def test_on_a_terminal_the_table_is_drawn_in_place(monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(table, "words", lambda: Words(stream))
    live = table.Live({name: Stands(seen) for name, seen in SEEN.items()}, 2)
    live.show({})
    live.show({"a": Outcome("failed", "because")})
    first, second = stream.getvalue().split("\x1b[3F\x1b[J")
    assert first.splitlines()[1].startswith("a    running")
    assert second.splitlines()[1].startswith("a    failed")
    assert "1 failed, 1 waiting, 1 complete" in second


def test_without_a_terminal_each_end_is_a_line(capsys):
    live = table.Live({name: Stands(seen) for name, seen in SEEN.items()}, 2)
    live.show({"e": Outcome("complete")})
    live.show({"e": Outcome("complete"), "a": Outcome("failed", "because")})
    assert capsys.readouterr().err.splitlines() == [
        "e: complete; 1 have ended",
        "a: failed (because); 2 have ended",
    ]

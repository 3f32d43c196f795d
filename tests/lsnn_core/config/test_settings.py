"""Fields that may hold one number, or its start and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from lsnn_core.config.settings import Settings, over_the_run, real, whole
from lsnn_core.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Falling(Settings):
    section: ClassVar[str] = "task"

    weight: float | tuple[float, float] = over_the_run(real(0.5, low=0.0, below=2.0))
    count: int | tuple[int, int] = over_the_run(whole(3, low=1))


def test_a_number_stays_one_and_a_pair_becomes_one():
    assert Falling().weight == 0.5
    assert Falling(weight=1).weight == 1.0
    assert Falling(weight=[1, 0]).weight == (1.0, 0.0)
    assert (Falling().count, Falling(count=[7, 1]).count) == (3, (7, 1))
    assert Falling(weight=[0.0, 1.5]).weight == (0.0, 1.5)  # it may rise, too


def test_a_pair_of_counts_holds_no_fractions():
    with pytest.raises(UsageError, match=r"task\.count\[1\]: found 1\.5, expected an integer"):
        Falling(count=[7, 1.5])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1.0, r"task\.weight: found -1\.0, expected a finite number >= 0 and < 2"),
        ([1.0, 2.0], r"task\.weight\[1\]: found 2\.0, expected a finite number >= 0 and < 2"),
        ([float("nan"), 1.0], r"task\.weight\[0\]: found nan"),
        ([1.0], r"task\.weight: found \[1\.0\], expected one number, or \[start, end\]"),
        ([1.0, 1.0, 1.0], r"expected one number, or \[start, end\]"),
        ("1, 0", r"task\.weight: found '1, 0', expected a finite number"),
        (True, r"task\.weight: found True"),
    ],
)
def test_what_is_neither_is_refused(value, words):
    with pytest.raises(UsageError, match=words):
        Falling(weight=value)

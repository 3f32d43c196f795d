"""The numbers that the paper publishes, from `published.toml`, and how sure each is."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CERTAINTY: Mapping[str, str] = {
    "P": "printed in the paper",
    "B": "printed by the authors' program for the baselines",
    "Q": "supplement, as quoted by a third party",
    "S": "supplement, not checked against a copy",
    "S-": "supplement, not checked and unsure",
}


@dataclass(frozen=True)
class Row:
    """One published result; numbers that are not published are None.

    Attributes
    ----------
    task, model
        How the paper calls them.
    recipe
        Name of the recipe whose runs are compared.
    metric, quantity, scale
        What of a run is compared: its name below ``metrics/``, its title with the unit, and what
        turns the stored number into it.
    mean, sd, best, runs
        Over the published runs; `best` is the highest accuracy or the lowest error.
    parameters
        Number of weights and biases that are not zero.
    certainty
        Tag of each number, a key of `CERTAINTY`.
    """

    task: str
    model: str
    recipe: str
    metric: str = "test/accuracy"
    quantity: str = "test accuracy (%)"
    scale: float = 100.0
    mean: float | None = None
    sd: float | None = None
    best: float | None = None
    runs: int | None = None
    parameters: int | None = None
    certainty: Mapping[str, str] = field(default_factory=dict)

    @property
    def higher_is_better(self) -> bool:
        """Whether the best run is the one with the highest number."""
        return "accuracy" in self.metric

    @property
    def is_published(self) -> bool:
        """Whether there is a number to compare with."""
        return self.mean is not None or self.best is not None

    def tag(self, number: str) -> str:
        """How sure the number of that name is; empty if it is not published."""
        return self.certainty.get(number, "")

    def is_sure(self, number: str) -> bool:
        """Whether the number of that name was read in its source, or in a quotation of it."""
        return self.tag(number) in ("P", "B", "Q")


@functools.cache
def rows() -> tuple[Row, ...]:
    """All published results, in the paper's order."""
    text = Path(__file__).with_name("published.toml").read_text(encoding="utf-8")
    return tuple(Row(**row) for row in tomllib.loads(text)["row"])


def row_of(recipe: str) -> Row | None:
    """The published result that runs of a recipe are compared with."""
    return next((row for row in rows() if row.recipe == recipe), None)

"""The list of results, from `published.toml`: what the paper publishes, and what we add."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CERTAINTY: Mapping[str, str] = {
    "P": "printed in the paper",
    "B": "printed by the authors' program for the baselines",
    "Q": "supplement, as quoted by a third party",
    "S": "supplement, not checked against a copy",
    "S-": "supplement, not checked and unsure",
}


@dataclass(frozen=True)
class Row:
    """One result; numbers that are not published are None.

    Attributes
    ----------
    task, model
        How the paper calls them.
    recipes
        Names of the recipes whose runs are compared; none for what is no network.
    network, training
        Settings of the published network and of its training, as far as they are known; None where
        there is no such network, or nothing is known of its training.
    control
        Recipes that show what carries a result beyond the paper.
    baseline
        What a run's recordings call a predictor or an agent that is no network.
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
    recipes: tuple[str, ...] = ()
    network: Mapping[str, Any] | None = None
    training: Mapping[str, Any] | None = None
    control: tuple[str, ...] = ()
    baseline: str = ""
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
    def recipe(self) -> str:
        """The first of its recipes, the published one if there is one; empty without any."""
        return self.recipes[0] if self.recipes else ""

    @property
    def examples(self) -> int | None:
        """Examples that a published run was trained on; None if that is not known."""
        known = self.training or {}
        iterations, batch = (known.get(f"training.{key}") for key in ("iterations", "batch"))
        return None if iterations is None or batch is None else int(iterations * batch)

    @property
    def higher_is_better(self) -> bool:
        """Whether the best run is the one with the highest number."""
        return self.metric.endswith(("accuracy", "goals"))

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
    """All results, in the paper's order."""
    text = Path(__file__).with_name("published.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return tuple(_row(row, content) for row in content["row"])


def row_of(recipe: str) -> Row | None:
    """The result that runs of a recipe are."""
    return next((row for row in rows() if recipe in row.recipes), None)


def _row(entry: dict[str, Any], content: dict[str, Any]) -> Row:
    given = dict(entry)
    for key in ("recipes", "control"):
        given[key] = tuple(entry.get(key, ()))
    for key in ("network", "training"):
        given[key] = _settings(content[key], entry[key]) if key in entry else None
    return Row(**given)


def _settings(tables: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of settings, with those of the one that it is like."""
    own: dict[str, Any] = {**tables[name]}
    like = own.pop("like", None)
    return own if like is None else _settings(tables, like) | own

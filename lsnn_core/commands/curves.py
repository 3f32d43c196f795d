"""Curves as text, several in one frame, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

MARKS: Final = "ox+*#@%&"
Series = tuple[list[float], list[float]]


def curves(series: Mapping[str, Series], width: int = 72, height: int = 12) -> list[str]:
    """Draw series over a common axis; returns lines of text.

    Parameters
    ----------
    series
        (x, y) by name; what is not finite is left out. Of several points in one column the mean is
        drawn. Where curves meet the later one is seen.
    width, height
        Of the frame's inside, in characters.
    """
    points = {name: _finite(*pair) for name, pair in series.items()}
    every = [point for listed in points.values() for point in listed]
    if not every:
        return ["nothing to draw yet"]
    x_low, x_high = _range([x for x, _ in every])
    y_low, y_high = _range([y for _, y in every])
    frame = [[" "] * width for _ in range(height)]
    for mark, listed in zip(_marks(len(points)), points.values(), strict=True):
        for column, values in _columns(listed, x_low, x_high, width).items():
            share = (sum(values) / len(values) - y_low) / (y_high - y_low)
            frame[height - 1 - round(share * (height - 1))][column] = mark
    labels = [f"{y_high:.4g}", *[""] * (height - 2), f"{y_low:.4g}"]
    left = max(map(len, labels))
    lines = [f"{label:>{left}} |{''.join(row)}" for label, row in zip(labels, frame, strict=True)]
    lines = [line.rstrip() for line in lines]
    ends = f"{x_low:g}", f"{x_high:g}"
    axis = f"{ends[0]}{ends[1]:>{max(width - len(ends[0]), len(ends[1]))}}"
    legend = [f"  {mark} {name}" for mark, name in zip(_marks(len(points)), points, strict=True)]
    return [*lines, f"{'':{left}} +{'-' * width}", f"{'':{left}}  {axis}", *legend]


def _finite(x: Sequence[float], y: Sequence[float]) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _columns(
    points: Sequence[tuple[float, float]], low: float, high: float, width: int
) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for x, y in points:
        found.setdefault(round((x - low) / (high - low) * (width - 1)), []).append(y)
    return found


def _marks(count: int) -> str:
    return (MARKS * (count // len(MARKS) + 1))[:count]

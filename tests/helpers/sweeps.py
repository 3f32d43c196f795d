"""Sweeps of the tiny training, as one types them."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.program import TINY

SETS = [f"--set={name}={value}" for name, value in TINY.items() if name != "training.threads"]


def sweep(folder: Path, *arguments: str) -> list[str]:
    """The arguments of a sweep of store-recall into a folder."""
    return ["sweep", "store-recall", "--out", str(folder), *SETS, *arguments]

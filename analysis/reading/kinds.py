"""Three kinds of results, told from a run's configuration: published, ours, beyond the paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .published import Row
from .run import Run

KINDS: Mapping[str, str] = {
    "a": "the published recipe, unchanged",
    "b": "the paper's network with our training",
    "c": "beyond the paper",
}


def kind_of(run: Run, row: Row) -> str:
    """Return the kind of a run of one of the row's recipes, a key of `KINDS`.

    What is not known of the published training cannot be kept: without `Row.training` no run is of
    the published recipe.
    """
    if row.network is None or not agrees(run, row.network):
        return "c"
    return "a" if row.training is not None and agrees(run, row.training) else "b"


def agrees(run: Run, settings: Mapping[str, Any]) -> bool:
    """Tell whether a run has these settings, named as ``"network.delays"``.

    One that its file does not have counts as 0, false or empty: what was added to the program later
    is switched off by such a value.
    """
    return all(_same(_setting(run, name), value) for name, value in settings.items())


def _setting(run: Run, name: str) -> Any:
    section, _, key = name.partition(".")
    return run.setting(section, key)


def _same(found: Any, expected: Any) -> bool:
    if found is None:
        return not expected
    return bool(found == expected)

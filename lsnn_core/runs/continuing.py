"""What may differ when a run goes on from its file, and what a longer training means."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..config.recipes import apply_overrides
from ..config.tables import RunConfig, from_mapping, to_toml
from ..errors import UsageError
from ..optimisers.schedules import learning_rate
from ..text import printable

NO_NUMBERS: Final = (
    "name",
    "title",
    "training.threads",
    "training.checkpoint_every",
    "training.checkpoint_minutes",
)
"""Settings that decide no number of a run."""
MAY_CHANGE: Final = ("training.iterations", "training.on_nan", *NO_NUMBERS[2:])
"""Settings that `lsnn resume --set` takes."""


def differences(before: RunConfig, after: RunConfig) -> dict[str, list[Any]]:
    """What two configurations do not agree in: ``{"training.lr": [0.01, 0.005]}``."""
    one, other = (_flat(tomllib.loads(to_toml(config))) for config in (before, after))
    keys = sorted(one.keys() | other.keys())
    return {k: [one.get(k), other.get(k)] for k in keys if one.get(k) != other.get(k)}


def changed(config: RunConfig, overrides: Sequence[str], iteration: int) -> RunConfig:
    """Return a run's configuration with other values of what may change.

    Parameters
    ----------
    config
        As the file has it.
    overrides
        Such as ``training.iterations=2000``.
    iteration
        That the run has reached.

    Raises
    ------
    UsageError
        An override would make another run of it, or end it before where it stands.
    """
    after = from_mapping(RunConfig, apply_overrides(tomllib.loads(to_toml(config)), overrides))
    for key, (old, new) in differences(config, after).items():
        if key not in MAY_CHANGE:
            raise UsageError(
                f"--set {key}: is {printable(json.dumps(old))} in the run, found "
                f"{printable(json.dumps(new))}; a run can go on with other "
                f"{', '.join(MAY_CHANGE)}; for all else begin one with `lsnn train`"
            )
    if after.training.iterations < iteration:
        raise UsageError(
            f"--set training.iterations: found {after.training.iterations}, expected at least "
            f"{iteration}, which the run has done"
        )
    return after


def require_same(name: object, found: RunConfig, wanted: RunConfig, seed_given: bool) -> None:
    """Raise `UsageError` if the run in a file is not the one that is wanted.

    A seed that nobody has `seed_given` is the file's.
    """
    ignored = {*NO_NUMBERS, *(() if seed_given else ("seed",))}
    differ = {k: v for k, v in differences(found, wanted).items() if k not in ignored}
    if not differ:
        return
    remedy = "choose another output"
    if differ.keys() <= set(MAY_CHANGE):
        options = " ".join(f"--set {key}={values[1]}" for key, values in differ.items())
        remedy = f"`lsnn resume {options}` changes it"
    listed = ", ".join(
        f"{k} = {json.dumps(v[0])}, not {json.dumps(v[1])}" for k, v in differ.items()
    )
    raise UsageError(f"{printable(str(name))}: was begun with {printable(listed)}; {remedy}")


def about_length(before: RunConfig, after: RunConfig, iteration: int) -> str:
    """Say what another length does to a run at `iteration`; nothing if it is the same."""
    old, new = before.training, after.training
    if old.iterations == new.iterations:
        return ""
    told = f"{new.iterations} iterations instead of {old.iterations}"
    if new.lr_schedule == "cosine":
        was, now = _lr(before, iteration), _lr(after, iteration)
        return (
            f"{told}: the cosine falls to zero at the new end, so lr is {now:.3g} from here, not "
            f"{was:.3g}; a run of this length from its start has other numbers"
        )
    return (
        f"{told}: the numbers of a run of this length from its start, unless the task lets "
        "something fall over a run"
    )


def _lr(config: RunConfig, iteration: int) -> float:
    t = config.training
    return learning_rate(
        iteration,
        lr=t.lr,
        schedule=t.lr_schedule,
        iterations=t.iterations,
        decay=t.lr_decay,
        decay_every=t.lr_decay_every,
        warmup=t.lr_warmup,
    )


def _flat(tables: dict[str, Any]) -> dict[str, Any]:
    return dict(_pairs(tables))


def _pairs(tables: dict[str, Any], above: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _pairs(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value

"""Which runs a sweep is made of: every combination of what varies, each with a name of its own."""

from __future__ import annotations

import itertools
import os
import pathlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ..config.recipes import apply_overrides, load_recipe
from ..config.settings import LARGEST_COUNT, refuse
from ..config.tables import RunConfig, from_mapping, to_toml
from ..config.toml import read_toml
from ..errors import UsageError
from ..text import hint, printable, show
from .job import Job

MOST_RUNS: Final = 10_000
KEYS: Final = ("recipe", "seeds", "set", "name", "minutes")
_ODD: Final = re.compile(r"[^A-Za-z0-9.+=-]+")


class Label(NamedTuple):
    """What a run is called, alone and with those that differ by the seed, and its recipe."""

    name: str
    group: str
    recipe: str


@dataclass(frozen=True)
class Sweep:
    """Jobs, and what their file says beside them.

    Parameters
    ----------
    jobs
        In order.
    minutes
        Of a run's training on one processor, by its name, where the file tells.
    """

    jobs: list[Job]
    minutes: dict[str, float]


def of_recipe(recipe: str, seeds: str | None, sets: Sequence[str], out: str) -> Sweep:
    """Return the runs of one recipe, as the command line says it.

    Parameters
    ----------
    recipe
        Its name or path.
    seeds
        Such as ``1..5`` or ``1,2,7``; 1 if neither this nor the recipe says it.
    sets
        Such as ``training.lr=0.005,0.01``: one run for each value, and for each combination.
    out
        The folder.
    """
    table: dict[str, Any] = {"recipe": recipe, "set": dict(map(_typed, sets))}
    if seeds is not None:
        table["seeds"] = seeds
    return _sweep([table], pathlib.Path(out), "--")


def of_file(path: str, out: str | None) -> Sweep:
    """Return the runs of a sweep's TOML file.

    It has one sweep at its top, or several as ``[[runs]]``; each says ``recipe`` (one or a list),
    ``seeds`` ("1..5" or a list) and a table ``set``, where a list has a value for each run. `name`
    is what a single run is called, and how the names of several begin, instead of the recipe's;
    `minutes` is of each. Without `out` the runs go into the folder of the file, or into the one
    that ``out`` at its top names from there.
    """
    tables = read_toml(pathlib.Path(path))
    where = printable(path)
    folder = pathlib.Path(path).parent / _text(tables.pop("out", ""), f"{where}: out")
    runs = tables.pop("runs", None)
    if runs is None:
        runs = [tables]
    elif tables:
        raise UsageError(f"{where}: {show(next(iter(tables)))} beside [[runs]]; put it into them")
    if not isinstance(runs, list) or not all(isinstance(run, Mapping) for run in runs):
        refuse(f"{where}: runs", runs, "tables, each begun with [[runs]]")
    return _sweep(runs, pathlib.Path(out) if out is not None else folder, f"{where}: ")


def _sweep(tables: Iterable[Mapping[str, Any]], folder: pathlib.Path, where: str) -> Sweep:
    sweep = Sweep([], {})
    for table in tables:
        _expand(table, folder, where, sweep)
    if not sweep.jobs:
        raise UsageError(f"{where}runs: found none, expected at least one")
    names = Counter(job.name for job in sweep.jobs)
    name, count = names.most_common(1)[0]
    if count > 1:
        raise UsageError(f"{where}runs: {count} have the name {show(name)}; give each its `name`")
    return sweep


def _expand(table: Mapping[str, Any], folder: pathlib.Path, where: str, sweep: Sweep) -> None:
    for key in table:
        if key not in KEYS:
            raise UsageError(f"{where}{printable(str(key))}: unknown key; {hint(str(key), KEYS)}")
    if "recipe" not in table:
        raise UsageError(f"{where}recipe: missing; it has no default")
    recipes = table["recipe"] if isinstance(table["recipe"], list) else [table["recipe"]]
    seeds: list[int | None] = [None]
    if "seeds" in table:
        seeds = [*_seeds(table["seeds"], f"{where}seeds")]
    values = table.get("set", {})
    if not isinstance(values, Mapping):
        refuse(f"{where}set", values, 'a table, such as { "training.lr" = [0.005, 0.01] }')
    listed = {k: v if isinstance(v, list) else [v] for k, v in values.items()}
    varied = [key for key, several in listed.items() if len(several) > 1]
    combinations = itertools.product(recipes, *listed.values(), seeds)
    chosen = list(itertools.islice(combinations, MOST_RUNS + 1))
    if len(sweep.jobs) + len(chosen) > MOST_RUNS:
        raise UsageError(f"{where}runs: over {MOST_RUNS}; make several sweeps of them")
    for recipe, *of_keys, seed in chosen:
        settings = dict(zip(listed, of_keys, strict=True))
        begun = pathlib.PurePath(_text(recipe, f"{where}recipe")).name.removesuffix(".toml")
        if "name" in table:
            begun = _own_name(table["name"], f"{where}name")
        group = _group(begun, settings, varied)
        alone = seed is None or ("name" in table and len(chosen) == 1)
        name = group if alone else f"{group}-{seed}"
        job = _job(Label(name, group, recipe), settings, seed, folder)
        sweep.jobs.append(job)
        if "minutes" in table:
            sweep.minutes[name] = _minutes(table["minutes"], f"{where}minutes")


def _job(label: Label, settings: dict[str, Any], seed: int | None, folder: pathlib.Path) -> Job:
    overrides = [f"{key}={_toml(value)}" for key, value in settings.items()]
    if seed is not None:
        overrides.append(f"seed={seed}")
    tables = apply_overrides(load_recipe(label.recipe), overrides)
    tables.setdefault("seed", 1)  # a sweep that is begun again is to mean the same
    config = to_toml(from_mapping(RunConfig, tables))
    path = os.path.abspath(folder / f"{label.name}.h5")
    return Job(label.name, label.group, path, config, label.recipe, tuple(overrides))


def _group(begun: str, settings: dict[str, Any], varied: list[str]) -> str:
    """Name runs by what varies but the seed; keys by their last part where that is enough."""
    parts = [begun]
    last = Counter(key.rpartition(".")[2] for key in varied)
    for key in varied:
        short = key.rpartition(".")[2]
        parts.append(f"{short if last[short] == 1 else key}={_toml(settings[key])}")
    return "-".join(_ODD.sub("_", part).strip("_") for part in parts)


def _typed(text: str) -> tuple[str, list[Any]]:
    """Read ``section.key=value,value`` of the command line."""
    key, equals, values = text.partition("=")
    if not equals or not key.strip():
        refuse("--set", text, "section.key=value,value, such as training.lr=0.005,0.01")
    try:
        parsed = tomllib.loads(f"value = [{values}]")
        found = parsed["value"] if set(parsed) == {"value"} else values.split(",")
    except (ValueError, RecursionError):
        found = values.split(",")
    return key.strip(), found


def _seeds(value: Any, where: str) -> list[int]:
    found = _numbers_of(value) if isinstance(value, str) else value
    whole = isinstance(found, list) and all(type(seed) is int for seed in found)
    if not whole or not found or min(found) < 0 or max(found) > LARGEST_COUNT:
        refuse(where, value, 'such as "1..5" or [1, 2, 7]')
    return list(found)


def _numbers_of(text: str) -> list[int]:
    """Read ``1..5`` or ``1,2,7``; nothing if it is neither."""
    first, dots, last = text.partition("..")
    try:
        if not dots:
            return [int(word) for word in text.split(",")]
        low = int(first)
        return list(range(low, min(int(last), low + MOST_RUNS) + 1))
    except ValueError:
        return []


def _toml(value: Any) -> str:
    """Return a plain value as one writes it in TOML; text as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return str(value)


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else _toml(value)


def _text(value: Any, where: str) -> str:
    return value if isinstance(value, str) else refuse(where, value, "a text")


def _own_name(value: Any, where: str) -> str:
    if isinstance(value, str) and value and not _ODD.search(value) and value[0] not in ".-":
        return value
    refuse(where, value, "letters, digits and any of . + = - for the name of a file")


def _minutes(value: Any, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    refuse(where, value, "how long a run trains, in minutes")

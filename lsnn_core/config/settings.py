"""Frozen dataclasses whose fields carry the rule that a value must meet.

A table of settings reads as a list of fields, each with its default and its limits::

    @dataclass(frozen=True, kw_only=True)
    class LossConfig(Settings):
        section: ClassVar[str] = "loss"
        rate_target_hz: float = real(10.0, low=0.0)

Whatever breaks a rule is refused when the object is made, with the key, what was found and what was
expected. Tasks describe their own keys in the same way.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar, NoReturn, TypeVar

from ..errors import UsageError
from ..text import hint, show
from ..units import DT_MS

LARGEST_COUNT = 2**31 - 1  # counts index int32 arrays

Rule = Callable[[str, object], object]
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """Base of all tables of settings: applies every field's rule after construction."""

    section: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for entry in fields(self):
            rule: Rule | None = entry.metadata.get("rule")
            if rule is not None:
                value = rule(key_path(self.section, entry.name), getattr(self, entry.name))
                object.__setattr__(self, entry.name, value)  # frozen for everybody else


def from_mapping(cls: type[T], mapping: object, section: str | None = None) -> T:
    """Make the dataclass `cls` from a TOML table.

    Parameters
    ----------
    cls
        A dataclass, usually a `Settings`.
    mapping
        The table; anything else is refused, and so are keys that `cls` does not have.
    section
        Name of the table in messages; by default the class's own.
    """
    name = getattr(cls, "section", "") if section is None else section
    if not isinstance(mapping, Mapping):
        refuse(name or "recipe", mapping, "a table")
    known = {entry.name: entry for entry in fields(cls) if entry.init}  # type: ignore[arg-type]
    for key in mapping:
        if key not in known:
            shown = key if str(key).isidentifier() else show(key)
            raise UsageError(f"{key_path(name, shown)}: unknown key; {hint(str(key), known)}")
    for key, entry in known.items():
        required = entry.default is MISSING and entry.default_factory is MISSING
        if required and key not in mapping:
            raise UsageError(f"{key_path(name, key)}: missing; it has no default")
    return cls(**mapping)


def key_path(section: str, key: str) -> str:
    """Return ``section.key``, or ``key`` for the top of a recipe."""
    return f"{section}.{key}" if section else key


def refuse(where: str, value: object, expected: str) -> NoReturn:
    """Raise the one kind of message that a wrong value gets."""
    raise UsageError(f"{where}: found {show(value)}, expected {expected}")


def whole(default: Any = MISSING, *, low: int = 0, high: int | None = LARGEST_COUNT) -> Any:
    """Field for an integer in [low, high]; ``3.0``, ``"3"`` and ``True`` are not integers."""
    expected = f"an integer >= {low}" + ("" if high in (None, LARGEST_COUNT) else f" and <= {high}")

    def rule(where: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral):
            refuse(where, value, expected)
        number = int(value)
        if number < low or (high is not None and number > high):
            refuse(where, value, expected)
        return number

    return _field(default, rule)


def real(
    default: Any = MISSING,
    *,
    above: float | None = None,
    low: float | None = None,
    below: float | None = None,
    high: float | None = None,
) -> Any:
    """Field for a finite number with limits > above, >= low, < below, <= high."""
    bounds = [
        (sign, limit, holds)
        for sign, limit, holds in (
            (">", above, operator.gt),
            (">=", low, operator.ge),
            ("<", below, operator.lt),
            ("<=", high, operator.le),
        )
        if limit is not None
    ]
    limits = " and ".join(f"{sign} {limit:g}" for sign, limit, _ in bounds)
    expected = f"a finite number {limits}".rstrip()

    def rule(where: str, value: object) -> float:
        number = _finite(where, value, expected)
        if not all(holds(number, limit) for _, limit, holds in bounds):
            refuse(where, value, expected)
        return number

    return _field(default, rule)


def real_or(word: str, *, default: Any = MISSING) -> Any:
    """Field for a finite number, or one word that names a rule to draw it by."""
    expected = f"a finite number, or {show(word)}"

    def rule(where: str, value: object) -> float | str:
        return word if value == word else _finite(where, value, expected)

    return _field(default, rule)


def time_constant_ms(default: Any = MISSING) -> Any:
    """Field for one time constant in ms, or ``[low, high]``: each neuron draws its own, uniform.

    A time constant below the time step describes no process that this step could show.
    """
    expected = f"a finite number >= {DT_MS:g} (ms, one time step), or [low, high] of such"

    def single(where: str, value: object) -> float:
        number = _finite(where, value, expected)
        return number if number >= DT_MS else refuse(where, value, expected)

    def rule(where: str, value: object) -> float | tuple[float, float]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            return single(where, value)
        if len(value) != 2:
            refuse(where, value, expected)
        low, high = single(where, value[0]), single(where, value[1])
        return (low, high) if low <= high else refuse(where, value, "low <= high in [low, high]")

    return _field(default, rule)


def over_the_run(number: Any) -> Any:
    """Field for a number as the field `number` takes it, or ``[start, end]`` of a run."""
    single: Rule = number.metadata["rule"]

    def rule(where: str, value: object) -> object:
        if isinstance(value, str) or not isinstance(value, Sequence):
            return single(where, value)
        if len(value) != 2:
            refuse(where, value, "one number, or [start, end]")
        return single(f"{where}[0]", value[0]), single(f"{where}[1]", value[1])

    return _field(number.default, rule)


def choice(default: Any = MISSING, *, names: tuple[str, ...]) -> Any:
    """Field for one of some names."""

    def rule(where: str, value: object) -> str:
        if isinstance(value, str) and value in names:
            return value
        if isinstance(value, str):
            raise UsageError(f"{where}: found {show(value)}; {hint(value, names)}")
        refuse(where, value, "one of " + ", ".join(names))

    return _field(default, rule)


def choices(default: Any = MISSING, *, names: tuple[str, ...]) -> Any:
    """Field for a list of some of the names, each once; kept in their order."""
    expected = "a list of some of " + ", ".join(names) + ", each once"

    def rule(where: str, value: object) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            refuse(where, value, expected)
        for name in value:
            if not isinstance(name, str):
                refuse(where, value, expected)
            if name not in names:
                raise UsageError(f"{where}: found {show(name)}; {hint(name, names)}")
        if len(set(value)) < len(value):
            refuse(where, value, expected)
        return tuple(name for name in names if name in value)

    return _field(default, rule)


def switch(default: Any = MISSING) -> Any:
    """Field for true or false; 0, 1 and ``"true"`` are refused."""

    def rule(where: str, value: object) -> bool:
        return value if isinstance(value, bool) else refuse(where, value, "true or false")

    return _field(default, rule)


def words(default: Any = MISSING) -> Any:
    """Field for one line of text."""

    def rule(where: str, value: object) -> str:
        if isinstance(value, str) and (value == "" or value.isprintable()):
            return value
        refuse(where, value, "one line of text")

    return _field(default, rule)


def table(cls: type[T]) -> Any:
    """Field for another table of settings; its default is the table with all of its defaults."""

    def rule(where: str, value: object) -> T:
        return value if isinstance(value, cls) else from_mapping(cls, value, where)

    return field(default_factory=cls, metadata={"rule": rule})


def same(cls: type[Settings], name: str) -> Any:
    """Field with the default and the rule that a field of another class has."""
    entry = cls.__dataclass_fields__[name]
    return field(default=entry.default, metadata=entry.metadata)


def _field(default: Any, rule: Rule) -> Any:
    if callable(default):
        return field(default_factory=default, metadata={"rule": rule})
    return field(default=default, metadata={"rule": rule})


def _finite(where: str, value: object, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        refuse(where, value, expected)
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the largest float
        refuse(where, value, expected)
    return number if math.isfinite(number) else refuse(where, value, expected)

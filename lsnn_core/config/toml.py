"""Read TOML that people wrote, write TOML that reads back as the same values.

Python reads TOML but does not write it; configurations are flat tables of plain values, and those
take a page (D-toml: no dependency for it).
"""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..text import printable, show

MAX_BYTES = 1_000_000  # a recipe has a few hundred; a megabyte is some other file
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of the TOML file at `path`.

    Raises
    ------
    UsageError
        Naming file and line, if it is not a regular file, too long, not UTF-8 or not TOML.
    """
    where = printable(str(path))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a FIFO would wait for ever
            raise UsageError(f"{where}: expected a TOML file, found a folder or a device")
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{where}: cannot be read ({reason})") from None
    return parse_toml(content, where)


def parse_toml(content: bytes, where: str) -> dict[str, Any]:
    """Return the tables of a TOML text in bytes; `where` names it in error messages."""
    if len(content) > MAX_BYTES:
        raise UsageError(f"{where}: longer than {MAX_BYTES} bytes, so not a recipe")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{where}: line {line} is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise UsageError(f"{where}: nested too deeply; a recipe has flat tables") from None
    except ValueError as error:  # TOMLDecodeError, and integers too long for Python
        raise UsageError(f"{where}: not valid TOML: {printable(str(error))}") from None


def merge_tables(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values and tables of `below`, with those keys replaced that `above` has."""
    merged = dict(below)
    for key, value in above.items():
        beside = merged.get(key)
        if isinstance(beside, Mapping) and isinstance(value, Mapping):
            merged[key] = {**beside, **value}
        else:
            merged[key] = value
    return merged


def write_toml(mapping: Mapping[str, object]) -> str:
    """Return the TOML text of plain values followed by one level of tables.

    Raises
    ------
    UsageError
        Naming the key, if a value has no place in such a text.
    """
    plain = {key: value for key, value in mapping.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in mapping.items() if isinstance(value, Mapping)}
    blocks = [_lines(plain, "")] if plain else []
    blocks += [f"[{_key(name)}]\n{_lines(table, f'{name}.')}" for name, table in tables.items()]
    return "\n".join(blocks)


def _lines(table: Mapping[str, object], prefix: str) -> str:
    return "".join(f"{_key(k)} = {_value(v, f'{prefix}{k}')}\n" for k, v in table.items())


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name, "key")


def _value(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _string(value, where)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item, where) for item in value) + "]"
    raise UsageError(f"{where}: found {show(value)}, expected text, numbers, true/false or a list")


def _string(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{where}: found {show(text)}, expected valid Unicode text") from None
    quoted = json.dumps(text, ensure_ascii=False)  # TOML's escapes, but for the unprintable
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)

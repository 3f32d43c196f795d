"""Ways to damage a run file: in its bytes, and in what they mean."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.helpers.run_file import remove_digests

INTEGERS = (0, 1, -1, -7, -500, 1000, 2**31 - 1, 2**31, 2**32 + 1, 2**62, -(2**63), 2**64 - 1)
REALS = (np.nan, np.inf, -np.inf, -0.0, 0.0, -1.0, 1e-310, 5e-324, 1e-12, 2e40, -500.0, 1e39, 1e308)
TYPES = ("<f8", "<f4", ">f8", "<f2", "<i8", ">i4", "<u8", "<i1", "<u1", "?", "S9")
ATTRIBUTES: tuple[Any, ...] = (
    [1, 2],
    [],
    float("nan"),
    [float("nan")] * 2,
    -1,
    2**63,
    0,
    "",
    "\x1b[2J\x07",
    b"\xff\xfe",
    1e300,
    True,
    "x" * 60_000,
    np.zeros((2, 2)),
)
NAMES = ("\x1b[2J", "a\nb", "x" * 300, "rate_\x1b[31m_hz", "ä", " ", "loss")
WORDS = (
    "[1, 2]",
    '{"a": 1}',
    "null",
    "NaN",
    "1e999",
    "-1",
    "9" * 400,
    "9" * 5000,
    '"\\u001b[2J"',
    "[" * 5000,
    "true",
)
NUMBERS = (
    "0",
    "-1",
    "2",
    "1000",
    "2147483647",
    "99999999999",
    "nan",
    "1e30",
    "1e-320",
    '"a"',
    "[1]",
)

Mutation = Callable[[Path, random.Random], str]


def mutate(path: Path, rng: random.Random) -> tuple[str, str]:
    """Damage a file; return the kind of damage ("bytes", "value", "structure"), and what it is."""
    kind = rng.choices(("bytes", "value", "structure"), (3, 4, 5))[0]
    chosen = rng.choice(KINDS[kind])
    if kind != "bytes" and rng.random() < 0.7:  # else nothing would get past the digests
        remove_digests(path)
        kind = "structure"  # what a changed value means, nothing tells
    try:
        done = chosen(path, rng)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        done = f"failed: {str(error)[:60]}"
        kind = "structure"  # whatever is in the file now
    return kind, f"{chosen.__name__}: {done}"


# -- bytes -----------------------------------------------------------------------------------------


def flip(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    places = [rng.randrange(len(content)) for _ in range(rng.choice((1, 1, 1, 8)))]
    for place in places:
        content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    return f"at {places}"


def overwrite(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    place, length = rng.randrange(len(content)), rng.choice((1, 4, 8, 64, 512))
    filling = rng.choice((b"\0", b"\xff", None))
    new = rng.randbytes(length) if filling is None else filling * length
    content[place : place + length] = new
    path.write_bytes(content)
    return f"{length} bytes at {place} by {new[:8].hex()}"


def cut(path: Path, rng: random.Random) -> str:
    content = path.read_bytes()
    keep = rng.choice((0, 8, rng.randrange(len(content)), len(content) - 1))
    path.write_bytes(content[:keep])
    return f"to {keep}"


def shift(path: Path, rng: random.Random) -> str:
    content = path.read_bytes()
    place, length = rng.randrange(len(content)), rng.choice((1, 8, 100))
    new = content[place : place + length]
    path.write_bytes(
        content[:place] + (new if rng.random() < 0.5 else b"") + content[place + length :]
    )
    return f"{length} bytes at {place}"


# -- values ----------------------------------------------------------------------------------------


def one_value(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice(_datasets(file, lambda d: d.size and d.dtype.kind in "iuf"))
        data = file[name]
        values, new = data[()], _special(data.dtype, rng)
        if rng.random() < 0.2 or not data.shape:
            values = np.full(data.shape, new, data.dtype)
        else:
            values.flat[rng.randrange(data.size)] = new
        data[...] = values
    return f"{name} by {new}"


# -- structure -------------------------------------------------------------------------------------


def another_type(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice(_datasets(file))
        dtype = rng.choice(TYPES)
        values = np.asarray(file[name][()])
        new = values.astype(dtype) if values.dtype.kind in "iufb" else np.zeros(3, dtype)
        if new.size and new.dtype.kind in "iuf" and rng.random() < 0.5:
            new = np.array(new)
            new.flat[rng.randrange(new.size)] = _special(new.dtype, rng)
        replace_dataset(file, name, new)
    return f"{name} as {dtype}"


def another_shape(path: Path, rng: random.Random) -> str:
    changes: dict[str, Callable[[Any], Any]] = {
        "shorter": lambda v: v[: len(v) // 2],
        "without the last": lambda v: v[:-1],
        "twice": lambda v: np.concatenate([v, v]),
        "another axis": lambda v: v[None],
        "transposed": lambda v: v.T,
        "empty": lambda v: v[:0],
        "scalar": lambda v: v.ravel()[0],
        "one": lambda v: v.ravel()[:1],
    }
    with h5py.File(path, "r+") as file:
        name, how = rng.choice(_datasets(file)), rng.choice(list(changes))
        replace_dataset(file, name, changes[how](np.atleast_1d(file[name][()])))
    return f"{name} {how}"


def bomb(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice(_datasets(file))
        size, dtype = rng.choice((10**6, 3 * 10**7, 10**9, 2**45)), rng.choice(("<f4", "<i8", "S1"))
        attributes = dict(file[name].attrs)
        del file[name]
        data = file.create_dataset(name, (size,), dtype, chunks=(min(size, 2**20),), compression=9)
        data.attrs.update(attributes)
        if size == 3 * 10**7:
            data[:] = np.zeros(size, dtype)
    return f"{name} of {size}"


def remove(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice(_objects(file))
        del file[name]
    return name


def set_attribute(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice([*_objects(file), *(20 * ["/"])])
        owner = file[name]
        key = rng.choice([*owner.attrs, "mine"])
        value = rng.choice(ATTRIBUTES)
        if value is None or rng.random() < 0.1:
            owner.attrs.pop(key, None)
        elif isinstance(value, str):
            owner.attrs[key] = np.bytes_(value.encode()) if value else np.array(b"", "S1")
        else:
            owner.attrs[key] = value
    return f"{key} of {name} to {str(value)[:20]!r}"


def hard_link(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        source, home = rng.choice([*_objects(file), "/"]), rng.choice([*_groups(file), "/"])
        name = rng.choice(("again", "data", "step", "x\x1b"))
        for depth in range(rng.choice((1, 1, 14))):
            for copy in range(rng.choice((1, 8))):
                file[f"{home}/{name}{depth}/{copy}"] = file[source]
            source = f"{home}/{name}{depth}"
    return f"{source} in {home}"


def foreign_link(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice(_objects(file))
        del file[name]
        soft = rng.random() < 0.5
        file[name] = h5py.SoftLink("/config") if soft else h5py.ExternalLink("/etc/passwd", "/x")
    return name


def rename(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice([n for n in _objects(file) if n.count("/") > 0])
        new = f"{name.rpartition('/')[0]}/{rng.choice(NAMES)}"
        file.move(name, new)
    return f"{name} to {new!r:.40}"


def swap(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        one, two = rng.sample(_datasets(file), 2)
        file.move(one, "spare")
        file.move(two, one)
        file.move("spare", two)
    return f"{one} and {two}"


def change_config(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        lines = file["config"][()].decode().splitlines()
        at = rng.choice([i for i, line in enumerate(lines) if "=" in line])
        key = lines[at].partition("=")[0]
        lines[at] = f"{key}= {rng.choice(NUMBERS)}" if rng.random() < 0.8 else f"mine{key}= 1"
        text = "\n".join(lines) + "\n"
        if rng.random() < 0.05:
            text = rng.choice(("[" * 5000, "a = " + "[" * 5000, "a" * 10**6, "\x1b[2J = 1"))
        replace_dataset(file, "config", np.bytes_(text.encode()))
        file.attrs["config_sha256"] = np.bytes_(hashlib.sha256(text.encode()).hexdigest().encode())
    return lines[at]


def change_json(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        name = rng.choice(("environment", "seeds"))
        found = json.loads(file[name][()])
        key, word = rng.choice([*found, "mine"]), rng.choice(WORDS)
        found[key] = "@@"
        text = json.dumps(found).replace('"@@"', word)
        if rng.random() < 0.1:
            text = word
        replace_dataset(file, name, np.bytes_(text.encode()))
    return f"{name} {key} {word[:20]}"


def add(path: Path, rng: random.Random) -> str:
    with h5py.File(path, "r+") as file:
        home = rng.choice([*_groups(file), "/", "mine", "mine/deeper"])
        name = f"{home}/{rng.choice(('notes', *NAMES))}"
        value: Any = rng.choice(
            (
                np.arange(5),
                np.zeros((2, 2, 2, 2, 2)),
                "text",
                np.bytes_(b"fixed"),
                1j,
                True,
                np.half(2),
            )
        )
        file[name] = value
        file[name].attrs["unit"] = rng.choice(("s", 1, [1, 2]))
    return f"{name!r:.40}"


KINDS: dict[str, tuple[Mutation, ...]] = {
    "bytes": (flip, flip, overwrite, cut, shift),
    "value": (one_value,),
    "structure": (
        another_type, another_shape, bomb, remove, set_attribute, set_attribute, hard_link,
        foreign_link, rename, swap, change_config, change_config, change_json, add,
    ),
}  # fmt: skip


def _special(dtype: np.dtype[Any], rng: random.Random) -> Any:
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return dtype.type(rng.choice(REALS))
    bounds = np.iinfo(dtype)
    return rng.choice([n for n in (*INTEGERS, bounds.max) if bounds.min <= n <= bounds.max])


def replace_dataset(file: h5py.File, name: str, value: Any) -> None:
    attributes = dict(file[name].attrs)
    attributes.pop("crc32", None)
    del file[name]
    file[name] = value
    file[name].attrs.update(attributes)


def _objects(file: h5py.File) -> list[str]:
    names: list[str] = []
    file.visit(names.append)
    return sorted(names)


def _groups(file: h5py.File) -> list[str]:
    return [name for name in _objects(file) if isinstance(file[name], h5py.Group)]


def _datasets(file: h5py.File, wanted: Callable[[Any], Any] = lambda data: True) -> list[str]:
    """Names of datasets; those that grow with the run's kind of file are as likely as the rest."""
    found = [n for n in _objects(file) if isinstance(file[n], h5py.Dataset) and wanted(file[n])]
    loved = [n for n in found if re.match("weights|resume|neurons|inputs|spikes", n)]
    return found + loved

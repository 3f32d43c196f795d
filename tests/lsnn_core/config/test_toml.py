"""TOML from people's editors parses or is refused with file and line; what we write reads back."""

from __future__ import annotations

import os
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.config.toml import MAX_BYTES, parse_toml, read_toml, write_toml
from lsnn_core.errors import UsageError

RECIPE = "seed = 1\n[task]\nname = 'smnist' # naïve\n"
EXPECTED = {"seed": 1, "task": {"name": "smnist"}}

text = st.text(st.characters(exclude_categories=["Cs"]))
value = text | st.integers() | st.booleans() | st.floats(allow_nan=False)
flat = st.dictionaries(text, value | st.lists(value, max_size=3), max_size=4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends_do_not_matter(tmp_path, encoding, line_end):
    path = tmp_path / "mine.toml"
    path.write_bytes(RECIPE.replace("\n", line_end).encode(encoding))

    assert read_toml(path) == EXPECTED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (RECIPE.encode("latin-1"), "line 3 is not UTF-8"),
        (RECIPE.encode("utf-16"), "line 1 is not UTF-8"),
        (b"seed = 1\nseed = 2\n", "at line 2"),
        (b"[task]\nname = 'a'\n[task]\n", "at line 3"),
        (b"seed 1\n", "at line 1"),
        (b"seed = " + 5000 * b"1", "not valid TOML"),
        (b"seed = " + 50_000 * b"[", "(nested too deeply|not valid TOML)"),
        (b"seed = 1 #" + MAX_BYTES * b"x", "longer than 1000000 bytes"),
        (b"\x89HDF\r\n\x1a\n", "line 1 is not UTF-8"),
    ],
    ids=lambda part: repr(part[:20]),
)
def test_damaged_text_is_refused_with_file_and_line(content, message):
    with pytest.raises(UsageError, match=rf"^mine\.toml: .*{message}"):
        parse_toml(content, "mine.toml")


def test_numbers_beyond_the_largest_float_read_as_infinity():
    assert parse_toml(b"lr = 1e999", "mine.toml") == {"lr": float("inf")}


def test_a_fifo_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")

    with pytest.raises(UsageError, match=r"pipe\.toml: expected a TOML file"):
        read_toml(tmp_path / "pipe.toml")


@pytest.mark.parametrize("name", ["absent.toml", "nul\0.toml", 3000 * "long" + ".toml", "."])
def test_what_cannot_be_opened_is_refused_by_name(tmp_path, name):
    with pytest.raises(UsageError, match=r"(cannot be read|expected a TOML file)"):
        read_toml(tmp_path / name)


@given(flat, st.dictionaries(text, flat, max_size=3))
def test_what_is_written_reads_back(top, tables):
    mapping = {**top, **tables}

    assert tomllib.loads(write_toml(mapping)) == mapping


def test_the_text_is_made_for_reading():
    mapping = {"seed": 1, "title": "é", "training": {"lr": 0.01, "on": True, "tau": (1.0, 2.0)}}

    assert write_toml(mapping) == (
        'seed = 1\ntitle = "é"\n\n[training]\nlr = 0.01\non = true\ntau = [1.0, 2.0]\n'
    )


@pytest.mark.parametrize("bad", [None, object(), {"deep": {}}, b"bytes", {1, 2}])
def test_what_toml_cannot_say_is_refused_by_name(bad):
    with pytest.raises(UsageError, match=r"^task\.key: found"):
        write_toml({"task": {"key": bad}})

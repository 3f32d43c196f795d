"""The guarded reader gives away plain numbers and texts under plain names, and nothing else."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from lsnn_core.files.guarded import open_guarded
from lsnn_core.text import printable
from tests.helpers.guarded import array_refusal, refusal

pytestmark = pytest.mark.timeout(20)  # a reader that follows a link to a FIFO never comes back


# -- types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "dtype", "word"),
    [
        (np.zeros(3, [("a", "f8"), ("b", "i4")]), None, "compound"),
        (np.zeros(3, complex), None, ""),
        (np.zeros(3, "V5"), None, "opaque"),
        (None, h5py.ref_dtype, "reference"),
        (None, h5py.vlen_dtype(np.int32), "variable-length"),
        (1, h5py.enum_dtype({"A": 0, "B": 1}), "enumeration"),
        (h5py.Empty("f8"), None, "nothing"),
        (np.zeros((1, 1, 1, 1, 1)), None, "5 axes"),
        (np.zeros((1,) * 32), None, "32 axes"),
    ],
)
def test_other_types_and_ranks_are_refused(file, path, value, dtype, word):
    if value is None:
        file.create_dataset("data", (3,), dtype)
    else:
        file.create_dataset("data", data=value, dtype=dtype)
    array_refusal(file, "data", str(path), word)


def test_named_datatype_is_not_a_dataset(file, path):
    file["type"] = np.dtype("f8")
    file.close()
    refusal(path, lambda f: f.array("type"), "not a dataset")


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (">f8", "=f8"),
        (">i4", "=i4"),
        ("<u2", "=u2"),
        ("<f2", "=f4"),
        (">f2", "=f4"),
        (np.longdouble, "=f8"),
        ("?", "?"),
    ],
)
def test_numbers_come_back_in_native_types(file, path, stored, read):
    file["data"] = np.array([[0, 1, 3]]).astype(stored)
    file.close()
    with open_guarded(path) as guarded:
        found = guarded.array("data", "fiub")
    assert found.dtype == np.dtype(read)
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, np.array([[0, 1, 3]]).astype(read))


def test_empty_and_scalar_arrays_are_read(file, path):
    file["empty"], file["scalar"] = np.zeros((0, 3)), np.int32(7)
    file.close()
    with open_guarded(path) as guarded:
        assert guarded.array("empty").shape == (0, 3)
        assert guarded.array("scalar", "i", 0) == 7


def test_unexpected_kind_or_rank_is_refused(file, path):
    file["text"] = fixed("abc")
    file.close()
    refusal(path, lambda f: f.array("group/plain", "iu"), "float64", "i/u")
    refusal(path, lambda f: f.array("group/plain", "f", 2), "(5,)", "2 axes")
    refusal(path, lambda f: f.array("text"), "holds text")
    refusal(path, lambda f: f.text("group/plain"), "holds float64")


@pytest.mark.parametrize("value", ["ä€", "naïve\n\x1b[2J", ""])
def test_text_comes_back_as_it_was(file, path, value):
    file["text"] = fixed(value)
    file.close()
    with open_guarded(path) as guarded:
        assert guarded.text("text") == value


def test_text_of_variable_length_is_refused(file, path):
    # one wrong byte in the heap that holds such texts, and reading one never ends
    file["text"] = "variable"
    file["group"].attrs["text"] = "variable"
    file.close()
    refusal(path, lambda f: f.text("text"), "variable length")
    refusal(path, lambda f: f.attribute("text", "group"), "variable length")


def test_text_that_is_not_utf8_or_a_list_is_refused(file, path):
    file["latin"] = np.array(b"\xff\xfe", h5py.string_dtype("utf-8", 2))
    file["list"] = np.array([b"a", b"b"])
    file.close()
    refusal(path, lambda f: f.text("latin"), "UTF-8")
    refusal(path, lambda f: f.text("list"), "list")


# -- attributes and names --------------------------------------------------------------------------


def test_attributes_come_back_as_plain_values(file, path):
    colour = h5py.enum_dtype({"red": 1, "blue": 2}, np.uint8)
    file["group"].attrs.create("colour", 2, dtype=colour)
    file["group"].attrs.update({"n": np.int16(3), "x": 0.5, "name": fixed("ä"), "shape": [2, 3]})
    file.close()
    with open_guarded(path) as guarded:
        found = guarded.attributes("group")
        assert guarded.attribute("absent", "group") is None
    assert list(found["shape"]) == [2, 3]
    del found["shape"]
    assert found == {"colour": "blue", "n": 3, "x": 0.5, "name": "ä"}


@pytest.mark.parametrize(
    "value",
    [np.zeros((2, 2)), np.zeros(1, [("a", "f8")]), ["a", "b"], h5py.Empty("f8"), np.zeros(9000)],
)
def test_other_attributes_are_refused(path, value):
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["odd"] = value
    refusal(path, lambda f: f.attribute("odd"), "attribute 'odd'")
    refusal(path, lambda f: f.attributes())


def test_escapes_in_names_are_never_in_a_message(file, path):
    name = "\x1b]0;owned\x07\nx"
    file[name] = h5py.SoftLink("/group")
    file.attrs[name] = np.zeros((2, 2))
    file.close()
    refusal(path, lambda f: f.array(name), "owned")
    refusal(path, lambda f: f.children(), "owned")
    refusal(path, lambda f: f.attribute(name), "owned")


def test_names_that_are_not_utf8_are_shown_escaped(file, path):
    file[b"n\xff"] = 1.0
    file.attrs.create(b"a\xff", 2)
    file.close()
    with open_guarded(path) as guarded:
        assert list(guarded.walk()) == [("group", False), ("group/plain", True), ("n\udcff", True)]
        assert guarded.array("n\udcff") == 1.0
        assert guarded.attributes() == {"a\udcff": 2}
    refusal(path, lambda f: f.text("n\udcff"), r"n\udcff")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ä€", "plain ä€"),
        ("\x1b[2J\r\n\t", r"\x1b[2J\r\n\t"),
        ("\u202eevil", r"\u202eevil"),
        ("\udcff", r"\udcff"),
        ("x" * 300, "x" * 197 + "..."),
    ],
)
def test_printable_text_is_one_harmless_line(raw, shown):
    assert printable(raw) == shown


def fixed(text: str) -> np.ndarray:
    raw = text.encode()
    return np.array(raw, h5py.string_dtype("utf-8", max(1, len(raw))))

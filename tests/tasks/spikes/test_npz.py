"""NPZ files of strangers: read if honest, refused in one line if not."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from tasks.spikes.npz import read_npz


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spikes.npz"


def refused(path, names=("a",)):
    with pytest.raises(BadFileError) as caught:
        read_npz(path, names)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


def npy(values, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, values, **options)
    return file.getvalue()


def write(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "u1", ">i8", "<u8"])
def test_vectors_come_back_in_native_order(path, save, dtype):
    values = np.arange(5).astype(dtype)
    save(path, a=values, other=np.zeros((2, 2)))
    found = read_npz(path, ("a", "absent"))
    assert list(found) == ["a"]
    assert np.array_equal(found["a"], values)
    assert found["a"].dtype.isnative


@pytest.mark.parametrize(
    "values",
    [np.zeros((2, 2)), np.array(1.0), np.array(["text"]), np.zeros(2, "m8[s]"), np.zeros(2, bool),
     np.zeros(2, [("x", "f8")]), np.zeros(2, complex), np.zeros(2, np.longdouble)],
)  # fmt: skip
def test_what_is_no_vector_of_numbers_is_refused(path, values):
    np.savez(path, a=values)
    assert "expected a vector of numbers" in refused(path)


def test_a_pickle_is_never_loaded(path):
    np.savez(path, a=np.array([print], object))
    assert "expected a vector of numbers" in refused(path)


def test_a_bomb_is_refused_before_it_unfolds(path):
    write(path, {"a": npy(np.zeros(2**24))})
    assert path.stat().st_size < 2**18
    assert "unfolds to more than" in refused(path)


def test_a_header_that_lies_is_refused(path):
    honest = npy(np.zeros(8))
    assert honest.count(b"(8,)") == 1
    for lie in (b"(9,)", b"(1,)", b"(-8,)"[:4]):
        write(path, {"a": honest.replace(b"(8,)", lie)})
        refused(path)


def test_nonsense_in_a_member_is_refused(path):
    for content in (b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x09\x00" + bytes(80), b"PK" * 40):
        write(path, {"a": content})
        refused(path)


def test_other_compressions_are_refused(path):
    write(path, {"a": npy(np.zeros(8))}, zipfile.ZIP_BZIP2)
    assert "compressed in another way" in refused(path)


def test_no_flipped_byte_gets_past(path):
    np.savez_compressed(path, a=np.arange(40.0), b=np.arange(7))
    whole = path.read_bytes()
    expected = read_npz(path, ("a", "b"))
    noticed = 0
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 16]) + whole[offset + 1 :])
        try:
            found = read_npz(path, ("a", "b"))
            for name in found:  # a member whose name was hit is not there
                assert np.array_equal(found[name], expected[name]), f"unnoticed at {offset}"
        except BadFileError:
            noticed += 1
    assert noticed > len(whole) / 2
    path.write_bytes(whole[: len(whole) // 2])
    refused(path)

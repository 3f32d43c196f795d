"""The guarded reader gives away plain numbers and texts, and refuses everything else unread."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.h5safe import GuardedFile, checksum, open_guarded, printable
from lsnn_core.h5safe_rules import size_problem
from tests.processes import start_python

pytestmark = pytest.mark.timeout(20)  # a reader that follows a link to a FIFO never comes back

CANARY = "the canary's secret song"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.h5"


@pytest.fixture
def file(path: Path):
    """Give an HDF5 file open for writing, with one honest dataset in a group."""
    with h5py.File(path, "w", libver=("v110", "v110")) as opened:
        opened["group/plain"] = np.arange(5.0)
        yield opened


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo.h5")
    return tmp_path / "fifo.h5"


def refusal(path: Path, read, *words: str) -> str:
    """Return the one-line message with which `read(guarded file)` is refused."""
    with pytest.raises(BadFileError) as caught, open_guarded(path) as guarded:
        read(guarded)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()  # so it is one line without escapes, too
    problem = message.removeprefix(str(path))  # the folder is named after the test
    for word in words:
        assert word in problem
    return message


def array_refusal(file: h5py.File, name: str, *words: str) -> str:
    file.close()
    path = Path(words[0])
    refusal(path, lambda f: f.value(name), *words[1:])
    return refusal(path, lambda f: f.array(name, "fiub"), *words[1:])


def nothing(guarded: GuardedFile) -> None:
    """Read nothing: opening alone must be refused."""


# -- files that are none ---------------------------------------------------------------------------


def test_missing_file_is_refused(path):
    refusal(path, nothing, "no such file")


def test_empty_file_is_refused(path):
    path.touch()
    refusal(path, nothing, "is empty")


def test_folder_is_refused(path):
    path.mkdir()
    refusal(path, nothing, "is a folder")


def test_fifo_is_refused_without_waiting_for_a_writer(fifo):
    refusal(fifo, nothing, "FIFO")


def test_device_is_refused():
    refusal(Path("/dev/zero"), nothing, "device")


def test_text_is_refused_and_quoted_without_its_escapes(path):
    path.write_bytes(b"\x1b[2Jhello\n")
    assert "\x1b" not in refusal(path, nothing, "not an HDF5 file", r"\x1b[2J")


def test_zip_archive_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    refusal(path, nothing, "not an HDF5 file", "PK")


def test_path_with_a_nul_is_refused():
    with pytest.raises(BadFileError, match="cannot be opened"), open_guarded("a\0b"):
        pass


@pytest.mark.parametrize("keep", [lambda n: n - 1, lambda n: n // 2, lambda n: 9, lambda n: 4])
def test_truncated_file_is_refused(file, path, keep):
    file.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: keep(len(whole))])
    refusal(path, lambda f: f.array("group/plain"))


def test_file_open_for_writing_elsewhere_is_refused(file, path):
    file.flush()
    script = (
        "import sys; from lsnn_core.h5safe import open_guarded\nwith open_guarded(sys.argv[1]): 0"
    )
    _, errors = start_python(script, str(path)).communicate()
    assert "BadFileError" in errors
    assert "another program is writing" in errors


# -- links -----------------------------------------------------------------------------------------


def test_external_link_is_refused_without_opening_its_target(file, path, fifo):
    file["link"] = h5py.ExternalLink(str(fifo), "/x")
    file.close()
    refusal(path, lambda f: f.array("link"), "external link")
    refusal(path, lambda f: f.has("link"), "external link")
    refusal(path, lambda f: f.children(), "external link")
    refusal(path, lambda f: list(f.walk()), "external link")


def test_link_in_the_middle_of_a_path_is_refused(file, path, fifo):
    file["group/link"] = h5py.ExternalLink(str(fifo), "/")
    file.close()
    refusal(path, lambda f: f.array("group/link/deeper/data"), "external link")


def test_dangling_external_link_is_refused_and_not_taken_for_missing(file, path):
    file["link"] = h5py.ExternalLink("nowhere.h5", "/x")
    file.close()
    refusal(path, lambda f: f.has("link"), "external link")


def test_soft_link_is_refused(file, path, fifo):
    file["hop"] = h5py.ExternalLink(str(fifo), "/x")
    file["soft"] = h5py.SoftLink("/hop")
    file["near"] = h5py.SoftLink("/group")
    file.close()
    refusal(path, lambda f: f.array("soft"), "soft link")
    refusal(path, lambda f: f.array("near/plain"), "soft link")


def test_missing_object_is_named(file, path):
    file.close()
    refusal(path, lambda f: f.array("group/absent"), "group/absent", "is missing")
    refusal(path, lambda f: f.array("group/plain/below"), "is missing")
    refusal(path, lambda f: f.array("../file"), "is missing")
    with open_guarded(path) as guarded:
        assert guarded.has("group/plain")
        assert not guarded.has("group/absent")


def test_group_that_holds_itself_is_refused(file, path):
    file["group/again"] = file["group"]
    file.close()
    refusal(path, lambda f: list(f.walk()), "nested")


def test_few_groups_folded_into_millions_of_paths_are_refused(file, path, monkeypatch):
    monkeypatch.setattr("lsnn_core.h5safe.MAX_NODES", 500)
    below = file["group"]
    for level in range(6):
        group = file.create_group(f"level{level}")
        for name in range(10):
            group[str(name)] = below
        below = group
    file.close()
    refusal(path, lambda f: list(f.walk("level5")), "past 500 objects")


def test_group_with_too_many_members_is_refused(file, path, monkeypatch):
    monkeypatch.setattr("lsnn_core.h5safe.MAX_CHILDREN", 1)
    file["group/second"] = 1
    file.close()
    refusal(path, lambda f: f.children("group"), "members")


# -- storage ---------------------------------------------------------------------------------------


def test_external_storage_is_refused_and_its_bytes_are_not_quoted(file, path, tmp_path):
    (tmp_path / "canary.txt").write_text(CANARY)
    external = [(str(tmp_path / "canary.txt"), 0, len(CANARY))]
    file.create_dataset("stolen", (len(CANARY),), "u1", external=external)
    assert CANARY not in array_refusal(file, "stolen", str(path), "external storage")


def test_virtual_dataset_is_refused_without_opening_its_source(file, path, fifo):
    layout = h5py.VirtualLayout((5,), "f8", maxshape=(None,))
    layout[: h5py.h5s.UNLIMITED] = h5py.VirtualSource(str(fifo), "x", (5,), maxshape=(None,))[
        : h5py.h5s.UNLIMITED
    ]
    file.create_virtual_dataset("virtual", layout)
    array_refusal(file, "virtual", str(path), "virtual")


@pytest.mark.parametrize(
    ("options", "code"), [({"compression": "lzf"}, "32000"), ({"scaleoffset": 0}, "6")]
)
def test_unknown_filter_is_refused_by_number(file, path, options, code):
    file.create_dataset("data", data=np.arange(100), chunks=(100,), **options)
    array_refusal(file, "data", str(path), f"filter {code}")


def test_filter_applied_twice_is_refused(file, path):
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((100,))
    created.set_deflate(4)
    created.set_deflate(4)
    space = h5py.h5s.create_simple((100,))
    h5py.h5d.create(file.id, b"data", h5py.h5t.NATIVE_INT8, space, created)
    array_refusal(file, "data", str(path), "twice")


@pytest.mark.parametrize(
    "layout", [{}, {"chunks": (10**6,)}, {"chunks": (10**6,), "compression": "gzip"}]
)
@pytest.mark.parametrize("size", [2**40, 20 * 10**9, 10**6])
def test_dataset_larger_than_the_file_can_hold_is_refused(file, path, layout, size):
    file.create_dataset("huge", (size,), "f8", **layout)
    array_refusal(file, "huge", str(path), "declares", str(8 * size))


def test_storage_that_is_claimed_but_exceeds_the_file_counts_for_nothing(file):
    file["data"] = np.zeros(1000, np.uint8)
    assert size_problem(file["data"], file_size=1000) is None
    assert "at most 999" in size_problem(file["data"], file_size=999)


def test_dataset_over_the_absolute_limit_is_refused(file, path, monkeypatch):
    monkeypatch.setattr("lsnn_core.h5safe_rules.MAX_DATASET_BYTES", 1000)
    file["data"] = np.zeros(126)
    array_refusal(file, "data", str(path), "1008 bytes", "at most 1000")


def test_huge_chunk_of_a_small_dataset_is_refused(file, path):
    file.create_dataset("data", (3,), "f8", chunks=(2**26,), maxshape=(None,))
    array_refusal(file, "data", str(path), "chunks")


def test_refusing_terabytes_takes_no_memory(file, path):
    file.create_dataset("huge", (2**40,), "f8", chunks=(2**20,), compression="gzip")
    file.close()
    script = """
import resource, sys
from lsnn_core.h5safe import BadFileError, open_guarded
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
with open_guarded(sys.argv[1]) as file:
    try:
        file.array("huge")
    except BadFileError as error:
        print(error)
# not ru_maxrss: that begins with what the process that forked had held
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""
    message, peak_mib = start_python(script, str(path)).communicate()[0].splitlines()
    assert "declares" in message
    assert int(peak_mib) < 300


def test_flipped_byte_in_a_chunk_is_noticed(file, path):
    values = np.random.default_rng(1).random(1000)
    data = file.create_dataset("data", data=values, chunks=(1000,), fletcher32=True)
    offset = data.id.get_chunk_info(0).byte_offset
    file.close()
    flip(path, offset + 77)
    refusal(path, lambda f: f.array("data"), "damaged")


def test_flipped_byte_outside_chunks_is_noticed_by_our_checksum(file, path):
    data = file.create_dataset("data", data=np.float64(1.5))
    data.attrs["crc32"] = checksum(np.array(1.5))
    offset = data.id.get_offset()
    file.close()
    with open_guarded(path) as guarded:
        assert guarded.array("data") == 1.5
    flip(path, offset + 3)
    refusal(path, lambda f: f.array("data"), "damaged")


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


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)

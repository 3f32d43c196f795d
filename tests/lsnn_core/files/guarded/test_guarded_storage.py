"""The guarded reader gives away numbers that lie in the file, as large as they are said to be."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from lsnn_core.files.guarded import checksum, open_guarded
from lsnn_core.files.rules import size_problem
from tests.helpers.guarded import CANARY, array_refusal, flip, refusal
from tests.helpers.processes import start_python

pytestmark = pytest.mark.timeout(20)  # a reader that follows a link to a FIFO never comes back


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
    monkeypatch.setattr("lsnn_core.files.rules.MAX_DATASET_BYTES", 1000)
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
from lsnn_core.files.guarded import BadFileError, open_guarded
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

"""SPHERE files: what is written is read, what is damaged is refused by name."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.random.streams import stream
from tasks.speech.sphere import HEADER_BYTES, read_sphere, write_sphere

SAMPLES = stream(0, "samples").integers(-(2**15), 2**15, 1_000).astype(np.int16)


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "SX37.WAV"
    write_sphere(path, SAMPLES)
    return path


def edit(file: pathlib.Path, old: bytes, new: bytes) -> None:
    """Replace a field of the header; what it grows by goes from its padding."""
    data = file.read_bytes()
    header = data[:HEADER_BYTES].replace(old, new).rstrip(b" ").ljust(HEADER_BYTES)
    file.write_bytes(header + data[HEADER_BYTES:])


def refusal(file: pathlib.Path) -> str:
    with pytest.raises(BadFileError) as caught:
        read_sphere(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message


def test_what_is_written_is_read(file):
    np.testing.assert_array_equal(read_sphere(file), SAMPLES)


def test_another_reader_agrees(file):
    soundfile = pytest.importorskip("soundfile")

    found, rate = soundfile.read(file, dtype="int16")

    assert rate == 16_000
    np.testing.assert_array_equal(found, SAMPLES)


def test_either_byte_order_is_read(file):
    edit(file, b"sample_byte_format -s2 01", b"sample_byte_format -s2 10")

    np.testing.assert_array_equal(read_sphere(file), SAMPLES.byteswap())


def test_a_header_without_coding_is_pcm_as_timit_s_own(file):
    edit(file, b"sample_coding -s3 pcm\n", b"")

    np.testing.assert_array_equal(read_sphere(file), SAMPLES)


def test_a_missing_file_is_named(tmp_path):
    assert "No such file" in refusal(tmp_path / "SX1.WAV")


def test_a_file_cut_short_is_refused(file):
    file.write_bytes(file.read_bytes()[:-200])

    assert "expected 1000 samples as its header says, found 900" in refusal(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"-s3 pcm", b"-s26 pcm,embedded-shorten-v2.00", "expected sample_coding pcm"),
        (b"sample_rate -i 16000", b"sample_rate -i 8000", "expected sample_rate 16000"),
        (b"channel_count -i 1", b"channel_count -i 2", "expected channel_count 1"),
        (b"sample_n_bytes -i 2", b"", "sample_n_bytes 2, found 'nothing'"),
        (b"sample_count -i 1000", b"sample_count -i 9" + b"9" * 30, "expected 999"),
        (b"sample_count -i 1000", b"sample_count -i -1", "a sample_count"),
        (b"-s2 01", b"-s2 77", "sample_byte_format 01 or 10"),
        (b"end_head", b"no_head_", "expected end_head"),
        (b"   1024", b"9999999", "found b'NIST_1A"),
    ],
)
def test_a_header_of_another_kind_is_refused(file, old, new, said):
    edit(file, old, new)

    assert said in refusal(file)


@pytest.mark.parametrize("data", [b"", b"NIST_1A\n", b"\0" * 3_000])
def test_what_is_no_sphere_file_is_refused(file, data):
    file.write_bytes(data)

    assert "expected NIST SPHERE audio" in refusal(file)


def test_a_riff_file_is_told_apart(file):
    file.write_bytes(b"RIFF" + bytes(2_000))

    assert "a RIFF WAV file" in refusal(file)

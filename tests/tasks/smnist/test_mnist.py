import gzip
import hashlib
import tracemalloc

import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from tasks.smnist import mnist

LABELS = mnist.TEST_LABELS  # small: the one that the tests damage
SOUND = (mnist.SHIPPED / LABELS.name).read_bytes()


@pytest.fixture(scope="module")
def digits():
    return mnist.load_mnist()


def refusal(folder, data: bytes) -> str:
    (folder / LABELS.name).write_bytes(data)
    with pytest.raises(BadFileError) as caught:
        mnist.read_idx(folder, LABELS)
    return str(caught.value)


def test_split_sizes(digits):
    assert [split.pixels.shape for split in digits] == [(55_000, 784), (5_000, 784), (10_000, 784)]
    assert [split.labels.shape for split in digits] == [(55_000,), (5_000,), (10_000,)]
    assert all(a.dtype == np.uint8 for split in digits for a in split)


def test_validation_is_the_start_of_the_training_file(digits):
    assert digits.validation.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert digits.train.labels[:5].tolist() == [7, 3, 4, 6, 1]
    assert digits.test.labels[:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.parametrize("file", [mnist.TRAIN_IMAGES, mnist.TRAIN_LABELS])
def test_no_image_is_lost_or_moved_by_the_split(file, digits):
    field = "pixels" if file is mnist.TRAIN_IMAGES else "labels"
    parts = getattr(digits.validation, field), getattr(digits.train, field)
    content = file.header + b"".join(part.tobytes() for part in parts)
    assert hashlib.md5(content).hexdigest() == file.md5


def test_every_digit_counts_as_published(digits):
    train = np.concatenate((digits.validation.labels, digits.train.labels))
    expected = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(train).tolist() == expected


def test_images_are_rows_of_ink_on_black(digits):
    image = digits.test.pixels[0].reshape(28, 28)
    assert image[0].max() == 0
    assert image[7, 6:10].tolist() == [84, 185, 159, 151]  # the bar of the first test digit, a 7


def test_digits_cannot_be_changed_by_accident(digits):
    with pytest.raises(ValueError, match="read-only"):
        digits.train.pixels[0, 0] = 1


@pytest.mark.parametrize("way", ["argument", "environment"])
def test_own_copy_is_read(way, tmp_path, monkeypatch):
    for file in mnist.SHIPPED.glob("*.gz"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / LABELS.name).unlink()
    monkeypatch.setenv(mnist.ENVIRONMENT, str(tmp_path) if way == "environment" else "")
    with pytest.raises(BadFileError, match=str(tmp_path / LABELS.name)):
        mnist.load_mnist(tmp_path if way == "argument" else None)


def test_missing_file_is_named_with_remedy(tmp_path):
    with pytest.raises(BadFileError) as caught:
        mnist.read_idx(tmp_path, LABELS)
    for part in (LABELS.name, LABELS.md5, "No such file", "leave out data_dir"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_md5_names_both(tmp_path):
    content = bytearray(gzip.decompress(SOUND))
    content[100] ^= 1
    message = refusal(tmp_path, gzip.compress(content))
    assert LABELS.md5 in message
    assert "content with MD5 " in message


@pytest.mark.parametrize(
    "length", [0, 1, 9, 10, 12, 100, len(SOUND) // 2, len(SOUND) - 9, len(SOUND) - 1]
)
def test_truncated_gzip(length, tmp_path):
    refusal(tmp_path, SOUND[:length])


@pytest.mark.parametrize("at", [0, 3, 40, 2000, len(SOUND) - 6])
def test_flipped_bit(at, tmp_path):
    damaged = bytearray(SOUND)
    damaged[at] ^= 0x80
    refusal(tmp_path, bytes(damaged))


@pytest.mark.parametrize("extra", [b"x", SOUND])
def test_bytes_after_the_end(extra, tmp_path):
    assert "damaged end" in refusal(tmp_path, SOUND + extra)


def test_lying_header(tmp_path):
    content = gzip.decompress(SOUND)
    message = refusal(tmp_path, gzip.compress(b"\0\0\x08\x01\xff\xff\xff\xff" + content[8:]))
    assert "IDX header 00000801ffffffff instead of 0000080100002710" in message


def test_more_content_than_the_header_says_is_never_inflated(tmp_path):
    bomb = gzip.compress(LABELS.header + bytes(50_000_000))
    tracemalloc.start()
    message = refusal(tmp_path, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "more instead of 10000 bytes" in message
    assert peak < 1_000_000


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / LABELS.name).mkdir()
    with pytest.raises(BadFileError, match="directory"):
        mnist.read_idx(tmp_path, LABELS)


def test_attribution_ships_with_the_files():
    text = (mnist.SHIPPED / "ATTRIBUTION.md").read_text()
    for part in ("LeCun", "Cortes", "CC BY-SA 3.0", mnist.TRAIN_IMAGES.md5, LABELS.md5):
        assert part in text

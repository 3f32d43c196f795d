"""Label files: the phone at each frame's centre; what does not fit the audio is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from tasks.speech.labels import UNLABELLED, frame_labels
from tasks.speech.phones import CLASSES, FOLD, INDEX, PHONES


@pytest.fixture
def file(tmp_path):
    return tmp_path / "SX37.PHN"


def labelled(file, text: str, n_samples: int = 2_000) -> list[str]:
    file.write_text(text)
    found = frame_labels(file, n_samples)
    return ["" if i == UNLABELLED else PHONES[i] for i in found]


def test_there_are_61_phones_in_39_classes():
    assert len(PHONES) == len(INDEX) == 61
    assert len(CLASSES) == 39
    assert sorted(set(FOLD.tolist())) == list(range(-1, 39))
    assert CLASSES[FOLD[INDEX["kcl"]]] == "sil"
    assert CLASSES[FOLD[INDEX["zh"]]] == "sh"


def test_a_frame_has_the_phone_at_its_centre(file):
    # centres: 200, 360, 520, 680, 840, 1000, 1160, 1320, 1480, 1640, 1800
    found = labelled(file, "0 360 h#\n360 521 sh\n521 1320 iy\n1320 2000 h#\n")

    assert found == ["h#", *["sh"] * 2, *["iy"] * 4, *["h#"] * 4]


def test_labels_may_end_a_little_before_the_audio(file):
    assert labelled(file, "0 1000 h#\n1000 1750 s\n")[-1] == "s"


def test_frames_before_the_first_label_do_not_count(file):
    assert labelled(file, "600 1000 s\n1000 2000 h#\n")[:4] == ["", "", "", "s"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected lines 'start stop phone', found none"),
        ("0 1000 h#\n", "labels over the whole audio, samples 0 to 2000, found labels from 0 to"),
        ("0 1000 h#\n1000 9000 s\n", "found labels from 0 to 9000"),
        ("0 1000 h#\n900 2000 s\n", "labels 1 and 2 overlap: 1000 and 900"),
        ("0 1000 h#\n1100 2000 s\n", "labels 1 and 2 leave a gap: 1000 and 1100"),
        ("0 2000 xx\n", "one of TIMIT's 61 phones in line 1, found 'xx'"),
        ("0 1000 h#\n2000 1000 s\n", "start < stop in line 2, found 2000 and 1000"),
        ("0 h#\n", "'start stop phone' in line 1, found '0 h#'"),
        ("-1 2000 h#\n", "'start stop phone' in line 1"),
        ("0 99999999999999999999 h#\n", "'start stop phone' in line 1"),
    ],
)
def test_labels_that_do_not_fit_are_refused(file, text, said):
    with pytest.raises(BadFileError) as caught:
        labelled(file, text)

    message = str(caught.value)
    assert message.startswith(f"{file}: expected ")
    assert said in message
    assert "\n" not in message


def test_late_labels_are_refused_when_they_belong_to_another_recording(file):
    with pytest.raises(BadFileError, match="found labels from 16001 to 40000"):
        labelled(file, "16001 40000 s\n", 40_000)


def test_other_bytes_than_text_are_refused(file):
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadFileError, match="found other bytes"):
        frame_labels(file, 2_000)


def test_a_missing_file_is_named(file):
    with pytest.raises(BadFileError, match=r"SX37\.PHN: .*No such file"):
        frame_labels(file, np.int64(2_000))

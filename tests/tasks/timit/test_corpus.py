"""A small TIMIT passes through the reader; one with a fault is refused by the fault's name."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from lsnn_core.errors import BadFileError, UsageError
from tasks.speech.mfcc import N_FEATURES
from tasks.speech.sphere import write_sphere
from tasks.timit import corpus as timit_corpus
from tasks.timit.corpus import SPLITS, STAND_IN, TIMIT, checked, load
from tasks.timit.task import Timit, TimitSettings
from tests.helpers.speech import SMALL, write_corpus


@pytest.fixture
def root(tmp_path):
    return write_corpus(tmp_path)


def refusal(root) -> str:
    with pytest.raises(BadFileError) as caught:
        load(root, SMALL)
    message = str(caught.value)
    assert message.startswith(str(root))
    assert "\n" not in message
    return message


def test_splits_are_those_of_the_lists(root):
    splits = load(root, SMALL)

    names = {split: [u.name for u in splits[split]] for split in SPLITS}
    assert names["train"][:3] == ["FAAA0/SI700", "FAAA0/SX37", "MBBB0/SI700"]
    assert len(names["train"]) == 6
    assert names["validation"] == ["FDEV0/SI700", "FDEV0/SX37"]
    assert [name[:5] for name in names["test"]] == ["FTES0"] * 2 + ["MTES0"] * 2


def test_training_features_are_normalised(root):
    splits = load(root, SMALL)
    every = np.concatenate([u.x for u in splits["train"]])

    assert every.shape[1] == N_FEATURES
    np.testing.assert_allclose(every.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(every.std(axis=0), 1.0, atol=1e-5)
    assert all(len(u.x) == len(u.phone) for part in splits.values() for u in part)


@pytest.mark.parametrize("top", ["", "TIMIT/"])
@pytest.mark.parametrize("lower", [False, True])
def test_any_letter_case_and_either_root_will_do(tmp_path, lower, top):
    one = load(write_corpus(tmp_path / "one"), SMALL)
    other = load(write_corpus(tmp_path / "other", lower=lower, top=top), SMALL)

    for split in SPLITS:
        for a, b in zip(one[split], other[split], strict=True):
            assert a.name == b.name
            np.testing.assert_array_equal(a.x, b.x)
            np.testing.assert_array_equal(a.phone, b.phone)


def litter(folder, name: str = "") -> None:
    """What copies of TIMIT are found with: resource forks, conversions, copies of files."""
    for file in [p for p in folder.rglob(name or "*") if p.is_file()]:
        file.with_name(f"._{file.name}").write_bytes(b"\0\5\26\7Mac OS X")
        if file.suffix.upper() == ".WAV":
            file.with_name(f"{file.name}.wav").write_bytes(b"RIFF....WAVE")
            file.with_name(f".{file.name}.swp").write_bytes(b"")
        if file.name != file.name.lower():
            file.with_name(file.name.lower()).write_bytes(file.read_bytes())


def test_what_copies_of_the_corpus_hold_besides_changes_nothing(root):
    clean = load(root, SMALL)
    litter(root)
    for folder in (root / "TIMIT/TRAIN", root / "TIMIT/TRAIN/DR1"):
        (folder / ".svn").mkdir()
        (folder / "._DR1").write_bytes(b"")

    found = load(root, SMALL)

    for split in SPLITS:
        assert [u.name for u in found[split]] == [u.name for u in clean[split]]
        for a, b in zip(found[split], clean[split], strict=True):
            np.testing.assert_array_equal(a.x, b.x)


def test_an_original_that_bears_the_converted_name_is_read(root):
    clean = load(root, SMALL)
    for file in root.rglob("*.WAV"):
        file.rename(file.with_name(f"{file.name}.wav"))
        file.write_bytes(b"RIFF....WAVE")

    assert [u.name for u in load(root, SMALL)["train"]] == [u.name for u in clean["train"]]


@pytest.mark.parametrize("name", ["SX37.WAV", "SX37.PHN"])
def test_a_file_in_two_spellings_that_differ_is_refused(root, name):
    folder = root / "TIMIT/TEST/DR1/FDEV0"
    content = (folder / name).read_bytes()
    (folder / name.lower()).write_bytes(content + b"0 1 h#\n")

    assert f"{name}: found as" in refusal(root)


def test_a_speaker_in_two_places_is_refused(root):
    shutil.copytree(root / "TIMIT/TRAIN/DR1/FAAA0", root / "TIMIT/TRAIN/DR2/faaa0")

    assert "FAAA0: found as" in refusal(root)


def test_the_standard_lists_have_the_standard_sizes():
    assert (TIMIT.training_speakers, len(TIMIT.validation), len(TIMIT.test)) == (462, 50, 24)
    assert len({*TIMIT.validation, *TIMIT.test}) == 74
    assert TIMIT.utterances * 462 == 3_696


def test_a_missing_label_file_is_named(root):
    (root / "TIMIT/TEST/DR1/FDEV0/SX37.PHN").unlink()

    assert "SX37.PHN: expected the labels" in refusal(root)


def test_a_missing_recording_is_counted(root):
    (root / "TIMIT/TEST/DR1/FDEV0/SX37.WAV").unlink()

    assert "FDEV0: expected 2 recordings S*.WAV without SA sentences, found 1" in refusal(root)


def test_a_damaged_recording_is_named(root):
    file = root / "TIMIT/TRAIN/DR1/FAAA0/SI700.WAV"
    file.write_bytes(file.read_bytes()[:3_000])

    assert "SI700.WAV: expected 6800 samples as its header says, found 988" in refusal(root)


def test_labels_of_another_recording_are_refused(root):
    folder = root / "TIMIT/TRAIN/DR1/FAAA0"
    (folder / "SI700.PHN").write_bytes((folder / "SX37.PHN").read_bytes())

    assert "SI700.PHN: expected labels over the whole audio" in refusal(root)


def test_a_recording_too_short_for_a_frame_is_refused(root):
    file = root / "TIMIT/TRAIN/DR1/FAAA0/SI700.WAV"
    write_sphere(file, np.ones(300, np.int16))
    file.with_suffix(".PHN").write_text("0 300 h#\n")

    assert "SI700.WAV: expected speech, found 300 samples" in refusal(root)


def test_a_missing_speaker_is_named(root):
    (root / "TIMIT/TEST/DR1/MTES0").rename(root / "TIMIT/TEST/DR1/MTES9")

    assert "expected speaker MTES0 in TEST, found none of that name" in refusal(root)


def test_training_speakers_are_counted(root):
    (root / "TIMIT/TRAIN/DR2/MCCC0").rename(root / "elsewhere")

    assert "expected 3 speakers in TRAIN, found 2; do as the test says" in refusal(root)


@pytest.mark.parametrize("half", ["TRAIN", "TEST"])
def test_a_root_without_halves_is_refused(root, half):
    (root / "TIMIT" / half).rename(root / "TIMIT" / "else")

    assert f"found no {half}; do as the test says" in refusal(root)


def test_silence_instead_of_speech_is_refused(root):
    for file in root.rglob("TRAIN/**/*.WAV"):
        write_sphere(file, np.zeros((file.stat().st_size - 1_024) // 2, np.int16))

    assert "feature 0 is the same in all of TRAIN" in refusal(root)


def test_features_that_are_no_numbers_are_refused_by_the_file_s_name(root):
    x = np.zeros((5, N_FEATURES))
    x[3, 2] = np.nan

    with pytest.raises(BadFileError, match=r"SX1\.WAV: feature 2 of frame 3 is nan, expected"):
        checked(root / "SX1.WAV", x)


def test_nan_in_features_stops_the_reading(root, monkeypatch):
    monkeypatch.setattr(timit_corpus, "features", lambda s: np.full((len(s) // 160, 39), np.nan))

    assert "feature 0 of frame 0 is nan" in refusal(root)


def test_the_licensed_corpus_has_no_default_path():
    with pytest.raises(UsageError, match=r"task\.path: not given; .*LDC93S1"):
        Timit(TimitSettings())


def test_the_stand_in_tells_how_to_build_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadFileError, match=r"^timit-standin: .*`lsnn timit-standin FOLDER`"):
        Timit(TimitSettings(corpus=STAND_IN.name))

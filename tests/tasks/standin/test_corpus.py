"""The stand-in corpus: spoken with true times, written as TIMIT is, the same each time."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lsnn_core.errors import LsnnError, UsageError
from lsnn_core.random.streams import stream
from tasks.speech.phones import PHONES
from tasks.speech.sphere import read_sphere
from tasks.standin import corpus as standin
from tasks.standin import phones as standin_phones
from tasks.standin.espeak import Event, Speech
from tasks.standin.phones import CLOSURE, TIMIT_OF_ESPEAK, Label, labels
from tasks.standin.speakers import SPEAKERS, names
from tasks.standin.text import draw_sentence
from tasks.timit.corpus import STAND_IN, Corpus, load

ONE_OF_EACH = [next(s for s in SPEAKERS if s.split == split) for split in ("train", "dev", "test")]
THREE = Corpus("three", 1, (ONE_OF_EACH[1].name,), (ONE_OF_EACH[2].name,), 8, "build it")


def speech(loudness: list[int], phones: list[tuple[int, str]]) -> Speech:
    """Blocks of 1,000 samples of the given loudness, and phones by the block they start in."""
    samples = np.repeat(loudness, 1_000).astype(np.int16)
    return Speech(samples, [Event(1_000 * block, name) for block, name in phones])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytest.importorskip("espeakng_loader")
    folder = tmp_path_factory.mktemp("speech") / "corpus"
    standin.build(folder, speakers=ONE_OF_EACH)
    return folder


def test_espeak_s_phones_have_symbols_of_timit():
    assert set(TIMIT_OF_ESPEAK.values()) <= set(PHONES)
    assert set(CLOSURE.values()) <= set(PHONES)


def test_silence_at_the_ends_and_pauses_within():
    found = labels(
        speech([0, 900, 0, 900, 0, 0], [(1, "s"), (2, "_:"), (3, "'i:"), (4, "_:"), (5, "_")])
    )

    assert found == [
        Label(0, 1_000, "h#"),
        Label(1_000, 2_000, "s"),
        Label(2_000, 3_000, "pau"),
        Label(3_000, 4_000, "iy"),
        Label(4_000, 6_000, "h#"),
    ]


def test_the_quiet_before_a_stop_is_its_closure():
    found = labels(speech([900, 0, 400, 900], [(0, "a"), (2, "t"), (3, "i")]))

    assert [(label.start, label.phone) for label in found] == [
        (0, "ae"),
        (1_000, "tcl"),
        (2_000, "t"),
        (3_000, "iy"),
    ]


def test_quiet_before_another_phone_stays_with_what_it_follows():
    found = labels(speech([900, 0, 400, 900], [(0, "a"), (2, "s"), (3, "i")]))

    assert [label.phone for label in found] == ["ae", "s", "iy"]


def test_a_link_is_no_phone():
    found = labels(speech([900, 900, 900], [(0, "aI"), (1, ";"), (2, "oU")]))

    assert [(label.start, label.phone) for label in found] == [(0, "ay"), (2_000, "ow")]


def test_an_unknown_phone_is_named():
    with pytest.raises(LsnnError, match=r"phone 'x\^' is not in the table"):
        standin_phones.timit_phone("'x^")


def test_no_voice_is_heard_in_two_splits():
    variants = {
        split: {s.voice.name.partition("+")[2] for s in SPEAKERS if s.split == split}
        for split in ("train", "dev", "test")
    }

    assert not variants["train"] & (variants["dev"] | variants["test"])
    assert not variants["dev"] & variants["test"]
    assert len(set(names("train") + names("dev") + names("test"))) == len(SPEAKERS)
    assert all(re.fullmatch("[FM][A-Z]{3}0", s.name) for s in SPEAKERS)


def test_speakers_say_different_plain_sentences():
    drawn = [draw_sentence(stream(0, "sentences", i)) for i in range(300)]
    script = standin.script(ONE_OF_EACH[0], seed=0)

    assert len(set(drawn)) > 250
    assert all(re.fullmatch("[A-Za-z ,]+[.]", sentence) for sentence in drawn)
    assert len({s.number for s in script}) == standin.SENTENCES
    assert script != standin.script(ONE_OF_EACH[1], seed=0)


def test_labels_keep_their_place_at_another_rate():
    spoken = speech([0, 900, 900, 0], [(1, "s"), (2, "i"), (3, "_")])
    samples, found = standin.in_room(spoken, 40, 0.0, np.random.default_rng(0))
    loud = np.flatnonzero(np.abs(samples) > 450)

    assert [label.phone for label in found] == ["h#", "s", "iy", "h#"]
    assert found[0].start == 0
    assert found[-1].stop == len(samples)
    assert abs(loud[0] - found[1].start) <= 1
    assert abs(loud[-1] + 1 - found[3].start) <= 1
    assert found[2].stop - found[1].start == pytest.approx(2_000 * 16_000 / 22_050, abs=1)


def test_the_corpus_passes_through_timit_s_reader(built):
    splits = load(built, THREE)

    assert {split: len(part) for split, part in splits.items()} == {
        "train": 8,
        "validation": 8,
        "test": 8,
    }
    assert all((u.phone >= 0).all() for part in splits.values() for u in part)
    heard = {PHONES[i] for u in splits["train"] for i in u.phone}
    assert {"h#", "s", "ax", "iy", "tcl", "t", "n"} <= heard


def test_vowels_are_louder_than_silence_where_the_labels_say(built):
    file = sorted(built.rglob("*.WAV"))[0]
    samples = read_sphere(file).astype(float)
    rows = [line.split() for line in file.with_suffix(".PHN").read_text().splitlines()]

    def loudness(*phones: str) -> float:
        pieces = [samples[int(a) : int(b)] for a, b, phone in rows if phone in phones]
        return float(np.sqrt(np.mean(np.concatenate(pieces) ** 2)))

    vowels = loudness("ax", "iy", "ih", "aa", "ae", "eh", "ey")
    assert vowels > 20 * loudness("h#")
    assert vowels > 10 * loudness("tcl", "kcl", "pcl", "bcl", "dcl", "gcl")


def test_the_same_files_each_time(built, tmp_path):
    standin.build(tmp_path / "again", speakers=ONE_OF_EACH[:1])

    files = sorted((tmp_path / "again").rglob(f"{ONE_OF_EACH[0].name}/*"))
    assert len(files) == 3 * standin.SENTENCES
    for file in files:
        assert file.read_bytes() == (built / file.relative_to(tmp_path / "again")).read_bytes()


def test_an_existing_folder_is_left_alone(tmp_path):
    with pytest.raises(UsageError, match="exists; name a new folder"):
        standin.build(tmp_path)


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(standin, "_speak", lambda speakers, seed: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        standin.build(tmp_path / "corpus")
    assert not list(tmp_path.iterdir())


def test_the_stand_in_never_passes_for_timit(built):
    assert STAND_IN.name == "timit-standin"
    assert "and not TIMIT" in (built / "README.TXT").read_text()

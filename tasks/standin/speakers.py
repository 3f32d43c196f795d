"""The speakers of the stand-in corpus: espeak's voices, each with an accent, a rate and a pitch."""

from __future__ import annotations

from typing import Final, NamedTuple

from lsnn_core.random.streams import stream

from .espeak import Voice

# One dialect region for each accent.
ACCENTS: Final = (
    "en-us",
    "en-us-nyc",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-029",
)
# espeak's variants without echo, by sex and split: no speaker's voice is heard in two splits.
VARIANTS: Final = {
    "train": {
        "M": "m1 m3 m4 m7 Alex Andy Gene Mario Mike Denis Reed benjamin david klatt3 klatt5 boris "
        "iven4 edward2",
        "F": "f1 Annie Andrea aunty steph grandma",
    },
    "dev": {"M": "m6 Michael adam klatt6 rob", "F": "belinda shelby whisperf"},
    "test": {"M": "m8 paul marcelo klatt2 quincy", "F": "anika steph2 zac"},
}
ACCENTS_PER_VOICE: Final = {"train": 4, "dev": 4, "test": 4}


class Speaker(NamedTuple):
    """One speaker: name and region as TIMIT writes them, split, and how espeak speaks."""

    name: str
    region: int
    split: str
    voice: Voice
    tract: int  # length of the vocal tract, in 40ths of the voice's own: scales all frequencies
    noise: float  # standard deviation of the room's noise, in steps of the 16 bits


def _speakers() -> tuple[Speaker, ...]:
    speakers: list[Speaker] = []
    for split, by_sex in VARIANTS.items():
        voices = [
            (sex, variant) for sex, variants in by_sex.items() for variant in variants.split()
        ]
        for number, (sex, variant) in enumerate(voices):
            for turn in range(ACCENTS_PER_VOICE[split]):
                region = (number + turn * 2) % len(ACCENTS)
                speakers.append(_speaker(len(speakers), sex, split, variant, region))
    return tuple(speakers)


def _speaker(index: int, sex: str, split: str, variant: str, region: int) -> Speaker:
    rng = stream(0, "stand-in speaker", index)
    draws = (140, 211), (35, 66), (35, 66), (35, 46)
    rate, pitch, pitch_range, tract = (int(rng.integers(*limits)) for limits in draws)
    voice = Voice(f"{ACCENTS[region]}+{variant}", rate, pitch, pitch_range)
    letters = "".join(chr(ord("A") + index // 26**k % 26) for k in (2, 1, 0))
    noise = float(rng.uniform(5.0, 40.0))
    return Speaker(f"{sex}{letters}0", region + 1, split, voice, tract, noise)


SPEAKERS: Final = _speakers()


def names(split: str) -> tuple[str, ...]:
    """Names of a split's speakers."""
    return tuple(speaker.name for speaker in SPEAKERS if speaker.split == split)

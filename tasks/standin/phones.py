"""From espeak's phones and their times to labels in TIMIT's 61 symbols.

espeak writes a stop as one phone that begins with its voicing or burst, after a pause. TIMIT labels
the closure by itself: the quiet end of the phone before a stop or affricate becomes the closure
(bcl, tcl ...) here. A vowel that a following r colours is one phone for espeak, so it is one label.
espeak has one mnemonic where TIMIT has several symbols (hv, ux, nx, em, en, eng, ax-h, q, epi):
those do not occur. What remains is a true, if coarser, labelling: 52 of the 61 symbols.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import LsnnError

from .espeak import RATE_HZ, Speech

_SAME = "b d f g k l m n p r s t v w z"
TIMIT_OF_ESPEAK: Final = {
    **{phone: phone for phone in _SAME.split()},
    **{"D": "dh", "T": "th", "S": "sh", "Z": "zh", "N": "ng", "j": "y", "h": "hh"},
    **{"tS": "ch", "dZ": "jh", "t#": "dx", "t2": "t", "t[": "t", "r-": "r", "w#": "w"},
    **{"i": "iy", "i:": "iy", "I": "ih", "I2": "ix", "I#": "ix", "i@": "ih", "i@3": "ih"},
    **{"E": "eh", "e@": "eh", "eI": "ey", "a": "ae", "aa": "ae", "V": "ah"},
    **{"A:": "aa", "A@": "aa", "0": "aa", "O": "ao", "O:": "ao", "O@": "ao", "O2": "ao"},
    **{"o@": "ao", "oU": "ow", "OI": "oy", "U": "uh", "U@": "uh", "u": "uw", "u:": "uw"},
    **{"aI": "ay", "aI2": "ay", "aI3": "ay", "aI@": "ay", "aU": "aw", "aU@": "aw"},
    **{"3": "axr", "3:": "er", "IR": "er", "VR": "er"},
    **{"@": "ax", "@2": "ax", "@5": "ax", "a#": "ax", "@L": "el"},
}
CLOSURE: Final = {
    **{"b": "bcl", "d": "dcl", "g": "gcl", "p": "pcl", "t": "tcl", "k": "kcl"},
    **{"ch": "tcl", "jh": "dcl"},
}
STRESS: Final = "',%="
LINK: Final = ";"  # joins two vowels; the sound before it goes on
SILENCE: Final = "h#"
PAUSE: Final = "pau"
QUIET: Final = 0.02  # of the sentence's peak: below it nothing is voiced
SHORTEST_CLOSURE: Final = RATE_HZ // 100  # 10 ms


class Label(NamedTuple):
    """Samples start to stop (excluded) are `phone`."""

    start: int
    stop: int
    phone: str


def labels(speech: Speech) -> list[Label]:
    """Labels of a spoken sentence, contiguous, in samples at espeak's rate.

    Silence at either end is h#, in between pau.
    """
    starts = [(0, SILENCE)]
    starts += [(e.sample, timit_phone(e.name)) for e in speech.phones if e.name != LINK]
    stops = [start for start, _ in starts[1:]] + [len(speech.samples)]
    phones = [Label(s, e, p) for (s, p), e in zip(starts, stops, strict=True) if e > s]
    return _silent_ends(_with_closures(phones, np.abs(speech.samples.astype(np.int64))))


def timit_phone(mnemonic: str) -> str:
    """TIMIT's symbol for an espeak mnemonic; pauses are pau."""
    name = mnemonic.lstrip(STRESS)
    if name.startswith("_"):
        return PAUSE
    if name not in TIMIT_OF_ESPEAK:
        raise LsnnError(
            f"espeak-ng's phone {name!r} is not in the table; leave out the word that contains it"
        )
    return TIMIT_OF_ESPEAK[name]


def _with_closures(phones: list[Label], loudness: npt.NDArray[Any]) -> list[Label]:
    """Give the quiet end of whatever comes before a stop to its closure."""
    threshold = QUIET * loudness.max()
    result = []
    following = [label.phone for label in phones[1:]] + [""]
    for label, next_phone in zip(phones, following, strict=True):
        loud = np.flatnonzero(loudness[label.start : label.stop] > threshold)
        split = label.start + (int(loud[-1]) + 1 if len(loud) else 0)
        closes = next_phone in CLOSURE and label.phone not in (SILENCE, PAUSE)
        if closes and label.stop - split >= SHORTEST_CLOSURE and split > label.start:
            result += [label._replace(stop=split)]
            result += [Label(split, label.stop, CLOSURE[next_phone])]
        else:
            result += [label]
    return result


def _silent_ends(phones: list[Label]) -> list[Label]:
    """Join the pauses at either end into one h# each."""
    spoken = [i for i, label in enumerate(phones) if label.phone not in (SILENCE, PAUSE)]
    first, last = spoken[0], spoken[-1]
    start, stop = phones[first].start, phones[last].stop
    head = [Label(0, start, SILENCE)] if start > 0 else []
    tail = [Label(stop, phones[-1].stop, SILENCE)] if phones[-1].stop > stop else []
    return head + phones[first : last + 1] + tail

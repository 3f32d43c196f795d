"""TIMIT's 61 phones, and the 39 classes that scores are usually given in."""

from __future__ import annotations

from typing import Final

import numpy as np

_PHONES: Final = (
    "aa ae ah ao aw ax ax-h axr ay b bcl ch d dcl dh dx eh el em en eng epi er ey f g gcl h# hh hv "
    "ih ix iy jh k kcl l m n ng nx ow oy p pau pcl q r s sh t tcl th uh uw ux v w y z zh"
)
PHONES: Final = tuple(_PHONES.split())
_SILENT: Final = "pcl tcl kcl bcl dcl gcl h# pau epi"

# Lee and Hon 1989: which phones count as one. The glottal stop q belongs to none of the classes;
# frames labelled q are left out of the folded score (our choice; there q is cut from sequences).
FOLDED: Final = {
    "ao": "aa",
    "ax": "ah",
    "ax-h": "ah",
    "axr": "er",
    "hv": "hh",
    "ix": "ih",
    "el": "l",
    "em": "m",
    "en": "n",
    "nx": "n",
    "eng": "ng",
    "zh": "sh",
    "ux": "uw",
    **dict.fromkeys(_SILENT.split(), "sil"),
}
GLOTTAL_STOP: Final = "q"

INDEX: Final = {phone: index for index, phone in enumerate(PHONES)}
CLASSES: Final = tuple(sorted({FOLDED.get(p, p) for p in PHONES if p != GLOTTAL_STOP}))

NO_CLASS: Final = -1
FOLD: Final = np.array(
    [NO_CLASS if p == GLOTTAL_STOP else CLASSES.index(FOLDED.get(p, p)) for p in PHONES]
)
"""Class of each phone, (61,); NO_CLASS for the glottal stop."""

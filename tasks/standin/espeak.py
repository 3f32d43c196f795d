"""Speech from espeak-ng with the times of its phones, through ctypes.

The wheel ``espeakng-loader`` carries the shared library and its data. espeak reports each phone's
first sample while it renders it, so the times are true, not aligned afterwards.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import LsnnError, UsageError

RATE_HZ: Final = 22_050  # of espeak's voices
_SYNCHRONOUS, _PHONEME_EVENTS, _UTF8 = 2, 1, 1
_LIST_END, _PHONEME = 0, 7  # types of events
_RATE, _PITCH, _RANGE = 1, 3, 4  # parameters


class Event(NamedTuple):
    """A phone: its first sample, its mnemonic."""

    sample: int
    name: str


class Speech(NamedTuple):
    """A spoken sentence: int16 samples at 22,050 Hz, and its phones in order."""

    samples: npt.NDArray[np.int16]
    phones: list[Event]


@dataclass(frozen=True)
class Voice:
    """How to speak: espeak's voice, words per minute, pitch and its range (0 to 100)."""

    name: str
    rate: int
    pitch: int
    pitch_range: int


def recite(voice: Voice, script: Sequence[tuple[str, int]]) -> list[Speech]:
    """Speak sentences, each a text and a seed, in a fresh process: espeak's state outlives one."""
    synthesiser = Espeak()
    return [synthesiser.speak(text, voice, seed) for text, seed in script]


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The synthesiser. One for each process: the library holds global state."""

    def __init__(self) -> None:
        self._samples: list[npt.NDArray[np.int16]] = []
        self._phones: list[Event] = []
        self._callback = _Callback(self._collect)  # kept: the library calls it later
        self._lib, data = _library()
        if self._lib.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS) != RATE_HZ:
            raise LsnnError("espeak-ng did not start; reinstall it: pip install lsnn[speech]")
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Voice, seed: int) -> Speech:
        """Speak a sentence.

        Parameters
        ----------
        text
            English.
        voice
            How.
        seed
            Of the flutter and the roughness that espeak adds, 31 bits.
        """
        if self._lib.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise LsnnError(f"espeak-ng has no voice {voice.name!r}; update espeakng-loader")
        for parameter, value in (
            (_RATE, voice.rate),
            (_PITCH, voice.pitch),
            (_RANGE, voice.pitch_range),
        ):
            self._lib.espeak_SetParameter(parameter, value, 0)
        self._lib.espeak_ng_SetRandSeed(seed)
        self._samples, self._phones = [], []
        data = text.encode() + b"\0"
        self._lib.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None)
        return Speech(np.concatenate(self._samples), self._phones)

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        if wave:
            self._samples.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != _LIST_END:
            if events[index].type == _PHONEME:
                self._phones.append(Event(events[index].sample, events[index].id.string.decode()))
            index += 1
        return 0


def _library() -> tuple[Any, bytes]:
    """The shared library with its functions declared, and the folder of its data."""
    try:
        import espeakng_loader
    except ImportError:
        raise UsageError(
            "espeakng-loader is not installed; it speaks the stand-in corpus: "
            "pip install 'lsnn[speech]'"
        ) from None
    lib = ctypes.CDLL(espeakng_loader.get_library_path())
    text, number, pointer = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p
    lib.espeak_Initialize.argtypes = [number, number, text, number]
    lib.espeak_SetSynthCallback.argtypes = [_Callback]
    lib.espeak_SetVoiceByName.argtypes = [text]
    lib.espeak_SetParameter.argtypes = [number, number, number]
    lib.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    lib.espeak_Synth.argtypes = [
        text, ctypes.c_size_t, ctypes.c_uint, number, ctypes.c_uint, ctypes.c_uint, pointer, pointer
    ]  # fmt: skip
    return lib, espeakng_loader.get_data_path().encode()

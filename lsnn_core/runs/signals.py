"""Ask for a clean end: a loop looks at a flag, everything else is left at once.

Who asks: Ctrl-C (SIGINT), a system that shuts down or `kill` (SIGTERM), a terminal that closes
(SIGHUP), and batch systems shortly before a job's time is over (SIGUSR1, SIGXCPU; Windows:
SIGBREAK). A signal that was ignored on entry (``nohup``, a background job of a shell script) stays
ignored. Python runs handlers in the main thread only: entered in another one, nothing here does
anything.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Final, Self

NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGXCPU", "SIGBREAK")
_OURS: list[_Handlers] = []  # those entered and not yet left


def caught() -> list[signal.Signals]:
    """Return those of the signals that this system has."""
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


class _Handlers:
    """Handlers taken over on entry and put back on exit; `signal` is the last that came."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Take over the handlers."""
        if threading.current_thread() is threading.main_thread():
            _OURS.append(self)
            for number in caught():
                handler = signal.getsignal(number)
                # None: installed by something other than Python, so it could not be put back
                if handler not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the handlers of before back."""
        while self._before:
            signal.signal(*self._before.popitem())
        with suppress(ValueError):
            _OURS.remove(self)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)


class InterruptFlag(_Handlers):
    """While entered, true once a signal has asked for an end.

    The loop looks at the flag between iterations, writes its checkpoint and leaves::

        with InterruptFlag() as interrupted:
            for iteration in range(n):
                step()
                if interrupted:
                    break

    A SIGINT when the flag is already set raises `KeyboardInterrupt` at once; the checkpoint of
    before is still whole, because files are replaced and never written in place.
    """

    def __enter__(self) -> Self:
        """Take over the handlers, and what they were told and could not do."""
        super().__enter__()
        for handlers in _OURS:
            if isinstance(handlers, _Leaving) and handlers.signal:
                self.signal = handlers.signal
        return self

    def __bool__(self) -> bool:
        """Tell whether an end was asked for; `signal` says by what."""
        return self.signal is not None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self and number == signal.SIGINT:
            raise KeyboardInterrupt
        super()._handle(number, frame)


class _Leaving(_Handlers):
    """Raises `KeyboardInterrupt` at the first signal, and at each SIGINT."""

    held = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first = self.signal is None  # a second SIGTERM is not to disturb the end
        super()._handle(number, frame)
        if not self.held and (first or number == signal.SIGINT):
            raise KeyboardInterrupt


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """Let each signal that asks for an end raise `KeyboardInterrupt`: what is held is given back.

    Where an exception cannot get out (a callback of the interpreter's), nothing is printed, and
    a `held_back` or an `InterruptFlag` that follows knows of the signal.
    """
    hook = sys.unraisablehook

    def quiet(what: sys.UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            hook(what)

    sys.unraisablehook = quiet
    try:
        with _Leaving():
            yield
    finally:
        sys.unraisablehook = hook


@contextmanager
def held_back() -> Iterator[None]:
    """Let no signal come between what is inside; one that came is raised at the end."""
    leaving = [handlers for handlers in _OURS if isinstance(handlers, _Leaving)]
    for handlers in leaving:
        handlers.held = True
    try:
        yield
    finally:
        for handlers in leaving:
            handlers.held = False
    if any(handlers.signal for handlers in leaving):
        raise KeyboardInterrupt

"""Ask a running loop to end cleanly: the first signal sets a flag, the second does not wait."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

CAUGHT: Final = (signal.SIGINT, signal.SIGTERM)


class InterruptFlag:
    """While entered, true once SIGINT or SIGTERM has asked for an end.

    The loop looks at the flag between iterations, writes its checkpoint and leaves::

        with InterruptFlag() as interrupted:
            for iteration in range(n):
                step()
                if interrupted:
                    break

    A SIGINT when the flag is already set raises `KeyboardInterrupt` at once; the checkpoint of
    before is still whole, because files are replaced and never written in place. A signal that was
    ignored on entry (``nohup``, a background job of a shell script) stays ignored. On exit the
    handlers of before are back. Python runs handlers in the main thread only: entered in another
    one, the object does nothing and stays false.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __bool__(self) -> bool:
        """Tell whether an end was asked for; `signal` says by what."""
        return self.signal is not None

    def __enter__(self) -> Self:
        """Take over the handlers."""
        if threading.current_thread() is threading.main_thread():
            for number in CAUGHT:
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

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)

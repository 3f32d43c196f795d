"""A measured process as seen from outside: started, asked, ended."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from ..errors import LsnnError
from ..text import printable
from ..threads import usable_processors
from .environment import measured_environment


class ChildError(LsnnError):
    """A measured process ended before it had answered; `name` is whose."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        super().__init__(f"{name}: the measured process {why}")


class Child:
    """A process that runs `serve`.

    Parameters
    ----------
    name
        For messages.
    command
        What to run.
    threads
        How many threads it may use; with fewer than there are processors, it is kept to as many
        of these, so that pools which ask nobody count too.
    extra
        More environment variables.
    """

    def __init__(
        self, name: str, command: Sequence[str], threads: int, extra: Mapping[str, str] = {}
    ) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed with the process
        start = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            encoding="utf-8", env={**measured_environment(threads), **extra},
        )  # fmt: skip
        processors = usable_processors()
        if threads < len(processors) and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, processors[:threads])
        try:
            self.ready = self._read()
        except BaseException:
            self.close()
            raise
        self.start_s = time.perf_counter() - start  # imports, reading and building

    def ask(self, action: str, at_least_s: float = 0.0, at_least: int = 1) -> dict[str, Any]:
        """Let it run an action, so often and for so long at least, and return the answer."""
        request = json.dumps({"do": action, "at_least_s": at_least_s, "at_least": at_least})
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._dead() from None
        return self._read()

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.terminate()  # end of input would do, but a busy process does not look
        self._process.wait()
        self._errors.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):  # else a framework printed something while it was imported
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer
        raise self._dead()

    def _dead(self) -> ChildError:
        """Return an error that holds the last words of the process."""
        code = self._process.wait()
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        last = printable(lines[-1], 300) if lines else "it said nothing"
        return ChildError(self.name, f"ended with code {code}: {last}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

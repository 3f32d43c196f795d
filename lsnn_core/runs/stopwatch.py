"""How long a run has been trained, on the clock and in processor time, summed over its resumes."""

from __future__ import annotations

import time
from typing import Any

from ..files import RunFile, is_duration

CLOCK, CPU = "train_seconds", "train_cpu_seconds"  # as the file's environment calls them


class Stopwatch:
    """Time spent on training and its evaluations.

    Parameters
    ----------
    seconds
        Spent so far on the clock.
    cpu_seconds
        Spent so far by processors, all threads of the process together; None, and not measured
        from here on, if the part before did not tell it: half of a sum would look like all.
    """

    def __init__(self, seconds: float = 0.0, cpu_seconds: float | None = 0.0) -> None:
        self.seconds, self.cpu_seconds = seconds, cpu_seconds
        self._clock, self._cpu = time.monotonic(), time.process_time()

    @classmethod
    def of(cls, file: RunFile) -> Stopwatch:
        """Go on from what a run file tells."""
        known = file.environment
        seconds = known.get(CLOCK, 0.0)
        cpu_seconds = known.get(CPU, None if seconds else 0.0)
        for name, value in ((CLOCK, seconds), (CPU, cpu_seconds)):
            if not is_duration(value) and not (value is None and name not in known):
                raise file.bad("environment", f"has no number of seconds for {name}")
        return cls(float(seconds), None if cpu_seconds is None else float(cpu_seconds))

    def start(self) -> None:
        """Count from here."""
        self._clock, self._cpu = time.monotonic(), time.process_time()

    def lap(self) -> None:
        """Add what has passed since the start or the last lap."""
        clock, cpu = self._clock, self._cpu
        self.start()
        self.seconds += self._clock - clock
        if self.cpu_seconds is not None:
            self.cpu_seconds += self._cpu - cpu

    def told(self) -> dict[str, Any]:
        """What the file's environment says of it."""
        cpu = {} if self.cpu_seconds is None else {CPU: round(self.cpu_seconds, 1)}
        return {CLOCK: round(self.seconds, 1), **cpu}

"""`Clock(pid, seconds).is_over()`: whether a process has had its time, on whatever machine.

What counts is the time of processors, of the process and of all that it started: a machine that is
busy otherwise makes no verdict.  A process that sleeps uses none; it is given up when it has slept
as long again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

MOST: Final = 10
"""How many times its limit a process may last that is kept from working."""

NOTHING: Final = 0.01
"""Part of its limit: whoever works less in all that time sleeps."""


class Clock:
    """Runs from now; what was spent before is found out when it is looked at the first time."""

    def __init__(self, pid: int, limit: float) -> None:
        self._pid = pid
        self._limit = limit
        self._began = time.monotonic()
        self._before: float | None = None
        self._seen = 0.0
        self._awake = limit

    def is_over(self) -> bool:
        """Whether the process has worked for as long as it may, or sleeps."""
        if self._before is None:
            self._before = spent(self._pid)
        lasted = time.monotonic() - self._began
        if lasted < self._limit:
            return False
        worked = spent(self._pid) - self._before
        if worked - self._seen > NOTHING * self._limit:
            self._seen, self._awake = worked, lasted
        asleep = lasted - self._awake >= self._limit
        return worked >= self._limit or asleep or lasted >= MOST * self._limit


def spent(pid: int) -> float:
    """Give the seconds of processors that a process and those below it have used so far."""
    import psutil  # noqa: PLC0415 - only for what takes long

    total = 0.0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += sum(one.cpu_times()[:4])  # its own and of those that it has buried
    return total

"""The pipe between the kit and a process that it started, and what ends the one with the other."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO, Final

OWN_PATH: Final = "GRADSPEC_PYTHONPATH"
"""Variable in which a worker finds the search path that its user gave."""

DEATH_SIGNAL: Final = 1
"""What Linux calls PR_SET_PDEATHSIG."""


def die_with_the_kit() -> None:
    """Have the system end this process when the kit is gone, where it can: on Linux."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)


def private_channel() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipe of the kit to descriptors that nobody else knows."""
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return tasks, answers

"""`in_a_copy(action)`: done by a copy of this process, in which nothing has run but the loading.

So a fresh start costs a copy, and not the loading of an engine.  That is safe where an engine,
while it is loaded, begins nothing that a copy would lack or share: no threads and no processes.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

BLAS: Final = "openblas"
"""Whose threads end before a copy is made and begin again; SciPy brings one of its own."""

LONGEST: Final = 1 << 16


class Surroundings:
    """What was there before the engine was loaded."""

    def __init__(self) -> None:
        self._threads = _threads() - 1 if sys.platform == "linux" else 0
        self._libraries = _libraries() if sys.platform == "linux" else 0

    @property
    def allow_copies(self) -> bool:
        """Whether nothing was begun, but for threads that live with it."""
        if sys.platform != "linux":  # elsewhere not even the system's own libraries allow it
            return False
        each = self._threads // max(1, self._libraries)
        try:
            expected = 1 + each * max(1, _libraries())
            return _threads() <= expected and not _has_children()
        except OSError:  # the engine left nothing to look with: a copy would have no pipe either
            return False


def in_a_copy(action: Callable[[], bytes]) -> bytes:
    """Give what the copy's action gave; where it gave nothing, end as the copy ended."""
    heard, said = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that were looked at
        copy = os.fork()
    if not copy:
        os.close(heard)
        answer = action()
        if not answer:
            sys.exit()
        os.write(said, answer)
        os._exit(0)
    os.close(said)
    _, status = os.waitpid(copy, 0)
    os.set_blocking(heard, False)  # a process that the copy began may hold the other end
    try:
        answer = os.read(heard, LONGEST)
    except BlockingIOError:
        answer = b""
    os.close(heard)
    if not answer:
        _end_like(os.waitstatus_to_exitcode(status))
    return answer


def _end_like(code: int) -> NoReturn:
    if code < 0:
        faulthandler.disable()
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    os._exit(max(code, 0))


def _threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def _libraries() -> int:
    mapped = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    return len({line.split()[-1] for line in mapped if BLAS in line})


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True

"""`terminations_interrupt()`: being asked to end is taken as Ctrl-C is.

What was finished is still reported, and no process of an engine is left behind.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDINGS: Final = ("SIGTERM", "SIGHUP")


@contextmanager
def terminations_interrupt() -> Iterator[None]:
    """Treat the signals that end a process as Ctrl-C, but for those that are ignored on purpose."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) is signal.SIG_DFL}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Passes that run within passes; start at `run`.

A hook, or a backward of the caller's, may run a pass of its own, in which another may start.  What
Python allows to be nested is counted by thread, so every so many levels a pass gets a thread of its
own, as in torch; whoever started it waits.
"""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING

from gradspec_reference.engine import modes

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = 12


class Depth(threading.local):
    """How many passes of this thread are running."""

    value = 0


depth = Depth()


def run(walk: Callable[[], None]) -> None:
    """Run a pass, here or in a thread of its own; what it raises is raised here."""
    if depth.value == LEVELS:
        run_in_thread(walk)
        return
    depth.value += 1
    try:
        walk()
    finally:
        depth.value -= 1


def run_in_thread(walk: Callable[[], None]) -> None:
    """Run a pass in a new thread, in the context of this one, and wait for it."""
    raised: list[BaseException] = []
    inference = modes.state.inference

    def guarded() -> None:
        modes.enter_inference(inference)
        try:
            run(walk)
        except BaseException as error:  # noqa: BLE001 - raised again where the pass was started
            raised.append(error)
        finally:
            modes.enter_inference(False)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(guarded,))
    thread.start()
    thread.join()
    if raised:
        raise raised[0]

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
    from gradspec_reference.engine.backward import BackwardPass

LEVELS = 12


class Passes(threading.local):
    """The passes of this thread that are running, each within the one before."""

    def __init__(self) -> None:
        self.running: list[BackwardPass] = []


passes = Passes()


def running() -> BackwardPass:
    """Return the pass that runs now, the innermost of this thread."""
    return passes.running[-1]


def run(walk: BackwardPass) -> None:
    """Run a pass, here or in a thread of its own; what it raises is raised here."""
    running = passes.running
    if len(running) == LEVELS:
        run_in_thread(walk)
        return
    running.append(walk)
    try:
        walk.visit_all()
    finally:
        running.pop()


def run_in_thread(walk: BackwardPass) -> None:
    """Run a pass in a new thread, in the context of this one, and wait for it."""
    raised: list[BaseException] = []
    inference, mutations = modes.state.inference, modes.state.mutations
    packing, no_packing = modes.state.packing, modes.state.no_packing
    group, following = modes.state.group, modes.state.following

    def guarded() -> None:
        modes.enter_inference(inference)
        modes.state.mutations = mutations
        modes.state.packing, modes.state.no_packing = list(packing), no_packing
        modes.state.group, modes.state.following = group, following
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

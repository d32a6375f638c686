"""`Verdicts`: what several sessions of one engine found, each thing once."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.execution.verdict import Verdict


class Verdicts:
    """Verdicts by id; whoever asks second waits for whoever asked first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, Future[Verdict]] = {}

    def get(self, identifier: str, find: Callable[[], Verdict]) -> Verdict:
        """Give the verdict, found with `find` unless somebody has found it, or is about to."""
        with self._lock:
            known = self._found.get(identifier)
            mine = known is None
            future = Future() if known is None else known
            self._found[identifier] = future
        if mine:
            try:
                future.set_result(find())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

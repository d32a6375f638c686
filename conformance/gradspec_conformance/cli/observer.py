"""`Observer`: a pytest plugin that collects what the clause items report, as it comes in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import pytest

from gradspec_conformance.run.judgement import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable

CLAUSE: Final = re.compile(r"::([a-z]+-\d{3}[a-z]?)\[")
decode = msgspec.json.Decoder(Judged).decode


class Watcher(Protocol):
    """Whoever wants to see the run proceed."""

    def expect(self, total: int) -> None:
        """So many clauses are going to run."""

    def see(self, judged: Judged) -> None:
        """One more has run."""


class Observer:
    """Knows, at any moment, what was selected, what has a verdict, and what went wrong."""

    def __init__(self, watcher: Watcher) -> None:
        self.selected: dict[str, None] = {}
        self.judged: dict[str, Judged] = {}
        self.complaints: dict[str, None] = {}
        self._watcher = watcher

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what was selected, where clauses run in this process."""
        self._select(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Iterable[str]) -> None:
        """Note what was selected, where xdist's workers run the clauses."""
        self._select(ids)

    def _select(self, nodeids: Iterable[str]) -> None:
        found = [match[1] for nodeid in nodeids if (match := CLAUSE.search(nodeid))]
        self.selected |= dict.fromkeys(found)
        if found:
            self._watcher.expect(len(self.selected))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a chapter that could not be read."""
        if report.failed:
            self._complain(_last_line(report.longrepr))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the judgement that an item sent along."""
        sent: str | None = getattr(report, "gradspec", None)
        if sent is not None:
            judged = decode(sent)
            self.judged[judged.id] = judged
            self._watcher.see(judged)
        elif report.failed:
            self._complain(f"{report.nodeid} gave no verdict: {_last_line(report.longrepr)}")

    def pytest_keyboard_interrupt(self) -> None:
        """Note that the run was stopped from outside, or gave up."""
        self._complain("the run was interrupted")

    def pytest_internalerror(self, excrepr: Any) -> bool:
        """Note a fault of the kit itself; pytest need not print it."""
        self._complain(f"the kit failed: {_last_line(excrepr)}")
        return True

    def _complain(self, sentence: str) -> None:
        self.complaints[sentence] = None


def _last_line(representation: Any) -> str:
    lines = [line for line in str(representation).strip().splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["no reason was given"])[-1]

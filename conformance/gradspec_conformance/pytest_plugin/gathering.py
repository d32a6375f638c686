"""`Gathering`: all judgements of a session of pytest become one `Result`, as `gradspec run` has it.

It listens in the process that the person started; judgements of xdist's workers come in with their
reports.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from gradspec_conformance.report.causes import summary
from gradspec_conformance.run.judgement import Judged
from gradspec_conformance.run.loop import Measured
from gradspec_conformance.run.result import ExitStatus, Result, result_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.run.request import Request

CLAUSE: Final = re.compile(r"^[a-z_]+::([a-z]+-\d{3}[a-z]?(?:/[A-Za-z0-9_]+)?)\[")
NARROWING: Final = ("markexpr", "lf", "failedfirst", "deselect", "stepwise")
"""Options of pytest's own that leave clauses out."""

LEFT_OUT: Final = "gradspec left out"
"""What a worker of xdist's says where it had clauses and left some out."""

UNREAD: Final = pytest.StashKey[bool]()
"""Whether a chapter could not be read."""

decode = msgspec.json.Decoder(Judged).decode


class Gathering:
    """Knows what was selected and what came of it; sets the exit status in the end."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._selected: dict[str, None] = {}
        self._others = False
        self._left_out = False
        self._nothing: str | None = None
        self._measured = Measured()
        self._result: Result | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what was selected, where clauses run in this process."""
        self._select(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Iterable[str]) -> None:
        """Note what was selected, where xdist's workers run the clauses."""
        self._select(ids)

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Note that there were clauses, where none is left."""
        self._left_out |= any(CLAUSE.search(item.nodeid) for item in items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Note it of a worker of xdist's, which deselects where nobody here listens."""
        self._left_out |= LEFT_OUT in getattr(node, "workeroutput", ())

    def _select(self, nodeids: Iterable[str]) -> None:
        for nodeid in nodeids:
            match = CLAUSE.search(nodeid)
            if match:
                self._selected[match[1]] = None
            else:
                self._others = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the judgement that an item sent along."""
        sent: str | None = getattr(report, "gradspec", None)
        if sent is not None:
            judged = decode(sent)
            self._measured.judged[judged.id] = judged

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say in pytest's exit status what `gradspec run` would say."""
        self._say_why_none_ran(session)
        ended = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not (ended and self._selected) or session.config.getoption("collectonly"):
            return
        result = self._result = result_of(self._asked_for(session.config), self._measured)
        stopped = session.shouldfail or session.shouldstop
        if session.exitstatus == pytest.ExitCode.OK or not (stopped or self._others):
            session.exitstatus = result.exit_status or session.exitstatus

    def _say_why_none_ran(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.INTERRUPTED and session.config.stash.get(
            UNREAD, False
        ):
            session.exitstatus = ExitStatus.INCOMPLETE
        empty = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._left_out
        if empty and not self._request.cases:
            self._nothing = self._request.selection.nothing_found
            session.exitstatus = ExitStatus.WRONG_USAGE

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what the clauses came to together."""
        if self._nothing is not None:
            terminalreporter.write_line(self._nothing)
        if self._result is None:
            return
        result = self._result
        terminalreporter.section("gradspec")
        for sentence in filter(None, (*result.complaints, result.shortfall)):
            terminalreporter.write_line(sentence)
        if result.missing:
            terminalreporter.write_line(f"no verdict: {', '.join(result.missing)}")
        for entry in result.stale:
            line = f"stale entry (line {entry.line}): {entry.clause} never ran"
            terminalreporter.write_line(line)
        for line in summary(result.judged):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"{result.score}: {result.outlook}")

    def _asked_for(self, config: pytest.Config) -> Request:
        """Narrow the request where pytest's own options leave clauses out."""
        options = (config.getoption(name, default=None) for name in NARROWING)
        if not any(options) and config.args == ["gradspec"]:
            return self._request
        selection = replace(self._request.selection, only=frozenset(self._selected))
        return replace(self._request, selection=selection)

"""`Gathering`: all judgements of a session of pytest become one `Result`, as `gradspec run` has it.

It listens in the process that the person started; judgements of xdist's workers come in with their
reports.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from gradspec_conformance.report.causes import summary
from gradspec_conformance.report.ladder import ladder_lines
from gradspec_conformance.report.terminal import tally
from gradspec_conformance.report.whole import HAS_VERDICT, advice, complaints, faults, notes
from gradspec_conformance.run.judgement import Judged
from gradspec_conformance.run.loop import Measured
from gradspec_conformance.run.result import ExitStatus, Result, result_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.report.whole import Fault
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
        self._interrupted = False
        self._broken: set[str] = set()
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

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that a person ended the run, and not a plugin."""
        self._interrupted = not isinstance(excinfo.value, pytest.exit.Exception)

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
        elif getattr(report, "failed", False) and (match := CLAUSE.search(report.nodeid)):
            self._broken.add(f"{match[1]} {HAS_VERDICT}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say in pytest's exit status what `gradspec run` would say."""
        self._say_why_none_ran(session)
        if self._interrupted and self._selected and not self._others:
            session.exitstatus = ExitStatus.INTERRUPTED
        ended = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not (ended and self._selected) or session.config.getoption("collectonly"):
            return
        result = self._result = result_of(self._asked_for(session.config), self._measured)
        stopped = session.shouldfail or session.shouldstop
        for fault in () if stopped else faults(result):
            if fault.name not in self._broken:
                _report(session.config, fault)
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
        for sentence in (*complaints(result), *notes(result), *advice(result)):
            terminalreporter.write_line(sentence)
        for line in summary(result.judged):
            terminalreporter.write_line(line)
        for line in ladder_lines(result, shutil.get_terminal_size().columns):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"{result.score}: {result.outlook}")
        terminalreporter.write_line(tally(result))

    def _asked_for(self, config: pytest.Config) -> Request:
        """Narrow the request where pytest's own options leave clauses out."""
        options = (config.getoption(name, default=None) for name in NARROWING)
        if not any(options) and config.args == ["gradspec"]:
            return self._request
        selection = replace(self._request.selection, only=frozenset(self._selected))
        return replace(self._request, selection=selection)


def _report(config: pytest.Config, fault: Fault) -> None:
    """Have pytest count and write down, as a failed test, what is no verdict of a clause."""
    nodeid, place = f"gradspec::{fault.name}", ("gradspec", None, fault.name)
    failed = pytest.TestReport(nodeid, place, {}, "failed", fault.sentence, "call")
    ended = pytest.TestReport(nodeid, place, {}, "passed", None, "teardown")
    for report in (failed, ended):
        config.hook.pytest_runtest_logreport(report=report)

"""Clauses as items of pytest, another face of the loop over `Judge.judge`.

A clause that is as demanded passes; unsupported and blocked ones are skipped with the reason,
unless they close the gate; expected failures and deviations are what pytest calls xfailed;
everything else fails.  In the end all judgements are one `Result`, whose exit status is pytest's.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
import pytest

from gradspec import chapters
from gradspec.rank import Level, Nature
from gradspec.writing.clause import CASES, CLAUSES
from gradspec_conformance.complaint import brief
from gradspec_conformance.exceptions import EngineError, NotConformant, WrongUsage
from gradspec_conformance.execution import register
from gradspec_conformance.execution.rerun import rerun
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.pytest_plugin.gathering import LEFT_OUT, UNREAD, Gathering
from gradspec_conformance.report.explanation import explain
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from gradspec.writing.clause import Clause
    from gradspec_conformance.run.judgement import Judged

REQUEST: Final = pytest.StashKey[Request]()
PACKAGE: Final = chapters.__name__
TOLD: Final = (
    *(Standing.EXPECTED_FAILURE, Standing.DEVIATION, Standing.DISTURBED, Standing.NEWER),
)
"""What pytest calls xfailed."""


def pytest_configure(config: pytest.Config) -> None:
    """Make levels and natures markers, so that `-m must` chooses."""
    for level in Level:
        config.addinivalue_line(
            "markers", f"{level}: a clause of gradspec at level {level.upper()}"
        )
    for nature in Nature:
        config.addinivalue_line("markers", f"{nature}: a clause of gradspec about {nature}s")


# the run's context --------------------------------------------------------------------
def prepare(config: pytest.Config) -> Request:
    """Give the context of the run, made from the options the first time."""
    if REQUEST not in config.stash:
        try:
            request = config.stash[REQUEST] = Request.of(config.option)
        except WrongUsage as error:
            pytest.exit(str(error), returncode=ExitStatus.WRONG_USAGE)
        except EngineError as error:
            _end(config.option.gradspec_engine, error)
        else:
            if not hasattr(config, "workerinput"):  # in xdist's workers nobody listens
                config.pluginmanager.register(Gathering(request))
    return config.stash[REQUEST]


def wait_for_engine(config: pytest.Config) -> None:
    """Wait until the engine is loaded."""
    try:
        _ = prepare(config).session.description
    except EngineError as error:
        _end(prepare(config).engine, error)


def _end(engine: str, error: EngineError) -> NoReturn:
    """End the session as `gradspec run` ends where the engine cannot be loaded."""
    pytest.exit(brief(f"engine {engine}: {error}"), returncode=ExitStatus.INCOMPLETE)


# collection ---------------------------------------------------------------------------
class ChapterFile(pytest.File):
    """A chapter, or a section of one."""

    def collect(self) -> Iterator[ClauseItem]:
        """Make an item of each clause, in reading order."""
        prepare(self.config)
        module = self._module()
        if module == PACKAGE:
            return
        chapter = module.removeprefix(f"{PACKAGE}.").partition(".")[0]
        complaint = register.complaint_about(chapter)
        if complaint is not None:
            self.config.stash[UNREAD] = True
            raise self.CollectError(f"chapter {chapter} could not be read: {complaint}")
        here = [one for one in CLAUSES.values() if one.body.__module__ == module]
        for case in itertools.chain.from_iterable(one.cases for one in here):
            name = f"{case.id}[{case.name}]"
            nodeid = f"{case.chapter}::{name}"
            item: ClauseItem = ClauseItem.from_parent(self, name=name, nodeid=nodeid, case=case)
            yield item

    def _module(self) -> str:
        """Name the module from the path: `.../gradspec/chapters/in_place/views.py`."""
        last = len(self.path.parts) - self.path.parts[::-1].index("chapters")
        parts = [*self.path.parts[last:-1], self.path.stem]
        return ".".join([PACKAGE, *(p for p in parts if p != "__init__")])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, object, object]:
    """Leave out what profile, chapters and -k do not mean; wait for the engine.

    A -k means the same clauses as in `gradspec run`; pytest reads it for everybody else's tests.
    """
    ours = [item for item in items if isinstance(item, ClauseItem)]
    if not ours:
        return (yield)
    if not config.getoption("collectonly"):
        wait_for_engine(config)
    selection = prepare(config).selection
    kept: list[ClauseItem] = []
    left_out: list[ClauseItem] = []
    for item in ours:
        (kept if selection.holds(item.case) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        getattr(config, "workeroutput", {})[LEFT_OUT] = True
    kept.sort(key=_reading_order())
    others = [item for item in items if not isinstance(item, ClauseItem)]
    marks: Any = config.pluginmanager.get_plugin("mark")
    marks.pytest_collection_modifyitems(items=others, config=config)
    items[:] = [*others, *kept]
    keyword, config.option.keyword = config.option.keyword, ""
    try:
        return (yield)
    finally:
        config.option.keyword = keyword


def _reading_order() -> Callable[[ClauseItem], tuple[int, int]]:
    """Give a key that sorts by chapter, and within one as it is written."""
    places = {chapter.name: place for place, chapter in enumerate(chapters.CHAPTERS)}
    written = {identifier: place for place, identifier in enumerate(CASES)}
    return lambda item: (places.get(item.case.chapter, len(places)), written[item.case.id])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the engine go."""
    if REQUEST in config.stash:
        config.stash[REQUEST].close()


# running ------------------------------------------------------------------------------
@functools.cache
def _mark(word: str) -> pytest.MarkDecorator:
    """Give a marker, which pytest looks up among all: there are many clauses and few markers."""
    marker: pytest.MarkDecorator = getattr(pytest.mark, str(word))
    return marker


class ClauseItem(pytest.Item):
    """One clause."""

    def __init__(self, name: str, *, case: Clause, **keywords: Any) -> None:
        super().__init__(name, **keywords)
        self.case = case
        self.judged: Judged | None = None
        self.add_marker(_mark(case.level))
        self.add_marker(_mark(case.nature))

    def runtest(self) -> None:
        """Run the clause, and say in pytest's words what came of it."""
        context = prepare(self.config)
        judged = self.judged = context.judges[0].judge(self.case)
        verdict = judged.verdict
        self.user_properties += [
            ("level", str(judged.level)),
            ("nature", str(judged.nature)),
            ("verdict", str(verdict.outcome)),
            ("standing", str(judged.standing)),
            *verdict.told,
        ]
        match judged.standing:
            case Standing.AS_DEMANDED:
                return
            case Standing.NOT_RUN if not judged.gates:
                pytest.skip(f"{verdict.outcome}: {verdict.message}")
            case standing if standing in TOLD:
                said = f"{judged.level} {verdict.outcome} ({verdict.manner}): {verdict.message}"
                why = f" ({judged.cause}: {judged.reason})" if judged.cause is not None else ""
                pytest.xfail(f"{judged.standing}{why}: {said}")
        if context.session.engine is not None:
            rerun(verdict, context.session.engine)  # for the debugger's sake
        raise NotConformant(verdict.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Explain the verdict; whatever else went wrong is shown as pytest shows it."""
        if self.judged is None:
            return super().repr_failure(excinfo, style)
        context = prepare(self.config)
        return str(explain(self.judged, context.engine, context.effort))

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Say where the clause is written."""
        code = self.case.body.__code__
        return code.co_filename, code.co_firstlineno - 1, f"{self.case.id} {self.case.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Send the judgement along with the report, so that it survives xdist."""
    report = yield
    if isinstance(item, ClauseItem) and call.when == "call" and item.judged is not None:
        report.gradspec = msgspec.json.encode(item.judged).decode()
        if report.skipped and isinstance(report.longrepr, tuple):
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
    return report

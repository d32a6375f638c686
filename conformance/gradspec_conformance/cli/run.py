"""`gradspec run [ENGINE]`: hold an engine to the specification."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradspec_conformance.cli.display import RunProgress, console, show
from gradspec_conformance.cli.isolation import run_pytest
from gradspec_conformance.cli.observer import Observer
from gradspec_conformance.cli.wishes import Wishes
from gradspec_conformance.engines.loading import EngineError, did_you_mean
from gradspec_conformance.pytest_plugin.items import CONTEXT
from gradspec_conformance.report.json import Report
from gradspec_conformance.run.request import RunContext, WrongUsage
from gradspec_conformance.run.result import ExitStatus, Result

if TYPE_CHECKING:
    import pytest

NOTHING_COLLECTED = 5
USAGE_ERROR = 4


@click.command("run")
@click.argument("engine", default="reference")
@click.option("--profile", default="full", help="full, core, tape, functional or scalar.")
@click.option("--chapter", multiple=True, help="Only this chapter, by name or prefix; repeatable.")
@click.option("-k", "keyword", default="", metavar="WORDS", help="Only what matches, as in pytest.")
@click.option("-n", "processes", default="0", metavar="N", help="Run in N processes, or auto.")
@click.option("--expect", metavar="FILE", help="Expected failures (default: as shipped).")
@click.option("--no-expect", is_flag=True, help="Expect every clause to pass.")
@click.option("--json", metavar="FILE", help="Write a report as JSON.")
@click.option("--junit", metavar="FILE", help="Write a report as JUnit XML.")
@click.option("--seed", type=int, help="Generate other examples (default: always the same).")
@click.option("--examples", type=int, help="How many examples are generated for a law.")
@click.option("--timeout", type=float, metavar="SECONDS", help="How long one clause may take.")
def command(
    engine: str,
    *,
    keyword: str,
    processes: str,
    json: str | None,
    junit: str | None,
    chapter: tuple[str, ...],
    **options: Any,
) -> None:
    """Hold ENGINE (default: the reference engine) to the specification.

    ENGINE is a name (`gradspec engines` lists them), module:attr or path.py:attr.

    Exit status: 0 all as expected, 1 not conformant or not as expected, 2 wrong usage,
    3 the engine could not be loaded or the run is incomplete.
    """
    wishes = Wishes(keyword, processes, json, junit)
    try:
        wishes.check()
        context = RunContext.make(engine, chapters=chapter, **options)
        context.session.start()
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    try:
        sys.exit(_run(context, wishes))
    except EngineError as error:
        _say(f"engine {engine}: {error}")
        sys.exit(ExitStatus.INCOMPLETE)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        _say("interrupted before anything was measured")
        sys.exit(ExitStatus.INCOMPLETE)
    finally:
        context.close()


def _run(context: RunContext, wishes: Wishes) -> int:
    where = console()
    with RunProgress(where, context.engine) as progress:
        _ = context.session.description  # raises EngineError while nothing else has begun
        observer = Observer(progress)
        crash = _measure(context, wishes, observer)
    result = _result(context, wishes, observer)
    show(result, where)
    if crash:
        _say(crash)
    written = wishes.json is None or _write(Path(wishes.json), Report.of(result).to_json())
    whole = written and not crash
    return result.exit_status if whole else ExitStatus.INCOMPLETE


def _measure(context: RunContext, wishes: Wishes, observer: Observer) -> str:
    """Run pytest; say what kept it from ending, or nothing."""
    arguments = [] if not wishes.keyword else ["-k", wishes.keyword]
    arguments += ["--continue-on-collection-errors", *_options(context)]
    if wishes.junit is not None:
        arguments.append(f"--junitxml={wishes.junit}")
    try:
        code = run_pytest(arguments, [observer, _Given(context)], wishes.processes)
    except OSError as error:
        return f"a report could not be written: {error}"
    except KeyboardInterrupt:
        observer.pytest_keyboard_interrupt()
        return ""
    if code == USAGE_ERROR:
        raise WrongUsage("pytest could not make sense of this; it says why above")
    if code == NOTHING_COLLECTED and not observer.complaints:
        asked = f" matches -k {wishes.keyword!r}" if wishes.keyword else " is in the edition"
        hint = did_you_mean(wishes.keyword, context.selection.demanded())
        raise WrongUsage(f"no clause of {context.selection}{asked}{hint}")
    return ""


class _Given:
    """Hands the context of this run to the items, which would otherwise make their own."""

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> None:
        """Put it where items look for it."""
        early_config.stash[CONTEXT] = self._context


def _options(context: RunContext) -> list[str]:
    """Spell the context as options of the plugin, from which xdist's workers make their own."""
    path = context.expectations.path
    options = {
        "engine": context.engine,
        "profile": context.selection.profile.name,
        "expect": path and path.resolve(),
        "seed": context.effort.seed,
        "examples": context.effort.examples,
        "timeout": context.timeout,
    }
    spelled = [f"--gradspec-{name}={value}" for name, value in options.items() if value is not None]
    spelled += [] if path else ["--gradspec-no-expect"]
    return spelled + [f"--gradspec-chapter={name}" for name in context.selection.chapters]


def _result(context: RunContext, wishes: Wishes, observer: Observer) -> Result:
    demanded = () if wishes.keyword else context.selection.demanded()
    wanted = list(dict.fromkeys([*demanded, *observer.selected]))
    judged = [observer.judged[i] for i in wanted if i in observer.judged]
    return Result(
        spec=context.engine,
        engine=context.session.description,
        selection=context.selection,
        effort=context.effort,
        judged=tuple(judged),
        missing=tuple(i for i in wanted if i not in observer.judged),
        complaints=tuple(observer.complaints),
        stale=tuple(context.expectations.stale(j.verdict for j in judged)),
        narrowed=wishes.keyword,
        least=context.expectations.ran,
    )


def _write(path: Path, text: str) -> bool:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        _say(f"{path} could not be written: {error.strerror}")
        return False
    return True


def _say(sentence: str) -> None:
    click.echo(f"gradspec: {sentence}", err=True)

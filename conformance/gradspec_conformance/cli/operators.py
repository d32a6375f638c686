"""`gradspec operators [ENGINE]`: the grid of operators and facets, with an engine's verdicts."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console

from gradspec.catalogue.operators import FAMILIES
from gradspec.catalogue.standard import standard_names
from gradspec_conformance.exceptions import EngineError, WrongUsage
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.report.grid import Grid, print_grid, record
from gradspec_conformance.report.terminal import RunProgress, console
from gradspec_conformance.run.facets import CHAPTER
from gradspec_conformance.run.keyword import Keyword
from gradspec_conformance.run.loop import judge_all
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import ExitStatus, Result, result_of


@click.command("operators")
@click.argument("engine", required=False)
@click.option("-k", "keyword", default="", metavar="WORDS", help="Only operators that match.")
@click.option("-n", "processes", default="1", metavar="N", help="Run in N processes, or auto.")
@click.option("--expect", metavar="FILE", help="Expected failures (default: as shipped).")
@click.option("--no-expect", is_flag=True, help="Expect every row to pass.")
@click.option("--json", "as_json", is_flag=True, help='Print {"operators": [...]}.')
def command(engine: str | None, *, keyword: str, as_json: bool, **options: Any) -> None:
    """Show every operator of the catalogue, and by which facets it is asked.

    With ENGINE the facets are run, and the grid has its verdicts; the exit status is then that of
    `gradspec run`. A facet is a clause about every operator. WORDS are looked for in the names of
    operators and families.
    """
    try:
        names = _chosen(keyword)
        result = None if engine is None else _run(engine, Grid(names).ids, options)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except EngineError as error:
        click.echo(f"gradspec: engine {engine}: {error}", err=True)
        sys.exit(ExitStatus.INCOMPLETE)
    grid = Grid(names, result)
    if as_json:
        click.echo(json.dumps(record(grid), indent=2, ensure_ascii=False))
    else:
        print_grid(grid, console())
    sys.exit(0 if result is None else result.exit_status)


def _chosen(keyword: str) -> tuple[str, ...]:
    """Find the operators that are meant; raises WrongUsage if there are none."""
    meant = Keyword(keyword) if keyword else None
    chosen = tuple(
        operator.name
        for family, operators in FAMILIES.items()
        for operator in operators
        if meant is None or meant.matches(operator.name, (family, *standard_names(operator.name)))
    )
    if not chosen:
        every = [operator.name for operators in FAMILIES.values() for operator in operators]
        raise WrongUsage(f"no operator matches -k {keyword!r}{did_you_mean(keyword, every)}")
    return chosen


def _run(engine: str, only: frozenset[str], options: dict[str, Any]) -> Result:
    """Run the rows; raises EngineError and WrongUsage."""
    request = Request.make(engine, chapters=(CHAPTER,), only=only, **options)
    try:
        request.start()
        with RunProgress(Console(stderr=True), request.engine) as progress:
            _ = request.session.description  # raises EngineError while nothing else has begun
            measured = judge_all(request, progress)
        return result_of(request, measured)
    finally:
        request.close()

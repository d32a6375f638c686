"""What is written of several runs: a page of its own, tables for a README, and a list of bugs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gradspec_conformance.report.explanation import cut
from gradspec_conformance.report.matrix import tables
from gradspec_conformance.report.matrix.bugs import Gravity, bugs
from gradspec_conformance.report.matrix.runs import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_conformance.report.matrix.runs import Run


def page(runs: Sequence[Run], date: str) -> str:
    """Write a page that needs nothing beside itself, and no script."""
    return _written(
        "page.html.j2",
        runs,
        date,
        natures=tables.natures(runs),
        chapters=tables.chapters(runs),
        entries=tables.entries,
        operators=tables.operators,
    )


def markdown(runs: Sequence[Run], date: str) -> str:
    """Write natures, rungs and chapters as tables of Markdown."""
    parts = {"natures": tables.natures(runs), "chapters": tables.chapters(runs)}
    return _written("table.md.j2", runs, date, **parts)


def known_bugs(runs: Sequence[Run], date: str) -> str:
    """Write what the engines are known to do wrong, as Markdown."""
    told = [(run, bugs(run)) for run in runs]
    return _written("bugs.md.j2", runs, date, told=told, words=list(Gravity))


def _written(template: str, runs: Sequence[Run], date: str, **more: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: (
        printable(text).replace("|", "\\|").replace("\n", " ")
    )
    environment.filters["short"] = tables.short
    environment.filters["script"] = lambda text: printable(cut(text).strip())
    return environment.get_template(template).render(runs=runs, date=date, **more)


def _in_a_cell(text: str) -> str:
    return printable(text).replace("|", "\\|").replace("\n", " ")

"""`page(runs)` and `markdown(runs)`: a matrix as a page of its own, and for a README."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gradspec_conformance.report.matrix import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_conformance.report.matrix.runs import Run


def page(runs: Sequence[Run], date: str) -> str:
    """Write a page that needs nothing beside itself, and no script."""
    return _written("page.html.j2", runs, date, entries=tables.entries, operators=tables.operators)


def markdown(runs: Sequence[Run], date: str) -> str:
    """Write natures, rungs and chapters as tables of Markdown."""
    return _written("table.md.j2", runs, date)


def _written(template: str, runs: Sequence[Run], date: str, **more: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: text.replace("|", "\\|").replace("\n", " ")
    return environment.get_template(template).render(
        runs=runs,
        date=date,
        natures=tables.natures(runs),
        chapters=tables.chapters(runs),
        **more,
    )

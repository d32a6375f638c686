"""The grid of operators and facets: what is asked of each operator, and what an engine made of it.

A line is an operator, a column a facet: a clause over the whole catalogue.  Without a run a cell
says by how many rows a facet asks the operator; after one what the rows came to, in a letter.
"""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from gradspec.catalogue.operators import FAMILIES
from gradspec.catalogue.standard import standard_names
from gradspec.edition import EDITION
from gradspec_conformance.execution.verdict import Outcome, of_rows
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.whole import some
from gradspec_conformance.run.facets import facets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console

    from gradspec.catalogue.operator import Operator
    from gradspec_conformance.run.facets import Facet
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.result import Result

MARKS: Final[dict[str, tuple[str, str]]] = {
    Outcome.PASSED: (".", "green"),
    Standing.EXPECTED_FAILURE: ("x", "cyan"),
    Standing.UNEXPECTED_PASS: ("X", "bold red"),
    Outcome.FAILED: ("F", "bold red"),
    Outcome.ERRORED: ("E", "bold red"),
    Outcome.CRASHED: ("C", "bold red"),
    Outcome.TIMED_OUT: ("T", "bold red"),
    Outcome.BLOCKED: ("b", "yellow"),
    Outcome.UNSUPPORTED: ("u", "yellow"),
}
"""What the rows of a cell came to -> its letter, and the style of that."""

MANY: Final = 9
"""More rows than that are a plus."""

WIDEST: Final = 100
NARROWEST: Final = 20


@dataclass(frozen=True)
class Grid:
    """The operators that were asked for by name, and the run of an engine on them, if any."""

    names: Collection[str]
    result: Result | None = None

    @property
    def families(self) -> Iterator[tuple[str, list[Operator]]]:
        """Give the families that have an operator in the grid, and those operators."""
        for family, rows in FAMILIES.items():
            here = [operator for operator in rows if operator.name in self.names]
            if here:
                yield family, here

    @cached_property
    def facets(self) -> Sequence[Facet]:
        """Give the facets that ask an operator of the grid."""
        return [facet for facet in facets() if any(name in facet.rows for name in self.names)]

    @property
    def ids(self) -> frozenset[str]:
        """Give the ids of all rows that the grid is about."""
        named = (facet.rows.get(name, ()) for facet in facets() for name in self.names)
        return frozenset(demand.id for rows in named for demand in rows)

    @cached_property
    def judged(self) -> dict[str, Judged]:
        """Give what the run came to, by id."""
        return {} if self.result is None else {one.id: one for one in self.result.judged}

    def has(self, name: str) -> bool:
        """Whether the engine has an operator; of no engine nothing is missing."""
        return self.result is None or f"op:{name}" in self.result.engine.abilities


def came_to(rows: Sequence[Judged]) -> str:
    """Say what the rows of a cell came to: what is red, if anything is, or else the gravest."""
    red = [judged for judged in rows if judged.standing.red]
    outcome = of_rows(judged.verdict.outcome for judged in red or rows)
    if red:
        return Standing.UNEXPECTED_PASS if outcome is Outcome.PASSED else outcome
    expected = any(judged.standing is Standing.EXPECTED_FAILURE for judged in rows)
    return Standing.EXPECTED_FAILURE if expected else outcome


# in a terminal ------------------------------------------------------------------------
def print_grid(grid: Grid, where: Console) -> None:
    """Print facets, then the operators by family, and the counts."""
    columns = grid.facets
    for facet in columns:
        indent = " " * 10
        lines = textwrap.wrap(
            facet.statement,
            min(where.width, WIDEST),
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
        said = Text("\n".join(lines)[len(indent) :])
        where.print(Text.assemble((f"{facet.id:10}", "cyan"), said), soft_wrap=True)
    print_operators(grid, where)
    for sentence in conclusion(grid):
        where.print(sentence, markup=False, soft_wrap=True)


def print_operators(grid: Grid, where: Console) -> None:
    """Print a line for each operator, by family; several where the facets need them."""
    names = max(map(len, (*grid.names, *(family for family, _ in grid.families))))
    gap = 1 if names + 2 * len(grid.facets) < where.width else 0
    space = names if where.width > 2 * names else min(names, NARROWEST)
    most = max((where.width - space - 2) // (1 + gap), 1)
    count = len(grid.facets)
    fitting = math.ceil(count / max(math.ceil(count / most), 1)) or 1  # blocks of one width
    blocks = [grid.facets[i : i + fitting] for i in range(0, count, fitting)]
    for family, operators in grid.families:
        here = [operator.name for operator in operators if grid.has(operator.name)]
        for columns in blocks if here else ():
            where.print(_heading(family, columns, space, gap), soft_wrap=True)
            for name in here:
                line = _line(grid, name, columns, space, gap)
                others = f"  {' '.join(standard_names(name))}".rstrip()
                if len(line) + len(others) <= where.width:
                    line.append(others, style="dim")
                where.print(line, soft_wrap=True)
        if not here:
            where.print(Text(f"\n{family}", "bold"))
        missing = [operator.name for operator in operators if not grid.has(operator.name)]
        if missing:
            text = f"not in the engine: {', '.join(missing)}"
            lines = textwrap.wrap(text, min(where.width, WIDEST), subsequent_indent="  ")
            where.print(Text("\n".join(lines), style="dim"), soft_wrap=True)
    where.print(f"\n{_legend(grid)}", markup=False, soft_wrap=True)


def _heading(family: str, columns: Sequence[Facet], space: int, gap: int) -> Text:
    """Write the family, and above each column the number of its clause, downwards."""
    numbers = [facet.id.partition("-")[2] for facet in columns]
    depth = max(map(len, numbers))
    lines = [
        (" " * gap).join(number.ljust(depth)[level] for number in numbers) for level in range(depth)
    ]
    text = Text()
    for level, line in enumerate(lines):
        name = family[:space] if level == depth - 1 else ""
        text.append("\n" + name.ljust(space), style="bold").append(f"  {line}", style="cyan")
    return text


def _line(grid: Grid, name: str, columns: Sequence[Facet], space: int, gap: int) -> Text:
    text = Text(name[:space].ljust(space) + " ")
    for facet in columns:
        text.append(" " if facet is columns[0] else " " * gap)
        text.append(*_cell(grid, facet, name))
    return text


def _cell(grid: Grid, facet: Facet, name: str) -> tuple[str, str]:
    demands = facet.rows.get(name, ())
    if not demands:
        return " ", ""
    if grid.result is None:
        return (str(len(demands)) if len(demands) <= MANY else "+"), ""
    rows = [grid.judged[demand.id] for demand in demands if demand.id in grid.judged]
    return MARKS[came_to(rows)] if rows else ("?", "bold red")


def _legend(grid: Grid) -> str:
    if grid.result is None:
        return f"a number: by how many rows the facet asks the operator, + is more than {MANY}"
    return ", ".join(f"{mark} {word.replace('_', ' ')}" for word, (mark, _) in MARKS.items())


def conclusion(grid: Grid) -> Iterator[str]:
    """Count operators, facets and rows, and say what the engine does not have."""
    total, asked = len(grid.names), grid.facets
    if grid.result is None:
        yield f"{total} operators, {len(asked)} facets, {len(grid.ids)} rows, edition {EDITION}"
        return
    engine = grid.result.engine
    missing = sorted(name for name in grid.names if not grid.has(name))
    ran = {one.clause for one in grid.result.judged if one.verdict.ran}
    yield f"{engine.name} {engine.version} has {total - len(missing)} of {total} operators"
    if missing:
        yield f"{len(missing)} unmapped: {some(missing)}"
    yield f"{sum(f.id in ran for f in asked)} of {len(asked)} facets ran, by {_rows(grid.result)}"
    red = [judged.id for judged in grid.result.judged if judged.standing.red]
    if red:
        yield f"look closer: gradspec run {grid.result.spec} -k '{red[0]}'"


def _rows(result: Result) -> str:
    counts = Counter(judged.verdict.outcome for judged in result.judged)
    expected = sum(judged.standing is Standing.EXPECTED_FAILURE for judged in result.judged)
    told = [
        f"{counts[outcome]} {outcome.replace('_', ' ')}" for outcome in Outcome if counts[outcome]
    ]
    told += [f"{expected} of them expected to fail"] if expected else []
    return f"{result.rows.ran} of {result.rows.selected} rows: {', '.join(told)}"


# as JSON ------------------------------------------------------------------------------
def record(grid: Grid) -> dict[str, Any]:
    """Give all of it as plain data."""
    columns, judged = grid.facets, grid.judged
    result = grid.result
    return {
        "edition": EDITION,
        "engine": result and {"name": result.engine.name, "version": result.engine.version},
        "facets": [{"id": facet.id, "statement": facet.statement} for facet in columns],
        "operators": [
            {
                "name": operator.name,
                "array_api": standard_names(operator.name),
                "family": family,
                "signature": operator.signature.text,
                "smoothness": operator.smoothness,
                "supported": None if result is None else grid.has(operator.name),
                "facets": {
                    facet.id: {
                        demand.row: _told(judged.get(demand.id))
                        for demand in facet.rows[operator.name]
                    }
                    for facet in columns
                    if operator.name in facet.rows
                },
            }
            for family, operators in grid.families
            for operator in operators
        ],
    }


def _told(judged: Judged | None) -> dict[str, Any] | None:
    if judged is None:
        return None
    return {
        "verdict": judged.verdict.outcome,
        "standing": judged.standing,
        "kind": judged.verdict.kind,
    }

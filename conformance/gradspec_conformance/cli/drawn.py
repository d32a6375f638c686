"""`gradspec show ID --graph`: the graph that a clause's program records, as a picture."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import click
from rich.rule import Rule
from rich.text import Text
from rich.tree import Tree

from gradspec import edition
from gradspec.writing.clause import CASES, CLAUSES
from gradspec_conformance.execution import register

if TYPE_CHECKING:
    from rich.console import Console

    from gradspec.writing.clause import Clause

FORMS: Final = ("tree", "dot", "mermaid", "svg")

STYLES: Final = {
    "leaf": "bold blue",
    "operator": "",
    "saved": "yellow",
    "result": "bold green",
    "base": "green",
}


def show(what: str, form: str, console: Console) -> None:
    """Draw the graphs of a clause, of each of its rows, or of one row."""
    case = CLAUSES.get(what) or CASES.get(what)
    named = edition.resolve(what) if case is None else ()
    found = [case] if case is not None else [register.case(name) for name in named]
    cases = [each for clause in found if clause is not None for each in clause.cases]
    if not cases:
        raise click.UsageError(f"--graph draws the graph of a clause or row, and {what!r} is none")
    pictures = {case.id: drawings(case) for case in cases}
    if not any(pictures.values()):
        raise click.ClickException(f"{what} records no graph")
    if form == "tree":
        for name, several in pictures.items():
            for drawing in several:
                console.print(Rule(f"graph of {name}", style="dim", align="left"))
                for branch in drawing.trees():
                    console.print(tree(drawing, branch))
        return
    every = [drawing for several in pictures.values() for drawing in several]
    click.echo(
        written(functools.reduce(lambda one, other: one.beside(other), every), form), nl=False
    )


def drawings(case: Clause) -> list[Any]:
    """Run a clause on the reference engine, and draw its graphs with all that they keep."""
    from gradspec_conformance.adapters.reference import ReferenceEngine, draw  # noqa: PLC0415 - slow
    from gradspec_conformance.edition.graphs import graphs_of  # noqa: PLC0415 - likewise

    def whole(roots: list[Any], names: Any) -> Any:
        return draw(roots, names, show_attrs=True, show_saved=True)

    return graphs_of(case, ReferenceEngine(), whole)


def written(drawing: Any, form: str) -> str:
    """Write a picture in one of the forms for other programs."""
    if form != "svg":
        return str(drawing.dot() if form == "dot" else drawing.mermaid())
    try:
        return str(drawing.svg())
    except Exception as error:
        remedy = (
            "an SVG needs pip install 'gradspec[graph]' and the program dot of Graphviz; "
            "--graph dot and --graph mermaid need neither"
        )
        raise click.ClickException(f"{remedy} ({type(error).__name__}: {error})") from error


def tree(drawing: Any, root: Any) -> Tree:
    """Set a picture as a tree for the terminal."""
    top = Tree(line_of(drawing, root), guide_style="dim")
    waiting = [(top, root)]
    while waiting:
        place, branch = waiting.pop()
        waiting += [(place.add(line_of(drawing, behind)), behind) for behind in branch.behind]
    return top


def line_of(drawing: Any, branch: Any) -> Text:
    """Write one box of a tree."""
    return Text(drawing.said(branch), style=STYLES[drawing.boxes[branch.place].kind])

"""`gradspec engines`: which engines are here, and what each declares."""

from __future__ import annotations

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.abilities import BUNDLES
from gradspec.port.engine import Subject
from gradspec_conformance.engines.loading import known_engines
from gradspec_conformance.exceptions import EngineError


@click.command("engines")
def command() -> None:
    """List the registered engines: version, capabilities, and how to get what is missing."""
    known = known_engines()
    here = {n: Subject.of(e) for n, e in known.items() if not isinstance(e, EngineError)}
    console = Console(highlight=False)
    console.print(table(here))
    for name, error in known.items():
        if isinstance(error, EngineError):
            console.print(f"[bold]{name}[/] is not here: {escape(str(error))}", soft_wrap=True)


def table(engines: dict[str, Subject]) -> Table:
    """Set the engines side by side, a row for each bundle of abilities."""
    grid = Table("", *(escape(f"{name}\n{e.version}") for name, e in engines.items()))
    for bundle, words in BUNDLES.items():
        grid.add_row(bundle, *(_share(words, e.abilities) for e in engines.values()))
    grid.add_section()
    grid.add_row("operators", *(str(operators(e)) for e in engines.values()))
    for index, dtype in enumerate(("float", "int and bool")):
        grid.add_row(dtype, *(_dtypes(e, floats=index == 0) for e in engines.values()))
    return grid


def operators(engine: Subject) -> int:
    """Count the operators of the catalogue that the engine has."""
    return sum(f"op:{name}" in engine.abilities for name in OPERATORS)


def _share(words: frozenset[str], abilities: frozenset[str]) -> str:
    """Say how much of a bundle the engine has."""
    here = len(words & abilities)
    if here in (0, len(words)):
        return "[green]yes[/]" if here else "[dim]no[/]"
    return f"{here} of {len(words)}"


def _dtypes(engine: Subject, *, floats: bool) -> str:
    names = (w.removeprefix("dtype:") for w in engine.abilities if w.startswith("dtype:"))
    kept = sorted(n for n in names if n.startswith("float") == floats)
    return ", ".join(n.removeprefix("float") if floats else n for n in kept) or "[dim]none[/]"

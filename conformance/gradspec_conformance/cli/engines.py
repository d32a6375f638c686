"""`gradspec engines`: which engines are here, and what each declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gradspec.catalogue.operators import BASIC, OPERATORS
from gradspec.port.capabilities import GROUPS
from gradspec_conformance.loading import EngineError, known_engines

if TYPE_CHECKING:
    from gradspec.port.engine import Engine


@click.command("engines")
def command() -> None:
    """List the registered engines: version, capabilities, and how to get what is missing."""
    known = known_engines()
    here = {name: e for name, e in known.items() if not isinstance(e, EngineError)}
    console = Console(highlight=False)
    console.print(table(here))
    for name, error in known.items():
        if isinstance(error, EngineError):
            console.print(f"[bold]{name}[/] is not here: {escape(str(error))}", soft_wrap=True)


def table(engines: dict[str, Engine]) -> Table:
    """Set the engines side by side, a row for each capability group."""
    grid = Table("", *(escape(f"{name}\n{e.version}") for name, e in engines.items()))
    for group in GROUPS:
        grid.add_row(group, *(_yes(group in e.capabilities) for e in engines.values()))
    grid.add_section()
    grid.add_row("operators", *(str(operators(e)) for e in engines.values()))
    for index, dtype in enumerate(("float", "int and bool")):
        grid.add_row(dtype, *(_dtypes(e, floats=index == 0) for e in engines.values()))
    return grid


def operators(engine: Engine) -> int:
    """Count the operators of the catalogue that the engine has."""
    words = engine.capabilities
    return sum(name in BASIC or f"op:{name}" in words for name in OPERATORS)


def _yes(flag: bool) -> str:
    return "[green]yes[/]" if flag else "[dim]no[/]"


def _dtypes(engine: Engine, *, floats: bool) -> str:
    names = (w.removeprefix("dtype:") for w in engine.capabilities if w.startswith("dtype:"))
    kept = sorted(n for n in names if n.startswith("float") == floats)
    return ", ".join(n.removeprefix("float") if floats else n for n in kept) or "[dim]none[/]"

"""`gradspec engines`: which engines are here, and what each declares."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.abilities import BUNDLES
from gradspec_conformance.engines.loading import engine_names
from gradspec_conformance.exceptions import EngineError
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.isolation.process import START_TIMEOUT, ProcessHost
from gradspec_conformance.report.terminal import console

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command("engines")
def command() -> None:
    """List the registered engines: version, capabilities, and how to get what is missing."""
    known = described(engine_names())
    where = console()
    where.print(table({n: e for n, e in known.items() if isinstance(e, Started)}))
    for name, error in known.items():
        if isinstance(error, EngineError):
            told = f"[bold]{escape(name)}[/] is not here: {escape(str(error))}"
            where.print(told, soft_wrap=True)


def described(names: Iterable[str]) -> dict[str, Started | EngineError]:
    """Load engines, each in a process of its own; the error says why one is not to be had."""
    known: dict[str, Started | EngineError] = {}
    with ExitStack() as open_:
        hosts = {
            name: open_.enter_context(closing(ProcessHost(name, EVERYDAY, START_TIMEOUT)))
            for name in names
        }
        for host in hosts.values():
            host.start()
        for name, host in hosts.items():
            try:
                known[name] = host.describe()
            except EngineError as error:
                known[name] = error
    return known


def table(engines: dict[str, Started]) -> Table:
    """Set the engines side by side, a row for each bundle of abilities."""
    grid = Table("", *(escape(f"{name}\n{e.version}") for name, e in engines.items()))
    for bundle, words in BUNDLES.items():
        grid.add_row(bundle, *(_share(words, e.abilities) for e in engines.values()))
    grid.add_section()
    grid.add_row("operators", *(str(operators(e)) for e in engines.values()))
    for index, dtype in enumerate(("float", "int and bool")):
        grid.add_row(dtype, *(_dtypes(e, floats=index == 0) for e in engines.values()))
    return grid


def operators(engine: Started) -> int:
    """Count the operators of the catalogue that the engine has."""
    return sum(f"op:{name}" in engine.abilities for name in OPERATORS)


def _share(words: frozenset[str], abilities: frozenset[str]) -> str:
    """Say how much of a bundle the engine has."""
    here = len(words & abilities)
    if here in (0, len(words)):
        return "[green]yes[/]" if here else "[dim]no[/]"
    return f"{here} of {len(words)}"


def _dtypes(engine: Started, *, floats: bool) -> str:
    names = (w.removeprefix("dtype:") for w in engine.abilities if w.startswith("dtype:"))
    kept = sorted(n for n in names if n.startswith("float") == floats)
    return ", ".join(n.removeprefix("float") if floats else n for n in kept) or "[dim]none[/]"

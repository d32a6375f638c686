"""`gradspec compare OLD.json NEW.json`: what changed between two versions of an engine."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.text import Text

from gradspec import edition
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.report.terminal import console
from gradspec_conformance.run.result import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec_conformance.report.comparison import Change, Compared

FIRST: Final = 10


@click.command("compare")
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
@click.option("--all", "everything", is_flag=True, help=f"Show every change, not {FIRST} a kind.")
@click.option("--json", "as_json", is_flag=True, help='Print {"changes": [...]}.')
def command(old: str, new: str, *, everything: bool, as_json: bool) -> None:
    """Show what changed from one run of an engine to another, such as of its next version.

    Both reports were written by `gradspec run ENGINE --json FILE`. Exit status: 0 nothing that
    passed or ran is lost, 1 something is, 2 wrong usage.
    """
    from gradspec_conformance.report.comparison import Compared, compared  # noqa: PLC0415
    from gradspec_conformance.report.reading import read  # noqa: PLC0415 - both take time

    try:
        before, after = (read(Path(file), Compared) for file in (old, new))
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    changes = compared(before, after)
    if as_json:
        click.echo(json.dumps(_record(before, after, changes), indent=2, ensure_ascii=False))
    else:
        where = console()
        for line in _lines(before, after, changes, everything=everything):
            where.print(line, soft_wrap=True)
    regressed = any(change.turn.is_regression for change in changes)
    sys.exit(ExitStatus.NOT_CONFORMANT if regressed else ExitStatus.AS_EXPECTED)


def _lines(
    old: Compared, new: Compared, changes: Sequence[Change], *, everything: bool
) -> Iterator[Text]:
    yield Text(f"{old.title} -> {new.title}", "bold")
    for what, one, other in _circumstances(old, new):
        yield Text(f"the {what} differs: {one} -> {other}", "yellow")
    for turn, group in groupby(changes, key=lambda change: change.turn):
        members = list(group)
        yield Text(f"\n{len(members)} {turn}", "bold red" if turn.is_regression else "bold")
        shown = members if everything else members[:FIRST]
        for change in shown:
            yield Text.assemble(
                ("  " + change.line.id, "cyan"), f" [{change.line.nature}] {change.said}"
            )
            demand = edition.demand(change.line.id)
            if demand is not None:
                yield Text(f"      {demand.statement}", "dim")
        if len(shown) < len(members):
            yield Text(f"  and {len(members) - len(shown)} more: --all shows them")
    passed = [sum(line.verdict == "passed" for line in report.verdicts) for report in (old, new)]
    yield Text(f"\npassed {passed[0]} -> {passed[1]}; {len(changes)} changes")


def _circumstances(old: Compared, new: Compared) -> Iterator[tuple[str, str, str]]:
    """Say what else than the engine may be behind the changes."""
    for what, one, other in (
        ("engine", old.engine.name, new.engine.name),
        ("edition", old.edition, new.edition),
        ("profile", old.profile, new.profile),
        ("selection", _selected(old), _selected(new)),
    ):
        if one != other:
            yield what, one, other


def _selected(report: Compared) -> str:
    words = [*report.selection.chapters, report.selection.keyword or ""]
    return " ".join(word for word in words if word) or "everything"


def _record(old: Compared, new: Compared, changes: Sequence[Change]) -> dict[str, Any]:
    def of(report: Compared) -> dict[str, Any]:
        return {
            "name": report.engine.name,
            "version": report.engine.version,
            "edition": report.edition,
        }

    return {
        "old": of(old),
        "new": of(new),
        "changes": [
            {
                "id": change.line.id,
                "nature": change.line.nature,
                "level": change.line.level,
                "turn": change.turn.name.lower(),
                "regression": change.turn.is_regression,
                "old": change.old and change.old.verdict,
                "new": change.new and change.new.verdict,
                "message": change.line.message,
            }
            for change in changes
        ],
    }

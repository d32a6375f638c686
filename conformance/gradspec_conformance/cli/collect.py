"""`gradspec collect BOOK OUTPUT...`: a report of what generated tests printed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gradspec_conformance.cli.files import LARGEST, check_apart, check_report, contents, put
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.report.terminal import console, show

if TYPE_CHECKING:
    from collections.abc import Sequence


STANDARD_INPUT: Final = ("-", "/dev/stdin")


@click.command("collect")
@click.argument("book", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("outputs", nargs=-1, required=True, metavar="OUTPUT...")
@click.option("--json", "report", metavar="FILE", help="Write the report, as `run --json` does.")
@click.option("--profile", default="full", metavar="NAME", help="Hold it to these clauses.")
@click.option("-k", "keyword", default="", metavar="WORDS", help="Hold it to what matches.")
@click.option("--expect", metavar="FILE", help="What the engine is known to fail.")
def command(
    book: Path,
    outputs: Sequence[str],
    *,
    report: str | None,
    profile: str,
    keyword: str,
    expect: str | None,
) -> None:
    """Make a report of what the tests that were generated of BOOK printed to each OUTPUT.

    Other lines in OUTPUT do not matter. BOOK says which kind of error each refusal is. The report
    is one that `gradspec matrix`, `compare` and `explain` read. Exit status: as `gradspec run`.
    """
    from gradspec_conformance.generating.collected import collected  # noqa: PLC0415 - takes time
    from gradspec_conformance.generating.command import compiled_book  # noqa: PLC0415
    from gradspec_conformance.generating.printed import lines_of  # noqa: PLC0415
    from gradspec_conformance.report.json import Report  # noqa: PLC0415

    target = None if report is None else Path(report)
    try:
        check_apart({"--json": target, **{f"output {o}": Path(o) for o in outputs}})
        if target is not None:
            check_report(target)
        texts = [_read(Path(output)) for output in outputs]
        lines = list(lines_of(texts))
        known = None if expect is None else Path(expect)
        result = collected(compiled_book(book), lines, profile, keyword, known)
    except (WrongUsage, ValueError) as error:
        raise click.UsageError(str(error)) from None
    show(result, console())
    if target is not None:
        put(target, Report.of(result).to_json())
    sys.exit(result.exit_status)


def _read(path: Path) -> str:
    """Read what was printed: of a file, or of what stands before a pipe."""
    if str(path) in STANDARD_INPUT:
        return sys.stdin.buffer.read(LARGEST).decode("utf-8", errors="replace")
    return contents(path).decode("utf-8", errors="replace")

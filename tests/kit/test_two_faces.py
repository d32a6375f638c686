"""`gradspec run` and `pytest --pyargs gradspec` say the same: exit status, counts, JUnit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from click.testing import CliRunner

from gradspec import edition
from gradspec_conformance.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping

WRONG = Path(__file__).with_name("wrong_engines.py")

ENTRY = """
[[expected]]
clause = "{}"
kind = "{}"
class = "{}"
reason = "{}"
"""


TOLD = {"level", "nature", "verdict", "standing", "kind", "error_kind", "exception", "signal"}
"""What is known of a clause when it has run."""


class Said(NamedTuple):
    """What a face says of a run."""

    status: int
    cases: Mapping[tuple[str, str], tuple[str, frozenset[tuple[str, str]]]]
    lines: list[str]


def cases_of(report: Path) -> dict[tuple[str, str], tuple[str, frozenset[tuple[str, str]]]]:
    """Read a JUnit report: chapter and name -> what came of it, and its properties."""
    found = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - our own file
        results = {part.tag for part in case} & {"failure", "error", "skipped"}
        told = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
        properties = {(name, told[name]) for name in TOLD & told.keys()}
        name = (case.attrib["classname"], case.attrib["name"])
        assert name not in found
        found[name] = (next(iter(results), "passed"), frozenset(properties))
    return found


def command_line(engine: str, *words: str) -> Said:
    """Ask `gradspec run`."""
    result = CliRunner().invoke(main, ["run", engine, *words, "--junit", "one.xml"])
    return Said(result.exit_code, cases_of(Path("one.xml")), result.output.splitlines())


def through_pytest(pytester: pytest.Pytester, engine: str, *words: str) -> Said:
    """Ask pytest, where an option has a longer name."""
    named = ["--gradspec-strict" if word == "--strict" else word for word in words]
    two = ["--junitxml=two.xml", "-p", "no:cacheprovider"]
    result = pytester.runpytest("--pyargs", "gradspec", "--engine", engine, *named, *two)
    return Said(int(result.ret), cases_of(pytester.path / "two.xml"), result.outlines)


CHOSEN = "acc-001 or acc-013 or bwd-001"
"""What the toy does well, what its wrong relatives do not, and what it cannot be asked."""

OVERWRITES = ENTRY.format("acc-001", "value", "bug", "It overwrites.")
UNEXPLAINED = ENTRY.format("acc-001", "value", "unknown", "unexplained")
STALE = ENTRY.format("acc-013/*", "value", "bug", "No strides.")
BELOW = ENTRY.format("bwd-001", "missing gradient", "bug", "It does nothing.")


@pytest.mark.parametrize(
    ("engine", "known", "strict", "status"),
    [
        ("Overwrites", OVERWRITES, True, 0),
        ("Overwrites", OVERWRITES.replace("value", "shape"), False, 1),
        ("Overwrites", OVERWRITES + STALE, False, 1),
        ("Overwrites", UNEXPLAINED, True, 1),
        ("Overwrites", OVERWRITES.replace("acc-", "*-"), False, 1),
        ("DoesNothing", "", False, 1),
        ("DoesNothing", BELOW, False, 0),
        ("DeclaresValuesOnly", "", False, 3),
    ],
)
def test_both_faces_say_the_same(
    pytester: pytest.Pytester, engine: str, known: str, *, strict: bool, status: int
) -> None:
    Path("known.toml").write_text(known)
    words = ("-k", CHOSEN, "--expect", "known.toml", *(["--strict"] if strict else []))
    one = command_line(f"{WRONG}:{engine}", *words)
    two = through_pytest(pytester, f"{WRONG}:{engine}", *words)
    last = [line for line in one.lines if " ran, " in line][-1]
    results = {result for result, _ in one.cases.values()}

    assert (one.status, two.status) == (status, status)
    assert one.cases == two.cases
    assert last in two.lines
    assert ("failure" in results) is (status != 0)


def test_both_faces_report_what_is_newer_and_let_it_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    demand = edition.demand

    def since(identifier: str) -> Any:
        found = demand(identifier)
        return None if found is None else replace(found, since="torch-2.13/2")

    monkeypatch.setattr(edition, "EDITIONS", (edition.EDITION, "torch-2.13/2"))
    monkeypatch.setattr(edition, "demand", since)
    Path("known.toml").write_text(f'edition = "{edition.EDITION}"\n')
    words = ("-k", CHOSEN, "--expect", "known.toml")
    one = command_line(f"{WRONG}:DoesNothing", *words)
    two = through_pytest(pytester, f"{WRONG}:DoesNothing", *words)

    assert (one.status, two.status) == (0, 0)
    assert one.cases == two.cases
    said = [line for line in one.lines if f"newer than edition {edition.EDITION}" in line]
    assert said[0].endswith("--write known.toml --raise")
    assert said[0] in two.lines

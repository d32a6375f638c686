"""`gradspec matrix`: engines side by side, as Markdown and as a page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from made_up import judged, result

from gradspec import CONVENTION, SAFETY
from gradspec_conformance.cli.matrix import command
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.report.json import Report
from gradspec_conformance.report.matrix.page import markdown, page
from gradspec_conformance.report.matrix.runs import runs

if TYPE_CHECKING:
    from pathlib import Path

ADDS = judged("acc-001")
OVERWRITES = judged(
    "acc-001", Outcome.FAILED, kind="value", message="another value", found="2.0", expected="4.0"
)
SCRIPT = "t0 = Value(2.0)\nprint('<b>')"


def report(path: Path, name: str, *found: Any, version: str = "1", **parts: Any) -> Path:
    """Write the report of an engine with this name."""
    engine = Started(name, version, "CPython 3", frozenset({"values"}))
    path.write_text(Report.of(result(*found, engine=engine, **parts)).to_json())
    return path


class Page(HTMLParser):
    """Anchors, links, table cells and text of a page; raises AssertionError where tags cross."""

    EMPTY = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.outside: list[str] = []
        self.widths: list[int] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter a tag."""
        if tag not in self.EMPTY:
            self._open.append(tag)
        about = {name: value or "" for name, value in attrs}
        self.anchors |= {about["id"]} & {about.get("id", "")} if "id" in about else set()
        self.links |= {about["href"]} if "href" in about else set()
        self.outside += [about[name] for name in ("src", "onclick") if name in about]
        if tag == "tr":
            self.widths.append(0)
        if tag in {"td", "th"}:
            self.widths[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what can be read."""
        if "style" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        """Give all that can be read."""
        return " ".join(" ".join(self.words).split())


def test_a_cell_counts_what_passed_of_what_ran_and_of_how_many(tmp_path: Path) -> None:
    one = report(
        tmp_path / "one.json",
        "one",
        judged("acc-001"),
        judged("acc-002", Outcome.FAILED, kind="value"),
        judged("acc-013", Outcome.UNSUPPORTED, lacking="views", nature=SAFETY),
    )
    other = report(tmp_path / "other.json", "other", judged("acc-001", nature=CONVENTION))
    table = markdown(runs([one, other]), "today")

    assert "| | one 1 | other 1 |" in table
    assert "| value: numbers that mathematics decides | 1 of 2 | - |" in table
    assert "| safety: nothing is wrong in silence | - | - |" in table
    assert "| convention: what torch chose | - | 1 of 1 |" in table
    assert "| Accumulation | 1 of 2 (3) | 1 of 1 |" in table


def test_a_clause_came_to_what_its_rows_came_to(tmp_path: Path) -> None:
    rows = [judged("op-001/mul"), judged("op-001/add", Outcome.FAILED, kind="value")]
    table = markdown(runs([report(tmp_path / "one.json", "one", *rows)]), "today")

    assert "| value: numbers that mathematics decides | 0 of 1 |" in table


def test_a_clause_opens_to_what_each_engine_did(tmp_path: Path) -> None:
    paths = [
        report(tmp_path / "adds.json", "adds", ADDS),
        report(
            tmp_path / "overwrites.json",
            "overwrites",
            judged(
                "acc-001",
                Outcome.FAILED,
                kind="value",
                message="another value",
                found="2.0",
                expected="4.0",
                script=SCRIPT,
            ),
        ),
    ]
    drawn = Page(page(runs(paths), "today"))

    assert "A backward pass adds to the gradient that a leaf already has" in drawn.text
    assert "overwrites 1: failed" in drawn.text
    assert "found 2.0" in drawn.text
    assert "expected 4.0" in drawn.text
    assert "print('<b>')" in drawn.text
    assert "adds 1: " not in drawn.text


def test_a_page_needs_nothing_beside_itself_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    drawn = Page(page(runs([report(tmp_path / "one.json", "one", ADDS, OVERWRITES)]), "today"))

    assert drawn.outside == []
    assert drawn.links
    assert {link.removeprefix("#") for link in drawn.links} <= drawn.anchors
    assert "acc-001" in drawn.anchors
    assert set(drawn.widths) == {2}


def test_operators_have_the_rows_of_all_facets(tmp_path: Path) -> None:
    rows = [judged("op-001/mul"), judged("op-201/mul", Outcome.FAILED, kind="value")]
    drawn = Page(page(runs([report(tmp_path / "one.json", "one", *rows)]), "today"))

    assert "mul ◐ 1 of 2" in drawn.text


def test_what_an_engine_writes_cannot_break_a_page(tmp_path: Path) -> None:
    bad = judged("acc-001", Outcome.FAILED, kind="value", message="<script>\x1b | \n</table>")
    paths = [report(tmp_path / "one.json", "<a> | `b`\x00", bad)]
    drawn = page(runs(paths), "today")

    assert "<script>" not in drawn
    assert "\x1b" not in drawn
    assert "<a> | `b`\N{REPLACEMENT CHARACTER} 1" in Page(drawn).text
    assert "| <a> \\| `b`\N{REPLACEMENT CHARACTER} 1 |" in markdown(runs(paths), "today")


def test_engines_of_one_name_are_told_apart_by_their_files(tmp_path: Path) -> None:
    paths = [report(tmp_path / f"{name}.json", "one", ADDS) for name in ("plain", "compiled")]

    assert [run.title for run in runs(paths)] == ["one 1 (plain)", "one 1 (compiled)"]


def test_reports_of_two_editions_are_not_put_side_by_side(tmp_path: Path) -> None:
    paths = [report(tmp_path / f"{name}.json", name, ADDS) for name in ("one", "other")]
    paths[1].write_text(paths[1].read_text().replace("torch-2.13/1", "torch-9.9/9"))
    run = CliRunner().invoke(command, [str(path) for path in paths])

    assert run.exit_code == 2
    assert "other.json: it is of edition torch-9.9/9, and the first report of torch-" in run.output


def test_both_are_written_and_the_date_is_the_callers(tmp_path: Path) -> None:
    given = report(tmp_path / "one.json", "one", ADDS)
    html, table = tmp_path / "matrix.html", tmp_path / "matrix.md"
    words = [str(given), "--html", str(html), "--markdown", str(table), "--date", "1 May 2026"]
    run = CliRunner().invoke(command, words)

    assert (run.exit_code, run.output) == (0, f"{html}: one 1\n{table}: one 1\n")
    assert html.read_text() == page(runs([given]), "1 May 2026")
    assert table.read_text() == markdown(runs([given]), "1 May 2026")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Missing argument"),
        (["nowhere.json"], "there is no such file"),
        (["/dev/zero"], "it is no regular file"),
        (["one.json", "--html", "one.json"], "both name one.json"),
        (["one.json", "--html", "a.html", "--markdown", "a.html"], "both name a.html"),
        (["one.json", "--html", "no/where.html"], "cannot be written"),
    ],
)
def test_wrong_usage_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = report(tmp_path / "one.json", "one", ADDS).read_text()
    run = CliRunner().invoke(command, words)

    assert run.exit_code == 2
    assert told in " ".join(run.output.split())
    assert (tmp_path / "one.json").read_text() == kept

"""The book in a browser; where playwright or Chromium is not here, the skip says so.

By day two chapters of it are written, by night all of it, whose every link is followed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from chosen_cases import BY_NIGHT
from click.testing import CliRunner
from test_matrix import ADDS, OVERWRITES, report
from test_search import ASKED

from gradspec_conformance.book.reports import read
from gradspec_conformance.cli.book import command
from gradspec_reference import tensor
from gradspec_reference.autograd import grad
from gradspec_reference.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = BY_NIGHT in os.environ

KINDS = {
    "index": "index.html",
    "chapter": "accumulation.html",
    "clause": "acc-001.html",
    "steps": "step-acc-001.html",
    "operator": "op-relu.html",
    "operators": "operator-list.html",
    "error": "error-graph-freed.html",
    "glossary": "glossary.html",
    "engines": "matrix.html",
    "runs": "runs.html",
    "findings": "findings.html",
    "search": "search.html",
}
"""A page of each kind."""

LINK = re.compile(r'(?:href|src)="([^"]*)"')


def test_a_trace_tells_what_a_pass_does_in_its_order() -> None:
    with trace() as events:
        x = tensor(2.0, requires_grad=True)
        (x * x).backward()
    assert [event.what for event in events][-2:] == ["visit", "accumulate"]
    assert events[-1].value == 4.0
    count = len(events)
    (x * x).backward()
    assert len(events) == count


def test_a_query_accumulates_nothing() -> None:
    with trace() as events:
        x = tensor(2.0, requires_grad=True)
        grad(x * x * x, [x], create_graph=True)
    told = [event.what for event in events]
    assert "visit" in told
    assert "accumulate" not in told


@pytest.fixture(scope="module")
def book(tmp_path_factory: Any) -> Path:
    if shutil.which("dot") is None:
        pytest.skip("the program dot of Graphviz is not here, and a book has pictures")
    from gradspec_conformance.book import site  # noqa: PLC0415 - takes time

    folder: Path = tmp_path_factory.mktemp("book")
    made = tmp_path_factory.mktemp("runs")
    reports = [
        report(made / "sound.json", "sound", ADDS),
        report(made / "<wrong>.json", "<wrong>", OVERWRITES),
    ]
    wanted = [] if WHOLE else ["accumulation", "higher_order"]
    site.write(folder, wanted, 1, runs=read(reports))
    return folder


def test_a_clause_shows_what_each_run_came_to(book: Path) -> None:
    text = (book / "acc-001.html").read_text(encoding="utf-8")

    assert re.search(r'<td>sound 1</td><td>[^<]*</td><td class="passed">passed</td>', text)
    assert "&lt;wrong&gt; 1</td>" in text
    assert '<td class="failed">failed</td><td>another value</td>' in text
    assert "sound 1" in (book / "runs.html").read_text(encoding="utf-8")


def test_what_is_no_report_makes_no_book(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.json"
    wrong.write_text("[")
    ended = CliRunner().invoke(command, [str(tmp_path / "book"), "--report", str(wrong)])

    assert ended.exit_code == 2
    assert "notes.json: it is no JSON" in ended.output
    assert not (tmp_path / "book").exists()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pip install 'gradspec[book]' to test the book in a browser"
    )
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not here, so the book was not tested in a browser")
    with playwright.sync_playwright() as run:
        opened = run.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("asked", ASKED)
def test_search_finds_what_is_pasted(book: Path, page: Any, asked: str) -> None:
    page.goto(f"file://{book}/search.html")
    page.fill("#q", asked)

    assert ASKED[asked] in page.locator("#found li a").all_inner_texts()[:3]


@pytest.mark.parametrize("name", ["acc-001", "acc-003", "acc-024", "ho-205"])
def test_stepping_shows_each_number_of_the_trace(book: Path, page: Any, name: str) -> None:
    page.goto(f"file://{book}/step-{name}.html")
    steps = json.loads(page.text_content("#steps"))
    arrived = [step for step in steps if step["what"] == "accumulate"]
    assert arrived

    for step in steps:
        page.click("#on")
        if step["what"] == "accumulate":
            assert step["value"] in page.inner_text("#told")
    page.keyboard.press("Home")
    for _ in steps:
        page.keyboard.press("ArrowRight")
    assert arrived[-1]["value"] in page.inner_text("#told")


def test_every_link_and_anchor_leads_somewhere(book: Path) -> None:
    texts = {path.name: path.read_text("utf-8") for path in book.glob("*.html")}
    anchors = {name: {*re.findall(r'id="([^"]+)"', text)} for name, text in texts.items()}
    files = {path.name for path in book.iterdir()}
    dead = set()
    for name, text in texts.items():
        for link in LINK.findall(text):
            target, _, anchor = link.partition("#")
            if target.startswith(("http:", "https:")):
                continue
            there = target or name
            known = there in files and (not anchor or anchor in anchors.get(there, ()))
            if not known and (WHOLE or there in files):
                dead.add((name, link))

    assert not dead


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_a_page_is_accessible(book: Path, browser: Any, name: str, scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="pip install 'gradspec[book]' to check the book for accessibility",
    )
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"file://{book}/{KINDS[name]}")
    found = axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    page.close()

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", KINDS)
def test_a_page_fits_a_phone_and_needs_no_script(book: Path, browser: Any, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"file://{book}/{KINDS[name]}")
    assert plain.locator("h1").is_visible()
    if name in ("chapter", "clause", "steps"):
        assert "backward()" in plain.inner_text("main")
    context.close()

    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto(f"file://{book}/{KINDS[name]}")
    width = phone.evaluate("document.documentElement.scrollWidth")
    phone.close()
    assert width <= 390

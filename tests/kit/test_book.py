"""The book in a browser; where playwright or Chromium is not here, the skip says so."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from gradspec_reference import tensor
from gradspec_reference.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES = {
    "Trying to backward through the graph a second time": "life-001",
    "grad can be implicitly created only for scalar outputs": "bwd-005",
    "a leaf Variable that requires grad is being used in an in-place operation": "inp-004",
    "you can only change requires_grad flags of leaf variables": "leaf-006",
    "appears to not have been used in the graph": "vjp-011d",
    "'NoneType' object has no attribute 'zero_'": "acc-007",
    "can't retain_grad on Tensor that has requires_grad=False": "ret-008",
}


def test_a_trace_tells_what_a_pass_does_in_its_order() -> None:
    with trace() as events:
        x = tensor(2.0, requires_grad=True)
        (x * x).backward()
    assert [event.what for event in events][-2:] == ["visit", "accumulate"]
    assert events[-1].value == 4.0
    count = len(events)
    (x * x).backward()
    assert len(events) == count


@pytest.fixture(scope="module")
def book(tmp_path_factory: Any) -> Path:
    if shutil.which("dot") is None:
        pytest.skip("the program dot of Graphviz is not here, and a book has pictures")
    from gradspec_conformance.book import site  # noqa: PLC0415 - takes time

    folder: Path = tmp_path_factory.mktemp("book")
    site.write(folder, ["accumulation"], 1)
    return folder


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pip install 'gradspec[book]' to test the book in a browser"
    )
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not here, so the book was not tested in a browser")
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_search_finds_messages_that_are_pasted(book: Path, page: Any) -> None:
    page.goto(f"file://{book}/search.html")
    for message, clause in MESSAGES.items():
        page.fill("#q", message)
        assert page.inner_text("#found li:first-child a") == clause


def test_stepping_ends_with_the_numbers_of_the_trace(book: Path, page: Any) -> None:
    page.goto(f"file://{book}/step-acc-001.html")
    steps = json.loads(page.inner_text("#steps") or page.text_content("#steps"))
    for _ in steps:
        page.click("#on")
    last = [step["value"] for step in steps if step["what"] == "accumulate"][-1]
    assert last == "8"
    assert last in page.inner_text("#told")


def test_links_within_what_was_written_lead_somewhere(book: Path) -> None:
    ours = {path.name for path in book.iterdir()}
    for path in book.glob("step-*.html"):
        for link in re.findall(r'(?:href|src)="([^"#]+)', path.read_text()):
            assert urlsplit(link).path in ours, (path.name, link)

"""The text of clauses, sections and chapters is what was written."""

from __future__ import annotations

from made_up import clause

from gradspec import CASES, Autograd, expect
from gradspec.chapters import accumulation
from gradspec.chapters.accumulation import adding_up
from gradspec.writing.source import introduction, program_text, section_introduction


def written(ag: Autograd) -> None:
    """It is two, and has a comment."""
    x = ag.tensor(2.0)
    if x:
        expect(x).equals(2.0)  # as it was


def test_a_program_is_shown_without_its_head() -> None:
    assert program_text(clause(written)) == (
        "x = ag.tensor(2.0)\nif x:\n    expect(x).equals(2.0)  # as it was"
    )


def test_a_chapter_and_a_section_introduce_themselves() -> None:
    text, of_its_section = (
        introduction("accumulation"),
        section_introduction(CASES["acc-001"]),
    )

    assert text
    assert text.split() == (accumulation.__doc__ or "").split()
    assert of_its_section.split() == (adding_up.__doc__ or "").split()


def test_a_chapter_of_one_section_introduces_itself_once() -> None:
    def body(ag: Autograd) -> None:
        """It holds."""

    body.__module__ = "gradspec.chapters.accumulation"

    assert section_introduction(clause(body, section="accumulation")) == ""

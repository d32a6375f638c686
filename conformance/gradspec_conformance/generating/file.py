"""`test_file(book, tests, stem)`: all tests of a book as one file, its harness with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec.edition import EDITION
from gradspec_conformance.generating.language import Language, language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_conformance.adapters.phrases.book import Book
    from gradspec_conformance.generating.tests import Test


def test_file(book: Book, tests: Sequence[Test], stem: str) -> str:
    """Write the file; `stem` is the name of the file without its suffix."""
    target = language(book.language)
    said = [test for test in tests if not test.left_out]
    text = target.say(
        "file",
        **{"class": stem},
        heading=(
            f"Written by `gradspec generate` for {book.name}, edition {EDITION}: "
            f"{len(said)} tests. Do not edit: change the book, and generate it again."
        ),
        setup="\n".join(code.text.strip() for code in book.setup),
        tests="\n".join(_test(target, test) for test in said),
        entries="\n".join(_entry(target, test, stem) for test in said),
        left_out="\n".join(_left_out(target, test) for test in tests if test.left_out),
        harness=_harness(target, book),
    )
    return text.lstrip("\n")


test_file.__test__ = False  # type: ignore[attr-defined]


def _test(target: Language, test: Test) -> str:
    form = "apart" if test.apart else "test"
    body = "\n".join(f"        {line}" for line in test.lines)
    return (
        target.say(
            form,
            id=test.id,
            id_text=target.text(test.id),
            name=test.name,
            sentence=" ".join(test.sentence.split()).replace("*/", "* /"),
            sentence_text=target.text(test.sentence),
            body=body,
            seconds=test.seconds,
        ).strip("\n")
        + "\n"
    )


def _entry(target: Language, test: Test, stem: str) -> str:
    return "        " + target.say(
        "entry",
        **{"class": stem},
        id_text=target.text(test.id),
        name=test.name,
        sentence_text=target.text(test.sentence),
        seconds=test.seconds,
    )


def _left_out(target: Language, test: Test) -> str:
    parts = {"id_text": target.text(test.id), "reason_text": target.text(test.left_out)}
    return "    " + target.say("left_out", **parts)


def _harness(target: Language, book: Book) -> str:
    version = book.version.text if book.version else '"unknown"'
    told = {"ENGINE": target.text(book.name), "VERSION": version, "EDITION": target.text(EDITION)}
    text = target.harness
    for word, said in told.items():
        text = text.replace(f"@{word}@", said)
    return text

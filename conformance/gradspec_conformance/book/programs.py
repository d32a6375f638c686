"""A clause's program in the words of each engine, and what it records: one run of it."""

from __future__ import annotations

import functools
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradspec import edition
from gradspec.exceptions import Interrupted, ProgramError
from gradspec.writing.notation import Autograd
from gradspec.writing.source import program_text
from gradspec_conformance import adapters
from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.adapters.phrases.writing import in_words_of
from gradspec_conformance.adapters.reference import draw, trace
from gradspec_conformance.edition.graphs import Watching
from gradspec_conformance.execution.effort import Effort, seed_of
from gradspec_conformance.execution.execute import tried
from gradspec_conformance.report.row import row_text

if TYPE_CHECKING:
    from gradspec.port.engine import Engine, Subject
    from gradspec.program.steps import Program
    from gradspec.writing.clause import Clause
    from gradspec_conformance.adapters.phrases.book import Book
    from gradspec_conformance.adapters.reference import Event

FIRST: Final = ("torch", "reference", "jax")
"""The books that come first; the others follow by name."""

TITLES: Final = {"reference": "NumPy (reference)", "torch": "PyTorch", "jax": "JAX"}
LONGEST: Final = 120
"""Lines of a script, acts of a program and boxes of a picture; more are no page to read."""


def text_of(case: Clause) -> str:
    """Give the program as the chapter has it, below what its row holds."""
    text = program_text(case)
    return f"{row_text(case)}\n\n{text}" if case.row else text


def run_of(case: Clause, engine: Engine | Subject) -> tuple[Program | None, list[Any], list[Event]]:
    """Run a clause, a law on its first example; give program, pictures and events, if short."""
    demand = edition.demand(case.id)
    if demand is None or demand.acts > LONGEST * (10 if case.is_law else 1):
        return None, [], []
    found: list[Watching] = []
    effort = Effort(examples=1, shrink=False)

    def once(**inputs: Any) -> None:
        if found:
            return
        with Watching(engine, _picture, seed=seed_of(case, effort)) as recorder:
            found.append(recorder)
            with suppress(ProgramError):  # of a tensor that lives on because it is to be drawn
                case.perform(Autograd(recorder), **inputs)
            # a history that the engine refuses to tell, or a handle that has none, is no picture
            with suppress(RuntimeError, AttributeError):
                recorder.draw_the_rest()

    with trace("gradspec/chapters") as events, suppress(Interrupted):  # which a clause may demand
        tried(case, once, effort)()
    if not found:
        return None, [], []
    pictures = [each for each in found[0].drawings if each and len(each.boxes) <= LONGEST]
    return found[0].program, pictures, events


def _picture(roots: list[Any], names: Any) -> Any:
    try:
        return draw(roots, names, show_attrs=True, show_saved=True)
    except (LookupError, RuntimeError, TypeError, ValueError):  # what was saved is gone, or written
        return None


def tabs_of(case: Clause, program: Program | None) -> list[tuple[str, str]]:
    """Give the program by the language that it is in, as the chapter has it first."""
    tabs = [("gradspec", text_of(case))]
    for name, book in books().items() if program is not None else ():
        if program is None or not case.needs <= abilities_of(name):
            continue
        try:
            script = in_words_of(book, program).strip()
        except (
            LookupError,
            ProgramError,
            TypeError,
            ValueError,
        ):  # the book has no words for something
            continue
        if script.count("\n") <= LONGEST:
            tabs.append((TITLES.get(name, name), script))
    return tabs


@functools.cache
def abilities_of(name: str) -> frozenset[str]:
    """Give what the engine of a book declares."""
    return books()[name].abilities


@functools.cache
def books() -> dict[str, Book]:
    """Read the phrasebooks that come with the kit."""
    (folder,) = adapters.__path__
    found = {path.stem: read_book(path) for path in Path(folder, "phrasebooks").glob("*.toml")}
    order = [*FIRST, *sorted(found.keys() - set(FIRST))]
    return {name: found[name] for name in order}

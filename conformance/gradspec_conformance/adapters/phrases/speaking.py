"""`BookEngine`: what all engines with a book have in common, whatever language they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from gradspec.exceptions import Diverged, ProgramError, whole_text_of
from gradspec.port.engine import method_of
from gradspec.port.phrase import Phrase, choose
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.scripts.own_words import is_performed
from gradspec_conformance.adapters.phrases.writing import in_words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradspec.port.act import Act
    from gradspec.program.steps import Program
    from gradspec_conformance.adapters.phrases.book import Book
    from gradspec_conformance.adapters.phrases.uses import Uses

RAISED_IN: Final = "_gradspec_act"
"""Attribute of an error: the key of the act that raised it."""


class BookEngine:
    """An engine in the words of its book; the class attribute `book` says which.

    Acts in `_own` are done by methods of a subclass, whatever the book says of them.
    """

    book: ClassVar[Book]
    tells_kind: ClassVar[str | None] = None
    """How a script tells the kind of `error`, if not by the patterns of the book."""

    name: str
    version: str
    abilities: frozenset[str]
    uses: Uses
    _own: frozenset[str] = frozenset()

    def error_kind(self, error: Exception) -> str | None:
        """Find the kind by what the error says; the first pattern that matches decides."""
        text = f"{type(error).__name__}: {whole_text_of(error)}"
        act = getattr(error, RAISED_IN, "")
        possible = (one for one in self.book.errors if act in one.acts or not one.acts)
        return next((one.kind for one in possible if one.says.search(text)), None)

    def script(self, program: Program) -> str:
        """Print a program in the words of the book.

        What the engine does for a product is known once it was done: a stored program is performed.
        If that comes to something that the program does not know, it is printed as it was stored.
        """
        if not is_performed(program.steps):
            with Recorder(self) as recorder:
                try:
                    replay(program, recorder)
                except Diverged:
                    return in_words_of(self.book, program, self.tells_kind)
                except ProgramError:  # a script shows what was done until then
                    pass
            program = recorder.program
        return in_words_of(self.book, program, self.tells_kind)

    def phrases_of(self, act: Act) -> tuple[Phrase, ...]:
        """Give the phrases that an act is said with; none where a method does it."""
        return () if method_of(act) in self._own else self.book.phrases.get(act.key, ())

    def says(self, act: Act, forms: Mapping[str, Any]) -> bool:
        """Say whether some phrase mentions all these arguments, or a method does the act."""
        own = method_of(act) in self._own
        return own or choose(act, self.book.phrases.get(act.key, ()), forms) is not None

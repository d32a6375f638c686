"""How often each phrase of a book was used, and raised: one that always does is probably wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec.exceptions import text_of
from gradspec.port.acts import ACTS
from gradspec_conformance.adapters.phrases.book import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.port.phrase import Phrase
    from gradspec_conformance.adapters.phrases.book import Book

TABLE_OF: Final = {prefix: table for table, prefix in TABLES.items()}


@dataclass(slots=True)
class Use:
    """A phrase, named by table, key and line, and what became of it since somebody looked."""

    phrase: str
    times: int = 0
    raised: int = 0
    error: str = ""

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count the calls of what the phrase was compiled to."""

        def counted(*given: Any) -> Any:
            self.times += 1
            try:
                return function(*given)
            except Exception as error:
                self.raised += 1
                self.error = f"{type(error).__name__}: {text_of(error)}"
                raise

        return counted


class Uses:
    """The phrases of a book that no language has, and the counts of each."""

    def __init__(self, book: Book) -> None:
        named: dict[str, tuple[bool, int, Use]] = {}
        self._of: dict[tuple[str, str], Use] = {}
        for key, spoken in book.spoken.items():
            shown = "tensor" if spoken is book.spoken.get("tensor") else key  # a leaf may be one
            for number, (phrase, one) in enumerate(zip(book.phrases[key], spoken, strict=True)):
                which = f" (phrase {number + 1})" if len(spoken) > 1 else ""
                below = str(one.place.file.path) != book.file
                name = f"{_named(shown)}{which}, line {one.place.line}"
                name = f"{one.place.file.path.name}: {name}" if below else name
                *_, use = named.setdefault(name, (below, one.place.line, Use(name)))
                self._of[key, phrase.text] = use
        self._all = tuple(use for *_, use in sorted(named.values(), key=lambda one: one[:2]))

    @property
    def names(self) -> tuple[str, ...]:
        """All phrases, as they are named, in the order in which they stand in their books."""
        return tuple(use.phrase for use in self._all)

    def counting(
        self, key: str, phrase: Phrase, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Have the calls of a phrase counted, if it is one of the book's own."""
        use = self._of.get((key, phrase.text))
        return function if use is None else use.counting(function)

    def taken(self) -> list[tuple[str, int, int, str]]:
        """Give phrase, uses, errors and the last error of what was used since this was asked."""
        used = [(u.phrase, u.times, u.raised, u.error) for u in self._all if u.times]
        for use in self._all:
            use.times, use.raised, use.error = 0, 0, ""
        return used


def _named(key: str) -> str:
    """Name the table and the key that an act has in a book."""
    name = ACTS[key].name
    return f"{TABLE_OF.get(key.removesuffix(name), 'acts')}.{name}"

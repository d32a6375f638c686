"""`lines_of(texts)`: the lines of JSON that generated tests printed, among whatever else.

A test runner prints around them and before them; a line begins where its mark stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from gradspec_conformance.execution.verdict import Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK: Final = '{"gradspec":"test/'
LONGEST: Final = 1 << 20


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test printed; `refusals` are kinds, with bars between them, and what was said."""

    gradspec: Literal["test/1"]
    edition: str
    engine: str
    version: str
    platform: str
    id: str
    verdict: Outcome
    refusals: list[tuple[str, str]]
    assertions: int
    duration: float
    kind: Kind | None = None
    message: str | None = None
    found: str | None = None
    expected: str | None = None


def lines_of(texts: Iterable[str]) -> Iterator[Line]:
    """Read what was printed; raises ValueError for a line that has the mark and is none."""
    decode = msgspec.json.Decoder(Line).decode
    for text in texts:
        for printed in text.split("\n"):
            place = printed.find(MARK)
            if place < 0:
                continue
            said = printed[place:].rstrip()
            try:
                yield decode(said[:LONGEST])
            except (msgspec.DecodeError, UnicodeError) as error:
                raise ValueError(f"{said[:60]}...: {error}") from None

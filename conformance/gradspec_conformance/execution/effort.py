"""How hard laws are tried, and the seeds of what clauses draw."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gradspec.writing.clause import Clause

DEFAULT_EXAMPLES: Final = 25


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard laws are tried: generated examples, and the seed (None: always the same ones).

    `shrink` looks for the smallest example that fails.
    """

    examples: int = DEFAULT_EXAMPLES
    seed: int | None = None
    shrink: bool = True


EVERYDAY: Final = Effort()


def seed_of(clause: Clause, effort: Effort) -> int:
    """Give the seed of what a clause draws: its own, and the one that it always had."""
    return zlib.crc32(clause.oldest.encode()) + (effort.seed or 0)

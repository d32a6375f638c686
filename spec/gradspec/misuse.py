"""`MISUSES`: in which ways an engine is misused, and which clauses are about each.

It is an index of the chapters, and says nothing that they do not say: which clauses an entry leads
to follows from what the edition lists of each, the kinds of error that it demands, and what it
needs.  A new clause is in the index because it demands an error, and a new kind of error belongs
to the entry whose pattern it fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.port.errors import ERROR_KINDS

if TYPE_CHECKING:
    from gradspec.edition import Demand


@dataclass(frozen=True, slots=True)
class Misuse:
    """One entry: its id, what it says, and how its clauses are found.

    `kinds` are patterns of kinds of error.  With `words`, a clause must need one of these, too;
    without kinds it is enough to need one.
    """

    id: str
    sentence: str
    kinds: str = ""
    words: str = ""

    def errors(self) -> tuple[str, ...]:
        """Name the kinds of error that it is about; none, if it is about whatever is refused."""
        return () if self.kinds == "*" else tuple(kind for kind in ERROR_KINDS if self._has(kind))

    def is_about(self, demand: Demand) -> bool:
        """Say whether a clause or row belongs to it."""
        needed = not self.words or not demand.needs.isdisjoint(self.words.split())
        return needed and (not self.kinds or any(map(self._has, demand.errors)))

    def demands(self) -> tuple[Demand, ...]:
        """Give the clauses and rows that it leads to, in reading order."""
        return tuple(demand for demand in edition.demands() if self.is_about(demand))

    def clauses(self) -> tuple[str, ...]:
        """Name the clauses that it leads to, in reading order."""
        return tuple(dict.fromkeys(demand.clause for demand in self.demands()))

    def _has(self, kind: str) -> bool:
        return any(fnmatch(kind, pattern) for pattern in self.kinds.split())


MISUSES: Final = (
    Misuse("err-001", "What cannot be carried out is refused by the call that asks for it.", "*"),
    Misuse(
        "err-002",
        "A root that does not have exactly one element needs a cotangent, in a pass and in a "
        "query alike.",
        "nonscalar-root",
    ),
    Misuse("err-003", "A root that is outside every graph is refused.", "root-without-grad"),
    Misuse("err-004", "A saved value that was freed cannot be used again.", "graph-freed"),
    Misuse(
        "err-005",
        "A saved value that was written since it was saved is noticed.",
        "stale-saved-tensor detached-saved-tensor",
    ),
    Misuse(
        "err-006",
        "A leaf that requires grad, or a view of one, is not written while operations are "
        "recorded.",
        "leaf-inplace leaf-view-inplace",
    ),
    Misuse("err-007", "An input on which nothing depends is told.", "unused-input"),
    Misuse("err-008", "A cotangent has the shape of its root.", "cotangent-shape"),
    Misuse("err-009", "The flag of a result follows from its operands.", "nonleaf-flag"),
    Misuse(
        "err-010",
        "Only floating-point tensors can require grad.",
        "nonfloat-requires-grad",
    ),
    Misuse(
        "err-011",
        "An inference tensor is neither saved nor written nor made a variable outside inference "
        "mode.",
        "inference-*",
    ),
    Misuse(
        "err-012",
        "A hook is put where a gradient will be, and gives back what fits.",
        "hook-* *-hook",
    ),
    Misuse(
        "err-013",
        "A custom function gives back as many gradients as it has operands, of their shapes.",
        "function-gradients",
    ),
    Misuse(
        "err-014",
        "What a function of the caller's raises inside a pass comes out of it unchanged.",
        "callback",
    ),
    Misuse(
        "err-016",
        "What is allowed and mostly not meant is answered by a warning.",
        words="warnings",
    ),
    Misuse(
        "err-017",
        "A view that cannot be followed is not written.",
        "multi-view-* no-grad-view-inplace detach-view",
    ),
    Misuse(
        "err-018",
        "What is no derivative of a function says which one was asked for, and what was wrong.",
        "functional-type vector-* scalar-function independent argnums transform-* auxiliary "
        "structure chunk-size",
    ),
    Misuse(
        "err-020",
        "What would lose the history in silence is refused.",
        "array-requires-grad nonleaf-copy",
    ),
)
"""The entries, by number.  err-015 is a clause, about what comes after an error."""

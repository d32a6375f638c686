"""`Equation`: what einsum is told, `ij,jk->ik`, read and held to the shapes of its operands."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.errors import OperandShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.shapes import Shape


DOTS = "..."
LETTERS = string.ascii_uppercase + string.ascii_lowercase


def spelled(given: Sequence[Any]) -> list[Any]:
    """Write operands, each with its labels after it, and those of the result, as an equation."""
    last = [given[-1]] if len(given) % 2 else []
    lists = [*given[1 : len(given) - len(last) : 2], *last]
    if not all(isinstance(labels, tuple | list) for labels in lists):
        raise RuntimeError("einsum was given operands without an equation; after each goes a list")
    terms = ["".join(map(letter, labels)) for labels in lists]
    result = f"->{terms.pop()}" if last else ""
    return [",".join(terms) + result, *given[: len(given) - len(last) : 2]]


def letter(label: Any) -> str:
    """Return the letter of a number; dots stay what they are."""
    if label is Ellipsis:
        return DOTS
    if not isinstance(label, int) or not 0 <= label < len(LETTERS):
        raise ValueError(f"einsum was given {label!r} for a label; use numbers from 0 to 51")
    return LETTERS[label]


@dataclass(frozen=True, slots=True)
class Equation:
    """The labels of each operand and of the result; those under the dots are digits."""

    operands: tuple[tuple[str, ...], ...]
    result: tuple[str, ...]

    @classmethod
    def read(cls, text: str, shapes: Sequence[Shape]) -> Self:
        """Read an equation; RuntimeError if it is none, or does not fit the shapes."""
        left, arrow, right = text.replace(" ", "").partition("->")
        terms = left.split(",")
        if len(terms) != len(shapes):
            raise RuntimeError(f"einsum was given {len(terms)} terms and {len(shapes)} operands")
        covered = [covered_by_dots(t, len(s)) for t, s in zip(terms, shapes, strict=True)]
        most = max(covered, default=0)
        operands = tuple(
            labels_of(term, count, most) for term, count in zip(terms, covered, strict=True)
        )
        every = [label for labels in operands for label in labels]
        if arrow:
            result = labels_of(right, most if DOTS in right else 0, most)
        else:
            dots = [str(n) for n in range(most)]
            once = sorted({label for label in every if every.count(label) == 1} - set(dots))
            result = (*dots, *once)
        if len(set(result)) < len(result) or not set(result) <= set(every):
            raise RuntimeError(f"einsum was asked for {right!r}; name labels of operands, once")
        read = cls(operands, result)
        read.check_lengths(shapes)
        return read

    def check_lengths(self, shapes: Sequence[Shape]) -> None:
        """Refuse a label that stands for two lengths, if neither is one."""
        lengths: dict[str, int] = {}
        for labels, shape in zip(self.operands, shapes, strict=True):
            for label, length in zip(labels, shape, strict=True):
                known = lengths.get(label, 1)
                if 1 not in (known, length) and known != length:
                    raise OperandShapeError(
                        f"einsum was given {label!r} for dimensions of lengths {known} and {length}"
                    )
                lengths[label] = length if known == 1 else known

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, those of the result first."""
        summed = {label: None for labels in self.operands for label in labels}
        return (*self.result, *(label for label in summed if label not in self.result))

    def dims_summed_after(self, number: int) -> list[int]:
        """Return the dimensions that no operand after this one has, nor the result."""
        later = {label for labels in self.operands[number + 1 :] for label in labels}
        last_seen = set(self.operands[number]) - later - set(self.result)
        return [place for place, label in enumerate(self.labels) if label in last_seen]


def covered_by_dots(term: str, rank: int) -> int:
    """Return how many dimensions the dots of a term stand for."""
    named = len(term.replace(DOTS, "", 1))
    if named > rank or (DOTS not in term and named != rank):
        raise RuntimeError(f"einsum was given {term!r} for an operand of {rank} dimensions")
    return rank - named


def labels_of(term: str, covered: int, most: int) -> tuple[str, ...]:
    """Return the labels of a term; dots stand for the last of the dimensions under dots."""
    before, dots, after = term.partition(DOTS)
    if not all(label.isascii() and label.isalpha() for label in before + after):
        raise RuntimeError(f"einsum was given {term!r}; labels are letters")
    numbered = [str(n) for n in range(most - covered, most)] if dots else []
    return (*before, *numbered, *after)

"""The words of the book: terms of the field, natures of clauses, and kinds of error."""

from __future__ import annotations

from typing import Final, NamedTuple

from gradspec.port.errors import ERROR_KINDS
from gradspec.rank import NATURES


class Entry(NamedTuple):
    """A word, what it means, and the clause in which it is seen at work, if there is one."""

    word: str
    meaning: str
    clause: str = ""


TERMS: Final = (
    Entry(
        "accumulation",
        "That a backward pass adds to the gradient that a leaf has, and does not replace it.",
        "acc-001",
    ),
    Entry(
        "backward pass",
        "The way back through a recorded graph, from a root to the leaves; each operation makes of "
        "the gradient of its result those of its operands.",
        "bwd-001",
    ),
    Entry(
        "checkpoint",
        "A part of a program that keeps its inputs alone, and computes the rest again when the "
        "backward pass gets there.",
        "ckpt-001",
    ),
    Entry(
        "cotangent",
        "The numbers that a backward pass begins with, one for each entry of the root: the "
        "gradient of whatever is computed from it by that entry.",
        "vjp-001",
    ),
    Entry("detach", "To take a tensor's value without its history.", "leaf-028"),
    Entry(
        "dual number",
        "A tensor together with its tangent: how it moves where an input moves. Forward mode "
        "computes with these.",
        "fwd-001",
    ),
    Entry(
        "graph",
        "What is recorded while a program runs: a node for each operation, and edges to the nodes "
        "of its operands. It is built anew each time.",
        "rec-001",
    ),
    Entry(
        "higher order",
        "Derivatives of derivatives: a backward pass may record what it does, and be gone through "
        "itself.",
        "ho-001",
    ),
    Entry(
        "Jacobian",
        "The matrix of all partial derivatives, a row for each entry of the result and a column "
        "for each entry of the input. Neither mode needs to build it.",
        "op-001",
    ),
    Entry(
        "leaf",
        "A tensor that no recorded operation has made. Gradients are kept in the leaves that "
        "require them.",
        "leaf-010",
    ),
    Entry("retained graph", "A graph that a pass leaves as it is, for another pass.", "life-201"),
    Entry(
        "saved tensor",
        "A value that an operation keeps for its derivative. Written over, it is refused.",
        "inp-010",
    ),
    Entry("tape", "The graph, seen as a list of operations that is played backwards.", "rec-001"),
    Entry(
        "tangent",
        "How a tensor moves where an input moves: a direction, and through a function the Jacobian "
        "times it.",
        "fwd-001",
    ),
    Entry(
        "vector-Jacobian product",
        "A cotangent times the Jacobian, which is what a backward pass computes: for a root of one "
        "entry and the cotangent 1, the gradient.",
        "vjp-001",
    ),
    Entry(
        "version counter",
        "How often memory was written. What was saved remembers the count, so that a late write is "
        "found out.",
        "inp-001",
    ),
    Entry("view", "A tensor that shows the memory of another one, or a part of it.", "inp-023a"),
)


def glossary() -> list[Entry]:
    """Give every word with its meaning, in order."""
    said = {str(nature): f"A clause's nature: {meaning}" for nature, meaning in NATURES.items()}
    others = (Entry(word, meaning) for word, meaning in {**said, **ERROR_KINDS}.items())
    return sorted((*TERMS, *others), key=lambda entry: entry.word.lower())

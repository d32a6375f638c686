"""What a caller's function receives from an engine, and what it gives back: declared, by slot.

A slot is what an act says of an argument that is a function.  Nothing that passes is told apart by
looking at its type: what is a *structure* holds handles, wrapped plain values, held objects and
None; a *context* is one handle of the engine; *plain* and *held* are one value, one held object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Slot:
    """The kinds of the first parameters, of all further ones, and of what is returned."""

    first: tuple[str, ...] = ()
    rest: str = ""
    returns: str = "structure"

    def kind(self, position: int) -> str:
        """Give the kind of the parameter at a position; a surplus one is a structure."""
        return self.first[position] if position < len(self.first) else self.rest or "structure"


SLOTS: Final[dict[str, Slot]] = {
    # a caller's function as it is, and the rules of a custom function
    "body": Slot(rest="structure"),
    "forward": Slot(("context",), "structure"),
    "forward_without_context": Slot(rest="structure"),
    "setup_context": Slot(("context", "structure", "structure"), returns="nothing"),
    "backward": Slot(("context",), "structure"),
    "jvp": Slot(("context",), "structure"),
    "vmap": Slot(("plain", "plain"), "structure", returns="structure and plain"),
    # hooks
    "tensor_hook": Slot(("structure",)),
    "post_accumulate_hook": Slot(("structure",)),
    "node_hook": Slot(("structure", "structure")),
    "node_prehook": Slot(("structure",)),
    "multi_grad_hook": Slot(("structure",), returns="nothing"),
    # saved tensors
    "pack": Slot(("structure",), returns="held"),
    "unpack": Slot(("held",)),
    # classes of tensors
    "answer": Slot(("plain",)),
    # options of transforms
    "contexts": Slot(returns="structure"),
}
"""Slot -> what passes."""

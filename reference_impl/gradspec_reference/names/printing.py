"""How a tensor looks: torch's `tensor(...)` notation; start at `show`.

The array first becomes nested lists in which what is left out is an ellipsis; the numbers that
remain choose how all of them are written; then lines are broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.overriding import is_asked
from gradspec_reference.marked import settled
from gradspec_reference.meta import is_meta
from gradspec_reference.names import numerals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.names.numerals import Options

PREFIX: Final = "tensor("


def show(self: Tensor) -> str:
    """Return values, shape or dtype where they do not follow from the values, and the history."""
    chosen = numerals.options()
    start = f"{type(self).__name__}(" if is_asked(type(self)) else PREFIX
    indent = len(start)
    text = start + ("..." if is_meta(self._array) else values(self._array, indent))
    return with_notes(text, [*notes(self, chosen), *history(self)], chosen.linewidth, indent) + ")"


def notes(self: Tensor, chosen: Options) -> Iterator[str]:
    """Name the shape and dtype that the values do not show."""
    array = self._array
    if is_meta(array):
        yield "device='meta'"
    default = dtypes.get_default_dtype()
    told = {default}
    if array.size:
        told |= {dtypes.int64, dtypes.bool_, default.to_complex()}
    if is_meta(array) or (not chosen.edgeitems if array.size else array.ndim != 1):
        yield f"size={array.shape}"
    if self.dtype not in told:
        yield f"dtype={self.dtype!r}"


def history(self: Tensor) -> Iterator[str]:
    """Name the node that computed a tensor, or say that it requires grad."""
    try:
        node = self.grad_fn
    except RuntimeError:  # a view whose history cannot be told
        yield "grad_fn=<Invalid>"
        return
    if node is not None:
        yield f"grad_fn=<{type(node).__name__}>"
    elif self.requires_grad:
        yield "requires_grad=True"


def with_notes(text: str, further: list[str], linewidth: int, indent: int) -> str:
    """Append notes, each on the last line if it fits there."""
    # the line begins with its newline, and room is left for the bracket
    used = len(text) - text.rfind("\n") + 1
    for note in further:
        if used + len(note) + 2 > linewidth:
            text += ",\n" + " " * indent + note
            used = indent + len(note)
        else:
            text += ", " + note
            used += len(note) + 2
    return text


def values(array: Any, indent: int = len(PREFIX)) -> str:
    """Return the elements in brackets, the first of which stands behind so many characters."""
    array, chosen = np.asarray(settled(array)), numerals.options()
    if not array.size:
        return "[]"
    tree = elided(array, chosen.edgeitems) if array.size > chosen.threshold else array.tolist()
    write, width = numerals.column(list(leaves(tree)), chosen)
    per_line = max(1, (chosen.linewidth - indent - array.ndim + 1) // (width + 2))
    return laid_out(tree, array.ndim, indent, write, per_line)


def elided(array: Any, edge: int) -> Any:
    """Return nested lists with an ellipsis for the middle of each long dimension."""
    if not array.ndim:
        return array.item()
    if not edge:
        return [...]
    if len(array) <= 2 * edge:
        return [elided(part, edge) for part in array]
    first, last = array[:edge], array[-edge:]
    return [*(elided(p, edge) for p in first), ..., *(elided(p, edge) for p in last)]


def leaves(tree: Any) -> Iterator[Any]:
    """Return the numbers in nested lists."""
    if isinstance(tree, list):
        for part in tree:
            yield from leaves(part)
    elif tree is not ...:
        yield tree


def laid_out(tree: Any, depth: int, indent: int, write: Callable[[Any], str], per_line: int) -> str:
    """Break nested lists into lines: numbers side by side, the rest one below the other."""
    if not depth:
        return write(tree)
    margin = " " * (indent + 1)
    if depth > 1:
        parts = [
            "..." if p is ... else laid_out(p, depth - 1, indent + 1, write, per_line) for p in tree
        ]
        return "[" + ("," + "\n" * (depth - 1) + margin).join(parts) + "]"
    if tree == [...]:
        return "[...]"
    words = [" ..." if p is ... else write(p) for p in tree]
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + margin).join(lines) + "]"

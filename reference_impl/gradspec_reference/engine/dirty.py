"""Arguments that a function of the caller writes; start at `count_writes`, then `rebase`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import hooks, recording, versions, views
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.context import check_marked
from gradspec_reference.errors import (
    DirtyNotReturnedError,
    DirtyViewOfSeveralError,
    LeafInplaceError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.custom import FunctionNode
    from gradspec_reference.engine.tensor import Tensor


def count_writes(written: Sequence[Tensor]) -> None:
    """Count a write to each argument that was marked."""
    for each in written:
        check_marked("mark_dirty", [each])
        versions.check_may_be_written(each)
        versions.bump(each)


def check_returned(written: Sequence[Tensor], outputs: Sequence[Any]) -> None:
    """Refuse a call that did not return what it marked."""
    for each in written:
        if not any(each is x for x in outputs):
            raise DirtyNotReturnedError(
                "forward did not return an operand that it marked as dirty; return the operand "
                "itself, so that there is a tensor with the new history"
            )


def check_alone(written: Tensor, count: int) -> None:
    """Refuse a view that was written by a function with further results."""
    if count > 1 and written._view is not None:
        raise DirtyViewOfSeveralError(
            "a function with several results marked a view as dirty: the history of its base "
            "would have to lead to them all; return the view alone, or give it a clone()"
        )


def rebase(tensor: Tensor, node: FunctionNode, number: int, place: int | None) -> None:
    """Make a call the history of a tensor that it wrote, at that place among its arguments.

    What was accumulated for the old value goes.  Through a view, the history of the base changes.
    """
    check_no_leaf(tensor)
    tensor._grad = None
    if tensor._view is None or place is None:
        hooks.move_retained(tensor, node, number)
        tensor._grad_fn, tensor._output_nr = node, number
        return
    views.check_view_may_be_written(tensor, tensor._view)
    base = tensor._view.base
    views.set_history(base, CallersSlices(base, views.geometry_of(tensor, base), node, place))
    views.regenerate(tensor, tensor._view)


def check_no_leaf(tensor: Tensor) -> None:
    """Refuse a write to a leaf that requires grad: it would no longer be a leaf."""
    if tensor.requires_grad and tensor._grad_fn is None:  # an outdated view counts as one
        raise LeafInplaceError(
            "mark_dirty was given a leaf that requires grad, which would no longer be a leaf; "
            "give the function a clone()"
        )


class CallersSlices(views.CopySlices):
    """A write through a view by a function of the caller, whose `backward` sees the region."""

    __slots__ = ("place",)

    operator_is_single = False
    operator_is_callers = True

    def __init__(self, base: Tensor, geometry: Any, node: FunctionNode, place: int) -> None:
        super().__init__(base, geometry, node)
        others = [edge for at, edge in enumerate(node.next_functions) if at != place]
        self.lead_to((graph.gradient_edge(base), *others))
        self.place = place

    def shares(self, cotangents: list[Tensor | None]) -> list[Any]:
        """Return what the base and the other tensors among the arguments receive."""
        (cotangent,) = cotangents
        if cotangent is None:
            return [None] * len(self.next_functions)
        if self.written_by is None:
            raise graph.freed(self)
        xp, geometry = recording.tensors, self.geometry
        node: Any = self.written_by
        shares: list[Any] = node.shares([views.region(xp, cotangent, geometry)])
        part = shares.pop(self.place)
        whole = None if part is None else views.replaced(xp, cotangent, part, geometry)
        return [whole, *shares]  # None for the region is None for all, as in torch

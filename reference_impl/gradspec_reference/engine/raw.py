"""Saved values as they are kept, and hooks of the caller's on one of them; start at `RawSaved`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import packing, saved, saved_names
from gradspec_reference.errors import GraphFreedError, SavedHooksError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node
    from gradspec_reference.operators import Operator


class RawSaved:
    """A value that a node saved, as it is kept (torch.autograd.graph, `_raw_saved_`).

    `place` is its place among what the node saved, `within` that in a list of tensors there.
    """

    __slots__ = ("_node", "_place", "_within")

    def __init__(self, node: Node, place: int, within: int | None = None) -> None:
        self._node = node
        self._place = place
        self._within = within

    def register_hooks(self, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
        """Keep what `pack` makes of the value, at once, and let `unpack` turn it back.

        Raises SavedHooksError for a second pair, or where nothing was saved; GraphFreedError after
        the value was freed.
        """
        item = saved.written_out(self._item())
        if isinstance(item, saved.PackedTensor):
            raise SavedHooksError(
                f"hooks were registered twice on a value that {self._node.name()} saved; there "
                "can be one pair"
            )
        if not isinstance(item, saved.SavedTensor):
            raise SavedHooksError(
                f"hooks were registered on a value that {self._node.name()} did not need to save; "
                "look first whether it is None"
            )
        made = packing.packed(self._node, item.tensor.alias(), pack)
        self._keep(saved.PackedTensor(item, made, unpack))

    def unpack(self) -> Any:
        """Return the value as a tensor, None if there is none."""
        item = saved.written_out(self._item())
        return None if item is None else item.unpack(self._node, as_tensor=True)

    @property
    def data(self) -> Any:
        """What is kept: a tensor, for a result without its history, or what `pack` returned."""
        item = saved.written_out(self._item())
        return item.packed if isinstance(item, saved.PackedTensor) else saved.tensor_of(item)

    @property
    def unpack_hook(self) -> Callable[[Any], Any] | None:
        """The way back from what `pack` returned, None where nothing was packed."""
        item = self._item()
        return item.restore if isinstance(item, saved.PackedTensor) else None

    def _item(self) -> Any:
        kept = self._node.saved
        if kept is None:
            raise GraphFreedError(
                f"a value that {self._node.name()} saved was freed by a backward pass; give "
                "retain_graph=True to that pass to use it afterwards"
            )
        item = kept[self._place]
        return item if self._within is None else item[self._within]

    def _keep(self, packed: saved.PackedTensor) -> None:
        kept: Any = self._node.saved
        item: Any = packed
        if self._within is not None:
            item = list(kept[self._place])
            item[self._within] = packed
        self._node.saved = (*kept[: self._place], item, *kept[self._place + 1 :])


def attributes(operator: Operator) -> dict[str, property]:
    """Make what nodes of an operator show: `_raw_saved_<name>`."""
    looks = {
        f"_raw_saved_{name}": _of(operator.saved_names.index(own))
        for name, own in saved_names.shown_by(operator).items()
        if own in operator.saved_names and not own.endswith("_shape")
    }
    parts = enumerate(saved_names.PARTS.get(operator.node, ()))
    return looks | {f"_raw_saved_{name}": _part_of_results(part) for part, name in parts}


def _of(place: int) -> property:
    return property(lambda node: of_place(node, place))


def _part_of_results(part: int) -> property:
    return property(lambda node: RawSaved(node, node.operator.saved_names.index("result"), part))


def of_place(node: Node, place: int) -> Any:
    """Return what a node keeps in a place; for a list of tensors, a tuple."""
    item = node.saved[place] if node.saved else None
    if isinstance(item, list):
        return tuple(RawSaved(node, place, within) for within in range(len(item)))
    return RawSaved(node, place)

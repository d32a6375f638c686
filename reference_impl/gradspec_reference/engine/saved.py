"""What a node keeps for its derivative; start at `SavedTensor`.

A saved value remembers its version, and is only given back if its memory was not written since.
An operand is kept as the tensor itself, alone as long as nobody has written it.  A result is kept
without its history, because the history is the node that keeps it: a tensor, its node and the
tensor again would be a cycle.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gradspec_reference.engine import duals, saved_names, versions
from gradspec_reference.engine.grads import HasGradient
from gradspec_reference.engine.modes import exceptional, state
from gradspec_reference.errors import (
    DetachedSavedTensorError,
    GraphFreedError,
    InferenceSavedError,
    StaleSavedTensorError,
    UnpackedTypeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.operators import Operator


PLAIN = frozenset({type(None), int, float, complex, tuple})


class SavedTensor:
    """An operand, and its version when it was saved."""

    __slots__ = ("tensor", "version")

    def __init__(self, tensor: Tensor, version: int | None = None) -> None:
        self.tensor = tensor
        if version is None:
            counter = tensor._counter
            version = 0 if counter is None else counter.value
            if versions.is_of_inference(counter) and not state.transforms:
                raise InferenceSavedError(
                    "a tensor that was made in inference mode is needed by a derivative, but "
                    "writes to it are not counted; use a clone() of it, or compute in no_grad"
                )
        self.version = version

    def unpack(self, node: Node, as_tensor: bool) -> Any:
        """Return the value; StaleSavedTensorError if it was written since."""
        tensor = self.tensor
        if tensor._counter is not None:
            tensor = as_saved(node, self, tensor, self.version)
        return tensor if as_tensor else tensor._array


class SavedResult(SavedTensor):
    """A result of the node itself, without its history; unpacking puts the history back."""

    __slots__ = ("output_nr", "through_view")

    def __init__(self, alias: Tensor, output_nr: int) -> None:
        self.tensor = alias
        self.version = versions.version(alias)
        self.output_nr = output_nr
        self.through_view: weakref.ref[Node] | None = None

    def unpack(self, node: Node, as_tensor: bool) -> Any:
        """Return the value; as a tensor, with the node as its history."""
        found = super().unpack(node, as_tensor=True)
        if not as_tensor:
            return found._array
        tensor = found.alias()
        if exceptional:
            duals.keep_with(tensor, found)
        return of_result(tensor, node, self)


class PackedTensor:
    """What `pack` made of a saved value, and the way back.

    `node` and `output_nr` are the value's place in the graph, None for a result of the node that
    keeps it: the node would keep itself alive.
    """

    __slots__ = ("node", "of_result", "output_nr", "packed", "restore", "through_view")

    def __init__(self, item: Any, packed: Any, restore: Callable[[Any], Any]) -> None:
        from gradspec_reference.engine.node import edge_as_saved  # noqa: PLC0415 - nodes save

        self.packed = packed
        self.restore = restore
        self.of_result = isinstance(item, SavedResult)
        self.through_view = item.through_view if self.of_result else None
        tensor: Tensor = item.tensor
        self.node: Node | None
        self.output_nr: int
        self.node, self.output_nr = (
            (None, item.output_nr) if self.of_result else edge_as_saved(tensor)
        )

    def unpack(self, node: Node, as_tensor: bool) -> Any:
        """Return what the caller's function makes of it; as a tensor, with the value's history."""
        value = self.restore(self.packed)
        if not isinstance(value, HasGradient):
            raise UnpackedTypeError(
                f"the unpack hook of a value that {node.name()} saved returned a "
                f"{type(value).__name__}; it must return a tensor"
            )
        if not as_tensor:
            return value._array
        if self.of_result:
            return of_result(value.alias(), node, self)
        return with_history(value.alias(), self.node, self.output_nr)


def written_out(item: Any) -> Any:
    """Return what a node keeps, with version: a tensor that stands for itself was at version 0."""
    return SavedTensor(cast("Tensor", item), 0) if isinstance(item, HasGradient) else item


def tensor_of(item: Any) -> Any:
    """Return the tensor that a node keeps, None if the item is none."""
    return getattr(written_out(item), "tensor", None)


def save_result(result: Tensor, output_nr: int = 0) -> SavedResult:
    """Save a result: an alias that shares memory and version, but has no history."""
    alias = result.alias()
    if exceptional:
        duals.keep_with(alias, result)
    return SavedResult(alias, output_nr)


def as_saved(node: Node, item: Any, tensor: Any, then: int) -> Any:
    """Return a saved tensor, or what it held where that was kept from a write.

    A copy has the history that the operand had; where that is unknown, the write is refused.
    """
    now = tensor._counter.value
    array = kept(node, tensor, now, then)
    is_operand = tensor.requires_grad and not isinstance(item, SavedResult)
    edge = edge_of_operand(node, item) if array is not None and is_operand else (None, 0)
    if array is None or (is_operand and edge[0] is None and state.recording):
        check_version(node, tensor, now, then)
        check_not_cut_off(node, tensor)
        return tensor
    copy = type(tensor)(array)
    return with_history(copy, *edge) if is_operand else copy


def kept(node: Node, tensor: Any, now: int, then: int) -> Any:
    """Return what a written tensor held, if this thread keeps that; else None."""
    if now == then or state.mutations is None:
        return None
    return state.mutations.find(node, tensor, then)


def of_result(tensor: Tensor, node: Node, item: Any) -> Tensor:
    """Give a result its history: a view that was written follows its base, while that is there."""
    of_view = None if item.through_view is None else item.through_view()
    if of_view is None:
        tensor._grad_fn, tensor._output_nr = node, item.output_nr
    else:
        tensor._grad_fn = of_view
    return tensor


def with_history(tensor: Tensor, node: Any, output_nr: int) -> Tensor:
    """Give a tensor its place in the graph: behind a leaf's node it stands for the leaf."""
    if hasattr(node, "variable"):
        tensor._requires_grad = True
        tensor.leaf_state().accumulator = weakref.ref(node)
    else:
        tensor._grad_fn, tensor._output_nr = node, output_nr
    return tensor


def edge_of_operand(node: Node, item: Any) -> Any:
    """Return the edge along which the gradient of a saved operand is sent."""
    places = [place for place, one in enumerate(node.saved or ()) if one is item]
    names = [node.operator.saved_names[place] for place in places if node.operator.saved_names]
    for operand, edge in zip(node.operator.receivers, node.next_functions, strict=False):
        if operand in names:
            return edge
    return (None, 0)


def check_version(node: Node, tensor: HasGradient, now: int, then: int) -> None:
    """Refuse a saved value whose memory was written after it was saved."""
    if now != then and is_needed(node, tensor):
        shape = list(tensor._array.shape)
        raise StaleSavedTensorError(
            f"{node.name()} saved a tensor of shape {shape} at version {then}, and it is at "
            f"version {now} now: something wrote to it in place; write to a clone() instead, or "
            "after the backward pass; anomaly detection finds the operation"
        )


def check_not_cut_off(node: Node, tensor: HasGradient) -> None:
    """Refuse a saved value that lost its history; a function of the caller's may look at it."""
    leaf = tensor._leaf
    if leaf is not None and leaf.cut_off_at < node.order and node.operator.saved_names:
        raise DetachedSavedTensorError(
            f"{node.name()} saved a tensor that was cut off from its history by detach_() since; "
            "use detach()"
        )


def is_needed(node: Node, tensor: HasGradient) -> bool:
    """Tell whether what an edge receives depends on a saved tensor.

    A view that was made in no_grad may require grad, as its base does, and have no edge.  As in
    torch, that is not asked of results, nor of the operand of an operation that has only one.
    """
    operator = node.operator
    if len(operator.receivers) == 1 and len(node.next_functions) == 1:
        return True
    names = [
        name
        for name, item in zip(operator.saved_names, node.saved or (), strict=False)
        if tensor_of(item) is tensor
    ]
    if "result" in names:
        return True
    receivers = zip(operator.receivers, node.next_functions, strict=False) if names else ()
    needs = [need for name, edge in receivers if edge[0] for need in operator.needs_of(name)]
    return not names or any(name in needs for name in names)


def arrays_of(node: Node) -> Any:
    """Return what the rules of a node are given, as arrays; the commonest cases come first."""
    saved = node.saved
    if not saved:
        return node.params if saved is not None else node.unpack(False)
    values = []
    for item in saved:
        if isinstance(item, HasGradient) and item._counter is None:
            values.append(item._array)
        elif type(item) in PLAIN:
            values.append(item)
        elif (
            isinstance(item, SavedTensor)
            and item.tensor._leaf is None
            and (counter := item.tensor._counter) is not None
            and counter.value == item.version
        ):
            values.append(item.tensor._array)
        else:
            values = unpack(node, saved, False)
            break
    return [*values, *node.params] if node.params else values


def unpack(node: Node, saved: tuple[Any, ...], as_tensors: bool) -> list[Any]:
    """Return the saved values of a node; shapes and Python numbers stand for themselves."""
    values = []
    for item in saved:
        kind = type(item)
        if kind is SavedTensor:
            tensor = item.tensor
            if tensor._counter is not None:
                tensor = as_saved(node, item, tensor, item.version)
            values.append(tensor if as_tensors else tensor._array)
        elif isinstance(item, HasGradient):
            tensor = item if item._counter is None else as_saved(node, item, item, 0)
            values.append(tensor if as_tensors else tensor._array)
        elif kind is SavedResult or kind is PackedTensor:
            values.append(item.unpack(node, as_tensors))
        elif kind is list:
            values.append([each.unpack(node, as_tensors) for each in item])
        else:
            values.append(item)
    return values


def find(node: Node, name: str) -> Any:
    """Return the saved item or the plain argument that a row calls so."""
    operator = node.operator
    if name in operator.saved_names:
        if node.saved is None and not name.endswith("_shape"):
            raise GraphFreedError(
                f"_saved_{saved_names.called(name)} of {node.name()} was freed by a backward pass; "
                "give retain_graph=True to that pass to look at it afterwards"
            )
        index = operator.saved_names.index(name)
        return node.saved[index] if node.saved and index < len(node.saved) else None
    return node.params[operator.param_names.index(name)]


def attributes(operator: Operator) -> dict[str, property]:
    """Make what nodes of an operator show: `_saved_<name>`."""
    looks = {name: _shown(own) for name, own in saved_names.shown_by(operator).items()}
    parts = saved_names.PARTS.get(operator.node, ())
    looks |= {name: _part_of_results(part) for part, name in enumerate(parts)}
    looks |= {
        name: property(look) for name, look in saved_names.MADE.get(operator.node, {}).items()
    }
    if operator.node in saved_names.CHOOSING and "indices" in looks:
        looks["indices"] = property(chosen)
    return {f"_saved_{name}": look for name, look in looks.items()}


def chosen(node: Node) -> Any:
    """Return the places of what was chosen along a dimension, in the shape of the result."""
    indices = shown(node, "indices")
    keepdim = saved_names.param("keepdim")(node)
    return indices if keepdim else indices.squeeze(saved_names.param("dim")(node))


def _part_of_results(part: int) -> property:
    return property(lambda node: shown(node, "result")[part])


def _shown(name: str) -> property:
    return property(lambda node: shown(node, name))


def shown(node: Node, name: str) -> Any:
    """Return a saved value as a caller sees it."""
    item = written_out(find(node, name))
    if isinstance(item, SavedTensor | PackedTensor):
        return item.unpack(node, as_tensor=True)
    if isinstance(item, list):
        return tuple(each.unpack(node, True) for each in item)
    if isinstance(item, int | float | complex) and name in node.operator.saved_names:
        from gradspec_reference.engine.tensor import Tensor  # noqa: PLC0415 - tensors are built on this

        return Tensor(np.asarray(item))
    return item

"""Forward mode through a function of the caller's, by its `jvp`; start at `propagate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine import duals, forward
from gradspec_reference.engine.recording import tensors
from gradspec_reference.engine.saved import SavedResult
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import FunctionTangentsError, TangentShapeError

if TYPE_CHECKING:
    from gradspec_reference.engine.custom import FunctionNode
    from gradspec_reference.engine.duals import Level


def propagate(
    node: FunctionNode,
    arguments: tuple[Any, ...],
    moving: dict[Level, tuple[Any, ...]],
    outputs: tuple[Any, ...],
    written: tuple[Any, ...],
) -> None:
    """Give the results of a call the tangents that `jvp` returns for those of the arguments."""
    for level, tangents in moving.items():
        with forward.linearising(level.depth):
            given = returned(node, arguments, tangents, len(outputs))
        for output, tangent in zip(outputs, given, strict=True):
            if tangent is not None and is_floating(output):
                put(node.function.__name__, output, tangent, level, written)
    keep_with_saved(node, outputs)


def keep_with_saved(node: FunctionNode, outputs: tuple[Any, ...]) -> None:
    """Give what a call saved of its results their tangents: it was saved before they had them."""
    for item in node.saved or ():
        if isinstance(item, SavedResult):
            duals.keep_with(item.tensor, outputs[item.output_nr])


def returned(
    node: FunctionNode, arguments: tuple[Any, ...], tangents: tuple[Any, ...], count: int
) -> tuple[Any, ...]:
    """Call `jvp`; FunctionTangentsError unless it gives a tangent for each result."""
    function = node.function
    if node.materialize_grads:
        tangents = tuple(
            tensors.zeros_like(x) if t is None and is_floating(x) else t
            for x, t in zip(arguments, tangents, strict=True)
        )
    found = function.jvp(node, *tangents)
    given = found if isinstance(found, tuple) else (found,)
    if len(given) != count:
        raise FunctionTangentsError(
            f"jvp of {function.__name__} returned {len(given)} tangents; forward returned "
            f"{count} results, so there must be {count}, in a tuple"
        )
    return given


def is_floating(value: Any) -> bool:
    """Tell whether a value is a tensor that can have a tangent."""
    return isinstance(value, Tensor) and value._array.dtype.kind in dtypes.DIFFERENTIABLE


def put(name: str, output: Tensor, tangent: Any, level: Level, written: tuple[Any, ...]) -> None:
    """Give one result its tangent; that of an argument that was written is written too."""
    if not isinstance(tangent, Tensor):
        raise FunctionTangentsError(
            f"jvp of {name} returned a {type(tangent).__name__} as a tangent; it must return "
            "tensors or None"
        )
    if tangent._array.shape != output._array.shape:
        raise TangentShapeError(
            f"jvp of {name} returned a tangent of shape {list(tangent.shape)} for a result of "
            f"shape {list(output.shape)}; it must have the same shape"
        )
    if not any(output is x for x in written):
        forward.give(output, tangent, level)
    elif forward.tangent_of(output, level) is not tangent:
        forward.overwrite(output, tangent, level)

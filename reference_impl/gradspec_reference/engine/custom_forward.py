"""Forward mode through a function of the caller's, by its `jvp`; start at `propagate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine import forward
from gradspec_reference.engine.recording import tensors
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import FunctionTangentsError, TangentShapeError

if TYPE_CHECKING:
    from gradspec_reference.engine.custom import FunctionNode


def propagate(
    node: FunctionNode,
    arguments: tuple[Any, ...],
    tangents: tuple[Any, ...],
    outputs: tuple[Any, ...],
    written: tuple[Any, ...],
) -> None:
    """Give the results of a call the tangents that `jvp` returns for those of the arguments."""
    function = node.function
    if node.materialize_grads:
        tangents = tuple(
            tensors.zeros_like(x) if t is None and is_floating(x) else t
            for x, t in zip(arguments, tangents, strict=True)
        )
    returned = function.jvp(node, *tangents)
    given = returned if isinstance(returned, tuple) else (returned,)
    if len(given) != len(outputs):
        raise FunctionTangentsError(
            f"jvp of {function.__name__} returned {len(given)} tangents; forward returned "
            f"{len(outputs)} results, so there must be {len(outputs)}, in a tuple"
        )
    for output, tangent in zip(outputs, given, strict=True):
        if tangent is not None and is_floating(output):
            put(function.__name__, output, tangent, written)


def is_floating(value: Any) -> bool:
    """Tell whether a value is a tensor that can have a tangent."""
    return isinstance(value, Tensor) and value._array.dtype.kind in dtypes.FLOATING


def put(name: str, output: Tensor, tangent: Any, written: tuple[Any, ...]) -> None:
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
        forward.give(output, tangent)
    elif forward.tangent_of(output) is not tangent:
        forward.overwrite(output, tangent)

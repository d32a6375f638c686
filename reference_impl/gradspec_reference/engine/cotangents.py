"""What the roots of a backward pass receive; start at `for_roots`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.recording import tensors
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    ComplexCotangentError,
    ComplexRootError,
    CotangentCountError,
    CotangentShapeError,
    CotangentTypeError,
    NonscalarRootError,
    OtherDeviceError,
    RootWithoutGradError,
)
from gradspec_reference.meta import is_meta, to_meta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.node import Edge, Shape

Root = Tensor | GradientEdge


def for_roots(roots: Sequence[Root], given: Sequence[Any]) -> tuple[list[Edge], list[Tensor]]:
    """Return an edge and a cotangent per root; cotangents beyond the roots are overlooked.

    Raises CotangentTypeError, CotangentShapeError, NonscalarRootError, CotangentCountError or
    RootWithoutGradError.
    """
    if len(roots) == 1 and len(given) == 1 and given[0] is None:  # the commonest case
        seed = for_root(roots[0], None)
        return [edge_of_root(roots[0], 0)], [seed]  # type: ignore[list-item]
    cotangents = [for_root(root, one) for root, one in zip(roots, given, strict=False)]
    if len(given) < len(roots):
        raise CotangentCountError(
            f"{len(roots)} roots and {len(given)} cotangents were given; give one cotangent (or "
            "None) per root"
        )
    edges = [edge_of_root(root, position) for position, root in enumerate(roots)]
    return edges, [one for one in cotangents if one is not None]


def all_received(edges: list[Edge], seeds: list[Tensor], given: Sequence[Any]) -> list[Tensor]:
    """Return what roots receive; those who ask for gradients have been looked at before."""
    if len(given) == 1 and given[0] is None:  # the commonest case
        return seeds
    return [received(edge, one) for edge, one in zip(edges, seeds, strict=True)]


def received(edge: Edge, cotangent: Tensor) -> Tensor:
    """Cast a cotangent to the dtype that its root receives, before the pass, whose mode differs.

    CotangentShapeError if the root was shown otherwise since, RuntimeError if it has no dtype that
    can be differentiated.
    """
    array, (shape, dtype) = cotangent._array, edge[0].outputs[edge[1]]  # type: ignore[union-attr]
    if not is_broadcast_of(array.shape, shape):
        check_shape(cotangent, shape)
    if (dtype or array.dtype).kind not in "fVc":
        raise RuntimeError(f"a root of {dtypes.of(dtype)} was given; only floats have gradients")
    if dtype is None or array.dtype is dtype or array.dtype == dtype:
        return cotangent
    cast: Tensor = tensors.cast(cotangent, dtype, array.dtype)
    return cast


def for_root(root: Root, given: Any) -> Tensor | None:
    """Return the cotangent of one root: the one given, or one if the root has one element."""
    if given is None and isinstance(root, Tensor):  # the commonest case
        array = root._array
        one = default(root, array.shape, array.dtype)
        return Tensor(to_meta(one._array)) if one is not None and is_meta(array) else one
    shape, dtype = shape_and_dtype(root)
    if given is None:
        return default(root, shape, dtype)
    if not isinstance(given, Tensor):
        raise wrong_type(given)
    check_shape(given, shape)
    if (given._array.dtype.kind == "c") is not (dtype.kind == "c"):
        raise ComplexCotangentError(
            f"a cotangent of {given.dtype} was given for a root of {dtypes.of(dtype)}; both must "
            "be real, or both complex"
        )
    if isinstance(root, Tensor) and is_meta(root._array) is not is_meta(given._array):
        raise OtherDeviceError(
            f"a cotangent on {given.device} was given for a root on {root.device}"
        )
    given.materialise()  # what becomes of it may show the same memory
    return given


def wrong_type(given: Any) -> CotangentTypeError:
    """Word the refusal of a cotangent that is no tensor."""
    return CotangentTypeError(
        f"a cotangent of type {type(given).__name__} was given; it must be a tensor or None"
    )


def default(root: Root, shape: Shape, dtype: Any) -> Tensor | None:
    """Return a one for a root with one element, None for a root that will be refused."""
    if isinstance(root, Tensor) and root._grad_fn is None and not root.requires_grad:
        return None
    if dtype.kind == "c":
        raise ComplexRootError(
            f"no cotangent was given for a root of {dtypes.of(dtype)}; give one, or make the root "
            "real, for example with abs() or real()"
        )
    if (shape and math.prod(shape) != 1) or dtype.kind not in "fV":
        raise NonscalarRootError(
            f"no cotangent was given for a root of shape {list(shape)}; give a tensor of that "
            "shape, or reduce the root to one element, for example with sum()"
        )
    return Tensor(np.ones(shape, dtype) if shape else dtype.type(1))


def check_shape(given: Tensor, shape: Shape) -> None:
    """Refuse a cotangent whose shape is not the root's; nothing is broadcast here."""
    if given._array.shape != shape:
        raise CotangentShapeError(
            f"a cotangent of shape {list(given.shape)} was given for a root of shape "
            f"{list(shape)}; the shapes must be equal"
        )


def shape_and_dtype(root: Root) -> tuple[Shape, dtypes.NumpyDType]:
    """Return what a root's cotangent looks like."""
    if isinstance(root, Tensor):
        return root._array.shape, root._array.dtype
    shape, dtype = root.node.outputs[root.output_nr]
    return shape, dtype


def edge_of_root(root: Root, position: int) -> Edge:
    """Return where a root's cotangent goes; RootWithoutGradError if it has no history."""
    if isinstance(root, GradientEdge):
        return (root.node, root.output_nr)
    edge = graph.gradient_edge(root)
    if edge[0] is None:
        raise RootWithoutGradError(
            f"root number {position} does not require grad and has no history, so there is "
            "nothing to differentiate; compute it from tensors that require grad, outside no_grad"
        )
    return edge

"""What a program asks a backward pass for: roots, cotangents and inputs; start at `as_roots`."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.engine import anomaly, cotangents, recording
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.edges import GradientEdge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    ContradictingArgumentsError,
    CotangentBatchError,
    InputsElementError,
    InputsTypeError,
    InputWithoutGradError,
    RootTypeError,
    UnusedInputError,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.backward import BackwardPass
    from gradspec_reference.engine.node import Edge, Node

# what gradients start from, or end at
STARTS = (Tensor, GradientEdge)
LARGEST: Final = 255  # number that torch takes for a switch


def as_roots(roots: Any) -> list[Any]:
    """Return the roots as a list; one may stand alone.  RootTypeError for what cannot be a root."""
    given = [roots] if isinstance(roots, STARTS) else list(roots)
    for root in given:
        if not isinstance(root, STARTS):
            raise RootTypeError(
                f"a root of type {type(root).__name__} was given; it must be a tensor or an edge "
                "of the graph"
            )
    return given


def as_cotangents(given: Any, count: int) -> list[Any]:
    """Return the cotangents as a list; one may stand alone, None stands for none at all."""
    if given is None:
        return [None] * count
    return [given] if isinstance(given, Tensor) else list(given)


def rows_of(roots: list[Any], batches: list[Any]) -> list[list[Any]]:
    """Return the cotangents of each row of a batch.

    CotangentBatchError unless all have as many rows, CotangentTypeError for what has none,
    IndexError for a batch without rows.
    """
    if not roots or not batches:
        raise IndexError("is_grads_batched was given without roots or cotangents; give some")
    for root, given in zip(roots, batches, strict=False):
        if given is None:
            cotangents.for_root(root, None)  # refuses what is no scalar
        elif isinstance(given, Tensor):
            given[0]  # refuses what has no row
        else:
            raise cotangents.wrong_type(given)
    batches = batches[: len(roots)]
    if any(each is None for each in batches):
        raise CotangentBatchError(
            "is_grads_batched was given without a batch; each cotangent needs a first dimension, "
            "over which the query is repeated"
        )
    lengths = {len(each) for each in batches}
    if len(lengths) > 1:
        raise CotangentBatchError(
            f"batches of {sorted(lengths)} cotangents were given; lengths must agree"
        )
    return [list(row) for row in zip(*(each.unbind() for each in batches), strict=True)]


def stacked(answers: list[list[Any]]) -> list[Any]:
    """Put the answers for the rows of a batch together, input by input; None stays None."""
    return [
        None if column[0] is None else recording.apply(OPERATORS["stack"], column, 0)
        for column in zip(*answers, strict=True)
    ]


def as_sequence(inputs: Any) -> Any:
    """Return the inputs as a sequence; InputsTypeError for a mapping that is not a dict."""
    if isinstance(inputs, STARTS):
        return [inputs]
    if type(inputs) is dict:
        return list(inputs.values())
    if hasattr(inputs, "keys"):
        raise InputsTypeError(
            f"inputs is a {type(inputs).__name__}; a mapping of inputs must be a dict"
        )
    return [inputs] if isinstance(inputs, str) else inputs


def check_elements(inputs: list[Any]) -> None:
    """Refuse inputs that are neither tensors nor edges."""
    for each in inputs:
        if not isinstance(each, STARTS):
            raise InputsElementError(
                f"an input of type {type(each).__name__} was given; it must be a tensor or an "
                "edge of the graph"
            )


def edge_of(target: Any) -> Edge:
    """Return where an input's gradient arrives; InputWithoutGradError if it requires none."""
    if isinstance(target, GradientEdge):
        if not isinstance(target.node, graph.Node):
            raise InputsElementError(
                f"an edge from a {type(target.node).__name__} was given; it starts at a node"
            )
        return (target.node, target.output_nr)
    if not isinstance(target, Tensor):
        raise InputsElementError(f"an input of type {type(target).__name__} was given")
    edge = graph.gradient_edge(target)
    if not target.requires_grad:
        raise InputWithoutGradError(
            "an input does not require grad, so nothing can be differentiated for it; call "
            "requires_grad_() before the computation"
        )
    return edge


def stored(targets: list[Any]) -> list[Edge]:
    """Return the edges of inputs whose gradients are stored; non-leaves start to retain.

    Raises InputsElementError, or RetainWithoutGradError for an input that does not require grad.
    """
    check_elements(targets)
    for target in targets:
        if isinstance(target, Tensor):
            target.retain_grad()
    return [edge_of(target) for target in targets]


def switches(retain_graph: Any, create_graph: Any) -> tuple[bool | None, bool]:
    """Return what is kept and what is recorded, as booleans; errors are those of `switch`."""
    kept = None if retain_graph is None else switch(retain_graph)
    return kept, switch(create_graph)


def switch(given: Any) -> bool:
    """Return an option that is on or off, as a boolean or a small number.

    TypeError for what is no integer, OverflowError for one that is no byte, as torch has it.
    """
    if given is True or given is False:
        return bool(given)
    number = index(given)
    if not 0 <= number <= LARGEST:
        raise OverflowError(f"{number} was given for what is on or off; give True or False")
    return number != 0


def new_pass(retain_graph: bool | None, create_graph: bool) -> BackwardPass:
    """Make a pass; a differentiable one keeps the graph unless told otherwise."""
    return anomaly.passes()(
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )


def below(walk: BackwardPass) -> set[Node]:
    """Return all nodes that the roots depend on, with theirs."""
    return set(walk.waiting)


def check_used(found: list[Tensor | None]) -> None:
    """Refuse inputs on which the roots do not depend."""
    for position, gradient in enumerate(found):
        if gradient is None:
            raise UnusedInputError(
                f"the roots do not depend on input number {position}; give allow_unused=True to "
                "get None for it, or materialize_grads=True to get zeros"
            )


def settle_unused(allow_unused: bool | None, materialize_grads: bool) -> bool:
    """Decide whether unused inputs are allowed; ContradictingArgumentsError if both is said."""
    if materialize_grads and allow_unused is False:
        raise ContradictingArgumentsError(
            "materialize_grads=True allows unused inputs, but allow_unused=False forbids them; "
            "leave allow_unused out"
        )
    return switch(materialize_grads if allow_unused is None else allow_unused)


def zero_gradient(target: Any, create_graph: bool) -> Tensor:
    """Return the gradient of an input that the roots do not depend on.

    UnusedInputError for an edge.
    """
    if isinstance(target, GradientEdge):
        raise UnusedInputError(
            "the roots do not depend on an edge that was given with materialize_grads, and its "
            "zeros have no known shape; give the tensor itself"
        )
    made = Tensor(np.zeros(target._array.shape, target._array.dtype))
    return made.requires_grad_(create_graph)

"""A derivative that cannot itself be differentiated; start at `once_differentiable`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Never

from gradspec_reference.engine import modes
from gradspec_reference.engine.node import NodeOfSeveral, gradient_edge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OnceDifferentiableError

if TYPE_CHECKING:
    from collections.abc import Callable


def once_differentiable(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` that is not made of the engine's operations.

    It is never recorded.  Where a cotangent has a history, what it returns leads to an error; of
    what it saved nothing is known.
    """

    @functools.wraps(rule)
    def unrecorded(context: Any, *cotangents: Any) -> Any:
        with modes.no_grad():
            returned = rule(context, *cotangents)
        given = [x for x in cotangents if isinstance(x, Tensor)]
        if not modes.state.recording or not any(x.requires_grad for x in given):
            return returned
        gradients = returned if isinstance(returned, tuple) else (returned,)
        node = DelayedError(given, gradients)
        ending = tuple(node.end(number, each) for number, each in enumerate(gradients))
        return ending if isinstance(returned, tuple) else ending[0]

    return unrecorded


class DelayedError(NodeOfSeveral):
    """Where the history of such a gradient ends: with an error, if a pass comes there."""

    __slots__ = ()

    operator_is_callers = True

    def __init__(self, cotangents: list[Tensor], gradients: tuple[Any, ...]) -> None:
        outputs: Any = tuple(
            (x._array.shape, x._array.dtype) if isinstance(x, Tensor) else None for x in gradients
        )
        edges = tuple(gradient_edge(x) for x in cotangents)
        super().__init__(edges, (), (), outputs, freeable=False)

    def name(self) -> str:
        """Return torch's name of the node."""
        return "torch::autograd::Error"

    def end(self, number: int, gradient: Any) -> Any:
        """Return a gradient that has this node as its history."""
        if not isinstance(gradient, Tensor):
            return gradient
        ended = gradient.detach()
        ended._grad_fn, ended._output_nr = self, number
        return ended

    def shares(self, _cotangents: list[Tensor | None]) -> Never:
        """Refuse."""
        raise OnceDifferentiableError(
            "a second derivative was asked of a function whose backward is once_differentiable: "
            "it was not recorded; write backward with operations of the engine, or make no "
            "second derivative of it"
        )

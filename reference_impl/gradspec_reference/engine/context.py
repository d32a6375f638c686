"""The context of a function of the caller's, by which its `forward` speaks to the engine."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    MarkedTypeError,
    SavedForForwardError,
    SavedReturnedError,
    SavedTypeError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class FunctionCtx:
    """What `forward` or `setup_context` says of one call (torch.autograd.function.FunctionCtx).

    Of each method the last call counts.  Any further attribute is the caller's own.
    """

    to_save: tuple[Any, ...] = ()
    saved_for_forward: tuple[Any, ...] = ()
    dirty_tensors: tuple[Any, ...] = ()
    non_differentiable: tuple[Any, ...] = ()
    materialize_grads: bool = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Save tensors, or None, for `backward`."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Save tensors, or None, for `jvp`."""
        check_for_forward(tensors)
        self.saved_for_forward = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Declare operands that `forward` writes in place; it must return them."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Declare results that have no history."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether `backward` is given zeros, rather than None, for unused results."""
        self.materialize_grads = value

    def mark_shared_storage(self, *_pairs: Any) -> None:
        """Do nothing, with a warning: views are known as such."""
        warnings.warn(
            "mark_shared_storage is deprecated and does nothing: the engine knows which tensors "
            "share memory",
            FutureWarning,
            stacklevel=2,
        )


def check_saved(tensors: Iterable[Any]) -> None:
    """Refuse to save what is neither a tensor nor None."""
    for each in tensors:
        if each is not None and not isinstance(each, Tensor):
            raise SavedTypeError(
                f"save_for_backward was given a {type(each).__name__}; it saves tensors, other "
                "values are kept as attributes of the context"
            )


def check_for_forward(saved: Iterable[Any]) -> None:
    """Refuse to save for `jvp` what is neither a tensor nor None."""
    for each in saved:
        if each is not None and not isinstance(each, Tensor):
            raise SavedForForwardError(
                f"save_for_forward was given a {type(each).__name__}; it saves tensors, other "
                "values are kept as attributes of the context"
            )


def check_marked(method: str, tensors: Iterable[Any]) -> None:
    """Refuse to mark what is no tensor."""
    for each in tensors:
        if not isinstance(each, Tensor):
            raise MarkedTypeError(
                f"{method} was given a {type(each).__name__}; it takes tensors, one by one"
            )


def check_not_saved(node: Any, argument: Tensor) -> None:
    """Refuse an argument that forward returns as it is, if setup_context saved it.

    It would be saved as a result, which it is not yet when setup_context runs.
    """
    if node.function.setup_context is not None and any(argument is x for x in node.to_save):
        raise SavedReturnedError(
            "setup_context saved an argument that forward returned as it is; return, and save, a "
            "view of it, x.view_as(x), or give forward the context"
        )

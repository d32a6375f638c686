"""The gradient of a tensor: what is kept, of which dtype, and who sees it; start at `grad`."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import DType
from gradspec_reference.engine import hooks
from gradspec_reference.errors import (
    GradDtypeError,
    GradDtypeNonleafError,
    GradIsSelfError,
    GradShapeError,
    GradTypeError,
    OtherDeviceError,
)
from gradspec_reference.meta import is_meta

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import AccumulateGrad
    from gradspec_reference.engine.tensor import Tensor


def no_accumulator() -> AccumulateGrad | None:
    """Stand in for the weak reference of a leaf that no graph uses."""
    return None


class LeafState:
    """What only leaves have: their node, hooks, the dtype of their gradient, and a past."""

    __slots__ = ("accumulator", "cut_off_at", "grad_dtype", "hooks", "post_hooks", "retained")

    SAME: Any = object()

    def __init__(self) -> None:
        self.accumulator: Callable[[], AccumulateGrad | None] = no_accumulator
        self.grad_dtype: Any = self.SAME
        self.hooks: hooks.Hooks | None = None
        self.post_hooks: hooks.Hooks | None = None
        # what detach_() leaves behind: nodes before it have a greater order
        self.cut_off_at = math.inf
        self.retained = False


class HasGradient:
    """The half of `Tensor` that is about its gradient."""

    __slots__ = ("_grad", "_leaf")

    _grad: Tensor | None
    _leaf: LeafState | None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated so far, or None (torch.Tensor.grad).

        Warns when read on a tensor that neither is a leaf nor retains its gradient.  Assigning
        checks type, shape and dtype.
        """
        if self._grad is None and self._grad_fn is not None and not self.retains_grad:
            warnings.warn(
                "the gradient of a tensor with history was read, but only leaves keep theirs; "
                "call retain_grad() on it before the backward pass",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            check_assigned(self, value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def grad_dtype(self) -> DType | None:
        """The dtype that the gradient of this leaf gets; None for any (torch.Tensor.grad_dtype)."""
        self._only_a_leaf_has_grad_dtype()
        if self._leaf is None or self._leaf.grad_dtype is LeafState.SAME:
            own: DType = self.dtype
            return own
        dtype: DType | None = self._leaf.grad_dtype
        return dtype

    @grad_dtype.setter
    def grad_dtype(self, dtype: DType | None) -> None:
        self._only_a_leaf_has_grad_dtype()
        if dtype is not None and not isinstance(dtype, DType):
            raise GradDtypeError(f"grad_dtype was assigned {dtype!r}; it must be a dtype or None")
        if self._grad is not None and dtype is not None and self._grad.dtype != dtype:
            raise wrong_dtype(self._grad.dtype, dtype)
        self.leaf_state().grad_dtype = dtype
        node = self.leaf_state().accumulator()
        if node is not None:
            node.refresh()

    def _only_a_leaf_has_grad_dtype(self) -> None:
        if not self.is_leaf:
            raise GradDtypeNonleafError(
                f"grad_dtype belongs to leaves, and this tensor was computed by {self._grad_fn!r}"
            )

    def leaf_state(self) -> LeafState:
        """Return what only leaves have, making it if need be."""
        if self._leaf is None:
            made = LeafState()
            if self._leaf is None:
                self._leaf = made
        return self._leaf

    def retain_grad(self: Any) -> None:
        """Keep the gradient of this tensor too in later passes (torch.Tensor.retain_grad).

        Raises RetainWithoutGradError if it does not require grad; does nothing on a leaf.
        """
        hooks.retain(self)

    @property
    def retains_grad(self: Any) -> bool:
        """Whether `retain_grad` asked for this non-leaf's gradient (torch.Tensor.retains_grad)."""
        return hooks.is_retained(self)

    def register_hook(self: Any, hook: Callable[[Tensor], Any]) -> hooks.RemovableHandle:
        """Have `hook(gradient)` called; what it returns replaces the gradient, unless None.

        Raises HookWithoutGradError.  Source: torch.Tensor.register_hook docstring.
        """
        return hooks.register(self, hook)

    def register_post_accumulate_grad_hook(
        self: Any, hook: Callable[[Tensor], None]
    ) -> hooks.RemovableHandle:
        """Have `hook(leaf)` called after `leaf.grad` was updated.

        Raises HookWithoutGradError, HookOnNonleafError.
        Source: torch.Tensor.register_post_accumulate_grad_hook docstring.
        """
        return hooks.register_post_accumulate(self, hook)


def check_assigned(tensor: HasGradient, value: object) -> None:
    """Refuse what cannot be the gradient of this tensor.

    Raises GradTypeError, GradIsSelfError, GradShapeError or GradDtypeError.
    """
    if not isinstance(value, HasGradient):
        raise GradTypeError(
            f"grad was assigned a {type(value).__name__}; it must be a tensor or None"
        )
    if value is tensor:
        raise GradIsSelfError("a tensor was assigned as its own gradient; assign a clone()")
    check_dtype(tensor, value)
    if is_meta(value._array) is not is_meta(tensor._array):
        raise OtherDeviceError(
            f"grad was assigned a tensor on {value.device}; the tensor is on {tensor.device}"
        )
    if value._array.shape != tensor._array.shape:
        raise GradShapeError(
            f"grad was assigned a tensor of shape {list(value.shape)}; it must have the tensor's "
            f"own, {list(tensor.shape)}"
        )


def check_dtype(tensor: HasGradient, value: HasGradient) -> None:
    """Refuse a gradient of another dtype than the tensor asks for."""
    leaf = tensor._leaf
    wanted = tensor.dtype if leaf is None or leaf.grad_dtype is leaf.SAME else leaf.grad_dtype
    if wanted is not None and value.dtype != wanted:
        raise wrong_dtype(value.dtype, wanted)


def wrong_dtype(found: DType, wanted: DType) -> GradDtypeError:
    """Word the refusal of a gradient of another dtype."""
    return GradDtypeError(
        f"the gradient is of dtype {found}, but grad_dtype is {wanted}; convert it with "
        "to(), or set grad_dtype on the leaf"
    )

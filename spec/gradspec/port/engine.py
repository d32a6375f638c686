"""The engine port: implement these flat methods and every clause can be run on your engine.

Methods take and return *handles* (objects of the engine, opaque to the kit), NumPy arrays and
plain values.  An engine implements `values` and the methods of the groups that it declares
(`gradspec.port.capabilities.METHODS`); the kit never calls the others.  An adapter translates: it
must not supply what its engine lacks, or the kit would be testing the adapter.

Functions of the caller (hook bodies, functions to differentiate) arrive as Python callables
over handles; what they raise has to leave the engine unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Handle = Any
"""A tensor, node, hook, context or edge of the engine: only the engine looks inside."""

Array = npt.NDArray[Any]
Structure = Any
"""A handle, or a list, tuple or dict of them, passed on as the clause wrote it."""


class Engine(Protocol):
    """What every engine has: who it is, what it can do, and values."""

    name: str
    version: str
    capabilities: frozenset[str]

    def error_kind(self, error: Exception) -> str | None:
        """Which of `gradspec.port.errors.ERROR_KINDS` the engine's exception is; None if none."""

    # values ---------------------------------------------------------------------------
    def tensor(self, array: Array, *, requires_grad: bool) -> Handle:
        """Make a leaf of the array's shape and dtype that owns a copy of the values."""

    def apply(self, operator: str, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Apply an operator of the catalogue, with torch's meaning and argument order.

        Operands are handles, numbers, or lists of handles; data types are NumPy's names.
        Returns a handle, or a sequence of handles where torch returns several tensors.
        """

    def array(self, tensor: Handle) -> Array:
        """Give the present values as an array: a look from outside, never recorded."""


class Port(Engine, Protocol):
    """Every method that some group asks for; an engine has those of the groups it declares."""

    # tape -----------------------------------------------------------------------------
    def get(self, tensor: Handle, attribute: str) -> Any:
        """Read an attribute of `gradspec.port.capabilities.ATTRIBUTES`."""

    def set(self, tensor: Handle, attribute: str, value: Any) -> None:
        """Assign an attribute; the value is a handle, a plain value, or None."""

    def delete(self, tensor: Handle, attribute: str) -> None:
        """Delete an attribute, as `del tensor.attribute` does."""

    def requires_grad_(self, tensor: Handle, *flag: bool) -> Handle:
        """Set the flag in place, with the engine's own default if none is given."""

    def backward(
        self,
        roots: Structure,
        cotangents: Structure = None,
        *,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Structure = None,
        grad_variables: Structure = None,
    ) -> Any:
        """Run a backward pass from one root or several; return what the engine returns."""

    def grad(
        self,
        outputs: Structure,
        inputs: Structure,
        cotangents: Structure = None,
        *,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        allow_unused: bool | None = None,
        materialize_grads: bool = False,
    ) -> Sequence[Handle | None]:
        """Ask for gradients without storing them; one a position of `inputs`."""

    def vjp(
        self, function: Callable[..., Handle], inputs: Sequence[Handle], cotangent: Array
    ) -> tuple[Handle, Sequence[Handle]]:
        """Return function(*inputs) and the cotangent times its Jacobian for each input."""

    def retain_grad(self, tensor: Handle) -> None:
        """Ask that the gradient of a non-leaf be kept."""

    # modes ----------------------------------------------------------------------------
    def enter(self, mode: str, *arguments: Any) -> Handle:
        """Enter no_grad, enable_grad, set_grad_enabled or enforce_grad_layout_policy."""

    def leave(self, context: Handle) -> None:
        """Leave what `enter` gave."""

    def grad_enabled(self) -> bool:
        """Say whether operations are recorded now."""

    # in-place writes and views --------------------------------------------------------
    def inplace(
        self,
        operator: str,
        target: Handle,
        operands: Sequence[Any],
        parameters: Mapping[str, Any],
    ) -> Handle:
        """Write in place and return what the engine returns."""

    def increment_version(self, tensors: Structure) -> None:
        """Raise the version counter by hand."""

    def same_object(self, one: Handle, other: Handle) -> bool:
        """Say whether two handles are one object of the engine."""

    def shares_memory(self, one: Handle, other: Handle) -> bool:
        """Say whether two tensors have memory in common."""

    # hooks ----------------------------------------------------------------------------
    def register_hook(self, tensor: Handle, function: Callable[[Handle], Handle | None]) -> Handle:
        """Run the function on the tensor's gradient; what it returns replaces it."""

    def register_post_accumulate_grad_hook(
        self, tensor: Handle, function: Callable[[Handle], None]
    ) -> Handle:
        """Run the function on the leaf once its grad is up to date."""

    def remove_hook(self, hook: Handle) -> None:
        """Take a hook away."""

    # functions of the caller ----------------------------------------------------------
    def custom_function(
        self,
        forward: Callable[..., Handle],
        backward: Callable[..., Structure],
        operands: Sequence[Any],
    ) -> Handle:
        """Record forward(context, *operands) as one node whose rule is backward(context, g)."""

    def save_for_backward(self, context: Handle, tensors: Sequence[Handle]) -> None:
        """Save tensors in the context of a custom function."""

    def saved_tensors(self, context: Handle) -> Sequence[Handle]:
        """Give the saved tensors back."""

    # the graph ------------------------------------------------------------------------
    def node_name(self, node: Handle) -> str:
        """Name a node."""

    def next_functions(self, node: Handle) -> Sequence[tuple[Handle | None, int]]:
        """List the edges of a node: for each input, the next node and its output number."""

    def saved_value(self, node: Handle, name: str) -> Handle:
        """Give the value that a node saved under torch's name for it (self, result, ...)."""

    def gradient_edge(self, tensor: Handle) -> Handle:
        """Give the edge that a gradient of the tensor flows along."""

    # life -----------------------------------------------------------------------------
    def watch(self, tensor: Handle) -> Handle:
        """Refer to a tensor without keeping it alive."""

    def is_alive(self, watcher: Handle) -> bool:
        """Say whether the watched tensor still exists."""

    # leaving the engine ---------------------------------------------------------------
    def number(self, tensor: Handle, kind: str) -> float:
        """Convert with item, float, int or bool, as the engine's user would."""

    def tolist(self, tensor: Handle) -> Any:
        """Convert to nested lists of numbers, as the engine's user would."""

    def numpy(self, tensor: Handle, *, force: bool = False) -> Array:
        """Convert to an array as the engine's user would; it may share the tensor's memory."""

    def copy(self, tensor: Handle, how: str) -> Handle:
        """Copy by `deepcopy`, or by `pickle` to bytes and back."""

    def text(self, tensor: Handle, how: str) -> str:
        """Give the text of `repr`, `str` or `format`."""


def working_dtype(capabilities: frozenset[str]) -> np.dtype[Any]:
    """Choose the data type that clauses compute in: float64, or else the widest float."""
    for name in ("float64", "float32", "float16"):
        if f"dtype:{name}" in capabilities:
            return np.dtype(name)
    return np.dtype("float64")

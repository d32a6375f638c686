"""The tensor: a NumPy array and its place in the graph; start at the slots of `Tensor`.

This file has the attributes that autograd is about; those of the gradient are in `grads`.
Operators are attached to the class in `names/methods.py`; conversions are in `names/interop.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import duals, hooks, layout, versions, views
from gradspec_reference.engine.grads import HasGradient, LeafState, no_accumulator
from gradspec_reference.engine.legacy import ARRAYS, array_for
from gradspec_reference.engine.modes import exceptional, state
from gradspec_reference.engine.node import next_order
from gradspec_reference.engine.shapes import Size
from gradspec_reference.errors import (
    DetachViewError,
    FlagTypeError,
    InferenceFlagError,
    InferenceVersionError,
    NonfloatRequiresGradError,
    NonleafFlagError,
    ReadOnlyError,
)

if TYPE_CHECKING:
    from gradspec_reference.engine.duals import Dual, Level
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.versions import VersionCounter
    from gradspec_reference.engine.views import ViewRelation

Array = Any


class Tensor(HasGradient):
    """An array of numbers that knows how it was computed.

    `_array` is a NumPy array, or, while nobody needs its memory, a NumPy scalar.  `_grad_fn` and
    `_output_nr` name the node and the output that computed it, `_view` the base whose memory it
    shows, `_counter` the writes to that memory.  Everything may be None.  `_dual` is there in a
    dual level alone.
    """

    __slots__ = (
        "__dict__",  # a caller's own attributes
        "__weakref__",
        "_array",
        "_counter",
        "_dual",
        "_grad_fn",
        "_output_nr",
        "_requires_grad",
        "_view",
    )

    __array_priority__ = 1000

    of_a_batch: ClassVar[type[Tensor]]

    def __init__(self, array: Array = None, *sizes: int) -> None:
        if type(array) in ARRAYS:
            self._array = array
        else:
            self._array = array_for(array, sizes)
            if hasattr(self._array, "lower"):
                self.__class__ = self.of_a_batch
        self._grad_fn: Node | None = None
        self._output_nr = 0
        self._requires_grad = False
        self._grad: Tensor | None = None
        self._counter: VersionCounter | None = None
        self._view: ViewRelation | None = None
        self._leaf: LeafState | None = None
        if exceptional:
            versions.mark(self)

    if TYPE_CHECKING:
        _dual: dict[Level, Dual]

        # operators and most methods are attached in `names/methods.py`
        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __len__(self) -> int: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...

    # what it is

    @property
    def shape(self) -> Size:
        """The length of each dimension (torch.Tensor.shape)."""
        return Size.of(self._array.shape)

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements (torch.Tensor.dtype)."""
        return dtypes.of(self._array.dtype)

    @property
    def ndim(self) -> int:
        """The number of dimensions (torch.Tensor.ndim)."""
        return int(self._array.ndim)

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded (torch.Tensor.requires_grad).

        Assigning: FlagTypeError unless a boolean, NonleafFlagError on a tensor with history,
        NonfloatRequiresGradError for integers and booleans.
        """
        if self._grad_fn is not None or self._requires_grad:
            return True
        return self._view is not None and views.base_requires_grad(self._view)

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        if not isinstance(flag, bool):
            raise FlagTypeError(
                f"requires_grad was assigned {flag!r} of type {type(flag).__name__}; "
                "it must be a bool"
            )
        if self._grad_fn is not None:
            raise self._nonleaf_flag(flag)
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set whether this leaf requires grad, and return it (torch.Tensor.requires_grad_).

        TypeError unless a boolean, NonleafFlagError and NonfloatRequiresGradError as on assignment.
        """
        if not isinstance(requires_grad, bool):
            raise TypeError(
                f"requires_grad_ was given a {type(requires_grad).__name__}; it needs a bool"
            )
        if requires_grad and self._array.dtype.kind not in "fVc":
            raise NonfloatRequiresGradError(
                f"only floating-point tensors can require grad, found {self.dtype}; "
                "convert it first, for example with float()"
            )
        if requires_grad and self.is_inference() and not state.inference:
            raise InferenceFlagError(
                "a tensor that was made in inference mode cannot be made to require grad outside "
                "it; use a clone() of it"
            )
        if self._grad_fn is None:  # an outdated view is not asked for its history
            self._requires_grad = requires_grad
        elif not requires_grad:
            raise self._nonleaf_flag(requires_grad)
        return self

    def _nonleaf_flag(self, flag: bool) -> NonleafFlagError:
        return NonleafFlagError(
            f"requires_grad can be set to {flag} on leaves only, and this tensor was computed by "
            f"{self._grad_fn!r}; use detach() to get a tensor without history"
        )

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation computed this tensor (torch.Tensor.is_leaf)."""
        return self.grad_fn is None

    @is_leaf.setter
    def is_leaf(self, value: object) -> None:
        raise ReadOnlyError(_read_only("is_leaf", value))

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed this tensor, or None (torch.Tensor.grad_fn)."""
        return self._grad_fn if self._view is None else views.current_history(self)

    @grad_fn.setter
    def grad_fn(self, value: object) -> None:
        raise ReadOnlyError(_read_only("grad_fn", value))

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` this tensor is (torch.Tensor.output_nr)."""
        return self._output_nr

    @output_nr.setter
    def output_nr(self, value: object) -> None:
        raise ReadOnlyError(_read_only("output_nr", value))

    # its memory

    @property
    def _version(self) -> int:
        if self._counter is versions.INFERENCE:
            raise InferenceVersionError(
                "the version of a tensor that was made in inference mode was asked for, but writes "
                "to it are not counted"
            )
        return versions.version(self)

    def is_inference(self) -> bool:
        """Tell whether this tensor was made in inference mode (torch.Tensor.is_inference)."""
        return versions.is_of_inference(self._counter)

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None else self._view.base

    def _is_view(self) -> bool:
        return self._view is not None

    def materialise(self) -> np.ndarray[Any, Any]:
        """Return the array, giving a scalar memory of its own first."""
        held = self._array
        if not isinstance(held, np.ndarray):
            made = np.array(held)
            if self._array is held:  # else another thread was first
                self._array = made
        array: np.ndarray[Any, Any] = self._array
        return array

    def alias(self) -> Tensor:
        """Return a tensor without history on the same memory, counted together with this one."""
        array = self._array
        other = Tensor(array if type(array) is np.ndarray else self.materialise())
        other._counter = self._counter or versions.counter_of(self)
        return other

    def detach(self) -> Tensor:
        """Return the same memory without history (torch.Tensor.detach); it is not a view."""
        other = self.alias()
        if other._counter is versions.INFERENCE:
            other._counter = versions.counter_outside()
        return other

    def detach_(self) -> Tensor:
        """Cut this tensor off from its history (torch.Tensor.detach_); DetachViewError on views.

        In inference mode it stays as it is, and so does what was made in it.
        """
        if state.inference or self._counter is versions.INFERENCE:
            return self
        if self._view is not None:
            raise DetachViewError(
                "detach_() was called on a view, which follows its base; use detach() instead"
            )
        if self._grad_fn is not None:
            versions.counter_of(self)  # a saved value with a counter is looked at
            self.leaf_state().cut_off_at = next_order()
            hooks.keep_retained(self)
            hooks.keep_hooks(self)
        self._grad_fn = None
        self._output_nr = 0
        self._requires_grad = False
        if exceptional:
            duals.drop(self)
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without history and with a version counter of its own.

        Writes to it are not noticed.  Assigning gives this tensor the other's memory.
        Source: torch.Tensor.data.
        """
        other = Tensor(self.materialise())
        other._counter = versions.counter_outside() if self.is_inference() else None
        return other

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data was assigned a {type(value).__name__}; it must be a tensor")
        if self.requires_grad and value._array.dtype.kind not in "fVc":
            raise NonfloatRequiresGradError(
                f"data of a tensor that requires grad was assigned {value.dtype}; it must be "
                "floating-point, so convert it first, or call requires_grad_(False)"
            )
        if self._leaf is not None and value._array.dtype != self._array.dtype:
            # the graphs that there are go on to deliver what the leaf was
            self._leaf.accumulator = no_accumulator
        self._array = value.materialise()
        if value.is_inference() is not self.is_inference():
            versions.assign(self, value)

    def data_ptr(self) -> int:
        """Return the address of the first element (torch.Tensor.data_ptr)."""
        return layout.address(self.materialise())

    def stride(self, dim: int | None = None) -> Any:
        """Return the steps in memory, in elements (torch.Tensor.stride)."""
        strides = layout.strides(self._array)
        return strides if dim is None else strides[dim]

    def storage_offset(self) -> int:
        """Return how far into its memory this tensor starts, in elements."""
        start = layout.address(layout.memory_of(self.materialise()))
        return (self.data_ptr() - start) // self.element_size()

    def element_size(self) -> int:
        """Return the size of one element in bytes (torch.Tensor.element_size)."""
        return int(self._array.dtype.itemsize)

    def is_contiguous(self) -> bool:
        """Tell whether elements lie in memory in the order of their indices."""
        return layout.is_contiguous(self._array)


def _read_only(name: str, value: object) -> str:
    return (
        f"attribute {name!r} cannot be assigned ({value!r} was given): it follows from how the "
        "tensor was computed"
    )

"""The graph: a node per recorded operation, an edge per operand; start at `Node`.

A node knows how to turn the cotangent of its output into those of its operands, and where to
send them: `next_functions` holds one edge per operand, a pair of a node and the number of that
node's output.  A leaf is represented by its `AccumulateGrad`.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, Never

from gradspec_reference.engine import saved as saving
from gradspec_reference.errors import GraphFreedError, OperandShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import NumpyDType
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.operators import Operator

Shape = tuple[int, ...]
Edge = tuple["Node | None", int]

NO_EDGE: Edge = (None, 0)

# Later nodes come first among those that are ready, so the numbers count downwards.
next_order: Callable[[], int] = itertools.count(0, -1).__next__
# Accumulation does not wait behind anything but what was ready earlier.
next_leaf_order: Callable[[], int] = itertools.count(-(1 << 62)).__next__


class Node:
    """One recorded operation.

    `saved` holds what the derivative needs (None once freed), `params` the operation's plain
    arguments, `outputs` the shape and dtype of each output, `order` the place in the queue.
    `hooks` maps an output number to the functions that see its gradient, `retained` to a weak
    reference to the tensor that keeps it.
    """

    __slots__ = (
        "__weakref__",
        "_metadata",
        "freeable",
        "hooks",
        "next_functions",
        "order",
        "outputs",
        "params",
        "retained",
        "saved",
    )

    operator: ClassVar[Operator]
    operator_is_single: ClassVar[bool] = True
    operator_is_callers: ClassVar[bool] = False

    def __init__(
        self,
        edges: tuple[Edge, ...],
        saved: tuple[Any, ...] | None,
        params: tuple[Any, ...],
        outputs: tuple[tuple[Shape, NumpyDType], ...],
        freeable: bool,
    ) -> None:
        self.next_functions = edges
        self.saved = saved
        self.params = params
        self.outputs = outputs
        self.freeable = freeable
        self.order = next_order()
        self.hooks: dict[int, dict[int, Callable[[Tensor], Any]]] | None = None
        self.retained: dict[int, weakref.ref[Tensor]] | None = None

    def name(self) -> str:
        """Return the name of the operation's derivative, as torch spells it."""
        return self.operator.node

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dict for the caller's own notes."""
        try:
            return self._metadata
        except AttributeError:
            self._metadata: dict[Any, Any] = {}
            return self._metadata

    def output_count(self) -> int:
        """Return the number of outputs that can receive a gradient."""
        return len(self.outputs)

    def _sequence_nr(self) -> int:
        """Return the number of nodes made before this one."""
        return -self.order

    def unpack(self, as_tensors: bool) -> list[Any]:
        """Return the saved values, as arrays or tensors.

        Raises GraphFreedError after they were freed, StaleSavedTensorError if one was written.
        """
        if self.saved is None:
            raise freed(self)
        return saving.unpack(self, self.saved, as_tensors) if self.saved else []

    def refusal(self, error: ValueError) -> Exception:
        """Word the refusal of a kernel by a derivative: the shapes are not those of the forward."""
        return OperandShapeError(
            f"the derivative of {self.name()} was given shapes that do not fit together ({error}); "
            "data of another shape was assigned to a tensor after it was used"
        )

    def release(self) -> None:
        """Let go of the saved values; a node that saved none can run again."""
        if self.freeable:
            self.saved = None

    def __getattr__(self, name: str) -> Any:
        """Show `_saved_<name>` and `_raw_saved_<name>` of what the derivative needs."""
        if name.startswith("_saved_"):
            return saving.shown(self, name.removeprefix("_saved_"))
        if name.startswith("_raw_saved_"):
            return saving.raw(self, name.removeprefix("_raw_saved_"))
        raise AttributeError(f"{self.name()} has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {hex(id(self))}>"

    def __reduce__(self) -> Never:
        """Refuse to copy or pickle a part of a graph."""
        raise TypeError(
            f"a {type(self).__name__} was copied or pickled; a graph belongs to its tensors"
        )


class WithoutDerivative(Node):
    """An operation that cannot be differentiated: a pass that comes to it fails at once."""

    __slots__ = ()

    @property
    def order(self) -> int:
        """The place in the queue: before all that has a derivative."""
        return next_leaf_order()

    @order.setter
    def order(self, number: int) -> None:
        recorded_as.__set__(self, number)

    def _sequence_nr(self) -> int:
        """Return the largest number there is."""
        return (1 << 64) - 1

    def unpack(self, as_tensors: bool) -> list[Any]:
        """Raise what the rules raise, also if nothing arrives."""
        del as_tensors
        next(filter(None, self.operator.rules))(None, None)
        return []


# when a node was recorded, which for most is their place in the queue
recorded_as: Any = vars(Node)["order"]


def freed(node: Node) -> GraphFreedError:
    """Word the refusal to use what was freed."""
    return GraphFreedError(
        f"{node.name()} was asked for its saved values, but a backward pass freed them; to go "
        "through the same graph again, give retain_graph=True to the earlier pass"
    )


class AccumulateGrad(Node):
    """The end of the graph: adds what arrives to the gradient of one leaf."""

    __slots__ = ("variable",)

    # a leaf is always looked at: its hooks, its gradient
    operator_is_single = False

    def __init__(self, variable: Tensor) -> None:
        self.next_functions = ()
        self.saved = ()
        self.params = ()
        self.freeable = False
        self.hooks = None
        self.retained = None
        self.variable = variable
        self.refresh()

    def name(self) -> str:
        """Return torch's name of the node."""
        return "torch::autograd::AccumulateGrad"

    @property
    def order(self) -> int:  # type: ignore[override]
        """The place in the queue: drawn whenever a leaf becomes ready."""
        return next_leaf_order()

    def _sequence_nr(self) -> int:
        """Return the largest number there is: accumulation comes first."""
        return (1 << 64) - 1

    def output_count(self) -> int:
        """Return one: a leaf has one gradient."""
        return 1

    def refresh(self) -> None:
        """Take over the dtype that the leaf's gradient must have, None for any, and its shape."""
        array = self.variable._array
        leaf = self.variable._leaf
        dtype = array.dtype
        if leaf is not None and leaf.grad_dtype is not leaf.SAME:
            dtype = leaf.grad_dtype and leaf.grad_dtype.numpy
        self.outputs = ((array.shape, dtype),)


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """Return the node of a leaf; one at a time, kept alive by the graphs that use it.

    The leaf refers to it weakly: the node owns the leaf, and a cycle would outlive the graph.
    """
    state = leaf._leaf
    node = None if state is None else state.accumulator()
    if node is None:
        node = AccumulateGrad(leaf)
        leaf.leaf_state().accumulator = weakref.ref(node)
    return node


def gradient_edge(tensor: Tensor) -> Edge:
    """Return where the gradient of this tensor has to be sent."""
    node = tensor._grad_fn
    if node is None or tensor._view is not None:
        node = tensor.grad_fn
        if node is None:
            return (accumulator(tensor), 0) if tensor._requires_grad else NO_EDGE
    return (node, tensor._output_nr)

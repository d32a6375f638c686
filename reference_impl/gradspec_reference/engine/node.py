"""The graph: a node per recorded operation, an edge per operand; start at `Node`.

A node knows how to turn the cotangent of its output into those of its operands, and where to
send them: `next_functions` shows one edge per operand, a pair of a node and the number of that
node's output.  Nearly all edges lead to a first output, so the numbers are kept apart from the
`targets`, and only where one of them is not zero.  A leaf is represented by its `AccumulateGrad`.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Never

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import node_hooks
from gradspec_reference.engine import saved as saving
from gradspec_reference.engine.shapes import Size
from gradspec_reference.errors import GraphFreedError, NodeByHandError, OperandShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.hooks import HooksOfNode, RemovableHandle
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.operators import Operator

Shape = tuple[int, ...]
Edge = tuple["Node | None", int]

NO_EDGE: Edge = (None, 0)

# Later nodes come first among those that are ready, so the numbers count downwards.
next_order: Callable[[], int] = itertools.count(0, -1).__next__
# Accumulation does not wait behind anything but what was ready earlier.
next_leaf_order: Callable[[], int] = itertools.count(-(1 << 62)).__next__


# Called with each new node, while somebody wants to know (see `anomaly` and `packing`).
noting: list[Callable[[Node], None]] = []


class GradientMetadata(NamedTuple):
    """What is known of a gradient before it arrives; a leaf may take any data type."""

    shape: Size
    dtype: dtypes.DType | None
    is_nested_tensor: bool = False

    @classmethod
    def of(cls, output: tuple[Shape, Any]) -> GradientMetadata:
        """Describe the gradient of an output."""
        shape, dtype = output
        return cls(Size.of(shape), None if dtype is None else dtypes.of(dtype))


class Node:
    """One recorded operation.

    `saved` holds what the derivative needs (None once freed), `params` the operation's plain
    arguments, `shape` and `dtype` are those of its one output, `order` is the place in the queue.
    `hooks` are the caller's functions on it and its outputs, `retained` maps the number of an
    output to a weak reference to the tensor that keeps its gradient.
    """

    __slots__ = (
        "__weakref__",
        "_metadata",
        "dtype",
        "freeable",
        "hooks",
        "numbers",
        "order",
        "params",
        "retained",
        "saved",
        "shape",
        "targets",
    )

    operator: ClassVar[Operator]
    rules: ClassVar[Any] = None  # those of a row of the table with one result
    operator_is_single: ClassVar[bool] = True
    operator_is_callers: ClassVar[bool] = False

    def __init__(
        self,
        edges: tuple[Edge, ...] | None = None,
        saved: tuple[Any, ...] | None = None,
        params: tuple[Any, ...] = (),
        outputs: tuple[tuple[Shape, Any], ...] = (),
        freeable: bool = False,
    ) -> None:
        if edges is None:
            raise NodeByHandError(
                f"{type(self).__name__} was instantiated; a node is made when an operation is "
                "recorded, and a derivative of your own by a subclass of autograd.Function"
            )
        self.targets: tuple[Node | None, ...]
        self.numbers: tuple[int, ...] | None
        self.shape: Shape
        self.dtype: Any
        self.lead_to(edges)
        self.saved = saved
        self.params = params
        self.outputs = outputs
        self.freeable = freeable
        self.order = next_order()
        self.hooks: HooksOfNode | None = None
        self.retained: dict[int, weakref.ref[Tensor]] | None = None
        for note in tuple(noting):
            note(self)

    @property
    def next_functions(self) -> tuple[Edge, ...]:
        """One edge per operand, in their order (torch.autograd.graph.Node.next_functions)."""
        numbers = self.numbers or (0,) * len(self.targets)
        return tuple(zip(self.targets, numbers, strict=True))

    def lead_to(self, edges: tuple[Edge, ...]) -> None:
        """Give the node its edges."""
        self.targets = tuple([target for target, _ in edges])
        numbers = tuple([number for _, number in edges])
        self.numbers = numbers if any(numbers) else None

    @property
    def outputs(self) -> tuple[tuple[Shape, Any], ...]:
        """The shape and the dtype of each output."""
        return ((self.shape, self.dtype),)

    @outputs.setter
    def outputs(self, described: tuple[tuple[Shape, Any], ...]) -> None:
        ((self.shape, self.dtype),) = described

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
        return 1

    def register_hook(self, hook: Callable[..., Any], /) -> RemovableHandle:
        """Have `hook(of_inputs, of_outputs)` called after this node ran.

        It sees the gradients that the node made for its inputs, which a tuple that it returns
        replaces, and those that it was given.  Source: torch.autograd.graph.Node.register_hook.
        """
        return node_hooks.register(self, hook)

    def register_prehook(self, hook: Callable[..., Any], /) -> RemovableHandle:
        """Have `hook(of_outputs)` called before this node runs.

        It sees the gradients of the node's outputs, which a tuple that it returns replaces.
        Source: torch.autograd.graph.Node.register_prehook.
        """
        return node_hooks.register_before(self, hook)

    @property
    def _input_metadata(self) -> list[GradientMetadata]:
        """What kind of gradient each output expects."""
        return [GradientMetadata.of(output) for output in self.outputs if output is not None]

    def __call__(self, *gradients: Tensor | None) -> Any:
        """Return the gradients of the operands for those of the outputs; no hook runs."""
        from gradspec_reference.engine import calling  # noqa: PLC0415 - rules are built on nodes

        return calling.call(self, gradients)

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
        if isinstance(error, np.linalg.LinAlgError):
            return RuntimeError(f"the derivative of {self.name()} has no value here: {error}")
        return OperandShapeError(
            f"the derivative of {self.name()} was given shapes that do not fit together ({error}); "
            "data of another shape was assigned to a tensor after it was used"
        )

    def release(self) -> None:
        """Let go of the saved values; a node that saved none can run again."""
        if self.freeable:
            self.saved = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {hex(id(self))}>"

    def __reduce__(self) -> Never:
        """Refuse to copy or pickle a part of a graph."""
        raise TypeError(
            f"a {type(self).__name__} was copied or pickled; a graph belongs to its tensors"
        )


class NodeOfSeveral(Node):
    """An operation with any number of outputs."""

    __slots__ = ("outputs",)

    operator_is_single = False

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self.shape = self.dtype = None  # type: ignore[assignment]

    def output_count(self) -> int:
        """Return the number of outputs that can receive a gradient."""
        return len(self.outputs)


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
        "through the same graph again, give retain_graph=True to the earlier pass; where two "
        "losses share a trunk, add them and make one pass"
    )


class AccumulateGrad(Node):
    """The end of the graph: adds what arrives to the gradient of one leaf."""

    __slots__ = ("variable",)

    # nothing lies behind a leaf, and its derivative needs nothing
    targets = numbers = saved = params = ()

    def __init__(self, variable: Tensor) -> None:
        self.freeable = False
        self.hooks = None
        self.retained = None
        self.variable = variable
        self.refresh()
        for note in tuple(noting):
            note(self)

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

    def refresh(self) -> None:
        """Take over the dtype that the leaf's gradient must have, None for any, and its shape."""
        array = self.variable._array
        leaf = self.variable._leaf
        dtype = array.dtype
        if leaf is not None and leaf.grad_dtype is not leaf.SAME:
            dtype = leaf.grad_dtype and leaf.grad_dtype.numpy
        self.shape, self.dtype = array.shape, dtype


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """Return the node of a leaf; one at a time, kept alive by the graphs that use it.

    The leaf refers to it weakly: the node owns the leaf, and a cycle would outlive the graph.
    """
    state = leaf._leaf or leaf.leaf_state()
    known = state.accumulator
    node = known()
    while node is None:
        made = AccumulateGrad(leaf)
        reference = weakref.ref(made)
        if state.accumulator is known:
            state.accumulator = reference
            return made
        known = state.accumulator
        node = known()
    return node


def gradient_edge(tensor: Tensor) -> Edge:
    """Return where the gradient of this tensor has to be sent."""
    node = tensor._grad_fn if tensor._view is None else tensor.grad_fn
    return edge_behind(tensor, node)


def edge_as_saved(tensor: Tensor) -> Edge:
    """Return the same; a view that had no history is not asked whether it would have one now."""
    return edge_behind(tensor, None) if tensor._grad_fn is None else gradient_edge(tensor)


def edge_behind(tensor: Tensor, node: Node | None) -> Edge:
    """Return where the gradient of a tensor has to be sent that a node computed, or none."""
    if node is None:
        return (accumulator(tensor), 0) if tensor._requires_grad else NO_EDGE
    return (node, tensor._output_nr)

"""The things that a clause holds in its hands: tensors, nodes, contexts and plain answers.

Each wraps a handle of the engine and the number under which the program knows it.  What it is
asked to do, it asks the recorder to perform; it decides nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gradspec.catalogue.operators import OPERATORS
from gradspec.port.capabilities import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.program.recorder import Recorder


class Object:
    """A numbered object of a program and the engine's handle for it."""

    __slots__ = ("__weakref__", "_handle", "_number", "_recorder")
    _recorder: Recorder
    _handle: Any
    _number: int

    def __init__(self, recorder: Recorder, handle: Any, number: int) -> None:
        object.__setattr__(self, "_recorder", recorder)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_number", number)

    def __repr__(self) -> str:
        """Name the object as printed programs do."""
        return f"t{self._number}"


class Observed:
    """A plain answer of the engine, equal to its value, that remembers where it came from."""

    __slots__ = ("_number", "_recorder", "value")

    def __init__(self, recorder: Recorder, value: Any, number: int) -> None:
        self._recorder = recorder
        self.value = value
        self._number = number

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Observed) else other))

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return repr(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __index__(self) -> int:
        return int(self.value)

    def __iter__(self) -> Any:
        return iter(self.value)

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    def __len__(self) -> int:
        return len(self.value)

    def __add__(self, other: Any) -> Any:
        return self.value + other

    def __sub__(self, other: Any) -> Any:
        return self.value - (other.value if isinstance(other, Observed) else other)

    def __getattr__(self, name: str) -> Any:
        """Act on None as on a tensor: the recorder records and refuses it."""
        if name.startswith("_") or self.value is not None:
            raise AttributeError(name)
        perform = self._recorder.perform
        if name not in OPERATORS:
            return perform("get", self, name)
        if OPERATORS[name].group == "inplace":
            return lambda *operands, **parameters: perform(
                "inplace", name, self, list(operands), parameters
            )
        return lambda *operands, **parameters: perform("apply", name, [self, *operands], parameters)


class Tensor(Object):
    """A tensor of the engine, in torch's vocabulary.

    Every operator of the catalogue is a method (`x.sum(dim=0)`, `x.mul_(2)`), and so is the
    arithmetic of the language.  Attributes are those of `gradspec.port.capabilities.ATTRIBUTES`.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in ATTRIBUTES:
            return self._recorder.perform("get", self, name)
        if name in OPERATORS:
            return self._operator(name)
        message = f"the notation has no {name!r}: see gradspec.catalogue.operators and capabilities"
        raise AttributeError(message)

    def __setattr__(self, name: str, value: Any) -> None:
        self._recorder.perform("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._recorder.perform("delete", self, name)

    def _operator(self, name: str) -> Callable[..., Any]:
        if OPERATORS[name].group == "inplace":
            return lambda *operands, **parameters: self._write(name, *operands, **parameters)
        return lambda *operands, **parameters: self._apply(name, self, *operands, **parameters)

    def _apply(self, name: str, *operands: Any, **parameters: Any) -> Any:
        return self._recorder.perform("apply", name, list(operands), parameters)

    def _write(self, name: str, *operands: Any, **parameters: Any) -> Any:
        return self._recorder.perform("inplace", name, self, list(operands), parameters)

    # what the tensor is ---------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, of the values that the engine shows now."""
        return np.shape(self._recorder.look(self))

    # the tape -------------------------------------------------------------------------
    def requires_grad_(self, *flag: bool) -> Any:
        """Set requires_grad in place."""
        return self._recorder.perform("requires_grad_", self, *flag)

    def backward(self, gradient: Any = None, **options: Any) -> Any:
        """Run a backward pass from here: gradient, retain_graph, create_graph, inputs."""
        return self._recorder.perform("backward", self, gradient, **options)

    def retain_grad(self) -> Any:
        """Ask that this tensor keep its gradient."""
        return self._recorder.perform("retain_grad", self)

    def register_hook(self, function: Callable[[Tensor], Tensor | None]) -> Hook:
        """Run the function on the gradient; what it returns replaces it."""
        hook: Hook = self._recorder.perform("register_hook", self, function)
        return hook

    def register_post_accumulate_grad_hook(self, function: Callable[[Tensor], None]) -> Hook:
        """Run the function on this leaf once its grad is up to date."""
        hook: Hook = self._recorder.perform("register_post_accumulate_grad_hook", self, function)
        return hook

    # leaving the engine ---------------------------------------------------------------
    def item(self) -> Any:
        """Convert to a number."""
        return self._recorder.perform("number", self, "item")

    def __float__(self) -> float:
        return float(self._recorder.perform("number", self, "float"))

    def __int__(self) -> int:
        return int(self._recorder.perform("number", self, "int"))

    def __bool__(self) -> bool:
        return bool(self._recorder.perform("number", self, "bool"))

    def tolist(self) -> Any:
        """Convert to nested lists."""
        return self._recorder.perform("tolist", self)

    def numpy(self, *, force: bool = False) -> HostArray:
        """Convert to a NumPy array, which may share the tensor's memory."""
        array: HostArray = self._recorder.perform("numpy", self, force=force)
        return array

    # operators of the language --------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        return self._apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._apply("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._apply("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._apply("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._apply("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._apply("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._apply("div", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._apply("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._apply("pow", other, self)

    def __neg__(self) -> Any:
        return self._apply("neg", self)

    def __matmul__(self, other: Any) -> Any:
        return self._apply("matmul", self, other)

    def __gt__(self, other: Any) -> Any:
        return self._apply("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return self._apply("ge", self, other)

    def __lt__(self, other: Any) -> Any:
        return self._apply("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return self._apply("le", self, other)

    def __getitem__(self, index: Any) -> Any:
        return self._apply("getitem", self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._write("setitem", index, value)

    def __iadd__(self, other: Any) -> Any:
        return self._write("iadd", other)

    def __isub__(self, other: Any) -> Any:
        return self._write("isub", other)

    def __imul__(self, other: Any) -> Any:
        return self._write("imul", other)

    def __itruediv__(self, other: Any) -> Any:
        return self._write("itruediv", other)

    def __ipow__(self, other: Any) -> Any:
        return self._write("ipow", other)


class Node(Object):
    """A node of the engine's graph."""

    __slots__ = ()

    def name(self) -> Any:
        """The node's name."""
        return self._recorder.perform("node_name", self)

    @property
    def next_functions(self) -> Any:
        """The node's edges: (next node or None, output number), one for each input."""
        return self._recorder.perform("next_functions", self)

    def saved(self, name: str) -> Any:
        """The value that the node saved under this name."""
        return self._recorder.perform("saved_value", self, name)


class Edge(Object):
    """The edge of the graph that a tensor's gradient flows along; it can stand for a root."""

    __slots__ = ()


class Hook(Object):
    """A registered hook."""

    __slots__ = ()

    def remove(self) -> None:
        """Take the hook away."""
        self._recorder.perform("remove_hook", self)


class Watcher(Object):
    """A reference that does not keep its tensor alive."""

    __slots__ = ()

    def is_alive(self) -> Any:
        """Whether the tensor still exists."""
        return self._recorder.perform("is_alive", self)


class FunctionContext(Object):
    """The context of a custom function: where its forward leaves what its backward needs."""

    __slots__ = ()

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Save tensors."""
        self._recorder.perform("save_for_backward", self, list(tensors))

    @property
    def saved_tensors(self) -> Any:
        """The saved tensors, in order."""
        return self._recorder.perform("saved_tensors", self)


class HostArray(Object):
    """A NumPy array that the engine gave out."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Give the array itself."""
        return np.asarray(self._handle, dtype=dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write into the array, behind the engine's back."""
        self._recorder.perform("host_write", self, index, value)


class Context(Object):
    """A mode of the engine, entered and left by `with`."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._recorder.perform("leave", self)

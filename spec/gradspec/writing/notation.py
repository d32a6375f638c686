"""The notation that clauses are written in: torch's vocabulary, one object called `ag`.

`ag.tensor([1.0, 2.0], requires_grad=True)`, `ag.sin(x)`, `y.backward()`, `x.grad`,
`with ag.no_grad():`.  Every act is performed on the engine at once and recorded as a step, so
the host language's own branches and loops work as they do in a tutorial.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.catalogue.operators import OPERATORS
from gradspec.judging.outcome import Refused
from gradspec.program.objects import Context, Edge, Object, Tensor, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from gradspec.program.recorder import Recorder


class Autograd:
    """An engine as a clause sees it; every operator of the catalogue is a method."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPERATORS or OPERATORS[name].group == "inplace":
            message = f"the notation has no {name!r}: see gradspec.catalogue.operators"
            raise AttributeError(message)
        perform = self._recorder.perform
        return lambda *operands, **parameters: perform("apply", name, list(operands), parameters)

    # data -----------------------------------------------------------------------------
    def tensor(self, data: Any, *, dtype: str | None = None, requires_grad: bool = False) -> Tensor:
        """Make a leaf; floats take the engine's working data type unless one is named."""
        array = np.array(data, dtype=dtype)
        if dtype is not None:
            self._recorder.used.add(f"dtype:{dtype}")
        if dtype is None and array.dtype.kind == "f":
            array = array.astype(self._recorder.dtype)
        tensor: Tensor = self._recorder.perform("tensor", array, requires_grad=requires_grad)
        return tensor

    def random(self, *shape: int, positive: bool = False) -> npt.NDArray[np.float64]:
        """Draw an array, the same in every run: magnitudes in [0.5, 1.5], signs mixed."""
        generator = self._recorder.random
        magnitude = generator.uniform(0.5, 1.5, shape)
        return magnitude if positive else magnitude * generator.choice([-1.0, 1.0], shape)

    # the tape -------------------------------------------------------------------------
    def backward(self, roots: Any, cotangents: Any = None, **options: Any) -> Any:
        """Run a backward pass from one root or a sequence of roots."""
        return self._recorder.perform("backward", roots, cotangents, **options)

    def grad(self, outputs: Any, inputs: Any, cotangents: Any = None, **options: Any) -> Any:
        """Ask for gradients without storing them: a tuple, one a position of `inputs`."""
        return self._recorder.perform("grad", outputs, inputs, cotangents, **options)

    def vjp(
        self, function: Callable[..., Tensor], inputs: Sequence[Any], cotangent: Any = 1.0
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """Return function(*inputs) and, for each input, the cotangent times its Jacobian.

        Inputs are arrays, numbers or tensors.  A functional engine answers itself; for a tape
        the product is derived from the backward pass, and is differentiable again where an
        input is a tensor.
        """
        weight = np.asarray(cotangent, dtype=self._recorder.dtype)
        if any(isinstance(i, Tensor) for i in inputs):
            self._recorder.require({"create_graph"})
        if "vjp" in self._recorder.engine.capabilities:
            points = [i if isinstance(i, Tensor) else self.tensor(_float(i)) for i in inputs]
            product = self._recorder.perform("vjp", function, points, weight)
            return product[0], product[1]
        return self._vjp_of_a_tape(function, inputs, weight)

    def _vjp_of_a_tape(
        self, function: Callable[..., Tensor], inputs: Sequence[Any], weight: Any
    ) -> tuple[Tensor, tuple[Any, ...]]:
        self._recorder.used.add("vjp")
        if any(isinstance(i, Tensor) for i in inputs):
            output = function(*inputs)
            seed = self.tensor(weight)
            return output, self.grad(output, list(inputs), seed, create_graph=True)
        leaves = [self.tensor(_float(i), requires_grad=True) for i in inputs]
        output = function(*leaves)
        if weight.ndim == 0 and weight == 1.0:
            output.backward()
        elif "cotangent" in self._recorder.engine.capabilities:
            output.backward(self.tensor(weight))
        else:
            scaled = output * (self.tensor(weight) if weight.ndim else float(weight))
            (scaled.sum() if weight.ndim else scaled).backward()
        return output, tuple(leaf.grad for leaf in leaves)

    def custom_function(
        self, forward: Callable[..., Tensor], backward: Callable[..., Any], *operands: Any
    ) -> Tensor:
        """Record forward(context, *operands) as one node with backward(context, g)."""
        out: Tensor = self._recorder.perform("custom_function", forward, backward, list(operands))
        return out

    # modes ----------------------------------------------------------------------------
    def no_grad(self) -> Context:
        """Stop recording inside a with block."""
        return self._enter("no_grad")

    def enable_grad(self) -> Context:
        """Record inside a with block."""
        return self._enter("enable_grad")

    def set_grad_enabled(self, flag: bool) -> Context:
        """Record or not inside a with block."""
        return self._enter("set_grad_enabled", flag)

    def enforce_grad_layout_policy(self, flag: bool) -> Context:
        """Hold gradients to the leaf's layout or not, inside a with block."""
        return self._enter("enforce_grad_layout_policy", flag)

    def _enter(self, mode: str, *arguments: Any) -> Context:
        context: Context = self._recorder.perform("enter", mode, *arguments)
        return context

    def is_grad_enabled(self) -> Any:
        """Whether operations are recorded now."""
        return self._recorder.perform("grad_enabled")

    # versions, identity, life, text ---------------------------------------------------
    def increment_version(self, tensors: Any) -> None:
        """Raise version counters by hand."""
        self._recorder.perform("increment_version", tensors)

    def same_object(self, one: Any, other: Any) -> Any:
        """Whether two names stand for one object of the engine."""
        return self._recorder.perform("same_object", one, other)

    def shares_memory(self, one: Any, other: Any) -> Any:
        """Whether two tensors have memory in common."""
        return self._recorder.perform("shares_memory", one, other)

    def gradient_edge(self, tensor: Any) -> Edge:
        """Give the edge that the tensor's gradient flows along."""
        edge: Edge = self._recorder.perform("gradient_edge", tensor)
        return edge

    def watch(self, tensor: Any) -> Watcher:
        """Refer to a tensor without keeping it alive."""
        watcher: Watcher = self._recorder.perform("watch", tensor)
        return watcher

    def forget(self, *things: Object) -> None:
        """Let go of objects, as `del` does."""
        for thing in things:
            self._recorder.forget(thing)

    def deepcopy(self, tensor: Any) -> Any:
        """Copy a tensor with everything that belongs to it."""
        return self._recorder.perform("copy", tensor, "deepcopy")

    def pickle_and_back(self, tensor: Any) -> Any:
        """Turn a tensor into bytes and those into a tensor."""
        return self._recorder.perform("copy", tensor, "pickle")

    def repr(self, tensor: Any) -> Any:
        """Give the text that printing shows."""
        return self._recorder.perform("text", tensor, "repr")

    def format(self, tensor: Any) -> Any:
        """Give the text inside a formatted string."""
        return self._recorder.perform("text", tensor, "format")

    # demands on a block of steps ------------------------------------------------------
    @contextmanager
    def refuses(self, kind: str) -> Iterator[None]:
        """Demand that the engine refuses the block with an error of this kind."""
        refused = None
        try:
            yield
        except Refused as error:
            refused = error
        self._recorder.expect_refusal(kind, refused)

    @contextmanager
    def warns(self) -> Iterator[None]:
        """Demand at least one warning from the block."""
        yield from self._warnings(expected=True)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Demand no warning from the block."""
        yield from self._warnings(expected=False)

    def _warnings(self, *, expected: bool) -> Iterator[None]:
        self._recorder.perform("drain_warnings")
        yield
        seen = self._recorder.perform("drain_warnings")
        self._recorder.expect(seen, "warned", expected, {})


def _float(value: Any) -> Any:
    return np.asarray(value, dtype=np.float64)

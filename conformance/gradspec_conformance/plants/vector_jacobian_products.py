"""Faults in vector-Jacobian products: what engines get wrong about cotangents."""
# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import plant
from gradspec_reference import autograd
from gradspec_reference.engine import accumulation, cotangents
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CotangentTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.plant import Swap


def change_cotangents(swap: Swap, change: Callable[[Any], Any]) -> None:
    """Let every pass start with changed cotangents."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, given: Any) -> None:
        original(self, roots, [change(one) for one in given])

    swap(BackwardPass, "start", start)


def replace_rules(swap: Swap, row: str, *rules: Callable[..., Any]) -> None:
    """Give the operands of a row other rules, which are counted when they run."""

    def counted(rule: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            swap.took_effect()
            return rule(*arguments)

        return run

    swap(TABLE[row], "vjps", tuple(counted(rule) for rule in rules))


@plant(
    kills={
        "vjp-001": "value",
        "vjp-201": "value",
        "vjp-001a": "value",
        "vjp-001b": "value",
        "vjp-003": "value",
        "vjp-005": "value",
        "vjp-010": "value",
        "vjp-011": "value",
        "vjp-011a": "value",
        "vjp-012": "value",
    },
    modelled_on="pytorch/pytorch#4355",
)
def cotangent_is_ignored(swap: Swap) -> None:
    """Every pass starts from ones, whatever cotangent was given."""
    change_cotangents(swap, lambda v: Tensor(np.ones_like(v._array)))


@plant(
    kills={
        "vjp-001": "value",
        "vjp-001a": "value",
        "vjp-001b": "value",
        "vjp-003": "value",
        "vjp-011": "value",
        "vjp-011a": "value",
    },
    modelled_on="jax-ml/jax#82",
)
def cotangent_is_reversed(swap: Swap) -> None:
    """The entries of the cotangent weigh those of the result in the opposite order."""

    def change(v: Any) -> Any:
        array = v._array
        return Tensor(np.ascontiguousarray(array.reshape(-1)[::-1].reshape(array.shape)))

    change_cotangents(swap, change)


@plant(
    kills={"vjp-002": "value", "vjp-013": "value"},
    modelled_on="engines that average over a batch",
)
def cotangent_is_averaged(swap: Swap) -> None:
    """The cotangent is divided by the number of its entries."""
    change_cotangents(swap, lambda v: Tensor(v._array / max(v._array.size, 1)))


@plant(
    kills={"vjp-001b": "value", "vjp-003": "value", "vjp-005": "value", "vjp-011": "value"},
    modelled_on="common in teaching engines",
)
def mul_swapped(swap: Swap) -> None:
    """The two operands of a product are given each other's gradient."""

    def of_self(_xp: Any, g: Any, other: Any, this: Any) -> Any:
        return g * (other if this is None else this)

    def of_other(_xp: Any, g: Any, other: Any, this: Any) -> Any:
        return g * (this if other is None else other)

    replace_rules(swap, "mul", of_self, of_other)


@plant(
    kills={"bwd-202/a_sum_of_squares": "value", "vjp-002": "value", "vjp-014": "value"},
    modelled_on="common where a sum and a mean share their rule",
)
def sum_shares_out(swap: Swap) -> None:
    """A sum divides what it receives among its entries instead of giving it to each."""
    original = TABLE["sum"].vjps[0]
    replace_rules(swap, "sum", lambda xp, g, shape: original(xp, g / max(np.prod(shape), 1), shape))


@plant(kills={"vjp-013": "value"}, modelled_on="common in teaching engines")
def sine_is_differentiated_at_zero(swap: Swap) -> None:
    """The derivative of the sine is one everywhere, as it is at zero."""
    replace_rules(swap, "sin", lambda _xp, g, _x: g)


@plant(kills={"vjp-012": "missing gradient"}, modelled_on="pytorch/pytorch#11751")
def zero_cotangent_starts_nothing(swap: Swap) -> None:
    """A root whose cotangent is all zeros is passed over."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, given: Any) -> None:
        kept = [(r, v) for r, v in zip(roots, given, strict=True) if (v._array != 0).any()]
        original(self, [root for root, _ in kept], [one for _, one in kept])

    swap(BackwardPass, "start", start)


@plant(kills={"vjp-019": "no error"}, modelled_on="a check of values instead of shapes")
def equal_entries_are_a_scalar(swap: Swap) -> None:
    """A root whose entries are all equal is taken for a scalar."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        if root.requires_grad and np.unique(root._array).size == 1:
            return Tensor(np.ones(shape, dtype))
        return original(root, shape, dtype)

    swap(cotangents, "default", default)


@plant(kills={"vjp-004": "no error"}, modelled_on="pytorch/pytorch#1198")
def cotangent_shape_unchecked(swap: Swap) -> None:
    """A cotangent of any shape is accepted."""
    swap(cotangents, "check_shape", lambda _given, _shape: None)


@plant(kills={"vjp-004": "no error"}, modelled_on="NumPy's broadcasting")
def cotangent_is_broadcast(swap: Swap) -> None:
    """A cotangent that broadcasts to the shape of the result is accepted and repeated."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        shape, _ = cotangents.shape_and_dtype(root)
        smaller = isinstance(given, Tensor) and given._array.ndim <= len(shape)
        if smaller and given._array.shape in {(), (1,)}:
            given = Tensor(np.broadcast_to(given._array, shape).copy())
        return original(root, given)

    swap(cotangents, "for_root", for_root)


@plant(kills={"vjp-004": "no error", "vjp-004a": "no error"}, modelled_on="checks of a count")
def entries_are_counted_instead_of_the_shape(swap: Swap) -> None:
    """A cotangent with as many entries as the result is accepted and brought to its shape."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        shape, _ = cotangents.shape_and_dtype(root)
        if isinstance(given, Tensor) and given._array.size == np.prod(shape):
            given = Tensor(np.reshape(given._array, shape))
        return original(root, given)

    swap(cotangents, "for_root", for_root)


@plant(kills={"vjp-004a": "no error"}, modelled_on="engines in which one element is a number")
def one_element_has_any_shape(swap: Swap) -> None:
    """Where the result has one element, a cotangent of one element is accepted in any shape."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        shape, _ = cotangents.shape_and_dtype(root)
        if isinstance(given, Tensor) and given._array.size == 1 == np.prod(shape):
            given = Tensor(np.reshape(given._array, shape))
        return original(root, given)

    swap(cotangents, "for_root", for_root)


@plant(kills={"vjp-006": "cotangent-type"}, modelled_on="pytorch/pytorch#1198")
def cotangent_of_another_dtype_is_refused(swap: Swap) -> None:
    """A cotangent of another data type than the result's is refused."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        _, dtype = cotangents.shape_and_dtype(root)
        if isinstance(given, Tensor) and given._array.dtype != dtype:
            raise CotangentTypeError(f"the cotangent is of dtype {given.dtype}")
        return original(root, given)

    swap(cotangents, "for_root", for_root)


@plant(
    kills={"vjp-008": "unexpected gradient", "vjp-008b": "unexpected gradient"},
    modelled_on="engines that record the product with the cotangent",
)
def cotangent_is_a_leaf_too(swap: Swap) -> None:
    """A cotangent that requires grad is given a gradient."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, given: Any) -> None:
        original(self, roots, given)
        for one in given:
            if one._requires_grad:
                one._grad = one.detach()

    swap(BackwardPass, "start", start)


@plant(kills={"vjp-008a": "flag"}, modelled_on="huggingface/candle#1243")
def grad_has_graph(swap: Swap) -> None:
    """A pass without create_graph records itself all the same."""
    original = autograd.new_pass

    def new_pass(retain_graph: Any, create_graph: bool) -> Any:
        return original(create_graph if retain_graph is None else retain_graph, True)

    swap(autograd, "new_pass", new_pass)


@plant(kills={"vjp-008b": "unused-input"}, modelled_on="Oneflow-Inc/oneflow#8248")
def cotangent_is_cut_off(swap: Swap) -> None:
    """A pass with create_graph is recorded as if its cotangent were a constant."""
    change_cotangents(swap, lambda v: v.detach())


@plant(kills={"vjp-009": "value"}, modelled_on="Oneflow-Inc/oneflow#8248")
def every_share_is_owned(swap: Swap) -> None:
    """Contributions are added in place to the first, whoever else sees its memory."""

    def add_contribution(held: Any, _status: int, part: Any) -> Any:
        held += part
        return held, accumulation.OWNED

    swap(accumulation, "add_contribution", add_contribution)


@plant(kills={"vjp-009a": "value"}, modelled_on="pytorch/pytorch#34082")
def first_gradient_is_kept(swap: Swap) -> None:
    """A leaf keeps the first array that reaches it as its gradient, and adds to it in place."""
    swap(accumulation, "may_keep", lambda _leaf, _gradient, _status: True)


@plant(kills={"vjp-010": "value", "vjp-001b": "value"}, modelled_on="clipping inside the pass")
def cotangent_is_clipped(swap: Swap) -> None:
    """The entries of the cotangent are brought between minus one and one."""
    change_cotangents(swap, lambda v: Tensor(np.clip(v._array, -1, 1)))


@plant(kills={"vjp-001b": "shape"}, modelled_on="raskr/rust-autograd#38")
def broadcasting_is_not_undone(swap: Swap) -> None:
    """An operand that was repeated is given a gradient of the result's shape."""
    swap(BackwardPass, "fit", lambda _self, part, status, _shape, _dtype: (part, status))


@plant(
    kills={"vjp-011a": "unexpected gradient"},
    modelled_on="queries made from backward()",
)
def grad_accumulates_leaf(swap: Swap) -> None:
    """A query also adds to the gradients of the leaves that it is asked for."""
    original = BackwardPass.capture

    def capture(self: Any, node: Any, arrived: Any) -> None:
        original(self, node, arrived)
        leaf, gradient = getattr(node, "variable", None), self.captured.get((node, 0))
        if leaf is not None and gradient is not None:
            leaf._grad = gradient if leaf._grad is None else leaf._grad + gradient

    swap(BackwardPass, "capture", capture)


@plant(
    kills={"vjp-011a": "value", "vjp-011b": "value"},
    modelled_on="engines that return what the walk collected",
)
def grad_order(swap: Swap) -> None:
    """A query returns gradients in the order in which the inputs were first used."""
    original = autograd.grad

    def place(each: Any) -> int:
        node: Any = autograd.edge_of(each)[0]
        return -int(node.order)

    def grad(outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
        if not isinstance(inputs, list | tuple):
            return original(outputs, inputs, *rest, **keywords)
        return original(outputs, sorted(inputs, key=place), *rest, **keywords)

    swap(autograd, "grad", grad)


@plant(kills={"vjp-011c": "unexpected gradient"}, modelled_on="Oneflow-Inc/oneflow#10251")
def unused_returns_zero(swap: Swap) -> None:
    """A query answers zero for an input that the output does not depend on, also unasked."""
    original = autograd.grad

    def grad(outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
        if keywords.pop("allow_unused", None):
            keywords["materialize_grads"] = True
        return original(outputs, inputs, *rest, **keywords)

    swap(autograd, "grad", grad)


@plant(kills={"vjp-011c": "flag"}, modelled_on="pytorch/pytorch#168059")
def materialized_requires_grad(swap: Swap) -> None:
    """The zeros that a query makes up require grad, also without create_graph."""
    original = autograd.zeros
    swap(autograd, "zeros", lambda target, _create_graph: original(target, True))


@plant(kills={"vjp-011b": "missing gradient"}, modelled_on="engines that key answers by tensor")
def grad_duplicate_input(swap: Swap) -> None:
    """A query answers for a tensor that is listed twice at the first place only."""
    original = autograd.grad

    def grad(outputs: Any, inputs: Any, *rest: Any, **keywords: Any) -> Any:
        found = original(outputs, inputs, *rest, **keywords)
        seen: set[int] = set()
        answers: list[Any] = []
        for each, gradient in zip(inputs, found, strict=True):
            answers.append(None if id(each) in seen else gradient)
            seen.add(id(each))
        return tuple(answers)

    swap(autograd, "grad", grad)


@plant(kills={"vjp-011d": "no error"}, modelled_on="candle-org/candle#411")
def unused_inputs_are_passed_over(swap: Swap) -> None:
    """A query answers None for an unused input without having been told that it may."""
    swap(autograd, "check_used", lambda _found: None)


@plant(
    kills={"vjp-012": "missing gradient"},
    modelled_on="pytorch/pytorch#11751",
)
def zero_passes_none(swap: Swap) -> None:
    """An operation whose local gradient is all zeros passes nothing on."""
    original = BackwardPass.differentiate

    def differentiate(self: Any, one: Any, cotangent: Any, status: int) -> None:
        array = getattr(cotangent, "_array", cotangent)
        if isinstance(array, list) or (array != 0).any():
            original(self, one, cotangent, status)
        else:
            self.pass_nothing(one)

    swap(BackwardPass, "differentiate", differentiate)


@plant(kills={"vjp-202": "value"}, modelled_on="common where a start is made by zeros_like()")
def query_starts_from_zero(swap: Swap) -> None:
    """A query without a cotangent starts from zero, and not from one."""
    original = autograd.grad

    def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, **options: Any) -> Any:
        if grad_outputs is None and isinstance(outputs, Tensor):
            grad_outputs = Tensor(np.zeros_like(outputs._array))
        return original(outputs, inputs, grad_outputs, **options)

    swap(autograd, "grad", grad)

"""Faults in the attribute `grad` and its data type: what is there, and what may be put there."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_conformance.plants.tensors_and_leaves.attributes import assigning, deleting, reading
from gradspec_reference.engine import accumulation, dtypes, grads, shapes
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.engine.tensor import LeafState, Tensor
from gradspec_reference.errors import GradIsSelfError, GradShapeError, GradTypeError


def accepting(swap: Swap, error: type[Exception]) -> None:
    """Accept as a gradient what is refused with this error."""
    sound = grads.check_assigned

    def check(tensor: Any, value: Any) -> None:
        try:
            sound(tensor, value)
        except error:
            return

    swap(grads, "check_assigned", check)


@plant(
    kills={
        **every("leaf-015", "unexpected gradient"),
        "leaf-018a": "unexpected gradient",
        "leaf-023": "unexpected gradient",
    },
    modelled_on="tinygrad/tinygrad#16230",
)
def none_is_zero(swap: Swap) -> None:
    """The grad of a leaf that no backward pass has reached is a tensor of zeros."""

    def grad(tensor: Any, read: Any) -> Any:
        found = read(tensor)
        if found is None and tensor.requires_grad and tensor.is_leaf:
            return Tensor(np.zeros_like(tensor._array))
        return found

    reading(swap, "grad", grad)


@plant(
    kills={
        "leaf-017": "unexpected gradient",
        "leaf-049": "unexpected gradient",
        "leaf-054": "unexpected gradient",
    },
    modelled_on="micrograd habit",
)
def constants_have_a_zero_gradient(swap: Swap) -> None:
    """The grad of a constant is a tensor of zeros."""

    def grad(tensor: Any, read: Any) -> Any:
        return read(tensor) if tensor.requires_grad else Tensor(np.zeros_like(tensor._array))

    reading(swap, "grad", grad)


@plant(kills={"leaf-018": "aliasing"}, modelled_on="tinygrad/tinygrad#13674")
def grad_getter_copies(swap: Swap) -> None:
    """Reading grad gives a copy of the gradient."""

    def grad(tensor: Any, read: Any) -> Any:
        found = read(tensor)
        return None if found is None else found.clone()

    reading(swap, "grad", grad)


@plant(kills={"leaf-018": "aliasing"}, modelled_on="common in teaching engines")
def an_assigned_gradient_is_copied(swap: Swap) -> None:
    """Assigning to grad stores a copy of the tensor."""
    assigning(
        swap,
        "grad",
        lambda tensor, value, write: write(
            tensor, value.clone() if type(value) is Tensor and value is not tensor else value
        ),
    )


@plant(kills={"leaf-018a": "unexpected gradient"}, modelled_on="common in teaching engines")
def assigned_none_is_swallowed(swap: Swap) -> None:
    """Assigning None to grad does nothing."""

    def assign(tensor: Any, value: Any, write: Any) -> None:
        if value is not None:
            write(tensor, value)

    assigning(swap, "grad", assign)


@plant(kills={"leaf-018a": "unexpected gradient"}, modelled_on="pytorch/pytorch#83769")
def assigned_none_means_zeros(swap: Swap) -> None:
    """Assigning None to grad fills it with zeros."""

    def assign(tensor: Any, value: Any, write: Any) -> None:
        write(tensor, Tensor(np.zeros_like(tensor._array)) if value is None else value)

    assigning(swap, "grad", assign)


@plant(kills={"leaf-023": "unexpected gradient"}, modelled_on="common in teaching engines")
def deleting_a_gradient_is_swallowed(swap: Swap) -> None:
    """Deleting grad does nothing."""
    deleting(swap, "grad", lambda _tensor: None)


@plant(kills={"leaf-023": "unexpected gradient"}, modelled_on="pytorch/pytorch#83769")
def deleting_a_gradient_leaves_zeros(swap: Swap) -> None:
    """Deleting grad fills it with zeros."""
    deleting(
        swap, "grad", lambda tensor: setattr(tensor, "_grad", Tensor(np.zeros_like(tensor._array)))
    )


@plant(kills={"leaf-024": "missing gradient"}, modelled_on="common in teaching engines")
def constants_drop_an_assigned_gradient(swap: Swap) -> None:
    """A gradient that is assigned to a constant is not kept."""

    def assign(tensor: Any, value: Any, write: Any) -> None:
        write(tensor, value if tensor.requires_grad else None)

    assigning(swap, "grad", assign)


@plant(kills={"leaf-019": "no error", "leaf-209": "shape"}, modelled_on="raskr/rust-autograd#38")
def gradient_of_any_shape_is_accepted(swap: Swap) -> None:
    """A gradient of another shape than the tensor's can be assigned."""
    accepting(swap, GradShapeError)


@plant(
    kills={"leaf-021": "no error", "leaf-210": "value"}, modelled_on="common in teaching engines"
)
def own_gradient_is_accepted(swap: Swap) -> None:
    """A tensor can be assigned to its own grad."""
    accepting(swap, GradIsSelfError)


@plant(kills={"leaf-022": "no error"}, modelled_on="micrograd habit")
def gradient_of_any_type_is_accepted(swap: Swap) -> None:
    """Whatever is assigned to grad is kept there, a plain number included."""
    accepting(swap, GradTypeError)


@plant(
    kills={"leaf-020/the_leafs_own": "no error", "leaf-020/grad_dtype": "no error"},
    modelled_on="pytorch/pytorch#1198",
)
def gradient_of_any_dtype_is_accepted(swap: Swap) -> None:
    """A gradient of another data type than the leaf's grad_dtype can be assigned."""
    swap(grads, "check_dtype", lambda _tensor, _value: None)


@plant(
    kills={
        "leaf-020/grad_dtype": "no error",
        "leaf-026/float64": "grad-dtype",
        "leaf-026/none": "grad-dtype",
    },
    modelled_on="common in engines without grad_dtype",
)
def assigned_gradient_is_held_to_the_leaf(swap: Swap) -> None:
    """An assigned gradient has to have the leaf's own data type, whatever its grad_dtype says."""

    def check_dtype(tensor: Any, value: Any) -> None:
        if value.dtype != tensor.dtype:
            raise grads.wrong_dtype(value.dtype, tensor.dtype)

    swap(grads, "check_dtype", check_dtype)


@plant(kills={"leaf-016": "shape"}, modelled_on="common in engines with flat parameters")
def gradients_are_flat(swap: Swap) -> None:
    """The gradient of a leaf is stored as one row of numbers."""
    sound = accumulation.accumulate_array

    def accumulate(leaf: Any, gradient: Any, status: int) -> None:
        sound(leaf, gradient, status)
        leaf._grad._array = leaf._grad._array.reshape(-1)

    swap(accumulation, "accumulate_array", accumulate)


@plant(kills={**every("leaf-016a", "shape")}, modelled_on="pytorch/pytorch#913")
def a_stretched_leaf_has_a_stretched_gradient(swap: Swap) -> None:
    """Broadcasting is not undone: what arrives at a leaf has the shape of the result."""
    swap(shapes, "unbroadcast", lambda _xp, gradient, _shape: gradient)


@plant(
    kills={"leaf-016a/a_row": "value", "leaf-016a/a_number": "value"},
    modelled_on="deeplearning4j/nd4j#2424",
)
def a_stretched_leaf_gets_the_first_row(swap: Swap) -> None:
    """Of the contributions of a broadcast operand's copies the first one is kept."""
    sound = shapes.unbroadcast

    def unbroadcast(xp: Any, gradient: Any, shape: Any) -> Any:
        for _ in range(len(gradient.shape) - len(shape)):
            gradient = gradient[0]
        return sound(xp, gradient, shape)

    swap(shapes, "unbroadcast", unbroadcast)


@plant(kills={"leaf-016a/a_row_to_no_rows": "shape"}, modelled_on="a test for > 1 in place of != 1")
def stretching_to_nothing_is_overlooked(swap: Swap) -> None:
    """Broadcasting is not undone along a dimension of length 0."""
    sound = shapes.unbroadcast

    def unbroadcast(xp: Any, gradient: Any, shape: Any) -> Any:
        leading = len(gradient.shape) - len(shape)
        empty = 0 in gradient.shape[leading:]
        return gradient if empty and not leading else sound(xp, gradient, shape)

    swap(shapes, "unbroadcast", unbroadcast)


@plant(kills={"leaf-016b": "dtype"}, modelled_on="denizyuret/AutoGrad.jl#69")
def gradients_are_kept_in_double_precision(swap: Swap) -> None:
    """The gradient of a leaf is of the widest data type, whatever the leaf's is."""
    sound = accumulation.accumulate_array
    swap(
        accumulation,
        "accumulate_array",
        lambda leaf, gradient, status: sound(leaf, gradient.astype(np.float64), status),
    )


@plant(kills={"leaf-025a": "dtype"}, modelled_on="pytorch/pytorch#181798")
def incoming_gradients_ignore_grad_dtype(swap: Swap) -> None:
    """What arrives at a leaf is cast to the leaf's own data type, not to its grad_dtype."""
    sound = accumulation.accumulate_array
    swap(
        accumulation,
        "accumulate_array",
        lambda leaf, gradient, status: sound(leaf, gradient.astype(leaf._array.dtype), status),
    )


@plant(
    kills={"leaf-025/float16": "text", "leaf-025/float64": "text"},
    modelled_on="tinygrad/tinygrad#3613",
)
def grad_dtype_is_the_default_dtype(swap: Swap) -> None:
    """The grad_dtype of a leaf is the default data type unless it was set."""

    def grad_dtype(tensor: Any, read: Any) -> Any:
        unset = tensor._leaf is None or tensor._leaf.grad_dtype is LeafState.SAME
        return dtypes.get_default_dtype() if unset else read(tensor)

    reading(swap, "grad_dtype", grad_dtype)


@plant(kills={"leaf-026/none": "grad-dtype"}, modelled_on="common in engines without grad_dtype")
def grad_dtype_none_means_unset(swap: Swap) -> None:
    """Assigning None to grad_dtype takes the setting back, instead of allowing every type."""
    assigning(
        swap,
        "grad_dtype",
        lambda tensor, value, write: write(tensor, tensor.dtype if value is None else value),
    )


@plant(kills={"leaf-027": "no error"}, modelled_on="common in engines without grad_dtype")
def results_have_a_grad_dtype(swap: Swap) -> None:
    """The grad_dtype of a result can be read and set like a leaf's."""
    swap(Tensor, "_only_a_leaf_has_grad_dtype", lambda _self: None)


@plant(kills={"leaf-050": "value"}, modelled_on="common in teaching engines")
def dot_reaches_one_operand(swap: Swap) -> None:
    """The derivative of a dot product with respect to its second operand is zero."""
    dot = TABLE["dot"]
    first, second = dot.vjps

    def rule(xp: Any, *arguments: Any) -> Any:
        swap.took_effect()
        return xp.zeros_like(second(xp, *arguments))

    swap(dot, "vjps", (first, rule))


@plant(kills={"leaf-049": "unexpected gradient"}, modelled_on="rsokl/MyGrad#278")
def a_leaf_that_was_turned_off_still_collects(swap: Swap) -> None:
    """A graph delivers to the leaves that required grad when it was recorded."""
    sound = BackwardPass.finish_leaf

    def finish_leaf(self: Any, node: Any, value: Any, status: int) -> None:
        leaf = node.variable
        flag, leaf._requires_grad = leaf._requires_grad, True
        try:
            sound(self, node, value, status)
        finally:
            leaf._requires_grad = flag

    swap(BackwardPass, "finish_leaf", finish_leaf)


@plant(kills={"leaf-047": "missing gradient"}, modelled_on="common in teaching engines")
def turning_a_leaf_off_drops_its_gradient(swap: Swap) -> None:
    """Clearing the flag of a leaf clears its grad too."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        if not requires_grad:
            self._grad = None
        return sound(self, requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(kills=every("leaf-208", "value"), modelled_on="attributes that are declared twice")
def assigned_gradients_are_swallowed(swap: Swap) -> None:
    """Assigning to grad does nothing, and says nothing."""
    assigning(swap, "grad", lambda _tensor, _value, _write: None)


@plant(kills={"leaf-206": "value"}, modelled_on="pytorch/pytorch#76785")
def gradients_of_another_dtype_are_dropped(swap: Swap) -> None:
    """What arrives in another data type than its receiver's counts for zero."""
    sound = BackwardPass.fit

    def fit(self: Any, part: Any, status: int, shape: Any, dtype: Any) -> Any:
        known = dtype is None or self.create_graph or part.dtype == dtype
        return sound(self, part if known else part * 0, status, shape, dtype)

    swap(BackwardPass, "fit", fit)


@plant(kills={"leaf-211": "dtype"}, modelled_on="pytorch/pytorch#76785")
def only_leaves_cast_what_arrives(swap: Swap) -> None:
    """What arrives at an intermediate keeps the data type that it arrives in."""
    sound = BackwardPass.deliver

    def deliver(self: Any, edge: Any, part: Any, status: int) -> None:
        outputs = edge[0].outputs
        if part is not None and not isinstance(edge[0], AccumulateGrad):
            edge[0].outputs = tuple((shape, None) for shape, _ in outputs)
        sound(self, edge, part, status)
        if edge[0].outputs is not outputs:
            edge[0].outputs = outputs

    swap(BackwardPass, "deliver", deliver)


@plant(kills={"leaf-207": "missing gradient"}, modelled_on="engines that stop at a closed door")
def a_leaf_that_was_turned_off_ends_the_pass(swap: Swap) -> None:
    """An operation on a leaf whose flag was cleared since passes nothing on."""
    sound = BackwardPass.differentiate

    def differentiate(self: Any, node: Any, cotangent: Any, status: int) -> None:
        ends = [target for target, _ in node.next_functions if isinstance(target, AccumulateGrad)]
        if all(end.variable._requires_grad for end in ends):
            sound(self, node, cotangent, status)
        else:
            self.pass_nothing(node)

    swap(BackwardPass, "differentiate", differentiate)

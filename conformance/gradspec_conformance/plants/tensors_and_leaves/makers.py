"""Faults in makers of tensors: other values, or another shape, than were asked for."""

from __future__ import annotations

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import autograd
from gradspec_reference.names import factories

SHAPED = ("rand", "randn", "empty", "empty_like")
FILLED = (
    *("zeros", "ones", "full", "eye", "arange", "linspace", "zeros_like", "ones_like"),
    *("full_like", "tensor_of_a_tensor", "new_tensor"),
)


@plant(
    kills={f"leaf-201/{name}": "value" for name in FILLED},
    modelled_on="ranges that begin at one, as mathematics counts",
)
def makers_count_from_one(swap: Swap) -> None:
    """What a factory makes is one too large."""
    sound = factories.made
    swap(factories, "made", lambda array, flag: sound(array + array.dtype.type(1), flag))


@plant(
    kills={f"leaf-201/{name}": "shape" for name in SHAPED},
    modelled_on="factories of engines that add a batch dimension of their own",
)
def makers_forget_a_dimension(swap: Swap) -> None:
    """What a factory makes lacks the first dimension that was asked for."""
    sound = factories.made
    swap(factories, "made", lambda array, flag: sound(array[0] if array.ndim else array, flag))


@plant(kills={"leaf-201/variable": "value"}, modelled_on="constructors that take a shape")
def variable_takes_the_shape_only(swap: Swap) -> None:
    """The old constructor Variable makes zeros of the shape of its argument."""
    swap(
        autograd.Variable,
        "__new__",
        lambda _class, data, requires_grad=False: factories.zeros_like(
            data, requires_grad=requires_grad
        ),
    )

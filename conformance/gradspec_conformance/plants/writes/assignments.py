"""Faults in what may be stored where, and in what becomes of its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at, instead, kernel, rule
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import inplace, layout
from gradspec_reference.names.functions import products, shapes

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(layout, "overlaps_itself"),
    {"inp-243": "overlapping-memory"},
    "common where strides are looked at and lengths are not",
)
def no_elements_are_one_address(_sound: Any, array: Any) -> bool:
    """A tensor of no elements counts as one whose indices are one address."""
    return any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True))


@plant(rule("index_put", "self"), {"inp-244": "value"}, "common where masks are multiplied by")
def one_element_is_never_overwritten(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
    """An assignment at an index passes the gradient on to the old value if it had one element."""
    return g if g.size == 1 else sound(xp, g, *rest)


@plant(at(inplace, "has_rules"), {"inp-245": "flag"}, "common where only operands are asked")
def integers_inherit_the_flag(_sound: Any, operator: Any, _target: Any) -> bool:
    """A copy is recorded whatever the type of what it is stored in."""
    return bool(operator.differentiable)


@plant(
    at(products, "_without_dim"),
    {"inp-246": "value"},
    "common where products of vectors are squeezed",
)
def product_with_a_vector_is_a_view(_sound: Any, product: Any, dim: int) -> Any:
    """A product with a vector is a view of the product with a matrix."""
    return shapes.squeeze(product, dim)


@plant(at(inplace, "check_apart"), {"inp-248": "no error"}, "NumPy's assignment")
def assigned_memory_is_not_looked_at(_sound: Any, *_: Any) -> None:
    """An assignment at indices does not ask whether the value lies in the target's memory."""


@compound({"inp-247": "value"}, "common where elements are stored one by one")
def elements_are_assigned_one_by_one(swap: Swap) -> None:
    """An assignment at indices stores each element before it reads the next."""

    def put(sound: Any, x: Any, values: Any, *rest: Any) -> Any:
        if values.shape != x.shape or x.ndim != 1 or rest[0].dtype.kind != "i":
            return sound(x, values, *rest)
        for position, place in enumerate(rest[0]):
            x[place] = values[position]
        return x

    swap(at(inplace, "check_apart"), instead(lambda *_: None))
    swap(kernel("index_put"), put)

"""Faults in what may be stored where, and in what becomes of its history."""

from __future__ import annotations

from gradspec_conformance.plants.places import at, instead, kernel, rule
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import inplace, layout
from gradspec_reference.names.functions import products, shapes
from gradspec_reference.operators import indexing


@plant(
    at(layout, "overlaps_itself"),
    "overlapping-memory: inp-243",
    "where strides are looked at and lengths are not",
)
def no_elements_are_one_address(_sound, array):
    """A tensor of no elements counts as one whose indices are one address."""
    return any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True))


@plant(rule("index_put", "self"), "value: inp-244", "where masks are multiplied by")
def one_element_is_never_overwritten(sound, xp, g, *rest):
    """An assignment at an index passes the gradient on to the old value if it had one element."""
    return g if g.size == 1 else sound(xp, g, *rest)


@plant(at(inplace, "has_rules"), "flag: inp-245", "where only operands are asked")
def integers_inherit_the_flag(_sound, operator, _target):
    """A copy is recorded whatever the type of what it is stored in."""
    return operator.differentiable


@plant(at(products, "_without_dim"), "value: inp-246", "where products of vectors are squeezed")
def product_with_a_vector_is_a_view(_sound, product, dim):
    """A product with a vector is a view of the product with a matrix."""
    return shapes.squeeze(product, dim)


@plant(at(inplace, "check_apart"), "no error: inp-248", "NumPy's assignment")
def assigned_memory_is_not_looked_at(_sound, *_):
    """An assignment at indices does not ask whether the value lies in the target's memory."""


@compound("value: inp-247", "where elements are stored one by one")
def elements_are_assigned_one_by_one(swap):
    """An assignment at indices stores each element before it reads the next."""
    swap(at(inplace, "check_apart"), instead(lambda *_: None))

    @swap.into(kernel("index_put"))
    def put(sound, x, values, *rest):
        if values.shape != x.shape or x.ndim != 1 or rest[0].dtype.kind != "i":
            return sound(x, values, *rest)
        for position, place in enumerate(rest[0]):
            x[place] = values[position]
        return x


@plant(kernel("clear_at"), "value: inp-268", "where a broadcast gradient is written to")
def one_number_is_cleared_for_all(_sound, x, key):
    """An assignment clears in the gradient what it overwrote, and what has the same address."""
    copy = indexing.copy_with_its_overlaps(x)
    copy[key] = 0
    return copy

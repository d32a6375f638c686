"""The catalogue of operators: what each is called, how, what it computes, where, and how smooth.

`x` is the tensor that torch calls `input` or `self`.  Written in place, `NAME_` is called as `NAME`
is.  An engine that has an operator declares `op:NAME`.  A new operator is a row in the module of
its family; smoke tests, clauses and random programs read it here.
"""

from __future__ import annotations

from typing import Final

from gradspec.catalogue import (
    activations,
    complex_numbers,
    convolutions,
    differences,
    elementary,
    entrywise,
    factorisations,
    in_place,
    joining,
    layers,
    likelihoods,
    linear_algebra,
    logic,
    losses,
    making,
    margins,
    moments,
    normalising,
    pairs,
    placing,
    pooling,
    products,
    ranks,
    reductions,
    resampling,
    running,
    sampling,
    shapes,
    special,
    statistics,
)
from gradspec.catalogue.operator import Call, End, Kink, Operator

OUT_OF_PLACE: Final[dict[str, tuple[Operator, ...]]] = {
    "arithmetic": entrywise.ARITHMETIC,
    "functions of a number": (*entrywise.FUNCTIONS, *elementary.FUNCTIONS),
    "special functions": special.FUNCTIONS,
    "functions of two and three": pairs.ROWS,
    "activations": activations.ROWS,
    "comparisons": entrywise.COMPARISONS,
    "logic": logic.ROWS,
    "reductions": reductions.ROWS,
    "moments": moments.ROWS,
    "ranks": ranks.ROWS,
    "statistics": statistics.ROWS,
    "running": running.ROWS,
    "products": products.ROWS,
    "linear algebra": linear_algebra.ROWS,
    "factorisations": factorisations.ROWS,
    "layers": layers.ROWS,
    "convolutions": convolutions.ROWS,
    "pooling": pooling.ROWS,
    "resampling": resampling.ROWS,
    "normalising": normalising.ROWS,
    "losses": (*losses.ROWS, *differences.ROWS, *likelihoods.ROWS, *margins.ROWS),
    "shapes": shapes.SHAPES,
    "selections": shapes.SELECTIONS,
    "placing": placing.ROWS,
    "joining": joining.ROWS,
    "copies": making.COPIES,
    "factories": making.FACTORIES,
    "sampling": sampling.ROWS,
    "complex numbers": complex_numbers.ROWS,
}

IN_PLACE: Final = (
    *(o.form_in_place() for rows in OUT_OF_PLACE.values() for o in rows if o.has_inplace),
    *in_place.ROWS,
)

FAMILIES: Final[dict[str, tuple[Operator, ...]]] = OUT_OF_PLACE | {"in place": IN_PLACE}
"""What a family is called -> its operators."""

OPERATORS: Final[dict[str, Operator]] = {o.name: o for rows in FAMILIES.values() for o in rows}
"""Name -> operator.  `getitem`, `setitem` and `iadd` are `x[i]`, `x[i] = v` and `x += v`."""


def writes_truth(operator: Operator) -> bool:
    """Say whether it writes over numbers whether something is so of them."""
    return bool(operator.form_of) and OPERATORS[operator.form_of].gives_truth()


CALLS: Final[dict[str, Call]] = {
    operator.named(name): Call(operator, operator.named(name), given)
    for operator in OPERATORS.values()
    for name, given in operator.calls.items()
}
"""Every way to call every operator, by the operator's name and the call's."""

KINKS: Final[dict[str, tuple[Call, Kink]]] = {
    operator.named(name): (Call(operator, operator.named(name), kink.given), kink)
    for operator in OPERATORS.values()
    for name, kink in operator.kinks.items()
}
"""Every kink and jump, and the call that meets it."""

ENDS: Final[dict[str, tuple[Call, End]]] = {
    operator.named(name): (Call(operator, operator.named(name), end.given), end)
    for operator in OPERATORS.values()
    for name, end in operator.ends.items()
}
"""Every end of a domain, and the call that meets it."""

"""Operators: what each one computes, and what its derivative is.

The chapters before this one are about the machine that carries gradients from a result to its
arguments.  Here it is about the numbers that the machine carries: for each operator of the
catalogue the value, and the derivative entry by entry.  Every clause is about many operators at
once, and a row of it is one way to call one of them.

No derivative is written down anywhere.  The catalogue has a formula for each operator, in NumPy,
and says how smooth it is.  What is linear is its own derivative.  What is analytic is evaluated a
tiny imaginary step beside the point: f(x + ih) = f(x) + ih f'(x), up to h squared, which is lost
in rounding, so the imaginary part is the derivative without any cancellation.  Where a function
has a kink, mathematics leaves an interval, in which an engine has to stay, and torch has made a
choice, which is a convention.

Some things follow from several operators together: what one does at once and others do one after
another, what a sum that is always one, or zero, says of its gradient, and where a place or a tensor
is named twice.

Operators that give truth values, places or constants have no derivative, and what they give does
not ask for one.  Forms that write in place give what the operator would have given.

Some questions are put to every operator that admits them, once each and not for every call:
operands that are repeated, each axis in turn, memory that is out of order, few entries or none, a
batch of examples.
"""

from gradspec.chapters.operators import (
    values,
    derivatives,
    operands,
    second_order,
    composed,
    repeated,
    probabilities,
    statistics,
    kinks,
    ends,
    not_finite,
    broadcasting,
    axes,
    layouts,
    sizes,
    stacks,
    batching,
    constants,
    in_place,
    data_types,
    whole_numbers,
    options,
    saved,
    memory,
    refusals,
)

__all__ = [
    "axes",
    "batching",
    "broadcasting",
    "composed",
    "constants",
    "data_types",
    "derivatives",
    "ends",
    "in_place",
    "kinks",
    "layouts",
    "memory",
    "not_finite",
    "operands",
    "options",
    "probabilities",
    "refusals",
    "repeated",
    "saved",
    "second_order",
    "sizes",
    "stacks",
    "statistics",
    "values",
    "whole_numbers",
]

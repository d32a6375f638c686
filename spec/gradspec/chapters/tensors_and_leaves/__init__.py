"""Tensors and leaves: where gradients end up, and which tensors have one.

A derivative is always a derivative with respect to something.  In a formula one writes that
something down, df/dx; in a program that merely computes numbers it has to be said in some
other way.  Here it is said on the tensor: a tensor whose `requires_grad` is set asks that
whatever is computed from it be remembered well enough to be differentiated.  All other
tensors are constants, and cost nothing.

The tensors that the user made, rather than an operation, are the *leaves* of the computation.
The name is that of a tree drawn with the result as its root: follow any value back to what it
was computed from, again and again, and one ends at tensors that came from nowhere.  A backward
pass starts at the root and walks this way; where it arrives it has a derivative to deliver, and
the place of delivery is an attribute of the leaf, `grad`.

This division of labour explains most of the chapter.  The flag of a leaf is the user's to set,
because only the user knows what the function's arguments are; the flag of a result is not, as
it follows from how the result was made.  The gradient of a leaf is data that belongs to the
user too, who may read it, replace it or throw it away.  And whatever takes values out of the
engine, whether into a new tensor, a number, an array or a line of text, has to answer one
question: is the history taken along, left behind, or is the act refused?

Many clauses call `backward()` before the chapter that defines it.  All that one has to know
here: called on a tensor with a single element, it puts the derivative of that element with
respect to each leaf into the leaf's `grad`; called on one with several elements, it is given a
weight for each, and differentiates their weighted sum.  Where only the derivative matters and not
the leaf that holds it, `ag.vjp(f, inputs, weights)` gives the value of f and the derivative of its
weighted sum with respect to each input; without weights, f is a scalar.
"""

from gradspec.chapters.tensors_and_leaves import (
    flags,
    makers,
    leaves,
    parameters,
    gradient_attribute,
    assigned_gradients,
    gradient_dtype,
    constructors_and_copies,
    classes,
    leaving_the_engine,
)

__all__ = [
    "flags",
    "makers",
    "leaves",
    "parameters",
    "gradient_attribute",
    "assigned_gradients",
    "gradient_dtype",
    "constructors_and_copies",
    "classes",
    "leaving_the_engine",
]

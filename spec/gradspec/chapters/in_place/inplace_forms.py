"""In-place forms of functions: the same function, the same derivative.

For each of these functions the catalogue has a form with an underscore that overwrites its
argument with its result.  The slope is that of the function at the old value; an engine that
looks for the argument after the write finds the result there, and computes the slope at the
wrong point.  So it keeps the old value, or a derivative in terms of the result.  That is also
why writing in place seldom saves memory in a recorded computation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec import SHOULD, VALUE, clause, expect, informative
from gradspec.chapters.in_place.rows import CHANGED, FORMS, Shown, Write

if TYPE_CHECKING:
    from gradspec import Autograd

WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"


@clause(
    "inp-018",
    VALUE,
    sources=[
        WITH_AUTOGRAD,
        "torch.Tensor.masked_fill_ docstring",
        "torch.Tensor.clamp_ docstring",
    ],
    over=FORMS,
    stands_for={
        "inp-018a": "exp",
        "inp-018b": "sin",
        "inp-018c": "sigmoid",
        "inp-018d": "tanh",
        "inp-018e": "pow",
        "inp-018f": "sqrt",
        "inp-018g": "log",
        "inp-018h": "cos",
        "inp-018i": "abs",
        "inp-018j": "neg",
        "inp-018k": "div",
        "inp-048": "masked_fill",
        "inp-048a": "clamp",
    },
)
def the_slope_is_that_at_the_old_value(ag: Autograd, write: Write) -> None:
    """{name}_ writes the value of its function and has the slope of it at what it overwrote.

    The point is away from every kink; masked_fill_ passes nothing on where it fills in.
    """
    v = ag.random(*np.shape(write.point))
    x = ag.tensor(write.point, requires_grad=True)
    h = x * 1.0
    write.into(ag, h)
    h.backward(ag.tensor(v))

    expect(h).is_close(write.value)
    expect(x.grad).is_close(v * write.slope)


@clause(
    "inp-054",
    VALUE,
    sources=[WITH_AUTOGRAD],
    over=CHANGED,
    stands_for={"inp-054a": "squeeze", "inp-054b": "t", "inp-054c": "transpose"},
)
def a_change_of_shape_is_recorded(ag: Autograd, change: Shown) -> None:
    """{name}_ rearranges the tensor itself, and its gradient is rearranged back."""
    v = ag.random(*change.places.shape)
    x = ag.tensor(change.values, requires_grad=True)
    h = x * 1.0
    change.of(ag, h)
    h.backward(ag.tensor(v))

    expect(h).equals(change.on_array(change.values))
    expect(x.grad).is_close(change.gathered(v))


informative(
    "inp-056",
    "In-place operations rarely save memory in a recorded computation, because what they "
    "overwrite may have to be kept for the backward pass.",
    level=SHOULD,
    sources=[WITH_AUTOGRAD],
    reason="a statement about memory in general: how much an engine keeps is its own affair",
)

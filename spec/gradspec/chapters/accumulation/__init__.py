"""Accumulation: how a gradient is kept, and why a second one is added to it.

The backward pass ends at the leaves, and there it has something to deliver.  It does not write
the gradient into the leaf's `grad`; it adds it to what is there.

The reason is the sum rule.  The derivative of f + g is the sum of the derivatives, so a loss that
is a sum can be differentiated term by term: each pass adds the gradient of its term, and when the
last is done the leaf holds the gradient of the whole.  A batch too large for the memory is handled
in parts this way, and so are several losses over shared weights.  It is also the same operation
that a single pass needs anyway, as a leaf that is used in several places has to collect several
contributions.

The price is that someone must say where a sum begins.  The engine cannot know; the user says it,
by clearing `grad` between steps.  To forget that is the best-known mistake in this field: the
program runs, and each step is taken with the gradients of all the steps before.

Only leaves accumulate.  What passes through an intermediate belongs to one pass and begins at
nothing in each; an engine that keeps it, as micrograd#102 shows, delivers too much from the second
pass on.
"""

from gradspec.chapters.accumulation import (
    adding_up,
    beginning_anew,
    none_and_zero,
    the_stored_tensor,
    layout,
)

__all__ = ["adding_up", "beginning_anew", "layout", "none_and_zero", "the_stored_tensor"]

"""The training loop: gradients put to use, again and again.

A loop has four lines: clear the gradients, compute the loss, go backward, take a step.  Each is
about the same tensors, the parameters, and each leaves to the next what it needs.  The pass changes
no parameter, it only says which way is down; the step goes there, in place, so that the parameters
stay the leaves that they were and the next loss is recorded from them anew; and clearing says where
the next sum of gradients begins.

What is not cleared adds up, which is a mistake or a method: a batch in parts, several losses, long
sequences in pieces.  What got no gradient is left alone; what got a gradient of zeros is not, for
momentum and decay move it all the same.
"""

from gradspec.chapters.training_loop import (
    the_step,
    rules,
    clearing,
    whole_loops,
    modules,
    parts_of_losses,
    clipping,
)

__all__ = [
    "clearing",
    "clipping",
    "modules",
    "parts_of_losses",
    "rules",
    "the_step",
    "whole_loops",
]

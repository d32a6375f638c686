"""Checkpointing: what is not kept is computed again.

A pass needs values that the forward pass had.  They can be kept, which takes memory, or computed a
second time, which takes time; a checkpoint around a part of a computation chooses the second.  Of
that part only the arguments are kept, and when the pass comes to it, the part is run again.

That is sound if the part does the same again: on the same arguments, with the same random numbers,
in the same modes.  What a program reads from elsewhere it must not have changed meanwhile.  An
engine can see that a part saved other tensors the second time, and says so; it cannot see that they
have other values.

torch has two variants.  In the older one the part is a node whose derivative runs it again and
makes a pass of its own: it is called *reentrant*, and is limited by what such a node can know.  In
the other the graph is recorded as ever, and places are kept in it where values would be.

Gradients are those of the plain computation, and less is kept: that is not a matter of taste.  The
variants, their options and what they refuse are torch's convention.
"""

from gradspec.chapters.checkpointing import (
    running,
    keeping,
    variants,
    doing_the_same,
    selecting,
)

__all__ = [
    "running",
    "keeping",
    "variants",
    "doing_the_same",
    "selecting",
]

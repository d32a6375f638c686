"""Hooks.

A backward pass computes many gradients that nobody asked for and that are gone when it ends.  A
hook is a function of the caller's that the pass calls when it has one of them.  It may look, to
log or to check; and it may return another gradient, to clip, to scale or to mend it.

There are five places for a hook.  On a tensor it sees the gradient of that tensor, whole,
before anything is made of it.  On a node it sees what the node is given, or what it made of
that, and on a module both sides of a whole layer.  On a leaf it may wait until the leaf's grad is
up to date.  And on several tensors at once it waits for all of their gradients, or takes the
first.

The chapter begins with what a hook on a tensor sees and does; then come handles, which take
hooks away; nodes; modules; leaves; the order in which all these run; which of them run at all in a
query; several tensors; writes in place; and at the end what is refused.
"""

from gradspec.chapters.hooks import (
    tensors,
    handles,
    nodes,
    modules,
    leaves,
    order,
    which,
    higher,
    several,
    writes,
    refused,
)  # isort: skip

__all__ = [
    "handles",
    "higher",
    "leaves",
    "modules",
    "nodes",
    "order",
    "refused",
    "several",
    "tensors",
    "which",
    "writes",
]

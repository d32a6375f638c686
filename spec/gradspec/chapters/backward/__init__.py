"""The backward pass.

A program has been run and its operations recorded; now somebody asks how the result would change
if the inputs did.  The chain rule answers with a product of local derivatives for each path from
an input to the result, added up over all paths.  There can be exponentially many paths, so nobody
walks them.  The pass goes from the result towards the inputs instead and keeps, for every
intermediate value v, one number (or array): the derivative of the result by v, complete as soon
as every operation that used v has contributed.  Multiplying it by an operation's local derivative
gives the contribution to that operation's inputs.  One sweep visits each recorded operation once
and ends with the derivatives by all inputs together; this is why training a network with a million
parameters costs a small multiple of evaluating it.

The sweep begins at a *root* with the derivative of the root by itself, which is one, and ends at
the *leaves*, where it adds to `grad`.  Everything in this chapter is a consequence: what arrives at
the leaves, which results can be a root and with which starting gradients, how a caller chooses
the leaves that are filled, and what is left behind when the sweep does not reach its end.
"""

from gradspec.chapters.backward import (
    derivatives,
    whole_graphs,
    roots,
    starting_gradients,
    inputs,
    interruptions,
    classes,
)

__all__ = [
    "classes",
    "derivatives",
    "inputs",
    "interruptions",
    "roots",
    "starting_gradients",
    "whole_graphs",
]

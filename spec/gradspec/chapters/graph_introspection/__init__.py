"""Looking at the graph: what a program can learn of the record that it left.

An engine could keep its record to itself: a pass would find its way through it, and nobody else
need know how.  Engines that build the graph while the program runs show it nonetheless, and much is
made of that: pictures, profilers, checks that a model is wired as it was meant to be, and errors
that name the operation at fault.

What is shown is little.  A result knows the node that made it.  A node knows its name, the nodes
behind it, and what it keeps for its derivative; it says what kind of gradient it is waiting for,
takes a caller's notes, and can be run by itself.  A leaf has a node too, at which the way ends.
Names and edges are enough to draw the graph, and to check the drawing against the formula.

None of this changes a derivative.  Nearly all of it is torch's convention; but a picture that
shows another graph than the one that a pass walks over would be worse than none.
"""

from gradspec.chapters.graph_introspection import (
    nodes,
    names,
    edges,
    gradient_edges,
    saved_values,
    running,
)

__all__ = [
    "nodes",
    "names",
    "edges",
    "gradient_edges",
    "saved_values",
    "running",
]

"""Recording: how a computation that runs leaves a trace that can be differentiated.

To differentiate a formula one reads it.  A program cannot be read that way: which operations it
performs depends on its data, on loops and branches and on functions called from elsewhere.  So
the engine does not look at the program at all.  It looks at what happens: each time an operation
is applied to a tensor that is to be differentiated, the operation is carried out as usual, and a
note is made of which operation it was, which tensors went in, and what its derivative will need
later.  The program may be written in any style; what is differentiated is the list of elementary
operations that it performed this time.

The notes hang together.  Each result knows the operation that made it, and that operation knows
the operations that made its arguments, down to the leaves: a directed graph, and one without
cycles, since nothing can be computed from itself.  Along this graph the chain rule is a recipe.
Every elementary operation has a known derivative; along a path from the result to a leaf these
multiply, and where several paths lead to the same leaf their products add up.  Nothing is ever
simplified, and no formula for the whole derivative is formed.

Three consequences fill the chapter.  What does not depend on a leaf that requires grad needs no
note, and costs nothing.  What did not happen, such as the branch that was not taken, has no
derivative.  And the notes must be good for as long as the result lives, whatever the program does
with its variables in the meantime.
"""

from gradspec.chapters.recording import (
    what_is_recorded,
    operands,
    graph,
    without_derivative,
    chain_rule,
    control_flow,
    what_is_kept,
    modules,
)

__all__ = [
    "what_is_recorded",
    "operands",
    "graph",
    "without_derivative",
    "chain_rule",
    "control_flow",
    "what_is_kept",
    "modules",
]

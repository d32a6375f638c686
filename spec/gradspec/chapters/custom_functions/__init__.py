"""Custom functions.

An engine knows the derivatives of its own operators.  Whatever else is computed, by the host
language, by another library, or by operators whose derivative is not the one that is wanted, can be
made an operation like them: a custom function has a `forward`, which computes, and a `backward`,
which is given the gradients of the results and returns those of the arguments.

Between the two stands a context, on which forward leaves what backward needs.  The engine believes
what backward returns; it only looks whether it could be a gradient at all.

The chapter begins with calls and with the context; then come the gradients that are returned, the
results, the form in which the context is prepared apart, operands that are written in place, and
second derivatives; at the end stand the functions that people write most.
"""

from gradspec.chapters.custom_functions import (
    calls,
    contexts,
    gradients,
    results,
    rules,
    written_operands,
    higher,
    examples,
)  # isort: skip

__all__ = [
    "calls",
    "contexts",
    "examples",
    "gradients",
    "higher",
    "results",
    "rules",
    "written_operands",
]

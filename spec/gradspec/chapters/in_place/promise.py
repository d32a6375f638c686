"""The promise: no error means right gradients.

Everything in this chapter serves one sentence.  It is not enough that each rule holds for itself:
a program writes through views of views, into buffers that join the graph half-way, over values
that a product has saved.  So the last clause is a law over random programs of that kind.  What
their gradients ought to be is found without any graph, on plain arrays, whose slices are views
just as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import SAFETY, clause, expect
from gradspec.drawing.writes import InPlaceProgram, inplace_programs

if TYPE_CHECKING:
    from gradspec import Autograd

CHECKS = "notes/autograd § In-place correctness checks"


@clause("inp-017", SAFETY, unseen="views", sources=[CHECKS], given={"program": inplace_programs()})
def no_error_means_right_gradients(ag: Autograd, program: InPlaceProgram) -> None:
    """Whenever backward succeeds after writes in place, the gradients are those of the function.

    The function is that which the program computes when it is evaluated on plain arrays; its
    derivative is found there without automatic differentiation, by a complex step.  A pass may
    be refused because a saved value was overwritten: that is a loss, but no lie.
    """
    x = ag.tensor(program.point, requires_grad=True)
    tensors = program.run_on(ag, x)
    for tensor, expected in zip(tensors, program.values, strict=True):
        expect(tensor).is_close(expected, scale=program.scale)
    with ag.attempt("stale-saved-tensor") as attempt:
        program.weighted_sum(ag, tensors).backward()
    with attempt.granted():
        expect(x.grad).is_close(program.gradient, scale=program.scale)

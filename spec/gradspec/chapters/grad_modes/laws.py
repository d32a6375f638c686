"""Laws: modes nested at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.drawing.modes import GRAD_MODES, Nest, nests

if TYPE_CHECKING:
    from gradspec import Autograd

MODES = "notes/autograd § Grad Modes"


@clause(
    "mode-220",
    VALUE,
    sources=[MODES],
    builds_on=("mode-045",),
    given={"nest": nests(*GRAD_MODES)},
)
def however_modes_nest_the_innermost_says_what_is_recorded(ag: Autograd, nest: Nest) -> None:
    """However grad modes nest, gradients go through the operations of those blocks whose innermost
    mode records, and through no others.

    The operation with the number n is a multiplication of x by 2**n, so that the gradient of the
    sum tells each from the others.
    """
    x = ag.tensor(1.0, requires_grad=True)
    terms = [x * 0.0]
    nest.run_on(ag, lambda: terms.append(x * 2.0 ** len(terms)))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    total.backward()

    expect(x.grad).equals(sum(2.0**n for n, m in enumerate(nest.modes, 1) if m.record))


@clause(
    "mode-221",
    CONVENTION,
    sources=[MODES, "observed"],
    builds_on=("mode-202", "mode-035a", "mode-036a"),
    given={"nest": nests(*GRAD_MODES, "inference_mode", switches=True)},
)
def however_modes_nest_each_block_restores_what_it_found(ag: Autograd, nest: Nest) -> None:
    """However blocks of grad modes and of inference mode nest, with switches in them, a result
    requires grad if grad mode is on and inference mode off, and is an inference tensor if that is
    on.
    """
    x = ag.tensor(1.0, requires_grad=True)
    found = []

    def operation() -> None:
        y = x * 2.0
        found.extend([ag.is_grad_enabled(), y.requires_grad, y.is_inference()])

    nest.run_on(ag, operation)

    expect(found).happened_in_order(
        [flag for m in nest.modes for flag in (m.grad, m.record, m.inference)]
    )

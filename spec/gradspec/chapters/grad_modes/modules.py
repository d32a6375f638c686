"""Modules: what is made and computed with parameters while nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, Autograd, Tensor, clause, expect
from gradspec.chapters.grad_modes.rows import DOCSTRING, INFERENCE, UNRECORDED_BY_NAME, Entered

if TYPE_CHECKING:
    from collections.abc import Callable

MADE: Final[dict[str, Callable[[Autograd], Tensor]]] = {
    "tensor": lambda ag: ag.tensor([1.5, -2.0], requires_grad=True),
    "parameter": lambda ag: ag.Parameter(ag.tensor([1.5, -2.0])),
    "flagged": lambda ag: ag.tensor([1.5, -2.0]).requires_grad_(),
}
"""What makes a leaf that requires grad."""

ROWS: Final = np.array([[1.0, 2.0], [3.0, -4.0], [5.0, 5.0]])
MEAN: Final = np.array([1.0, -1.0])
VARIANCE: Final = np.array([4.0, 0.25])
EPS: Final = 1e-5
"""What a normalisation adds to a variance."""


def normalised(mean: Any, variance: Any) -> Any:
    """Write out what normalisation makes of the rows."""
    return (ROWS - mean) / np.sqrt(variance + EPS)


LAYERS: Final[dict[str, tuple[Callable[[Autograd], Any], Any, Any]]] = {
    "dropout": (lambda ag: ag.Dropout(1.0), np.zeros_like(ROWS), ROWS),
    "batch_norm": (
        lambda ag: ag.BatchNorm1d(ag.tensor(MEAN), ag.tensor(VARIANCE)),
        normalised(ROWS.mean(axis=0), ROWS.var(axis=0)),
        normalised(MEAN, VARIANCE),
    ),
}
"""Layer -> how it is made, and what it makes of the rows in training and in evaluation."""

UNDER: Final = {
    f"{layer}_in_{mode}": (LAYERS[layer], UNRECORDED_BY_NAME[mode])
    for layer in LAYERS
    for mode in UNRECORDED_BY_NAME
}


@clause("mode-005", CONVENTION, sources=[DOCSTRING, "torch.nn.Parameter docstring"], over=MADE)
def leaves_are_made_in_no_grad(ag: Autograd, make: Callable[[Autograd], Tensor]) -> None:
    """In no_grad a {name} is made that requires grad, as outside."""
    with ag.no_grad():
        made = make(ag)

    expect(made.requires_grad).is_true()


@clause(
    "mode-043",
    CONVENTION,
    unseen="constants",
    sources=[INFERENCE, "notes/autograd § Evaluation Mode (nn.Module.eval())"],
    over=UNDER,
)
def layers_compute_as_they_were_told(
    ag: Autograd, case: tuple[tuple[Callable[[Autograd], Any], Any, Any], Entered]
) -> None:
    """A layer computes ({name}) what it computes in training or in evaluation, as train() and
    eval() last said: the mode has no say in it.
    """
    (make, in_training, in_evaluation), mode = case
    evaluating, training = make(ag), make(ag)
    evaluating.eval()

    with mode(ag):
        evaluated = evaluating(ag.tensor(ROWS))
        trained = training(ag.tensor(ROWS))

    expect(evaluated).is_close(in_evaluation, ulps=64)
    expect(trained).is_close(in_training, ulps=64)

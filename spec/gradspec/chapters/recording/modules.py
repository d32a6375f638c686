"""Modules: what is recorded of functions that have parameters."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, VALUE, Autograd, clause, expect

FREEZING: Final = "notes/autograd § Setting requires_grad"
EVALUATION: Final = "notes/autograd § Evaluation Mode (nn.Module.eval())"

GRADIENTS: Final[dict[str, tuple[int, tuple[Any, Any]]]] = {
    "first": (0, ([[7.0, 10.0]], [1.0])),
    "last": (1, ([[6.0, 3.0], [-4.0, -2.0]], [3.0, -2.0])),
}
"""Which of two layers is frozen -> its place, and the gradients of weight and bias of the other."""


def two_layers(ag: Autograd) -> list[Any]:
    """Make two layers; the first gives (7, 10) at (2, 1)."""
    inner = ag.Linear(ag.tensor([[2.0, 1.0], [3.0, 3.0]]), ag.tensor([2.0, 1.0]))
    outer = ag.Linear(ag.tensor([[3.0, -2.0]]), ag.tensor([0.5]))
    return [inner, outer]


@clause("rec-020", CONVENTION, sources=[FREEZING], over=GRADIENTS)
def freezing_excludes_the_frozen_alone(ag: Autograd, case: tuple[int, tuple[Any, Any]]) -> None:
    """With the {name} of two layers frozen, its parameters get no gradient, and those of the other
    get theirs.
    """
    place, expected = case
    layers = two_layers(ag)
    layers[place].requires_grad_(False)

    ag.Sequential(layers)(ag.tensor([[2.0, 1.0]])).sum().backward()

    for p in layers[place].parameters():
        expect(p.grad).is_none_or_zero()
    for p, gradient in zip(layers[1 - place].parameters(), expected, strict=True):
        expect(p.grad).equals(gradient)


@clause("rec-208", CONVENTION, unseen="constants", sources=[FREEZING])
def a_frozen_layer_records_what_its_argument_asks_for(ag: Autograd) -> None:
    """What a frozen layer gives requires grad where its argument does, and not where none does."""
    inner, _ = two_layers(ag)
    inner.requires_grad_(False)

    expect(inner(ag.tensor([[2.0, 1.0]])).requires_grad).is_false()
    expect(inner(ag.tensor([[2.0, 1.0]], requires_grad=True)).requires_grad).is_true()


@clause("rec-025", VALUE, sources=[EVALUATION])
def evaluation_mode_stops_no_gradient(ag: Autograd) -> None:
    """The gradients of a linear layer are in evaluation mode what they are in training mode."""
    inner, _ = two_layers(ag)
    inner.eval()

    inner(ag.tensor([[2.0, 1.0]])).sum().backward()

    weight, bias = inner.parameters()
    expect(weight.grad).equals([[2.0, 1.0], [2.0, 1.0]])
    expect(bias.grad).equals([1.0, 1.0])


@clause("rec-209", CONVENTION, sources=[EVALUATION, "torch.inference_mode docstring"])
def evaluation_mode_is_no_grad_mode(ag: Autograd) -> None:
    """After eval() of a module grad mode is on, and what the module gives requires grad."""
    inner, _ = two_layers(ag)

    inner.eval()

    expect(ag.is_grad_enabled()).is_true()
    expect(inner(ag.tensor([[2.0, 1.0]])).requires_grad).is_true()

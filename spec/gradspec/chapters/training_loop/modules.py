"""Modules: functions that have parameters."""

from __future__ import annotations

from gradspec import CONVENTION, VALUE, Autograd, clause, expect


@clause("loop-022", CONVENTION, sources=["introyt autograd tutorial § Autograd in Training"])
def parameters_begin_without_gradients(ag: Autograd) -> None:
    """Parameters of a module have grad None before its first pass, and one of their shape after."""
    module = ag.Linear(ag.tensor([[1.0, 2.0, 3.0]]), ag.tensor([4.0]))
    weight, bias = module.parameters()
    expect(weight.grad).is_none()
    expect(bias.grad).is_none()

    module(ag.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])).sum().backward()

    expect(weight.grad).equals([[2.0, 1.0, 1.0]])
    expect(bias.grad).equals([2.0])


@clause("loop-023", VALUE, sources=["chain rule", "torch.nn.Module docs (tied weights)"])
def shared_parameters_get_the_sum(ag: Autograd) -> None:
    """Parameters that two parts of a model share get the sum of both gradients.

    The model is w (w x + b) + b.
    """
    layer = ag.Linear(ag.tensor([[2.0]]), ag.tensor([1.0]))
    model = ag.Sequential([layer, layer])

    model(ag.tensor([[3.0]])).sum().backward()

    weight, bias = layer.parameters()
    expect(weight.grad).equals([[13.0]])
    expect(bias.grad).equals([3.0])


@clause(
    "loop-209", CONVENTION, sources=["torch.nn.Module.parameters source"], builds_on=("loop-023",)
)
def a_shared_parameter_is_one(ag: Autograd) -> None:
    """A parameter that two parts of a model share is given once, so that a step moves it once."""
    layer = ag.Linear(ag.tensor([[2.0]]), ag.tensor([1.0]))
    model = ag.Sequential([layer, layer])
    optimizer = ag.SGD(list(model.parameters()), lr=0.25)
    layer(ag.tensor([[3.0]])).sum().backward()

    optimizer.step()

    expect(layer(ag.tensor([[1.0]]))).equals([[2.0]])


@clause("loop-017", CONVENTION, sources=["notes/autograd § Setting requires_grad"])
def frozen_parameters_are_left_alone(ag: Autograd) -> None:
    """Parameters that were frozen keep grad None and are left alone by steps; others learn."""
    frozen = ag.Linear(ag.tensor([[2.0]]), ag.tensor([1.0]))
    learning = ag.Linear(ag.tensor([[3.0]]), ag.tensor([0.0]))
    frozen.requires_grad_(False)
    model = ag.Sequential([frozen, learning])
    optimizer = ag.SGD(list(model.parameters()), lr=0.25, weight_decay=0.5)

    model(ag.tensor([[1.0]])).sum().backward()
    optimizer.step()

    for p in frozen.parameters():
        expect(p.grad).is_none()
    expect(frozen(ag.tensor([[1.0]]))).equals([[3.0]])
    weight, bias = learning.parameters()
    expect(weight).equals([[1.875]])
    expect(bias).equals([-0.25])

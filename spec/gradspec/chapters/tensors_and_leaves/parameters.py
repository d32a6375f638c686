"""Parameters: the leaves that a module lists as its own to learn.

A parameter is a tensor of a class of its own, so that a module can tell what it is to learn from
what it merely holds.  Nobody assigns a derivative to what is not asked for, hence the flag, which a
parameter has from the start; and what is learnt is no result, so that a parameter is a leaf,
whatever the tensor was that it was made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

DOCSTRING: Final = "torch.nn.Parameter docstring"

ORIGINS: Final[dict[str, Callable[[Autograd], Tensor]]] = {
    "constant": lambda ag: ag.tensor([1.5, -2.0]),
    "leaf": lambda ag: ag.tensor([1.5, -2.0], requires_grad=True),
    "result": lambda ag: ag.tensor([0.75, -1.0], requires_grad=True) * 2.0,
    "parameter": lambda ag: ag.Parameter(ag.tensor([1.5, -2.0]), requires_grad=False),
}
"""What a parameter can be made of."""

FLAGS: Final = {"learns": True, "frozen": False}

COMPUTED: Final[dict[str, Callable[[Tensor], Any]]] = {
    "mul": lambda p: p * 2.0,
    "clone": lambda p: p.clone(),
    "detach": lambda p: p.detach(),
    "data": lambda p: p.data,
    "view": lambda p: p[0],
}
"""What is made from a parameter and is none."""


def has_the_flag(tensor: Tensor, flag: bool) -> None:
    """Demand that a tensor requires grad, or that it does not."""
    if flag:
        expect(tensor.requires_grad).is_true()
    else:
        expect(tensor.requires_grad).is_false()


@clause("leaf-032", CONVENTION, sources=[DOCSTRING], over=ORIGINS)
def a_parameter_is_a_leaf_that_requires_grad(
    ag: Autograd, make: Callable[[Autograd], Tensor]
) -> None:
    """A parameter made of a {name} requires grad by default, and is a leaf.

    It is cut off from the history that what it was made of may have.
    """
    parameter = ag.Parameter(make(ag))

    expect(parameter.requires_grad).is_true()
    expect(parameter.is_leaf).is_true()


@clause("leaf-223", CONVENTION, sources=[DOCSTRING])
def a_parameter_keeps_its_gradient_for_itself(ag: Autograd) -> None:
    """A pass stores the gradient on a parameter, and nothing on the leaf that it was made of."""
    x = ag.tensor([0.75, -1.0], requires_grad=True)
    weight = ag.random(2)
    parameter = ag.Parameter(x * 2.0)

    parameter.backward(ag.tensor(weight))

    expect(parameter.grad).is_close(weight)
    expect(x.grad).is_none_or_zero()


@clause("leaf-224", CONVENTION, sources=["torch.nn.Parameter source"], over=ORIGINS)
def a_parameter_shows_the_memory_of_what_it_was_made_of(
    ag: Autograd, make: Callable[[Autograd], Tensor]
) -> None:
    """A parameter has the values of the {name} that it was made of, and its memory."""
    origin = make(ag)

    parameter = ag.Parameter(origin)

    expect(parameter).equals([1.5, -2.0])
    expect(parameter).shares_memory_with(origin)


@clause("leaf-033", CONVENTION, sources=[DOCSTRING])
def a_parameter_can_be_made_without_the_flag(ag: Autograd) -> None:
    """A parameter made with requires_grad=False does not require grad, though its origin does."""
    origin = ag.tensor([1.5, -2.0], requires_grad=True)

    parameter = ag.Parameter(origin, requires_grad=False)

    expect(parameter.requires_grad).is_false()
    expect(origin.requires_grad).is_true()


@clause("leaf-034", CONVENTION, sources=["notes/autograd § Setting requires_grad"], over=FLAGS)
def a_module_sets_the_flag_of_its_parameters(ag: Autograd, flag: bool) -> None:
    """After requires_grad_ of a module each of its parameters, of its parts too, {name}.

    The call gives the module itself.
    """
    inner = ag.Linear(ag.tensor([[2.0, 1.0]]), ag.tensor([1.0]))
    outer = ag.Linear(ag.tensor([[3.0]]), ag.tensor([0.0]))
    model = ag.Sequential([inner, outer])
    for parameter in model.parameters():
        parameter.requires_grad_(not flag)

    given = model.requires_grad_(flag)

    for parameter in model.parameters():
        has_the_flag(parameter, flag)
    expect(given).is_same_object_as(model)


@clause("leaf-225", CONVENTION, sources=["torch.nn.Parameter source"], over=FLAGS)
def a_deep_copy_of_a_parameter_is_one(ag: Autograd, flag: bool) -> None:
    """A deep copy of a parameter that {name} is a parameter that does so, on memory of its own."""
    parameter = ag.Parameter(ag.tensor([1.5, -2.0]), requires_grad=flag)

    copy = ag.deepcopy(parameter)

    expect(copy.is_parameter()).is_true()
    expect(copy).equals([1.5, -2.0])
    expect(copy).has_its_own_memory_apart_from(parameter)
    has_the_flag(copy, flag)


@clause("leaf-226", CONVENTION, sources=[DOCSTRING], over=COMPUTED)
def what_is_made_from_a_parameter_is_none(ag: Autograd, make: Callable[[Tensor], Any]) -> None:
    """What {name} makes from a parameter is no parameter."""
    parameter = ag.Parameter(ag.tensor([1.5, -2.0]))
    expect(parameter.is_parameter()).is_true()

    expect(make(parameter).is_parameter()).is_false()

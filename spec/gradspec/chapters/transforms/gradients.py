"""`grad`: the gradient of a function with one number as its value, as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

GRAD: Final = "torch.func.grad docstring"
GRAD_AND_VALUE: Final = "torch.func.grad_and_value docstring"
SOURCE: Final = "torch/_functorch/eager_transforms.py"


@clause("func-001", VALUE, sources=[GRAD])
def the_gradient_is_a_function(ag: Autograd) -> None:
    """grad of a function gives, wherever it is called, the gradient by the first argument."""
    x, y = ag.random(3), ag.random(3)
    gradient = ag.func.grad(lambda x, y: (ag.sin(x) * y).sum())

    expect(gradient(ag.tensor(x), ag.tensor(y))).is_close(np.cos(x) * y)
    expect(gradient(ag.tensor(y), ag.tensor(x))).is_close(np.cos(y) * x)


BY_NUMBER: Final[dict[str, Any]] = {"from_the_first": 2, "from_the_last": -2}


@clause("func-003", VALUE, sources=[GRAD], over=BY_NUMBER)
def a_number_selects_the_argument(ag: Autograd, argnums: int) -> None:
    """grad differentiates by the argument at the place that argnums name, counted {name}.

    Counted from the first it is 0, 1 and so on, from the last -1, -2 and so on.
    """
    x, y, z = ag.random(3), ag.random(3), ag.random(3)
    gradient = ag.func.grad(lambda x, y, z: (x * y * y * z * z * z).sum(), argnums=argnums)

    slopes = (y * y * z**3, 2.0 * x * y * z**3, 3.0 * x * y * y * z * z)

    expect(gradient(ag.tensor(x), ag.tensor(y), ag.tensor(z))).is_close(slopes[argnums], scale=10.0)


@clause("func-003a", VALUE, sources=[GRAD])
def a_tuple_selects_several_arguments(ag: Autograd) -> None:
    """For a tuple of argnums grad gives a tuple of gradients, in the order of the numbers."""
    x, y = ag.random(3), ag.random(3)
    both = ag.func.grad(lambda x, y: (x * y * y).sum(), argnums=(1, 0))
    by_y, by_x = both(ag.tensor(x), ag.tensor(y))

    expect(by_y).is_close(2.0 * x * y)
    expect(by_x).is_close(y * y)


NO_ARGUMENTS: Final[dict[str, Any]] = {
    "a_place_that_there_is_not": 1,
    "no_place": (),
    "a_place_twice": (0, 0),
}


@clause("func-004", CONVENTION, sources=[SOURCE], over=NO_ARGUMENTS)
def argnums_name_arguments(ag: Autograd, argnums: Any) -> None:
    """A gradient by {name} is refused when it is called.

    Remedy: give the places of arguments that are given by position, each once.
    """
    gradient = ag.func.grad(lambda x: (x * x).sum(), argnums=argnums)
    with ag.refuses("argnums"):
        gradient(ag.tensor(ag.random(2)))


@clause("func-005", CONVENTION, sources=[GRAD])
def a_gradient_is_that_of_a_number(ag: Autograd) -> None:
    """grad refuses a function whose value has a dimension, even if it has one element.

    Remedy: sum the value, or ask for its Jacobian with jacrev.
    """
    gradient = ag.func.grad(lambda x: x * x)
    with ag.refuses("scalar-function"):
        gradient(ag.tensor(ag.random(1)))


@clause("func-005a", CONVENTION, sources=[SOURCE])
def a_gradient_is_that_of_a_tensor(ag: Autograd) -> None:
    """grad refuses a function that returns a pair of tensors.

    Remedy: return one tensor; what else is wanted can be returned under has_aux.
    """
    gradient = ag.func.grad(lambda x: ((x * x).sum(), x.sum()))
    with ag.refuses("scalar-function"):
        gradient(ag.tensor(ag.random(2)))


@clause("func-006", VALUE, sources=[GRAD])
def auxiliary_values_are_given_beside_the_gradient(ag: Autograd) -> None:
    """Under has_aux the function returns a pair, of which grad differentiates the first and gives
    the second beside the gradient, in its structure.
    """
    at = ag.random(3)
    gradient, aux = ag.func.grad(
        lambda x: ((x * x).sum(), {"tripled": x * 3.0, "more": [ag.exp(x)]}), has_aux=True
    )(ag.tensor(at))

    expect(gradient).is_close(2.0 * at)
    expect(aux["tripled"]).is_close(3.0 * at)
    expect(aux["more"][0]).is_close(np.exp(at))


@clause("func-006a", CONVENTION, sources=[GRAD])
def auxiliary_values_come_in_a_pair(ag: Autograd) -> None:
    """Under has_aux grad refuses a function that returns no pair.

    Remedy: return the output and the auxiliary values, or leave has_aux out.
    """
    gradient = ag.func.grad(lambda x: (x * x).sum(), has_aux=True)
    with ag.refuses("auxiliary"):
        gradient(ag.tensor(ag.random(2)))


@clause("func-044", CONVENTION, level=MAY, sources=["observed"])
def auxiliary_values_are_tensors(ag: Autograd) -> None:
    """grad refuses auxiliary values that are no tensors, in containers or alone.

    Remedy: make tensors of them, or note them outside.
    """
    gradient = ag.func.grad(lambda x: ((x * x).sum(), 3.0), has_aux=True)
    with ag.refuses("auxiliary"):
        gradient(ag.tensor(ag.random(2)))


@clause("func-007", VALUE, sources=[GRAD_AND_VALUE])
def the_gradient_comes_before_the_value(ag: Autograd) -> None:
    """grad_and_value gives a pair: the gradient, and then the value."""
    at = ag.random(3)
    gradient, value = ag.func.grad_and_value(lambda x: ag.exp(x).sum())(ag.tensor(at))

    expect(gradient).is_close(np.exp(at))
    expect(value).is_close(np.exp(at).sum())


@clause("func-007a", VALUE, sources=[GRAD_AND_VALUE])
def the_value_comes_with_auxiliary_values(ag: Autograd) -> None:
    """Under has_aux grad_and_value gives for the value the pair that the function returned."""
    at = ag.random(3)
    both = ag.func.grad_and_value(lambda x: (ag.exp(x).sum(), [x * 3.0]), has_aux=True)
    gradient, (value, aux) = both(ag.tensor(at))

    expect(gradient).is_close(np.exp(at))
    expect(value).is_close(np.exp(at).sum())
    expect(aux[0]).is_close(3.0 * at)


@clause("func-008", VALUE, sources=[GRAD])
def a_gradient_has_the_structure_of_its_argument(ag: Autograd) -> None:
    """The gradient by an argument that is a dict, list or tuple of tensors, or of more such, is one
    of the same structure.
    """
    w, b = ag.random(3), ag.random(3)
    gradient = ag.func.grad(lambda p: (ag.sin(p["w"]) * p["b"][0][0]).sum())
    found = gradient({"w": ag.tensor(w), "b": [(ag.tensor(b),)]})

    expect(found["w"]).is_close(np.cos(w) * b)
    expect(found["b"][0][0]).is_close(np.sin(w))


@clause("func-204", CONVENTION, sources=["observed"])
def a_gradient_is_by_tensors(ag: Autograd) -> None:
    """grad refuses to differentiate by a plain number.

    Remedy: make a tensor of it, or select another argument.
    """
    gradient = ag.func.grad(lambda x, y: (x * y).sum(), argnums=1)
    with ag.refuses("transform-input"):
        gradient(ag.tensor(ag.random(2)), 3.0)


@clause("func-206", VALUE, sources=[SOURCE])
def what_an_input_does_not_reach_has_zeros(ag: Autograd) -> None:
    """The gradient by an argument on which the value does not depend is zeros of its shape."""
    x, y = ag.random(3), ag.random(2)
    both = ag.func.grad(lambda x, _y: (x * x).sum(), argnums=(0, 1))
    _, by_y = both(ag.tensor(x), ag.tensor(y))

    expect(by_y).equals(np.zeros(2))

"""Makers of tensors: factories, and constructors that take a tensor for a model.

What they make is a leaf, of the shape and the values that were asked for.  It is a constant, even
if its model is not; each of them takes the argument `requires_grad`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Tensor

    Maker = tuple[Callable[..., Tensor], tuple[int, ...], Any]

SETTING: Final = "notes/autograd § Setting requires_grad"


def _model(ag: Autograd) -> Tensor:
    return ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


def _variable(ag: Autograd, **flag: Any) -> Tensor:
    made: Tensor = ag.Variable(ag.tensor([1.0, 2.0]), **flag)
    return made


def _new_tensor(ag: Autograd, **flag: Any) -> Tensor:
    model = _model(ag)
    made: Tensor = model.new_tensor(model, **flag)
    return made


MAKERS: Final[dict[str, Maker]] = {
    "zeros": (lambda ag, **flag: ag.zeros((2, 3), **flag), (2, 3), 0.0),
    "ones": (lambda ag, **flag: ag.ones((2, 3), **flag), (2, 3), 1.0),
    "full": (lambda ag, **flag: ag.full((2, 3), 1.5, **flag), (2, 3), 1.5),
    "eye": (lambda ag, **flag: ag.eye(2, **flag), (2, 2), [[1.0, 0.0], [0.0, 1.0]]),
    "arange": (lambda ag, **flag: ag.arange(1.0, 4.0, **flag), (3,), [1.0, 2.0, 3.0]),
    "linspace": (lambda ag, **flag: ag.linspace(0.0, 1.0, 3, **flag), (3,), [0.0, 0.5, 1.0]),
    "rand": (lambda ag, **flag: ag.rand((2, 3), **flag), (2, 3), None),
    "randn": (lambda ag, **flag: ag.randn((2, 3), **flag), (2, 3), None),
    "empty": (lambda ag, **flag: ag.empty((2, 3), **flag), (2, 3), None),
    "zeros_like": (lambda ag, **flag: ag.zeros_like(_model(ag), **flag), (2, 3), 0.0),
    "ones_like": (lambda ag, **flag: ag.ones_like(_model(ag), **flag), (2, 3), 1.0),
    "full_like": (lambda ag, **flag: ag.full_like(_model(ag), 1.5, **flag), (2, 3), 1.5),
    "empty_like": (lambda ag, **flag: ag.empty_like(_model(ag), **flag), (2, 3), None),
    "rand_like": (lambda ag, **flag: ag.rand_like(_model(ag), **flag), (2, 3), None),
    "tensor_of_a_tensor": (
        lambda ag, **flag: ag.tensor_from(_model(ag), **flag),
        (2, 3),
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    ),
    "new_tensor": (_new_tensor, (2, 3), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "variable": (_variable, (2,), [1.0, 2.0]),
}
"""Name -> how it makes a tensor (models require grad), of which shape, and of which values."""


@clause(
    "leaf-001a",
    CONVENTION,
    sources=[SETTING, "torch.zeros_like docstring", "torch.tensor docstring", "T4 §7.2"],
    over=MAKERS,
    stands_for={
        "leaf-001b": "zeros_like",
        "leaf-028a": "tensor_of_a_tensor",
        "leaf-045a": "variable",
        "dty-012": "zeros_like ones_like full_like empty_like rand_like new_tensor",
    },
)
def a_factory_makes_a_constant_unless_told_otherwise(ag: Autograd, maker: Maker) -> None:
    """What {name} makes does not require grad unless it is told to, even if its model does."""
    make, _, _ = maker

    expect(make(ag).requires_grad).is_false()


@clause(
    "leaf-201",
    VALUE,
    sources=["torch.ones docstring", "torch.arange docstring", "torch.zeros_like docstring"],
    over=MAKERS,
    stands_for={"leaf-001b": "zeros_like", "leaf-045a": "variable"},
)
def a_factory_makes_what_it_is_asked_for(ag: Autograd, maker: Maker) -> None:
    """What {name} makes has the shape and the values that were asked for.

    Random and empty tensors have the shape, and any values.
    """
    make, shape, values = maker

    if values is None:
        expect(make(ag)).has_shape(*shape)
    else:
        expect(make(ag)).equals(np.broadcast_to(values, shape))


@clause(
    "leaf-202",
    VALUE,
    sources=["torch.ones docstring", "torch.arange docstring", "T1 §2.1.1"],
    over=MAKERS,
    stands_for={"leaf-002a": "zeros ones full", "leaf-028b": "new_tensor", "leaf-045": "variable"},
)
def a_leaf_from_a_factory_gets_its_gradient(ag: Autograd, maker: Maker) -> None:
    """Given requires_grad=True, {name} makes a leaf that a backward pass reaches."""
    make, shape, _ = maker
    v = ag.random(*shape)
    made = make(ag, requires_grad=True)

    (made * 3.0).backward(ag.tensor(v))

    expect(made.grad).is_close(3.0 * v)


@clause(
    "leaf-002",
    CONVENTION,
    sources=["torch.tensor docstring", "docs autograd § Variable (deprecated)", "T2 §2.2"],
    over={"tensor": (lambda ag, **flag: ag.tensor(2.0, **flag), (), 2.0), **MAKERS},
    stands_for={
        "leaf-002a": "zeros ones full",
        "leaf-002b": "arange linspace",
        "leaf-002c": "rand randn empty",
        "leaf-002d": "zeros_like",
        "leaf-028a": "tensor_of_a_tensor",
        "leaf-045": "variable",
    },
)
def a_tensor_is_a_variable_if_its_maker_is_told_so(ag: Autograd, maker: Maker) -> None:
    """Given requires_grad=True, {name} makes a leaf that requires grad."""
    make, _, _ = maker
    made = make(ag, requires_grad=True)

    expect(made.requires_grad).is_true()
    expect(made.is_leaf).is_true()

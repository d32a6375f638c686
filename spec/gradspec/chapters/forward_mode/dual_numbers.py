"""Dual numbers: a value and its tangent, in a level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

MAKE = "torch.autograd.forward_ad.make_dual docstring"
UNPACK = "torch.autograd.forward_ad.unpack_dual source"
TUTORIAL = "forward AD tutorial"

ONES: Final = {
    "ones_like": lambda ag, x: ag.ones_like(x),
    "full_like": lambda ag, x: ag.full_like(x, 1.0),
    "ones": lambda ag, _: ag.ones(1),
    "tensor": lambda ag, _: ag.tensor([1.0]),
}
"""Ways to make a tensor of one."""


@clause("fwd-001", VALUE, sources=[MAKE, TUTORIAL])
def a_tangent_is_carried_along(ag: Autograd) -> None:
    """The square of a dual tensor has the square as its primal, and as its tangent twice the value
    times the tangent.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 3.0]))
        value, tangent = ag.unpack_dual(x * x)

        expect(value).is_close([1.0, 4.0])
        expect(tangent).is_close([2.0, 12.0])


@clause("fwd-002", VALUE, sources=[MAKE])
def a_tangent_is_the_jacobian_times_the_direction(ag: Autograd) -> None:
    """The tangent of a result is the sum, over the operands, of its Jacobian times their
    tangents.
    """
    x, y, of_x, of_y = ag.random(3), ag.random(3), ag.random(3), ag.random(3)
    with ag.dual_level():
        first = ag.make_dual(ag.tensor(x), ag.tensor(of_x))
        second = ag.make_dual(ag.tensor(y), ag.tensor(of_y))
        tangent = ag.tangent(ag.sin(first) * second)

        expect(tangent).is_close(np.cos(x) * of_x * y + np.sin(x) * of_y)


@clause("fwd-003", VALUE, sources=[TUTORIAL])
def what_has_no_tangent_is_constant(ag: Autograd) -> None:
    """A tensor without a tangent counts as a constant beside a dual one."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))
        tangent = ag.tangent(x * ag.tensor([5.0]))

        expect(tangent).is_close([15.0])


@clause("fwd-003a", CONVENTION, sources=[UNPACK])
def what_has_no_tangent_has_none_to_unpack(ag: Autograd) -> None:
    """Unpacking a tensor that was not given a tangent gives None for it, and not zeros."""
    with ag.dual_level():
        expect(ag.tangent(ag.tensor([5.0]))).is_none()


@clause("fwd-004", VALUE, sources=["torch.autograd.forward_ad.exit_dual_level docstring", TUTORIAL])
def a_level_ends_with_its_tangents(ag: Autograd) -> None:
    """After the level in which it was made, a dual tensor has its value and no tangent."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([1.0]))
        y = x * x

    expect(y).is_close([4.0])
    expect(ag.tangent(y)).is_none()


@clause("fwd-004a", VALUE, sources=["torch.autograd.forward_ad.exit_dual_level docstring"])
def a_tangent_does_not_come_back(ag: Autograd) -> None:
    """In a later level, what an earlier one left is a constant."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([1.0]))
    with ag.dual_level():
        y = ag.make_dual(ag.tensor([3.0]), ag.tensor([1.0]))
        tangent = ag.tangent(x * y)

        expect(tangent).is_close([2.0])


@clause("fwd-006", CONVENTION, sources=[UNPACK])
def nothing_has_a_tangent_outside_a_level(ag: Autograd) -> None:
    """Outside a level a tensor can be asked for its tangent, which is None."""
    expect(ag.tangent(ag.tensor([5.0]))).is_none()


@clause("fwd-008", CONVENTION, sources=["torch.autograd.forward_ad.UnpackedDualTensor docstring"])
def the_two_parts_have_names(ag: Autograd) -> None:
    """What unpacking gives has the value under the name primal, and the tangent under tangent."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor(2.0), ag.tensor(3.0))

        expect(ag.primal(x)).equals(2.0)
        expect(ag.tangent(x)).equals(3.0)


@clause("fwd-014", CONVENTION, sources=["torch.autograd.forward_ad.enter_dual_level docstring"])
def a_level_has_a_number(ag: Autograd) -> None:
    """Entering a level by a call gives its number, which is 0, and by that it can be left."""
    level = ag.enter_dual_level()
    x = ag.make_dual(ag.tensor(2.0), ag.tensor(3.0))
    ag.exit_dual_level(level=0)

    expect(level).equals(0)
    expect(ag.tangent(x)).is_none()


@clause("fwd-032", CONVENTION, sources=["torch.autograd.forward_ad.dual_level source"])
def a_level_decorates_a_function(ag: Autograd) -> None:
    """A function that dual_level decorates is in a level of its own each time that it runs."""

    def product(x: Any, v: Any) -> Any:
        return ag.tangent(ag.sin(ag.make_dual(x, v)))

    decorated = ag.func.dual_level(product)

    expect(decorated(ag.tensor(0.0), ag.tensor(2.0))).is_close(2.0)
    expect(decorated(ag.tensor(0.0), ag.tensor(3.0))).is_close(3.0)


@clause("fwd-033", VALUE, sources=[TUTORIAL], over=ONES)
def what_is_made_anew_is_constant(ag: Autograd, make: Callable[[Autograd, Any], Any]) -> None:
    """What {name} makes inside a level counts as a constant, also of a dual tensor's shape."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))

        expect(ag.tangent(x * make(ag, x))).is_close([3.0])


@clause("fwd-033a", CONVENTION, sources=["observed"], over=ONES)
def what_is_made_anew_has_no_tangent(ag: Autograd, make: Callable[[Autograd, Any], Any]) -> None:
    """What {name} makes inside a level has no tangent to unpack, and not zeros for one."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))

        expect(ag.tangent(make(ag, x))).is_none()


@clause("fwd-016", VALUE, sources=["torch.no_grad docstring"], stands_for=("mode-024",))
def forward_mode_needs_no_recording(ag: Autograd) -> None:
    """Under no_grad tangents are computed as they are outside it."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))
        with ag.no_grad():
            y = x * x
        tangent = ag.tangent(y)

        expect(tangent).is_close([12.0])


@clause("fwd-017", VALUE, sources=["torch.Tensor.detach docstring"], stands_for=("det-020",))
def a_detached_tensor_is_constant(ag: Autograd) -> None:
    """A detached dual tensor counts as a constant."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0]), ag.tensor([3.0]))
        tangent = ag.tangent(x * x.detach())

        expect(tangent).is_close([6.0])


@clause("fwd-029", VALUE, sources=[TUTORIAL])
def parameters_are_replaced_by_dual_tensors(ag: Autograd) -> None:
    """With dual tensors in the place of its parameters a layer gives its results the tangent of the
    sum over both: x V' + v of x W' + b.
    """
    x, weight, of_weight, of_bias = ag.random(2, 3), ag.random(4, 3), ag.random(4, 3), ag.random(4)
    layer = ag.Linear(ag.tensor(weight), ag.tensor(ag.random(4)))
    with ag.dual_level():
        layer.replace("weight", ag.make_dual(ag.tensor(weight), ag.tensor(of_weight)))
        layer.replace("bias", ag.make_dual(ag.tensor(ag.random(4)), ag.tensor(of_bias)))

        expect(ag.tangent(layer(ag.tensor(x)))).is_close(x @ of_weight.T + of_bias)


@clause(
    "fwd-018", CONVENTION, sources=["notes/autograd § Gradients for non-differentiable functions"]
)
def what_has_no_derivative_has_no_tangent(ag: Autograd) -> None:
    """The index of the largest element of a dual tensor has no tangent."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]))

        expect(ag.tangent(ag.argmax(x))).is_none()

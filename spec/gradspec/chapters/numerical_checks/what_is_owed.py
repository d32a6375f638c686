"""What a derivative owes beside right numbers: the same again, zeros for zeros, rows of batches."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, VALUE, Autograd, clause, expect

GRADCHECK: Final = "torch.autograd.gradcheck docstring"
SOURCE: Final = "torch.autograd.gradcheck source"


def wavering(ag: Autograd) -> Any:
    """Define a function of which every second derivative is a little larger."""
    asked = []

    class Wavering(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            asked.append(g)
            return g * (2.0 if len(asked) % 2 else 2.0000001)

    return Wavering


@clause("chk-011", VALUE, sources=[GRADCHECK])
def a_derivative_is_the_same_again(ag: Autograd) -> None:
    """A derivative that is another one the second time does not pass, however near both are."""
    x = ag.tensor([1.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(wavering(ag).apply, raise_exception=False)

    expect(check(x)).equals(False)


@clause("chk-011a", VALUE, sources=[GRADCHECK])
def a_derivative_may_waver_within_a_tolerance(ag: Autograd) -> None:
    """A derivative that differs the second time by less than nondet_tol passes."""
    x = ag.tensor([1.0], dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(wavering(ag).apply, nondet_tol=0.001)(x)).equals(True)


@clause("chk-012", VALUE, sources=[SOURCE])
def a_derivative_is_multiplied_by_the_cotangent(ag: Autograd) -> None:
    """A backward that gives the derivative for every cotangent, zeros included, does not pass."""

    class Constant(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 0.0 + 2.0

    x = ag.tensor([1.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(Constant.apply, check_undefined_grad=False, raise_exception=False)

    expect(check(x)).equals(False)


def restless(ag: Autograd) -> Any:
    """Define a function that takes a missing cotangent for ones."""

    class Restless(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return ag.tensor([2.0]) if g is None else g * 2.0

    return Restless


@clause("chk-013", VALUE, sources=[GRADCHECK])
def a_missing_cotangent_counts_as_zeros(ag: Autograd) -> None:
    """A backward that gives something where no cotangent arrives does not pass."""
    x = ag.tensor([1.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(restless(ag).apply, raise_exception=False)

    expect(check(x)).equals(False)


@clause("chk-013a", CONVENTION, sources=[GRADCHECK])
def missing_cotangents_can_be_left_out(ag: Autograd) -> None:
    """With check_undefined_grad=False it is not looked at what becomes of missing cotangents."""
    x = ag.tensor([1.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(restless(ag).apply, check_undefined_grad=False)

    expect(check(x)).equals(True)


@clause("chk-017", VALUE, sources=[GRADCHECK])
def batched_gradients_are_compared(ag: Autograd) -> None:
    """With check_batched_grad=True gradcheck gives True where a batch of cotangents gives what they
    give one by one.
    """
    x = ag.tensor(ag.random(3), dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda x: x * x, check_batched_grad=True)(x)).equals(True)


@clause("chk-025", CONVENTION, sources=["torch.autograd.gradcheck signature"])
def gradients_of_the_right_type_pass(ag: Autograd) -> None:
    """With check_grad_dtypes=True gradcheck gives True where gradients have the type of inputs."""
    x = ag.tensor(ag.random(3), dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda x: x * x, check_grad_dtypes=True)(x)).equals(True)

"""Forward mode beside central differences."""

from __future__ import annotations

from typing import Any, Final

from gradspec import VALUE, Autograd, clause, expect

GRADCHECK: Final = "torch.autograd.gradcheck docstring"

SPEEDS: Final = {"slow": {}, "fast": {"fast_mode": True}}


def tripled_forward(ag: Autograd) -> Any:
    """Define a function that is right in reverse mode and wrong in forward mode."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * 2.0

        @staticmethod
        def jvp(_ctx: Any, of_x: Any) -> Any:
            return of_x * 3.0

    return Doubled


@clause("chk-015", VALUE, sources=[GRADCHECK, "forward AD tutorial"], over=SPEEDS)
def a_wrong_tangent_fails(ag: Autograd, options: dict[str, Any]) -> None:
    """With check_forward_ad=True, {name}, a wrong rule of forward mode does not pass."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    function = tripled_forward(ag).apply
    check = ag.func.gradcheck(function, check_forward_ad=True, raise_exception=False, **options)

    expect(check(x)).equals(False)


@clause("chk-015a", VALUE, sources=[GRADCHECK, "forward AD tutorial"], over=SPEEDS)
def a_right_tangent_passes(ag: Autograd, options: dict[str, Any]) -> None:
    """With check_forward_ad=True, {name}, gradcheck gives True where both modes are right."""
    x = ag.tensor(ag.random(3), dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(lambda x: ag.sin(x) * x, check_forward_ad=True, **options)

    expect(check(x)).equals(True)


@clause("chk-015b", VALUE, sources=[GRADCHECK])
def one_mode_can_be_checked_alone(ag: Autograd) -> None:
    """Without check_forward_ad a wrong rule of forward mode passes: it is not asked."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(tripled_forward(ag).apply)(x)).equals(True)


@clause("chk-201", VALUE, sources=["torch.autograd.gradcheck source"])
def a_missing_tangent_counts_as_zeros(ag: Autograd) -> None:
    """With check_forward_ad=True a jvp that takes a missing tangent for something else than zeros
    does not pass.
    """

    class Sum(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x + y

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g, g

        @staticmethod
        def jvp(_ctx: Any, of_x: Any, of_y: Any) -> Any:
            if of_x is None:
                return of_y * 3.0
            return of_x * 3.0 if of_y is None else of_x + of_y

    x, y = (ag.tensor(v, dtype="float64", requires_grad=True) for v in ([1.0], [2.0]))
    check = ag.func.gradcheck(Sum.apply, check_forward_ad=True, raise_exception=False)

    expect(check(x, y)).equals(False)

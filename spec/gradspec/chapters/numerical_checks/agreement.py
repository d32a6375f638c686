"""The Jacobian beside central differences: what passes, what does not, and how near is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SHOULD, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GRADCHECK: Final = "torch.autograd.gradcheck docstring"
NOTES: Final = "notes/gradcheck"
SOURCE: Final = "torch.autograd.gradcheck source"


def doubled(ag: Autograd, slope: Any) -> Any:
    """Define a function that doubles a number, with a slope of its own for a derivative."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * slope

    return Doubled


@clause("chk-001", VALUE, sources=[GRADCHECK, NOTES])
def a_right_derivative_passes(ag: Autograd) -> None:
    """Of a function whose derivative is right gradcheck gives True."""
    x = ag.tensor(ag.random(3), dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda x: x * x)(x)).equals(True)


@clause("chk-002", CONVENTION, sources=[GRADCHECK])
def a_wrong_derivative_is_an_error(ag: Autograd) -> None:
    """A derivative that is not that of central differences is an error.

    Remedy: mend the derivative; the error shows it beside the differences.
    """
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    with ag.refuses("derivative-mismatch"):
        ag.func.gradcheck(doubled(ag, 3.0).apply)(x)


@clause("chk-003", VALUE, sources=[GRADCHECK])
def a_wrong_derivative_is_false(ag: Autograd) -> None:
    """With raise_exception=False gradcheck gives False of a wrong derivative."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(doubled(ag, 3.0).apply, raise_exception=False)

    expect(check(x)).equals(False)


@clause("chk-005", VALUE, sources=[GRADCHECK], unseen="constants")
def what_does_not_require_grad_is_not_checked(ag: Autograd) -> None:
    """By an input that does not require grad the derivative is not checked, and may be wrong."""

    class Product(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            _, y = ctx.saved_tensors
            return g * y, g * 7.0

    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    constant = ag.tensor([3.0, 5.0])
    check = ag.func.gradcheck(Product.apply, raise_exception=False)

    expect(check(x, constant)).equals(True)
    expect(check(x, ag.tensor([3.0, 5.0], dtype="float64", requires_grad=True))).equals(False)


@clause("chk-005a", VALUE, sources=[GRADCHECK])
def what_is_no_tensor_is_passed_on(ag: Autograd) -> None:
    """An input that is no tensor is given to the function as it is."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda x, factor: x * factor)(x, 3.0)).equals(True)


@clause(
    "chk-008",
    VALUE,
    sources=[GRADCHECK],
    over={"atol": {"atol": 0.1}, "rtol": {"rtol": 0.1}},
)
def tolerances_say_what_is_near(ag: Autograd, wide: dict[str, Any]) -> None:
    """A derivative that is 2.01 in place of 2 passes with {name}=0.1, and not without."""
    x = ag.tensor([1.0, 3.0], dtype="float64", requires_grad=True)
    function = doubled(ag, 2.01).apply

    expect(ag.func.gradcheck(function, raise_exception=False, **wide)(x)).equals(True)
    expect(ag.func.gradcheck(function, raise_exception=False)(x)).equals(False)


@clause("chk-008a", VALUE, sources=[GRADCHECK, "mathematics"])
def eps_is_how_far_an_input_is_moved(ag: Autograd) -> None:
    """With eps=0.5 a cube, of which the central difference is 3 x x + 0.25, does not pass."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(lambda x: x * x * x, eps=0.5, raise_exception=False)

    expect(check(x)).equals(False)


@clause("chk-009", VALUE, sources=[GRADCHECK])
def every_pair_is_checked(ag: Autograd) -> None:
    """Of several inputs and outputs the derivative of each by each is checked, the last as well."""

    class Mixed(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, y: Any) -> Any:
            return x * 2.0 + y * 3.0, x * 5.0 + y * 7.0

        @staticmethod
        def backward(_ctx: Any, g: Any, h: Any) -> Any:
            return g * 2.0 + h * 5.0, g * 3.0 + h * 8.0

    x, y = (ag.tensor(v, dtype="float64", requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))
    check = ag.func.gradcheck(Mixed.apply, raise_exception=False)

    expect(check(x, y)).equals(False)


@clause("chk-010", VALUE, sources=[SOURCE])
def what_is_cut_off_and_moves_fails(ag: Autograd) -> None:
    """An output without a history that moves with an input does not pass."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(lambda x: x.detach() * 2.0, raise_exception=False)

    expect(check(x)).equals(False)


@clause("chk-010a", VALUE, sources=[SOURCE])
def what_is_cut_off_and_stays_passes(ag: Autograd) -> None:
    """An output without a history that does not move with any input passes."""
    x = ag.tensor([1.5, 2.5], dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda x: ag.sign(x.detach()))(x)).equals(True)


@clause(
    "chk-014",
    CONVENTION,
    level=SHOULD,
    sources=[GRADCHECK, "notes/autograd § Gradients for non-differentiable functions"],
    over={
        "relu": (lambda ag, x: ag.relu(x), False),
        "abs": (lambda ag, x: ag.abs(x), True),
    },
    stands_for={"nd-011": "relu"},
)
def at_a_kink_a_check_says_nothing(ag: Autograd, row: Any) -> None:
    """At its kink {name} passes just where its slope is taken to be the mean of those beside it.

    The central difference of relu is a half there, and the derivative 0, though nothing is wrong;
    that of abs is 0, as the derivative is.
    """
    function, passes = row
    x = ag.tensor([0.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(lambda x: function(ag, x), raise_exception=False)

    expect(check(x)).equals(passes)


@clause("chk-018", VALUE, sources=[GRADCHECK, "notes/gradcheck § Fast backward mode gradcheck"])
def fast_mode_passes_what_is_right(ag: Autograd) -> None:
    """In fast mode, too, gradcheck gives True of a right derivative."""
    x = ag.tensor(ag.random(5), dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda x: ag.sin(x) * x, fast_mode=True)(x)).equals(True)


@clause("chk-018a", VALUE, sources=[GRADCHECK, "notes/gradcheck § Fast backward mode gradcheck"])
def fast_mode_finds_what_is_wrong(ag: Autograd) -> None:
    """In fast mode, too, gradcheck gives False of a wrong derivative."""
    x = ag.tensor(ag.random(5), dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(doubled(ag, 3.0).apply, fast_mode=True, raise_exception=False)

    expect(check(x)).equals(False)


def squared(ag: Autograd, slope: Callable[[Any], Any]) -> Any:
    """Define the square of complex numbers, with a slope of its own for a derivative."""

    class Squared(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (z,) = ctx.saved_tensors
            return g * slope(z)

    return Squared


MODES: Final[dict[str, dict[str, Any]]] = {"each_entry": {}, "fast_mode": {"fast_mode": True}}


@clause("chk-019", VALUE, sources=[GRADCHECK, NOTES], over=MODES)
def complex_derivatives_pass(ag: Autograd, mode: dict[str, Any]) -> None:
    """gradcheck gives True of functions from complex numbers to complex ones, to real ones, and
    from real ones to complex ones, whose derivatives are right ({name}).
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j], dtype="complex128", requires_grad=True)
    x = ag.tensor([1.5, -2.0], dtype="float64", requires_grad=True)

    expect(ag.func.gradcheck(lambda z: z * z * ag.conj(z), **mode)(z)).equals(True)
    expect(ag.func.gradcheck(ag.abs, **mode)(z)).equals(True)
    expect(ag.func.gradcheck(lambda x: ag.complex(x, x * x), **mode)(x)).equals(True)


@clause("chk-019a", CONVENTION, sources=[GRADCHECK, NOTES], over=MODES)
def a_derivative_that_is_not_conjugated_fails(ag: Autograd, mode: dict[str, Any]) -> None:
    """A backward that multiplies by the derivative of a holomorphic function does not pass, and one
    that multiplies by its conjugate does ({name}).
    """
    z = ag.tensor([1.0 + 2.0j, -0.5j], dtype="complex128", requires_grad=True)
    wrong, right = squared(ag, lambda z: z * 2.0), squared(ag, lambda z: ag.conj(z * 2.0))

    check = ag.func.gradcheck(wrong.apply, raise_exception=False, **mode)
    expect(check(z)).equals(False)
    expect(ag.func.gradcheck(right.apply, **mode)(z)).equals(True)


@clause("chk-019b", CONVENTION, sources=["notes/gradcheck § Default complex input"])
def both_parts_of_an_output_are_checked(ag: Autograd) -> None:
    """A derivative that is right for the real part of an output and wrong for the imaginary part
    does not pass.
    """

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return ag.complex(x * 2.0, x * 3.0)

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return ag.real(g) * 2.0 + ag.imag(g) * 5.0

    x = ag.tensor([1.5, -2.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(Doubled.apply, raise_exception=False)

    expect(check(x)).equals(False)


@clause("chk-023", VALUE, sources=["mathematics"])
def a_gradient_is_that_of_the_formula(ag: Autograd) -> None:
    """The gradient of sin of a dot product is the cosine of that times the other vector."""
    x, y = ag.random(3), ag.random(3)
    _, (of_x, of_y) = ag.vjp(lambda x, y: ag.sin((x * y).sum()), [x, y])

    expect(of_x).is_close(np.cos(x @ y) * y)
    expect(of_y).is_close(np.cos(x @ y) * x)


@clause("chk-024", VALUE, sources=[GRADCHECK])
def a_check_leaves_no_trace(ag: Autograd) -> None:
    """After a check its inputs have the numbers that they had, and no gradients."""
    x = ag.tensor([1.25, 2.5], dtype="float64", requires_grad=True)
    ag.func.gradcheck(lambda x: x * x)(x)

    expect(x).equals([1.25, 2.5])
    expect(x.grad).is_none_or_zero()


@clause(
    "chk-026", CONVENTION, level=MAY, sources=["notes/gradcheck § Default real input numerical"]
)
def one_entry_is_moved_at_a_time(ag: Autograd) -> None:
    """The function is called with one entry moved by eps at a time, to the one side and the other:
    of sums of entries moved it would see others.
    """
    seen = ag.notes()

    def function(x: Any) -> Any:
        seen.note((x.detach() * 4.0).abs().sum())
        return x.sum()

    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    check = ag.func.gradcheck(function, eps=0.25, check_undefined_grad=False, raise_exception=False)
    check(x)

    expect(seen).happened_in_order([12.0, 11.0, 13.0, 11.0, 13.0])

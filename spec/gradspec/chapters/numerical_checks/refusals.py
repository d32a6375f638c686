"""What cannot be checked, and what is not checked like that."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, MUST, SHOULD, Autograd, clause, expect, informative

GRADCHECK: Final = "torch.autograd.gradcheck docstring"
SOURCE: Final = "torch.autograd.gradcheck source"


@clause("chk-004", CONVENTION, sources=[SOURCE], unseen="constants")
def there_is_something_to_check(ag: Autograd) -> None:
    """A check is refused if no input requires grad, with raise_exception=False as well.

    Remedy: give requires_grad=True to what the function is differentiated by.
    """
    check = ag.func.gradcheck(lambda x: x * x, raise_exception=False)
    with ag.refuses("input-without-grad"):
        check(ag.tensor([1.0]))


@clause("chk-006", CONVENTION, sources=[GRADCHECK])
def single_precision_is_warned_of(ag: Autograd) -> None:
    """A check by an input of float32 warns: differences are lost in its rounding."""
    x = ag.tensor([1.0], dtype="float32", requires_grad=True)
    check = ag.func.gradcheck(lambda x: x * x, eps=0.125, atol=0.1)
    with ag.warns():
        check(x)


@clause("chk-007", CONVENTION, sources=[GRADCHECK])
def entries_that_are_one_in_memory_are_not_moved(ag: Autograd) -> None:
    """An input that was expanded is refused: its entries cannot be moved one at a time.

    Remedy: give contiguous() of it.
    """
    x = ag.expand(ag.tensor([1.0], dtype="float64", requires_grad=True), (3,))
    with ag.refuses("overlapping-memory"):
        ag.func.gradcheck(lambda x: x * x)(x)


@clause(
    "chk-016",
    CONVENTION,
    sources=[SOURCE],
    over={
        "nothing": {"check_backward_ad": False},
        "batched_gradients": {
            "check_forward_ad": True,
            "check_backward_ad": False,
            "check_batched_grad": True,
        },
        "batched_tangents": {"check_batched_forward_grad": True},
    },
)
def what_is_checked_has_its_mode(ag: Autograd, options: dict[str, Any]) -> None:
    """To check {name}, without a mode that has them, is refused.

    Remedy: give check_backward_ad=True, or check_forward_ad=True for tangents.
    """
    x = ag.tensor([1.0], dtype="float64", requires_grad=True)
    with ag.refuses("conflicting-arguments"):
        ag.func.gradcheck(lambda x: x * x, **options)(x)


@clause(
    "chk-022a",
    CONVENTION,
    sources=["torch.autograd.gradgradcheck source"],
    over={
        "nothing": {"check_rev_over_rev": False, "check_undefined_grad": False},
        "missing_cotangents": {"check_rev_over_rev": False, "check_fwd_over_rev": True},
    },
)
def what_is_checked_twice_has_its_mode(ag: Autograd, options: dict[str, Any]) -> None:
    """To check {name} by gradgradcheck, without the mode that has them, is refused.

    Remedy: give check_rev_over_rev=True, or leave out what needs it.
    """
    x = ag.tensor([1.0], dtype="float64", requires_grad=True)
    with ag.refuses("conflicting-arguments"):
        ag.func.gradgradcheck(lambda x: x * x, **options)(x)


informative(
    "chk-027",
    "Sparse outputs are refused by gradcheck.",
    level=MUST,
    sources=[SOURCE],
    reason="The specification has no sparse tensors, so that no program can make one.",
)


@clause("chk-028", CONVENTION, level=SHOULD, sources=[SOURCE])
def the_old_helper_warns(ag: Autograd) -> None:
    """The old get_numerical_jacobian gives the differences, and warns that it is deprecated."""
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    helper = ag.func.get_numerical_jacobian(lambda inputs: inputs[0] * inputs[0], eps=0.25)
    with ag.warns():
        (found,) = helper(x)

    expect(found).is_close([[2.0, 0.0], [0.0, 4.0]])


@clause("chk-028a", CONVENTION, level=SHOULD, sources=[SOURCE])
def the_old_helper_takes_no_cotangent(ag: Autograd) -> None:
    """The old get_numerical_jacobian refuses a grad_out other than 1.

    Remedy: leave it out, or compute a product by functional.vjp.
    """
    x = ag.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    helper = ag.func.get_numerical_jacobian(lambda inputs: inputs[0] * 2.0, grad_out=2.0)
    with ag.refuses("conflicting-arguments"):
        helper(x)

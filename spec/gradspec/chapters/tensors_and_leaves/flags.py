"""The flag `requires_grad`: which tensors are variables, and which are constants.

The default is a constant.  Data sets, masks and step sizes are most of what a program handles,
and a gradient that nobody asked for costs memory and time.  A variable is declared, either when
the tensor is made or afterwards; the two ways lead to the same tensor.  The declaration is a
present fact and no wish about the past: it decides what happens to operations from now on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Tensor

    Declared = tuple[Callable[[Autograd], Tensor], Callable[[Autograd, Tensor], Any], bool]

SETTING: Final = "notes/autograd § Setting requires_grad"
METHOD: Final = "torch.Tensor.requires_grad_ docstring"


@clause("leaf-001", CONVENTION, unseen="constants", sources=[SETTING, "T4 §7.2"])
def a_tensor_is_a_constant_unless_told_otherwise(ag: Autograd) -> None:
    """A tensor built from data, with no further argument, does not require grad.

    In an engine in which every value is a variable, the constants gather gradients too.
    """
    expect(ag.tensor(2.0).requires_grad).is_false()


@clause(
    "leaf-003",
    CONVENTION,
    sources=[METHOD, "T3 §1", "T4 §7.2"],
    over={"nothing": ((), True), "true": ((True,), True), "false": ((False,), False)},
    stands_for={"leaf-003a": "false"},
)
def requires_grad_sets_the_flag_in_place(ag: Autograd, row: tuple[tuple[bool, ...], bool]) -> None:
    """Given {name}, requires_grad_() sets the flag of a leaf and returns the same tensor.

    Returning the tensor is what lets `x = ag.tensor(2.0).requires_grad_()` stand on one line; an
    engine that returned a copy would leave the user with a leaf that nothing was computed from.
    """
    arguments, flag = row
    x = ag.tensor(2.0, requires_grad=not flag)
    returned = x.requires_grad_(*arguments)

    expect(returned).is_same_object_as(x)
    expect(x.requires_grad).equals(flag)


@clause(
    "leaf-005",
    CONVENTION,
    sources=[SETTING, "introyt autograd tutorial"],
    over={"true": True, "false": False},
)
def the_flag_of_a_leaf_can_be_assigned(ag: Autograd, flag: bool) -> None:
    """Assigning {name} to a leaf's requires_grad sets it, for the operations that follow.

    A flag that is only written down, and not consulted by the operations, is caught by the
    product.
    """
    x = ag.tensor(2.0, requires_grad=not flag)
    x.requires_grad = flag

    expect(x.requires_grad).equals(flag)
    expect((x * 3.0).requires_grad).equals(flag)


def _assign_flag(_ag: Autograd, x: Tensor) -> None:
    x.requires_grad = True


@clause(
    "leaf-004",
    VALUE,
    sources=["T3 §1", METHOD],
    over={"by_method": lambda _, x: x.requires_grad_(True), "by_assignment": _assign_flag},
)
def a_leaf_declared_later_is_like_one_declared_at_once(
    ag: Autograd, declare: Callable[[Autograd, Tensor], Any]
) -> None:
    """A leaf whose flag is turned on {name} gets the derivative of what is computed then."""
    x = ag.tensor(3.0)
    declare(ag, x)
    (x * x).backward()

    expect(x.grad).equals(6.0)


@clause("leaf-048", CONVENTION, unseen="constants", sources=[METHOD])
def turning_the_flag_on_does_not_reach_back(ag: Autograd) -> None:
    """What was computed from a tensor before its flag was turned on stays a constant.

    Nothing was recorded at that time, so there is nothing to go back through: in y * x below,
    with y = 2x computed too early, the derivative with respect to x is y = 4 and not 4x = 8.
    A view is not computed but looks at its base, and is the business of the next clause.
    """
    x = ag.tensor(2.0)
    y = x * 2.0
    x.requires_grad_()

    expect(y.requires_grad).is_false()
    (y * x).backward()
    expect(x.grad).equals(4.0)


@clause("leaf-052", CONVENTION, level=MAY, unseen="constants views", sources=["observed"])
def a_view_taken_earlier_reports_the_flag_of_its_base(ag: Autograd) -> None:
    """A view taken before the flag of its base is turned on reports the flag, yet is no path back.

    The view asks its base, whose flag is on by now; but the taking of the view was never recorded,
    so no gradient reaches the base through it.
    """
    x = ag.tensor([1.0, 2.0, 3.0])
    view = x[:2]
    x.requires_grad_()

    expect(view.requires_grad).is_true()
    expect(view.is_leaf).is_true()
    (view * 3.0).backward(ag.tensor([4.0, 5.0]))
    expect(x.grad).is_none_or_zero()


@clause("leaf-014", CONVENTION, unseen="constants", level=MAY, sources=["observed"])
def the_flag_is_a_boolean(ag: Autograd) -> None:
    """Assigning to requires_grad something that is no boolean, 1 for example, is refused.

    Remedy: assign True or False.
    """
    x = ag.tensor(2.0)

    with ag.refuses("flag-type"):
        x.requires_grad = 1

    expect(x.requires_grad).is_false()


def _assign_data(ag: Autograd, x: Tensor) -> None:
    x.data = ag.tensor(5, dtype="int64")


WHOLE_VARIABLES: Final[dict[str, Declared]] = {
    "by_method": (lambda ag: ag.tensor(2, dtype="int64"), lambda _, x: x.requires_grad_(), False),
    "by_assignment": (lambda ag: ag.tensor(2, dtype="int64"), _assign_flag, False),
    "by_its_data": (lambda ag: ag.tensor(2.0, requires_grad=True), _assign_data, True),
}
"""How whole numbers might become a variable -> a tensor, the act on it, and its flag before."""


@clause("leaf-203", SAFETY, sources=["torch.Tensor.requires_grad_ source"], over=WHOLE_VARIABLES)
def whole_numbers_get_no_wrong_gradient(ag: Autograd, row: Declared) -> None:
    """A tensor of whole numbers that becomes a variable {name} is refused, or has its derivative.

    The derivative, 2.5 here, is no whole number: rounded to the data type of its leaf it is wrong.
    """
    make, declare, _ = row
    x, w = make(ag), ag.tensor(1.0, requires_grad=True)

    with ag.attempt() as attempt:
        declare(ag, x)
    with attempt.granted():
        (x * 2.5 + w).backward()
        expect(x.grad).equals(2.5)


@clause(
    "leaf-014a",
    CONVENTION,
    sources=["torch.Tensor.requires_grad_ source", "observed"],
    over=WHOLE_VARIABLES,
    stands_for={"leaf-036b": "by_its_data"},
)
def only_floating_point_tensors_are_variables(ag: Autograd, row: Declared) -> None:
    """To make a tensor of whole numbers a variable {name} is refused, and changes no flag.

    A derivative says what a small change does, and a whole number has no small change.  Let
    through, it makes a variable of a type that has no derivative (pytorch#76008).

    Remedy: convert the tensor to a data type of real numbers first, or write 1.0 for 1.
    """
    make, declare, flag = row
    x = make(ag)

    with ag.refuses("nonfloat-requires-grad"):
        declare(ag, x)

    expect(x.requires_grad).equals(flag)

"""`detach_()` cuts a tensor itself, from then on."""

from __future__ import annotations

from typing import Final

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, clause, expect

DETACH_: Final = "torch.Tensor.detach_ docstring"


@clause("det-009", CONVENTION, sources=[DETACH_], builds_on=("inp-208",))
def a_tensor_cut_in_place_is_a_leaf(ag: Autograd) -> None:
    """detach_() gives back the tensor itself, which is a leaf then and does not require grad."""
    x = ag.tensor(1.0, requires_grad=True)
    y = x * 2.0

    expect(y.detach_()).is_same_object_as(y)
    expect(y.is_leaf).is_true()
    expect(y.requires_grad).is_false()


@clause("det-010", VALUE, sources=[DETACH_])
def what_was_computed_before_keeps_its_path(ag: Autograd) -> None:
    """What was computed from a tensor before detach_() cut it keeps its derivative."""
    x = ag.tensor(1.0, requires_grad=True)
    y = x * 2.0
    z = y * 3.0
    y.detach_()
    z.backward()

    expect(x.grad).equals(6.0)


@clause("det-204", SAFETY, sources=[DETACH_, "observed"], builds_on=("det-010",))
def a_saved_tensor_that_is_cut_makes_no_wrong_gradient(ag: Autograd) -> None:
    """If the graph saved a tensor that detach_() cut since, the pass is refused, or its derivative
    is whole.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2.0
    z = y * y
    with ag.attempt() as backward:
        y.detach_()
        z.backward()
    with backward.granted():
        expect(x.grad).equals(24.0)


@clause("det-205", CONVENTION, level=SHOULD, sources=["observed"], builds_on=("det-204",))
def a_saved_tensor_that_is_cut_is_refused(ag: Autograd) -> None:
    """If the graph saved a tensor that detach_() cut since, the pass is refused.

    Remedy: use what detach() gives, and leave the tensor as it is.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2.0
    z = y * y
    y.detach_()
    with ag.refuses("detached-saved-tensor"):
        z.backward()


@clause("det-203", SAFETY, sources=[DETACH_])
def cutting_a_view_leaves_its_base(ag: Autograd) -> None:
    """Cutting a view by detach_(), refused or not, leaves its base joined to the leaves."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 3.0
    with ag.attempt():
        h[0:1].detach_()
    h.backward(ag.tensor([2.0, -0.5]))

    expect(x.grad).equals([6.0, -1.5])


@clause("det-011", CONVENTION, unseen="views", sources=[DETACH_])
def a_view_is_not_cut(ag: Autograd) -> None:
    """detach_() of a view is refused.

    Remedy: use detach().
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    view = (x * 3.0)[0:1]
    with ag.refuses("detach-view"):
        view.detach_()


@clause("det-012", CONVENTION, level=MAY, sources=["observed"])
def cutting_a_leaf_turns_its_flag_off(ag: Autograd) -> None:
    """detach_() of a leaf that requires grad turns its flag off."""
    x = ag.tensor(1.0, requires_grad=True)
    x.detach_()

    expect(x.requires_grad).is_false()

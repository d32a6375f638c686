"""What is no dual number, and what is no level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, clause

if TYPE_CHECKING:
    from gradspec import Autograd

MAKE = "torch.autograd.forward_ad.make_dual source"
EXIT = "torch.autograd.forward_ad.exit_dual_level docstring"


@clause("fwd-005", CONVENTION, sources=[MAKE])
def a_tangent_needs_a_level(ag: Autograd) -> None:
    """Giving a tensor a tangent outside any level is refused.

    Remedy: do it in a block of dual_level().
    """
    with ag.refuses("no-dual-level"):
        ag.make_dual(ag.tensor([1.0]), ag.tensor([1.0]))


@clause("fwd-007", CONVENTION, sources=["torch.autograd.forward_ad.dual_level docstring"])
def levels_do_not_nest(ag: Autograd) -> None:
    """Entering a level within another is refused.

    Remedy: leave the first level, or nest transforms of functions instead.
    """
    with ag.dual_level(), ag.refuses("dual-level-nested"), ag.dual_level():
        pass


@clause("fwd-014a", CONVENTION, sources=[EXIT])
def only_the_latest_level_is_left(ag: Autograd) -> None:
    """Leaving a level that is not the latest is refused.

    Remedy: name no level, and leave them in turn.
    """
    with ag.dual_level(), ag.refuses("dual-level-exit"):
        ag.exit_dual_level(level=3)


@clause("fwd-015", CONVENTION, level=MAY, sources=["observed"])
def what_was_not_entered_is_not_left(ag: Autograd) -> None:
    """Leaving a level where none is entered is refused.

    Remedy: enter one before, or let a block of dual_level() do both.
    """
    with ag.refuses("dual-level-exit"):
        ag.exit_dual_level()


@clause("fwd-011", CONVENTION, sources=["forward AD tutorial", "observed"])
def a_tangent_has_the_shape_of_its_primal(ag: Autograd) -> None:
    """A tangent of another shape than the tensor's is refused; it is not broadcast.

    Remedy: expand the tangent to the tensor's shape.
    """
    with ag.dual_level(), ag.refuses("tangent-shape"):
        ag.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([1.0]))


@clause("fwd-012", CONVENTION, sources=[MAKE])
def whole_numbers_have_no_tangent(ag: Autograd) -> None:
    """Giving a tensor of whole numbers a tangent is refused.

    Remedy: convert the tensor to a floating-point type.
    """
    with ag.dual_level(), ag.refuses("dual-dtype"):
        ag.make_dual(ag.tensor([1], dtype="int64"), ag.tensor([1], dtype="int64"))


@clause("fwd-012a", CONVENTION, sources=[MAKE])
def whole_numbers_are_no_tangent(ag: Autograd) -> None:
    """A tangent of whole numbers is refused.

    Remedy: convert the tangent to the tensor's type.
    """
    with ag.dual_level(), ag.refuses("dual-dtype"):
        ag.make_dual(ag.tensor([1.0]), ag.tensor([1], dtype="int64"))


@clause("fwd-013", CONVENTION, sources=["observed"])
def a_tensor_has_one_tangent(ag: Autograd) -> None:
    """Giving a dual tensor a second tangent is refused.

    Remedy: detach it, or unpack it first, and make a dual tensor of its primal.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0]), ag.tensor([1.0]))
        with ag.refuses("dual-again"):
            ag.make_dual(x, ag.tensor([1.0]))


@clause("fwd-235", CONVENTION, sources=["torch.Tensor.resize_ source"])
def a_dual_tensor_is_not_resized(ag: Autograd) -> None:
    """Resizing a tensor that has a tangent is refused.

    Remedy: detach it, or build the new tensor from it.
    """
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 5.0]))
        with ag.refuses("resize-requires-grad"):
            x.resize_(3)

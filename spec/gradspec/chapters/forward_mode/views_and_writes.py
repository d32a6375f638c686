"""Views of dual tensors, and writes into memory that has a tangent, or gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

MAKE = "torch.autograd.forward_ad.make_dual docstring"
EXTENDING = "notes/extending § Forward mode AD"


@clause("fwd-009", VALUE, sources=[MAKE])
def a_dual_tensor_shows_the_memory_of_its_primal(ag: Autograd) -> None:
    """A write to a tensor is seen in the dual tensor that was made of it."""
    x = ag.tensor([1.0])
    with ag.dual_level():
        dual = ag.make_dual(x, ag.tensor([2.0]))
        x.fill_(5.0)
        value, _ = ag.unpack_dual(dual)

        expect(value).is_close([5.0])


@clause("fwd-009a", VALUE, sources=["forward AD tutorial"])
def the_primal_itself_stays_constant(ag: Autograd) -> None:
    """The tensor of which a dual one was made gets no tangent by that."""
    x = ag.tensor([2.0])
    with ag.dual_level():
        dual = ag.make_dual(x, ag.tensor([3.0]))
        tangent = ag.tangent(dual * x)

        expect(tangent).is_close([6.0])


@clause("fwd-010", CONVENTION, sources=[MAKE])
def a_tangent_is_used_as_it_is(ag: Autograd) -> None:
    """A tangent that lies in memory as its primal does is not copied: a write to it is seen."""
    v = ag.tensor([2.0, 3.0])
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([1.0, 1.0]), v)
        v.fill_(5.0)

        expect(ag.tangent(x)).is_close([5.0, 5.0])


@clause("fwd-010a", CONVENTION, sources=[MAKE])
def a_tangent_is_laid_out_as_its_primal(ag: Autograd) -> None:
    """A tangent that lies in memory in another way is copied, into strides of the primal's."""
    v = ag.random(3, 2)
    with ag.dual_level():
        x = ag.make_dual(ag.tensor(ag.random(2, 3)), ag.transpose(ag.tensor(v), 0, 1))
        tangent = ag.tangent(x)

        expect(tangent).is_close(v.T)
        expect(tangent.strides).equals((3, 1))


@clause("fwd-019", VALUE, sources=[EXTENDING])
def a_view_has_the_view_of_the_tangent(ag: Autograd) -> None:
    """The transpose of a dual matrix has the transpose of its tangent."""
    v = ag.random(2, 3)
    with ag.dual_level():
        x = ag.make_dual(ag.tensor(ag.random(2, 3)), ag.tensor(v))
        tangent = ag.tangent(ag.transpose(x, 0, 1))

        expect(tangent).is_close(v.T)


@clause("fwd-020", VALUE, sources=[EXTENDING])
def a_write_changes_the_tangent(ag: Autograd) -> None:
    """Multiplying a dual tensor in place by a constant multiplies its tangent, too."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0, 3.0]), ag.tensor([1.0, 10.0]))
        x.mul_(ag.tensor([5.0, 7.0]))
        tangent = ag.tangent(x)

        expect(tangent).is_close([5.0, 70.0])


@clause("fwd-021", VALUE, sources=["chain rule"])
def a_write_of_a_tensor_by_itself_is_a_square(ag: Autograd) -> None:
    """Multiplying a dual tensor in place by itself gives it the tangent of its square."""
    with ag.dual_level():
        x = ag.make_dual(ag.tensor([2.0, 3.0]), ag.tensor([1.0, 10.0]))
        x.mul_(x)

        expect(ag.tangent(x)).is_close([4.0, 60.0])


@clause("fwd-020a", VALUE, sources=[EXTENDING])
def a_write_gives_a_tangent(ag: Autograd) -> None:
    """A tensor without a tangent to which a dual one is added in place has that one's tangent."""
    with ag.dual_level():
        x = ag.tensor([1.0, 1.0])
        x.add_(ag.make_dual(ag.tensor([2.0, 3.0]), ag.tensor([1.0, 10.0])))
        tangent = ag.tangent(x)

        expect(tangent).is_close([1.0, 10.0])


@clause("fwd-020b", VALUE, sources=[EXTENDING])
def a_write_through_a_view_gives_its_base_a_tangent(ag: Autograd) -> None:
    """Where a dual tensor was added through a view, its base has that tangent, elsewhere zero."""
    with ag.dual_level():
        x = ag.tensor([1.0, 1.0])
        ag.select(x, 0, 0).add_(ag.make_dual(ag.tensor(2.0), ag.tensor(4.0)))
        tangent = ag.tangent(x)

        expect(tangent).is_close([4.0, 0.0])

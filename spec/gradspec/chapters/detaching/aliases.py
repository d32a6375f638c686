"""A detached tensor lies in the memory of the original: what a write to either does."""

from __future__ import annotations

from typing import Final

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, Autograd, clause, expect

DETACH: Final = "torch.Tensor.detach docstring"


@clause("det-015", CONVENTION, unseen="constants", sources=[DETACH])
def a_constant_can_be_detached(ag: Autograd) -> None:
    """Detaching a tensor that does not require grad gives another tensor in the same memory."""
    x = ag.tensor([1.0, 2.0])
    alias = x.detach()

    expect(alias).is_another_object_than(x)
    expect(alias).shares_memory_with(x)


@clause("det-206", CONVENTION, sources=[DETACH])
def a_write_to_a_detached_tensor_shows_in_the_original(ag: Autograd) -> None:
    """A write to a detached tensor is a write to the original, and not to a copy of it.

    That detach() makes a copy is what many texts say; who needs one adds clone().
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    x.detach().mul_(5.0)

    expect(x).equals([5.0, 10.0])


@clause("det-201", SAFETY, sources=[DETACH])
def a_write_to_a_detached_tensor_makes_no_wrong_gradient(ag: Autograd) -> None:
    """If a tensor was used and is then written through a detached one, the write or the pass is
    refused, or the derivative is that of the old values.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    with ag.attempt() as backward:
        x.detach().mul_(2.0)
        y.backward()
    with backward.granted():
        expect(x.grad).equals(6.0)


@clause("det-006", CONVENTION, sources=[DETACH], builds_on=("det-201",))
def a_write_to_a_detached_tensor_is_noticed(ag: Autograd) -> None:
    """If the graph saved a tensor that is then written through a detached one, the pass is refused.

    Remedy: write to a clone() of what detach() gives.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    x.detach().mul_(2.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("det-016", CONVENTION, sources=[DETACH])
def a_detached_tensor_counts_with_the_original(ag: Autograd) -> None:
    """A detached tensor and the original have one version: a write to either counts for both."""
    x = ag.tensor(1.0)
    alias = x.detach()
    alias.add_(1.0)

    expect(x.version).equals(1)

    x.add_(1.0)

    expect(alias.version).equals(2)


@clause("det-017", CONVENTION, level=SHOULD, sources=["observed"])
def the_data_counts_for_itself(ag: Autograd) -> None:
    """The data of a tensor has a version of its own: a write to it does not count for the
    tensor.
    """
    x = ag.tensor(1.0)
    data = x.data
    data.add_(1.0)

    expect(x.version).equals(0)
    expect(data.version).equals(1)


@clause("det-007", CONVENTION, level=MAY, sources=["observed"])
def a_write_to_the_data_is_not_noticed(ag: Autograd) -> None:
    """A write to the data of a tensor that the graph saved is not noticed: the derivative is that
    of the new value, which nobody computed with.

    For a square of 3 whose argument became 6 it is 12.  This is why detach() was made
    (pytorch#6990).
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    x.data.mul_(2.0)
    y.backward()

    expect(x.grad).equals(12.0)

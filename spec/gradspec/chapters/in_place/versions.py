"""Versions: every write is counted.

The version of a tensor says how often its memory was written.  It is a plain number that only
goes up; what was written does not matter, nor whether the write was recorded.  The checks of
the later sections rest on it, so a write that is not counted is a wrong gradient that nobody is
told about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, clause, expect
from gradspec.chapters.in_place.rows import WRITES, Write

if TYPE_CHECKING:
    from gradspec import Autograd

NOTES = "notes/autograd § In-place correctness checks"
INCREMENT = "torch.autograd.graph.increment_version docstring"


@clause("inp-001", CONVENTION, sources=[NOTES], over=WRITES)
def every_write_raises_the_version_by_one(ag: Autograd, write: Write) -> None:
    """A new tensor has version 0, and a write by {name} raises that by one."""
    x = ag.tensor(write.point)

    expect(x.version).equals(0)
    write.into(ag, x)
    expect(x.version).equals(1)


@clause("inp-001a", CONVENTION, sources=[NOTES])
def reading_does_not_raise_the_version(ag: Autograd) -> None:
    """Out-of-place arithmetic leaves the versions of its arguments, and its result starts at 0."""
    x = ag.tensor(1.0)
    x.add_(1.0)
    y = x * x + 1.0

    expect(x.version).equals(1)
    expect(y.version).equals(0)


@clause("inp-001b", CONVENTION, sources=[NOTES])
def assignment_by_index_is_a_write(ag: Autograd) -> None:
    """Assigning to a part of a tensor raises its version, even if the value stays the same.

    Versions count writes and not changes: an engine that compared values to find out would
    have to keep the old ones.
    """
    x = ag.tensor([1.0, 2.0])
    x[0] = 5.0
    x[1] = 2.0

    expect(x.version).equals(2)


@clause("inp-003", CONVENTION, sources=[NOTES])
def a_copy_counts_from_zero(ag: Autograd) -> None:
    """A copy has a version of its own, which starts at 0 whatever the original's is."""
    x = ag.tensor(1.0)
    x.add_(1.0)
    x.add_(1.0)
    y = x.clone()

    expect(y.version).equals(0)
    y.add_(1.0)
    expect(y.version).equals(1)
    expect(x.version).equals(2)


@clause("inp-037", CONVENTION, sources=[INCREMENT])
def versions_can_be_raised_by_hand(ag: Autograd) -> None:
    """increment_version adds one to the version of a tensor, or of each in a list, and no more.

    It is for code that writes behind the engine's back and is honest about it.
    """
    x, y = ag.tensor(1.0), ag.tensor(2.0)
    ag.increment_version(x)
    ag.increment_version([x, y])

    expect(x.version).equals(2)
    expect(y.version).equals(1)
    expect(x).equals(1.0)


@clause("inp-039", CONVENTION, sources=[INCREMENT])
def an_inference_tensor_has_no_version_to_raise(ag: Autograd) -> None:
    """increment_version accepts an inference tensor, and does nothing to it."""
    with ag.inference_mode():
        x = ag.tensor(1.0)
    ag.increment_version(x)

    expect(x).equals(1.0)
    expect(x.is_inference()).is_true()


@clause("inp-040", CONVENTION, unseen="constants", level=MAY, sources=[INCREMENT])
def writes_of_the_host_are_not_counted(ag: Autograd) -> None:
    """A write into the NumPy array that shares a tensor's memory is seen but not counted."""
    x = ag.tensor([1.0, 2.0])
    x.numpy()[0] = 9.0

    expect(x).equals([9.0, 2.0])
    expect(x.version).equals(0)

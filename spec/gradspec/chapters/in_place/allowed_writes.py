"""Allowed writes: a block in which what a graph saved may be written, and its pass is right.

The engine then keeps what was overwritten, which costs memory; so it is asked for, and ends with
the block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SAFETY, VALUE, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOW: Final = "torch.autograd.graph.allow_mutation_on_saved_tensors docstring"


def _twice(h: Any) -> None:
    h.mul_(5.0)
    h.add_(1.0)


@clause(
    "inp-050",
    VALUE,
    sources=[ALLOW],
    over={
        "one_write": lambda h: h.add_(1.0),
        "several_writes": _twice,
        "a_filling": lambda h: h.fill_(7.0),
    },
)
def a_saved_tensor_may_be_written_inside_the_block(
    ag: Autograd, write: Callable[[Any], Any]
) -> None:
    """Inside allow_mutation_on_saved_tensors a saved tensor may be overwritten by {name}: the
    derivative is that of the value that was saved.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    v = ag.random(2)
    with ag.allow_mutation_on_saved_tensors():
        h = x * 3.0
        y = h * h
        write(h)
        y.backward(ag.tensor(v))

    expect(x.grad).is_close(v * [18.0, 36.0])


@clause("inp-261", VALUE, sources=[ALLOW])
def what_is_written_has_its_own_derivative_inside_the_block(ag: Autograd) -> None:
    """Inside allow_mutation_on_saved_tensors what is computed from a saved tensor before a write
    and after it has both derivatives, each at its own value.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.allow_mutation_on_saved_tensors():
        h = x * 1.0
        before = h * h
        h.mul_(3.0)
        (before + h * h).backward()

    expect(x.grad).equals(40.0)


@clause("inp-262", SAFETY, sources=[ALLOW, "observed"])
def the_block_forgives_no_earlier_write(ag: Autograd) -> None:
    """A saved tensor that was overwritten before the block is refused inside it too, or its old
    value is used.
    """
    x = ag.tensor(2.0, requires_grad=True)
    h = x * 1.0
    y = h * h
    h.mul_(3.0)
    with ag.attempt() as attempt, ag.allow_mutation_on_saved_tensors():
        y.backward()

    with attempt.granted():
        expect(x.grad).equals(4.0)


@clause("inp-051", CONVENTION, sources=[ALLOW])
def the_pass_belongs_into_the_block(ag: Autograd) -> None:
    """After the block of allow_mutation_on_saved_tensors a pass over what it let overwrite is an
    error.

    Remedy: run the pass inside the block.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.allow_mutation_on_saved_tensors():
        h = x * 1.0
        y = h * h
        h.mul_(3.0)

    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("inp-052", CONVENTION, sources=["torch.autograd.graph source"])
def the_block_is_not_nested(ag: Autograd) -> None:
    """Entering allow_mutation_on_saved_tensors inside its own block is an error.

    Remedy: enter it once, around all that may write.
    """
    with (
        ag.refuses("nested-mode"),
        ag.allow_mutation_on_saved_tensors(),
        ag.allow_mutation_on_saved_tensors(),
    ):
        pass

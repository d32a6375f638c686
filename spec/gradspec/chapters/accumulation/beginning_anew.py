"""Beginning anew: how the user says where a sum starts.

There are two ways to clear a gradient.  To set it to None is to be without one; to zero it keeps
the tensor and its memory.  For the next pass they amount to the same, since x = 0 + x.  They
differ for a leaf that the next pass does not reach, and in that zeroing needs something to zero.
"""

from __future__ import annotations

from gradspec import CONVENTION, VALUE, Autograd, clause, expect


@clause(
    "acc-003", VALUE, sources=["docs autograd § Default gradient layouts", "leaf/non-leaf tutorial"]
)
def after_none_the_next_pass_begins_anew(ag: Autograd) -> None:
    """A pass after grad was set to None leaves the gradient of that pass alone."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()
    x.grad = None
    (x * x * x).backward()

    expect(x.grad).equals(12.0)


@clause("acc-002", VALUE, sources=["T3 §1", "T4 §7.5", "T4 homework 3", "basics autograd tutorial"])
def after_zeroing_the_next_pass_begins_anew(ag: Autograd) -> None:
    """A pass after grad was zeroed in place leaves the gradient of that pass alone."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()
    x.grad.zero_()
    expect(x.grad).equals(0.0)
    (x * x * x).backward()

    expect(x.grad).equals(12.0)


@clause("acc-005", VALUE, sources=["T2 §2.3"], builds_on=("acc-002",))
def zeroing_between_passes_over_a_kept_graph(ag: Autograd) -> None:
    """With grad zeroed before each, passes over a retained graph leave the same gradient each time.

    T2 zeroes before the very first pass, which fails: see acc-007.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(1.0, requires_grad=True)
    y = (x + w) * 2.0
    y.backward(retain_graph=True)

    for _ in range(3):
        x.grad.zero_()
        y.backward(retain_graph=True)
        expect(x.grad).equals(2.0)


@clause("acc-007", CONVENTION, sources=["T2 §2.3", "torch.Tensor.grad docstring"])
def there_is_nothing_to_zero_before_the_first_pass(ag: Autograd) -> None:
    """A leaf that no pass has reached has no grad, so that zeroing it in place fails.

    Remedy: assign None to grad, which needs no gradient to be there, or ask first whether it is
    None.
    """
    x = ag.tensor(3.0, requires_grad=True)

    with ag.refuses("grad-is-none"):
        x.grad.zero_()


@clause("acc-201", CONVENTION, sources=["T3 §1", "basics autograd tutorial"])
def an_update_step_leaves_a_leaf(ag: Autograd) -> None:
    """A step of descent, written in place while recording is off, changes a leaf's value and
    leaves it a leaf that requires grad.
    """
    w = ag.tensor(3.0, requires_grad=True)
    (w * w).backward()
    with ag.no_grad():
        w.sub_(0.5 * w.grad)

    expect(w).equals(0.0)
    expect(w.is_leaf).is_true()
    expect(w.requires_grad).is_true()


@clause("acc-205", CONVENTION, sources=["T3 §1", "basics autograd tutorial"])
def an_update_step_leaves_the_gradient(ag: Autograd) -> None:
    """A step of descent, written in place while recording is off, leaves a leaf its gradient."""
    w = ag.tensor(3.0, requires_grad=True)
    (w * w).backward()
    with ag.no_grad():
        w.sub_(0.5 * w.grad)

    expect(w.grad).equals(6.0)

"""Asking for the gradient of an intermediate, and what happens to those who do not ask."""

from __future__ import annotations

from gradspec import CONVENTION, SHOULD, VALUE, Autograd, clause, expect


@clause(
    "ret-001",
    CONVENTION,
    sources=["torch.Tensor.is_leaf docstring", "T1 §2.1.6", "T2 §2.2", "T4 §7.2"],
)
def intermediates_have_no_grad_by_default(ag: Autograd) -> None:
    """After a backward pass a non-leaf has no grad, unless it was asked for.

    Engines in the style of micrograd keep the gradient of every node; the next pass then has to
    clear them all, and an engine that forgets to gives wrong leaves (micrograd#102).
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    (y * 3).backward()

    expect(y.grad).is_none_or_zero()


@clause(
    "ret-002",
    CONVENTION,
    level=SHOULD,
    sources=["T1 §2.1.6", "leaf/non-leaf tutorial § retain_grad"],
)
def reading_it_warns(ag: Autograd) -> None:
    """Reading the grad of a non-leaf warns if there is none and none was asked for.

    None is what a beginner takes for "the gradient is zero" or "the graph is broken"; the warning
    says that the gradient was never kept, and how to keep it.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3

    with ag.warns():
        _ = y.grad


@clause(
    "ret-002a",
    CONVENTION,
    level=SHOULD,
    sources=["torch.Tensor.grad docstring"],
    builds_on=("ret-004",),
)
def reading_what_was_asked_for_is_silent(ag: Autograd) -> None:
    """Reading the grad of a non-leaf that retains it does not warn, before the pass or after.

    Who calls `y.retain_grad()`, of which the next clauses tell, knows what is kept and what not.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3
    y.retain_grad()

    with ag.silent():
        _ = y.grad
    (y * 5).backward()
    with ag.silent():
        _ = y.grad


@clause("ret-003", CONVENTION, sources=["torch.Tensor.grad docstring"])
def reading_the_grad_of_a_leaf_is_silent(ag: Autograd) -> None:
    """Reading the grad of a leaf never warns, whether or not it requires grad."""
    x = ag.tensor(2.0, requires_grad=True)
    constant = ag.tensor(3.0)

    with ag.silent():
        _ = x.grad, constant.grad
    (x * constant).backward()
    with ag.silent():
        _ = x.grad, constant.grad


@clause("ret-019", CONVENTION, level=SHOULD, sources=["observed"])
def grad_of_a_non_leaf_can_be_assigned(ag: Autograd) -> None:
    """A gradient may be assigned to a non-leaf, and reading it then does not warn."""
    y = ag.tensor(3.0, requires_grad=True) * 2
    y.grad = ag.tensor(5.0)

    with ag.silent():
        found = y.grad

    expect(found).equals(5.0)


@clause("ret-004", VALUE, sources=["torch.Tensor.retain_grad docstring", "T1 §2.1.6", "T4 §7.2"])
def retain_grad_makes_backward_fill_it(ag: Autograd) -> None:
    """A backward pass fills the grad of a non-leaf on which retain_grad() was called before.

    In candle-org/candle#282 the request had no effect at all.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    z = y * y
    (z * 5).backward()

    expect(y.grad).equals(60.0)


@clause("ret-005", VALUE, sources=["torch.Tensor.retain_grad docstring"], builds_on=("ret-004",))
def request_may_follow_the_use(ag: Autograd) -> None:
    """retain_grad() may be called after the tensor has been used, if only before the backward pass.

    The request belongs to the tensor, not to the operations recorded on it from then on.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    z = y * y
    y.retain_grad()
    z.backward()

    expect(y.grad).equals(12.0)


@clause(
    "ret-006",
    CONVENTION,
    sources=["torch.Tensor.retain_grad docstring", "T4 §7.2"],
    builds_on=("ret-004",),
)
def request_comes_too_late_for_a_finished_pass(ag: Autograd) -> None:
    """retain_grad() after a backward pass does not bring back that pass's gradient.

    The request holds from the next pass on.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3
    (y + 1).backward()
    y.retain_grad()

    expect(y.grad).is_none_or_zero()


WHEN = {"before": True, "after": False}
"""When the gradient is asked for -> whether that is before the other event."""


@clause(
    "ret-022",
    CONVENTION,
    over=WHEN,
    sources=["T4 §7.2", "torch.autograd.backward docstring"],
    builds_on=("life-001",),
)
def request_does_not_keep_or_revive_a_graph(ag: Autograd, request_first: bool) -> None:
    """retain_grad(), called {name} a pass, does not keep the graph of that pass from being freed.

    Keeping a gradient and keeping a graph are two requests with similar names: the first is
    `retain_grad()`, the second `retain_graph=True`, and neither implies the other.

    Remedy: give the pass retain_graph=True.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    if request_first:
        y.retain_grad()
    (y + 1).backward()
    if not request_first:
        y.retain_grad()
    again = y * 2

    with ag.refuses("graph-freed"):
        again.backward()

    expect(x.grad).equals(4.0)


@clause("ret-009", CONVENTION, sources=["torch.Tensor.retains_grad docstring"])
def retains_grad_tells_of_the_request(ag: Autograd) -> None:
    """The flag retains_grad is set where retain_grad() was called on a non-leaf, and nowhere else.

    A backward pass does not use the request up.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    z = y * y

    expect(y.retains_grad).is_false()

    y.retain_grad()

    expect(y.retains_grad).is_true()
    expect(x.retains_grad).is_false()
    expect(z.retains_grad).is_false()

    z.backward()

    expect(y.retains_grad).is_true()


@clause(
    "ret-007",
    CONVENTION,
    sources=[
        "torch.Tensor.retain_grad docstring",
        "torch.Tensor.retains_grad docstring",
        "leaf/non-leaf tutorial § Summary table",
    ],
)
def on_a_leaf_the_request_does_nothing(ag: Autograd) -> None:
    """retain_grad() on a leaf that requires grad does nothing, and leaves retains_grad unset.

    A leaf keeps its gradient anyway.  An engine that stores the retained gradient beside the
    accumulated one counts it twice here.
    """
    x = ag.tensor(3.0, requires_grad=True)
    x.retain_grad()

    expect(x.retains_grad).is_false()

    (x * x).backward()

    expect(x.grad).equals(6.0)
    expect(x.retains_grad).is_false()


@clause("ret-008", CONVENTION, unseen="constants", sources=["leaf/non-leaf tutorial § retain_grad"])
def constants_cannot_retain(ag: Autograd) -> None:
    """retain_grad() on a tensor that does not require grad is refused.

    Remedy: let a leaf that the tensor is computed from require grad beforehand.
    """
    constant = ag.tensor(1.0)

    with ag.refuses("retain-without-grad"):
        constant.retain_grad()


@clause(
    "ret-010", VALUE, sources=["leaf/non-leaf tutorial § Summary table"], builds_on=("ret-004",)
)
def asking_twice_is_asking_once(ag: Autograd) -> None:
    """Calling retain_grad() twice is the same as calling it once.

    Where the request is a hook that adds to the gradient, two hooks give twice the gradient.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).backward()

    expect(y.grad).equals(12.0)
    expect(x.grad).equals(24.0)

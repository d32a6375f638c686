"""Sharing: two roots with a common part walk that part once each, or once together."""

from __future__ import annotations

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, clause, expect


@clause(
    "life-007",
    CONVENTION,
    sources=["notes/autograd § Graph retaining", "T1 §2.1.6"],
    builds_on=("life-001",),
)
def shared_part_is_emptied_by_the_first_root(ag: Autograd) -> None:
    """A pass from one root empties the part shared with another, whose pass fails if it needs it.

    Each root looks fresh, as nobody has called backward on it yet; what counts is the nodes, and
    that the square saved something.

    Remedy: add the roots and make one pass, or give every pass but the last retain_graph=True.
    """
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    one, other = shared + 1, shared + 2
    one.backward()

    with ag.refuses("graph-freed"):
        other.backward()


@clause("life-022", CONVENTION, sources=["notes/autograd § Graph retaining"])
def the_first_thread_empties_what_is_shared(ag: Autograd) -> None:
    """The pass of one thread empties a part that another thread's needs, whose pass then fails.

    Remedy: give retain_graph=True to all passes but the last.
    """
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    one, other = shared * 3, shared * 5
    ag.func.thread(one.backward)()

    def pass_again() -> None:
        with ag.refuses("graph-freed"):
            other.backward()

    ag.func.thread(pass_again)()


@clause(
    "life-008",
    VALUE,
    sources=["torch.autograd.backward docstring", "T1 §2.1.4"],
    builds_on=("life-002",),
)
def all_roots_but_the_last_keep_it(ag: Autograd) -> None:
    """Roots with a common part can be differentiated in turn if all calls but the last keep it."""
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    one, other = shared * 3, shared * 5
    one.backward(retain_graph=True)

    expect(x.grad).equals(12.0)

    x.grad = None
    other.backward()

    expect(x.grad).equals(20.0)


@clause("life-009", VALUE, sources=["torch.autograd.backward docstring"])
def sum_of_roots_needs_one_pass(ag: Autograd) -> None:
    """The sum of several roots with a common part is differentiated without keeping the graph.

    The derivative of a sum is the sum of the derivatives, and one walk computes it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    (shared * 3 + shared * 5).backward()

    expect(x.grad).equals(32.0)


@clause("life-009a", VALUE, sources=["torch.autograd.backward docstring"])
def all_roots_in_one_call_need_one_pass(ag: Autograd) -> None:
    """Several roots with a common part are differentiated in one call without keeping the graph.

    An engine that runs one pass for each root finds the common part emptied by the first.
    """
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    ag.backward([shared * 3, shared * 5])

    expect(x.grad).equals(32.0)


@clause("life-203", SAFETY, sources=["notes/autograd § Graph retaining"], builds_on=("life-202",))
def new_operations_on_the_old_are_refused_or_right(ag: Autograd) -> None:
    """Differentiating what was computed from a tensor of an emptied graph is refused, or it is
    right: it delivers the whole gradient.
    """
    x = ag.tensor(3.0, requires_grad=True)
    inner = x * x
    inner.backward()
    x.grad = None
    root = inner * 5
    with ag.attempt() as later:
        root.backward()
    with later.granted():
        expect(x.grad).equals(30.0)


@clause(
    "life-018", CONVENTION, sources=["notes/autograd § Graph retaining"], builds_on=("life-001",)
)
def new_operations_do_not_refill_the_old(ag: Autograd) -> None:
    """Operations recorded on a tensor of an emptied graph cannot be differentiated through it.

    Forward, such a tensor is as good as any; the refusal comes when the pass reaches its node.

    Remedy: compute the tensor again, detach() it if its gradient is to end there, or give the first
    pass retain_graph=True.
    """
    x = ag.tensor(3.0, requires_grad=True)
    inner = x * x
    inner.backward()
    root = inner * 5

    expect(root).equals(45.0)
    with ag.refuses("graph-freed"):
        root.backward()


@clause("life-018a", VALUE, sources=["notes/autograd § Graph retaining"])
def new_operations_are_differentiated_up_to_the_old(ag: Autograd) -> None:
    """Operations recorded on a tensor of an emptied graph are differentiable up to that tensor."""
    x = ag.tensor(3.0, requires_grad=True)
    inner = x * x
    inner.backward()
    (found,) = ag.grad(inner * inner, [inner])

    expect(found).equals(18.0)


@clause("life-020", VALUE, level=SHOULD, sources=["T1 §2.1.4"], builds_on=("life-008",))
def second_derivatives_in_turn_keep_the_graph(ag: Autograd) -> None:
    """Several second derivatives are asked for in turn if all queries but the last keep the graph.

    For (xy)^3 they are 6xy^3 and 6x^3y.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(4.0, requires_grad=True)
    product = x * y
    by_x, by_y = ag.grad(product * product * product, [x, y], create_graph=True)
    (by_x_twice,) = ag.grad(by_x, [x], retain_graph=True)
    (by_y_twice,) = ag.grad(by_y, [y])

    expect(by_x).equals(768.0)
    expect(by_y).equals(384.0)
    expect(by_x_twice).equals(768.0)
    expect(by_y_twice).equals(192.0)


@clause("life-021", CONVENTION, level=MAY, sources=["T1 §2.1.4"], builds_on=("life-001",))
def first_derivatives_share_a_part(ag: Autograd) -> None:
    """Without retain_graph the second of those queries fails: both derivatives share a part.

    Both contain the derivative of the cube, 3(xy)^2, computed once.

    Remedy: give every query but the last retain_graph=True.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(4.0, requires_grad=True)
    product = x * y
    by_x, by_y = ag.grad(product * product * product, [x, y], create_graph=True)
    ag.grad(by_x, [x])

    with ag.refuses("graph-freed"):
        ag.grad(by_y, [y])

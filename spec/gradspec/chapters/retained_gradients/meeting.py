"""Where the request meets other parts of an engine: hooks, queries, writes in place and memory.

Each of these could reasonably have been settled otherwise, and in some engine it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect
from gradspec.chapters.retained_gradients.asking import WHEN

if TYPE_CHECKING:
    from gradspec import Tensor
    from gradspec.program.objects import Watcher


@clause(
    "ret-015",
    CONVENTION,
    over=WHEN,
    sources=["notes/autograd § The order in which the different hooks are fired"],
    builds_on=("ret-004",),
)
def hooks_run_before_the_gradient_is_kept(ag: Autograd, request_first: bool) -> None:
    """The gradient kept is what the tensor's own hooks made of it, be it asked for {name} they
    came.

    torch settled this order after it had depended on which call came first (pytorch#85849).
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    if request_first:
        y.retain_grad()
    y.register_hook(lambda g: g * 10)
    if not request_first:
        y.retain_grad()
    (y * y).backward()

    expect(y.grad).equals(120.0)
    expect(x.grad).equals(240.0)


@clause("ret-016", CONVENTION, level=MAY, sources=["observed"], builds_on=("ret-004",))
def queries_fill_it_on_their_path(ag: Autograd) -> None:
    """A query fills the grad of retaining tensors on its path, although it leaves leaves alone.

    What lies off the path to the inputs asked for is not run, and so keeps nothing.
    """
    a = ag.tensor(3.0, requires_grad=True)
    b = ag.tensor(5.0, requires_grad=True)
    on_path, off_path = a * 2, b * 7
    on_path.retain_grad()
    off_path.retain_grad()
    (found,) = ag.grad(on_path * off_path, [a])

    expect(found).equals(70.0)
    expect(on_path.grad).equals(35.0)
    expect(off_path.grad).is_none_or_zero()
    expect(a.grad).is_none_or_zero()


@clause(
    "ret-017",
    CONVENTION,
    sources=["notes/autograd § Behavior of Tensor hooks when Tensor is modified in-place"],
    builds_on=("ret-004",),
)
def request_follows_a_write_in_place(ag: Autograd) -> None:
    """When the entries of a tensor that retains its gradient are written, the new value's is kept.

    The write gives the tensor a new place in the graph, and the request moves there with it.  At
    the old place the gradient would be 108; torch itself kept that one once (pytorch#79996).
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    (y * y).backward()

    expect(y.grad).equals(36.0)
    expect(x.grad).equals(216.0)


@clause(
    "ret-017a",
    CONVENTION,
    unseen="views",
    sources=[
        "notes/autograd § Behavior of Tensor hooks when Tensor is modified in-place",
        "pytorch#117552",
    ],
    builds_on=("ret-017",),
)
def request_follows_a_write_through_a_view(ag: Autograd) -> None:
    """When a view of a retaining tensor is written in place, the new value's gradient is kept.

    Writing the view writes the base, so the base too has a new place in the graph.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.select(0, 1).mul_(3)
    (y * y).backward(ag.tensor([1.0, -0.5]))

    expect(y.grad).equals([4.0, -12.0])
    expect(x.grad).equals([8.0, -72.0])


@clause("ret-018", CONVENTION, level=MAY, sources=["observed"])
def request_does_not_keep_the_tensor_alive(ag: Autograd) -> None:
    """A tensor that retains its gradient is freed with its last name: the graph does not hold it.

    A gradient that nobody could read is not worth a tensor.  The leaf receives its own as before.
    """
    x = ag.tensor(1.0, requires_grad=True)
    y = x * 2
    y.retain_grad()
    z = y * 3
    watcher = ag.watch(y)
    ag.forget(y)

    expect(watcher).is_gone()

    z.backward()

    expect(x.grad).equals(6.0)


@clause("ret-021", CONVENTION, level=MAY, sources=["T1 §2.1.6", "T2 §2.2"])
def other_gradients_are_freed_on_the_way(ag: Autograd) -> None:
    """A gradient that is not retained is freed as soon as the operations that need it have run.

    By the time the leaf's gradient is known, that of the intermediate before it is gone.
    """
    x = ag.tensor(1.0, requires_grad=True)
    y = x * 2
    watchers: list[Watcher] = []
    alive = ag.notes()

    def watch(gradient: Tensor) -> None:
        watchers.append(ag.watch(gradient))
        alive.note(watchers[0].is_alive())
        ag.forget(gradient)

    y.register_hook(watch)
    x.register_hook(lambda _: alive.note(watchers[0].is_alive()))
    (y * 3).backward()

    expect(alive).happened_in_order([True, False])
    expect(watchers[0]).is_gone()
    expect(x.grad).equals(6.0)


@clause("ret-202", VALUE, sources=["torch.Tensor.register_hook docstring"])
def what_a_hook_returned_is_not_written_to(ag: Autograd) -> None:
    """A tensor that a hook put in the place of a gradient keeps its value when later passes add to
    the gradient.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    other = ag.tensor([10.0, 20.0])
    x.register_hook(lambda _g: other)
    (x * 3.0).backward(ag.tensor([0.5, -1.0]))
    (x * 3.0).backward(ag.tensor([2.0, 0.25]))

    expect(other).equals([10.0, 20.0])

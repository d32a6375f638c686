"""Threads.

A program may compute in several threads at once.  A graph belongs to none of them: what one thread
recorded another goes on with, differentiates, or lets go.  A pass runs in the thread that asked
for it, calls hooks there, and raises there.  What belongs to a thread are the modes that it
switched, and nothing else; whether anomalies are looked for is a matter of the process.

The promise is a narrow one.  Threads that differentiate graphs of their own, or ask for gradients
without keeping them, need not know of each other.  Passes that meet at a leaf add to one gradient,
and who needs to know when it is complete waits for all of them.  What a caller's own function does
to what it shares with another thread, and a write to what another thread reads, are the caller's to
guard.  Where Python runs without its global lock, nothing else is promised.

A verdict must not depend on which thread is the faster, so each program here says when the other
thread has its turn: between two operations of the first, or in the midst of its pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Interrupted, clause, expect
from gradspec.chapters.grad_modes.rows import UNRECORDED
from gradspec.chapters.hooks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor
    from gradspec.chapters.grad_modes.rows import Entered
    from gradspec.chapters.hooks.kinds import Registering

    Act = Callable[[], Any]
    Meeting = Callable[[Autograd, Tensor, Act], Any]

THREADS: Final = "notes/autograd § Multithreaded Autograd"
SHARED: Final = "notes/autograd § Non-determinism"
SAFE: Final = "notes/autograd § Thread Safety on Autograd Node"


def between_operations(_ag: Autograd, x: Tensor, meanwhile: Act) -> Any:
    """Square x, with another thread's turn before the last operation."""
    h = x * 1.0
    meanwhile()
    return h * h


def before_the_pass(_ag: Autograd, x: Tensor, meanwhile: Act) -> Any:
    """Square x, with another thread's turn when all is recorded."""
    y = x * x
    meanwhile()
    return y


def during_the_pass(_ag: Autograd, x: Tensor, meanwhile: Act) -> Any:
    """Square x; another thread has its turn when the pass is half way."""

    def take_turns(_gradient: Tensor) -> None:
        meanwhile()

    h = x * 1.0
    h.register_hook(take_turns)
    return h * h


MEETING: Final[dict[str, Meeting]] = {
    "between_two_operations": between_operations,
    "before_its_pass": before_the_pass,
    "during_its_pass": during_the_pass,
}
"""When another thread has its turn, while a thread squares and differentiates."""


@clause("thr-001", VALUE, sources=[THREADS], over=MEETING)
def threads_differentiate_graphs_of_their_own(ag: Autograd, meeting: Meeting) -> None:
    """Two threads record and differentiate graphs of their own, the one {name} of the other, and
    each finds its gradient.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(2.0, requires_grad=True)
    meeting(ag, x, ag.func.thread((y * y * y).backward)).backward()

    expect(x.grad).equals(6.0)
    expect(y.grad).equals(12.0)


@clause("thr-002", VALUE, sources=[SHARED], over=MEETING)
def queries_of_threads_do_not_interfere(ag: Autograd, meeting: Meeting) -> None:
    """Two threads ask for gradients by one leaf, the one {name} of the other, and each is given
    its own.
    """
    x = ag.tensor(3.0, requires_grad=True)
    found = ag.notes()

    def ask() -> None:
        (gradient,) = ag.grad(x * 5.0, [x])
        found.note(gradient)

    (gradient,) = ag.grad(meeting(ag, x, ag.func.thread(ask)), [x])

    expect(gradient).equals(6.0)
    expect(found).happened_in_order([5.0])


@clause(
    "thr-003",
    CONVENTION,
    level=SHOULD,
    sources=[SHARED],
    builds_on=("acc-001",),
    over=MEETING,
)
def passes_of_threads_add_up_at_a_leaf(ag: Autograd, meeting: Meeting) -> None:
    """Passes of two threads to one leaf, the one {name} of the other, add up in its gradient.

    Who reads the gradient, or steps by it, waits for both.
    """
    x = ag.tensor(3.0, requires_grad=True)
    meeting(ag, x, ag.func.thread((x * 5.0).backward)).backward()

    expect(x.grad).equals(11.0)


@clause("thr-004", VALUE, sources=[THREADS])
def a_graph_is_differentiated_in_another_thread(ag: Autograd) -> None:
    """A graph is differentiated by another thread than the one that recorded it."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    ag.func.thread(y.backward)()

    expect(x.grad).equals(6.0)


@clause("thr-201", SAFETY, sources=["notes/autograd § Graph retaining"], builds_on=("life-203",))
def a_part_that_threads_share_is_refused_or_right(ag: Autograd) -> None:
    """The second of two threads that differentiate through one part of a graph is refused, or its
    gradient is right.
    """
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    one, other = shared * 3.0, shared * 5.0
    ag.func.thread(one.backward)()
    x.grad = None

    def pass_again() -> None:
        with ag.attempt() as attempt:
            other.backward()
        with attempt.granted():
            expect(x.grad).equals(20.0)

    ag.func.thread(pass_again)()


@clause("thr-005", VALUE, sources=["notes/autograd § Graph retaining"], builds_on=("life-002",))
def threads_share_a_part_that_is_kept(ag: Autograd) -> None:
    """Two threads differentiate through one part of a graph, if the first one keeps it.

    Give retain_graph=True to all passes but the last, and see to it that it is the last.
    """
    x = ag.tensor(2.0, requires_grad=True)
    shared = x * x
    one, other = shared * 3.0, shared * 5.0
    ag.func.thread(lambda: one.backward(retain_graph=True))()
    expect(x.grad).equals(12.0)
    x.grad = None
    ag.func.thread(other.backward)()

    expect(x.grad).equals(20.0)


@clause("thr-006", CONVENTION, sources=["torch.no_grad docstring"], over=UNRECORDED)
def a_new_thread_records(ag: Autograd, mode: Entered) -> None:
    """What a new thread computes is recorded, also where the one that starts it is in {name}."""
    x = ag.tensor(3.0, requires_grad=True)
    with mode(ag):
        y = ag.func.thread(lambda: x * x)()
    y.backward()

    expect(x.grad).equals(6.0)


@clause("thr-202", VALUE, sources=[THREADS])
def a_thread_records_while_another_differentiates(ag: Autograd) -> None:
    """What a thread computes is recorded while a pass runs in another."""
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(2.0, requires_grad=True)
    made: list[Tensor] = []
    record = ag.func.thread(lambda: y * y)
    during_the_pass(ag, x, lambda: made.append(record())).backward()
    made[0].backward()

    expect(y.grad).equals(4.0)


@clause(
    "thr-006a",
    CONVENTION,
    sources=["notes/autograd § Registering default hooks for saved tensors"],
)
def hooks_on_saved_tensors_are_those_of_the_thread(ag: Autograd) -> None:
    """Hooks on saved tensors are not called for what a thread records that is started in their
    block.
    """
    x = ag.tensor(3.0, requires_grad=True)
    packed = ag.notes()

    def pack(saved: Tensor) -> Tensor:
        packed.note(True)
        return saved

    with ag.saved_tensors_hooks(pack, lambda saved: saved):
        ag.func.thread(lambda: ag.exp(x))()

    expect(packed).happened_in_order([])


@clause("thr-006b", CONVENTION, sources=["observed"])
def anomalies_are_looked_for_in_all_threads(ag: Autograd) -> None:
    """Whether anomalies are looked for is set for the process, a thread that starts anew too."""
    found = ag.notes()
    with ag.set_detect_anomaly(True):
        ag.func.thread(lambda: found.note(ag.is_anomaly_enabled()))()

    expect(found).happened_in_order([True])


@clause("thr-007", CONVENTION, level=MAY, sources=[SAFE], over=KINDS)
def hooks_run_where_the_pass_was_called(ag: Autograd, register: Registering) -> None:
    """A hook {name} runs in the thread that called backward."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    callers: list[Any] = []
    found = ag.notes()
    register(ag, x, y, lambda: found.note(ag.is_this_thread(callers[0])))

    def differentiate() -> None:
        callers.append(ag.this_thread())
        z.backward()

    ag.func.thread(differentiate)()

    expect(found).happened_in_order([True])


@clause("thr-203", CONVENTION, sources=[THREADS])
def a_hook_belongs_to_its_tensor(ag: Autograd) -> None:
    """A hook that one thread puts on a tensor is called in the passes of others."""
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()
    ag.func.thread(lambda: x.register_hook(seen.note))()
    (x * 3.0).backward()

    expect(seen).happened_in_order([3.0])


@clause("thr-008", CONVENTION, sources=[THREADS], over=KINDS)
def what_a_hook_raises_reaches_the_thread(ag: Autograd, register: Registering) -> None:
    """An exception that a hook {name} raises reaches the thread that called backward.

    Remedy: catch it around the pass.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0

    def fail() -> None:
        raise Interrupted

    register(ag, x, y, fail)

    def differentiate() -> None:
        with ag.refuses("callback"):
            z.backward()

    ag.func.thread(differentiate)()


@clause("thr-204", SAFETY, sources=[THREADS])
def a_failed_pass_leaves_those_of_other_threads_alone(ag: Autograd) -> None:
    """A pass is whole, although one of another thread fails in its midst."""
    x = ag.tensor(3.0, requires_grad=True)
    square = x * x
    square.backward()
    x.grad = None

    def fail() -> None:
        with ag.attempt():
            (square * 2.0).backward()
        x.grad = None

    during_the_pass(ag, x, ag.func.thread(fail)).backward()

    expect(x.grad).equals(6.0)


@clause("thr-009", CONVENTION, level=SHOULD, sources=[SHARED, SAFE])
def hooks_of_several_threads_may_meet(ag: Autograd) -> None:
    """A hook is called for a pass of one thread while it still runs for that of another.

    A hook, or a function of one's own, that changes what threads share takes a lock.
    """
    x = ag.tensor(2.0, requires_grad=True)
    events = ag.notes()
    h = x * 1.0
    one, other = h * 3.0, h * 5.0
    waiting = [ag.func.thread(lambda: other.backward(retain_graph=True))]

    def meet(gradient: Tensor) -> None:
        events.note(gradient)
        if waiting:
            waiting.pop()()
            events.note(gradient)

    h.register_hook(meet)
    one.backward()

    expect(events).happened_in_order([3.0, 5.0, 3.0])


@clause("thr-010", VALUE, sources=[SHARED], over=MEETING)
def threads_compute_with_shared_parameters(ag: Autograd, meeting: Meeting) -> None:
    """Two threads compute with one parameter that nobody writes, the one {name} of the other, and
    each finds its value.
    """
    w = ag.tensor(3.0, requires_grad=True)
    found = ag.notes()
    result = meeting(ag, w, ag.func.thread(lambda: found.note(w * 5.0)))
    result.backward()

    expect(result).equals(9.0)
    expect(found).happened_in_order([15.0])

"""When the pass is interrupted, and where it runs.

Functions of the caller run inside the pass, as hooks for instance, and may raise or start a pass
of their own.  A pass that was left by an exception has done a part of its work; what matters is
that the engine is fit for the next one.  A pass within a pass is an ordinary pass.

The last entry concerns machines that this kit does not observe: accelerators with several queues of
work.
"""

from __future__ import annotations

from typing import Any

from gradspec import (
    CONVENTION,
    MAY,
    SAFETY,
    SHOULD,
    VALUE,
    Autograd,
    Interrupted,
    Tensor,
    clause,
    expect,
    informative,
)


@clause("bwd-035", SAFETY, sources=["observed"])
def the_next_pass_is_whole_after_one_that_failed(ag: Autograd) -> None:
    """After a pass that was refused half way, a pass over a fresh graph of the same leaves is
    whole, and nothing of the failed one is left over in it.

    Where the square has let go of what it saved, x * 7 has contributed to x and x * x has not.  An
    engine that keeps half-summed gradients or a "running" mark in a global place adds the one to
    the next result, or refuses it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    square = x * x
    square.backward()
    with ag.attempt():
        (square + x * 7).backward()
    x.grad = None
    (x * 5).backward()

    expect(x.grad).equals(5.0)


@clause("bwd-031", CONVENTION, sources=["torch.autograd.backward source"])
def a_transformed_function_makes_no_pass(ag: Autograd) -> None:
    """Inside a function that is differentiated by grad, backward() is refused.

    Remedy: take the gradient by another grad, or call backward() outside.
    """

    def f(x: Any) -> Any:
        (x * 2.0).backward()
        return x * x

    gradient = ag.func.grad(f)
    with ag.refuses("backward-inside"):
        gradient(ag.tensor(3.0))


@clause("bwd-034", CONVENTION, level=MAY, sources=["observed"], builds_on=("life-001",))
def a_failed_pass_keeps_what_it_has_accumulated(ag: Autograd) -> None:
    """Where a pass fails half way, the leaves that it had reached keep what was accumulated, and
    those that it had not reached are given nothing.

    The pass takes later operations first, so it is through with y * 3 when it comes to x * x.

    Remedy: compute the graph again, and clear grad before the next pass, since part of a gradient
    is in it.
    """
    x = ag.tensor(5.0, requires_grad=True)
    y = ag.tensor(7.0, requires_grad=True)
    square = x * x
    square.backward()
    x.grad = None
    with ag.refuses("graph-freed"):
        (square + y * 3).backward()

    expect(x.grad).is_none_or_zero()
    expect(y.grad).equals(3.0)


@clause("bwd-033", CONVENTION, sources=["torch.autograd.detect_anomaly docstring"])
def what_a_derivative_raises_comes_out(ag: Autograd) -> None:
    """An exception that the derivative of a caller's function raises ends the pass and comes out
    of it.

    Remedy: catch it around the pass.
    """

    class Failing(ag.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(_ctx: Any, x: Tensor) -> Any:
            return x * 1.0

        @staticmethod
        def backward(_ctx: Any, _gradient: Tensor) -> Tensor:
            raise Interrupted

    x = ag.tensor(2.0, requires_grad=True)
    y = Failing.apply(x)
    with ag.refuses("callback"):
        y.backward()


@clause("bwd-036", VALUE, sources=["observed"])
def a_pass_may_run_inside_a_pass(ag: Autograd) -> None:
    """A function that the pass calls may call backward() on a graph of its own, and both passes
    finish: the inner before the function returns, the outer afterwards.

    One way of checkpointing rests on it.  The inner pass cleared the callbacks of the outer one in
    pytorch#12106, and made them run twice in pytorch#31909.  Here x * 7 is still waiting for its
    turn in the outer pass while the inner one runs.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    inner = ag.notes()

    def differentiate_a_cube(gradient: Tensor) -> Tensor:
        z = ag.tensor(2.0, requires_grad=True)
        with ag.enable_grad():
            (z * z * z).backward()
        inner.note(z.grad)
        result: Tensor = gradient + z.grad
        return result

    waiting = x * 7
    product = x * y
    product.register_hook(differentiate_a_cube)
    (product + waiting).backward()

    expect(inner).happened_in_order([12.0])
    expect(x.grad).equals(46.0)
    expect(y.grad).equals(26.0)


@clause("bwd-213", VALUE, sources=["observed"])
def a_function_that_runs_a_pass_is_called_once(ag: Autograd) -> None:
    """A function that the pass calls is called once, also if it runs a pass of its own."""
    x = ag.tensor(2.0, requires_grad=True)
    calls = ag.notes()

    def differentiate_a_square(gradient: Tensor) -> None:
        z = ag.tensor(5.0, requires_grad=True)
        with ag.enable_grad():
            (z * z).backward()
        calls.note(gradient)

    y = x * 3.0
    y.register_hook(differentiate_a_square)
    y.backward()

    expect(calls).happened_in_order([1.0])


informative(
    "bwd-046",
    "On an accelerator each operation of the backward pass runs on the stream that its forward "
    "operation ran on.",
    level=SHOULD,
    sources=[
        "torch.autograd.backward docstring",
        "notes/cuda § Stream semantics of backward passes",
    ],
    reason="Streams belong to accelerators; the engine port has no devices to observe.",
)
informative(
    "bwd-047",
    "With several devices a thread of its own works on each in a pass, and with "
    "set_multithreading_enabled(False) the calling thread works on all of them.",
    level=SHOULD,
    sources=["torch.autograd.grad_mode.set_multithreading_enabled docstring"],
    reason="The engine port has no devices to observe; thr-007 says whose thread it is on one.",
)

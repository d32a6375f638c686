"""The switch: whether a backward pass is recorded is decided by `create_graph`, and only by it."""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect


@clause("ho-001", VALUE, sources=["torch.autograd.grad docstring", "T1 §2.1.4"])
def with_the_switch_gradients_are_differentiable(ag: Autograd) -> None:
    """With create_graph=True the gradients have a graph of their own and can be differentiated.

    The second pass does not touch the value of the first gradient.
    """
    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(x * x * x, [x], create_graph=True)
    (second,) = ag.grad(first, [x])

    expect(second).equals(18.0)
    expect(first).equals(27.0)


@clause("ho-001a", CONVENTION, sources=["torch.autograd.grad docstring", "T1 §2.1.4"])
def such_a_gradient_is_a_result(ag: Autograd) -> None:
    """A gradient with a graph is a result like any other: it requires grad and is no leaf."""
    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(x * x * x, [x], create_graph=True)

    expect(first.requires_grad).is_true()
    expect(first.is_leaf).is_false()


@clause("ho-201", SAFETY, sources=["torch.autograd.grad docstring", "T1 §2.1.4"])
def without_the_switch_derivatives_of_gradients_are_refused_or_right(ag: Autograd) -> None:
    """Without create_graph, asking for a derivative of a gradient is refused, or it is right."""
    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(x * x, [x])
    with ag.attempt() as again:
        first.backward()
    with again.granted():
        expect(x.grad).equals(2.0)


@clause("ho-002", CONVENTION, sources=["torch.autograd.grad docstring", "T1 §2.1.4"])
def without_the_switch_gradients_are_constants(ag: Autograd) -> None:
    """Without create_graph the gradients are constants, and asking for a derivative is refused.

    Remedy: give the first pass create_graph=True.
    """
    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(x * x, [x])

    with ag.refuses("root-without-grad"):
        ag.grad(first, [x])


@clause(
    "ho-002a",
    CONVENTION,
    sources=["torch.autograd.backward docstring", "T1 §2.1.4"],
    builds_on=("acc-012",),
)
def stored_gradients_are_constants_too(ag: Autograd) -> None:
    """Without create_graph the grad of a leaf does not require grad, and is a leaf itself.

    A gradient that keeps a graph for nobody keeps its memory too (huggingface/candle#1243).
    """
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()

    expect(x.grad.requires_grad).is_false()
    expect(x.grad.is_leaf).is_true()


@clause("ho-005", CONVENTION, sources=["torch.autograd.functional.vjp docstring", "observed"])
def gradient_of_a_linear_function_is_a_constant(ag: Autograd) -> None:
    """The gradient of a number times a leaf does not require grad, even with create_graph=True.

    The recording is honest: the derivative of 3x is computed from no variable at all.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (found,) = ag.grad(x * 3, [x], create_graph=True)

    expect(found.requires_grad).is_false()
    expect(found).equals(3.0)


@clause("ho-005a", CONVENTION, level=MAY, sources=["observed"])
def gradient_of_relu_is_no_constant(ag: Autograd) -> None:
    """A recorded gradient of relu requires grad, although its derivative is zero.

    Which piece holds is decided by the value, so the gradient depends on a variable; that it does
    so in steps is for the derivative to say, which is a zero and no refusal.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (found,) = ag.grad(ag.relu(x), [x], create_graph=True)

    expect(found.requires_grad).is_true()
    expect(found).equals(1.0)

    (second,) = ag.grad(found, [x])

    expect(second).equals(0.0)


@clause(
    "ho-011",
    CONVENTION,
    sources=[
        "torch.Tensor.register_post_accumulate_grad_hook docstring",
        "custom function double backward tutorial",
    ],
)
def switch_is_the_mode_inside_the_pass(ag: Autograd) -> None:
    """While a backward pass runs, grad mode is on with create_graph=True and off without.

    What a hook computes is recorded or not, therefore, as what the engine computes is.
    """
    x = ag.tensor(3.0, requires_grad=True)
    modes = ag.notes()
    y = x * x
    y.register_hook(lambda _: modes.note(ag.is_grad_enabled()))
    z = y * y
    ag.grad(z, [x], create_graph=True)
    ag.grad(z, [x])

    expect(modes).happened_in_order([True, False])
    expect(ag.is_grad_enabled()).is_true()


@clause("ho-011a", CONVENTION, sources=["custom function double backward tutorial"])
def hooks_see_recorded_gradients(ag: Autograd) -> None:
    """A gradient that the pass computes from a value with a history requires grad when a hook
    receives it with create_graph=True, and does not without.

    The gradient is 2y here, and y is no constant.
    """
    x = ag.tensor(3.0, requires_grad=True)
    flags = ag.notes()
    y = x * x
    y.register_hook(lambda gradient: flags.note(gradient.requires_grad))
    z = y * y
    ag.grad(z, [x], create_graph=True)
    ag.grad(z, [x])

    expect(flags).happened_in_order([True, False])


UNRECORDED: dict[str, Any] = {
    "from_one_root": (lambda ag, x, y: ag.grad(y, [x], create_graph=True), 18.0),
    "from_a_root_listed_twice": (
        lambda ag, x, y: ag.grad([y, y], [y], [x, x], create_graph=True),
        2.0,
    ),
}
"""A query of x and y = x^3 in no_grad, and the derivative of its answer by x."""


@clause("ho-012", CONVENTION, sources=["observed"], over=UNRECORDED)
def mode_of_the_caller_does_not_matter(ag: Autograd, row: Any) -> None:
    """A pass {name} is recorded with create_graph=True also where the caller's mode is off.

    The switch is an explicit request about this one pass; afterwards the caller's mode is back.
    Two cotangents of one root are added up by the pass, 2x here.
    """
    query, slope = row
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x * x
    with ag.no_grad():
        (first,) = query(ag, x, y)

        expect(ag.is_grad_enabled()).is_false()

    (second,) = ag.grad(first, [x])

    expect(second).equals(slope)

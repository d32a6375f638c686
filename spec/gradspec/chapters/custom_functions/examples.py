"""The custom functions that people look for."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec import SAFETY, VALUE, Autograd, clause, expect, informative
from gradspec.rank import SHOULD

WHEN: Final = "notes/extending § When to use"


@clause("cf-058", VALUE, sources=[WHEN])
def a_straight_through_estimator(ag: Autograd) -> None:
    """A custom function may round, and pass the gradient on as if it had not."""

    class Rounded(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x.round()

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g

    weights = ag.random(3)
    x = ag.tensor([0.3, 1.7, -2.2], requires_grad=True)
    y = Rounded.apply(x)
    (y * ag.tensor(weights)).sum().backward()

    expect(y).equals([0.0, 2.0, -2.0])
    expect(x.grad).is_close(weights)


@clause("cf-229", VALUE, sources=[WHEN])
def a_quantiser(ag: Autograd) -> None:
    """A quantiser may pass the gradient on where the value lies in its range, and stop it where it
    does not.
    """

    class Quantised(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, step: Any) -> Any:
            ctx.save_for_backward((x.abs() <= 1.0).to(dtype="float64"))
            return (x.clamp(min=-1.0, max=1.0) / step).round() * step

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (inside,) = ctx.saved_tensors
            return g * inside, None

    weights = ag.random(4)
    x = ag.tensor([0.3, 1.5, -0.6, -3.0], dtype="float64", requires_grad=True)
    y = Quantised.apply(x, 0.25)
    (y * ag.tensor(weights, dtype="float64")).sum().backward()

    expect(y).equals([0.25, 1.0, -0.5, -1.0])
    expect(x.grad).equals(weights * [1.0, 0.0, 1.0, 0.0])


@clause("cf-230", VALUE, sources=["domain-adversarial training"])
def a_gradient_reversal(ag: Autograd) -> None:
    """A custom function may return its argument, and turn the gradient round: what comes before it
    is trained against what comes after.
    """

    class Reversed(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, strength: Any) -> Any:
            ctx.strength = strength
            return x * 1.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * -1.0 * ctx.strength, None

    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    (Reversed.apply(x * 5.0, 0.5) * w).backward()

    expect(x.grad).equals(-7.5)
    expect(w.grad).equals(10.0)


@clause("cf-057", VALUE, sources=[WHEN])
def a_function_of_the_host(ag: Autograd) -> None:
    """A custom function may compute its result and its gradient outside the engine; what backward
    returns is taken as it is.
    """

    class Outside(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, _x: Any) -> Any:
            return ag.tensor(np.cumsum([1.0, 2.0, 4.0]))

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return ag.tensor(np.array([10.0, 20.0, 30.0]))

    x = ag.tensor([1.0, 2.0, 4.0], requires_grad=True)
    y = Outside.apply(x)
    y.sum().backward()

    expect(y).equals([1.0, 3.0, 7.0])
    expect(x.grad).equals([10.0, 20.0, 30.0])


def _linear(ag: Autograd, needed: Any = None) -> Any:
    class Linear(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any, bias: Any) -> Any:
            ctx.save_for_backward(x, weight, bias)
            y = x @ weight.t()
            return y if bias is None else y + bias

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, weight, bias = ctx.saved_tensors
            of_x, of_weight, of_bias = ctx.needs_input_grad
            if needed is not None:
                needed.note(ctx.needs_input_grad)
            return (
                g @ weight if of_x else None,
                g.t() @ x if of_weight else None,
                g.sum(0) if bias is not None and of_bias else None,
            )

    return Linear


@clause(
    "cf-062", VALUE, sources=["notes/extending § Example"], over={"with": True, "without": False}
)
def a_linear_layer(ag: Autograd, with_bias: bool) -> None:
    """A linear layer {name} a bias has the gradients of a product of matrices and a sum, and
    computes those that are needed.
    """
    x, weight, bias = ag.random(4, 3), ag.random(2, 3), ag.random(2)
    g = ag.random(4, 2)
    w = ag.tensor(weight, requires_grad=True)
    b = ag.tensor(bias, requires_grad=True) if with_bias else None
    y = _linear(ag).apply(ag.tensor(x), w, b)
    (y * ag.tensor(g)).sum().backward()

    expect(y).is_close(x @ weight.T + bias * with_bias)
    expect(w.grad).is_close(g.T @ x)
    if b is not None:
        expect(b.grad).is_close(g.sum(0))


@clause("cf-231", VALUE, sources=["notes/extending § Example"])
def a_linear_layer_is_differentiated_again(ag: Autograd) -> None:
    """The second derivative of a linear layer's results, by its argument and its weights, is that
    of a product.
    """
    x, weight, g, h = ag.random(2, 3), ag.random(2, 3), ag.random(2, 2), ag.random(2, 3)
    inputs, w = ag.tensor(x, requires_grad=True), ag.tensor(weight, requires_grad=True)
    y = _linear(ag).apply(inputs, w, None)
    (first,) = ag.grad((y * ag.tensor(g)).sum(), [inputs], create_graph=True)
    (second,) = ag.grad((first * ag.tensor(h)).sum(), [w])

    expect(first).is_close(g @ weight)
    expect(second).is_close(g.T @ h)


@clause("cf-232", VALUE, sources=[WHEN])
def a_fused_loss(ag: Autograd) -> None:
    """A custom function may compute several operations at once and have their gradient in one
    formula: of softmax and cross entropy it is the difference of two distributions.
    """

    class FusedLoss(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, scores: Any, target: Any) -> Any:
            raised = (scores - scores.amax(1, keepdim=True)).exp()
            share = raised / raised.sum(1, keepdim=True)
            ctx.save_for_backward(share, target)
            return -(share.log() * target).sum()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            share, target = ctx.saved_tensors
            return g * (share - target), None

    scores = ag.random(2, 3)
    target = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    share = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    x = ag.tensor(scores, requires_grad=True)
    loss = FusedLoss.apply(x, ag.tensor(target))
    (loss * 3.0).backward()

    expect(loss).is_close(-(np.log(share) * target).sum())
    expect(x.grad).is_close(3.0 * (share - target))


@clause("cf-233", SAFETY, sources=["observed"])
def a_pass_does_not_write_what_backward_keeps(ag: Autograd) -> None:
    """What backward returned and kept is not written to when later gradients are added to it."""
    kept = ag.tensor([2.0])

    class Keeping(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 2.0

        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            return kept

    x = ag.tensor([3.0], requires_grad=True)
    Keeping.apply(x).sum().backward()
    Keeping.apply(x).sum().backward()

    expect(kept).equals([2.0])


informative(
    "cf-051",
    "Backward does not write to the gradients that it is given: they may be the caller's own.",
    level=SHOULD,
    sources=["notes/extending § How to use"],
    reason="it is a duty of whoever writes backward, and torch does not look",
)

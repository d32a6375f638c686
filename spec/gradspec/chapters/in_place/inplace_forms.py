"""In-place forms of functions: the same function, the same derivative.

For each of these functions the catalogue has a form with an underscore that overwrites its
argument with its result.  The slope is that of the function at the old value; an engine that
looks for the argument after the write finds the result there, and computes the slope at the
wrong point.  So it keeps the old value, or a derivative in terms of the result.  That is also
why writing in place seldom saves memory in a recorded computation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec import SHOULD, VALUE, clause, expect, informative

if TYPE_CHECKING:
    from gradspec import Autograd

WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"


@clause("inp-018", VALUE, sources=[WITH_AUTOGRAD])
def relu_blocks_what_is_negative(ag: Autograd) -> None:
    """relu_ passes on the gradient of positive elements and blocks that of negative ones."""
    v = ag.random(3)
    x = ag.tensor([2.0, -3.0, 0.5], requires_grad=True)
    h = x * 1.0
    h.relu_()
    h.backward(ag.tensor(v))

    expect(h).equals([2.0, 0.0, 0.5])
    expect(x.grad).is_close([v[0], 0.0, v[2]])


@clause("inp-018a", VALUE, sources=[WITH_AUTOGRAD])
def exp_keeps_its_result(ag: Autograd) -> None:
    """exp_ has the slope exp(x), which is its result."""
    v = ag.random()
    x = ag.tensor(0.5, requires_grad=True)
    h = x * 1.0
    h.exp_()
    h.backward(ag.tensor(v))

    expect(h).is_close(np.exp(0.5))
    expect(x.grad).is_close(v * np.exp(0.5))


@clause("inp-018b", VALUE, sources=[WITH_AUTOGRAD])
def sin_keeps_its_argument(ag: Autograd) -> None:
    """sin_ has the slope cos(x) at the value that it overwrote."""
    v = ag.random()
    x = ag.tensor(0.5, requires_grad=True)
    h = x * 1.0
    h.sin_()
    h.backward(ag.tensor(v))

    expect(h).is_close(np.sin(0.5))
    expect(x.grad).is_close(v * np.cos(0.5))


@clause("inp-018c", VALUE, sources=[WITH_AUTOGRAD])
def sigmoid_keeps_its_result(ag: Autograd) -> None:
    """sigmoid_ has the slope s (1 - s), where s is its result."""
    v = ag.random()
    x = ag.tensor(0.0, requires_grad=True)
    h = x * 1.0
    h.sigmoid_()
    h.backward(ag.tensor(v))

    expect(h).equals(0.5)
    expect(x.grad).is_close(v * 0.25)


@clause("inp-018d", VALUE, sources=[WITH_AUTOGRAD])
def tanh_keeps_its_result(ag: Autograd) -> None:
    """tanh_ has the slope 1 - t^2, where t is its result."""
    v = ag.random()
    x = ag.tensor(0.5, requires_grad=True)
    h = x * 1.0
    h.tanh_()
    h.backward(ag.tensor(v))

    expect(h).is_close(np.tanh(0.5))
    expect(x.grad).is_close(v * (1 - np.tanh(0.5) ** 2))


@clause("inp-018e", VALUE, sources=[WITH_AUTOGRAD])
def pow_keeps_its_argument(ag: Autograd) -> None:
    """pow_ has the slope n x^(n - 1) at the value x that it overwrote."""
    v = ag.random()
    x = ag.tensor(2.0, requires_grad=True)
    h = x * 1.0
    h.pow_(3)
    h.backward(ag.tensor(v))

    expect(h).equals(8.0)
    expect(x.grad).is_close(v * 12.0)


@clause("inp-018f", VALUE, sources=[WITH_AUTOGRAD])
def sqrt_keeps_its_result(ag: Autograd) -> None:
    """sqrt_ has the slope 1 / (2 r), where r is its result."""
    v = ag.random()
    x = ag.tensor(4.0, requires_grad=True)
    h = x * 1.0
    h.sqrt_()
    h.backward(ag.tensor(v))

    expect(h).equals(2.0)
    expect(x.grad).is_close(v * 0.25)


@clause("inp-018g", VALUE, sources=[WITH_AUTOGRAD])
def log_keeps_its_argument(ag: Autograd) -> None:
    """log_ has the slope 1 / x at the value x that it overwrote."""
    v = ag.random()
    x = ag.tensor(4.0, requires_grad=True)
    h = x * 1.0
    h.log_()
    h.backward(ag.tensor(v))

    expect(h).is_close(np.log(4.0))
    expect(x.grad).is_close(v * 0.25)


@clause("inp-018h", VALUE, sources=[WITH_AUTOGRAD])
def cos_keeps_its_argument(ag: Autograd) -> None:
    """cos_ has the slope -sin(x) at the value x that it overwrote."""
    v = ag.random()
    x = ag.tensor(0.5, requires_grad=True)
    h = x * 1.0
    h.cos_()
    h.backward(ag.tensor(v))

    expect(h).is_close(np.cos(0.5))
    expect(x.grad).is_close(-v * np.sin(0.5))


@clause("inp-018i", VALUE, sources=[WITH_AUTOGRAD])
def abs_keeps_the_sign(ag: Autograd) -> None:
    """abs_ has the slope sign(x) at the value x that it overwrote."""
    v = ag.random()
    x = ag.tensor(-3.0, requires_grad=True)
    h = x * 1.0
    h.abs_()
    h.backward(ag.tensor(v))

    expect(h).equals(3.0)
    expect(x.grad).is_close(-v)


@clause("inp-018j", VALUE, sources=[WITH_AUTOGRAD])
def neg_turns_the_sign(ag: Autograd) -> None:
    """neg_ has the slope -1."""
    v = ag.random()
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    h.neg_()
    h.backward(ag.tensor(v))

    expect(h).equals(-3.0)
    expect(x.grad).is_close(-v)


@clause("inp-018k", VALUE, sources=[WITH_AUTOGRAD])
def div_scales_the_slope(ag: Autograd) -> None:
    """div_ by a number has the inverse of that number as slope."""
    v = ag.random()
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    h.div_(4.0)
    h.backward(ag.tensor(v))

    expect(h).equals(0.75)
    expect(x.grad).is_close(v * 0.25)


@clause("inp-048", VALUE, sources=["torch.Tensor.masked_fill_ docstring"])
def masked_fill_blocks_the_gradient_under_the_mask(ag: Autograd) -> None:
    """masked_fill_ ends the gradient where the mask is true and passes it on elsewhere."""
    v = ag.random(3)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 2.0
    h.masked_fill_(ag.tensor([True, False, True]), 9.0)
    h.backward(ag.tensor(v))

    expect(h).equals([9.0, 4.0, 9.0])
    expect(x.grad).is_close([0.0, 2 * v[1], 0.0])


@clause("inp-048a", VALUE, sources=["torch.Tensor.clamp_ docstring"])
def clamp_blocks_the_gradient_outside_its_bounds(ag: Autograd) -> None:
    """clamp_ passes on the gradient strictly between its bounds and blocks it outside them."""
    v = ag.random(3)
    x = ag.tensor([-1.0, 0.5, 3.0], requires_grad=True)
    h = x * 1.0
    h.clamp_(0.0, 1.0)
    h.backward(ag.tensor(v))

    expect(h).equals([0.0, 0.5, 1.0])
    expect(x.grad).is_close([0.0, v[1], 0.0])


@clause("inp-054", VALUE, sources=[WITH_AUTOGRAD])
def unsqueeze_is_recorded(ag: Autograd) -> None:
    """unsqueeze_ inserts a dimension of size one into the tensor itself, and is recorded."""
    values, v = np.arange(6.0).reshape(2, 3), ag.random(2, 1, 3)
    x = ag.tensor(values, requires_grad=True)
    h = x * 1.0
    h.unsqueeze_(1)
    h.backward(ag.tensor(v))

    expect(h).equals(values[:, None, :])
    expect(x.grad).is_close(v[:, 0, :])


@clause("inp-054a", VALUE, sources=[WITH_AUTOGRAD])
def squeeze_is_recorded(ag: Autograd) -> None:
    """squeeze_ drops a dimension of size one from the tensor itself, and is recorded."""
    values, v = np.arange(6.0).reshape(2, 1, 3), ag.random(2, 3)
    x = ag.tensor(values, requires_grad=True)
    h = x * 1.0
    h.squeeze_(1)
    h.backward(ag.tensor(v))

    expect(h).equals(values[:, 0, :])
    expect(x.grad).is_close(v[:, None, :])


@clause("inp-054b", VALUE, sources=[WITH_AUTOGRAD])
def t_is_recorded(ag: Autograd) -> None:
    """t_ transposes the matrix itself, and its gradient is transposed back."""
    values, v = np.arange(6.0).reshape(2, 3), ag.random(3, 2)
    x = ag.tensor(values, requires_grad=True)
    h = x * 1.0
    h.t_()
    h.backward(ag.tensor(v))

    expect(h).equals(values.T)
    expect(x.grad).is_close(v.T)


@clause("inp-054c", VALUE, sources=[WITH_AUTOGRAD])
def transpose_is_recorded(ag: Autograd) -> None:
    """transpose_ exchanges two dimensions of the tensor itself, and those of its gradient back."""
    values, v = np.arange(6.0).reshape(2, 1, 3), ag.random(3, 1, 2)
    x = ag.tensor(values, requires_grad=True)
    h = x * 1.0
    h.transpose_(0, 2)
    h.backward(ag.tensor(v))

    expect(h).equals(values.transpose(2, 1, 0))
    expect(x.grad).is_close(v.transpose(2, 1, 0))


informative(
    "inp-056",
    "In-place operations rarely save memory in a recorded computation, because what they "
    "overwrite may have to be kept for the backward pass.",
    level=SHOULD,
    sources=[WITH_AUTOGRAD],
    reason="a statement about memory in general: how much an engine keeps is its own affair",
)

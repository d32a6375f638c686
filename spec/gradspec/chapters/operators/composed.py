"""Operators one after another: what one does at once, done the long way.

There is one derivative, whichever way a function is computed.  So the formula of the catalogue
judges the long way too, and with it the chain rule through many kinds of operators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.catalogue.operator import replaced, variables
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import cotangent

if TYPE_CHECKING:
    from gradspec import Autograd

WIDTH: Final = 3
"""How many numbers a key has."""


def softmax(ag: Autograd, x: Any, dim: int) -> Any:
    """Give exponentials over their sum."""
    powers = ag.exp(x)
    return powers / powers.sum(dim, keepdim=True)


def var(_ag: Autograd, x: Any) -> Any:
    """Give the sum of six squared deviations over five."""
    deviation = x - x.mean()
    return (deviation * deviation).sum() / 5.0


def layer_norm(_ag: Autograd, x: Any, normalized_shape: Any) -> Any:
    """Give deviations from the mean of a row over the root of its variance."""
    deviation = x - x.sum(1, keepdim=True) / normalized_shape[0]
    variance = (deviation * deviation).sum(1, keepdim=True) / normalized_shape[0]
    return deviation / (variance + 1e-5).sqrt()


def cosine_similarity(_ag: Autograd, x: Any, x2: Any) -> Any:
    """Give the products of rows over those of their norms."""
    return (x * x2).sum(1) / ((x * x).sum(1) * (x2 * x2).sum(1)).sqrt()


def attention(ag: Autograd, x: Any, key: Any, value: Any) -> Any:
    """Give the values, averaged by how well their keys fit to x."""
    return ag.softmax(x @ key.t() * WIDTH**-0.5, 1) @ value


COMPOSED: Final[dict[str, Any]] = {
    name: (CALLS[name], composed)
    for name, composed in {
        "softmax": softmax,
        "log_softmax": lambda ag, x, dim: ag.log(ag.softmax(x, dim)),
        "logsumexp": lambda ag, x, dim: ag.log(ag.exp(x).sum(dim)),
        "logsigmoid": lambda ag, x: ag.log(ag.sigmoid(x)),
        "softplus": lambda ag, x: ag.log(ag.exp(x) + 1.0),
        "silu": lambda ag, x: x * ag.sigmoid(x),
        "tanh": lambda ag, x: ag.sigmoid(x * 2.0) * 2.0 - 1.0,
        "var": var,
        "norm": lambda _, x: (x * x).sum().sqrt(),
        "addmm": lambda _, x, mat1, mat2: x + mat1 @ mat2,
        "linear_bias": lambda _, x, weight, bias: x @ weight.t() + bias,
        "mse_loss": lambda _, x, target: ((x - target) ** 2).mean(),
        "cross_entropy": lambda ag, x, target: ag.nll_loss(ag.log_softmax(x, 1), target),
        "layer_norm": layer_norm,
        "cosine_similarity": cosine_similarity,
        "scaled_dot_product_attention": attention,
    }.items()
}
"""Call of the catalogue -> the call, and the same by simpler operators."""


@clause("op-108", VALUE, sources=["chain rule"], over=COMPOSED)
def the_long_way_has_the_same_derivative(ag: Autograd, row: Any) -> None:
    """Simpler operators that do one by one what {name} does have its value and its derivative."""
    call, composed = row
    sample = call.sample()
    points = list(variables(sample))
    value = call.value(sample)
    weights = cotangent(ag, value)
    found, gradients = ag.vjp(
        lambda *moved: composed(ag, **replaced(sample, moved, ag.tensor)), points, weights
    )
    expected = pulled_back(call, sample, weights)

    expect(found).is_close(value)
    for gradient, wanted in zip(gradients, expected.gradients, strict=True):
        expect(gradient).is_close(wanted, scale=expected.scale)


TEXT: Final = np.array([[0.5, -1.0], [1.25, 0.75], [-0.5, 1.5], [2.0, 0.25]])
"""Four words, of two numbers each."""

LEARNED: Final = (
    np.array([[0.5, -0.25, 1.0], [1.5, 0.75, -1.0]]),
    np.array([[-0.75, 1.25, 0.25], [0.5, -1.5, 2.0]]),
    np.array([[1.0, 0.5, -1.25, 0.25], [-0.5, 1.75, 0.75, -2.0]]),
)
"""What makes of a word its query, its key and its value."""


def self_attention(ag: Autograd, text: Any, *weights: Any) -> Any:
    """Let each word attend to every word."""
    return attention(ag, *(text @ weight for weight in weights))


@clause("op-097", CONVENTION, sources=["torch.Tensor.grad docstring"])
def attention_gives_each_weight_a_gradient(ag: Autograd) -> None:
    """A pass through attention leaves each weight a gradient of its own shape."""
    weights = [ag.tensor(weight, requires_grad=True) for weight in LEARNED]
    self_attention(ag, ag.tensor(TEXT), *weights).sum().backward()

    for weight, learned in zip(weights, LEARNED, strict=True):
        expect(weight.grad).has_shape(*learned.shape)


@clause("op-098", VALUE, sources=["chain rule"])
def attention_sends_each_weight_its_gradient(ag: Autograd) -> None:
    """The gradient of a weight of attention is the text's transpose times that of what it made."""
    weights = ag.random(4, 4)
    _, found = ag.vjp(
        lambda *learned: self_attention(ag, ag.tensor(TEXT), *learned), LEARNED, weights
    )
    made = dict(zip(("x", "key", "value"), (TEXT @ learned for learned in LEARNED), strict=True))
    expected = pulled_back(CALLS["scaled_dot_product_attention"], made, weights)

    for gradient, wanted in zip(found, expected.gradients, strict=True):
        expect(gradient).is_close(TEXT.T @ wanted, scale=8 * expected.scale)

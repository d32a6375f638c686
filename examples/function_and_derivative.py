"""Plot a function and its derivative, which nobody wrote down, and print the graph that gave it.

pip install 'gradspec[plot]'; python examples/function_and_derivative.py [PICTURE.png]
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt

import gradspec_reference as torch


def function(x: torch.Tensor) -> torch.Tensor:
    """Compute a wave that fades."""
    return torch.sin(2 * x) * torch.exp(-(x**2) / 8)


def figure() -> plt.Figure:
    """Plot the function and its derivative over one interval."""
    x = torch.linspace(-6, 6, 241, requires_grad=True)
    y = function(x)
    y.sum().backward()  # each entry of x has a part in one term only: its derivative

    picture, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(x.detach(), y.detach(), label="f(x) = sin(2x) exp(-x²/8)")
    axes.plot(x.detach(), x.grad, label="f'(x), by backward()")
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.set_xlabel("x")
    axes.legend()
    return picture


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else "function_and_derivative.png"
    figure().savefig(target)
    one = torch.tensor(1.0, requires_grad=True)
    print(torch.draw(function(one), {"x": one}))

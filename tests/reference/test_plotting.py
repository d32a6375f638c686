"""Tensors and gradients go into NumPy and matplotlib as torch's do."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gradspec_reference as torch
from gradspec_reference.errors import ArrayRequiresGradError

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLE = Path(__file__).parents[2] / "examples" / "function_and_derivative.py"


@pytest.fixture
def pyplot(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give matplotlib without a screen."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return importlib.import_module("matplotlib.pyplot")


def test_a_detached_tensor_and_a_gradient_are_arrays_to_numpy() -> None:
    x = torch.linspace(0, 1, 5, requires_grad=True)
    (x * x).sum().backward()

    assert np.allclose(np.asarray(x.grad), 2 * np.asarray(x.detach()))
    assert np.shares_memory(np.asarray(x.detach()), np.asarray(x.detach()))


@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda x: np.stack([x, x])])
def test_a_tensor_that_requires_grad_is_refused(convert: Any) -> None:
    x = torch.ones(2, requires_grad=True)

    for tensor in (x, x * 2):
        with pytest.raises(ArrayRequiresGradError, match=r"detach\(\)\.numpy\(\)"):
            convert(tensor)


def test_a_plot_shows_what_the_tensors_hold(pyplot: Any) -> None:
    x = torch.linspace(-1, 1, 5, requires_grad=True)
    y = x**3
    y.sum().backward()
    _, axes = pyplot.subplots()
    (of_y,), (of_slope,) = axes.plot(x.detach(), y.detach()), axes.plot(x.detach(), x.grad)

    assert np.allclose(of_y.get_ydata(orig=False), np.linspace(-1, 1, 5) ** 3)
    assert np.allclose(of_slope.get_ydata(orig=False), 3 * np.linspace(-1, 1, 5) ** 2)
    with pytest.raises(ArrayRequiresGradError):
        axes.plot(x, y)
    pyplot.close("all")


def test_the_example_plots_a_function_and_its_derivative(pyplot: Any, tmp_path: Path) -> None:
    picture = runpy.run_path(str(EXAMPLE))["figure"]()
    function, slope, _ = picture.axes[0].lines
    x, y = (np.asarray(found) for found in function.get_data(orig=False))
    derivative = np.exp(-(x**2) / 8) * (2 * np.cos(2 * x) - x / 4 * np.sin(2 * x))
    picture.savefig(tmp_path / "picture.png")

    assert np.allclose(y, np.sin(2 * x) * np.exp(-(x**2) / 8), atol=1e-6)
    assert np.allclose(slope.get_ydata(orig=False), derivative, atol=1e-5)
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    pyplot.close("all")

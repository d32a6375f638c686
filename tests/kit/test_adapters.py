"""The adapters of the strangers translate, and supply nothing that their engine lacks."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd
from gradspec.port.capabilities import METHODS
from gradspec.program.recorder import Recorder
from gradspec_conformance import adapters
from gradspec_conformance.loading import EngineNotInstalled, load_engine
from gradspec_conformance.smoke import smoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.port.engine import Engine

PAGE = 160
STRANGERS = ("autograd", "micrograd")


@pytest.fixture
def stranger(request: pytest.FixtureRequest) -> Engine:
    """Load the engine, if its package is here."""
    try:
        return load_engine(request.param)
    except EngineNotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture
def ag(stranger: Engine) -> Iterator[Autograd]:
    """Give the notation on the engine."""
    with Recorder(stranger) as recorder:
        yield Autograd(recorder)


def look(tensor: Any) -> Any:
    """Give the values of a tensor of the notation."""
    return tensor._recorder.look(tensor)


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
def test_the_adapter_is_sound(stranger: Engine) -> None:
    assert [finding for finding in smoke(stranger) if not finding.ok] == []


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
def test_the_adapter_has_no_method_of_a_group_that_it_does_not_declare(stranger: Engine) -> None:
    groups = {group for method, group in METHODS.items() if hasattr(stranger, method)}

    assert groups <= stranger.capabilities


@pytest.mark.parametrize("name", STRANGERS)
def test_the_adapter_is_about_a_page(name: str) -> None:
    text = (Path(inspect.getfile(adapters)).parent / f"{name}.py").read_text()

    assert text.count("\n") < PAGE


@pytest.mark.parametrize("stranger", ["autograd"], indirect=True)
def test_products_of_autograd_nest(ag: Autograd) -> None:
    def slope(x: Any) -> Any:
        return ag.vjp(lambda t: t**4, [x])[1][0]

    def curvature(x: Any) -> Any:
        return ag.vjp(slope, [x])[1][0]

    output, (gradient,) = ag.vjp(curvature, [2.0])

    assert look(output) == 48.0
    assert look(gradient) == 48.0


@pytest.mark.parametrize("stranger", ["autograd"], indirect=True)
def test_autograd_differentiates_by_all_arguments_at_once(ag: Autograd) -> None:
    _, gradients = ag.vjp(lambda x, y: (x * x * y).sum(), [np.array([1.0, 2.0]), 3.0])

    assert [look(g).tolist() for g in gradients] == [[6.0, 12.0], 5.0]


@pytest.mark.parametrize("stranger", ["micrograd"], indirect=True)
def test_a_constant_of_micrograd_is_a_number(stranger: Engine) -> None:
    tensor = stranger.tensor(np.array(2.0), requires_grad=False)

    assert type(tensor) is float


@pytest.mark.parametrize("stranger", ["micrograd"], indirect=True)
def test_a_gradient_of_micrograd_is_cleared_to_zero_and_adds_up(ag: Autograd) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    x.grad = None
    (x * x).backward()

    assert look(x.grad) == 6.0

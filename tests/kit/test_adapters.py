"""The books of the strangers translate, and supply nothing that their engine lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd
from gradspec.program.recorder import Recorder
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.fault import Party
from gradspec_conformance.engines.loading import BOOKS, load_engine
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import EngineNotInstalled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.port.engine import Engine

PAGE = 210
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


@pytest.mark.parametrize("stranger", ["torch", *STRANGERS], indirect=True)
def test_the_adapter_is_sound(stranger: Engine) -> None:
    found = [finding for finding in smoke(stranger) if not finding.ok]

    assert [one for one in found if one.whose in {Party.ADAPTER, Party.KIT}] == []


@pytest.mark.parametrize("name", STRANGERS)
def test_the_adapter_is_about_a_page(name: str) -> None:
    text = (BOOKS / f"{name}.toml").read_text("utf-8")

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
    assert type(Asker(stranger).tensor(np.array(2.0))) is float


@pytest.mark.parametrize("stranger", ["micrograd"], indirect=True)
def test_a_gradient_of_micrograd_is_cleared_to_zero_and_adds_up(ag: Autograd) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    x.grad = None
    (x * x).backward()

    assert look(x.grad) == 6.0

"""Four readings of what a clause passes on: stored, handed over, wrapped, compared."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd
from gradspec.exceptions import Refused
from gradspec.program.objects import FunctionHandle, HostArray, Log, Node
from gradspec.program.observed import Observed
from gradspec.program.passing import compared, described, handed, is_function, wrapped
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.steps import Ref
from gradspec.program.storing import from_json, to_json
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.program.objects import Tensor
    from gradspec_conformance.adapters.reference import ReferenceEngine


@pytest.fixture
def recorder(engine: ReferenceEngine) -> Iterator[Recorder]:
    """Record on an engine."""
    with Recorder(engine) as one:
        yield one


@pytest.fixture
def tensor(recorder: Recorder) -> Tensor:
    """Make a tensor, which is the first object."""
    return Autograd(recorder).tensor([1.0, 2.0])


def test_what_is_stored_names_objects_by_number(recorder: Recorder, tensor: Tensor) -> None:
    value, node = Observed(recorder, 5, 7), Node(recorder, "n", 8)
    given = [tensor, (value, None), {"a": node}, slice(tensor, None), 1.5, "text", True]
    found = described(given)

    assert found == [Ref(0), (Ref(7), None), {"a": Ref(8)}, slice(Ref(0), None), 1.5, "text", True]
    assert (found[0].kind, found[1][0].kind, found[2]["a"].kind) == (
        "tensor",
        "value: int",
        "node",
    )
    assert described(MappingProxyType({"a": tensor})) == MappingProxyType({"a": Ref(0)})


def test_what_is_handed_over_is_bare(recorder: Recorder, tensor: Tensor) -> None:
    value = Observed(recorder, 5, 7)

    assert handed([tensor, (value, None), {"a": 1.5}]) == [tensor._handle, (5, None), {"a": 1.5}]


def test_an_array_that_is_handed_over_is_a_copy() -> None:
    array = np.array([1.0, 2.0])
    (given,) = handed([array])
    given[0] = 7.0

    assert array[0] == 1.0
    assert given.dtype == array.dtype


def test_what_is_in_a_structure_is_a_handle_or_wrapped(recorder: Recorder, tensor: Tensor) -> None:
    function, held = FunctionHandle(recorder, "f", 9), Held("thing")
    given = [tensor, None, Observed(recorder, 5, 7), {"a": (1.5, held)}, function]
    handle, nothing, plain, inner, passed_on = wrapped(given)

    assert handle is tensor._handle
    assert nothing is None
    assert (plain, inner) == (Plain(5), {"a": (Plain(1.5), held)})
    assert type(passed_on) is Held
    assert passed_on.thing is function


def test_what_is_compared_is_arrays_and_plain_values(recorder: Recorder, tensor: Tensor) -> None:
    array, log = HostArray(recorder, np.array([3.0]), 9), Log(recorder, [tensor, 4], 10)
    one, two, three, four, five = compared(
        (tensor, array, log, Observed(recorder, 5, 7), Node(recorder, "n", 8))
    )

    assert (one.tolist(), two.tolist(), four, five) == ([1.0, 2.0], [3.0], 5, "t8")
    assert (three[0].tolist(), three[1]) == ([1.0, 2.0], 4)


@pytest.mark.parametrize(
    ("value", "is_one"),
    [(lambda: None, True), (print, True), (int, False), (3, False), ("text", False)],
)
def test_a_function_is_the_callers_own(value: Any, is_one: bool) -> None:
    assert is_function(value) is is_one


def test_a_thing_of_the_engine_is_no_function_of_the_caller(
    recorder: Recorder, tensor: Tensor
) -> None:
    assert not is_function(FunctionHandle(recorder, "f", 9))
    assert not is_function(tensor)


def test_an_attribute_of_no_gradient_is_asked_of_the_engine_and_refused(recorder: Recorder) -> None:
    gradient = Autograd(recorder).tensor(1.0, requires_grad=True).grad
    for look in (lambda: gradient.requires_grad, gradient.clone):
        with pytest.raises(Refused) as refused:
            look()

        assert refused.value.kind == "grad-is-none"
    with pytest.raises(AttributeError, match="_handle"):
        _ = gradient._handle
    with pytest.raises(AttributeError, match="gard"):
        _ = gradient.gard


@pytest.mark.parametrize(
    "asked",
    [
        lambda _, x: x.grad * 2.0,
        lambda _, x: 2.0 - x.grad,
        lambda _, x: -x.grad,
        lambda _, x: x.grad + x.grad,
        lambda _, x: x.grad > 0.0,
        lambda _, x: x.grad[0],
        lambda _, x: list(x.grad),
        lambda _, x: float(x.grad),
        lambda ag, x: ag.cat([x.grad, x]),
        lambda ag, x: ag.grad(x.grad, [x]),
    ],
)
def test_reckoning_with_a_gradient_that_is_none_misses_it(
    engine: ReferenceEngine, asked: Callable[[Autograd, Any], Any]
) -> None:
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        x = ag.tensor([1.0, 2.0], requires_grad=True)
        with ag.refuses("grad-is-none"):
            asked(ag, x)

    with Recorder(engine) as again:
        replay(from_json(to_json(recorder.program)), again)

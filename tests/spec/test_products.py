"""Derived products are those of calculus: the same on a tape and on an engine of functions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from printed_scripts import shows_what_was_demanded

from gradspec import Autograd, expect
from gradspec.exceptions import Unsupported
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.storing import from_json, to_json
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineNotInstalled
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_conformance.adapters.reference import ReferenceEngine


def derivative(ag: Autograd, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the derivative of a function of one number."""
    return lambda x: ag.vjp(function, [x])[1][0]


def of_products_three_deep(ag: Autograd) -> None:
    """The fourth derivative of a fifth power."""
    third = derivative(ag, derivative(ag, derivative(ag, lambda x: x * x * x * x * x)))
    value, (fourth,) = ag.vjp(third, [2.0])
    expect(value).equals(240.0)
    expect(fourth).equals(240.0)


def of_what_is_around(ag: Autograd) -> None:
    """The function of the inner product uses the variable of the outer one."""
    value, (slope,) = ag.vjp(lambda x: ag.vjp(lambda t: t * x, [x])[1][0], [3.0])
    expect(value).equals(3.0)
    expect(slope).equals(1.0)


def of_what_is_around_at_a_number(ag: Autograd) -> None:
    """The same, and the inner product is taken at a number."""
    value, (slope,) = ag.vjp(lambda x: ag.vjp(lambda t: t * x * x, [5.0])[1][0], [3.0])
    expect(value).equals(9.0)
    expect(slope).equals(6.0)


def of_one_tensor_twice(ag: Autograd) -> None:
    """Each place has a derivative of its own."""
    x = ag.tensor(3.0)
    _, (by_p, by_q) = ag.vjp(lambda p, q: p * q * q, [x, x])
    expect(by_p).equals(9.0)
    expect(by_q).equals(18.0)

    def total(x: Any) -> Any:
        _, (by_p, by_q) = ag.vjp(lambda p, q: p * q * q, [x, x])
        return by_p + by_q

    _, (slope,) = ag.vjp(total, [3.0])
    expect(slope).equals(18.0)


def of_dependent_inputs(ag: Autograd) -> None:
    """An input that was computed from another one."""

    def f(x: Any) -> Any:
        _, (by_p, by_q) = ag.vjp(lambda p, q: p * q * q, [x, x * 2.0])
        return by_p + by_q * 10.0

    value, (slope,) = ag.vjp(f, [3.0])
    expect(value).equals(36.0 + 360.0)
    expect(slope).equals(24.0 + 240.0)


def of_constants(ag: Autograd) -> None:
    """Functions that do not look at their input, and what is made of a missing gradient."""
    c = ag.tensor([1.0, 2.0])
    value, (gradient,) = ag.vjp(lambda _: c, [[2.0, 3.0]], [1.0, 1.0])
    expect(value).equals([1.0, 2.0])
    expect(gradient).equals([0.0, 0.0])
    expect(gradient + 1.0).equals([1.0, 1.0])
    value, (gradient,) = ag.vjp(lambda _: 5.0, [2.0])
    expect(value).equals(5.0)
    expect(gradient * 2.0).equals(0.0)
    _, (first, second) = ag.vjp(lambda x, _: x * 3.0, [2.0, 5.0])
    expect(second + first).equals(3.0)
    value, (gradient,) = ag.vjp(lambda _: [5.0, 6.0], [2.0], [1.0, 1.0])
    expect(value).equals([5.0, 6.0])
    expect(gradient).equals(0.0)
    value, (gradient,) = ag.vjp(lambda x: x, [2.0])
    expect(value + gradient).equals(3.0)
    ag.forget(value)
    expect(c * 1.0).equals([1.0, 2.0])


def of_constants_inside(ag: Autograd) -> None:
    """A constant derivative, and a product that is a constant."""
    _, (second,) = ag.vjp(derivative(ag, lambda x: x * 3.0), [2.0])
    expect(second).equals(0.0)
    _, (second,) = ag.vjp(lambda x: x * ag.vjp(lambda _: 7.0, [x])[0], [2.0])
    expect(second).equals(7.0)


def of_one_data_type(ag: Autograd) -> None:
    """A missing gradient is zero of its input's data type."""
    x = ag.tensor([1.0, 2.0], dtype="float32")
    _, (first, second) = ag.vjp(lambda a, _: (a * a).sum(), [x, x])
    expect(first).has_dtype("float32")
    expect(second).has_dtype("float32")
    expect(second).equals([0.0, 0.0])


def with_a_cotangent(ag: Autograd) -> None:
    """Cotangents inside and outside."""

    def inner(x: Any) -> Any:
        return ag.vjp(lambda t: t * t * t, [x], [2.0, -0.5])[1][0]

    _, (found,) = ag.vjp(inner, [[1.0, 3.0]], [1.5, 4.0])
    expect(found).equals([18.0, -36.0])


def of_an_outer_leaf(ag: Autograd) -> None:
    """The product leaves the gradient of a leaf around it alone, and has a derivative by it."""
    w = ag.tensor(2.0, requires_grad=True)
    value, (gradient,) = ag.vjp(lambda x: w * w * x, [3.0])
    expect(w.grad).is_none()
    (value + gradient).backward()
    expect(w.grad).equals(16.0)


def without_recording(ag: Autograd) -> None:
    """Whether something is recorded around it makes no difference to a product."""
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        _, (of_tensor,) = ag.vjp(lambda t: t * t, [x])
        _, (of_number,) = ag.vjp(lambda t: t * t, [3.0])
        _, (second,) = ag.vjp(derivative(ag, lambda t: t * t * x), [3.0])
    for found in (of_tensor, of_number, second):
        expect(found).equals(6.0)
        expect(found.requires_grad).is_false()


def that_is_refused(ag: Autograd) -> None:
    """What the engine refuses inside the function is refused."""
    with ag.refuses("operand-shape"):
        ag.vjp(lambda x: x + ag.tensor([1.0, 2.0, 3.0]), [[1.0, 2.0]], [1.0, 1.0])
    _, (gradient,) = ag.vjp(lambda x: x * x, [3.0])
    expect(gradient).equals(6.0)


def whose_function_raises(ag: Autograd) -> None:
    """What the function raises by itself is the caller's own, on every engine."""

    def interrupted(x: Any) -> Any:
        expect(x * 2.0).equals(6.0)
        raise ValueError

    with ag.refuses("callback"):
        ag.vjp(interrupted, [3.0])
    with ag.refuses("callback"):
        ag.vjp(derivative(ag, interrupted), [3.0])


def in_a_rule(ag: Autograd) -> None:
    """Products inside the rules of a custom function."""

    class Square(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return ag.vjp(lambda t: t * t, [x])[0]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * ag.vjp(lambda t: t * t, [x])[1][0]

    x = ag.tensor(3.0, requires_grad=True)
    Square.apply(x).backward()
    expect(x.grad).equals(6.0)


def in_a_hook(ag: Autograd) -> None:
    """A product inside a function that the engine calls."""
    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(lambda gradient: ag.vjp(lambda t: t * t, [gradient])[1][0])
    (x * 5.0).backward()
    expect(x.grad).equals(10.0)


def mapped(ag: Autograd) -> None:
    """A product of a function that is mapped, at what is mapped and at a number."""
    x = ag.tensor([1.0, 2.0])
    expect(ag.func.vmap(derivative(ag, lambda t: t * t))(x)).equals([2.0, 4.0])
    at_five = ag.func.vmap(lambda w: ag.vjp(lambda t: t * t * w, [5.0])[1][0])
    expect(at_five(x)).equals([10.0, 20.0])


def mapped_at_a_constant(ag: Autograd) -> None:
    """A product at a constant, of a function that uses what is mapped."""
    c = ag.tensor(3.0)
    f = ag.func.vmap(lambda w: ag.vjp(lambda t: t * t * w, [c])[1][0])
    expect(f(ag.tensor([1.0, 2.0]))).equals([6.0, 12.0])


def in_a_checkpoint(ag: Autograd) -> None:
    """A product in a function that is run again, and that is looked at on the way."""

    def cube(t: Any) -> Any:
        expect(t).equals(3.0)
        return t * t * t

    x = ag.tensor(3.0, requires_grad=True)
    run = ag.func.checkpoint(derivative(ag, cube), use_reentrant=False)
    run(x).backward()
    expect(x.grad).equals(18.0)


def transformed(ag: Autograd) -> None:
    """A product inside a function that is differentiated by a transform."""
    x = ag.tensor(3.0)
    expect(ag.func.grad(derivative(ag, lambda t: t * t * t))(x)).equals(18.0)
    around = ag.func.grad(lambda w: ag.vjp(lambda t: t * w * w, [w])[1][0])
    expect(around(x)).equals(6.0)


EVERYWHERE = (
    of_products_three_deep,
    of_what_is_around,
    of_what_is_around_at_a_number,
    of_one_tensor_twice,
    of_dependent_inputs,
    of_constants,
    of_constants_inside,
    of_one_data_type,
    with_a_cotangent,
    whose_function_raises,
)
ON_TAPES = (of_an_outer_leaf, without_recording, in_a_rule, in_a_hook, that_is_refused)
ON_TORCH = (mapped, mapped_at_a_constant, in_a_checkpoint, transformed)

RUNS = [
    *((name, body) for name in ("reference", "torch", "autograd") for body in EVERYWHERE),
    *((name, body) for name in ("reference", "torch") for body in ON_TAPES),
    *(("torch", body) for body in ON_TORCH),
]


def loaded(name: str) -> Any:
    """Load an engine, if it is here."""
    try:
        return load_engine(name)
    except EngineNotInstalled as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("name", "body"), RUNS, ids=[f"{n}-{b.__name__}" for n, b in RUNS])
def test_a_product_is_that_of_calculus_live_replayed_and_printed(
    name: str, body: Callable[[Autograd], None]
) -> None:
    engine = loaded(name)
    recorder = shows_what_was_demanded(body, engine)
    stored = to_json(recorder.program)
    with Recorder(engine) as again:
        replay(from_json(stored), again)

    assert again.assertions == recorder.assertions
    assert to_json(again.program) == stored
    assert engine.script(from_json(stored)) == engine.script(recorder.program)


def test_a_product_that_an_engine_cannot_perform_again_is_printed_as_it_was_stored(
    engine: ReferenceEngine,
) -> None:
    with Recorder(engine) as recorder:
        value, _ = Autograd(recorder).vjp(lambda x: x * x, [3.0])
        if value.item() > 1.0:
            expect(value).equals(9.0)
    stored = to_json(recorder.program)
    assert '"seen":true' in stored

    script = engine.script(from_json(stored.replace('"seen":true', '"seen":false')))

    assert "vjp(function, inputs)" in script
    assert "print('found:', t3, '   expected:', 9.0)" in script


def test_a_product_is_no_demand() -> None:
    for name in ("reference", "torch", "autograd", "micrograd"):
        with Recorder(loaded(name)) as recorder:
            Autograd(recorder).vjp(lambda x: x * x, [3.0])
            Autograd(recorder).vjp(lambda _: 5.0, [3.0])

        assert recorder.assertions == 0, name


def test_a_product_by_something_around_needs_more_than_a_tape(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        w = ag.tensor(2.0, requires_grad=True)
        c = ag.tensor(3.0)
        ag.vjp(lambda x: x * (c * 2.0), [3.0])
        assert "create_graph" not in ag._recorder.used
        ag.vjp(lambda x: x * w, [3.0])
        assert "create_graph" in ag._recorder.used

    with Recorder(engine) as recorder:
        body(Autograd(recorder))


def test_a_product_without_a_way_to_differentiate_again_is_unsupported() -> None:
    with (
        Recorder(loaded("micrograd")) as recorder,
        pytest.raises(Unsupported, match="create_graph"),
    ):
        of_what_is_around_at_a_number(Autograd(recorder))


@pytest.mark.parametrize(
    "function",
    [lambda t: [t * t, t], lambda t: {"a": t}, lambda _: None, lambda _: "five"],
    ids=["list", "dict", "None", "text"],
)
def test_a_function_that_gives_no_tensor_is_told_what_is_expected(
    function: Callable[[Any], Any], engine: ReferenceEngine
) -> None:
    with (
        Recorder(engine) as recorder,
        pytest.raises(TypeError, match=r"a product gave .*, expected one tensor or a number"),
    ):
        Autograd(recorder).vjp(function, [3.0])


@pytest.fixture(scope="module")
def torch_over_there() -> Iterator[RemoteEngine]:
    """Give the oracle in another process."""
    loaded("torch")
    serve = [sys.executable, "-m", "gradspec_conformance.serving", "torch"]
    remote = RemoteEngine(serve)
    yield remote
    remote.close()


@pytest.mark.parametrize("body", EVERYWHERE, ids=lambda body: body.__name__)
def test_a_stored_product_does_not_depend_on_who_recorded_it(
    body: Callable[[Autograd], None], torch_over_there: RemoteEngine
) -> None:
    stored = set()
    for engine in (*map(loaded, ("reference", "torch", "autograd")), torch_over_there):
        with Recorder(engine) as recorder:
            body(Autograd(recorder))
        stored.add(to_json(recorder.program))

    assert len(stored) == 1


@pytest.mark.parametrize("body", [without_recording, *ON_TORCH], ids=lambda body: body.__name__)
def test_a_product_is_the_same_over_a_pipe(
    body: Callable[[Autograd], None], torch_over_there: RemoteEngine
) -> None:
    with Recorder(torch_over_there) as there:
        body(Autograd(there))
    with Recorder(loaded("torch")) as here:
        body(Autograd(here))

    assert to_json(there.program) == to_json(here.program)
    assert there.assertions == here.assertions > 0


@pytest.mark.parametrize("number", [4, True, 4.0])
def test_a_number_is_of_whatever_type_the_engine_works_in(number: float) -> None:
    try:
        engine = load_engine("micrograd")
    except EngineNotInstalled as error:
        pytest.skip(str(error))
    with Recorder(engine) as recorder:
        value, (slope,) = Autograd(recorder).vjp(lambda _: number, [3.0])
        expect(value).equals(float(number))
        expect(slope).equals(0.0)

"""A program is plain data: it survives JSON, prints as a script, and replays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from chosen_cases import A_CHAPTER, some_of

from gradspec import Autograd, Interrupted, expect
from gradspec.exceptions import Failure, FailureKind
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.scripts import as_gradspec
from gradspec.program.steps import Program, Ref
from gradspec.program.storing import decode, encode, from_json, to_json

if TYPE_CHECKING:
    from gradspec_conformance.adapters.reference import ReferenceEngine


def hook_with_a_body(ag: Autograd) -> None:
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    seen = ag.notes()

    def double(gradient: Any) -> Any:
        seen.note(gradient.clone())
        return gradient * 2.0

    x.register_hook(double)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()

    expect(seen).equals([[4.0, 6.0], [4.0, 6.0]])
    expect(x.grad).equals([16.0, 24.0])


def custom_backward(ag: Autograd) -> None:
    """A rule of the caller that doubles the gradient of a square."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            (x,) = ctx.saved_tensors
            return cotangent * x * 4.0

    x = ag.tensor([2.0, 3.0], requires_grad=True)
    Doubled.apply(x).backward(ag.tensor([1.0, -0.5]))

    expect(x.grad).equals([8.0, -6.0])


def write_through_a_view(ag: Autograd) -> None:
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1.0
    row = y[0]
    row[1:].mul_(10.0)
    y[1] = 7.0
    y.backward(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))

    expect(x.grad).equals([[1.0, 20.0], [0.0, 0.0]])
    with ag.refuses("graph-freed"):
        y.backward(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))


def hook_that_raises(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)

    def stop(_gradient: Any) -> None:
        raise Interrupted

    hook = x.register_hook(stop)
    with ag.refuses("callback"):
        (x * x).backward()
    hook.remove()
    (x * x).backward()

    expect(x.grad).equals(4.0)


def nested_products(ag: Autograd) -> None:
    def slope(x: Any) -> Any:
        return ag.vjp(lambda t: t * t * t, [x])[1][0]

    _, (curvature,) = ag.vjp(slope, [ag.tensor(2.0, requires_grad=True)])

    expect(curvature).equals(12.0)


def modes_and_warnings(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with ag.no_grad():
        expect((x * x).requires_grad).is_false()
    y = x * x
    with ag.warns():
        expect(y.grad).is_none()


def refused_inside_a_mode(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    with ag.refuses("root-without-grad"):
        with ag.no_grad():
            y = x * x
            y.backward()
        x.grad = y
    expect(ag.is_grad_enabled()).is_true()


def an_attempt(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    z = y * y
    y.mul_(2.0)
    with ag.attempt("stale-saved-tensor") as attempt:
        z.backward()
    with attempt.granted():
        expect(x.grad).equals(36.0)
    expect(y).equals(12.0)


PROGRAMS = [
    hook_with_a_body,
    write_through_a_view,
    hook_that_raises,
    nested_products,
    custom_backward,
    modes_and_warnings,
    refused_inside_a_mode,
    an_attempt,
]


def recorded(body: Any, engine: ReferenceEngine) -> Recorder:
    """Run a body and give back what was recorded."""
    with Recorder(engine) as recorder:
        body(Autograd(recorder))
    return recorder


def replayed(program: Program, engine: ReferenceEngine) -> Recorder:
    """Store a program, read it back and replay it."""
    with Recorder(engine) as recorder:
        replay(from_json(to_json(program)), recorder)
    return recorder


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_a_program_replays_from_json_with_every_assertion(
    body: Any, engine: ReferenceEngine
) -> None:
    first = recorded(body, engine)
    again = replayed(first.program, engine)

    assert again.assertions == first.assertions
    assert to_json(again.program) == to_json(first.program)


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_a_printed_program_runs(body: Any, engine: ReferenceEngine) -> None:
    first = recorded(body, engine)
    counted: dict[str, Any] = {}

    exec(compile(as_gradspec(first.program), "script", "exec"), counted)

    assert counted["ag"]._recorder.assertions == first.assertions


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_a_program_printed_in_the_engines_words_shows_what_is_expected(
    body: Any, engine: ReferenceEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    script = engine.script(recorded(body, engine).program)

    exec(compile(script, "script", "exec"), {})

    shown = capsys.readouterr().out
    assert "expected" in shown


def test_a_refusal_inside_a_mode_is_a_try_around_the_mode(engine: ReferenceEngine) -> None:
    script = engine.script(recorded(refused_inside_a_mode, engine).program)

    assert "try:\n    with torch.autograd.grad_mode.no_grad():\n" in script
    assert "expected: root-without-grad" in script


def test_an_error_of_the_engine_inside_a_function_is_not_printed_as_the_callers(
    engine: ReferenceEngine,
) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        y = x * x
        y.backward()
        x.register_hook(lambda _: y.backward())
        with ag.refuses("graph-freed"):
            (x * 3.0).backward()

    program = recorded(body, engine).program

    assert "Interrupted" not in as_gradspec(program)
    assert replayed(program, engine).assertions == 1


def test_a_replay_fails_as_the_clause_would(engine: ReferenceEngine) -> None:
    def wrong(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        (x * x).backward()
        expect(x.grad).equals(5.0)

    with Recorder(engine) as recorder, pytest.raises(Failure):
        wrong(Autograd(recorder))
    with Recorder(engine) as again, pytest.raises(Failure) as failure:
        replay(from_json(to_json(recorder.program)), again)

    assert failure.value.kind is FailureKind.VALUE


@A_CHAPTER
def test_every_clause_replays(chapter: str, engine: ReferenceEngine) -> None:
    for case in some_of(chapter):
        if not case.is_law:
            first = recorded(case.perform, engine)
            again = replayed(first.program, engine)

            assert again.assertions == first.assertions > 0, case.id


def test_a_demand_on_what_no_engine_said_is_refused(engine: ReferenceEngine) -> None:
    with Recorder(engine), pytest.raises(TypeError, match="nothing that an engine said"):
        expect([1, 2]).equals([1, 2])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -0.0,
        1.5,
        2.0 - 3.0j,
        "text",
        [1, (2, 3)],
        {"w": Ref(3)},
        MappingProxyType({"w": Ref(3)}),
        slice(1, None, 2),
        (..., None, slice(None)),
    ],
    ids=repr,
)
def test_plain_values_survive_json(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize("dtype", ["bool", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (0, 3)])
def test_arrays_survive_json_with_shape_and_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, dtype)

    back = np.asarray(decode(encode(array)))

    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(back, array)


def test_nan_infinity_and_negative_zero_survive_json() -> None:
    array = np.array([np.nan, np.inf, -np.inf, -0.0])

    values = np.asarray(decode(encode(array)))

    np.testing.assert_array_equal(values, array)
    assert np.signbit(values[3])


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(ValueError, match="not a program in the format"):
        from_json('{"format": "gradspec-program/1", "steps": []}')

"""A program is plain data: it survives JSON, prints as a script, and replays."""

from __future__ import annotations

import contextlib
import io
import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import CLAUSES, Autograd, Clause, Interrupted, expect
from gradspec.judging.outcome import Failure, FailureKind
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.scripts.script import as_gradspec, as_torch
from gradspec.program.steps import Program, Ref, decode, encode

if TYPE_CHECKING:
    from gradspec_conformance.adapters.reference import ReferenceEngine


def hook_with_a_body(ag: Autograd) -> None:
    x = ag.tensor([2.0, 3.0], requires_grad=True)
    seen: list[Any] = []

    def double(gradient: Any) -> Any:
        seen.append(gradient.clone())
        return gradient * 2.0

    x.register_hook(double)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()

    expect(seen[0]).equals([4.0, 6.0])
    expect(x.grad).equals([16.0, 24.0])


def custom_backward(ag: Autograd) -> None:
    """A rule of the caller that doubles the gradient of a square."""

    def forward(context: Any, x: Any) -> Any:
        context.save_for_backward(x)
        return x * x

    def backward(context: Any, cotangent: Any) -> Any:
        (x,) = context.saved_tensors
        return cotangent * x * 4.0

    x = ag.tensor([2.0, 3.0], requires_grad=True)
    ag.custom_function(forward, backward, x).backward(ag.tensor([1.0, -0.5]))

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


PROGRAMS = [
    hook_with_a_body,
    write_through_a_view,
    hook_that_raises,
    nested_products,
    custom_backward,
    modes_and_warnings,
]


def recorded(body: Any, engine: ReferenceEngine) -> Recorder:
    """Run a body and give back what was recorded."""
    with Recorder(engine) as recorder:
        body(Autograd(recorder))
    return recorder


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_a_program_replays_from_json_with_every_assertion(
    body: Any, engine: ReferenceEngine
) -> None:
    first = recorded(body, engine)
    stored = Program.from_json(first.program.to_json())
    with Recorder(engine) as again:
        replay(stored, again)

    assert again.assertions == first.assertions
    assert [s.act for s in again.program.steps] == [s.act for s in first.program.steps]


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_a_printed_program_runs(body: Any, engine: ReferenceEngine) -> None:
    script = as_gradspec(recorded(body, engine).program)
    counted: dict[str, Any] = {}

    exec(compile(script, "script", "exec"), counted)

    assert counted["ag"]._recorder.assertions == recorded(body, engine).assertions


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_a_program_printed_for_torch_shows_what_is_expected(
    body: Any, engine: ReferenceEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    first = recorded(body, engine)
    script = as_torch(first.program, "gradspec_reference")

    exec(compile(script, "script", "exec"), {})

    shown = capsys.readouterr().out
    assert "expected" in shown


@pytest.mark.parametrize("words", ["gradspec", "torch"])
def test_the_printed_program_of_every_clause_runs(words: str, engine: ReferenceEngine) -> None:
    refused = []
    for clause in (c for c in CLAUSES.values() if not c.is_law):
        program = recorded(clause.body, engine).program
        native = as_torch(program, "gradspec_reference")
        script = as_gradspec(program) if words == "gradspec" else native
        if "more lines" in script:
            continue
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                exec(compile(script, clause.id, "exec"), {})
            except Exception as error:  # noqa: BLE001 - whatever it is, it is named
                refused.append((clause.id, error))

    assert refused == []


def test_a_replay_fails_as_the_clause_would(engine: ReferenceEngine) -> None:
    def wrong(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        (x * x).backward()
        expect(x.grad).equals(5.0)

    with Recorder(engine) as recorder, pytest.raises(Failure):
        wrong(Autograd(recorder))
    with Recorder(engine) as again, pytest.raises(Failure) as failure:
        replay(Program.from_json(recorder.program.to_json()), again)

    assert failure.value.kind is FailureKind.VALUE


@pytest.mark.parametrize(
    "clause", [c for c in CLAUSES.values() if not c.is_law], ids=lambda c: c.id
)
def test_every_clause_replays(clause: Clause, engine: ReferenceEngine) -> None:
    first = recorded(clause.body, engine)
    with Recorder(engine) as again:
        replay(Program.from_json(first.program.to_json()), again)

    assert again.assertions == first.assertions > 0


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -0.0,
        1.5,
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
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_arrays_survive_json_with_shape_and_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, dtype)

    back = decode(encode(array))

    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(back, array)


def test_nan_infinity_and_negative_zero_survive_json() -> None:
    array = np.array([np.nan, np.inf, -np.inf, -0.0])

    back = Program.from_json(Program([], "float64").to_json())
    values = decode(encode(array))

    assert back.dtype == "float64"
    np.testing.assert_array_equal(values, array)
    assert np.signbit(values[3])

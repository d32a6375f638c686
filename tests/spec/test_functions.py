"""Functions live in the engine: what they are given, what they raise, how they are stored."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import caller_programs
import function_programs
import numpy as np
import pytest

from gradspec import Autograd, Interrupted, expect
from gradspec.exceptions import Diverged, Failure, Refused, Unsupported, WrongCall
from gradspec.port.abilities import WORDS
from gradspec.program.folding import folded
from gradspec.program.objects import FunctionContext, Tensor
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.scripts import as_gradspec
from gradspec.program.steps import Function, Program
from gradspec.program.storing import from_json, to_json
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineNotInstalled
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.engine import Engine
    from gradspec_conformance.adapters.reference import ReferenceEngine

PROGRAMS = pytest.mark.parametrize(
    "body", [*function_programs.ON_TORCH, *caller_programs.ON_TORCH], ids=lambda b: b.__name__
)


@pytest.fixture(scope="module")
def torch_engine() -> Engine:
    """Give the oracle, if it is here."""
    try:
        return load_engine("torch")
    except EngineNotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def torch_over_there(torch_engine: Engine) -> Iterator[RemoteEngine]:
    """Give the oracle in another process."""
    del torch_engine
    serve = [sys.executable, "-m", "gradspec_conformance.serving", "torch"]
    remote = RemoteEngine(serve)
    yield remote
    remote.close()


def recorded(body: Callable[[Autograd], Any], engine: Engine) -> Recorder:
    """Run a body and give back what was recorded."""
    with Recorder(engine) as recorder:
        body(Autograd(recorder))
    return recorder


@PROGRAMS
def test_a_program_about_functions_runs_on_torch_and_replays(
    body: Callable[[Autograd], None], torch_engine: Engine
) -> None:
    first = recorded(body, torch_engine)
    stored = to_json(first.program)
    with Recorder(torch_engine) as again:
        replay(from_json(stored), again)

    assert again.assertions == first.assertions > 0
    assert to_json(again.program) == stored


@PROGRAMS
def test_it_is_the_same_program_over_a_pipe(
    body: Callable[[Autograd], None], torch_engine: Engine, torch_over_there: RemoteEngine
) -> None:
    here = recorded(body, torch_engine)
    there = recorded(body, torch_over_there)

    assert to_json(there.program) == to_json(here.program)


@PROGRAMS
def test_it_prints_as_scripts_that_run(body: Callable[[Autograd], None], torch_engine: Any) -> None:
    first = recorded(body, torch_engine)
    pairs: list[tuple[Any, Any]] = []
    counted: dict[str, Any] = {}

    def compare(*said: Any) -> None:
        if said[0] == "found:":
            pairs.append((said[1], said[3]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(torch_engine.script(first.program), "own", "exec"), {"print": compare})
        exec(compile(as_gradspec(first.program, "torch"), "notation", "exec"), counted)

    assert counted["ag"]._recorder.assertions == first.assertions
    for found, wanted in pairs:
        if isinstance(wanted, float | list) and hasattr(found, "detach"):
            np.testing.assert_allclose(found.detach().numpy(), wanted)


@PROGRAMS
def test_the_reference_engine_runs_it_or_says_what_it_lacks(
    body: Callable[[Autograd], None], engine: ReferenceEngine
) -> None:
    lacking, assertions = "", 0
    try:
        assertions = recorded(body, engine).assertions
    except Unsupported as unsupported:
        lacking = unsupported.capability

    assert (assertions > 0) != (lacking in set(WORDS) - Recorder(engine).subject.abilities)


# what arrives -------------------------------------------------------------------------
def test_none_a_context_and_a_plain_value_arrive_as_what_they_are(engine: ReferenceEngine) -> None:
    seen: list[Any] = []

    def body(ag: Autograd) -> None:
        class Pair(ag.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(ctx: Any, x: Any, word: Any) -> Any:
                ctx.set_materialize_grads(False)
                seen.append((type(ctx), type(x), word.value))
                return x * 2.0, x * 3.0

            @staticmethod
            def backward(ctx: Any, g: Any, h: Any) -> Any:
                seen.append((type(ctx), type(g), h))
                return g * 2.0, None

        x = ag.tensor(1.0, requires_grad=True)
        Pair.apply(x, "word")[0].backward()
        expect(x.grad).equals(2.0)

    recorded(body, engine)

    assert seen == [(FunctionContext, Tensor, "word"), (FunctionContext, Tensor, None)]


def test_a_function_passed_on_by_the_engine_is_still_a_function(torch_engine: Engine) -> None:
    def body(ag: Autograd) -> None:
        def apply(g: Any, x: Any) -> Any:
            return g(x) * 2.0

        run = ag.func.checkpoint(apply, use_reentrant=False)
        x = ag.tensor(3.0, requires_grad=True)
        run(lambda t: t * t, x).backward()
        expect(x.grad).equals(12.0)

    stored = to_json(recorded(body, torch_engine).program)
    with Recorder(torch_engine) as again:
        replay(from_json(stored), again)

    assert again.assertions == 1


# what is raised -----------------------------------------------------------------------
class Swallows:
    """Wraps an engine and swallows what a hook raises."""

    def __init__(self, engine: ReferenceEngine) -> None:
        self._engine = engine
        self.name, self.version, self.abilities = engine.name, engine.version, engine.abilities
        self.error_kind = engine.error_kind
        self.leave = engine.leave
        self.swallowed: list[Exception] = []

    def speak(self, act: Any, given: dict[str, Any], forms: Any) -> Any:
        """Let nothing out of a hook."""
        if "hook" in given:
            hook = given["hook"]

            def quiet(*arguments: Any) -> Any:
                try:
                    return hook(*arguments)
                except Exception as error:  # noqa: BLE001 - whatever it is
                    self.swallowed.append(error)
                    return None

            given = {**given, "hook": quiet}
        return self._engine.speak(act, given, forms)


def test_an_engine_error_that_the_engine_swallows_is_over(engine: ReferenceEngine) -> None:
    swallows = Swallows(engine)

    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        y = x * x
        y.backward()
        x.register_hook(lambda _: y.backward())
        (x * 3.0).backward()
        expect(x.grad).equals(7.0)
        expect(x * 2.0).equals(4.0)

    recorder = recorded(body, swallows)

    assert [type(e).__name__ for e in swallows.swallowed] == ["GraphFreedError"]
    assert recorder.assertions == 2


def test_a_demand_that_fails_in_a_hook_fails_though_the_engine_swallows_it(
    engine: ReferenceEngine,
) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(lambda gradient: expect(gradient).equals(99.0))
        (x * 3.0).backward()

    with pytest.raises(Failure):
        recorded(body, Swallows(engine))


def test_the_callers_own_exception_comes_out_as_the_same_object(torch_engine: Engine) -> None:
    mine = KeyError("mine")

    def body(ag: Autograd) -> None:
        def stop(_: Any) -> Any:
            raise mine

        ag.func.grad(stop)(ag.tensor(1.0))

    with pytest.raises(Refused) as refused:
        recorded(body, torch_engine)

    assert refused.value.error is mine
    assert refused.value.kind == "callback"


def test_an_engine_cannot_say_the_kits_own_word(engine: ReferenceEngine) -> None:
    class Excuses(type(engine)):  # type: ignore[misc]
        def backward(self, *_: Any, **__: Any) -> Any:
            raise Unsupported("tape")

    def body(ag: Autograd) -> None:
        (ag.tensor(2.0, requires_grad=True) * 3.0).backward()

    with pytest.raises(Refused, match="raised Unsupported"):
        recorded(body, Excuses())


def test_what_an_engine_says_of_itself_while_it_runs_changes_nothing(
    engine: ReferenceEngine,
) -> None:
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        engine.abilities = frozenset({"values"})
        x = ag.tensor(2.0, requires_grad=True)
        (x * x).backward()
        expect(x.grad).equals(4.0)

    assert recorder.assertions == 1


# modes and threads --------------------------------------------------------------------
def test_the_engine_is_told_what_its_mode_was_left_by(engine: ReferenceEngine) -> None:
    told: list[Any] = []

    class Told(type(engine)):  # type: ignore[misc]
        def leave(self, mode: Any, error: Any = None) -> bool:
            told.append(error)
            return bool(super().leave(mode, error))

    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0)
        with ag.refuses("root-without-grad"), ag.no_grad():
            x.backward()
        with ag.no_grad():
            pass
        expect(ag.is_grad_enabled()).is_true()

    recorded(body, Told())

    assert [type(error).__name__ for error in told] == ["RootWithoutGradError", "NoneType"]


def test_a_hook_that_runs_in_another_thread_is_recorded_where_it_belongs(
    engine: ReferenceEngine,
) -> None:
    def body(ag: Autograd) -> None:
        seen = ag.notes()

        def work(x: Any) -> Any:
            with ag.no_grad():
                expect((x * 2.0).requires_grad).is_false()
            seen.note(x * 2.0)
            return x * 5.0

        x = ag.tensor(3.0, requires_grad=True)
        ag.func.thread(work)(x).backward()
        expect(seen).equals([6.0])
        expect(x.grad).equals(5.0)

    first = recorded(body, engine)
    with Recorder(engine) as again:
        replay(from_json(to_json(first.program)), again)

    assert [step.act for step in first.program.steps].count("expect") == 2
    assert again.assertions == first.assertions == 3


# a trace has no values ----------------------------------------------------------------
def test_a_shape_is_known_where_values_are_not(torch_engine: Engine) -> None:
    def body(ag: Autograd) -> None:
        def f(x: Any) -> Any:
            return x * float(x.shape[0])

        found = ag.func.vmap(f)(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
        expect(found).equals([[2.0, 4.0], [6.0, 8.0]])

    assert recorded(body, torch_engine).assertions == 1


def test_item_and_float_are_two_abilities(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0)
        expect(x.item()).equals(2.0)
        with pytest.raises(Unsupported, match="float"):
            float(x)

    class NoFloat(type(engine)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.abilities = self.abilities - {"float"}

    assert recorded(body, NoFloat()).assertions == 1


# derived products ---------------------------------------------------------------------
def constant_input(ag: Autograd) -> None:
    """The function does not look at its second input."""
    _, (first, second) = ag.vjp(lambda x, _: x * 3.0, [2.0, 5.0])
    expect(first).equals(3.0)
    expect(second).equals(0.0)


def constant_derivative(ag: Autograd) -> None:
    """The second derivative of a linear function."""
    _, (second,) = ag.vjp(lambda x: ag.vjp(lambda t: t * 3.0, [x])[1][0], [2.0])
    expect(second).equals(0.0)


def constant_function(ag: Autograd) -> None:
    """A function of nothing."""
    c = ag.tensor(4.0)
    value, (gradient,) = ag.vjp(lambda _: c * 1.0, [2.0])
    expect(value).equals(4.0)
    expect(gradient).equals(0.0)


def constant_tensor(ag: Autograd) -> None:
    """A product at a tensor that does not require grad."""
    _, (gradient,) = ag.vjp(lambda x: x * x, [ag.tensor(3.0)])
    expect(gradient).equals(6.0)


@pytest.mark.parametrize("name", ["reference", "torch", "autograd"])
@pytest.mark.parametrize(
    "body",
    [constant_input, constant_derivative, constant_function, constant_tensor],
    ids=lambda b: b.__name__,
)
def test_products_are_those_of_calculus_on_every_engine(
    body: Callable[[Autograd], None], name: str
) -> None:
    try:
        loaded = load_engine(name)
    except EngineNotInstalled as error:
        pytest.skip(str(error))

    assert recorded(body, loaded).assertions > 0


# folding and replay -------------------------------------------------------------------
def test_calls_that_are_alike_are_one_body(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(lambda gradient: gradient * 2.0)
        for _ in range(5):
            (x * 3.0).backward()
        expect(x.grad).equals(30.0)

    (function,) = functions_of(recorded(body, engine).program)

    assert (len(function.bodies), function.turns) == (1, [0] * 5)


def test_calls_that_are_not_alike_come_in_turn(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        factors = iter([2.0, 10.0, 2.0])
        x.register_hook(lambda gradient: gradient * next(factors))
        for _ in range(3):
            (x * 3.0).backward()
        expect(x.grad).equals(42.0)

    (function,) = functions_of(recorded(body, engine).program)

    assert (len(function.bodies), function.turns) == (2, [0, 1, 0])


def functions_of(program: Program) -> list[Function]:
    """List the functions that a folded program gives to the engine."""
    values = (v for step in folded(program).steps for v in step.given.values())
    return [v for v in values if isinstance(v, Function)]


def test_a_function_that_uses_what_another_call_made_keeps_its_calls(
    engine: ReferenceEngine,
) -> None:
    def body(ag: Autograd) -> None:
        store: list[Any] = []
        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(lambda gradient: store.append(gradient * 2.0))
        for _ in range(2):
            (x * 3.0).backward()
        expect(store[0]).equals(6.0)
        expect(store[1]).equals(6.0)

    first = recorded(body, engine)
    with Recorder(engine) as again:
        replay(from_json(to_json(first.program)), again)

    assert len(functions_of(first.program)[0].bodies) == 2
    assert again.assertions == 2


def test_a_replay_whose_function_is_called_more_often_diverges(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        factors = iter([2.0, 10.0])
        x.register_hook(lambda gradient: gradient * next(factors))
        for _ in range(2):
            (x * 3.0).backward()
        expect(x.grad).equals(36.0)

    program = recorded(body, engine).program
    backward = next(step for step in program.steps if step.act == "op:mul")
    place = program.steps.index(backward)
    program.steps[place + 2 : place + 2] = program.steps[place : place + 2]

    with Recorder(engine) as again, pytest.raises(Diverged, match="more often"):
        replay(program, again)


def test_a_replay_whose_function_is_given_something_else_diverges(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(lambda gradient: gradient * 2.0)
        (x * 3.0).backward()
        expect(x.grad).equals(6.0)

    program = recorded(body, engine).program
    given = next(step for step in program.steps if step.act == "register_hook").given
    given["hook"].bodies[0].arguments = (None,)

    with Recorder(engine) as again, pytest.raises(Diverged, match="not when recorded"):
        replay(program, again)


def test_a_replay_that_is_steered_by_another_number_diverges(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0)
        y = x * 2.0 if float(x) > 1.0 else x
        expect(y).equals(4.0)

    program = from_json(to_json(recorded(body, engine).program).replace('"data":2.0', '"data":0.5'))

    with Recorder(engine) as again, pytest.raises(Diverged, match=r"gave 0\.5"):
        replay(program, again)


def test_what_repeats_is_a_loop(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(1.0, requires_grad=True)
        y, z = x, x * 1.0
        for _ in range(50):
            y, z = y + z, z - x
        y.backward()
        expect(x.grad).equals(1.0 + 50 - 49 * 25.0)

    program = recorded(body, engine).program
    with Recorder(engine) as again:
        replay(from_json(to_json(program)), again)

    assert [step.act for step in folded(program).steps].count("repeat") == 1
    assert len(folded(program).steps) < 10
    assert again.assertions == 1


def test_rounds_that_are_used_afterwards_stay_written_out(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        y = ag.tensor(1.0)
        rounds = []
        for _ in range(50):
            y = y * 2.0
            rounds.append(y)
        expect(rounds[3]).equals(16.0)

    program = recorded(body, engine).program
    with Recorder(engine) as again:
        replay(from_json(to_json(program)), again)

    acts = [step.act for step in folded(program).steps]
    assert acts[:6] == ["tensor", *["op:mul"] * 4, "repeat"]
    assert again.assertions == 1


def test_a_hook_given_by_name_is_a_function(engine: ReferenceEngine) -> None:
    assert recorded(function_programs.a_hook_given_by_name, engine).assertions == 1


def test_an_interruption_is_printed_as_what_was_raised(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        def stop(_: Any) -> Any:
            raise Interrupted

        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(stop)
        with ag.refuses("callback"):
            (x * 3.0).backward()

    assert "raise Interrupted" in as_gradspec(recorded(body, engine).program)


def test_an_object_that_a_context_kept_may_steer_what_is_stored(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        class Weighted(ag.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.weights = {2.0}
                ctx.more = [range(3), 4.0]
                return x * 1.0

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * sum(ctx.weights) * len(ctx.more[0]) * ctx.more[1]

        x = ag.tensor(3.0, requires_grad=True)
        Weighted.apply(x).backward()
        expect(x.grad).equals(24.0)

    with Recorder(engine) as recorder:
        body(Autograd(recorder))
    with Recorder(engine) as again:
        replay(from_json(to_json(recorder.program)), again)

    assert again.assertions == recorder.assertions == 1


def test_a_context_may_be_asked_for_what_it_may_not_have(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        class Scaled(ag.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.kind = "double"
                return x * 2.0

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                wrong = hasattr(ctx, "scale") or ctx.kind != "double"
                return g * (99.0 if wrong else 2.0) * getattr(ctx, "scale", 1.0)

        x = ag.tensor(3.0, requires_grad=True)
        Scaled.apply(x).backward()
        expect(x.grad).equals(2.0)

    recorder = recorded(body, engine)
    with Recorder(engine) as again:
        replay(from_json(to_json(recorder.program)), again)

    assert again.assertions == recorder.assertions == 1


def test_a_context_takes_no_name_that_the_kit_needs(engine: ReferenceEngine) -> None:
    context = FunctionContext(Recorder(engine), object(), 0)

    with pytest.raises(WrongCall, match="'_number'"):
        context._number = 3


def of_a_mapped_batch(ag: Autograd) -> None:
    """A rule for mapping reads how large the batch is."""

    class Doubled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 1.0

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            return x * float(info.batch_size), in_dims[0]

    x = ag.tensor([2.0, 3.0])
    expect(ag.func.vmap(Doubled.apply)(x)).equals([4.0, 6.0])


def test_what_a_rule_for_mapping_is_told_has_its_names_over_the_pipe(
    torch_engine: Engine, torch_over_there: RemoteEngine
) -> None:
    for engine in (torch_engine, torch_over_there):
        assert recorded(of_a_mapped_batch, engine).assertions == 1


def test_a_custom_function_inherits_its_rules(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        class Fives(ag.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def backward(_ctx: Any, g: Any) -> Any:
                return g * 5.0

        class Doubled(Fives):
            @staticmethod
            def forward(_ctx: Any, x: Any) -> Any:
                return x * 2.0

        class Sevens(Doubled):
            @staticmethod
            def backward(_ctx: Any, g: Any) -> Any:
                return g * 7.0

        for function, slope in ((Doubled, 5.0), (Sevens, 7.0)):
            x = ag.tensor(3.0, requires_grad=True)
            function.apply(x).backward()
            expect(x.grad).equals(slope)

    assert recorded(body, engine).assertions == 2

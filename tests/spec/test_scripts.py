"""Printed scripts do what was done: in the engine's own words, and for every clause."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from chosen_cases import SOME
from printed_scripts import Demanding, complaints, counted, printed, shows_what_was_demanded

from gradspec import Autograd, expect
from gradspec.exceptions import ProgramError
from gradspec.program.storing import from_json, to_json
from gradspec_conformance.adapters.phrases import Phrasebook
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineNotInstalled
from gradspec_conformance.execution.effort import Effort, seed_of
from gradspec_conformance.execution.execute import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gradspec.port.engine import Engine
    from gradspec.writing.clause import Clause

FEWEST = {"reference": 400, "torch": 400, "autograd": 30, "micrograd": 30}
"""Engine -> how many clauses it passes."""

EXAMPLES = 3
"""How many examples of a law are printed."""


@pytest.fixture(scope="module", params=list(FEWEST))
def speaker(request: pytest.FixtureRequest) -> Any:
    """Give an engine that has words of its own."""
    try:
        return load_engine(request.param)
    except EngineNotInstalled as error:
        pytest.skip(str(error))


def passing(clause: Clause, engine: Engine) -> list[Demanding]:
    """Run a clause; give its runs if it passes, and nothing if it does not."""
    effort = Effort(examples=EXAMPLES, shrink=False)
    runs: list[Demanding] = []

    def once(**inputs: Any) -> None:
        with Demanding(engine, seed=seed_of(clause, effort)) as recorder:
            clause.perform(Autograd(recorder), **inputs)
        runs.append(recorder)

    try:
        tried(clause, once, effort)()
    except ProgramError:
        return []
    return runs


def test_the_scripts_of_every_passing_clause_show_what_the_clause_demanded(speaker: Any) -> None:
    runs = [(clause.id, run) for clause in SOME.values() for run in passing(clause, speaker)]
    wrong = [(name, text) for name, run in runs for text in said_otherwise(speaker, run)]

    assert wrong == []
    assert len(runs) >= FEWEST[speaker.name]


def said_otherwise(engine: Any, run: Demanding) -> Iterator[str]:
    """Say where the scripts of a run show something else than was demanded."""
    try:
        yield from complaints(engine, printed(engine, engine.script(run.program)), run.demands)
        if counted(run.program, engine) != run.assertions:
            yield "the script in the notation demands something else"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is named
        yield repr(error)


# what a person reads --------------------------------------------------------------------
def negative_base(ag: Autograd) -> None:
    """A negative number under a power, in front of it, and as an argument."""
    x = ag.tensor(2.0, requires_grad=True)
    expect((-2.0) ** x).equals(4.0)
    expect(x**-1.0).equals(0.5)
    expect(-3.0 - x).equals(-5.0)
    expect(ag.clamp(x, -1.0, 1.0)).equals(1.0)
    expect(x * -0.0).equals(0.0)


def a_loop_that_lets_go(ag: Autograd) -> None:
    """Names that a loop carries, of which the program lets go."""
    x = ag.tensor(2.0, requires_grad=True)
    first = x * x
    watcher = ag.watch(first)
    y = first * first
    ag.forget(first)
    for _ in range(30):
        above = y + 1.0
        ag.forget(y)
        y = above
    expect(watcher).is_alive()
    expect(y).equals(46.0)
    y.backward()
    ag.forget(y)
    expect(watcher).is_gone()


def a_loop_whose_last_is_let_go(ag: Autograd) -> None:
    """A loop that keeps what it made, and a program that lets go of the last."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 1.0
    for _ in range(30):
        y = y + 1.0
    expect(y).equals(32.0)
    watcher = ag.watch(y)
    ag.forget(y)
    expect(watcher).is_gone()


def letting_go(ag: Autograd) -> None:
    """Only the name of a gradient goes; and what goes inside a function has its name outside."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()
    gradient = x.grad
    ag.forget(gradient)
    expect(x.grad).equals(4.0)
    kept = [ag.tensor(7.0)]
    watcher = ag.watch(kept[0])
    x.register_hook(lambda _: ag.forget(kept.pop()))
    (x * 3.0).backward()
    expect(watcher).is_gone()
    expect(x.grad).equals(7.0)


def arrays_among_arguments(ag: Autograd) -> None:
    """A NumPy array where an operator takes a tensor."""
    x = ag.tensor([1.0, 2.0])
    expect(x[np.array([1, 0])]).equals([2.0, 1.0])
    expect(x[-1]).equals(2.0)
    expect(x[:-1]).equals([1.0])


def other_demands(ag: Autograd) -> None:
    """Demands that are no equality."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    size = y.grad_fn.graph_size()
    expect(size).exceeds(2)
    expect(size).exceeds((x * x).grad_fn.graph_size())
    expect(x).has_shape(2)
    expect(x).has_dtype("float64")
    expect(ag.repr(x)).contains("requires_grad")
    expect(ag.repr(x)).lacks("nothing of the kind")
    expect(y).is_present()


def an_attempt_of_another_kind(ag: Autograd) -> None:
    """A refusal that an attempt does not allow leaves it."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.refuses("nonscalar-root"), ag.attempt("operand-shape"):
        x.backward()
    expect(x).equals([1.0, 2.0])


def what_is_made_where_nothing_is_granted(ag: Autograd) -> None:
    """What a refused attempt makes needless may be used later."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.attempt() as attempt:
        x.backward()
    with attempt.granted():
        y = x * 2.0
        expect(y).equals([99.0, 1.0])
    expect(y).equals([2.0, 4.0])


def warnings_in_warnings(ag: Autograd) -> None:
    """Each demand on warnings has a list of its own."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 1.0
    with ag.warns():
        with ag.silent():
            expect(y * 1.0).equals(2.0)
        with ag.warns():
            expect(y.grad).is_none()


@pytest.fixture(params=["reference", "torch"])
def taper(request: pytest.FixtureRequest) -> Any:
    """Give an engine with a tape."""
    try:
        return load_engine(request.param)
    except EngineNotInstalled as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "body",
    [
        negative_base,
        letting_go,
        arrays_among_arguments,
        a_loop_that_lets_go,
        a_loop_whose_last_is_let_go,
        other_demands,
        an_attempt_of_another_kind,
        what_is_made_where_nothing_is_granted,
        warnings_in_warnings,
    ],
    ids=lambda body: body.__name__,
)
def test_both_scripts_show_what_was_demanded(body: Callable[[Autograd], None], taper: Any) -> None:
    shows_what_was_demanded(body, taper)


def test_a_stored_attempt_lets_out_what_it_does_not_allow(taper: Any) -> None:
    recorder = shows_what_was_demanded(an_attempt_of_another_kind, taper)

    script = taper.script(from_json(to_json(recorder.program)))

    assert list(complaints(taper, printed(taper, script), recorder.demands)) == []


def stored_by_pack(ag: Autograd) -> None:
    """What is saved is kept outside, under a number."""
    kept: dict[int, Any] = {}

    def pack(t: Any) -> int:
        kept[len(kept)] = t
        return len(kept) - 1

    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(pack, lambda number: kept[number]):
        y = x * x
        z = y * x
    z.backward()
    expect(x.grad).equals(27.0)


def kept_context(ag: Autograd) -> None:
    """A context, and the parameter beside it, that the clause keeps outside."""
    kept: list[Any] = []

    class Kept(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            kept.extend([ctx, x])
            return x * 2.0

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            del ctx
            return g * kept[1]

    x = ag.tensor(3.0, requires_grad=True)
    Kept.apply(x).backward()
    expect(x.grad).equals(3.0)


def defaults(ag: Autograd) -> None:
    """A default that the engine fills in, in one call, and a keyword in another."""

    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(x: Any, k: Any = 3.0) -> Any:
            return x * k

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            del output
            ctx.k = inputs[1]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.k, None

    x = ag.tensor(2.0, requires_grad=True)
    (Scaled.apply(x) + Scaled.apply(x, 5.0)).backward()
    expect(x.grad).equals(8.0)


def all_kinds_of_parameters(ag: Autograd) -> None:
    """Parameters by place and by name, more of both, and defaults, a tensor among them."""
    c = ag.tensor(10.0)

    def f(x: Any, y: Any = c, *more: Any, k: Any = 2.0, **named: Any) -> Any:
        total = x * y * k
        for term in (*more, *named.values()):
            total = total + x * term
        return total

    x = ag.tensor(3.0, requires_grad=True)
    run = ag.func.checkpoint(f, use_reentrant=False)
    run(x).backward()
    expect(x.grad).equals(20.0)
    run(x, ag.tensor(1.0), ag.tensor(5.0), k=ag.tensor(4.0), other=ag.tensor(7.0)).backward()
    expect(x.grad).equals(36.0)


def parameters_that_would_hide_something(ag: Autograd) -> None:
    """Parameters with names that a script gives, or that Python does not take."""
    y = ag.tensor(5.0)

    def declared(x: Any, *, t0: Any = 1.0, torch: Any = 1.0) -> Any:
        return x * t0 * y * torch + ag.tensor(0.0)

    def free(x: Any, **kw: Any) -> Any:
        return x * kw["t1"] * kw["torch"] * kw["a b"] * kw["class"] + ag.tensor(0.0)

    x = ag.tensor(1.0, requires_grad=True)
    ag.func.checkpoint(declared, use_reentrant=False)(x, t0=ag.tensor(7.0)).backward()
    expect(x.grad).equals(35.0)
    more = {"t1": 2.0, "torch": 3.0, "a b": 4.0, "class": 5.0}
    ag.func.checkpoint(free, use_reentrant=False)(x, **more).backward()
    expect(x.grad).equals(35.0 + 120.0)


def a_member_of_an_enumeration(ag: Autograd) -> None:
    """A number that is a member of an enumeration is written as a number."""

    class Axis(IntEnum):
        ROWS = 0

    expect(ag.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(dim=Axis.ROWS)).equals([4.0, 6.0])


def functions_among_keywords(ag: Autograd) -> None:
    """Functions in a dict and a tuple that arrive by keyword."""

    def f(x: Any, fs: Any) -> Any:
        return fs["a"](x) + fs["b"][0](x)

    x = ag.tensor(2.0, requires_grad=True)
    run = ag.func.checkpoint(f, use_reentrant=False)
    run(x, fs={"a": lambda t: t * 3.0, "b": (lambda t: t * t,)}).backward()
    expect(x.grad).equals(7.0)


def keywords_in_turn(ag: Autograd) -> None:
    """Calls that are not alike, with keywords."""
    factors = iter([2.0, 10.0])

    def f(x: Any, *, other: Any) -> Any:
        return x * other * next(factors)

    x = ag.tensor(2.0, requires_grad=True)
    handle = ag.func.no_grad(f)
    found = [handle(x, other=ag.tensor(value)) for value in (1.0, 3.0)]
    expect(found[0]).equals(4.0)
    expect(found[1]).equals(60.0)


def complex_data(ag: Autograd) -> None:
    """Complex numbers that Python writes in a way that it does not read."""
    data = np.array(
        [1.0 + 2.0j, complex(math.nan, 1.0), complex(-0.0, -0.0), complex(1.0, -math.inf)]
    )
    expect(ag.tensor(data, dtype="complex128")).equals(data)
    expect(1.0 / ag.tensor(np.array([complex(0.0, -1.0)]), dtype="complex128")).equals([1.0j])


@pytest.mark.parametrize(
    "body",
    [
        stored_by_pack,
        kept_context,
        defaults,
        all_kinds_of_parameters,
        parameters_that_would_hide_something,
        a_member_of_an_enumeration,
        functions_among_keywords,
        keywords_in_turn,
        complex_data,
    ],
    ids=lambda body: body.__name__,
)
def test_both_scripts_of_torch_show_what_was_demanded(body: Callable[[Autograd], None]) -> None:
    try:
        shows_what_was_demanded(body, load_engine("torch"))
    except EngineNotInstalled as error:
        pytest.skip(str(error))


def test_what_is_mentioned_twice_is_made_once() -> None:
    try:
        engine = load_engine("micrograd")
    except EngineNotInstalled as error:
        pytest.skip(str(error))

    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        y = x * x
        expect(y.item()).equals(4.0)

    shows_what_was_demanded(body, engine)


BOOK = """
[engine]
name = "summing"
inherits = "torch"
setup = "import gradspec_reference as torch"

[dtypes]
complex64 = false
complex128 = false

[acts]
item = "float($x) + float(0)"
"""


def test_a_phrase_that_is_a_sum_is_put_in_brackets(tmp_path: Path) -> None:
    book = tmp_path / "summing.toml"
    book.write_text(BOOK)
    engine = Phrasebook(book)()

    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        y = ag.tensor(3.0)
        expect(x * y.item()).equals(6.0)

    with Demanding(engine) as recorder:
        body(Autograd(recorder))
    script = engine.script(recorder.program)

    assert "(float(t1) + float(0))" in script
    assert list(complaints(engine, printed(engine, script), recorder.demands)) == []


def test_an_array_is_printed_with_its_data_type() -> None:
    try:
        engine = load_engine("autograd")
    except EngineNotInstalled as error:
        pytest.skip(str(error))

    def body(ag: Autograd) -> None:
        expect(ag.tensor([1.0, 2.0], dtype="float32") * 2.0).has_dtype("float32")
        expect(ag.tensor([1, 2], dtype="int32")).has_dtype("int32")

    shows_what_was_demanded(body, engine)

"""An engine in another process gets the verdicts that it gets in this one."""

from __future__ import annotations

import gc
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from chosen_cases import SOME

from gradspec import Autograd, Interrupted, chapters, expect
from gradspec.exceptions import ProgramError, WrongCall
from gradspec.program.recorder import Recorder
from gradspec.program.storing import from_json, to_json
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import BadMessage, ConversationEnded, RemoteRefusal
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.place import place_of
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gradspec_conformance.execution.verdict import Verdict

chapters.load()
NAMES = ["accumulation", "retained_gradients", "in_place", "graph_lifetime"]
SERVE = [sys.executable, "-m", "gradspec_conformance.serving"]


@pytest.fixture(scope="module")
def remote() -> Iterator[RemoteEngine]:
    """Start the reference engine in another process."""
    engine = RemoteEngine([*SERVE, "reference"])
    yield engine
    engine.close()


def outcome(verdict: Verdict) -> tuple[str, str, str, str]:
    """Give what has to be the same."""
    return verdict.id, verdict.outcome, verdict.kind, verdict.found


@pytest.mark.parametrize("chapter", NAMES)
def test_the_verdicts_of_a_chapter_are_the_same_through_the_wire(
    remote: RemoteEngine, chapter: str
) -> None:
    clauses = [c for c in SOME.values() if c.chapter == chapter]
    effort, local = Effort(examples=3), load_engine("reference")
    here = [outcome(run_clause(c, local, effort)) for c in clauses]
    there = [outcome(run_clause(c, remote, effort)) for c in clauses]

    assert clauses
    assert there == here


def test_the_adapter_is_as_sound_through_the_wire(remote: RemoteEngine) -> None:
    here = {f.check for f in smoke(load_engine("reference")) if not f.ok}
    there = {f.check for f in smoke(remote) if not f.ok}

    assert there == here


@pytest.fixture
def ask(remote: RemoteEngine) -> Asker:
    """Ask it act by act."""
    return Asker(remote)


def leaf(ask: Asker, data: Any) -> Any:
    """Make a leaf over there."""
    return ask.tensor(np.array(data), leaf=True)


def test_what_a_function_of_the_caller_raises_comes_back_itself(ask: Asker) -> None:
    x = leaf(ask, 1.0)
    interruption = Interrupted()

    def hook(_gradient: object) -> None:
        raise interruption

    ask("register_hook", x, hook)

    with pytest.raises(Interrupted) as caught:
        ask("backward", ask("op:mul", x, x))
    assert caught.value is interruption


def test_an_interruption_of_a_function_goes_on_when_the_engine_is_done(ask: Asker) -> None:
    x = leaf(ask, 1.0)
    interruption = KeyboardInterrupt()

    def hook(_gradient: object) -> None:
        raise interruption

    handle = ask("register_hook", x, hook)

    with pytest.raises(KeyboardInterrupt) as caught:
        ask("backward", ask("op:mul", x, x))
    assert caught.value is interruption
    ask("remove_hook", handle)
    ask("backward", ask("op:mul", x, 3.0))
    assert ask("get:grad", x) is not None


def test_an_error_of_the_engine_that_crosses_a_function_comes_back_itself(ask: Asker) -> None:
    x = leaf(ask, 1.0)
    y = ask("op:mul", x, x)
    ask("backward", y)
    seen: list[Exception] = []

    def hook(_gradient: object) -> None:
        try:
            ask("backward", y)
        except Exception as error:
            seen.append(error)
            raise

    ask("register_hook", x, hook)

    with pytest.raises(Exception, match=r"second time|freed") as caught:
        ask("backward", ask("op:mul", x, 2.0))
    assert type(caught.value).__name__ == type(seen[0]).__name__ == "GraphFreedError"
    assert ask.error_kind(caught.value) == "graph-freed"


def test_a_function_of_the_caller_may_use_the_engine(ask: Asker) -> None:
    x = leaf(ask, 3.0)
    ask("register_hook", x, lambda g: ask("op:mul", g, 10.0))
    ask("backward", ask("op:mul", x, x))

    assert ask("array", ask("get:grad", x)) == 60.0


def test_kinds_and_names_of_errors_travel(ask: Asker) -> None:
    x = leaf(ask, [1.0, 2.0])

    with pytest.raises(Exception, match=r"scalar|element") as caught:
        ask("backward", ask("op:mul", x, x))
    assert ask.error_kind(caught.value) == "nonscalar-root"
    assert type(caught.value).__name__ == "NonscalarRootError"


def test_the_line_that_raised_travels(ask: Asker) -> None:
    here = Asker(load_engine("reference"))
    places = []
    for engine in (here, ask):
        x = leaf(engine, [1.0, 2.0])
        with pytest.raises(Exception, match=r"scalar|element") as caught:
            engine("backward", engine("op:mul", x, x))
        places.append(place_of(caught.value))

    assert places[0] is not None
    assert places[0].startswith("gradspec_reference/")
    assert places[1] == places[0]


def test_warnings_travel(ask: Asker) -> None:
    x = leaf(ask, 1.0)
    y = ask("op:mul", x, x)

    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always")
        ask("get:grad", y)
    assert [w.category for w in log] == [UserWarning]


def test_what_nobody_holds_here_is_released_there(ask: Asker) -> None:
    x = ask.tensor(np.array(1.0))
    watcher = ask("watch", x)
    before = ask("is_alive", watcher)
    del x

    assert before
    assert not ask("is_alive", watcher)


def test_an_array_that_shares_memory_still_does(ask: Asker) -> None:
    x = ask.tensor(np.array([1.0, 2.0]))
    ask("numpy", x)[0] = 7.0

    assert ask("array", x).tolist() == [7.0, 2.0]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, -0.0, 5e-324])
def test_odd_numbers_arrive_as_they_are(ask: Asker, number: float) -> None:
    array = np.array(number)
    back = ask("array", ask.tensor(array))

    assert back.tobytes() == array.tobytes()


def test_a_process_that_ends_costs_one_call() -> None:
    engine = RemoteEngine([*SERVE, "reference"])
    engine._process.kill()
    with pytest.raises((ConversationEnded, OSError)):
        engine._end.hear()
    engine._process.wait()
    ask = Asker(engine)

    assert ask("array", ask.tensor(np.array(2.0))) == 2.0
    engine.close()


def test_a_process_that_does_not_greet_is_named() -> None:
    with pytest.raises(ConversationEnded, match="-c pass ended with status 0"):
        RemoteEngine([sys.executable, "-c", "pass"])


CHATTERBOX = """
import sys
print('{"engine": {"name": "chatterbox", "version": "1", "capabilities": ["values"]}}', flush=True)
for line in sys.stdin:
    print(%r, flush=True)
"""


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("debug", "said 'debug', expected a message of JSON in one line"),
        ('{"answer": 1}', "unknown field `answer`"),
        ('{"release": []}', "when asked for tensor, and no answer"),
        ('{"re": 0, "return": 4}', "expected a handle"),
        ('{"re": 0, "return": {"$array": [1], "dtype": "float64", "shape": [2]}}', "be read"),
    ],
)
def test_what_is_no_answer_is_quoted_and_ends_the_process(said: str, complaint: str) -> None:
    engine = RemoteEngine([sys.executable, "-c", CHATTERBOX % said])

    with pytest.raises(BadMessage, match=re.escape(complaint)):
        Asker(engine).tensor(np.array(1.0))
    assert engine._process.poll() is not None


@pytest.mark.parametrize(
    ("said", "place"),
    [('"a.js:3\\u001b[1m\\n"', "a.js:3\\x1b[1m "), ("null", None)],
)
def test_a_place_is_a_line_that_can_be_read(said: str, place: str | None) -> None:
    raised = f'{{"re": 0, "raise": {{"type": "Bad", "message": "no", "place": {said}}}}}'
    engine = RemoteEngine([sys.executable, "-c", CHATTERBOX % raised])

    with pytest.raises(RemoteRefusal, match="no") as caught:
        Asker(engine).tensor(np.array(1.0))
    engine.close()
    assert place_of(caught.value) == place


def test_a_wrong_greeting_is_quoted() -> None:
    with pytest.raises(BadMessage, match="unknown field `motor`"):
        RemoteEngine([sys.executable, "-c", "print('{\"motor\": 1}')"])


# the same of a book, here and there -----------------------------------------------------
BOOK = """
[engine]
name = "typed"
inherits = "torch"
setup = "import torch"

[operators]
mul = ["torch.mul($x, ${other:tensor})", "torch.mul($x, ${other:number})"]
sum = ["$x.sum(${dim:int})", "$x.sum(dim=${dim:list})", "$x.sum()"]
"""


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """Give an engine whose phrases are for values of a type, here and in another process."""
    path = tmp_path_factory.mktemp("books") / "typed.toml"
    path.write_text(BOOK, "utf-8")
    there = RemoteEngine([*SERVE, str(path)])
    yield load_engine(str(path)), there
    there.close()


def ends(body: Callable[[Autograd], None], engine: Any) -> str:
    """Say how a program ends."""
    try:
        with Recorder(engine) as recorder:
            body(Autograd(recorder))
    except ProgramError as error:
        return f"{type(error).__name__}: {error}"
    return "passed"


@pytest.mark.parametrize(
    ("other", "end"),
    [
        (3, "passed"),
        (3.0, "passed"),
        (np.float32(3.0), "passed"),
        (np.float64(3.0), "passed"),
        (np.int64(3), "passed"),
        (True, "Unsaid"),
        (np.True_, "Unsaid"),
        (None, "Unsaid"),
        ([3.0], "Unsaid"),
        ("three", "Unsaid"),
    ],
)
def test_a_phrase_is_for_the_same_operands_in_another_process(
    typed: tuple[Any, Any], other: Any, end: str
) -> None:
    def body(ag: Autograd) -> None:
        expect(ag.mul(ag.tensor([1.0, 2.0]), other)).equals([3.0, 6.0])

    here, there = (ends(body, engine) for engine in typed)

    assert there == here
    assert here.startswith(end)


def test_a_number_that_came_out_of_the_engine_is_a_number(typed: tuple[Any, Any]) -> None:
    def body(ag: Autograd) -> None:
        three = ag.tensor(3.0).item()
        expect(ag.tensor(2.0) * three).equals(6.0)
        expect(ag.tensor([1.0, 2.0]).sum(int(ag.tensor(0, dtype="int64")))).equals(3.0)

    assert [ends(body, engine) for engine in typed] == ["passed", "passed"]


@pytest.mark.parametrize(
    "thing", [range(2), {1}, b"x", float, object(), np.longdouble(2.0), [1, (2, slice(0, {3}))]]
)
def test_what_cannot_be_told_to_another_process_is_no_argument_here_either(
    typed: tuple[Any, Any], thing: Any
) -> None:
    for engine in typed:
        with Recorder(engine) as recorder:
            x = Autograd(recorder).tensor([1.0, 2.0])
            with pytest.raises(WrongCall, match="a program cannot hold a"):
                x.mul(thing)
            with pytest.raises(WrongCall, match="a program cannot hold a"):
                x.grad = thing


@pytest.mark.parametrize(
    "call",
    [
        lambda ag, x: ag.add(x, x, alpha=3.0),
        lambda ag, x: ag.sum(x, 0, keepdim=True),
        lambda ag, x: ag.sum(x, keepdim=True),
    ],
)
def test_an_argument_that_no_phrase_mentions_is_unsupported_in_another_process(
    tmp_path: Path, call: Callable[[Autograd, Any], Any]
) -> None:
    path = tmp_path / "bare.toml"
    text = BOOK.replace("[operators]", '[operators]\nadd = "$x + $other"')
    path.write_text(text, "utf-8")

    def body(ag: Autograd) -> None:
        call(ag, ag.tensor([1.0]))

    there = RemoteEngine([*SERVE, str(path)])
    found = [ends(body, engine) for engine in (load_engine(str(path)), there)]
    there.close()

    assert found[0].startswith("Unsaid: the engine does not declare op:")
    assert found[1] == found[0]


# errors that come back ------------------------------------------------------------------
def refused_in_a_mode(ag: Autograd) -> None:
    """Let the block of a mode be left by an error of the engine."""
    x = ag.tensor(2.0)
    with ag.refuses("root-without-grad"), ag.no_grad():
        (x * 2.0).backward()
    expect(ag.is_grad_enabled()).is_true()


def refused_in_modes_of_modes(ag: Autograd) -> None:
    """Let several modes be left by one error."""
    x = ag.tensor(2.0)
    with ag.attempt("root-without-grad"), ag.no_grad(), ag.enable_grad(), ag.no_grad():
        (x * 2.0).backward()
    expect(ag.is_grad_enabled()).is_true()


def refused_in_a_mode_of_a_hook(ag: Autograd) -> None:
    """Let the error pass a mode, a hook and a backward pass."""
    w, c = ag.tensor(3.0, requires_grad=True), ag.tensor(1.0)

    def hook(_gradient: Any) -> None:
        with ag.enable_grad():
            c.backward()

    w.register_hook(hook)
    with ag.refuses("root-without-grad"), ag.no_grad():
        (w * 2.0).backward() if ag.is_grad_enabled() else c.backward()
    with ag.refuses("root-without-grad"):
        (w * 2.0).backward()
    expect(ag.is_grad_enabled()).is_true()


def refused_long_ago(ag: Autograd) -> None:
    """Raise an error in a hook that an earlier act was refused with."""
    x, w = ag.tensor(2.0), ag.tensor(3.0, requires_grad=True)
    errors: list[Exception] = []
    try:
        x.backward()
    except ProgramError as error:
        errors.append(error)

    def hook(_gradient: Any) -> None:
        raise errors[0]

    w.register_hook(hook)
    expect(x * 2.0).equals(4.0)
    with ag.refuses("root-without-grad"):
        (w * 2.0).backward()


@pytest.mark.parametrize(
    "body",
    [
        refused_in_a_mode,
        refused_in_modes_of_modes,
        refused_in_a_mode_of_a_hook,
        refused_long_ago,
    ],
)
def test_an_error_of_the_engine_comes_back_to_it_whenever_it_is_told(
    remote: RemoteEngine, body: Callable[[Autograd], None]
) -> None:
    assert ends(body, load_engine("reference")) == "passed"
    assert ends(body, remote) == "passed"


def test_an_error_that_nobody_holds_is_forgotten_there(ask: Asker) -> None:
    x = ask.tensor(np.array([1.0]))
    numbers = []
    for _ in range(2):
        with pytest.raises(Exception, match="grad") as caught:
            ask("backward", x)
        numbers.append(caught.value.number)  # type: ignore[attr-defined]
    caught.value.__traceback__ = None
    del caught
    gc.collect()

    assert numbers[1] in ask._subject.engine._end.unneeded


def test_what_left_a_mode_is_not_kept(remote: RemoteEngine) -> None:
    def body(ag: Autograd) -> None:
        with pytest.raises(KeyError), ag.no_grad():
            raise KeyError
        expect(ag.is_grad_enabled()).is_true()

    assert ends(body, remote) == "passed"
    assert not remote._raised


def test_an_object_of_the_callers_that_the_engine_passes_on_stays_here(
    typed: tuple[Any, Any],
) -> None:
    def body(ag: Autograd) -> None:
        scaled = ag.func.checkpoint(lambda x, by: x * float(by[0][1]), use_reentrant=False)
        x = ag.tensor(2.0, requires_grad=True)
        scaled(x, [range(7, 9)]).backward()
        expect(x.grad).equals(8.0)

    assert [ends(body, engine) for engine in typed] == ["passed", "passed"]


# answers of other kinds, here and there -------------------------------------------------
ODD = """
import numpy as np
from gradspec_conformance.adapters.reference import ReferenceEngine


class GivesMore(ReferenceEngine):
    def backward(self, root, *given, **named):
        super().backward(root, *given, **named)
        return root

    def retain_grad(self, x):
        super().retain_grad(x)
        return x

    def set(self, x, name, value):
        super().set(x, name, value)
        return x

    def remove_hook(self, hook):
        super().remove_hook(hook)
        return hook

    def leave(self, mode, error=None):
        super().leave(mode, error)
        return []

    def tolist(self, x):
        return [np.float64(1.0)]


class Lists(ReferenceEngine):
    def array(self, x):
        return super().array(x).tolist()
"""


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Callable[[str], tuple[Any, Any]]]:
    """Give an engine that answers in another way, here and in another process."""
    path = tmp_path / "odd.py"
    path.write_text(ODD, "utf-8")
    there: list[RemoteEngine] = []

    def both(name: str) -> tuple[Any, Any]:
        there.append(RemoteEngine([*SERVE, f"{path}:{name}"]))
        return load_engine(f"{path}:{name}"), there[-1]

    yield both
    for engine in there:
        engine.close()


def test_what_an_act_gives_that_gives_nothing_is_let_be(
    odd: Callable[[str], tuple[Any, Any]],
) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        with ag.no_grad():
            (x * 2.0).sum()
        y = x * 3.0
        y.retain_grad()
        x.register_hook(lambda _: None).remove()
        y.backward()
        expect(y.grad).equals(1.0)
        x.grad = ag.tensor(5.0)
        expect(x.grad).equals(5.0)

    assert [ends(body, engine) for engine in odd("GivesMore")] == ["passed", "passed"]


def test_numbers_inside_of_an_answer_are_those_of_python(
    odd: Callable[[str], tuple[Any, Any]],
) -> None:
    def body(ag: Autograd) -> None:
        expect(ag.tensor([1.0]).tolist()).equals([1.0])

    assert [ends(body, engine) for engine in odd("GivesMore")] == ["passed", "passed"]


def test_a_list_is_no_array(odd: Callable[[str], tuple[Any, Any]]) -> None:
    def body(ag: Autograd) -> None:
        expect(ag.tensor([1.0])).equals([1.0])

    here, there = (ends(body, engine) for engine in odd("Lists"))

    assert here == there == "BrokenPort: array() gave a list, expected a NumPy array"


PICKY = """
[engine]
name = "picky"
inherits = "torch"
setup = "import torch"

[operators]
mul = ["torch.mul($x, ${other:int})", "torch.mul($x, float(${other:number}))"]
"""


def test_a_script_chooses_the_phrase_that_was_performed(tmp_path: Path) -> None:
    path = tmp_path / "picky.toml"
    path.write_text(PICKY, "utf-8")
    engine: Any = load_engine(str(path))
    with Recorder(engine) as recorder:
        x = Autograd(recorder).tensor([2.0, 3.0])
        expect(x * x.sum().item()).equals([10.0, 15.0])
    stored = from_json(to_json(recorder.program))

    assert "float(" in engine.script(recorder.program)
    assert engine.script(stored) == engine.script(recorder.program)

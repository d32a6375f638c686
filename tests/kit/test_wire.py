"""An engine in another process gets the verdicts that it gets in this one."""

from __future__ import annotations

import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import CASES, Interrupted, chapters
from gradspec_conformance.adapters.pipe.remote import RemoteEngine
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import BadMessage, ConversationEnded
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.execute import run_clause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.execution.verdict import Verdict

chapters.load()
NAMES = ["accumulation", "retained_gradients", "in_place", "graph_lifetime"]
SERVE = [sys.executable, "-m", "gradspec_conformance.adapters.pipe.serve"]


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
    clauses = [c for c in CASES.values() if c.chapter == chapter]
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
        ("debug", "said 'debug', expected an object of JSON"),
        ('{"answer": 1}', "when asked for tensor, and no answer"),
        ('{"return": 4}', "expected a handle"),
        ('{"return": {"$array": [1], "dtype": "float64", "shape": [2]}}', "cannot be read"),
    ],
)
def test_what_is_no_answer_is_quoted_and_ends_the_process(said: str, complaint: str) -> None:
    engine = RemoteEngine([sys.executable, "-c", CHATTERBOX % said])

    with pytest.raises(BadMessage, match=re.escape(complaint)):
        Asker(engine).tensor(np.array(1.0))
    assert engine._process.poll() is not None


def test_a_wrong_greeting_is_quoted() -> None:
    with pytest.raises(BadMessage, match="greeted with"):
        RemoteEngine([sys.executable, "-c", "print('{\"motor\": 1}')"])

"""An engine in another process gets the verdicts that it gets in this one."""

from __future__ import annotations

import re
import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gradspec import CLAUSES, Interrupted, chapters
from gradspec_conformance.adapters.conversation import BadMessage, ConversationEnded
from gradspec_conformance.adapters.remote import RemoteEngine
from gradspec_conformance.execute import Effort, run_clause
from gradspec_conformance.loading import load_engine
from gradspec_conformance.smoke import smoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.verdict import Verdict

chapters.load()
NAMES = ["accumulation", "retained_gradients", "in_place", "graph_lifetime"]
SERVE = [sys.executable, "-m", "gradspec_conformance.adapters.serve"]


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
    clauses = [c for c in CLAUSES.values() if c.chapter == chapter]
    effort, local = Effort(examples=3), load_engine("reference")
    here = [outcome(run_clause(c, local, effort)) for c in clauses]
    there = [outcome(run_clause(c, remote, effort)) for c in clauses]

    assert clauses
    assert there == here


def test_the_adapter_is_as_sound_through_the_wire(remote: RemoteEngine) -> None:
    here = {f.check for f in smoke(load_engine("reference")) if not f.ok}
    there = {f.check for f in smoke(remote) if not f.ok}

    assert there == here


def test_what_a_function_of_the_caller_raises_comes_back_itself(remote: RemoteEngine) -> None:
    x = remote.tensor(np.array(1.0), requires_grad=True)
    interruption = Interrupted()

    def hook(_gradient: object) -> None:
        raise interruption

    remote.register_hook(x, hook)

    with pytest.raises(Interrupted) as caught:
        remote.backward(remote.apply("mul", [x, x], {}))
    assert caught.value is interruption


def test_a_function_of_the_caller_may_use_the_engine(remote: RemoteEngine) -> None:
    x = remote.tensor(np.array(3.0), requires_grad=True)
    remote.register_hook(x, lambda g: remote.apply("mul", [g, 10.0], {}))
    remote.backward(remote.apply("mul", [x, x], {}))

    assert remote.array(remote.get(x, "grad")) == 60.0


def test_kinds_and_names_of_errors_travel(remote: RemoteEngine) -> None:
    x = remote.tensor(np.array([1.0, 2.0]), requires_grad=True)

    with pytest.raises(Exception, match=r"scalar|element") as caught:
        remote.backward(remote.apply("mul", [x, x], {}))
    assert remote.error_kind(caught.value) == "nonscalar-root"
    assert type(caught.value).__name__ == "NonscalarRootError"


def test_warnings_travel(remote: RemoteEngine) -> None:
    x = remote.tensor(np.array(1.0), requires_grad=True)
    y = remote.apply("mul", [x, x], {})

    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always")
        remote.get(y, "grad")
    assert [w.category for w in log] == [UserWarning]


def test_what_nobody_holds_here_is_released_there(remote: RemoteEngine) -> None:
    x = remote.tensor(np.array(1.0), requires_grad=False)
    watcher = remote.watch(x)
    before = remote.is_alive(watcher)
    del x

    assert before
    assert not remote.is_alive(watcher)


def test_an_array_that_shares_memory_still_does(remote: RemoteEngine) -> None:
    x = remote.tensor(np.array([1.0, 2.0]), requires_grad=False)
    remote.numpy(x)[0] = 7.0

    assert remote.array(x).tolist() == [7.0, 2.0]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, -0.0, 5e-324])
def test_odd_numbers_arrive_as_they_are(remote: RemoteEngine, number: float) -> None:
    array = np.array(number)
    back = remote.array(remote.tensor(array, requires_grad=False))

    assert back.tobytes() == array.tobytes()


def test_a_process_that_ends_costs_one_call() -> None:
    engine = RemoteEngine([*SERVE, "reference"])
    engine._process.kill()
    with pytest.raises((ConversationEnded, OSError)):
        engine._end.hear()
    engine._process.wait()
    x = engine.tensor(np.array(2.0), requires_grad=False)

    assert engine.array(x) == 2.0
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
        engine.tensor(np.array(1.0), requires_grad=False)
    assert engine._process.poll() is not None


def test_a_wrong_greeting_is_quoted() -> None:
    with pytest.raises(BadMessage, match="greeted with"):
        RemoteEngine([sys.executable, "-c", "print('{\"motor\": 1}')"])

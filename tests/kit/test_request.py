"""A request is checked before an engine is waited for."""

from __future__ import annotations

import math
import os
import sys
import threading
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from made_up import clause

from gradspec import CASES, edition
from gradspec_conformance.exceptions import UnknownSelection, WrongUsage
from gradspec_conformance.execution import register
from gradspec_conformance.execution.effort import DEFAULT_EXAMPLES, Effort
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.session import DEFAULT_TIMEOUT

TOY = f"{Path(__file__).with_name('toy_engine.py')}:ToyEngine"
ENTRY = '[[expected]]\nclause = "acc-001"\nkind = "value"\nreason = "r"\nclass = "bug"\n'


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"examples": 0}, "--examples is 0; a law needs at least one"),
        ({"examples": -1}, "--examples is -1"),
        ({"timeout": 0.0}, "--timeout is 0; give more than 0 and at most 86400 seconds"),
        ({"timeout": -1.5}, "--timeout is -1.5"),
        ({"timeout": math.nan}, "--timeout is nan"),
        ({"timeout": math.inf}, "--timeout is inf"),
        ({"seed": -1}, "--seed is -1; give 0 or more"),
        ({"expect": ""}, "--expect names no file"),
        ({"expect": ["one", "two"]}, "--expect names one and two; an engine has one list"),
        ({"expect": "known.toml", "no_expect": True}, "contradict each other"),
        ({"processes": "many"}, "-n is 'many'; give 1 to 64 processes, or auto"),
        ({"processes": "0"}, "-n is 0; give 1 to 64"),
        ({"processes": "10000"}, "-n is '10000'"),
        ({"keyword": "acc or " * 5000 + "acc"}, "-k has 35003 characters; give at most 20000"),
        ({"processes": "-1"}, "-n is '-1'"),
        ({"processes": "²"}, "-n is '²'"),
        ({"keyword": "acc and ("}, "is no expression"),
    ],
)
def test_what_makes_no_sense_is_told(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongUsage, match=sentence.replace("(", r"\(")):
        Request.make(TOY, **parts)


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(UnknownSelection, match="no profile"):
        Request.make(TOY, profile="nothing")
    with pytest.raises(UnknownSelection, match="no chapter"):
        Request.make(TOY, chapters=["nothing"])


def test_what_was_not_asked_for_is_as_always() -> None:
    request = Request.make(TOY)

    assert request.engine == TOY
    assert request.effort == Effort(DEFAULT_EXAMPLES, None)
    assert request.selection.is_whole
    assert request.expectations.entries == ()
    assert request.session._host._timeout == DEFAULT_TIMEOUT  # type: ignore[attr-defined]
    assert [judge.session for judge in request.judges] == [request.session]


def test_what_was_asked_for_is_what_is_done() -> None:
    request = Request.make(
        TOY,
        profile="tape",
        chapters=["acc"],
        keyword="acc-001 or acc-002",
        only=["acc-001"],
        seed=7,
        examples=3,
        timeout=2.5,
    )

    assert request.effort == Effort(3, 7)
    assert request.selection.profile.name == "tape"
    assert request.selection.chapters == ("accumulation",)
    assert request.session._host._timeout == 2.5  # type: ignore[attr-defined]
    assert list(request.cases) == ["acc-001"]


@pytest.mark.parametrize(("word", "count"), [("1", 1), ("3", 3), ("auto", 5), ("logical", 5)])
def test_there_is_a_session_for_each_process(
    word: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    request = Request.make(TOY, processes=word)

    assert len({id(judge.session) for judge in request.judges}) == count
    assert len({id(judge.session._verdicts) for judge in request.judges}) == 1


def test_the_expectations_of_the_kit_are_those_of_its_engines() -> None:
    assert Request.make("micrograd").expectations.entries
    assert not Request.make("micrograd", no_expect=True).expectations.entries


def test_a_file_of_expectations_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(ENTRY)
    (judge,) = Request.make("micrograd", expect=str(file)).judges

    assert [entry.clause for entry in judge.expectations.entries] == ["acc-001"]


def test_pytests_options_say_the_same() -> None:
    options = Namespace(
        keyword="",
        gradspec_engine=TOY,
        gradspec_profile="tape",
        gradspec_chapter=["acc"],
        gradspec_expect=[],
        gradspec_strict=True,
        gradspec_no_expect=True,
        gradspec_seed=7,
        gradspec_examples=3,
        gradspec_timeout=2.5,
    )
    one = Request.of(options)
    other = Request.make(TOY, profile="tape", chapters=["acc"], seed=7, examples=3, timeout=2.5)

    assert (one.engine, one.effort, one.selection) == (other.engine, other.effort, other.selection)
    assert one.strict
    assert one.session._host._timeout == 2.5  # type: ignore[attr-defined]
    assert one.session.engine is None


def test_expectations_of_pytests_options_are_read(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(ENTRY)
    names = ("no_expect", "strict", "seed", "examples", "timeout")
    options = Namespace(keyword="", **{f"gradspec_{name}": None for name in names})
    options.gradspec_engine, options.gradspec_expect = TOY, [str(file)]
    options.gradspec_profile, options.gradspec_chapter, options.trace = "full", [], True
    request = Request.of(options)

    assert request.expectations.path == file
    assert request.session.engine is not None  # the debugger wants it at hand
    request.close()


def test_every_session_is_started_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request.make(TOY, processes="2")
    called: list[Any] = []
    for judge in request.judges:
        monkeypatch.setattr(judge.session, "start", lambda s=judge.session: called.append(s))
        monkeypatch.setattr(judge.session, "close", lambda s=judge.session: called.append(s))
    request.start()
    request.close()

    sessions = [judge.session for judge in request.judges]
    assert called[:2] == sessions
    assert sorted(map(id, called[2:])) == sorted(map(id, sessions))


def test_sessions_are_let_go_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request.make(TOY, processes="2")
    both = threading.Barrier(2, timeout=10)  # broken, if one waited for the other
    for judge in request.judges:
        monkeypatch.setattr(judge.session, "close", both.wait)
    request.close()

    assert not both.broken


def test_clauses_that_the_edition_does_not_list_yet_are_asked_for_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = clause(lambda _ag: None, id="acc-299", section="accumulation.new")
    monkeypatch.setitem(CASES, "acc-299", new)
    monkeypatch.setattr(edition, "digest", lambda: "of other sources")

    assert Request.make(TOY, chapters=["acc"]).cases["acc-299"] is new
    assert "acc-299" not in Request.make(TOY, chapters=["bwd"]).cases
    assert list(Request.make(TOY, keyword="acc-299").cases) == ["acc-299"]


def test_what_was_written_since_the_list_was_is_found_by_a_word_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others are found by that word, so that the list alone would seem to be enough."""
    new = clause(lambda _ag: None, id="acc-299", section="accumulation.layout_of_what_is_new")
    monkeypatch.setitem(CASES, "acc-299", new)
    monkeypatch.setattr(edition, "digest", lambda: "of other sources")

    found = Request.make(TOY, keyword="layout").cases

    assert found["acc-299"] is new
    assert len(found) > 1


def test_what_is_named_and_listed_imports_no_chapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "cases", lambda *_: sys.exit("it was imported"))

    assert list(Request.make(TOY, keyword="acc-001").cases) == ["acc-001"]

"""What happens to a program is a verdict, whatever happens to it."""

from __future__ import annotations

import gc
import json
import re
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_up import clause
from wrong_engines import GivesNothing, Overwrites, ToyEngine

from gradspec import CASES, Autograd, expect
from gradspec.exceptions import Failure, FailureKind, NothingThere
from gradspec.judging.spelled import spell
from gradspec.program.storing import from_json
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution import register
from gradspec_conformance.execution.execute import judge_program, run_clause
from gradspec_conformance.execution.rerun import rerun
from gradspec_conformance.execution.verdict import WEIGHT, Kind, Outcome, Verdict, of_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.writing.expectation import Expectation


def holds(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    expect(x.grad).is_none()
    (x * x).backward()
    expect(x.grad).equals(4.0)


def does_not_hold(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()
    expect(x.grad).equals(5.0)


def demands_nothing(ag: Autograd) -> None:
    ag.tensor(2.0)


def adds(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()
    (x * x).backward()
    expect(x.grad).equals(8.0)


class Speaks(ToyEngine):
    """Knows its own words for a program."""

    def script(self, program: Any) -> str:
        """Say how many steps there are."""
        return f"{len(program.steps)} steps"


def run(body: Callable[..., None], engine: Any = ToyEngine, **parts: Any) -> Verdict:
    """Run a clause that stands in no chapter."""
    return run_clause(clause(body, **parts), engine())


# what came of it ----------------------------------------------------------------------
def test_what_holds_has_passed_and_says_how_much_was_demanded() -> None:
    verdict = run(holds)

    assert (verdict.id, verdict.outcome, verdict.assertions) == ("zzz-001", Outcome.PASSED, 2)
    assert verdict.program is verdict.script is verdict.message is verdict.kind is None
    assert verdict.duration > 0


def test_what_does_not_hold_has_failed_and_shows_the_program() -> None:
    verdict = run(does_not_hold)

    assert (verdict.outcome, verdict.kind) == (Outcome.FAILED, FailureKind.VALUE)
    assert (verdict.found, verdict.expected) == ("4.0", "5.0")
    assert (verdict.message, verdict.assertions) == ("another value", 1)
    assert from_json(verdict.program).steps[-1].act == "expect"
    assert verdict.script is None


@pytest.mark.parametrize(
    ("body", "habit"),
    [
        (does_not_hold, None),
        (lambda ag: twice(ag).equals(-4.0), "a gradient has the opposite sign"),
        (lambda ag: twice(ag).is_close(8.0), "a gradient is half of what it should be"),
        (lambda ag: twice(ag).is_none(), "a gradient is there and should be None"),
        (lambda ag: twice(ag).has_shape(2), "a gradient has too few dimensions"),
        (
            lambda ag: twice(ag).has_dtype("int64"),
            "a gradient is of float64 and should be of int64",
        ),
        (lambda ag: twice(ag).lies_between(5.0, 6.0), "a gradient is out of its bounds"),
        (lambda ag: expect(ag.tensor(2.0) * 1.0).equals(-2.0), "a value has the opposite sign"),
        (
            lambda ag: nothing_arrived(ag).equals(1.0),
            "a gradient is None where there should be one",
        ),
    ],
)
def test_the_way_in_which_a_result_is_wrong_is_told(
    body: Callable[..., None], habit: str | None
) -> None:
    assert run(body).habit == habit


def twice(ag: Autograd) -> Expectation:
    """Begin a demand on a gradient that is 4."""
    x = ag.tensor(2.0, requires_grad=True)
    (x * x).backward()
    return expect(x.grad)


def nothing_arrived(ag: Autograd) -> Expectation:
    """Begin a demand on a gradient that is None."""
    return expect(ag.tensor(2.0, requires_grad=True).grad)


class Raises(ToyEngine):
    """Raises in its backward pass, out of a function of its own, or out of NumPy's."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Go there."""
        pull()


def pull() -> None:
    """Have NumPy raise."""
    np.zeros(2).reshape(3)


class Recurses(ToyEngine):
    """Calls itself until the stack ends."""

    def backward(self, *arguments: Any, **_options: Any) -> None:
        """Call itself."""
        self.backward(*arguments)


@pytest.mark.parametrize(("engine", "function"), [(Raises, "pull"), (Recurses, "backward")])
def test_the_line_of_the_engine_that_raised_is_told(engine: Any, function: str) -> None:
    place = run(holds, engine).place

    assert place is not None
    assert re.fullmatch(rf"test_execute\.py:\d+, in {function}", place)


def test_a_failure_is_told_in_the_engines_own_words_too() -> None:
    verdict = run(does_not_hold, Speaks)

    assert verdict.script == f"{len(from_json(verdict.program).steps)} steps"
    assert run(holds, Speaks).script is None


def test_a_clause_that_demanded_nothing_is_void_and_has_not_passed() -> None:
    verdict = run(demands_nothing)

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.VOID)
    assert verdict.message == "the clause asserted nothing"


def test_an_error_of_the_engine_is_told_by_its_kind() -> None:
    verdict = run(lambda ag: ag.tensor(2.0).backward(), unseen=frozenset())

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.REFUSED)
    assert (verdict.error_kind, verdict.exception) == ("root-without-grad", None)
    assert verdict.message == "backward raised Refusal: root-without-grad"


def test_an_error_without_a_kind_is_told_by_its_class() -> None:
    def wrong(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        (x / 0.0).backward()

    verdict = run(wrong)

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.RAISED)
    assert (verdict.error_kind, verdict.exception) == (None, "ZeroDivisionError")


def test_an_act_on_a_gradient_that_is_not_there_is_a_missing_gradient() -> None:
    def asks(ag: Autograd) -> None:
        expect(ag.exp(ag.tensor(2.0, requires_grad=True).grad)).equals(1.0)

    verdict = run(asks)

    assert (verdict.outcome, verdict.kind) == (Outcome.FAILED, FailureKind.MISSING_GRADIENT)
    assert (verdict.found, verdict.expected) == ("None", "a tensor")
    assert "was asked of a gradient that is None" in verdict.message


def test_what_turns_out_to_be_lacking_is_unsupported() -> None:
    verdict = run(lambda ag: ag.cos(ag.tensor(2.0)))

    assert (verdict.outcome, verdict.lacking) == (Outcome.UNSUPPORTED, "op:cos")
    assert verdict.message == "the engine does not declare op:cos"


def test_an_answer_of_another_kind_breaks_the_port() -> None:
    verdict = run(holds, GivesNothing)

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.BROKEN_PORT)
    assert verdict.message == "op:mul gave None, expected a tensor"


def test_a_fault_of_the_clause_is_told_with_its_place() -> None:
    def faulty(_ag: Autograd) -> None:
        raise LookupError("no such thing")

    verdict = run(faulty)

    assert (verdict.kind, verdict.exception) == (Kind.RAISED, "LookupError")
    assert verdict.message.startswith("LookupError: no such thing (in faulty, ")
    assert __file__ in verdict.message


def test_a_program_with_something_that_is_no_data_is_not_shown() -> None:
    def odd(ag: Autograd) -> None:
        expect(ag.tensor(2.0).item()).has_structure(object())

    assert (run(odd).outcome, run(odd).program) == (Outcome.FAILED, None)


@pytest.mark.parametrize("collecting", [True, False])
def test_garbage_collection_is_left_as_it_was(collecting: bool) -> None:
    try:
        if not collecting:
            gc.disable()
        run(holds)

        assert gc.isenabled() is collecting
    finally:
        gc.enable()


# what it builds on --------------------------------------------------------------------
def test_what_the_engine_does_not_declare_is_not_asked_of_it() -> None:
    verdict = run(does_not_hold, unseen=frozenset({"versions", "arrays", "tape"}))

    assert verdict.outcome is Outcome.UNSUPPORTED
    assert verdict.lacking == "arrays"
    assert verdict.message == "the engine does not declare arrays, versions"


@pytest.mark.parametrize("outcome", Outcome)
def test_a_clause_is_blocked_unless_what_it_builds_on_passed_or_cannot_be_asked(
    outcome: Outcome,
) -> None:
    above = clause(holds, builds_on=("bwd-001",))
    verdict = run_clause(above, ToyEngine(), verdict_of=lambda i: Verdict(i, outcome))

    if outcome in (Outcome.PASSED, Outcome.UNSUPPORTED):
        assert verdict.outcome is Outcome.PASSED
    else:
        said = outcome.replace("_", " ")
        assert (verdict.outcome, verdict.foundation) == (Outcome.BLOCKED, "bwd-001")
        assert verdict.message == f"builds on bwd-001, which {said}"


def test_what_it_builds_on_is_run_where_nobody_knows_the_verdict() -> None:
    assert run(holds, builds_on=("acc-001",)).outcome is Outcome.PASSED
    assert run(holds, Overwrites, builds_on=("acc-001",)).foundation == "acc-001"


def test_what_builds_on_a_clause_that_is_nowhere_is_blocked() -> None:
    assert run(holds, builds_on=("acc-999",)).outcome is Outcome.BLOCKED


# known failures -----------------------------------------------------------------------
def test_a_stored_program_that_still_fails_decides_and_is_shown_again() -> None:
    known = from_json(run(adds, Overwrites).program)
    verdict = run_clause(clause(demands_nothing), Overwrites(), known=known)

    assert (verdict.outcome, verdict.kind) == (Outcome.FAILED, FailureKind.VALUE)
    assert len(from_json(verdict.program).steps) == len(known.steps)
    assert verdict.assertions == 1


def test_where_a_stored_program_no_longer_fails_the_clause_decides() -> None:
    known = from_json(run(adds, Overwrites).program)

    assert run_clause(clause(holds), ToyEngine(), known=known).assertions == 2
    assert run_clause(clause(does_not_hold), ToyEngine(), known=known).outcome is Outcome.FAILED


def test_where_a_stored_program_diverges_the_clause_decides() -> None:
    def branches(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        (x * x).backward()
        if float(x.grad) == 4.0:
            expect(x.grad).equals(5.0)

    class Doubles(ToyEngine):
        def float(self, tensor: Any) -> Any:
            return 2.0 * tensor.value

    known = from_json(run(branches).program)

    assert run_clause(clause(holds), Doubles(), known=known).outcome is Outcome.PASSED


def test_a_stored_program_is_judged_as_the_clause_would_be() -> None:
    known = from_json(run(does_not_hold).program)
    verdict = judge_program(clause(holds), ToyEngine(), known)

    assert (verdict.id, verdict.outcome, verdict.assertions) == ("zzz-001", Outcome.FAILED, 1)


def test_a_program_can_be_performed_again_with_nothing_caught() -> None:
    with pytest.raises(Failure, match="another value"):
        rerun(run(does_not_hold), ToyEngine())
    rerun(run(holds), ToyEngine())  # no program came back: there is nothing to perform


# demands inside of functions ----------------------------------------------------------
class Swallows(ReferenceEngine):
    """Loses what a hook raises."""

    def register_hook(self, tensor: Any, hook: Any) -> Any:
        """Register a hook that raises nothing."""

        def quiet(gradient: Any) -> Any:
            try:
                return hook(gradient)
            except Exception:  # noqa: BLE001 - that is what is wrong with it
                return None

        return super().register_hook(tensor, quiet)


class RaisesAnother(ReferenceEngine):
    """Turns what a hook raises into an error of its own."""

    def backward(self, root: Any, **options: Any) -> Any:
        """Hide what was raised."""
        try:
            return super().backward(root, **options)
        except Exception:  # noqa: BLE001 - that is what is wrong with it
            raise RuntimeError("a hook went wrong") from None


def demands_in_a_hook(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)

    def look(gradient: Any) -> None:
        expect(gradient).equals(7.0)

    x.register_hook(look)
    (x * x).backward()
    expect(x.grad).equals(4.0)


@pytest.mark.parametrize("engine", [ReferenceEngine, Swallows, RaisesAnother])
def test_a_demand_that_fails_in_a_hook_is_not_lost(engine: Any) -> None:
    verdict = run(demands_in_a_hook, engine)

    assert (verdict.outcome, verdict.kind) == (Outcome.FAILED, FailureKind.VALUE)
    assert (verdict.found, verdict.expected) == ("4.0", "7.0")


def test_the_first_of_several_demands_that_failed_in_hooks_is_told() -> None:
    def several(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        for wanted in (7.0, 8.0):
            x.register_hook(lambda gradient, wanted=wanted: expect(gradient).equals(wanted))
        (x * x).backward()
        expect(x.grad).equals(4.0)

    assert run(several, Swallows).expected == "7.0"


# words --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1.0, 2.0]), "[1.0, 2.0]"),
        (np.float64(1.0), "1.0"),
        ([np.array([1.0]), (np.array(2.0),)], "[[1.0], (2.0,)]"),
        ("text", "'text'"),
        (None, "None"),
        ("x" * 398, repr("x" * 398)),
        ("x" * 399, f"'{'x' * 399}..."),
    ],
)
def test_a_value_is_spelled_as_people_read_it(value: Any, text: str) -> None:
    assert spell(value) == text


# rows ---------------------------------------------------------------------------------
def test_a_clause_came_to_the_worst_of_its_rows_that_ran() -> None:
    assert set(WEIGHT) == set(Outcome)
    for place, outcome in enumerate(WEIGHT):
        assert all(of_rows([other, outcome]) is outcome for other in WEIGHT[place:])


# chapters -----------------------------------------------------------------------------
def test_a_clause_is_found_by_its_id() -> None:
    assert register.case("acc-001") is CASES["acc-001"]
    assert register.case("acc-999") is register.case("zzz-001") is None


def test_a_foundation_that_cannot_be_read_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(CASES, "bwd-001")
    verdict = run(holds, builds_on=("bwd-001",))

    assert (verdict.outcome, verdict.foundation) == (Outcome.BLOCKED, "bwd-001")
    assert "errored" in verdict.message


# what an engine says of programs ------------------------------------------------------
class SaysNothingThere(ToyEngine):
    """Raises in backward what the kit says of a gradient that is None."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Raise it."""
        raise NothingThere


def test_an_engine_that_says_that_nothing_is_there_misses_no_gradient() -> None:
    verdict = run(does_not_hold, SaysNothingThere)

    assert (verdict.kind, verdict.exception) == (Kind.RAISED, "NothingThere")


class Stammers(ToyEngine):
    """Has no words for any program."""

    def script(self, _program: Any) -> str:
        """Give up."""
        raise ValueError("no words\nat all")


class Counts(ToyEngine):
    """Takes a number for a text."""

    def script(self, program: Any) -> Any:
        """Give how many steps there are."""
        return len(program.steps)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (Stammers, "# script() raised ValueError: no words"),
        (Counts, "# script() gave a int, expected a text"),
    ],
)
def test_an_engine_that_cannot_write_a_program_is_judged_all_the_same(
    engine: Any, said: str
) -> None:
    verdict = run(does_not_hold, engine)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.program
    assert verdict.script == said


class Ring:
    """Refers to itself, so that only a collection ends it."""

    def __init__(self) -> None:
        self.itself = self


class Collects(ToyEngine):
    """Collects garbage before it answers."""

    alive: bool

    def array(self, tensor: Any) -> Any:
        """Find out whether a leak outlives a collection that was asked for."""
        leak = weakref.ref(Ring())
        gc.collect()
        type(self).alive = leak() is not None
        return super().array(tensor)


def test_a_collection_that_the_engine_asks_for_hides_no_leak() -> None:
    run(holds, Collects)
    after = weakref.ref(Ring())
    gc.collect()

    assert Collects.alive
    assert after() is None


def test_a_number_that_cannot_be_written_is_still_a_wrong_value() -> None:
    class Huge(ToyEngine):
        def item(self, tensor: Any) -> Any:
            return 10**5000

    def asks(ag: Autograd) -> None:
        expect(ag.tensor(2.0).item()).equals(2.0)

    verdict = run(asks, Huge)

    assert verdict.outcome is Outcome.FAILED
    assert "cannot be written" in verdict.found


def test_a_refusal_that_is_mapped_to_no_kind_is_told_with_what_maps_it() -> None:
    class Unmapped(ToyEngine):
        def error_kind(self, _error: Exception) -> None: ...

    class UnmappedBook(ReferenceEngine):
        def error_kind(self, _error: Exception) -> None: ...

    by_hand = run_clause(CASES["bwd-006"], Unmapped())
    by_book = run_clause(CASES["bwd-006"], UnmappedBook())

    assert by_hand.kind == by_book.kind == "refused, unmapped"
    assert (by_hand.found, by_hand.expected) == ("'Refusal'", "'root-without-grad'")
    assert "let error_kind() give 'root-without-grad' for this Refusal" in by_hand.message
    assert '[[errors]] kind = "root-without-grad" says = "RootWithoutGradError: ' in by_book.message


def test_what_maps_a_refusal_holds_for_other_numbers_too() -> None:
    class UnmappedBook(ReferenceEngine):
        def error_kind(self, _error: Exception) -> None: ...

    (line,) = re.findall(r'says = (".*")', run_clause(CASES["bwd-006"], UnmappedBook()).message)

    message = "RootWithoutGradError: root number 17 does not require grad and has no history, so t"
    assert re.search(json.loads(line), message)
    assert not re.search(json.loads(line), message.replace("has no", "lost its"))

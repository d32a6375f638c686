"""Failures with one cause are one finding; the gravest stand first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from made_up import judged

from gradspec import CONVENTION, SAFETY, VALUE, edition
from gradspec_conformance.execution.habit import UNSUMMED
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.causes import Gravity, findings, summary

if TYPE_CHECKING:
    from gradspec_conformance.run.judgement import Judged

ZERO = "a gradient is zero and should not be"
NOT_SO = "not so: A backward pass adds."


def wrong(identifier: str, habit: str | None = None, **parts: Any) -> Judged:
    """Judge what gave another value."""
    return judged(identifier, Outcome.FAILED, kind=Kind.VALUE, habit=habit, **parts)


def raised(identifier: str, text: str, place: str | None, **parts: Any) -> Judged:
    """Judge what an exception of the engine's ended."""
    message = f"backward raised {text}"
    error = text.partition(":")[0]
    whole = {"kind": Kind.RAISED, "exception": error, "place": place, "message": message} | parts
    return judged(identifier, Outcome.ERRORED, **whole)


def groups(*found: Judged) -> list[list[str]]:
    """List the ids of each finding."""
    return [[one.id for one in finding.members] for finding in findings(found)]


def test_one_exception_at_one_place_is_one_finding_whatever_it_says() -> None:
    here, there = "engine.py:3, in pull", "engine.py:9, in pull"
    found = (
        raised("acc-001", "KeyError: 1", here),
        raised("acc-002", "KeyError: 1", there),
        raised("acc-003", "KeyError: 2", here, level="must"),
        raised("acc-004", "ValueError: 1", here),
    )

    assert groups(*found) == [["acc-001", "acc-003"], ["acc-002"], ["acc-004"]]
    first, *_ = findings(found)
    assert first.sentence == f"`backward` raises KeyError: 1, at {here}."


def test_where_no_line_of_the_engine_raised_the_words_tell_apart_and_not_the_numbers() -> None:
    found = (
        raised("acc-001", "RuntimeError: node 3 is gone", None),
        raised("acc-002", "RuntimeError: node 17 is gone", None),
        raised("acc-003", "RuntimeError: another", None),
        raised("acc-004", "RuntimeError: another", "mine.toml: $x.backward()"),
    )

    assert groups(*found) == [["acc-001", "acc-002"], ["acc-003"], ["acc-004"]]


def test_what_the_kit_says_of_an_engine_heads_its_finding() -> None:
    broken = {"kind": Kind.BROKEN_PORT, "message": "grad gave 3 things, expected a pair"}
    found = (
        judged("acc-001", Outcome.ERRORED, **broken),
        judged("acc-002", Outcome.ERRORED, **broken),
        judged("acc-003", Outcome.FAILED, kind=Kind.UNMAPPED, found="'KeyError'", expected="'x'"),
    )

    assert [finding.sentence for finding in findings(found)] == [
        "grad gave 3 things, expected a pair.",
        "the adapter does not say which kind of refusal is `KeyError` where `x` is expected.",
    ]


def test_what_is_wrong_in_one_way_is_one_finding() -> None:
    found = wrong("acc-001", ZERO), wrong("acc-002"), wrong("acc-003", ZERO), wrong("acc-004")

    assert groups(*found) == [["acc-001", "acc-003"], ["acc-002"], ["acc-004"]]
    assert [finding.sentence for finding in findings(found)][:2] == [
        "A gradient is zero and should not be.",
        "not so: A backward pass adds.",
    ]


def rows_of(clause: str, *operators: str) -> list[str]:
    """Name rows of a table that are about operators."""
    assert all(f"op:{o}" in edition.needs(f"{clause}/{o}") for o in operators)
    return [f"{clause}/{operator}" for operator in operators]


def test_what_is_wrong_with_one_operator_is_one_finding_in_whatever_way() -> None:
    exp, sin = rows_of("op-001", "exp", "sin")
    (value,) = rows_of("op-201", "exp")
    found = wrong(exp, ZERO), wrong(sin, ZERO), wrong(value)

    assert groups(*found) == [[value, exp], [sin]] or groups(*found) == [[exp, value], [sin]]
    assert findings(found)[0].sentence == "`exp` is wrong."


def test_what_three_operators_do_is_a_habit_of_the_engine() -> None:
    found = [wrong(row, ZERO) for row in rows_of("op-001", "exp", "sin", "cos", "log")]
    (one,) = findings(found)

    assert one.sentence == (
        "A gradient is zero and should not be (`exp`, `sin`, `cos` and 1 more)."
    )


def test_where_a_table_fails_in_all_its_operators_none_of_them_is_to_blame() -> None:
    first, *others = rows_of("op-001", "exp", "sin", "cos", "log")
    sound = [judged(f"op-201/{operator}") for operator in ("exp", "sin", "cos", "log")]
    found = [wrong(row) for row in (first, *others)]

    assert groups(*found, *sound) == [[first, *others]]
    assert findings([*found, *sound])[0].sentence.endswith(" Nor in 3 more rows.")


def test_a_program_that_needs_a_wrong_operator_fails_by_it() -> None:
    (row,) = rows_of("op-001", "exp")
    sound = [judged(other) for other in rows_of("op-001", "sin", "cos", "log")]
    uses = wrong("bwd-001d", program='{"steps":[{"act":"op:mul"},{"act":"op:exp"}]}')
    other = wrong("bwd-001c", program='{"steps":[{"act":"op:mul"}]}')

    assert groups(uses, other, wrong(row), *sound) == [["bwd-001d", row], ["bwd-001c"]]


def test_an_operator_in_place_is_the_same_operator() -> None:
    found = wrong(*rows_of("op-001", "cos")), wrong("op-209/cos_")

    assert groups(*found) == [["op-001/cos", "op-209/cos_"]]


def test_one_habit_is_one_finding_whatever_it_breaks() -> None:
    found = wrong("acc-001", ZERO, nature=CONVENTION), wrong("acc-002", ZERO)
    (one,) = findings(found)

    assert one.gravity is Gravity.WRONG_VALUES
    assert one.example.id == "acc-002"


def test_a_summary_has_a_line_a_finding_and_counts_what_it_leaves_out() -> None:
    lines = list(summary([wrong("acc-001", ZERO), *(wrong(f"acc-{n:03}") for n in range(2, 13))]))

    assert len(lines) == 11
    assert lines[0] == f"1. wrong value: {NOT_SO} (acc-001)"
    assert lines[-1] == "and 2 more findings"
    assert list(summary([wrong("acc-001", ZERO), wrong("acc-002", ZERO)])) == [
        "1. wrong value: A gradient is zero and should not be. (2 failures, such as acc-001)"
    ]


def test_a_habit_of_few_operators_is_apart_from_what_is_wrong_without_them() -> None:
    rows = rows_of("op-001", "exp", "sin", "cos")
    sound = [judged(row) for row in rows_of("op-001", "log", "tanh", "sqrt", "abs", "neg")]
    found = [wrong("acc-001", ZERO), *(wrong(row, ZERO) for row in rows)]

    assert groups(*found, *sound) == [rows, ["acc-001"]]
    assert groups(*found) == [["acc-001", *rows]]  # now it is one of all operators


def test_rows_of_a_table_that_fail_alike_are_one_finding() -> None:
    found = wrong("bwd-203/0"), wrong("bwd-203/1")

    assert groups(*found) == [["bwd-203/0", "bwd-203/1"]]


def test_what_is_blocked_belongs_to_what_blocks_it() -> None:
    found = (
        wrong("acc-001"),
        judged("acc-002", Outcome.BLOCKED, foundation="acc-001", gates=True),
        judged("acc-003", Outcome.BLOCKED, foundation="acc-002", gates=True),
        judged("acc-004", Outcome.BLOCKED, foundation="elsewhere", gates=True),
    )
    (one,) = findings(found)

    assert [b.id for b in one.blocked] == ["acc-002", "acc-003"]


def test_the_gravest_stand_first_and_then_what_costs_most() -> None:
    found = (
        judged("acc-001", standing=Standing.UNEXPECTED_PASS),
        judged("acc-002", Outcome.FAILED, kind=Kind.UNMAPPED, found="KeyError", expected="x"),
        wrong("acc-003", nature=CONVENTION),
        judged("acc-010", kind=Kind.STATE),
        wrong("acc-004", nature=SAFETY),
        judged("acc-005", Outcome.TIMED_OUT, kind=Kind.TIMEOUT),
        judged("acc-006", Outcome.FAILED, kind=Kind.MISSING_GRADIENT),
        wrong("acc-007"),
        wrong("acc-008"),
        judged("acc-009", Outcome.BLOCKED, foundation="acc-008"),
    )

    assert [finding.gravity for finding in findings(found)] == [Gravity.WRONG_VALUES, *Gravity]
    assert groups(*found)[:2] == [["acc-008"], ["acc-007"]]


@pytest.mark.parametrize(
    ("outcome", "manner", "sentence"),
    [
        (Outcome.TIMED_OUT, {"kind": Kind.TIMEOUT}, "2 programs do not come to their end in time."),
        (
            Outcome.CRASHED,
            {"kind": Kind.SIGNAL, "signal": "SIGSEGV"},
            "the engine's process ends (SIGSEGV) in 2 programs.",
        ),
    ],
)
def test_what_ends_alike_is_one_finding(
    outcome: Outcome, manner: dict[str, Any], sentence: str
) -> None:
    found = judged("acc-001", outcome, **manner), judged("acc-002", outcome, **manner)

    assert [finding.sentence for finding in findings(found)] == [sentence]


STACK = """it was ended by SIGSEGV; it wrote:
  Stack (most recent call first):
    File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
    File "{file}", line {line} in pull"""


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("/home/me/engine.py", "engine.py:3, in pull"),
        ("/usr/lib/python3.11/site-packages/mine/engine.py", "mine/engine.py:3, in pull"),
    ],
)
def test_crashes_are_told_apart_by_the_line_of_the_engine(file: str, place: str) -> None:
    def crash(identifier: str, line: int) -> Judged:
        message = STACK.format(file=file, line=line)
        crashed = {"kind": Kind.SIGNAL, "signal": "SIGSEGV", "message": message}
        return judged(identifier, Outcome.CRASHED, **crashed)

    found = crash("acc-001", 3), crash("acc-002", 3), crash("acc-003", 4)

    assert groups(*found) == [["acc-001", "acc-002"], ["acc-003"]]
    assert findings(found)[0].sentence == (
        f"the engine's process ends (SIGSEGV) in 2 programs, at {place}."
    )


def test_the_shortest_program_is_the_example() -> None:
    long, short = wrong("acc-001", ZERO, script="x" * 99), wrong("acc-002", ZERO, script="x")

    assert findings((long, short))[0].example == short


def test_what_was_expected_is_no_finding() -> None:
    known = wrong("acc-001", standing=Standing.EXPECTED_FAILURE)

    assert findings((known, judged("acc-002"))) == []


def program(*operands: str) -> str:
    """Give a program of products of these tensors, two letters each."""
    steps = [
        {"act": "op:mul", "with": {"x": {"$ref": ord(a)}, "other": {"$ref": ord(b)}}, "makes": {}}
        for a, b in operands
    ]
    return json.dumps({"steps": steps}, separators=(",", ":"))


def test_where_paths_do_not_add_up_what_uses_a_tensor_again_is_one_finding() -> None:
    meeting = [
        wrong(identifier, habit, program=program("ab", "cb"))
        for identifier, habit in (("rec-013", None), ("rec-014/product", ZERO), ("acc-003", None))
    ]
    once = wrong("acc-019", program=program("ab", "cd"))
    first, other = findings([*meeting, once])

    assert [one.id for one in first.members] == ["rec-013", "rec-014/product", "acc-003"]
    assert first.sentence == "what reaches a tensor on several paths is not added up."
    assert [one.id for one in other.members] == ["acc-019"]


def test_where_a_product_with_itself_is_right_paths_are_not_to_blame() -> None:
    found = [wrong(name, program=program("aa")) for name in ("rec-013", "acc-003")]

    assert groups(*found) == [["rec-013"], ["acc-003"]]


def test_an_operator_that_is_wrong_only_when_broadcast_is_not_to_blame_elsewhere() -> None:
    (plain,) = rows_of("op-001", "mul")
    special = wrong(f"{plain}_broadcast", ZERO)
    elsewhere = wrong("acc-003", program=program("ab"))

    assert groups(judged(plain), special, elsewhere) == [[special.id], ["acc-003"]]
    assert groups(special, elsewhere) == [[special.id, "acc-003"]]


def test_a_single_wrong_row_says_which_operator_is_wrong_and_how() -> None:
    (row,) = rows_of("op-001", "sqrt")
    sentences = [
        findings([wrong(row, ZERO, nature=nature)])[0].sentence for nature in (VALUE, CONVENTION)
    ]

    assert sentences == [f"`sqrt` is wrong: {ZERO}.", "not so: A backward pass adds."]


def test_gradients_that_are_not_summed_are_one_finding_of_two_operators_and_the_rest() -> None:
    rows = [wrong(f"op-001/{name}_broadcast", UNSUMMED) for name in ("add", "mul")]
    leaf = judged("acc-024b", Outcome.FAILED, kind=Kind.SHAPE, habit=UNSUMMED)
    (one,) = findings([*rows, leaf])

    assert one.sentence == f"{UNSUMMED[0].upper()}{UNSUMMED[1:]} (`add`, `mul`)."


def cut(identifier: str, found: str, expected: str) -> Judged:
    """Judge a gradient of other numbers than expected."""
    return wrong(identifier, found=found, expected=expected)


def test_gradients_that_are_cut_off_at_a_number_are_one_finding() -> None:
    exp, sin, cos, log = rows_of("op-001", "exp", "sin", "cos", "log")
    found = (
        cut(exp, "[1.0, 0.5]", "[3.5, 0.5]"),
        cut(sin, "[-1.0, 0.25]", "[-1.5, 0.25]"),
        cut(cos, "[[1.0], [-1.0]]", "[[1.25], [-2.0]]"),
        cut("bwd-001", "-1.0", "-4.0"),
        cut("op-114/cos", "0.5", "0.75"),
        cut(log, "[0.25, 3.0]", "[0.25, 2.0]"),
    )

    together, alone = findings(found)
    assert [one.id for one in together.members] == [exp, sin, cos, "bwd-001", "op-114/cos"]
    assert together.sentence == "gradients are cut off at 1 (`exp`, `sin`, `cos`)."
    assert [one.id for one in alone.members] == [log]


@pytest.mark.parametrize(
    "found", ["[1.0, 1.0]", "[-1.0, 0.5]", "[2.0, 0.5]", "[nan, 1.0]", "[1.0]"]
)
def test_gradients_that_are_wrong_otherwise_are_cut_off_nowhere(found: str) -> None:
    rows = rows_of("op-001", "exp", "sin", "cos")
    *cut_off, another = [cut(row, "[1.0, 0.5]", "[3.5, 0.5]") for row in rows]

    assert not any(
        "cut off" in finding.sentence
        for finding in findings([*cut_off, cut(another.id, found, "[2.0, 0.5]")])
    )

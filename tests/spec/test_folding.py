"""Calls that are alike are one body, rounds that are alike are a loop, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from gradspec.program.folding import folded
from gradspec.program.loops import LONGEST_ROUND, SHORTEST
from gradspec.program.steps import Body, Function, Program, Ref, Step


def doubling(given: int, made: int, by: float = 2.0, **more: Any) -> Body:
    """Call a function that doubles what it is given."""
    step = Step("op:mul", {"x": Ref(given), "other": by}, Ref(made))
    return Body((Ref(given),), {}, [step], Ref(made), **more)


def cut_short(given: int, by: float = 2.0) -> Body:
    """Call it, and have the engine end it at its first act."""
    return Body((Ref(given),), {}, [Step("op:mul", {"x": Ref(given), "other": by})], cut=True)


def calls(*bodies: Body, after: tuple[Step, ...] = ()) -> Function:
    """Give the function of a program, folded."""
    function = Function(0, "hook", None, list(bodies), list(range(len(bodies))))
    program = Program([Step("define", {"body": function}, Ref(99)), *after])
    found: Function = folded(program).steps[0].given["body"]
    return found


def test_calls_that_differ_in_numbers_alone_are_one() -> None:
    found = calls(doubling(1, 2), doubling(3, 4), doubling(5, 6))

    assert found.turns == [0, 0, 0]
    assert len(found.bodies) == 1


def test_calls_that_differ_in_what_they_do_are_several_and_come_in_turn() -> None:
    found = calls(doubling(1, 2), doubling(3, 4, 5.0), doubling(5, 6), doubling(7, 8, 5.0))

    assert found.turns == [0, 1, 0, 1]
    assert [body.steps[0].given["other"] for body in found.bodies] == [2.0, 5.0]


def test_a_program_that_is_folded_again_keeps_which_call_was_which() -> None:
    function = Function(0, "hook", None, [doubling(1, 2), doubling(3, 4, 5.0)], [0, 1, 0, 0])
    program = Program([Step("define", {"body": function}, Ref(99))])

    found = folded(folded(program)).steps[0].given["body"]

    assert found.turns == [0, 1, 0, 0]
    assert len(found.bodies) == 2


@pytest.mark.parametrize(
    "other",
    [
        Body((Ref(3),), {}, [Step("op:mul", {"x": Ref(3), "other": 2.0}, Ref(4))], Ref(3)),
        Body((Ref(3),), {}, [], Ref(3)),
        Body((None,), {}, [Step("op:mul", {"x": Ref(9), "other": 2.0}, Ref(4))], Ref(4)),
        Body((Ref(3),), {"by": 1}, [Step("op:mul", {"x": Ref(3), "other": 2.0}, Ref(4))], Ref(4)),
        doubling(3, 4, raised="ValueError"),
    ],
    ids=["returns another", "does less", "is given nothing", "is told more", "raises"],
)
def test_calls_that_differ_in_anything_else_are_several(other: Body) -> None:
    assert calls(doubling(1, 2), other).turns == [0, 1]


def test_calls_that_use_other_things_from_outside_are_several() -> None:
    def using(outside: int, given: int) -> Body:
        return Body((Ref(given),), {}, [Step("op:mul", {"x": Ref(given), "y": Ref(outside)})])

    made = tuple(Step("tensor", {"data": 1.0}, Ref(n)) for n in (50, 51))
    function = Function(0, "hook", None, [using(50, 1), using(51, 2), using(50, 3)], [0, 1, 2])
    steps = folded(Program([*made, Step("define", {"body": function}, Ref(99))])).steps

    assert steps[-1].given["body"].turns == [0, 1, 0]


def test_a_call_that_made_what_others_use_is_kept_apart() -> None:
    later = Step("expect", {"found": Ref(4), "check": "is_present"})
    found = calls(doubling(1, 2), doubling(3, 4), doubling(5, 6), after=(later,))

    assert found.turns == [0, 1, 0]
    assert [len(body.exports) for body in found.bodies] == [0, 1]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_call_that_was_cut_is_the_beginning_of_a_whole_one(place: int) -> None:
    bodies = [doubling(1, 2), doubling(3, 4)]
    bodies.insert(place, cut_short(5))
    found = calls(*bodies)

    assert found.turns == [0, 0, 0]
    assert not found.bodies[0].cut


@pytest.mark.parametrize(
    "cut",
    [
        cut_short(3, 5.0),
        Body((None,), {}, [], cut=True),
        Body((Ref(3),), {}, [Step("op:sum", {"x": Ref(3)})], cut=True),
        Body((Ref(3),), {}, [*doubling(3, 4).steps, Step("log"), Step("log")], cut=True),
    ],
    ids=["another number", "given nothing", "another act", "longer"],
)
def test_a_call_that_was_cut_elsewhere_stays(cut: Body) -> None:
    found = calls(doubling(1, 2), cut)

    assert found.turns == [0, 1]
    assert found.bodies[1].cut


def test_a_call_that_was_cut_before_it_did_anything_begins_any_that_was_given_the_same() -> None:
    assert calls(doubling(1, 2), Body((Ref(3),), {}, [], cut=True)).turns == [0, 0]


def test_functions_in_functions_and_in_blocks_are_folded_too() -> None:
    inner = Function(20, "hook", None, [doubling(1, 2), doubling(3, 4)], [0, 1])
    register = Step("register_hook", {"x": Ref(40), "hook": inner}, Ref(21, "hook"))
    outer = Function(30, "body", None, [Body((Ref(40),), {}, [register])], [0])
    block = Step("mode:no_grad", {}, steps=[Step("define", {"body": outer}, Ref(31))])
    (found,) = folded(Program([block])).steps
    body = found.steps[0].given["body"].bodies[0]

    assert len(body.steps[0].given["hook"].bodies) == 1


def test_the_program_that_was_given_stays_as_it_is() -> None:
    function = Function(0, "hook", None, [doubling(1, 2), doubling(3, 4)], [0, 1])
    program = Program([Step("define", {"body": function}, Ref(99))])
    folded(program)

    assert (len(function.bodies), program.steps[0].makes) == (2, Ref(99))


# loops --------------------------------------------------------------------------------
def chain(times: int, size: int = 1) -> list[Step]:
    """Add to a number again and again, with operators that take turns."""
    steps = [Step("tensor", {"data": 1.0}, Ref(0))]
    acts = [f"op:f{n}" for n in range(size)]
    rounds = range(times * size)
    steps += [Step(acts[n % size], {"x": Ref(n), "by": 2.0}, Ref(n + 1)) for n in rounds]
    last = Ref(times * size)
    return [*steps, Step("expect", {"found": last, "check": "equals", "expected": 1.0})]


def acts(steps: list[Step]) -> list[str]:
    """Give the acts of steps that were folded."""
    return [step.act for step in folded(Program(steps)).steps]


def test_what_repeats_is_a_loop_that_carries_what_the_last_round_made() -> None:
    first, loop, last = folded(Program(chain(30))).steps
    ((inside, before, after),) = loop.given["carried"]

    assert loop.act == "repeat"
    assert loop.given["times"] == 30
    assert loop.steps == [Step("op:f0", {"x": inside, "by": 2.0}, after)]
    assert before == first.makes
    assert last.given["found"] == after
    assert len({inside.number, before.number, after.number}) == 3


@pytest.mark.parametrize(
    ("times", "size", "is_loop"),
    [
        (SHORTEST + 1, 1, True),
        (SHORTEST, 1, False),
        (SHORTEST // 4 + 1, 4, True),
        (SHORTEST // 4, 4, False),
        (SHORTEST // LONGEST_ROUND + 1, LONGEST_ROUND, True),
        (30, LONGEST_ROUND + 1, False),
    ],
)
def test_a_loop_saves_enough_to_be_worth_reading(times: int, size: int, is_loop: bool) -> None:
    assert ("repeat" in acts(chain(times, size))) is is_loop


def test_a_step_with_another_number_ends_a_loop() -> None:
    steps = chain(60)
    steps[31].given["by"] = 3.0

    assert acts(steps) == ["tensor", "repeat", "op:f0", "repeat", "expect"]


def test_what_uses_a_round_from_outside_keeps_the_rounds_before_it() -> None:
    steps = [*chain(60), Step("expect", {"found": Ref(5), "check": "is_present"})]

    assert acts(steps) == ["tensor", *["op:f0"] * 5, "repeat", "expect", "expect"]


def test_a_step_that_is_a_block_is_in_no_loop() -> None:
    blocks = [Step("mode:no_grad", steps=[]) for _ in range(60)]

    assert acts(blocks) == ["mode:no_grad"] * 60


def test_what_takes_from_two_steps_before_is_a_loop_with_rounds_of_two() -> None:
    steps = [Step("tensor", {"data": 1.0}, Ref(n)) for n in (0, 1)]
    steps += [Step("op:add", {"x": Ref(n), "y": Ref(n + 1)}, Ref(n + 2)) for n in range(60)]
    *_, loop = folded(Program(steps)).steps

    assert (loop.act, loop.given["times"]) == ("repeat", 30)
    assert (len(loop.steps or []), len(loop.given["carried"])) == (2, 2)


def test_rounds_that_make_nothing_are_no_loop() -> None:
    made = Step("tensor", {"data": 1.0}, Ref(0))
    steps = [made, *(Step("backward", {"root": Ref(0)}) for _ in range(60))]

    assert "repeat" not in acts(steps)


def test_a_constant_from_outside_may_be_used_in_every_round() -> None:
    steps = [Step("tensor", {"data": 1.0}, Ref(n)) for n in (0, 100)]
    steps += [Step("op:add", {"x": Ref(n), "y": Ref(100)}, Ref(n + 1)) for n in range(60)]
    *_, loop = folded(Program(steps)).steps

    assert loop.act == "repeat"
    assert len(loop.given["carried"]) == 1


def two_in_a_round(second: list[int]) -> list[Step]:
    """Add to a number what `second` says in each round; -1 is the round before."""
    steps = [Step("tensor", {"data": 1.0}, Ref(n)) for n in (0, 1000, 1001, 1002)]
    for n, other in enumerate(second):
        steps.append(
            Step("op:add", {"x": Ref(n), "y": Ref(n + other if other < 0 else other)}, Ref(n + 1))
        )
    return steps


def test_what_later_rounds_take_from_outside_is_the_same_in_each() -> None:
    assert acts(two_in_a_round([1000] * 40))[4:] == ["repeat"]
    assert acts(two_in_a_round([1000] * 40 + [1001]))[4:] == ["repeat", "op:add"]
    assert acts(two_in_a_round([1000, 1001, 1002] * 20))[4:] == ["repeat"]


def test_a_first_round_that_takes_something_else_stands_before_the_loop() -> None:
    assert acts(two_in_a_round([1001] + [1000] * 40))[4:] == ["op:add", "repeat"]


def test_one_thing_carried_for_two_uses_must_begin_as_one() -> None:
    steps = [Step("tensor", {"data": 1.0}, Ref(n)) for n in (0, 1000)]
    steps.append(Step("op:add", {"x": Ref(0), "y": Ref(1000)}, Ref(1)))
    steps += [Step("op:add", {"x": Ref(n), "y": Ref(n)}, Ref(n + 1)) for n in range(1, 60)]

    assert acts(steps)[2:] == ["op:add", "repeat"]

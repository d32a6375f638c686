"""A sound engine of another school fails conventions, and nothing else.

The schools are made of the reference engine by the plants that change what torch chose.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from gradspec import CASES, CONVENTION
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.swap import Swap
from gradspec_reference import Tensor
from gradspec_reference.engine.saved import SavedTensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.writing.clause import Clause


def saved_values_are_copied(swap: Swap) -> None:
    """Keep copies of saved values, so that no write is missed."""

    def init(sound: Callable[..., None], self: SavedTensor, tensor: Tensor) -> None:
        copy = Tensor(tensor._array.copy())
        copy._grad_fn, copy._output_nr = tensor.grad_fn, tensor._output_nr
        copy._requires_grad, copy._leaf = tensor._requires_grad, tensor._leaf
        if tensor.is_leaf and tensor._requires_grad:
            copy._leaf = tensor.leaf_state()
        sound(self, copy)

    swap(at(SavedTensor, "__init__"), init)


def planted(name: str) -> Callable[[Swap], None]:
    plants.load()
    return PLANTS[name].put


SCHOOLS = {
    "saved values are copied": lambda: saved_values_are_copied,
    **{
        name: functools.partial(planted, name)
        for name in (
            "saved_values_are_locked",
            "leaf_inplace_ok",
            "leaf_view_inplace_ok",
            "multiview_inplace_ok",
            "expand_inplace_ok",
            "augmented_makes_a_new_tensor",
            "write_counts_twice",
            "detach_copies",
            "gradient_is_another_tensor_each_time",
        )
    },
}


ELSEWHERE = (
    "accum_replaces every_pass_is_recorded",
    "grad_begins_at_zero retain_default_true augmented_makes_a_new_tensor",
    "leaf_inplace_ok like_takes_the_flag",
)
"""Choices that show in all chapters, made together."""


ONE_CHOICE = {
    "gradients begin at zero": (
        lambda: planted("grad_begins_at_zero"),
        "leaf-015 acc-007 acc-020",
        # the reference engine's zeros have a data type, a memory and a layout of their own
        "leaf-025a leaf-020 acc-024a acc-018 acc-203 acc-013",
    ),
}
"""School -> the one choice that it makes, the clauses about it, and what the choice entails."""


@pytest.mark.parametrize(("school", "about", "entailed"), ONE_CHOICE.values(), ids=ONE_CHOICE)
def test_one_choice_fails_the_clauses_about_it_and_no_others(
    school: Callable[[], Callable[[Swap], None]], about: str, entailed: str
) -> None:
    wrong = {case.id.partition("/")[0] for case in failed_by(school(), wanted=lambda _: True)}

    assert set(about.split()) <= wrong
    assert wrong <= {*about.split(), *entailed.split()}


@pytest.mark.parametrize("school", SCHOOLS.values(), ids=SCHOOLS)
def test_another_school_fails_conventions_of_writing_in_place_only(
    school: Callable[[], Callable[[Swap], None]],
) -> None:
    wrong = failed_by(school(), wanted=lambda case: case.chapter == "in_place")

    assert wrong
    assert {case.nature for case in wrong} == {CONVENTION}


@pytest.mark.parametrize("choices", ELSEWHERE)
def test_another_school_fails_conventions_only(choices: str) -> None:
    wrong = failed_by(
        *map(planted, choices.split()), wanted=lambda case: case.nature is not CONVENTION
    )

    assert [case.id for case in wrong] == []


def failed_by(*choices: Callable[[Swap], None], wanted: Callable[[Clause], bool]) -> list[Clause]:
    """Blocked is not failed: what it builds on is what failed."""
    engine = ReferenceEngine()
    with Swap() as swap:
        for choose in choices:
            choose(swap)
        return [
            case
            for case in CASES.values()
            if not case.is_law and wanted(case) and not_passed(run_clause(case, engine).outcome)
        ]


def not_passed(outcome: Outcome) -> bool:
    return outcome not in (Outcome.PASSED, Outcome.BLOCKED)

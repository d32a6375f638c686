"""A sound engine of another school fails conventions, and nothing else.

The schools are made of the reference engine by the plants that change what torch chose.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import CASES, CONVENTION
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.swap import Swap
from gradspec_reference import Tensor
from gradspec_reference.engine import hooks
from gradspec_reference.engine.saved import SavedTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.port.act import Act
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


class KeepsEveryGradient(ReferenceEngine):
    """Every result keeps its gradient, as if it had been asked to."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Ask for the gradient of what was computed."""
        answer = super().speak(act, given, forms)
        for result in answer if isinstance(answer, list | tuple) else [answer]:
            if act.family == "op" and isinstance(result, Tensor) and result.requires_grad:
                hooks.retain(result)
        return answer


class GradientsArePlain(ReferenceEngine):
    """A gradient is an array of NumPy's, and arithmetic takes arrays."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Give the array of a gradient; take arrays where a tensor may stand."""
        if act.key == "array" and not isinstance(given["x"], Tensor):
            return np.array(given["x"])
        if (act.family == "op" and "inplace" not in act.words) or act.key in ("set:grad", "grad"):
            given = {name: self._lifted(one) for name, one in given.items()}
        answer = super().speak(act, given, forms)
        return answer._array if act.key == "get:grad" and answer is not None else answer

    def _lifted(self, given: Any) -> Any:
        if type(given) in (list, tuple):
            return type(given)(map(self._lifted, given))
        return Tensor(np.array(given)) if isinstance(given, np.ndarray | np.generic) else given


class Lacks(ReferenceEngine):
    """Declares all but one word."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.abilities = self.abilities - {word}


ELSEWHERE = (
    "accum_replaces every_pass_is_recorded",
    "grad_begins_at_zero retain_default_true augmented_makes_a_new_tensor",
    "leaf_inplace_ok like_takes_the_flag",
)
"""Choices that show in all chapters, made together."""


ONE_CHOICE: dict[str, tuple[ReferenceEngine, str, str, str]] = {
    "gradients begin at zero": (
        ReferenceEngine(),
        "grad_begins_at_zero",
        "leaf-015 acc-007 acc-020",
        # the reference engine's zeros have a data type, a memory and a layout of their own
        "leaf-025a leaf-020 acc-024a acc-018 acc-018a acc-203 acc-013 acc-016",
    ),
    "every gradient is kept": (
        KeepsEveryGradient(),
        "",
        "ret-001 ret-006",
        # nobody has to ask, so that there is nothing to warn of, and no flag to tell
        "ret-002 ret-009 bwd-025",
    ),
    "gradients are plain arrays": (
        GradientsArePlain(),
        "",
        # what is asked is the identity of a tensor, or it is written, differentiated, or its node
        # its layout or its memory is asked for
        "leaf-018 acc-009 acc-010 acc-002 inp-204 ho-004",
        (
            "leaf-041b leaf-215 acc-012a acc-012b acc-013 acc-014 acc-015 acc-018 acc-019a acc-203 "
            "vjp-008b ho-002a ho-004a inp-045 inp-049 inp-049a"
        ),
    ),
}
"""School -> the engine and the plant that make it, the clauses about its one choice, the rest."""


@pytest.mark.parametrize(
    ("engine", "plant", "about", "entailed"), ONE_CHOICE.values(), ids=ONE_CHOICE
)
def test_one_choice_fails_the_clauses_about_it_and_no_others(
    engine: ReferenceEngine, plant: str, about: str, entailed: str
) -> None:
    failed = failed_by(*map(planted, plant.split()), engine=engine)
    wrong = {case.id.partition("/")[0] for case in failed}

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


def failed_by(
    *choices: Callable[[Swap], None],
    wanted: Callable[[Clause], bool] = lambda _: True,
    engine: ReferenceEngine | None = None,
) -> list[Clause]:
    """Blocked is not failed: what it builds on is what failed."""
    engine = engine or ReferenceEngine()
    verdicts: dict[str, Verdict] = {}

    def verdict_of(identifier: str) -> Verdict:
        if identifier not in verdicts:
            case = CASES[identifier]
            verdicts[identifier] = run_clause(case, engine, verdict_of=verdict_of)
        return verdicts[identifier]

    with Swap() as swap:
        for choose in choices:
            choose(swap)
        return [
            case
            for case in CASES.values()
            if not case.is_law and wanted(case) and has_failed(verdict_of(case.id).outcome)
        ]


def has_failed(outcome: Outcome) -> bool:
    return outcome not in (Outcome.PASSED, Outcome.BLOCKED, Outcome.UNSUPPORTED)


STEERING = (
    *("allow_unused", "create_graph", "given_cotangent", "grad", "tape"),
    *("is_grad_enabled", "mode:enable_grad", "op:clone", "op:detach", "get:requires_grad"),
)
"""Words by which the kit's own products choose their way."""


@pytest.mark.parametrize("faults", ["", "always_freed"])
def test_a_word_less_adds_no_failure(faults: str) -> None:
    puts = [planted(name) for name in faults.split()]
    before = {case.id for case in failed_by(*puts, wanted=is_a_product)}

    for word in STEERING:
        after = failed_by(*puts, wanted=is_a_product, engine=Lacks(word))
        assert {case.id for case in after} <= before, word


def is_a_product(case: Clause) -> bool:
    return "vjp" in case.needs and case.chapter != "operators"

"""A sound engine of another school fails conventions, and nothing else.

The schools are made of the reference engine by the plants that change what torch chose.
"""

from __future__ import annotations

import functools
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from judged_here import all_but_laws, failures, outcomes, planted

from gradspec import CASES, CLAUSES, CONVENTION
from gradspec.port.acts import ACTS
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants.places import at, rule
from gradspec_reference import Tensor
from gradspec_reference.engine import duals, hooks
from gradspec_reference.engine.node import accumulator
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.errors import OperandShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec.port.act import Act
    from gradspec_conformance.plants.swap import Swap


def saved_values_are_copied(swap: Swap) -> None:
    """Keep copies of saved values, so that no write is missed."""

    def init(
        sound: Callable[..., None], self: SavedTensor, tensor: Tensor, _version: int | None = None
    ) -> None:
        copy = Tensor(tensor._array.copy())
        copy._grad_fn, copy._output_nr = tensor.grad_fn, tensor._output_nr
        copy._requires_grad, copy._leaf = tensor._requires_grad, tensor._leaf
        if tensor.is_leaf and tensor._requires_grad:
            copy._leaf = tensor.leaf_state()
            vars(copy)["sends to"] = accumulator(tensor)  # or it would be made for the copy
        duals.keep_with(copy, tensor)
        sound(self, copy)

    swap(at(SavedTensor, "__init__"), init)


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


class Without(ReferenceEngine):
    """Declares all but some words."""

    lacks = ""

    def __init__(self, words: str = "") -> None:
        super().__init__()
        self.abilities = self.abilities - {*self.lacks.split(), *words.split()}


class KeepsEveryGradient(ReferenceEngine):
    """Every result keeps its gradient, as if it had been asked to."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Ask for the gradient of what was computed."""
        answer = super().speak(act, given, forms)
        for result in answer if isinstance(answer, list | tuple) else [answer]:
            if act.family == "op" and isinstance(result, Tensor) and result.requires_grad:
                hooks.retain(result)
        return answer


class GradientsBeginAtZero(ReferenceEngine):
    """Where nothing arrived, in leaves, results and constants, there is a gradient of zeros."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Give zeros for None."""
        answer = super().speak(act, given, forms)
        if act.key == "get:grad" and answer is None:
            return Tensor(np.zeros_like(given["x"]._array))
        return answer


class GradientsArePlain(Without):
    """A gradient is an array of NumPy's, and arithmetic takes arrays."""

    lacks = "gradient_tensors"

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Give the array of a gradient; take arrays where a tensor may stand."""
        if act.key == "array" and not isinstance(given["x"], Tensor):
            return np.array(given["x"])
        if (act.family == "op" and "inplace" not in act.words) or act.key in ("set:grad", "grad"):
            given = {name: self._lifted(one) for name, one in given.items()}
        answer = super().speak(act, given, forms)
        return self.plain(answer._array) if act.key == "get:grad" and answer is not None else answer

    def plain(self, gradient: Any) -> Any:
        """Give what a user gets."""
        return gradient

    def _lifted(self, given: Any) -> Any:
        if type(given) in (list, tuple):
            return type(given)(map(self._lifted, given))
        return Tensor(np.array(given)) if isinstance(given, np.ndarray | np.generic) else given


class GradientsAreNumbers(GradientsArePlain):
    """All is numbers, and a gradient is one of Python's."""

    lacks = "gradient_tensors arrays dtype:float16 dtype:float32"

    def plain(self, gradient: Any) -> Any:
        """Give what a user gets."""
        return float(gradient)


class AllIsVariable(Without):
    """Every tensor of real numbers is a leaf that requires grad, and none is written."""

    lacks = "constants inplace"

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Make a leaf where a tensor is asked for."""
        if act.key == "tensor" and np.dtype(given["dtype"]).kind == "f":
            return super().speak(ACTS["leaf"], given, forms)
        return super().speak(act, given, forms)


class GradientsAreDroppedOnUse(ReferenceEngine):
    """A leaf that enters an operation anew has no gradient any more, as in MyGrad."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Drop the gradients of leaves that are operands."""
        if act.family == "op" and "inplace" not in act.words:
            for one in given.values():
                for operand in one if isinstance(one, list | tuple) else [one]:
                    if isinstance(operand, Tensor) and operand.is_leaf:
                        operand.grad = None
        return super().speak(act, given, forms)


class CotangentsAreBroadcast(ReferenceEngine):
    """A cotangent is brought to the shape of the root by NumPy's rules."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Give the pass a cotangent of the shape."""
        cotangent, root = given.get("gradient"), given.get("root")
        if act.key == "backward" and isinstance(cotangent, Tensor) and isinstance(root, Tensor):
            with suppress(ValueError):
                fitting = np.broadcast_to(cotangent._array, root._array.shape)
                if fitting.shape != cotangent._array.shape:
                    given = {**given, "gradient": Tensor(fitting.copy())}
        return super().speak(act, given, forms)


class RefusesWhenLookedAt(ReferenceEngine):
    """Computes, and refuses operands that do not fit, when somebody looks, as a lazy engine."""

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Keep the refusal until the result is looked at."""
        if act.key == "array" and isinstance(given["x"], OperandShapeError):
            raise given["x"]
        try:
            return super().speak(act, given, forms)
        except OperandShapeError as error:
            if act.family != "op" or "inplace" in act.words:
                raise
            return error


ELSEWHERE = (
    "accum_replaces every_pass_is_recorded",
    "grad_begins_at_zero retain_default_true augmented_makes_a_new_tensor",
    "leaf_inplace_ok like_takes_the_flag",
)
"""Choices that show in all chapters, made together."""


@dataclass(frozen=True)
class Choice:
    """What a school does otherwise, the clauses about it, and how many may build on these."""

    about: str
    plant: str = ""
    engine: Callable[[], ReferenceEngine] = ReferenceEngine
    blocks: int = 0


NO_VERSIONS = "versions get:version increment_version"

ONE_CHOICE = {
    "gradients begin at zero": Choice(
        "leaf-015 acc-007 acc-020 loop-003 loop-005 loop-006 loop-017 loop-022",
        engine=GradientsBeginAtZero,
    ),
    # who keeps all is asked by nobody, has nothing to warn of, and no flag to tell; an optimizer
    # takes what keeps its gradient
    "every gradient is kept": Choice(
        "ret-001 ret-002 ret-006 ret-009 loop-013", engine=KeepsEveryGradient
    ),
    "gradients are plain arrays": Choice("", engine=GradientsArePlain),
    "gradients are plain numbers": Choice("", engine=GradientsAreNumbers),
    "a pass replaces gradients": Choice("acc-001", "accum_replaces", blocks=25),
    "all is variable": Choice("", engine=AllIsVariable),
    "gradients are dropped on use": Choice("acc-001", engine=GradientsAreDroppedOnUse, blocks=25),
    "cotangents are broadcast": Choice("vjp-004a vjp-207", engine=CotangentsAreBroadcast),
    "shapes are looked at late": Choice("", engine=RefusesWhenLookedAt),
    # a sum that is recorded is another tensor, laid out by itself
    "every pass is recorded": Choice(
        "acc-012 ho-002 ho-011 ho-011a acc-009 acc-010 acc-015 acc-018 acc-203 "
        "hook-013 hook-028 mode-219 cf-004 sth-012 grad-291",
        "every_pass_is_recorded",
        blocks=5,
    ),
    "graphs are kept": Choice("sth-023", "retain_default_true", lambda: Without("frees_graph")),
    "augmented assignment binds": Choice("inp-004 inp-009", "augmented_makes_a_new_tensor"),
    "leaves may be written": Choice("inp-004 loop-011", "leaf_inplace_ok"),
    "models pass their flag on": Choice("leaf-001a op-206", "like_takes_the_flag"),
}


@pytest.mark.parametrize("choice", ONE_CHOICE.values(), ids=ONE_CHOICE)
def test_one_choice_fails_the_clauses_about_it_and_no_others(choice: Choice) -> None:
    about = [case for name in choice.about.split() for case in CLAUSES[name].cases]
    puts = map(planted, choice.plant.split())
    found = outcomes(choice.engine(), *puts, cases=[*all_but_laws(), *about])
    wrong = {identifier.partition("/")[0] for identifier in failures(found)}
    blocked = [identifier for identifier, outcome in found.items() if outcome is Outcome.BLOCKED]

    assert wrong == set(choice.about.split())
    assert len(blocked) <= choice.blocks, blocked


def test_who_copies_what_is_saved_needs_no_versions() -> None:
    keeps_arguments_themselves, shows_their_memory = "gi-014", "sth-021"
    wrong = failures(outcomes(Without(NO_VERSIONS), saved_values_are_copied))

    assert set(wrong) == {keeps_arguments_themselves, shows_their_memory}


LACKING = {"saved_values_are_locked": "mode:allow_mutation_on_saved_tensors"}
"""School -> what it cannot have: who locks what is saved has no block in which it is written."""


@pytest.mark.parametrize("school", SCHOOLS)
def test_another_school_fails_conventions_of_writing_in_place_only(school: str) -> None:
    cases = [case for case in CASES.values() if case.chapter == "in_place" and not case.is_law]
    engine = Without(LACKING.get(school, ""))
    wrong = failures(outcomes(engine, SCHOOLS[school](), cases=cases))

    assert {CASES[identifier].nature for identifier in wrong} == {CONVENTION}


@pytest.mark.parametrize("choices", ELSEWHERE)
def test_another_school_fails_conventions_only(choices: str) -> None:
    cases = [case for case in all_but_laws() if case.nature is not CONVENTION]

    assert failures(outcomes(ReferenceEngine(), *map(planted, choices.split()), cases=cases)) == []


ABOUT_SYMMETRIC = re.compile(r"/(eigh|eigvalsh|cholesky)(_|$)")


@pytest.mark.parametrize("operator", ["eigh", "cholesky"])
@pytest.mark.parametrize("triangle", ["tril", "triu"])
def test_of_a_symmetric_matrix_one_triangle_may_receive_all(operator: str, triangle: str) -> None:
    beside = -1 if triangle == "tril" else 1

    def to_one_triangle(sound: Any, xp: Any, *arguments: Any) -> Any:
        whole = sound(xp, *arguments)
        part = getattr(xp, triangle)
        return part(whole, 0) + part(whole, beside)

    found = outcomes(
        ReferenceEngine(),
        lambda swap: swap(rule(operator, "self"), to_one_triangle),
        cases=[case for case in CASES.values() if ABOUT_SYMMETRIC.search(case.id)],
    )

    assert len(found) > 40
    assert failures(found) == []

"""What a function refuses, and with which class of error, is what torch refuses."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
import torch
from lockstep import shown

import gradspec_reference as engine

if TYPE_CHECKING:
    from collections.abc import Iterator

# of each kind of parameter, by its annotation, what a correct call gives
CORRECT: dict[str, str] = {
    "Tensor": "torch.tensor([[1.5, -2.0], [0.5, 3.0]])",
    "Scalar": "2",
    "float": "0.5",
    "int": "0",
    "bool": "True",
    "str": "'floor'",
    "DType": "torch.float64",
    "Sequence[int]": "(1, 0)",
    "Sequence[Tensor]": "[torch.ones(2), torch.zeros(2)]",
    "np.ndarray[Any, Any]": "np.ones(2)",
}

WRONG = (
    *("None", "'a'", "1.5", "True", "[1.5]", "['a']", "[]", "{}", "object()", "np.ones(2)"),
    *("torch.float32", "slice(None)", "7", "-7", "(0, 0)", "torch.tensor([True, False])"),
    *("torch.ones(3, dtype=torch.int64)", "torch.ones(2, 0)"),
)

# they take arguments of any kind, have meanings that the engine lacks, or change its state
LEFT_OUT = {
    *("torch.as_tensor", "torch.asarray", "torch.can_cast", "torch.is_tensor", "torch.tensor"),
    *("Tensor.backward", "Tensor.new_tensor", "Tensor.to", "Tensor.view", "Tensor.squeeze"),
    *("torch.einsum", "torch.tensordot", "linalg.pinv"),
    *("Tensor.unflatten", "torch.manual_seed", "torch.set_default_dtype", "torch.set_warn_always"),
}


def names() -> list[str]:
    """Return the functions and the methods of tensors that are behind a door."""
    functions = [f"torch.{name}" for name in engine.__all__ if hasattr(torch, name)]
    methods = [f"Tensor.{name}" for name in sorted(vars(engine.Tensor))]
    of_matrices = [f"linalg.{name}" for name in engine.linalg.__all__]
    made = [
        name
        for name in (*functions, *methods, *of_matrices)
        if hasattr(function(name), "__wrapped__")
    ]
    return [name for name in made if name not in LEFT_OUT and "__" not in name]


def function(name: str) -> object:
    """Return the engine's function of that name."""
    owner, own = name.split(".")
    owners = {"torch": engine, "Tensor": engine.Tensor, "linalg": engine.linalg}
    return getattr(owners[owner], own)


def calls(name: str) -> Iterator[str]:
    """Write calls in which one argument is wrong or missing, or one is too many."""
    parameters = list(inspect.signature(function(name)).parameters.values())  # type: ignore[arg-type]
    correct = {p.name: CORRECT.get(p.annotation.split(" | ")[0], "None") for p in parameters}
    named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    placed = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    required = [correct[p.name] for p in placed if p.default is p.empty]
    yield written(name, [*required, *["None"] * 6])
    yield written(name, [*required, "unknown=1"])
    yield written(name, required[:-1])
    for wrong in WRONG:
        for parameter in named:
            yield written(name, [*required, f"{parameter.name}={wrong}"])
        for place in range(len(placed)):
            before = [correct[p.name] for p in placed[:place]]
            after = [correct[p.name] for p in placed[place + 1 :] if p.default is p.empty]
            yield written(name, [*before, wrong, *after])


def written(name: str, arguments: list[str]) -> str:
    """Write one call; a method is called through its class."""
    return f"torch.{name.removeprefix('torch.')}({', '.join(arguments)})"


def refusal(call: str, library: object) -> list[object]:
    """Return the class of error that a call gives, or None.

    Functions that torch has in Python ask anything for its attributes: that counts as TypeError.
    """
    return ["TypeError" if each == "AttributeError" else each for each in shown(call, library)]


@pytest.mark.parametrize("name", names())
def test_a_wrong_argument_is_refused_as_in_torch(name: str) -> None:
    found = {call: refusal(call, engine) for call in calls(name)}

    assert found == {call: refusal(call, torch) for call in found}


def test_no_wrong_argument_is_asked_for_its_attributes() -> None:
    every = [call for name in names() for call in calls(name)]

    assert [call for call in every if "AttributeError" in map(str, shown(call, engine))] == []


@pytest.mark.parametrize("name", ["block_diag", "broadcast_tensors", "cartesian_prod", "meshgrid"])
def test_a_call_without_arguments_is_answered_alike_after_any_other(name: str) -> None:
    wanted = shown(f"torch.{name}()", torch)
    others = ("", "object()", "torch.ones(2)", "[]")

    for other in others:
        shown(f"torch.{name}({other})", engine)
        assert shown(f"torch.{name}()", engine) == wanted, other

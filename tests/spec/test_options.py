"""Every option that torch's operators have is asked by name, or it is said here why it is not."""

from __future__ import annotations

import ast
import functools
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import torch

import gradspec.chapters
from gradspec import edition
from gradspec.catalogue.operators import CALLS, ENDS, KINKS, OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.operator import Operator

OF_ALL: Final = {
    "out": "where a result goes, which `add` is asked, and the clauses about writes",
    "generator": "what is drawn is not known, whoever draws",
    "requires_grad": "asked of all factories in one table of the chapter on leaves",
    "device layout memory_format pin_memory non_blocking": "where numbers lie, not which they are",
    "cudnn_enable cudnn_enabled": "which code computes it",
    "_stacklevel": "of a warning",
}
"""Options that no operator, or one for all, is asked for, and why."""

NOT_ASKED: Final = {
    "asarray.copy to.copy": "asked as `clone`",
    "bernoulli.p": "another operator, which reads nothing off the tensor but its shape",
    "elu.scale elu.input_scale expand.implicit": "of the kernel; no public function takes it",
    "embedding.sparse gather.sparse_grad": "a gradient that is not dense is no array",
    "svd.driver svdvals.driver": "for accelerators alone",
    "einsum.path": "the order of the products; the sum is the same",
    "pinv.rtol pinv.atol": "what they cut off is a jump, whose derivative is open",
    "scaled_dot_product_attention.dropout_p": "what is dropped is not known",
    "sort.reverse": "of lists in TorchScript",
    "topk.sorted unique.sorted": "without it any order is right; with it is what is asked",
    "div.rounding_mode": "asked as `div_rounded`",
    "scatter.reduce": "asked as `scatter_joined`",
}
"""Options that are not asked, and why."""


def place_of(operator: Operator) -> list[str]:
    """Say where torch has an operator: in which modules, under which name."""
    first, *names = (operator.torch or "").partition("(")[0].split(".")
    return names if first == "torch" else [operator.name]


def function_of(operator: Operator) -> Any:
    for start in (torch, torch.Tensor):
        try:
            return functools.reduce(getattr, place_of(operator), start)
        except AttributeError:
            pass
    return None


@functools.cache
def schemas() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for schema in torch._C._jit_get_all_schemas():
        if any("Tensor" in str(argument.type) for argument in schema.arguments):
            found.setdefault(schema.name, []).append(schema)
    return found


def of_schemas(operator: Operator) -> Iterator[str]:
    """Give what any overload takes by keyword alone, or need not be given."""
    *modules, own = place_of(operator)
    prefix = {"linalg": "linalg_", "special": "special_"}.get(modules[0] if modules else "", "")
    for schema in schemas().get(f"aten::{prefix}{own}", ()):
        for argument in schema.arguments:
            if argument.is_out:
                yield "out"
            elif argument.kwarg_only or argument.has_default_value():
                yield argument.name


def of_signature(operator: Operator) -> Iterator[str]:
    try:
        parameters = inspect.signature(function_of(operator)).parameters.values()
    except (TypeError, ValueError):
        return
    yield from (p.name for p in parameters if p.default is not p.empty)


def of_docstring(operator: Operator) -> Iterator[str]:
    own = place_of(operator)[-1]
    doc = inspect.getdoc(function_of(operator)) or ""
    for written in re.findall(rf"\b{own}\(([^)\n]*)\)\s*->", doc):
        yield from re.findall(r"(\w+)(?:: [^,=]+)?\s*=", written)


def of_torch(operator: Operator) -> set[str]:
    """Name the options that torch has."""
    ways = (of_schemas, of_signature, of_docstring)
    return {name for way in ways for name in way(operator)}


@functools.cache
def asked() -> dict[str, set[str]]:
    """Name what is given to each operator: in calls of the catalogue, in clauses, and by tables."""
    found: dict[str, set[str]] = {name: set() for name in OPERATORS}
    for call in (*CALLS.values(), *(c for c, _ in (*KINKS.values(), *ENDS.values()))):
        found[call.operator.name].update(call.given)
    for demand in edition.demands():
        if demand.clause == "op-212":
            found[str(demand.row)].add("dtype")
        for word in demand.needs:
            name, _, option = word.removeprefix("op:").partition(".")
            if option and name in found:
                found[name].add(option)
    for path in Path(gradspec.chapters.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                found.get(node.func.attr, set()).update(given)
    return found


def words(table: dict[str, str]) -> set[str]:
    return {word for line in table for word in line.split()}


def test_every_option_of_torch_is_asked_but_for_a_few() -> None:
    left_out = {
        f"{operator.name}.{option}"
        for operator in OPERATORS.values()
        if not operator.inplace
        for option in of_torch(operator) - asked()[operator.name] - words(OF_ALL)
    }

    assert left_out == words(NOT_ASKED)


def test_every_option_of_the_catalogue_is_asked() -> None:
    left_out = {
        f"{operator.name}.{option}"
        for operator in OPERATORS.values()
        if not operator.inplace
        for option in {*operator.signature.defaults} - asked()[operator.name] - words(OF_ALL)
    }

    assert left_out == set()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("round", {"decimals"}),
        ("var", {"unbiased", "correction"}),
        ("cumprod", {"dtype"}),
        ("elu", {"inplace"}),
        ("unique", {"return_counts"}),
        ("embedding", {"max_norm", "scale_grad_by_freq"}),
        ("mse_loss", {"size_average"}),
        ("pinv", {"rtol", "hermitian"}),
    ],
)
def test_options_are_found_wherever_torch_tells_of_them(name: str, options: set[str]) -> None:
    assert options <= of_torch(OPERATORS[name])

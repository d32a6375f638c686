"""Words, kinds of error and the messages of torch lead to the clauses that are about them."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gradspec import edition
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.cli import main
from gradspec_conformance.edition.asked import MESSAGES, WORDS_FOR
from gradspec_conformance.edition.search import found
from gradspec_reference import errors

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED = {
    "modified by an inplace operation": "inp-010",
    "second time": "life-001",
    "element 0 of tensors": "bwd-006",
    "grad is None": "leaf-015",
    "leaf variable": "leaf-010",
    "retain_graph": "life-201",
    "detach": "leaf-028",
    "zero_grad": "acc-003",
    "grad can be implicitly created only for scalar outputs": "bwd-005",
    "Can't call numpy() on Tensor that requires grad": "leaf-038",
    "a leaf Variable that requires grad is being used in an in-place operation": "inp-004",
    "a view of a leaf Variable": "inp-005",
    "you can only change requires_grad flags of leaf variables": "leaf-006",
    "appears to not have been used in the graph": "vjp-011d",
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed": "ret-001",
    "'NoneType' object has no attribute 'zero_'": "acc-007",
    "support the deepcopy protocol": "leaf-042",
    "function that returns multiple views": "inp-029",
    "Only Tensors of floating point and complex dtype can require gradients": "leaf-014a",
    "can't retain_grad on Tensor that has requires_grad=False": "ret-008",
    "does not have a grad_fn": "bwd-006",
    "saved tensors after they have already been freed": "life-001",
    "the size of tensor a (2) must match the size of tensor b (3)": "rec-204",
    "create_graph": "ho-001",
    "no_grad": "rec-202",
    "gradients accumulate": "acc-001",
    "two losses that share a trunk": "life-007",
    "hidden state": "life-018",
    "Hessian": "ho-009",
}


def ids(asked: str, most: int = 3) -> list[str]:
    """Search, and give the clauses."""
    return [demand.clause for demand in found(asked, most)]


@pytest.mark.parametrize(("asked", "clause"), ASKED.items(), ids=ASKED)
def test_what_people_ask_leads_to_the_clause(asked: str, clause: str) -> None:
    assert clause in ids(asked)


def in_no_grad(torch: Any, x: Any) -> Any:
    """Take a view of a result where nothing is recorded."""
    result = x * 1
    with torch.no_grad():
        return result[:1]


def written(y: Any) -> Any:
    """Write to a result."""
    y.add_(1)
    return y


MISTAKES: dict[str, tuple[Callable[[Any, Any], object], str]] = {
    "twice": (lambda _, x: [(y := (x * x).sum()).backward(), y.backward()], "life-001"),
    "overwritten": (lambda _, x: written(x.exp()).sum().backward(), "inp-010"),
    "constant_root": (lambda torch, _: torch.ones(()).backward(), "bwd-006"),
    "vector_root": (lambda _, x: (x * 2).backward(), "bwd-005"),
    "cotangent": (lambda torch, x: (x * 2).backward(torch.ones(2)), "vjp-004"),
    "leaf": (lambda _, x: x.add_(1), "inp-004"),
    "part_of_a_leaf": (lambda _, x: x[0].add_(1), "inp-005"),
    "view_of_no_grad": (lambda torch, x: in_no_grad(torch, x).add_(1), "inp-034a"),
    "piece": (lambda _, x: (x * 1).unbind()[0].add_(1), "inp-029"),
    "flag": (lambda _, x: setattr(x * 2, "requires_grad", False), "leaf-006"),
    "array": (lambda _, x: x.numpy(), "leaf-038"),
    "unused": (lambda torch, x: torch.autograd.grad(x.sum(), x.clone()), "vjp-011d"),
    "integers": (lambda torch, _: torch.tensor([1], requires_grad=True), "leaf-014a"),
    "copied": (lambda _, x: copy.deepcopy(x * 2), "leaf-042"),
    "not_yet": (lambda _, x: x.grad.zero_(), "acc-007"),
    "not_kept": (lambda _, x: (x * 2).grad, "ret-001"),
    "kept_by_a_constant": (lambda torch, _: torch.ones(3).retain_grad(), "ret-008"),
    "shape": (lambda torch, x: setattr(x, "grad", torch.ones(2)), "leaf-019"),
    "number": (lambda _, x: setattr(x, "grad", 1.0), "leaf-022"),
    "out": (lambda torch, x: torch.mul(x, x, out=torch.empty(3)), "inp-035"),
    "expanded": (lambda torch, _: torch.ones(1).expand(3).add_(1), "inp-034"),
    "misfit": (lambda torch, _: torch.ones(1).add_(torch.ones(3)), "inp-032"),
    "operands": (lambda torch, x: x + torch.ones(2), "rec-204"),
}
"""Name -> a mistake, made on torch and three ones, and the clause that is about it."""


@pytest.mark.parametrize(("mistake", "clause"), MISTAKES.values(), ids=MISTAKES)
def test_what_torch_says_leads_to_the_clause(
    mistake: Callable[[Any, Any], object], clause: str
) -> None:
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((RuntimeError, TypeError, AttributeError, UserWarning)) as told:
            mistake(torch, torch.ones(3, requires_grad=True))

    assert clause in ids(str(told.value))


@pytest.mark.parametrize("kind", ERROR_KINDS)
def test_a_kind_of_error_leads_to_a_clause_that_demands_it(kind: str) -> None:
    demanding = {d.clause for d in edition.demands() if kind in d.errors}

    assert not demanding or ids(kind, 1)[0] in demanding


@pytest.mark.parametrize(
    "error",
    [e for e in vars(errors).values() if getattr(e, "clause", "")],
    ids=lambda e: e.__name__,
)
def test_a_kind_of_error_leads_where_the_reference_engine_sends(error: Any) -> None:
    demanding = [d.clause for d in edition.demands() if error.kind in d.errors]
    alike = {e.clause for e in vars(errors).values() if getattr(e, "kind", "") == error.kind}

    assert error.clause in ids(error.kind, max(3, len(alike))) or error.clause not in demanding


def test_what_people_ask_names_clauses_of_the_edition() -> None:
    named = {one for row in (MESSAGES | WORDS_FOR).values() for one in row.split()}

    assert named <= {demand.clause for demand in edition.demands()}


def test_nearly_every_sentence_of_the_edition_leads_to_its_clause() -> None:
    lost = [
        demand.clause
        for demand in edition.demands()
        if not demand.row and demand.clause not in ids(demand.statement)
    ]

    assert len(lost) < 5, lost


def test_case_and_punctuation_do_not_matter() -> None:
    assert ids('RuntimeError: "SECOND  time"!')[0] == ids("second time")[0] == "life-001"


def test_what_nobody_speaks_of_leads_nowhere() -> None:
    assert ids("xyzzy the of") == []


def test_search_prints_clauses_with_their_sentences() -> None:
    result = CliRunner().invoke(main, ["search", "-n", "2", "second", "time"])

    assert result.exit_code == 0
    assert re.match(r"life-001\s+A second backward pass", result.output)
    assert "life-007" in result.output
    assert result.output.endswith("gradspec show life-001\n")


def test_a_search_that_finds_nothing_is_told() -> None:
    result = CliRunner().invoke(main, ["search", "xyzzy"])

    assert result.exit_code == 2
    assert "no clause is about 'xyzzy'; `gradspec list` has all of them" in result.output


def test_show_takes_words_and_names_the_next_best() -> None:
    result = CliRunner().invoke(main, ["show", "second", "time"])

    assert result.exit_code == 0
    assert result.output.lstrip().startswith("life-001 ")
    assert "\nlife-007 " in result.output.partition("not what you meant?")[2]


def test_show_takes_a_kind_of_error() -> None:
    result = CliRunner().invoke(main, ["show", "graph-freed"])

    assert result.output.lstrip().startswith("life-001 ")


def test_a_remedy_has_a_line_of_its_own() -> None:
    result = CliRunner().invoke(main, ["show", "life-001"])

    assert "\n    Remedy: give the first pass retain_graph=True" in result.output


@pytest.mark.parametrize(
    ("typed", "meant"), [("acc-0001", "acc-001"), ("acumulation", "accumulation")]
)
def test_show_takes_a_mistyped_name_for_no_words(typed: str, meant: str) -> None:
    result = CliRunner().invoke(main, ["show", typed])

    assert result.exit_code == 2
    assert f"did you mean {meant}" in result.output


def test_a_search_imports_no_chapter() -> None:
    code = (
        "import sys; from gradspec_conformance.cli import main\n"
        "main(['search', 'second time'], standalone_mode=False)\n"
        "sys.exit(bool({'numpy', 'gradspec.chapters.backward'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr

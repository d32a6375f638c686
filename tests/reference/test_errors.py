"""What an error of the engine says, and where it says that one reads about it."""

from __future__ import annotations

import pytest

import gradspec_reference as engine
from gradspec import edition
from gradspec.port.errors import SAID_BY_THE_KIT
from gradspec_reference import errors
from gradspec_reference.errors import GradError, GraphFreedError

CLASSES = [
    one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, GradError)
]
DEMANDED = {kind for demand in edition.demands() for kind in demand.errors} - SAID_BY_THE_KIT


def demanded_by(clause: str) -> set[str]:
    """Give the kinds of error that a clause demands."""
    found = (demand.errors for demand in edition.demands() if demand.clause == clause)
    return {kind for kinds in found for kind in kinds}


@pytest.mark.parametrize("error", [one for one in CLASSES if one.clause], ids=lambda e: e.__name__)
def test_the_clause_that_an_error_names_is_in_the_edition(error: type[GradError]) -> None:
    assert error.clause in {demand.clause for demand in edition.demands()}


@pytest.mark.parametrize("kind", sorted(DEMANDED))
def test_an_error_that_clauses_demand_names_one_that_does(kind: str) -> None:
    named = [error.clause for error in CLASSES if vars(error).get("kind") == kind]

    assert any(kind in demanded_by(clause) for clause in named)


def test_a_message_names_the_clause() -> None:
    with pytest.raises(errors.NonscalarRootError) as error:
        engine.ones(2, requires_grad=True).backward()

    assert str(error.value).endswith(" (gradspec show bwd-005)")


def test_an_error_without_a_clause_names_none() -> None:
    assert not errors.OperandSizeError.clause
    assert str(errors.OperandSizeError("refused")) == "refused"


def test_a_graph_that_was_freed_is_told_to_be_that_of_a_shared_trunk() -> None:
    x = engine.tensor(3.0, requires_grad=True)
    trunk = x * x
    (trunk * 2.0).backward()

    with pytest.raises(GraphFreedError, match="two losses share a trunk"):
        (trunk * 3.0).backward()

"""A -k expression means clauses by id, by an id that they had, or by their words."""

from __future__ import annotations

import pytest

from gradspec import edition
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.run.keyword import Keyword

WORDS = ("second_backward_adds", "accumulation.adding_up", "must", "value")


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("acc-001", True),
        ("acc-002", False),
        ("acc", True),
        ("adds", True),
        ("ADDS", True),
        ("subtracts", False),
        ("must and value", True),
        ("must and safety", False),
        ("may or value", True),
        ("may or safety", False),
        ("not may", True),
        ("not must", False),
        ("(may or must) and not safety", True),
        ("may or must and safety", False),
        ("accumulation.adding_up", True),
        ("android", False),
    ],
)
def test_an_expression_matches(text: str, matches: bool) -> None:
    assert Keyword(text).matches("acc-001", WORDS) is matches


def test_an_id_means_that_clause_and_no_other_that_has_it_in_a_word() -> None:
    assert not Keyword("acc-001").matches("acc-001c", ("acc-001",))


def test_an_id_of_a_clause_means_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    meant = {"acc-001": ("acc-001/one", "acc-001/two"), "op-012": ("acc-001/two",)}
    monkeypatch.setattr(edition, "resolve", lambda name: meant.get(name, ()))

    assert Keyword("acc-001").matches("acc-001/two", ())
    assert Keyword("op-012").matches("acc-001/two", ())
    assert not Keyword("op-012").matches("acc-001/one", ())


@pytest.mark.parametrize(
    ("text", "identifier", "matches"),
    [
        ("subtract", "op-201/sub_broadcast", True),
        ("subtract", "op-208/sub_", True),
        ("subtract", "sub", True),
        ("subtract", "op-201/subtle", False),
        ("sub", "op-201/sub_broadcast", True),
    ],
)
def test_an_operator_is_found_by_its_name_in_the_standard(
    text: str, identifier: str, matches: bool
) -> None:
    assert Keyword(text).matches(identifier, ()) is matches


@pytest.mark.parametrize("text", ["leaf-007", "leaf-029", "leaf-035a", "leaf-037", "leaf-037b"])
def test_an_id_of_today_means_nothing_that_had_it_once(text: str) -> None:
    assert {name.partition("/")[0] for name in edition.resolve(text)} == {text}
    assert not Keyword(text).matches("leaf-213/as_tensor", (text,))


@pytest.mark.parametrize(
    "text",
    [
        *("acc and", "(acc", "acc acc", "acc or or bwd", "a, b)", "!"),
        *("acc(1)", "x.y()", "acc, bwd", "acc < bwd", "'acc'", "{acc}", "()"),
    ],
)
def test_what_is_no_expression_is_told(text: str) -> None:
    with pytest.raises(WrongUsage, match="is no expression of words, and, or, not and brackets"):
        Keyword(text)


def test_an_expression_is_not_python() -> None:
    assert not Keyword("__import__").matches("acc-001", WORDS)

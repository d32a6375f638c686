"""What an operator takes since a while is an ability: who lacks it is asked the rest, unblamed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from toy_book import TOY

from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.signature import Signature
from gradspec.writing.clause import CASES
from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toy_book import WriteBook

LINES: Final = Path(__file__).with_name("first_signatures.txt").read_text("utf-8")
FIRST: Final = {
    name: Signature.read(text.removesuffix(")"))
    for name, _, text in (line.partition("(") for line in LINES.splitlines())
}
"""Operator -> how it was called when there were 158."""

SINCE: Final = frozenset(
    {
        *("several_dims", "negative_dims", "op:sum.dtype"),
        *("op:mean.dtype", "op:var.unbiased", "op:round.decimals"),
    }
)


class OlderEngine:
    """An adapter that knows each operator as it was called at first, and swallows the rest."""

    name = "older"
    version = "1"

    def __init__(self) -> None:
        self._inner = ReferenceEngine()
        self.abilities = self._inner.abilities - SINCE

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    speak = None
    says = None

    def apply(self, operator: str, arguments: Mapping[str, Any]) -> Any:
        return self._inner.apply(operator, _as_it_was(operator, arguments))

    def inplace(self, operator: str, arguments: Mapping[str, Any]) -> Any:
        return self._inner.inplace(operator, _as_it_was(operator, arguments))


def _as_it_was(operator: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take one dimension, from the front, and no argument that came later."""
    signature = FIRST.get(operator, OPERATORS[operator].signature)
    known = {n: v for n, v in arguments.items() if n in signature.names}
    if isinstance(known.get("dim"), tuple) and signature.defaults.get("dim", ()) is None:
        known["dim"] = known["dim"][0]
    if isinstance(known.get("dim"), int):
        known["dim"] = abs(known["dim"])
    return known


@pytest.mark.parametrize("operator", FIRST)
def test_a_parameter_that_came_later_is_an_ability_of_its_own(operator: str) -> None:
    row, first = OPERATORS[operator], FIRST[operator]

    assert row.signature.required == first.required
    assert [n for n in row.signature.names if n not in row.apart.split()] == [*first.names]


@pytest.mark.parametrize(
    ("case", "lacking"),
    [
        ("op-201/sum_dims", "several_dims"),
        ("op-201/mean_dims", "several_dims"),
        ("op-208/squeeze__dims", "several_dims"),
        ("op-232/var", "several_dims"),
        ("op-231/softmax", "negative_dims"),
        ("op-212/sum", "op:sum.dtype"),
        ("op-290/mean", "op:mean.dtype"),
        ("op-291/var", "op:var.unbiased"),
        ("op-201/round_decimals", "op:round.decimals"),
    ],
)
def test_an_adapter_that_was_right_is_not_blamed(case: str, lacking: str) -> None:
    verdict = run_clause(CASES[case], OlderEngine())

    assert (verdict.outcome, verdict.lacking) == (Outcome.UNSUPPORTED, lacking)


@pytest.mark.parametrize("case", ["op-201/amax_dims", "op-201/sum_dim", "op-230/softmax"])
def test_it_is_asked_what_it_was_asked(case: str) -> None:
    assert run_clause(CASES[case], OlderEngine()).outcome is Outcome.PASSED


def test_who_declares_what_he_lacks_is_blamed() -> None:
    engine = OlderEngine()
    engine.abilities |= SINCE

    found = [run_clause(CASES[case], engine).outcome for case in ("op-212/sum", "op-201/sum_dims")]

    assert found == [Outcome.FAILED, Outcome.FAILED]


@pytest.mark.parametrize(
    ("phrase", "has_it"),
    [("Number.sum($x, $(axis=$dim))", False), ("Number.sum($x, $(dtype=$dtype))", True)],
)
def test_a_book_has_the_parameter_that_it_mentions(
    write_book: WriteBook, phrase: str, has_it: bool
) -> None:
    book = read_book(write_book(TOY.replace("[operators]", f'[operators]\nsum = "{phrase}"')))

    assert ("op:sum.dtype" in book.abilities) is has_it
    assert not book.abilities & {"several_dims", "negative_dims"}


def test_a_book_says_besides_how_dimensions_may_be_named(write_book: WriteBook) -> None:
    also = 'also = ["several_dims", "negative_dims"]\n[dtypes]'
    book = read_book(write_book(TOY.replace("[dtypes]", also)))

    assert {"several_dims", "negative_dims"} <= book.abilities

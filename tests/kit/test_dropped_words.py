"""An engine that declares a word less fails nothing that it did not fail before."""

from __future__ import annotations

import functools
import os
import random
from dataclasses import replace
from typing import Any, Self

import pytest
from chosen_cases import BY_NIGHT
from judged_here import all_but_laws, failures, outcomes, planted

from gradspec import CASES
from gradspec.port.engine import Subject
from gradspec_conformance.adapters.reference import ReferenceEngine

SAMPLE = 5
"""How many clauses that do not need a word, nor look for it, are run without it all the same."""


class Noting(frozenset[str]):
    """Words that know which of them were looked for."""

    sought: set[str]

    def __new__(cls, words: frozenset[str]) -> Self:
        made = super().__new__(cls, words)
        made.sought = set()
        return made

    def __contains__(self, word: object) -> bool:
        self.sought.add(str(word))
        return super().__contains__(word)

    def __ge__(self, words: Any) -> bool:
        self.sought |= words
        return super().__ge__(words)


@functools.cache
def subject() -> Subject:
    return Subject.of(ReferenceEngine())


@functools.cache
def affected() -> dict[str, list[str]]:
    """Give for each word the clauses that do not need it, and to which it may matter.

    They look whether it is declared, or build on one that needs it.
    """
    found: dict[str, list[str]] = {word: [] for word in sorted(subject().abilities)}
    for case in all_but_laws():
        noting = Noting(subject().abilities)
        outcomes(replace(subject(), abilities=noting), cases=[case])
        below = frozenset().union(*(CASES[one].needs for one in case.foundations))
        for word in (noting.sought | below) & found.keys() - case.needs:
            found[word].append(case.id)
    del found["reset"]  # all look for it, and all are as well without it
    return found


def test_products_look_for_words_that_they_do_not_need() -> None:
    sought = {word for word, clauses in affected().items() if clauses}

    assert {"op:clone", "given_cotangent", "allow_unused", "mode:enable_grad"} <= sought


FAULTS = ("", "always_freed", "create_graph_ignored")
"""The sound engine, and some of which much fails; by day each lacks one word in three."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_word_less_adds_no_failure(fault: str) -> None:
    puts = [planted(name) for name in fault.split()]
    before = set(failures(outcomes(subject(), *puts)))
    drawn = random.Random(0)  # noqa: S311 - nothing secret
    added = {}

    words = list(affected().items())
    for word, clauses in words if BY_NIGHT in os.environ else words[FAULTS.index(fault) :: 3]:
        others = [c.id for c in all_but_laws() if word not in c.needs]
        tried = {*clauses, *drawn.sample(others, min(SAMPLE, len(others)))}
        less = replace(subject(), abilities=subject().abilities - {word})
        after = failures(outcomes(less, *puts, cases=[CASES[i] for i in sorted(tried)]))
        added[word] = sorted({*after} - before)

    assert {word: more for word, more in added.items() if more} == {}

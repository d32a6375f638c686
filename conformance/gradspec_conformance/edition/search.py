"""`found("second time")`: the clauses that words are about, the best first.

Ranked by BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the list
of the edition and the table of what people ask; no chapter is imported.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.edition.asked import MESSAGES, WORDS_FOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.edition import Demand

SATURATION: Final = 1.2
LENGTH: Final = 0.6
ASKED: Final = 1.5
"""How much a question counts, against a sentence."""
LATER: Final = 0.8
"""How much the next clause of a row counts, against the one before."""

LITTLE: Final = """
a an and are as at be been being but by can cannot could do does for from had has have how i
if in into is it its me my of on or our so than that the their them then there they this to was
we were what when where which who why will with would you your
"""
STOP: Final = frozenset(LITTLE.split())
"""English words that tell nothing."""

ENDINGS: Final = re.compile(r"(?<=\w{3})(?:ions?|ings?|ed|es|e|(?<!s)s)$")
WORD: Final = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*|\d+")


@dataclass(frozen=True, slots=True)
class Text:
    """Something that is searched, and the clauses that it leads to, the best first."""

    words: Counter[str]
    clauses: tuple[str, ...]


def found(asked: str, most: int = 8) -> list[Demand]:
    """Give the clauses that the words are about, each by its first row."""
    query = tuple(w for w in dict.fromkeys(words_of(asked)) if w in having())
    total = {text.clauses[0]: _score(query, text.words) for text in sentences()}
    best = dict.fromkeys(total, 0.0)
    for text in questions():
        score = ASKED * _score(query, text.words)
        for place, clause in enumerate(text.clauses):
            best[clause] = max(best[clause], score * LATER**place)
    named = {d.clause for d in edition.demands() if asked.strip() in d.errors}
    ranked = sorted(total, key=lambda c: (c not in named, -total[c] - best[c]))
    firsts = {demand.clause: demand for demand in reversed(edition.demands())}
    return [firsts[clause] for clause in ranked[:most] if total[clause] + best[clause]]


@functools.cache
def sentences() -> tuple[Text, ...]:
    """Give what the edition says, a text a clause."""
    rows: dict[str, list[Demand]] = {}
    for demand in edition.demands():
        rows.setdefault(demand.clause, []).append(demand)
    return tuple(
        Text(Counter(words_of(" ".join(_said_of(of)))), (clause,)) for clause, of in rows.items()
    )


@functools.cache
def questions() -> tuple[Text, ...]:
    """Give what people ask, a text a question."""
    rows = [*MESSAGES.items()]
    rows += [(one, clauses) for row, clauses in WORDS_FOR.items() for one in row.split(", ")]
    return tuple(Text(Counter(words_of(one)), tuple(clauses.split())) for one, clauses in rows)


def texts() -> tuple[Text, ...]:
    """Give everything that is searched."""
    return sentences() + questions()


def words_of(text: str) -> Iterator[str]:
    """Give the stems of the words of a text; a name of several parts also as a whole."""
    plain = re.sub(r"\bin[ -]place", "inplace", text.lower())
    for word in WORD.findall(plain):
        parts = re.split("[_-]", word)
        if len(parts) > 1:
            yield word
        yield from (ENDINGS.sub("", part) for part in parts if part not in STOP)


def _said_of(rows: list[Demand]) -> Iterator[str]:
    """Give what the edition says of a clause: sentence, names, kinds of error, words it needs."""
    first = rows[0]
    kinds = dict.fromkeys(kind for row in rows for kind in row.errors)
    yield from (first.clause_statement, first.name, first.section)
    yield from (f"{kind}: {ERROR_KINDS[kind]}" for kind in kinds)
    yield from (row.row for row in rows)
    yield from sorted(first.needs)


def _score(query: tuple[str, ...], words: Counter[str]) -> float:
    """Weigh how often the words asked for are in a text, the rarer the more.

    It counts more the nearer all that was asked is in the text, and all of the text was asked.
    """
    common = [word for word in query if word in words]
    if not common:
        return 0.0
    length = 1 - LENGTH + LENGTH * words.total() / _mean_length()
    score = sum(
        _rarity(word) * words[word] * (SATURATION + 1) / (words[word] + SATURATION * length)
        for word in common
    )
    shared = sum(map(_rarity, common))
    return score * (shared / sum(map(_rarity, query)) + shared / sum(map(_rarity, words)))


@functools.cache
def _mean_length() -> float:
    return sum(text.words.total() for text in texts()) / len(texts())


@functools.cache
def having() -> Counter[str]:
    """Count the texts that have each word."""
    return Counter(word for text in texts() for word in text.words)


@functools.cache
def _rarity(word: str) -> float:
    number = having()[word]
    return math.log(1 + (len(texts()) - number + 0.5) / (number + 0.5))

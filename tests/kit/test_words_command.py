"""`gradspec words`: every word that an adapter, a book or a command is written with, explained."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from gradspec import Nature
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.port.abilities import BUNDLES, DTYPES, NARROW, WORDS
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.adapters.phrases.editors import book_schema_text
from gradspec_conformance.adapters.phrases.languages import LANGUAGES
from gradspec_conformance.adapters.phrases.reading import NAMES
from gradspec_conformance.adapters.phrases.ways import way
from gradspec_conformance.cli import main
from gradspec_conformance.known.entry import CAUSES
from gradspec_conformance.run.ladder import RUNGS
from gradspec_conformance.run.selection import PROFILES


@functools.cache
def told(*words: str) -> str:
    """Ask for words, and give what is said with white space made single."""
    result = CliRunner().invoke(main, ["words", *words])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_every_ability_is_explained() -> None:
    silent = [w for w, of in WORDS.items() if w[:3] != "op:" and f"{w} {of.meaning}" not in told()]

    assert silent == []


def test_every_bundle_says_what_it_stands_for() -> None:
    assert [
        b for b, words in BUNDLES.items() if f"{b} {' '.join(sorted(words))}" not in told()
    ] == []


def test_every_operator_says_how_it_is_called() -> None:
    silent = [n for n, o in OPERATORS.items() if f"op:{n} {n}({o.signature.text})" not in told()]

    assert silent == []


def test_every_call_form_of_an_operator_is_explained() -> None:
    assert [n for n, c in CALLS.items() if f"{n}: {c.operator.name}(" not in told()] == []


def test_every_kind_of_error_is_explained() -> None:
    assert [k for k, meaning in ERROR_KINDS.items() if f"{k} {meaning}" not in told()] == []


def test_every_profile_is_explained() -> None:
    assert [n for n, p in PROFILES.items() if f"{n} {p.sentence}" not in told()] == []


def test_every_rung_nature_and_class_is_explained() -> None:
    entries = [(rung.name, rung.sentence) for rung in RUNGS]
    entries += [(nature, nature.sentence) for nature in Nature]
    entries += [*CAUSES.items()]

    assert [word for word, meaning in entries if f"{word} {meaning}" not in told()] == []


@pytest.mark.parametrize(
    ("word", "book"),
    [
        ("frees_graph", 'also = ["frees_graph"]: no phrase shows it'),
        ("inputs", "[acts] backward with $inputs"),
        ("set:grad", "[set] grad, which Python has: $x.grad = $value"),
        ("dtype:int8", "[dtypes] int8"),
        ("mode:no_grad", "[modes] no_grad"),
        ("constants", "[acts] leaf, where it is another phrase than tensor"),
        ("rule:forward", "[acts] define with $forward"),
    ],
)
def test_an_ability_says_how_a_book_comes_to_it(word: str, book: str) -> None:
    assert f"a book: {book}" in told(word)


def test_every_way_to_an_ability_names_what_a_book_may_say() -> None:
    said = [pair for word in WORDS for pair in re.findall(r"\[(\w+)\] ([\w.]+)", way(word))]
    known = NAMES | {"dtypes": {*DTYPES, *NARROW}}

    assert len(said) > len(WORDS) / 2
    assert [(table, name) for table, name in said if name not in known[table]] == []


@pytest.mark.parametrize("word", sorted(w for w, of in WORDS.items() if "also = " in way(w)))
def test_what_a_book_lists_besides_is_shown_by_no_phrase_of_torch(word: str) -> None:
    book = LANGUAGES["torch"]()

    assert word not in replace(book, also=()).abilities


def test_what_needs_no_clause_and_one_is_said_in_words() -> None:
    assert "no clause needs it yet" in told("transform:compile")
    assert " 1 clauses" not in told()


def test_a_profile_says_how_much_is_in_it_and_what_it_may_need() -> None:
    assert re.search(
        r"scalar A tape over .* size\. \d+ clauses, \d+ with rows may need values tape .* "
        r"operators beside those of values: op:exp op:relu op:tanh ",
        told("scalar"),
    )


def test_a_call_shows_its_operands_by_their_shapes() -> None:
    assert "sum_dim: sum(x=tensor(2, 3), dim=1)" in told("op:sum")


def test_words_that_were_asked_for_are_alone() -> None:
    text = told("keeps_graph")

    assert text.startswith("Abilities: ")
    assert "keeps_graph retain_graph=True keeps the saved values" in text
    assert "clauses and rows need it" in text
    assert "Operators" not in text


def test_a_bundle_leads_to_its_abilities() -> None:
    assert "frees_graph " in told("retain_graph")


@pytest.mark.parametrize(
    ("word", "hint"), [("keps_graph", "did you mean keeps_graph"), ("xyzzy", "has all of them")]
)
def test_a_word_that_is_none_is_told(word: str, hint: str) -> None:
    result = CliRunner().invoke(main, ["words", word])

    assert result.exit_code == 2
    assert f"there is no word '{word}'" in result.output
    assert hint in result.output


def test_the_schema_of_books_is_printed_whole() -> None:
    result = CliRunner().invoke(main, ["words", "--schema"])

    assert result.output == book_schema_text()


def test_who_asks_for_the_schema_and_for_words_is_told_to_choose() -> None:
    result = CliRunner().invoke(main, ["words", "--schema", "sum"])

    assert result.exit_code == 2
    assert "leave the words out" in result.output

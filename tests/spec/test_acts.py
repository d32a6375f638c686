"""The one table of acts is whole: words, slots, signatures and phrases fit together."""

from __future__ import annotations

import pytest

from gradspec.catalogue.signature import Signature
from gradspec.exceptions import WrongCall
from gradspec.port.abilities import BUNDLES, DERIVED, WORDS
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS, PRESUPPOSES
from gradspec.port.phrase import Phrase
from gradspec.port.slots import SLOTS

KINDS = {"structure", *SLOTS}


def test_a_row_needs_words_that_exist_and_says_what_it_does() -> None:
    for act in ACTS.values():
        assert act.words | set(act.options.values()) <= WORDS.keys(), act.key
        assert act.doc.endswith("."), act.key


def test_a_row_declares_what_its_functions_are_given() -> None:
    for act in ACTS.values():
        assert set(act.signature.kinds.values()) <= KINDS, act.key


def test_the_phrases_of_a_row_mention_its_arguments_and_no_others() -> None:
    for act in ACTS.values():
        names = set(act.signature.names)
        phrases = [Phrase.read(text) for text in (*act.python, *act.torch, act.notation) if text]
        several = len(names) > 1 and act.key not in ("context_call", "define")
        mentioned = {name for phrase in phrases for name in phrase.mentioned}

        assert mentioned <= names, act.key
        assert not several or not phrases or mentioned == names, act.key


def test_every_act_that_an_engine_is_asked_has_a_phrase_of_torch() -> None:
    assert [a.key for a in ACTS.values() if not (a.by_kit or a.python or a.torch)] == []


def test_bundles_and_what_follows_speak_of_words_that_exist() -> None:
    said = {word for words in BUNDLES.values() for word in words}
    ways = {word for sets in DERIVED.values() for words in sets for word in words}

    assert said | ways | DERIVED.keys() | set(PRESUPPOSES.values()) <= WORDS.keys()
    assert PRESUPPOSES.keys() <= ERROR_KINDS.keys()


SUM = Signature.read("x, dim=None, *, keepdim=False")
SIZES = Signature.read("x, *size, dtype=None")


def test_arguments_are_known_by_name_in_the_order_of_the_signature() -> None:
    assert SUM.bind((1,), {"keepdim": True, "dim": 0}) == {"x": 1, "dim": 0, "keepdim": True}
    assert list(SUM.bind((1,), {"keepdim": True, "dim": 0})) == ["x", "dim", "keepdim"]


def test_no_default_is_added() -> None:
    assert SUM.bind((1,), {}) == {"x": 1}


@pytest.mark.parametrize("sizes", [(2, 3), ((2, 3),), ([2, 3],)])
def test_sizes_are_several_values_or_one_sequence(sizes: tuple[object, ...]) -> None:
    assert SIZES.bind((1, *sizes), {"dtype": "float32"}) == {
        "x": 1,
        "size": (2, 3),
        "dtype": "float32",
    }


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [((), {}), ((1, 2, 3), {}), ((1,), {"axis": 0}), ((1, 2), {"dim": 0})],
)
def test_a_wrong_call_is_refused(arguments: tuple[object, ...], keywords: dict[str, int]) -> None:
    with pytest.raises(WrongCall):
        SUM.bind(arguments, keywords)

"""A phrase says an act in an engine's words: what is left out, what fits, what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from gradspec.exceptions import MalformedPhrase
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Phrase, choose
from gradspec.program.steps import Ref


def filled(text: str, *given: str) -> str:
    """Fill a phrase with the names of what was given."""
    return Phrase.read(text).filled(given, lambda part: f"<{part.name}>")


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        ("f($x, $(axis=$dim), $(keep=$keepdim))", "x", "f(<x>)"),
        ("f($x, $(axis=$dim), $(keep=$keepdim))", "x keepdim", "f(<x>, keep=<keepdim>)"),
        (
            "f($x, $(axis=$dim), $(keep=$keepdim))",
            "x dim keepdim",
            "f(<x>, axis=<dim>, keep=<keepdim>)",
        ),
        ("$x.f($($other), $(by=$dim))", "x dim", "<x>.f(by=<dim>)"),
        ("$x.f($($other))", "x", "<x>.f()"),
        ("f($x, $($dim), last)", "x", "f(<x>, last)"),
        ("$x.backward() ${-retain_graph}", "x", "<x>.backward()"),
        (
            "class A:\n    $(f = $f)\n    $(g = $g)\n$result = A",
            "g",
            "class A:\n    g = <g>\n<result> = A",
        ),
        ("f($$x, $x)", "x", "f($x, <x>)"),
        ("f((a, $x), $(b=($y)))", "x y", "f((a, <x>), b=(<y>))"),
        ("$_a = $x\n$_a", "x", "<_a> = <x>\n<_a>"),
        ("f($x)(\n  $(lo=$min),\n  $(hi=$max),\n)", "x", "f(<x>)()"),
        ("f($x)(\n  $(lo=$min),\n  $(hi=$max)\n)", "x max", "f(<x>)(hi=<max>\n)"),
        ("f($x)(\n  $(lo=$min),\n  $(hi=$max)\n)", "x min", "f(<x>)(\n  lo=<min>\n)"),
        ("f(\n  $(a=$dim),\n  $x\n)", "x", "f(<x>\n)"),
        ("{\n  $('a': $dim),\n  'b': $x,\n}", "x", "{'b': <x>,\n}"),
        ("f($x,  # one\n  $(a=$dim),  # two\n  b)", "x", "f(<x>,  # one\n  # two\n  b)"),
        ("f($x, '#', $(a=$dim), b)", "x", "f(<x>, '#', b)"),
        ("f($(a=$dim)$(, b=$x))", "x", "f(b=<x>)"),
    ],
)
def test_what_was_not_given_is_left_out_with_one_comma(text: str, given: str, said: str) -> None:
    assert filled(text, *given.split()) == said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("f($x, $(", "is not closed"),
        ("f($ x)", "begins nothing"),
        ("f(${x:colour})", "colour is no type"),
        ("$result = $x\nf($*result)", "a star stands before an argument"),
        ("f(${x:int}, ${x:list})", "x is int and list"),
        ("f($x, $(last))", "group that begins at 6 has no argument"),
    ],
)
def test_what_is_no_phrase_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(MalformedPhrase, match=complaint):
        Phrase.read(text)


def chosen(key: str, phrases: list[str], **given: Any) -> str | None:
    """Give the text of the phrase that says an act."""
    choice = choose(ACTS[key], [Phrase.read(text) for text in phrases], given)
    return None if choice is None else choice[0].text


def test_the_first_phrase_that_mentions_all_that_was_given_is_taken() -> None:
    phrases = ["plain($x)", "along($x, $dim)", "full($x, $dim, $(keep=$keepdim))"]

    assert chosen("op:sum", phrases, x=Ref(0)) == "plain($x)"
    assert chosen("op:sum", phrases, x=Ref(0), dim=1) == "along($x, $dim)"
    assert chosen("op:sum", phrases, x=Ref(0), dim=1, keepdim=True) == phrases[2]


def test_an_argument_that_no_phrase_mentions_is_not_swallowed() -> None:
    assert chosen("op:sum", ["sum($x)"], x=Ref(0), dim=1) is None


def test_an_argument_that_is_torchs_default_need_not_be_mentioned() -> None:
    assert chosen("op:sum", ["sum($x)"], x=Ref(0), keepdim=False) == "sum($x)"
    assert chosen("op:sum", ["sum($x)"], x=Ref(0), keepdim=True) is None


def test_a_typed_argument_takes_a_value_of_its_type_only() -> None:
    phrases = ["power(${exponent:int}, $x)", "exp($exponent * log($x))"]

    assert chosen("op:pow", phrases, x=Ref(0), exponent=3) == phrases[0]
    assert chosen("op:pow", phrases, x=Ref(0), exponent=2.5) == phrases[1]
    assert chosen("op:pow", phrases, x=Ref(0), exponent=True) == phrases[1]


def test_several_roots_and_an_edge_are_told_from_one_tensor() -> None:
    phrases = ["${root:tensor}.backward()", "engine.backward($root)"]

    assert chosen("backward", phrases, root=Ref(0)) == phrases[0]
    assert chosen("backward", phrases, root=[Ref(0)]) == phrases[1]
    assert chosen("backward", phrases, root=Ref(0, "edge")) == phrases[1]

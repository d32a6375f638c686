"""The words by which an engine says what it can do, each for one thing.

Nearly all of them are read off the table of acts: an act's key, an option of a pass, a rule of a
custom function, a name of its context.  What no act shows stands in `SILENT`.  A clause needs the
words that its program uses; what an engine does not have it is never asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec.port.acts import ACTS
from gradspec.port.functions import CONTEXT, FLAGS, RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DTYPES: Final = (
    *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"),
    *("complex64", "complex128"),
)
"""Data types by their NumPy names; an engine has each as `dtype:NAME`."""

NARROW: Final = (
    *("bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
    "float8_e8m0fnu",
)
"""Data types that NumPy has not: arrays of them are never handed over, only their names.

To make a tensor of one, the engine is given an array of float64 and rounds it; an adapter in Python
takes the name as `dtype`.  What is looked at is converted first.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """What an engine that has it can do, and the bundle that it is in."""

    meaning: str
    bundle: str = ""


SHARED: Final[dict[str, Word]] = {
    "values": Word("makes a tensor from a NumPy array and gives an array back", "values"),
    "tape": Word(
        "leaves that require grad, backward() from a scalar, and the gradient of a leaf", "tape"
    ),
    "inplace": Word("operators that write into their first operand", "inplace"),
    "warnings": Word("warnings of the host language"),
    "given_cotangent": Word("a cotangent given to backward() or grad()", "cotangent"),
    "several_roots": Word("backward() from several roots at once", "cotangent"),
    "inputs": Word("backward(inputs=...), which accumulates in these tensors only", "cotangent"),
    "keeps_graph": Word(
        "retain_graph=True keeps the saved values for another pass", "retain_graph"
    ),
    "create_graph": Word(
        "create_graph=True makes a gradient that can be differentiated", "create_graph"
    ),
    "allow_unused": Word("grad(allow_unused=True) gives None where there is no path", "grad_api"),
    "materialize_grads": Word(
        "grad(materialize_grads=True) gives zeros where there is no path", "grad_api"
    ),
    "is_grads_batched": Word("grad(is_grads_batched=True) takes a batch of cotangents"),
    "several_dims": Word("sum(dim=(0, 1)) and its like, which take one dimension or several"),
    "negative_dims": Word("dimensions that are counted from the end, such as dim=-1"),
    "only_inputs": Word("grad(only_inputs=False), which is deprecated and overlooked"),
    "watch": Word("the life of a tensor can be observed", "memory"),
}
"""Word for several acts, or for an argument of one -> what it means."""

SILENT: Final[dict[str, Word]] = {
    "arrays": Word("tensors of any shape, not numbers only"),
    "constants": Word("tensors that do not require grad", "tape"),
    "gradient_tensors": Word(
        "the gradient of a tensor is a tensor too, and no plain number or array", "tape"
    ),
    "frees_graph": Word(
        "a backward pass frees what was saved, unless it is asked to keep it", "retain_graph"
    ),
    "versions": Word(
        "writes in place are counted, so that a stale saved value is noticed", "inplace"
    ),
    "views": Word("tensors that share the memory of others", "views"),
    "tuples": Word(
        "functional.jacobian() and its like take a tuple of inputs, and functions that return one"
    ),
    "implied_vector": Word(
        "functional.vjp() and its like take one for the vector where it is a single number and "
        "left out"
    ),
    "nesting": Word("products of functions can be differentiated again", "create_graph"),
}
"""Word -> what no single act shows."""

DERIVED: Final[dict[str, tuple[frozenset[str], ...]]] = {
    "vjp": (frozenset({"tape"}), frozenset({"transform:vjp"})),
    "create_graph": (frozenset({"transform:vjp", "nesting"}),),
}
"""Word -> sets of words, each of which amounts to it: a product has a way on every engine."""


def _of_acts() -> Iterator[tuple[str, Word]]:
    for act in (one for one in ACTS.values() if not one.by_kit or one.key == "vjp"):
        for word in act.words - SHARED.keys():
            yield word, Word(act.doc.rstrip("."), act.bundle)
        apart = {f"{act.key}.{name}": f"{act.name} takes {name}=" for name in act.options}
        yield from ((word, Word(apart[word])) for word in act.options.values() if word in apart)
        unexplained = set(act.options.values()) - SHARED.keys() - apart.keys()
        if unexplained:
            raise ValueError(f"SHARED does not say what {sorted(unexplained)} mean")


def _of_functions() -> Iterator[tuple[str, Word]]:
    for name, rule in RULES.items():
        yield f"rule:{name}", Word(f"define() takes a rule called {name}", rule.bundle)
    for name in FLAGS:
        yield f"rule:{name}", Word(f"define() takes the flag {name}")
    for name, of_context in CONTEXT.items():
        yield f"context:{name}", Word(f"a context has {name}: {of_context.doc}", of_context.bundle)
    yield "context:attributes", Word("a context keeps attributes of the caller's")


WORDS: Final[Mapping[str, Word]] = {
    **SHARED,
    **SILENT,
    **dict(_of_acts()),
    **dict(_of_functions()),
    **{f"dtype:{name}": Word(f"tensors of the data type {name}") for name in DTYPES},
    **{
        f"dtype:{name}": Word(
            f"tensors of the data type {name}, which NumPy has not; the reference engine has it "
            "with the library ml_dtypes (pip install 'gradspec[types]')"
        )
        for name in NARROW
    },
}
"""Every word that an engine may have."""

FOLLOWING: Final = frozenset(
    word
    for word in DERIVED
    if not any(word in act.words for act in ACTS.values() if not act.by_kit) and word not in SHARED
)
"""Words that no engine has but by having others."""

BUNDLES: Final[Mapping[str, frozenset[str]]] = {
    bundle: frozenset(name for name, word in WORDS.items() if word.bundle == bundle)
    for bundle in dict.fromkeys(word.bundle for word in WORDS.values() if word.bundle)
}
"""Word of a Python adapter -> the small words that it stands for."""


def expanded(words: Iterable[str]) -> frozenset[str]:
    """Replace bundles by what they stand for, and add what follows from what is there."""
    return with_what_follows(frozenset().union(*(BUNDLES.get(w, {w}) for w in map(str, words))))


def with_what_follows(words: frozenset[str]) -> frozenset[str]:
    """Add the words that others amount to, and none of these without the others."""
    derived = (word for word, ways in DERIVED.items() if any(way <= words for way in ways))
    return (words - FOLLOWING).union(derived)

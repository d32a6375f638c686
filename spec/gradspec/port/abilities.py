"""The words by which an engine says what it can do, each for one thing.

Nearly all of them are read off the table of acts: an act's key, an option of a pass, a rule of a
custom function, a name of its context.  What no act shows stands in `SILENT`.  A clause needs the
words that its program uses; what an engine does not have it is never asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.catalogue.operators import BASIC
from gradspec.port.acts import ACTS
from gradspec.port.functions import CONTEXT_CALLS, CONTEXT_NAMES, FLAGS, RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DTYPES: Final = (
    *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"),
    *("complex64", "complex128"),
)
"""Data types by their NumPy names; an engine has each as `dtype:NAME`."""

SHARED: Final[dict[str, str]] = {
    "values": "makes a tensor from a NumPy array and gives an array back",
    "tape": "leaves that require grad, backward() from a scalar, and the gradient of a leaf",
    "inplace": "operators that write into their first operand",
    "warnings": "warnings of the host language",
    "given_cotangent": "a cotangent given to backward() or grad()",
    "several_roots": "backward() from several roots at once",
    "inputs": "backward(inputs=...), which accumulates in these tensors only",
    "keeps_graph": "retain_graph=True keeps the saved values for another pass",
    "create_graph": "create_graph=True makes a gradient that can be differentiated",
    "allow_unused": "grad(allow_unused=True) gives None where there is no path",
    "materialize_grads": "grad(materialize_grads=True) gives zeros where there is no path",
    "is_grads_batched": "grad(is_grads_batched=True) takes a batch of cotangents",
    "watch": "the life of a tensor can be observed",
}
"""Word for several acts, or for an argument of one -> what an engine that has it can do."""

SILENT: Final[dict[str, str]] = {
    "arrays": "tensors of any shape, not numbers only",
    "constants": "tensors that do not require grad",
    "frees_graph": "a backward pass frees what was saved, unless it is asked to keep it",
    "versions": "writes in place are counted, so that a stale saved value is noticed",
    "views": "tensors that share the memory of others",
    "nesting": "products of functions can be differentiated again",
}
"""Word -> what no single act shows."""

DERIVED: Final[dict[str, tuple[frozenset[str], ...]]] = {
    "vjp": (frozenset({"tape"}), frozenset({"transform:vjp"})),
    "create_graph": (frozenset({"transform:vjp", "nesting"}),),
}
"""Word -> sets of words, each of which amounts to it: a product has a way on every engine."""


def _of_acts() -> dict[str, str]:
    words = {
        word: act.doc.rstrip(".")
        for act in ACTS.values()
        for word in act.words
        if word not in SHARED
    }
    options = {word for act in ACTS.values() for word in act.options.values()}
    unexplained = options - SHARED.keys()
    if unexplained:
        raise ValueError(f"SHARED does not say what {sorted(unexplained)} mean")
    return words


def _of_functions() -> dict[str, str]:
    rules = {f"rule:{name}": f"define() takes a rule called {name}" for name in RULES}
    flags = {f"rule:{name}": f"define() takes the flag {name}" for name in FLAGS}
    calls = {f"context:{name}": doc.rstrip(".") for name, doc in CONTEXT_CALLS.items()}
    names = {f"context:{name}": f"a context has {name}" for name in CONTEXT_NAMES}
    own = {"context:attributes": "a context keeps attributes of the caller's"}
    return rules | flags | calls | names | own


WORDS: Final[Mapping[str, str]] = (
    SHARED
    | SILENT
    | _of_acts()
    | _of_functions()
    | {f"dtype:{name}": f"tensors of the data type {name}" for name in DTYPES}
)
"""Every word -> what an engine that has it can do."""


def _operators(names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"op:{name}" for name in names)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUNDLES: Final[dict[str, frozenset[str]]] = {
    "values": _words("values") | _operators(BASIC),
    "tape": _words("tape set:grad clear:grad del:grad same_object constants"),
    "flags": _words("get:requires_grad set:requires_grad requires_grad_ get:is_leaf set:is_leaf"),
    "cotangent": _words("given_cotangent several_roots inputs"),
    "grad_api": _words("grad allow_unused materialize_grads"),
    "vjp": _words("rule:body transform:vjp"),
    "retain_graph": _words("frees_graph keeps_graph"),
    "create_graph": _words("create_graph nesting"),
    "retain_grad": _words("retain_grad get:retains_grad set:retains_grad"),
    "detach": _words("op:detach get:data set:data"),
    "modes": _words("mode:no_grad mode:enable_grad mode:set_grad_enabled is_grad_enabled"),
    "control_flow": _words("item float int bool"),
    "inplace": _words("inplace versions get:version set:version increment_version"),
    "views": _words("views get:base set:base get:is_view set:is_view shares_memory"),
    "hooks": _words("register_hook register_post_accumulate_grad_hook"),
    "graph_introspection": _words(
        "get:grad_fn set:grad_fn get:output_nr set:output_nr node_name next_functions "
        "graph_size saved_value gradient_edge"
    ),
    "custom_function": _words(
        "rule:forward rule:backward context:save_for_backward context:saved_tensors"
    ),
    "dtypes": _words("get:grad_dtype set:grad_dtype"),
    "layout": _words(
        "get:strides set:strides get:is_contiguous set:is_contiguous "
        "mode:enforce_grad_layout_policy"
    ),
    "memory": _words("watch"),
    "interop": _words("tolist numpy deepcopy pickle_and_back repr format"),
}
"""Word of a Python adapter -> the small words that it stands for."""


def expanded(words: Iterable[str]) -> frozenset[str]:
    """Replace bundles by what they stand for, and add what follows from what is there."""
    return with_what_follows(frozenset().union(*(BUNDLES.get(w, {w}) for w in map(str, words))))


def with_what_follows(words: frozenset[str]) -> frozenset[str]:
    """Add the words that others amount to."""
    derived = (word for word, ways in DERIVED.items() if any(way <= words for way in ways))
    return words.union(derived)

"""Differences that are stated: what torch does not have yet, and its assertions.

Each is a refusal where a sound engine answers, or an accident; a campaign counts them, and goes on
to what nobody has stated.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import REFUSED
from gradspec.catalogue.operators import CALLS, FAMILIES, OPERATORS
from gradspec.program.steps import numbers
from gradspec.rank import Nature
from gradspec_conformance.fuzz.causes import every
from gradspec_conformance.fuzz.comparing import Likeness, likeness, nature_of
from gradspec_conformance.fuzz.sides import Refusal
from gradspec_conformance.known.expectations import Expectations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec.program.steps import Step
    from gradspec_conformance.fuzz.comparing import Difference


TORCH: Final = "torch"


@dataclass(frozen=True, slots=True)
class Stated:
    """A difference that is known: what torch says when it refuses, and why it may."""

    says: re.Pattern[str]
    reason: str

    def covers(self, said: Any) -> bool:
        """Say whether it is this that torch said."""
        return isinstance(said, Refusal) and bool(self.says.search(str(said.error)))


STATED: Final = tuple(
    Stated(re.compile(says), reason)
    for says, reason in (
        ("INTERNAL ASSERT", "an assertion of torch's"),
        ("nested_tensorlist", "clipping without a gradient ends in an assertion of torch's"),
        ("don't yet support saved tensor hooks", "torch has no transforms under such hooks yet"),
        ("Nested forward mode AD is not supported", "torch has one level of forward mode"),
        ("not supported at the moment", "torch does not have it yet"),
        ("currently not supported", "torch does not have it yet"),
        ("not yet (implemented|supported)", "torch does not have it yet"),
        ("is not implemented for|not implemented for", "torch has no kernel for the data type"),
        ("'NoneType' object has no attribute 'next_functions'", "torch puts it on views of None"),
        ("^none here$", "torch's way to allow writing needs hooks on saved tensors"),
        ("Expected a proper Tensor but got None", "a derivative that torch wrote for two operands"),
        ("do not track version counter", "torch counts what nobody counts in inference mode"),
        ("derivative for 'inplace version of", "torch has no derivative of some writes"),
        ("returned an invalid gradient at index", "torch differentiates some calls for one shape"),
        (
            "outside of the 'allow_mutation_on_saved_tensors'",
            "what a node saves is each engine's affair: torch keeps an index, too",
        ),
        ("treespec.unflatten", "torch's linearize loses an argument"),
        (r"forward\(\) takes \d+ positional arguments", "torch's linearize loses an argument"),
        ("itself has a forward gradient at the same", "torch has one level of forward mode"),
        ("resize storage that is not resizable", "torch does not resize what NumPy or a view owns"),
        ("Expected gradient function to be set", "an assertion of torch's about views in no_grad"),
    )
)
"""What is stated."""


def _but_for_all(expected: list[Any], found: list[Any]) -> bool:
    """Say whether logs are alike, but for how often a hook on several tensors ran."""
    one, other = ([e for e in log if not isinstance(e, str | list)] for log in (expected, found))
    return likeness(one, other) is not Likeness.OTHER


UNRECORDED: Final = "torch records nothing of tensors that were all made in inference mode"

UNCOUNTED_ROOT: Final = "torch's hooks on all of several tensors do not count the root of a pass"


def stated(difference: Difference, engines: tuple[str, str]) -> str:
    """Give the reason why a difference may be, "" if it is not stated.

    `engines` are the names of the oracle and the subject: what torch says counts, and what another
    engine says in the same words is its own affair.
    """
    if TORCH not in engines:
        return ""
    if difference.observable == "hooks" and _but_for_all(difference.expected, difference.found):
        return UNCOUNTED_ROOT
    said, other = difference.expected, difference.found
    if engines[0] != TORCH:
        said, other = other, said
    if isinstance(other, Refusal) and other.kind == "inference-saved":
        return UNRECORDED
    return next((one.reason for one in STATED if one.covers(said)), "")


@functools.cache
def failures() -> dict[str, tuple[tuple[frozenset[str], str], ...]]:
    """Read what torch's own list says of calls: act -> names of arguments, and the row that fails.

    The list is that of `gradspec run torch`: bugs of torch, and what it does not have.
    """
    place = Expectations.for_engine(TORCH)
    found: dict[str, list[tuple[frozenset[str], str]]] = {}
    for entry in () if place is None else Expectations.load(place).entries:
        call = CALLS.get(entry.clause.rpartition("/")[2])
        if call is not None:
            one = (frozenset(call.given), entry.clause)
            found.setdefault(f"op:{call.operator.name}", []).append(one)
    return {act: tuple(rows) for act, rows in found.items()}


def known(steps: Iterable[Step], difference: Difference, engines: tuple[str, str]) -> str:
    """Say which row of torch's own list a smallest program comes to; "" if to none.

    It has to call the operator with the arguments of that row, and numbers differ or torch refuses.
    """
    if TORCH not in engines:
        return ""
    steps = [*every(steps)]
    said = difference.expected if engines[0] == TORCH else difference.found
    by_value = nature_of(difference) is Nature.VALUE or isinstance(said, Refusal)
    accident = _accident(steps, difference, said)
    if accident or not (by_value or difference.observable == "writes"):
        return accident
    last = steps[-1]
    if last.act.endswith("_") or last.act == "increment_version":
        shared = _of_memory(steps, last.given.get("x", last.given.get("tensors")), said)
        if shared:
            return shared
    if any(step.act == "transform:vmap" and step.given.get("out_dims") for step in steps):
        return "torch is known to fail func-390"
    for step in steps:
        operator = OPERATORS.get(step.act.removeprefix("op:"))
        if operator and operator.smoothness is REFUSED and isinstance(said, Refusal):
            return f"the catalogue says that torch refuses a derivative of {operator.name}"
        for names, clause in failures().get(step.act, ()):
            if names == step.given.keys():
                return f"torch is known to fail {clause}"
    return ""


VIEWS: Final = frozenset(f"op:{o.name}" for f in ("shapes", "selections") for o in FAMILIES[f])
LAYOUT: Final = "how a result lies in memory is each engine's affair, unless it is a view"
CHOOSING: Final = frozenset({"op:kthvalue", "op:topk", "op:median", "op:nanmedian", "op:mode"})
PASSED: Final = ("gradient", "grad_outputs", "tangent")
"""Arguments of which torch keeps the memory now and then."""

ASSIGNED: Final = "data that was assigned is seen by what was saved, or not: nobody is told"
ARE_VIEWS: Final = "what a transform of torch's gives may be a view of something nobody has"


def _accident(steps: list[Step], difference: Difference, said: Any) -> str:
    """Say by which accident of torch's a smallest program may differ; "" if by none."""
    acts = {step.act for step in steps}
    if difference.act in ("get:strides", "get:is_contiguous"):
        asked = {*numbers(steps[-1].given.get("x"))}
        made = next((s.act for s in steps if asked & {*numbers(s.makes)}), "")
        return "" if made in VIEWS else LAYOUT
    if isinstance(said, Refusal) and (said.kind or "").startswith("multi-view"):
        return ARE_VIEWS if any(act.startswith("transform:") for act in acts) else ""
    inference = any(act.startswith("mode:inference_mode") for act in acts)
    if inference and difference.observable == "get:requires_grad":
        return UNRECORDED if difference.act.startswith("op:") else ""
    if inference and difference.observable == "writes" and "set:data" in acts:
        return "torch counts what nobody counts in inference mode"
    given = [step.given.get(name) for step in steps for name in PASSED]
    given += [step.given.get("value") for step in steps if step.act == "set:grad"]
    given += [step.makes for step in steps if step.act == "grad"]
    shared, written = {*numbers(given)}, {*numbers(steps[-1].given.get("x"))}
    seen = difference.observable in ("value", "writes") and difference.number in shared
    if seen and (not written or written & shared):
        return COTANGENT
    if nature_of(difference) is not Nature.VALUE:
        return ""
    if difference.act in CHOOSING and getattr(said, "dtype", float) == np.int64:
        return "which of equal entries is named is each engine's affair"
    if "set:data" in acts and acts & {"backward", "grad", "step"}:
        return ASSIGNED
    return ""


COTANGENT: Final = "a gradient of torch's may lie in the memory of the cotangent, or be expanded"
OVERLAP: Final = "torch writes to memory that overlaps itself where it does not see that it does"
SHOWS: Final = frozenset({"op:as_strided", "op:as_strided_", "op:unfold", "op:expand"})


def _of_memory(steps: list[Step], written: Any, said: Any) -> str:
    """Say why a write may show where it does not in another engine, or be refused; "" if not."""
    number = getattr(written, "number", None)
    for step in steps[:-1]:
        cotangent = step.given.get("gradient", step.given.get("grad_outputs"))
        if getattr(cotangent, "number", None) == number and step.act in ("backward", "grad"):
            return COTANGENT
        if step.act == "grad" and number in {*numbers(step.makes)} and isinstance(said, Refusal):
            return COTANGENT
        if step.act in SHOWS and not isinstance(said, Refusal):
            return OVERLAP
    return ""

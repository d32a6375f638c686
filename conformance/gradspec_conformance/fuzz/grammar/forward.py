"""Forward mode: levels, dual tensors and what is read out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec_conformance.fuzz.grammar.draft import NothingFits, is_float
from gradspec_conformance.fuzz.grammar.modes import enter
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.grammar.draft import Draft


def level(draft: Draft) -> None:
    """Open a level, and make a dual tensor in it."""
    enter(draft, "mode:dual_level")
    make_dual(draft)


def make_dual(draft: Draft) -> None:
    """Give a tensor a tangent of its shape."""
    x = draft.tensor(is_float)
    array = draft.view(x).array
    if array is None:
        raise NothingFits
    tangent = draft.of_shape(array.shape, array.dtype)
    draft.do("make_dual", draft.ref(), tensor=x, tangent=tangent)


def tangent(draft: Draft) -> None:
    """Read a tangent: None where there is none."""
    draft.do("tangent", draft.ref(), tensor=draft.tensor(is_float))


def primal(draft: Draft) -> None:
    """Read a value without its tangent."""
    draft.do("primal", draft.ref(), tensor=draft.tensor(is_float))


ROWS: Final = (
    Row("mode:dual_level", "forward mode", level),
    Row("make_dual", "forward mode", make_dual),
    Row("tangent", "forward mode", tangent),
    Row("primal", "forward mode", primal),
)

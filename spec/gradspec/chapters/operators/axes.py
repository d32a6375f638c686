"""Axes: the dimension that an operator works along, named from either end; several; kept.

An operator that ignores which dimension was named is right as long as it is the one that it takes
anyway, so each is asked in turn, and the sizes differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, VALUE, clause
from gradspec.catalogue.facets.axes import (
    ALONG,
    KEPT,
    NAMED,
    NONE_NAMED,
    SEVERAL,
    from_the_end,
)
from gradspec.chapters.operators.calling import agrees_with_formula

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.facets.asking import Asked

SOURCES = ["torch docstrings", "mathematics"]


@clause("op-230", VALUE, sources=SOURCES, over=ALONG)
def each_axis_is_the_one_that_was_named(ag: Autograd, asked: list[Asked]) -> None:
    """Along each dimension, {name} has the value and the derivative of its formula there."""
    for one in asked:
        agrees_with_formula(ag, one)


@clause("op-231", VALUE, sources=["notes/broadcasting", "torch docstrings"], over=NAMED)
def an_axis_may_be_counted_from_the_end(ag: Autograd, asked: list[Asked]) -> None:
    """A negative axis of {name} counts from the end: value and derivative are those of that one."""
    for one in asked:
        agrees_with_formula(ag, from_the_end(one), meaning=one)


@clause("op-232", VALUE, sources=SOURCES, over=SEVERAL)
def several_axes_are_those_that_were_named(ag: Autograd, asked: list[Asked]) -> None:
    """Along several dimensions, or all, {name} has the value and derivative of its formula."""
    for one in asked:
        agrees_with_formula(ag, one)


@clause("op-233", VALUE, sources=SOURCES, over=KEPT)
def a_dimension_that_is_kept_has_length_one(ag: Autograd, asked: list[Asked]) -> None:
    """With keepdim, {name} has the value and derivative of its formula, and length one there."""
    for one in asked:
        agrees_with_formula(ag, one)


@clause("op-295", CONVENTION, sources=["torch.sum docstring", "observed"], over=NONE_NAMED)
def no_axes_are_all_of_them(ag: Autograd, asked: list[Asked]) -> None:
    """Given an empty list of dimensions, {name} has the value and derivative of its formula along
    all of them.

    NumPy takes an empty tuple for no axis, and reduces nothing.
    """
    for one, meaning in zip(asked, SEVERAL[asked[0].call.operator.name][-1:], strict=True):
        agrees_with_formula(ag, one, meaning=meaning)

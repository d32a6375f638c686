"""What the facets ask does occur: ties, empty axes, strides, negative axes, dimensions kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradspec.catalogue.facets import layouts
from gradspec.catalogue.facets.asking import out_of_place
from gradspec.catalogue.facets.axes import ALONG, AXIS, KEPT, NAMED, SEVERAL, from_the_end
from gradspec.catalogue.facets.broadcasting import BROADCAST, broadcast
from gradspec.catalogue.facets.sizes import (
    EMPTY,
    NO_ENTRY,
    OF_RESULTS,
    ONE_ENTRY,
    UNANSWERED,
    dimensions,
    empty,
    single,
)
from gradspec.catalogue.operator import BY_PARTS, DIFFERENTIABLE, variables
from gradspec.catalogue.operators import KINKS, OPERATORS


def axes(given: Any) -> set[Any]:
    return {given[name] for name in AXIS if name in given}


def test_ties_occur() -> None:
    assert sum(kink.tie for _, kink in KINKS.values()) > 10


@pytest.mark.parametrize("name", BROADCAST)
def test_every_operand_is_repeated_in_some_call(name: str) -> None:
    repeated = set()
    for asked in broadcast(BROADCAST[name]):
        result = np.shape(asked.call.value(asked.sample))
        arrays = {n: v for n, v in asked.sample.items() if isinstance(v, np.ndarray)}
        repeated |= {n for n, v in arrays.items() if v.shape != result}
    written = {"x"} if OPERATORS[name].inplace else set()

    operands = {n for n, v in BROADCAST[name].given.items() if hasattr(v, "domain")}
    assert operands - written <= repeated


@pytest.mark.parametrize("name", ALONG)
def test_at_least_two_axes_are_asked_and_each_from_both_ends(name: str) -> None:
    front = [axes(asked.call.given) for asked in ALONG[name]]
    back = [axes(from_the_end(asked).call.given) for asked in ALONG[name]]

    assert len(front) > 1
    assert all(a != b for a, b in zip(front, back, strict=True))


def test_every_operator_with_an_axis_is_asked_along_each_but_those_that_name_no_single_one() -> (
    None
):
    named = {
        n
        for n, o in OPERATORS.items()
        if not o.inplace and o.smoothness not in BY_PARTS and set(AXIS) & set(o.signature.names)
    }

    assert named - set(ALONG) == {
        *("matrix_norm", "permute", "rot90"),  # two or more, in order
        *("tensordot", "tile"),  # counts
        "unflatten",  # the lengths that it gives are those of one dimension
    }
    assert {"matrix_norm", "permute", "rot90", "unflatten"} <= set(NAMED)


@pytest.mark.parametrize("name", KEPT)
def test_a_dimension_that_is_kept_has_length_one(name: str) -> None:
    for asked in KEPT[name]:
        assert all(1 in value.shape for value in asked.value() or [np.zeros(())])


def test_several_axes_and_all_of_them_occur() -> None:
    given = {dims for asked in SEVERAL.values() for one in asked for dims in axes(one.call.given)}

    assert {(2, 0), (1, 2), (0, 1, 2)} <= given


WAYS = (
    layouts.transposed,
    layouts.stepped,
    layouts.turned,
    layouts.expanded,
    layouts.overlapping,
)


@pytest.mark.parametrize("way", WAYS)
def test_operands_are_out_of_order_in_memory(way: layouts.Way) -> None:
    for call in layouts.table(way).values():
        laid = layouts.laid(call, way)
        origins = [one.origins.ravel() for one in laid.layouts]

        assert not all(np.array_equal(o, np.arange(o.size)) for o in origins), call.name


@pytest.mark.parametrize("way", WAYS)
def test_a_base_is_read_into_the_sample(way: layouts.Way) -> None:
    for call in layouts.table(way).values():
        laid = layouts.laid(call, way)
        read = [b.ravel()[one.origins] for b, one in zip(laid.bases, laid.layouts, strict=True)]

        for operand, point in zip(read, variables(laid.asked.sample), strict=True):
            np.testing.assert_array_equal(operand, point)


def test_a_base_receives_the_sum_of_what_its_entries_receive() -> None:
    windows = layouts.overlapping((2, 3))
    assert windows is not None

    np.testing.assert_array_equal(windows.back(np.arange(6.0).reshape(2, 3)), [0, 4, 6, 5])


def test_one_entry_and_none_occur_in_every_shape() -> None:
    for name, call in ONE_ENTRY.items():
        shapes = [{p.shape for p in variables(one.sample)} for one in single(call)]
        assert shapes == [{()}, {(1,)}, {(1, 1)}], name
    for name, call in NO_ENTRY.items():
        assert {p.shape for p in variables(empty(call).sample)} == {(2, 0)}, name


def test_every_smooth_operator_is_asked_of_nothing_but_those_that_are_told_every_length() -> None:
    smooth = {o.name for o in out_of_place() if o.smoothness in DIFFERENTIABLE}

    assert smooth - set(EMPTY) - set(UNANSWERED) == {
        "div_rounded",  # which is asked of numbers alone
        "unflatten",  # a length is a product of others
    }


@pytest.mark.parametrize("name", {**EMPTY, **UNANSWERED})
def test_some_dimension_is_empty_in_every_call_and_another_one_in_each(name: str) -> None:
    calls = [*EMPTY.get(name, []), *UNANSWERED.get(name, [])]
    lengths = [
        [*(n for *_, n in dimensions(asked.sample)), *(asked.sample.get(n) for n in OF_RESULTS)]
        for asked in calls
    ]
    ways = {
        (asked.call.name, repr((dimensions(asked.sample), every)))
        for asked, every in zip(calls, lengths, strict=True)
    }

    assert all(0 in every for every in lengths)
    assert len(ways) == len(calls)


def test_a_batch_is_empty_and_so_is_what_is_summed() -> None:
    shapes = [tuple(v.shape for v in variables(asked.sample)) for asked in EMPTY["matmul"]]

    assert {((0, 3), (3, 4)), ((2, 0), (0, 4)), ((2, 3), (3, 0))} <= set(shapes)

"""A comparison that cannot fail is worth nothing: each is shown both ways."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradspec.exceptions import FailureKind
from gradspec.judging.comparison import COMPARISONS

EPS = float(np.finfo(np.float64).eps)


@pytest.mark.parametrize(
    ("check", "found", "expected"),
    [
        ("equals", np.array([1.0, np.nan]), [1.0, np.nan]),
        ("equals", np.array(0.0), -0.0),
        ("equals", True, True),
        ("equals", "text", "text"),
        ("equals", None, None),
        ("equals", 1.0 + 2.0j, 1.0 + 2.0j),
        ("equals", {"a": np.array([3.0, 6.0])}, {"a": [3.0, 6.0]}),
        ("equals", {"a": {1: [np.array(1.0), None]}}, {"a": {1: [1.0, None]}}),
        ("equals", MappingProxyType({"a": 1}), {"a": 1}),
        ("equals", [{"a": 1}, 2], [{"a": 1}, 2]),
        ("in_order", [{"a": np.array(1.0)}], [{"a": 1.0}]),
        ("is_close", {"a": np.array(1.0 + 4 * EPS)}, {"a": 1.0}),
        ("is_close", [np.array([1.0, 2.0]), {"a": np.array(3.0)}], [[1.0, 2.0], {"a": 3.0}]),
        ("is_close", (np.array([1.0, 2.0]), np.array([3.0]), None), ([1.0, 2.0], [3.0], None)),
        ("equals", [np.array([1.0]), np.array(2.0)], [[1.0], 2.0]),
        ("equals", [float("nan"), (1, "a")], [float("nan"), (1, "a")]),
        ("equals", np.array([2, 3]), [2.0, 3.0]),
        ("equals", np.array([True, False]), [True, False]),
        ("equals", np.zeros((0, 3)), np.zeros((0, 3))),
        ("is_close", np.array(1.0 + 4 * EPS), 1.0),
        ("is_close", np.array(1.0 + 16 * EPS), 1.0),
        ("is_close", np.array(1.0 - 16 * EPS), 1.0),
        ("is_close", np.array([1000.0, 100 * EPS]), [1000.0, 0.0]),
        ("is_close", np.array([-1000.0, 100 * EPS]), [-1000.0, 0.0]),
        ("is_close", np.array([np.nan, np.inf, -np.inf, 1.0]), [np.nan, np.inf, -np.inf, 1.0]),
        ("is_close", np.array(complex(np.nan, 5)), complex(np.nan, 5)),
        ("is_close", np.zeros((0,)), np.zeros((0,))),
        ("is_close", np.array(1.0 + 2.0j), 1.0 + 2.0j),
        ("lies_between", np.array([0.0, 0.5]), ([0.0, 0.0], [1.0, 0.5])),
        ("lies_between", np.array(1.0 + 4 * EPS), (0.0, 1.0)),
        ("lies_between", np.array([np.inf, 0.0]), ([np.inf, -np.inf], [np.inf, 1.0])),
        ("is_close", np.array(1.0 + (2.0 + 4 * EPS) * 1j), 1.0 + 2.0j),
        ("exceeds", 3, 2),
        ("exceeds", 2.5, 2),
        ("is_none", None, None),
        ("is_none_or_zero", None, None),
        ("is_none_or_zero", np.zeros((2, 0)), None),
        ("is_none_or_zero", np.zeros(2, np.float32), None),
        ("is_none_or_zero", 0.0, None),
        ("is_present", np.array(0.0), None),
        ("has_shape", np.zeros((2, 3)), (2, 3)),
        ("has_shape", np.zeros((2, 3)), [2, 3]),
        ("has_shape", np.array(1.0), ()),
        ("has_dtype", np.zeros(2, np.float32), "float32"),
        ("is_flag", False, False),
        ("in_order", [1, (2, 3)], [1, (2, 3)]),
        ("contains", "grad_fn=<Mul>", "grad_fn"),
        ("lacks", "tensor(1.)", "grad_fn"),
        ("warned", ["UserWarning: x"], True),
        ("warned", [], False),
    ],
)
def test_what_holds_is_accepted(check: str, found: Any, expected: Any) -> None:
    assert COMPARISONS[check](found, expected) is None


@pytest.mark.parametrize(
    ("check", "found", "expected", "kind"),
    [
        ("equals", np.array([1.0, 2.0]), [1.0, 3.0], FailureKind.VALUE),
        ("equals", {"a": np.array([1.0])}, {"a": [2.0]}, FailureKind.VALUE),
        ("equals", {"a": np.array([1.0])}, {"a": 1.0}, FailureKind.SHAPE),
        ("equals", {"a": None}, {"a": 1.0}, FailureKind.MISSING_GRADIENT),
        ("equals", {"a": 1}, {"b": 1}, FailureKind.STRUCTURE),
        ("equals", {"a": 1, "b": 1}, {"a": 1}, FailureKind.STRUCTURE),
        ("equals", 1, {"a": 1}, FailureKind.STRUCTURE),
        ("equals", np.array(1.0), {"a": 1}, FailureKind.STRUCTURE),
        ("equals", [{"a": 1}], [{"a": 2}], FailureKind.ORDER),
        ("is_close", {"a": np.array(1.0)}, {"a": 2.0}, FailureKind.VALUE),
        (
            "is_close",
            [np.array([1.0, 2.0]), {"a": 1.0}],
            [[1.0, 2.0], {"a": 2.0}],
            FailureKind.VALUE,
        ),
        ("equals", np.array(1.0 + 5.0j), 1.0, FailureKind.VALUE),
        ("is_close", np.array([1.0 + 5.0j]), [1.0 - 5.0j], FailureKind.VALUE),
        ("is_close", np.array(1.0), 1.0 + 5.0j, FailureKind.VALUE),
        ("lies_between", np.array([0.0, 0.6]), ([0.0, 0.0], [1.0, 0.5]), FailureKind.VALUE),
        ("lies_between", np.array(1.0 + 64 * EPS), (0.0, 1.0), FailureKind.VALUE),
        ("lies_between", np.array(np.nan), (0.0, 1.0), FailureKind.VALUE),
        ("lies_between", np.array([0.5]), (0.0, 1.0), FailureKind.SHAPE),
        ("lies_between", None, (0.0, 1.0), FailureKind.MISSING_GRADIENT),
        ("exceeds", 2, 2, FailureKind.STRUCTURE),
        ("exceeds", 1, 2, FailureKind.STRUCTURE),
        ("exceeds", "3", 2, FailureKind.STRUCTURE),
        ("exceeds", 3, "2", FailureKind.STRUCTURE),
        ("equals", np.array([1.0, np.nan]), [1.0, 2.0], FailureKind.VALUE),
        ("equals", np.array([1.0, 2.0]), [1.0, np.nan], FailureKind.VALUE),
        ("equals", np.array([1.0, 2.0]), [1.0, np.inf], FailureKind.VALUE),
        ("equals", np.array(1.0 + EPS), 1.0, FailureKind.VALUE),
        ("equals", np.array([2, 3]), [2, 4], FailureKind.VALUE),
        ("equals", np.array([[1.0, 2.0]]), [1.0, 2.0], FailureKind.SHAPE),
        ("equals", np.array(["1"]), [1.0], FailureKind.DTYPE),
        ("equals", 2.0, 3.0, FailureKind.VALUE),
        ("equals", float("nan"), 3.0, FailureKind.VALUE),
        ("equals", 3.0, float("nan"), FailureKind.VALUE),
        ("equals", True, 1, FailureKind.VALUE),
        ("equals", None, "text", FailureKind.MISSING_GRADIENT),
        ("equals", None, [1.0], FailureKind.MISSING_GRADIENT),
        ("equals", None, True, FailureKind.FLAG),
        ("equals", [np.array(1.0)], [2.0], FailureKind.ORDER),
        ("equals", [np.array([1.0, np.nan])], [[1.0, 2.0]], FailureKind.ORDER),
        ("equals", [np.array([1.0, 2.0])], [[1.0, np.nan]], FailureKind.ORDER),
        ("equals", [[1, 2]], [[1, 3]], FailureKind.ORDER),
        ("equals", np.array(np.inf), -np.inf, FailureKind.VALUE),
        ("equals", np.array([2.0]), 2.0, FailureKind.SHAPE),
        ("equals", np.zeros((2, 1)), np.zeros((1, 2)), FailureKind.SHAPE),
        ("equals", None, 2.0, FailureKind.MISSING_GRADIENT),
        ("equals", True, False, FailureKind.FLAG),
        ("equals", 1, True, FailureKind.FLAG),
        ("equals", "text", "other", FailureKind.TEXT),
        ("is_close", np.array(1.0 + 64 * EPS), 1.0, FailureKind.VALUE),
        ("is_close", np.array(1.0 + 17 * EPS), 1.0, FailureKind.VALUE),
        ("is_close", np.array([1.0, 20 * EPS]), [1.0, 0.0], FailureKind.VALUE),
        ("is_close", np.array([5.0, 1.0]), [np.nan, 1.0], FailureKind.VALUE),
        ("is_close", np.array([1.0, 5.0]), [np.inf, 4.0], FailureKind.VALUE),
        ("is_close", np.array([np.inf, 5.0]), [np.inf, 4.0], FailureKind.VALUE),
        ("is_close", np.array([-np.inf, 5.0]), [-np.inf, 4.0], FailureKind.VALUE),
        ("is_close", np.array([np.nan, 5.0]), [np.nan, 4.0], FailureKind.VALUE),
        ("is_close", np.array(np.inf), -np.inf, FailureKind.VALUE),
        ("is_close", np.array([3]), [3.0 + EPS * 4], FailureKind.VALUE),
        ("is_close", np.zeros((2, 1)), np.zeros((2, 3)), FailureKind.SHAPE),
        ("is_close", np.array(np.nan), 1.0, FailureKind.VALUE),
        ("is_close", np.array(complex(np.nan, 5)), complex(1, np.nan), FailureKind.VALUE),
        ("is_close", np.array(complex(np.nan, 5)), complex(np.nan, 4), FailureKind.VALUE),
        ("is_close", None, 1.0, FailureKind.MISSING_GRADIENT),
        ("is_none", np.zeros(2), None, FailureKind.UNEXPECTED_GRADIENT),
        ("is_none_or_zero", np.array([0.0, 1e-300]), None, FailureKind.UNEXPECTED_GRADIENT),
        ("is_none_or_zero", np.array(np.nan), None, FailureKind.UNEXPECTED_GRADIENT),
        ("is_present", None, None, FailureKind.MISSING_GRADIENT),
        ("has_shape", np.zeros((2, 3)), (3, 2), FailureKind.SHAPE),
        ("has_shape", np.zeros((2, 1)), (2, 3), FailureKind.SHAPE),
        ("has_shape", np.zeros((2, 3)), (2,), FailureKind.SHAPE),
        ("has_shape", np.zeros(2), (2, 3), FailureKind.SHAPE),
        ("has_shape", None, (2, 3), FailureKind.MISSING_GRADIENT),
        ("has_dtype", np.zeros(2), "float32", FailureKind.DTYPE),
        ("has_dtype", None, "float32", FailureKind.MISSING_GRADIENT),
        ("is_flag", True, False, FailureKind.FLAG),
        ("is_flag", 1, True, FailureKind.FLAG),
        ("is_aliasing", True, False, FailureKind.ALIASING),
        ("is_alive", True, False, FailureKind.LIFETIME),
        ("is_structure", ["a"], ["b"], FailureKind.STRUCTURE),
        ("in_order", [1, 2], [2, 1], FailureKind.ORDER),
        ("in_order", [1], [1, 2], FailureKind.ORDER),
        ("in_order", [1, 2], [1], FailureKind.ORDER),
        ("in_order", [], [1], FailureKind.ORDER),
        ("in_order", [(1, 2)], [(1,)], FailureKind.ORDER),
        ("contains", "tensor(1.)", "grad_fn", FailureKind.TEXT),
        ("lacks", "grad_fn=<Mul>", "grad_fn", FailureKind.TEXT),
        ("warned", [], True, FailureKind.WARNING),
        ("warned", ["UserWarning: x"], False, FailureKind.WARNING),
    ],
)
def test_what_does_not_hold_is_rejected_with_its_kind(
    check: str, found: Any, expected: Any, kind: FailureKind
) -> None:
    failure = COMPARISONS[check](found, expected)

    assert failure is not None
    assert failure.kind is kind


def test_closeness_is_measured_in_units_of_the_type_found() -> None:
    close = COMPARISONS["is_close"]
    off = np.float32(1.0) + 4 * np.finfo(np.float32).eps

    assert close(np.array(off, np.float32), 1.0) is None
    assert close(np.array(off, np.float64), 1.0) is not None


@pytest.mark.parametrize(
    ("options", "ulps_off", "holds"),
    [
        ({"ulps": 4}, 4, True),
        ({"ulps": 4}, 5, False),
        ({"ulps": 0}, 1, False),
        ({"scale": 0.25}, 4, True),
        ({"scale": 0.25}, 5, False),
        ({"scale": 4.0}, 64, True),
        ({"scale": 4.0}, 65, False),
        ({"ulps": 4, "scale": 2.0}, 8, True),
        ({"ulps": 4, "scale": 2.0}, 9, False),
    ],
)
def test_a_tolerance_is_as_wide_as_was_declared(
    options: dict[str, float], ulps_off: int, holds: bool
) -> None:
    failure = COMPARISONS["is_close"](np.array(1.0 + ulps_off * EPS), 1.0, **options)

    assert (failure is None) is holds


PAIR, WIDE = np.array([1.0, 2.0]), np.zeros((2, 3))


@pytest.mark.parametrize(
    ("check", "found", "expected", "told"),
    [
        ("equals", PAIR, [1.0, 3.0], ("another value", PAIR, [1.0, 3.0])),
        ("equals", PAIR, 1.0, ("another shape", PAIR, 1.0)),
        ("equals", np.array(["a"]), ["a"], ("not an array of numbers", "str32", ["a"])),
        ("equals", None, 1.0, ("expected a tensor", None, 1.0)),
        ("equals", 2, 3, ("another value", 2, 3)),
        ("is_none", PAIR, None, ("expected None", PAIR, None)),
        ("is_none_or_zero", PAIR, None, ("expected None or zeros", PAIR, None)),
        ("is_present", None, None, ("expected a tensor", None, "a tensor")),
        ("has_shape", WIDE, [3, 2], ("another shape", (2, 3), (3, 2))),
        ("has_dtype", PAIR, "float32", ("another data type", "float64", "float32")),
        ("is_flag", True, False, ("flag", True, False)),
        ("contains", "ab", "c", ("the text lacks what it should show", "ab", "c")),
        ("lacks", "abc", "c", ("the text shows what it should not", "abc", "c")),
        ("warned", ["W: x"], False, ("expected no warning", ["W: x"], "no warning")),
        ("warned", [], True, ("expected a warning", "no warning", "a warning")),
        ("exceeds", 1, 2, ("not more", 1, "more than 2")),
    ],
)
def test_a_failure_says_what_was_found_and_what_was_expected(
    check: str, found: Any, expected: Any, told: tuple[Any, ...]
) -> None:
    failure = COMPARISONS[check](found, expected)

    assert failure is not None
    assert (str(failure), failure.found, failure.expected) == told


class Agrees(int):
    """A number that calls itself equal to anything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def test_what_an_engines_own_type_says_of_itself_does_not_count() -> None:
    assert COMPARISONS["is_flag"](Agrees(1), True) is not None
    assert COMPARISONS["equals"]([Agrees(1)], [2]) is not None


@pytest.mark.parametrize(("found", "holds"), [(np.nan, True), (0.5, True), (2.0, False)])
def test_an_interval_may_have_room_for_nan_and_for_nothing_else(found: float, holds: bool) -> None:
    failure = COMPARISONS["lies_between"](
        np.array([found, 0.0]), ([0.0, 0.0], [1.0, 1.0]), or_nan=True
    )

    assert (failure is None) == holds

"""A comparison that cannot fail is worth nothing: each is shown both ways."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradspec.judging.comparison import COMPARISONS
from gradspec.judging.outcome import FailureKind

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
        ("is_close", np.array(1.0 + 4 * EPS), 1.0),
        ("is_close", np.array(1.0 + 2.0j), 1.0 + 2.0j),
        ("exceeds", 3, 2),
        ("is_none", None, None),
        ("is_present", np.array(0.0), None),
        ("has_shape", np.zeros((2, 3)), (2, 3)),
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
        ("exceeds", 2, 2, FailureKind.STRUCTURE),
        ("equals", np.array([1.0, np.nan]), [1.0, 2.0], FailureKind.VALUE),
        ("equals", np.array(np.inf), -np.inf, FailureKind.VALUE),
        ("equals", np.array([2.0]), 2.0, FailureKind.SHAPE),
        ("equals", np.zeros((2, 1)), np.zeros((1, 2)), FailureKind.SHAPE),
        ("equals", None, 2.0, FailureKind.MISSING_GRADIENT),
        ("equals", True, False, FailureKind.FLAG),
        ("equals", 1, True, FailureKind.FLAG),
        ("equals", "text", "other", FailureKind.TEXT),
        ("is_close", np.array(1.0 + 64 * EPS), 1.0, FailureKind.VALUE),
        ("is_close", np.array(np.nan), 1.0, FailureKind.VALUE),
        ("is_close", None, 1.0, FailureKind.MISSING_GRADIENT),
        ("is_none", np.zeros(2), None, FailureKind.UNEXPECTED_GRADIENT),
        ("is_present", None, None, FailureKind.MISSING_GRADIENT),
        ("has_shape", np.zeros((2, 3)), (3, 2), FailureKind.SHAPE),
        ("has_dtype", np.zeros(2), "float32", FailureKind.DTYPE),
        ("is_aliasing", True, False, FailureKind.ALIASING),
        ("is_alive", True, False, FailureKind.LIFETIME),
        ("is_structure", ["a"], ["b"], FailureKind.STRUCTURE),
        ("in_order", [1, 2], [2, 1], FailureKind.ORDER),
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

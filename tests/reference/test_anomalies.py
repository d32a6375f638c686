"""Anomaly detection of the reference engine: the words of its warnings, and where they point."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Any

import pytest

import gradspec_reference as torch


def line_of(function: Any, text: str) -> str:
    """Say in the words of a traceback where a function has a text."""
    lines, first = inspect.getsourcelines(function)
    number = first + next(n for n, line in enumerate(lines) if text in line)
    return f'File "{Path(__file__)}", line {number}, in {function.__name__}\n'


def root(x: Any) -> Any:
    return torch.sqrt(x)


def power(x: Any) -> Any:
    return x**1.5


def told_of(y: Any, refusal: str) -> str:
    """Return the warning of a pass that is refused."""
    (warning,) = each_told_of(y, refusal)
    return warning


def each_told_of(y: Any, refusal: str) -> list[str]:
    """Return the warnings of a pass that is refused: of a node, then of what led to it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match=refusal):
            y.backward()
    return [str(warning.message) for warning in said]


def test_the_warning_names_the_line_of_the_forward_call() -> None:
    x = torch.tensor(0.0, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        said = told_of(root(x) * 0.0, "SqrtBackward0 returned NaN for its operand number 0")
    assert "SqrtBackward0" in said
    assert said.rstrip().splitlines()[-1].strip() == "return torch.sqrt(x)"
    assert line_of(root, "sqrt") in said


def test_no_line_of_the_engine_is_shown() -> None:
    x = torch.tensor(0.0, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = root(x)
    assert not any("gradspec_reference" in line for line in y.grad_fn.metadata["traceback_"])


@pytest.mark.parametrize("place", [0, 1])
def test_the_operand_that_gets_nan_is_named(place: int) -> None:
    factors = [torch.tensor(2.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)]
    factors[1 - place] = torch.tensor(torch.nan, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        told_of(
            factors[0] * factors[1], f"MulBackward0 returned NaN for its operand number {place}"
        )


def test_what_led_to_a_node_of_a_pass_is_shown_behind_it() -> None:
    x = torch.tensor(0.0, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        (first,) = torch.autograd.grad(power(x), x, create_graph=True)
        node, behind = each_told_of(first * 0.0, "returned NaN")
    assert line_of(power, "1.5") in behind
    assert line_of(power, "1.5") not in node


def test_other_nodes_than_the_one_that_failed_are_not_told_of() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = torch.exp(x)
        z = power(y)
        y.add_(1.0)
        said = told_of(z, "in place")
    assert "PowBackward0" in said
    assert "ExpBackward0" not in said


def test_nodes_of_before_are_told_without_lines() -> None:
    x = torch.tensor(0.0, requires_grad=True)
    y = root(x) * 0.0
    with torch.autograd.set_detect_anomaly(True):
        said = told_of(y, "returned NaN")
    assert "nothing is known of the call" in said


def test_a_node_that_is_recorded_without_detection_has_no_notes() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    assert (x * x).grad_fn.metadata == {}


@pytest.mark.parametrize("flags", [(3,), ("a",), (None,), (True, 1), (False, "a")])
def test_anomaly_detection_is_told_by_bools(flags: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="give True or False"):
        torch.autograd.set_detect_anomaly(*flags)
    assert not torch.is_anomaly_enabled()


class Beside(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any) -> Any:
        return x + weight

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient, gradient * float("nan")


def test_nan_is_found_in_what_a_function_of_the_callers_made_for_nobody() -> None:
    x, constant = torch.ones(2, requires_grad=True), torch.ones(2)
    with torch.autograd.set_detect_anomaly(True):
        said = told_of(Beside.apply(x, constant).sum(), "returned NaN for its operand number 1")
    assert "BesideBackward" in said


def test_the_end_of_the_graph_notes_its_first_use() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        ((end, _),) = root(x).grad_fn.next_functions
    assert line_of(root, "sqrt") in "".join(end.metadata["traceback_"])

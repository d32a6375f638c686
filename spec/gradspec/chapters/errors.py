"""Errors: what comes after one.

Which misuse is refused stands in the chapters, each where it belongs; `gradspec list --errors` is
the index.  A refusal is a place to go on from: a loop skips the batch that failed, a notebook runs
the next cell.  Whatever an engine holds for all computations, a mode, a mark that a pass is
running, sums that were begun, has to be as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import MUST, SAFETY, clause, expect, informative

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd, Tensor

    Misused = Callable[[Autograd, Tensor], Any]


def _second_pass(ag: Autograd, x: Tensor) -> None:
    del ag
    y = (x * x).sum()
    y.backward()
    y.backward()


def _saved_value_written(ag: Autograd, x: Tensor) -> None:
    h = x * 2.0
    y = ag.exp(h).sum() + (h * h).sum()
    h.zero_()
    y.backward()


def _leaf_written(ag: Autograd, x: Tensor) -> None:
    del x
    ag.tensor([1.0, 2.0], requires_grad=True).zero_()


def _root_outside(ag: Autograd, x: Tensor) -> None:
    del x
    ag.tensor(2.0).backward()


def _unused_input(ag: Autograd, x: Tensor) -> None:
    ag.grad((x * x).sum(), [ag.tensor(2.0, requires_grad=True)])


def _flag_of_a_result(ag: Autograd, x: Tensor) -> None:
    del ag
    (x * x).requires_grad_(False)


def _whole_numbers(ag: Autograd, x: Tensor) -> None:
    del x
    ag.tensor(2, dtype="int64").requires_grad_()


def _in_no_grad(ag: Autograd, x: Tensor) -> None:
    with ag.no_grad():
        (x * x).sum().backward()


MISUSED: Final[dict[str, Misused]] = {
    "a_root_of_several_elements": lambda _, x: (x * x).backward(),
    "a_root_outside_the_graph": _root_outside,
    "a_cotangent_of_another_shape": lambda ag, x: (x * x).backward(ag.tensor([1.0, 2.0, 3.0])),
    "a_second_pass": _second_pass,
    "a_saved_value_that_was_written": _saved_value_written,
    "a_leaf_that_is_written": _leaf_written,
    "an_input_that_is_not_used": _unused_input,
    "a_flag_of_a_result": _flag_of_a_result,
    "whole_numbers_as_a_variable": _whole_numbers,
    "a_pass_in_no_grad": _in_no_grad,
    "operands_that_do_not_fit": lambda ag, x: x * ag.tensor([1.0, 2.0, 3.0]),
}
"""What is done wrong -> how."""


@clause("err-015", SAFETY, sources=["observed"], over=MISUSED)
def after_an_error_the_engine_is_as_before(ag: Autograd, misuse: Misused) -> None:
    """After {name}, refused or not, a fresh computation of the same leaf has the right gradient."""
    weights = ag.random(2)
    x = ag.tensor([1.5, -2.0], requires_grad=True)

    with ag.attempt():
        misuse(ag, x)

    x.grad = None
    (x * x).backward(ag.tensor(weights))
    expect(x.grad).is_close(weights * [3.0, -4.0])


informative(
    "err-019",
    "Errors of the numerical checker and of checkpointing are subclasses of RuntimeError.",
    level=MUST,
    sources=["torch.autograd.gradcheck source", "torch.utils.checkpoint source"],
    reason="Classes of exceptions are those of the host language; a program names kinds of "
    "refusal, and chk-002 and ckpt-014 demand those.",
)

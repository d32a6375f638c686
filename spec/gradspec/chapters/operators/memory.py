"""Whose memory it is: a call and a pass write nothing that was handed to them.

A gradient is the caller's, who may write to it.  What else the caller holds must not change then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import SAFETY, clause, expect
from gradspec.catalogue.operator import map_arrays
from gradspec.chapters.operators.calling import SMOOTH, WRITTEN, moving, perform

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

APART: Final = {name: call for name, call in SMOOTH.items() if not call.operator.hands_on}


@clause("op-247", SAFETY, sources=["torch docstrings", "chain rule"], over=SMOOTH | WRITTEN)
def what_was_handed_over_is_not_written(ag: Autograd, call: Call) -> None:
    """Neither {name} nor the pass through it changes an operand, or the cotangent, or the result.

    In place this is about the other operands.
    A rule that saves memory by writing into what it was given is seen by all who hold it.
    """
    sample = call.sample()
    part, weights, _ = moving(ag, call, sample)
    operands: list[tuple[Any, Any]] = []

    def operand(array: Any) -> Any:
        operands.append((ag.tensor(array, requires_grad=array.dtype.kind == "f"), array))
        return operands[-1][0]

    given = map_arrays(sample, operand)
    if call.operator.inplace:
        given["x"] = given["x"] * 1.0
    result = perform(ag, call, given)
    root = result if part is None else result[part]
    before = root * 1.0
    handed = ag.tensor(weights)
    root.backward(handed)

    expect(handed).equals(weights)
    expect(root - before).equals(np.zeros(np.shape(weights)))
    for tensor, array in operands:
        expect(tensor).equals(array)


@clause("op-248", SAFETY, sources=["torch docstrings", "observed"], over=APART)
def a_gradient_has_memory_of_its_own(ag: Autograd, call: Call) -> None:
    """A write to the cotangent after a pass through {name} changes no gradient, and a write to the
    gradients changes no operand and not the cotangent.

    What only reshapes may hand on the memory of a cotangent, and is not asked.
    """
    sample = call.sample()
    part, weights, expected = moving(ag, call, sample)
    leaves: list[tuple[Any, Any]] = []

    def operand(array: Any) -> Any:
        if array.dtype.kind != "f":
            return ag.tensor(array)
        leaves.append((ag.tensor(array, requires_grad=True), array))
        return leaves[-1][0]

    result = perform(ag, call, map_arrays(sample, operand))
    handed = ag.tensor(weights)
    (result if part is None else result[part]).backward(handed)
    reached = [one for one, to in zip(leaves, expected.gradients, strict=True) if to.any()]
    before = [leaf.grad * 1.0 for leaf, _ in reached]

    handed.zero_()
    for (leaf, array), gradient in zip(reached, before, strict=True):
        expect(leaf.grad - gradient).equals(np.zeros(array.shape))
        leaf.grad.fill_(7.0)
    expect(handed).equals(np.zeros(np.shape(weights)))
    for leaf, array in reached:
        expect(leaf).equals(array)

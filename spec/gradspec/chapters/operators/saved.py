"""What a derivative needs again: operands and results, which may be overwritten before it is asked.

An operator keeps what its rule will read.  What was overwritten since is not what it saw, so the
pass is refused, or the rule reads a copy; a slope at the new value would be wrong in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SAFETY, clause, expect
from gradspec.catalogue.keeping import is_open, kept
from gradspec.catalogue.operator import map_arrays
from gradspec.chapters.operators.calling import (
    SMOOTH,
    WRITTEN,
    cotangent,
    determined,
    moving,
    perform,
    results,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Given

SAVED_TENSORS: Final = "notes/autograd § Saved tensors"


ENOUGH: Final = 2**12
"""So many units in the last place are far less than another slope."""

ALL: Final = SMOOTH | WRITTEN
STATED: Final = {name: call for name, call in ALL.items() if not is_open(call.operator)}


@dataclass(frozen=True, slots=True)
class Performed:
    """A call that was made on results of leaves, so that each operand may be written.

    `tensors` has what the operator was given or gave, each with its name and what it holds; of
    what is only determined up to signs just what it was given.
    """

    leaves: list[Any]
    tensors: list[tuple[str, Any, Any]]
    root: Any


def performed(ag: Autograd, call: Call, sample: Given, part: int | None) -> Performed:
    """Make the call; the root is its result, or one of several."""
    leaves: list[Any] = []
    tensors: list[tuple[str, Any, Any]] = []

    def operand(name: str, array: Any) -> Any:
        made = ag.tensor(array, requires_grad=array.dtype.kind == "f")
        if array.dtype.kind == "f":
            leaves.append(made)
            made = made * 1.0
        if not (call.operator.inplace and name == "x"):  # which is the result then
            tensors.append((name, made, array))
        return made

    given = {n: map_arrays({n: v}, partial(operand, n))[n] for n, v in sample.items()}
    result = perform(ag, call, given)
    if not call.operator.settled:
        for number, value in results(call, sample):
            one = result if number is None else result[number]
            tensors.append(("result" if number is None else f"result{number}", one, value))
    return Performed(leaves, tensors, result if part is None else result[part])


def overwrite(ag: Autograd, tensor: Any, held: Any) -> None:
    """Write other values: add to numbers, each another; make zeros of what counts or chooses."""
    if held.dtype.kind == "f":
        tensor.add_(ag.tensor(cotangent(ag, held)))
    else:
        tensor.zero_()


def each_overwritten(ag: Autograd, call: Call, sample: Given, part: int | None) -> Iterator[Any]:
    """Make the call anew for each of its operands and results, which is yet to be overwritten."""
    first = performed(ag, call, sample, part)
    yield (first, *first.tensors[0])
    for number in range(1, len(first.tensors)):
        again = performed(ag, call, sample, part)
        yield (again, *again.tensors[number])


@clause("op-244", SAFETY, sources=[SAVED_TENSORS, "chain rule"], over=ALL)
def what_was_overwritten_is_not_taken_for_what_it_was(ag: Autograd, call: Call) -> None:
    """If an operand or a result of {name} is overwritten, the write or the pass is refused, or the
    gradient is right.
    """
    sample = call.sample()
    part, weights, expected = moving(ag, call, sample)

    for made, _, tensor, held in each_overwritten(ag, call, sample, part):
        with ag.attempt() as write:
            overwrite(ag, tensor, held)
        with write.granted():
            with ag.attempt() as backward:
                made.root.backward(ag.tensor(weights))
            with backward.granted():
                for leaf, wanted in zip(made.leaves, expected.gradients, strict=True):
                    if wanted.any():
                        found, meant = determined(call, leaf.grad, wanted)
                        expect(found).is_close(meant, scale=expected.scale, ulps=ENOUGH)
                    else:
                        expect(leaf.grad).is_none_or_zero()


@clause(
    "op-245", CONVENTION, sources=[SAVED_TENSORS, "tools/autograd/derivatives.yaml"], over=STATED
)
def what_is_kept_may_not_be_written(ag: Autograd, call: Call) -> None:
    """If one of the tensors is overwritten that {name} keeps for its derivative, the pass is
    refused; if any other operand or result is, the pass goes through.

    Remedy: write to a clone(), or after the pass.
    """
    sample = call.sample()
    part, weights, _ = moving(ag, call, sample)

    for made, name, tensor, held in each_overwritten(ag, call, sample, part):
        overwrite(ag, tensor, held)
        if name in kept(call.operator.name):
            with ag.refuses("stale-saved-tensor"):
                made.root.backward(ag.tensor(weights))
        else:
            made.root.backward(ag.tensor(weights))
            expect(made.leaves[0].grad).is_present()

"""Sweeps of what is asked of every operator beside its value and its slope: types and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import LINEAR
from gradspec.chapters.operators.calling import SMOOTH
from gradspec.chapters.operators.data_types import OF_ONE_TYPE
from gradspec_conformance.plants.places import at, kernel
from gradspec_conformance.plants.plant import TEACHING, enter, plant
from gradspec_conformance.plants.rules.calls import row_of
from gradspec_conformance.plants.rules.sweeps import Spot, Sweep, rules_of
from gradspec_reference.engine import shapes
from gradspec_reference.names.functions import selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gradspec.catalogue.operator import Call


def through(table: Mapping[str, Call]) -> Iterator[tuple[str, str]]:
    """Give the rows of the engine's table with the operators that are named after them."""
    for name, call in table.items():
        row = row_of(call)
        if row == name:
            yield row, name


def of_arrays(call: Call) -> bool:
    """Say whether a call computes one array, and more than another view of its operand."""
    linear = call.operator.smoothness is LINEAR
    return not (linear or call.gives_several) and np.ndim(call.value(call.sample())) > 0


COMPUTING: Final = {name: call for name, call in SMOOTH.items() if of_arrays(call)}


def widened(sound: Any, *arguments: Any) -> Any:
    """Compute in double precision, and leave it at that."""
    result = sound(*arguments)
    parts = result if isinstance(result, list) else [result]
    wide = [p.astype(np.float64) if p.dtype.kind == "f" else p for p in parts]
    return wide if isinstance(result, list) else wide[0]


NARROWED: Final = ("huber_loss",)
"""Rows whose function converts whatever they give."""


def wide_kernels() -> Iterator[Spot]:
    """Let the kernel of every row widen its result."""
    for row, name in through(OF_ONE_TYPE):
        if row not in NARROWED:
            yield Spot(row, (kernel(row),), widened, {f"op-240/{name}": "dtype"})


def scribble(array: Any) -> None:
    """Write into an array, if it is one that has room for more than a number."""
    if isinstance(array, np.ndarray) and array.ndim and array.flags.writeable:
        array *= 2.0


def written_operand(sound: Any, *arguments: Any) -> Any:
    """Use the memory of an operand when the result is there."""
    result = sound(*arguments)
    first = next((a for a in arguments if np.asarray(a).dtype.kind == "f"), None)
    if not np.may_share_memory(result, first):
        scribble(first)
    return result


def written_operands() -> Iterator[Spot]:
    """Let the kernel of every row write into its first operand."""
    for row, name in through(COMPUTING):
        yield Spot(row, (kernel(row),), written_operand, {f"op-247/{name}": "value"})


def written_cotangent(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
    """Use the memory of the cotangent when the gradient is there."""
    gradient = np.array(sound(xp, g, *rest))
    scribble(g)
    return gradient


def written_cotangents() -> Iterator[Spot]:
    """Let the rules of every row write into the cotangent."""
    for row, name in through(COMPUTING):
        yield Spot(row, rules_of(row), written_cotangent, {f"op-247/{name}": "value"})


@plant(at(shapes, "normal_dim"), "no error: op-249/softmax op-249/transpose", "modular arithmetic")
def dimensions_are_counted_round(_sound, dim, ndim):
    """A dimension that is not there is counted round, and is another one."""
    return dim % (ndim or 1)


@plant(at(selection, "_clamp_call"), "value: op-297/clamp", "torch.clamp")
def bounds_are_counted_round(sound, input, low, high):
    """A negative bound of whole numbers without a sign is the large one that it is stored as."""
    wraps = input._array.dtype.kind == "u" and isinstance(low, int)
    return sound(input, low % 256 if wraps else low, high)


SWEEPS: Final = (
    Sweep("widens", "{name} gives double precision.", TEACHING, wide_kernels),
    Sweep("writes_its_operand", "{name} writes into its operand.", TEACHING, written_operands),
    Sweep(
        "writes_its_cotangent",
        "The rule of {name} writes into the cotangent.",
        *(TEACHING, written_cotangents),
    ),
)

for one_kind in SWEEPS:
    for made in one_kind.plants():
        enter(made)

"""What a library makes of a call, and where two of them differ.

Looked at are values, gradients and second gradients; of each the data type, the shape and the
numbers; and the class of what is raised, and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from lockstep import KINDS

from gradspec.catalogue.operator import Smoothness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drawn_calls import Drawn, Tensor

TOLERANCE: Final = {"float64": 1e-8, "float32": 2e-4}
NUMBERED: Final = ("value", "gradient", "second gradient")


class Outside(Exception):
    """A call came to where the two are not compared: an assertion inside torch, huge numbers."""


def seen(call: Drawn, library: Any, *, apart: bool = False) -> dict[str, Any]:
    """Make a call and look at values, gradients and second gradients.

    The operands may lie in memory with others between their entries.
    """
    facts: dict[str, Any] = {}
    random = np.random.default_rng(len(call.text))
    stage = "call"
    try:
        leaves = {
            name: leaf(t, library) if not apart else between_others(t)
            for name, t in call.tensors.items()
        }
        names = {"torch": library, **leaves}
        exec(call.text, names)
        result = names["result"]
        if call.operator.settled and isinstance(result, tuple):
            result = call.operator.settled(*result)
        parts = [*flat(result)]
        unknown = call.operator.smoothness is Smoothness.UNDETERMINED
        facts["results"] = len(parts)
        for index, part in enumerate(parts):
            facts[f"value {index}"] = looked_at(part, library, numbers=not unknown)
        stage = "gradient"
        outs = [p for p in parts if isinstance(p, library.Tensor) and p.requires_grad]
        variables = [leaf for leaf in leaves.values() if leaf.requires_grad]
        if not outs or not variables:
            return facts
        weight = library.tensor(1.25, dtype=library.float64, requires_grad=True)
        root = weight * weighted(outs, random, library)
        gradients = library.autograd.grad(
            root, [*variables, weight], create_graph=True, allow_unused=True
        )
        for index, gradient in enumerate(gradients):
            facts[f"gradient {index}"] = looked_at(gradient, library, numbers=not unknown)
        stage = "second gradient"
        there = [g for g in gradients[:-1] if g is not None and g.requires_grad]
        root = weighted(there, random, library)
        facts["law"] = float(root.detach()) / 1.25
        second = [None] * (len(variables) + 1)
        if there:
            second = library.autograd.grad(root, [*variables, weight], allow_unused=True)
        for index, (gradient, variable) in enumerate(
            zip(second, [*variables, weight], strict=True)
        ):
            filled = library.zeros_like(variable) if gradient is None else gradient
            facts[f"second gradient {index}"] = looked_at(filled, library)
    except Exception as error:
        if "INTERNAL ASSERT" in str(error):
            raise Outside from error
        facts[f"error in {stage}"] = Refusal(stage, type(error), str(error))
    return facts


@dataclass(frozen=True)
class Refusal:
    """Where a call was refused, and with what error."""

    stage: str
    error: type[Exception]
    message: str = ""

    def __str__(self) -> str:
        return f"{self.builtin.__name__} in {self.stage}"

    @property
    def builtin(self) -> type[Exception]:
        """The class of Python's that it belongs to."""
        return next((each for each in KINDS if issubclass(self.error, each)), self.error)

    def is_like(self, other: Refusal) -> bool:
        """Whether what catches the other error, at the same stage, catches this one."""
        return self.stage == other.stage and issubclass(self.error, other.builtin)


def leaf(tensor: Tensor, library: Any) -> Any:
    """Give a leaf; one without entries lies in memory as torch lays it, and not as NumPy does."""
    if tensor.array.size:
        return library.tensor(tensor.array.copy(), requires_grad=tensor.requires_grad)
    dtype = getattr(library, str(tensor.array.dtype))
    return library.zeros(tensor.array.shape, dtype=dtype, requires_grad=tensor.requires_grad)


def between_others(tensor: Tensor) -> Any:
    """Give a leaf of torch's, of which no two entries are neighbours in memory."""
    wide = torch.zeros(*tensor.array.shape, 3, dtype=torch.tensor(tensor.array).dtype)[..., 1]
    wide.copy_(torch.tensor(tensor.array))
    return wide.requires_grad_(tensor.requires_grad)


def weighted(tensors: Sequence[Any], random: Any, library: Any) -> Any:
    """Give the sum of all entries, each with a weight of its own; so has each part of them."""
    total = library.tensor(0.0, dtype=library.float64)
    for tensor in tensors:
        for part in (tensor.real, tensor.imag) if tensor.is_complex() else (tensor,):
            weights = random.integers(-16, 17, tuple(tensor.shape)) / 16
            total = total + (part.double() * library.tensor(weights)).sum()
    return total


def flat(result: Any) -> Iterator[Any]:
    """Give what is in nested tuples and lists."""
    if isinstance(result, list | tuple):
        for each in result:
            yield from flat(each)
    else:
        yield result


def looked_at(value: Any, library: Any, *, numbers: bool = True) -> Any:
    """Give what can be compared of a value."""
    if not isinstance(value, library.Tensor):
        return value
    array = array_of(value.detach()) if numbers else None
    dtype = str(value.dtype).removeprefix("torch.")
    return (dtype, tuple(value.shape), value.requires_grad, array)


def array_of(tensor: Any) -> Any:
    """Read a tensor; torch has some without memory, which are zero."""
    if isinstance(tensor, torch.Tensor) and tensor._is_zerotensor():
        return np.zeros(tuple(tensor.shape))
    return np.asarray(tensor.tolist()).reshape(tuple(tensor.shape))


@dataclass(frozen=True)
class Difference:
    """A call of which the two make different things, and what is different."""

    kind: str
    said: str
    number: int
    call: Drawn
    expected: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def what(self) -> str:
        """The fact that differs."""
        return self.said.partition(":")[0]

    def __str__(self) -> str:
        return (
            f"{self.call}\n# {self.kind}: {self.said}   ({self.call.operator.name}, {self.number})"
        )


def tolerance_of(call: Drawn, seen: Mapping[str, Any]) -> float:
    """Say how exact a call is; of integers floats of single precision are made."""
    dtypes = {v[0] for v in seen.values() if isinstance(v, tuple) and v}
    made = {str(tensor.array.dtype) for tensor in call.tensors.values()}
    return TOLERANCE["float64" if dtypes | made <= {"float64", "complex128"} else "float32"]


def compared(
    expected: Mapping[str, Any], found: Mapping[str, Any], tolerance: float
) -> Iterator[tuple[str, str]]:
    """Say what differs, in the order in which it was seen."""
    for what in [*expected, *(one for one in found if one not in expected)]:
        if what == "law":
            continue
        if what not in found or what not in expected or what.startswith("error"):
            wanted, given = (
                next((v for v in facts.values() if isinstance(v, Refusal)), None)
                for facts in (expected, found)
            )
            if wanted is None or given is None or not given.is_like(wanted):
                kind = (
                    "answers where torch refuses"
                    if given is None
                    else "refuses where torch answers"
                    if wanted is None
                    else "another error"
                )
                yield kind, f"torch: {wanted or 'done'}, found: {given or 'done'}"
                return
            continue
        yield from unlike(what, expected[what], found[what], tolerance)


def unlike(what: str, expected: Any, found: Any, tolerance: float) -> Iterator[tuple[str, str]]:
    kind = what.rstrip("0123456789").strip()
    if not (isinstance(expected, tuple) and isinstance(found, tuple)):
        if type(expected) is not type(found) or (expected != found and expected == expected):  # noqa: PLR0124
            yield f"{kind} of another type", f"{what}: torch: {expected}, found: {found}"
        return
    for index, part in enumerate(("dtype", "shape", "requires_grad")):
        if kind != "second gradient" or index == 1:
            if index == 2 and kind != "value":
                continue
            if expected[index] != found[index]:
                yield (
                    f"{part} of {kind}",
                    f"{what}: torch: {expected[index]}, found: {found[index]}",
                )
                return
    wanted, given = expected[3], found[3]
    if wanted is None or given is None:
        return
    exact = not expected[0].startswith(("float", "complex"))
    slack = 100 if kind == "second gradient" else 1
    if not close(wanted, given, 0.0 if exact else tolerance, slack):
        yield kind, f"{what}: torch: {wanted.tolist()}, found: {given.tolist()}"


def close(wanted: Any, given: Any, tolerance: float, slack: float) -> bool:
    """Compare up to rounding, which is relative to the largest number there."""
    if not tolerance:
        return bool(np.array_equal(wanted, given))
    if np.iscomplexobj(wanted):  # of which one part may be infinite; with a NaN it is no number
        neither = np.isnan(wanted) & np.isnan(given)
        wanted, given = (np.where(neither, np.nan, one) for one in (wanted, given))
        wanted, given = (np.stack([np.real(one), np.imag(one)]) for one in (wanted, given))
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    return np.allclose(
        given, wanted, rtol=tolerance, atol=tolerance * slack * scale, equal_nan=True
    )

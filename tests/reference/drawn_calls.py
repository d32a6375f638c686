"""Random calls of every operator: each is drawn from one of the catalogue.

It has other sizes, also none and one; other axes and options; other data types; now and then an
argument that is wrong.  `drawn(name, number)` is the same call for ever, and can be pasted.
"""

from __future__ import annotations

import re
import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from gradspec.catalogue.domain import OFF_THE_AXIS, Complex, Operand, Symmetric
from gradspec.catalogue.operators import OPERATORS
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Argument, choose
from gradspec_conformance.adapters.phrases.languages import torch as language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gradspec.catalogue.operator import Operator

SIZES: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5)
FLOATS: Final = ("float64", "float64", "float64", "float32")
TYPES: Final = (*FLOATS, *FLOATS, "int64", "int64", "int32", "bool", "uint8", "int8")
COMPLEX: Final = {"float64": "complex128", "float32": "complex64"}
NUMBERS: Final = (0, 1, -1, 2, 3, 0.5, -1.5, 2.0, 0.0, True)
WRONG: Final = (None, "a", 1.5, -7, 7, (), (0, 0), [1, -1], True, float("nan"))
AXES: Final = re.compile(r"dims?\d?|axis\d?|(start|end)_dim|dimension|source|destination")
BOOK: Final = language()


@dataclass(frozen=True)
class Tensor:
    """A tensor of a call."""

    array: Any
    requires_grad: bool
    varies: bool = True

    def __str__(self) -> str:
        flag = ", requires_grad=True" if self.requires_grad else ""
        shape = "" if self.array.size else f".reshape{self.array.shape}"
        numbers = repr(self.array.tolist()).replace("nan", "float('nan')")
        numbers = re.sub(r"\binf\b", "float('inf')", numbers)
        plain = f"torch.tensor({numbers}, dtype=torch.{self.array.dtype})"
        if not shape:
            return f"{plain[:-1]}{flag})"
        return f"{plain}{shape}" + (".requires_grad_()" if flag else "")


@dataclass(frozen=True)
class Drawn:
    """A call: its tensors, by the names that its text has for them."""

    operator: Operator
    tensors: Mapping[str, Tensor]
    text: str

    def __str__(self) -> str:
        made = [f"{name} = {tensor}" for name, tensor in self.tensors.items()]
        return "\n".join(["import torch", *made, self.text])


def drawn(name: str, number: int) -> Drawn:
    """Draw a call of an operator."""
    operator = OPERATORS[name]
    random = Random(zlib.crc32(name.encode()), number)
    given = dict(random.choice([*operator.calls.values()]))
    others = [call for call in operator.calls.values() if call.keys() != given.keys()]
    if others and random.chance(0.15):
        given = {**random.choice(others), **given}
    random.choose_sizes(given)
    takes_complex = operator.holomorphic or operator.of_parts is not None
    random.complex = takes_complex and random.chance(0.25)
    dtypes = random.dtypes()
    values = {
        parameter: random.varied(operator, parameter, random.tensors(value, dtypes))
        for parameter, value in given.items()
    }
    for parameter, default in operator.signature.defaults.items():
        if parameter not in values and parameter != "out" and random.chance(0.15):
            values[parameter] = random.varied(operator, parameter, default)
    if random.chance(0.1):
        values[random.choice([*values])] = random.choice(WRONG)
    return written(operator, values, random)


class Random:
    """Draws what a call is made of."""

    def __init__(self, *seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.sizes: dict[int, int] = {}
        self.ranks: list[int] = [1]
        self.complex = False

    def chance(self, share: float) -> bool:
        """Say yes so often."""
        return bool(self.random.random() < share)

    def choice(self, values: Sequence[Any]) -> Any:
        """Choose one."""
        return values[int(self.random.integers(len(values)))]

    def choose_sizes(self, given: Mapping[str, Any]) -> None:
        """Choose what each size becomes that operands have, the same for all of them, or not."""
        operands = [o for value in given.values() for o in operands_in(value)]
        seen = sorted({size for operand in operands for size in np.shape(operand_array(operand))})
        if self.chance(0.6):
            self.sizes = {size: self.choice(SIZES) for size in seen if self.chance(0.6)}
        self.ranks = [len(operand_shape(operand)) for operand in operands] or [1]

    def dtypes(self) -> Callable[[], str]:
        """Choose one data type for all operands, or one for each."""
        if self.chance(0.8):
            one = self.choice(FLOATS) if self.chance(0.8) else self.choice(TYPES)
            return lambda: str(one)
        return lambda: str(self.choice(TYPES))

    def tensors(self, value: Any, dtypes: Callable[[], str]) -> Any:
        """Make tensors of the operands in a value."""
        match value:
            case Operand():
                return self.tensor(self.drawn(value), dtypes())
            case np.ndarray():
                return self.tensor(value, dtypes())
            case list() if [*operands_in(value)]:
                return [self.tensors(each, dtypes) for each in value]
        return value

    def drawn(self, operand: Operand) -> Any:
        """Draw numbers in the shape that the operand has now."""
        shape = tuple(self.sizes.get(size, size) for size in operand.shape)
        if shape and self.chance(0.04):
            shape = shape[1:] if self.chance(0.5) else (*shape, self.choice(SIZES))
        if isinstance(operand.domain, Symmetric) and shape[-1:] == shape[-2:-1]:
            lower = np.tril(self.random.choice(operand.domain.values, shape))
            upper = np.tril(lower, -1).swapaxes(-1, -2)
            return lower + upper + operand.domain.shift * np.eye(shape[-1])
        values = np.array(operand.domain.values)
        size = int(np.prod(shape))
        entries = self.random.choice(values, size, replace=size > len(values) or self.chance(0.05))
        if isinstance(operand.domain, Complex):
            entries = entries + 1j * self.random.choice(operand.domain.others, size)
        return entries.reshape(shape)

    def tensor(self, array: Any, dtype: str) -> Tensor:
        """Give a tensor of a data type; what are places or truth values mostly stays so."""
        if self.complex and array.dtype.kind == "f":
            array = array + 1j * self.random.choice(OFF_THE_AXIS, array.shape)
        varies = array.dtype.kind in "fc"
        if array.dtype.kind == "c":
            dtype = COMPLEX.get(dtype, dtype) if self.chance(0.9) else dtype
        elif not varies:
            dtype = dtype if self.chance(0.06) else str(array.dtype)
        elif array.size and self.chance(0.04):
            array = array.copy()
            array.flat[0] = self.choice((0.0, np.inf, -np.inf, np.nan))
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            array = array.astype(dtype)  # which may leave out imaginary parts
        return Tensor(array, array.dtype.kind in "fc" and self.chance(0.85), varies=varies)

    def varied(self, operator: Operator, parameter: str, value: Any) -> Any:
        """Give an argument, or another of its kind."""
        if holds_tensor(value) or self.chance(0.5):
            return value
        if AXES.fullmatch(parameter) and not isinstance(value, list):
            return self.axes(value)
        calls = [call[parameter] for call in operator.calls.values() if parameter in call]
        known = [one for one in calls if not [*operands_in(one)]]
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | float) and self.chance(0.6):
            return self.choice(NUMBERS)
        if isinstance(value, tuple) and self.chance(0.5):
            return tuple(self.sizes.get(v, v) if isinstance(v, int) else v for v in value)
        return self.choice([*known, value])

    def axes(self, value: Any) -> Any:
        """Give an axis, or several, also some that are not there."""
        rank = self.choice(self.ranks)
        one = [int(self.random.integers(-rank - 1, rank + 1)) for _ in range(3)]
        if isinstance(value, tuple) or self.chance(0.1):
            return tuple(
                one[: self.choice((len(value) if isinstance(value, tuple) else 2, 1, 2, 3))]
            )
        return None if self.chance(0.05) else one[0]


def operands_in(value: Any) -> Iterator[Any]:
    """Give the tensors of a value of the catalogue."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Operand | np.ndarray):
            yield one


def operand_shape(operand: Any) -> tuple[int, ...]:
    return tuple(operand.shape)


def operand_array(operand: Any) -> Any:
    return np.empty(operand.shape)


def holds_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or (
        isinstance(value, list) and any(isinstance(one, Tensor) for one in value)
    )


def written(operator: Operator, values: Mapping[str, Any], random: Random) -> Drawn:
    """Write a call in torch's words."""
    tensors: dict[str, Tensor] = {}

    def spelled(value: Any) -> str:
        if isinstance(value, Tensor):
            name = f"t{len(tensors)}"
            tensors[name] = value
            return f"{name}.clone()" if operator.inplace and value is values.get("x") else name
        if isinstance(value, list):
            return f"[{', '.join(map(spelled, value))}]"
        if isinstance(value, str) and hasattr(torch, value) and value[-1].isdigit():
            return f"torch.{value}"
        return repr(value) if value == value else "float('nan')"  # noqa: PLR0124 - a NaN is not

    texts = {name: spelled(value) for name, value in values.items()}
    key = f"op:{operator.name}"
    chosen = choose(ACTS[key], BOOK.phrases[key], values)
    first = "x = " + texts.get("x", "None")
    if operator.inplace:
        texts["x"] = "x"
    if chosen is None:
        said = ", ".join(f"{name}={text}" for name, text in texts.items() if name != "x")
        text = f"{texts.get('x', 'torch')}.{operator.name}({said})"
    else:
        phrase, names = chosen

        def spell(part: Any) -> str:
            if isinstance(part, Argument):
                return part.star + texts[part.name]
            return "x"

        text = phrase.filled(names, spell)
        start = f"torch.{operator.name}({texts.get('x')}, "
        if text.startswith(start) and hasattr(torch.Tensor, operator.name) and random.chance(0.3):
            text = f"{texts['x']}.{operator.name}({text.removeprefix(start)}"
    if operator.inplace:
        return Drawn(operator, tensors, f"{first}\n{text}\nresult = x".replace("\nx\n", "\n"))
    return Drawn(operator, tensors, f"result = {text}")

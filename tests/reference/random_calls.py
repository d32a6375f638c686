"""Random calls of every operator, and what torch and the reference engine make of them.

A call is drawn from one of the catalogue: other sizes, also none and one; other axes and options;
other data types; now and then an argument that is wrong.  `drawn(name, number)` is the same call
for ever, and what differs can be pasted.  As a script: `random_calls.py COUNT [OPERATOR ...]`.
"""

from __future__ import annotations

import re
import sys
import tomllib
import warnings
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from lockstep import KINDS

import gradspec_reference as engine
from gradspec.catalogue.domain import Operand, Symmetric
from gradspec.catalogue.operator import Smoothness
from gradspec.catalogue.operators import OPERATORS
from gradspec.catalogue.types import promotes
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Argument, choose
from gradspec_conformance.adapters.phrases.languages import torch as language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gradspec.catalogue.operator import Operator

SIZES: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5)
FLOATS: Final = ("float64", "float64", "float64", "float32")
TYPES: Final = (*FLOATS, *FLOATS, "int64", "int64", "int32", "bool", "uint8", "int8")
NUMBERS: Final = (0, 1, -1, 2, 3, 0.5, -1.5, 2.0, 0.0, True)
WRONG: Final = (None, "a", 1.5, -7, 7, (), (0, 0), [1, -1], True, float("nan"))
AXES: Final = re.compile(r"dims?\d?|axis\d?|(start|end)_dim|dimension|source|destination")
TOLERANCE: Final = {"float64": 1e-8, "float32": 2e-4}
HUGE: Final = 1e6

CALLED: Final = [name for name, operator in OPERATORS.items() if operator.calls]
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
        return entries.reshape(shape)

    def tensor(self, array: Any, dtype: str) -> Tensor:
        """Give a tensor of a data type; what are places or truth values mostly stays so."""
        varies = array.dtype.kind == "f"
        if not varies:
            dtype = dtype if self.chance(0.06) else str(array.dtype)
        elif array.size and self.chance(0.04):
            array = array.copy()
            array.flat[0] = self.choice((0.0, np.inf, -np.inf, np.nan))
        with np.errstate(all="ignore"):
            array = array.astype(dtype)
        return Tensor(array, array.dtype.kind == "f" and self.chance(0.85), varies=varies)

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


# what a library makes of it -----------------------------------------------------------
class Outside(Exception):
    """A call came to where the two are not compared: an assertion inside torch, huge numbers."""


def seen(call: Drawn, library: Any) -> dict[str, Any]:
    """Make a call and look at values, gradients and second gradients."""
    facts: dict[str, Any] = {}
    random = np.random.default_rng(len(call.text))
    stage = "call"
    try:
        leaves = {
            name: library.tensor(t.array.copy(), requires_grad=t.requires_grad)
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
        second = library.autograd.grad(root, [*variables, weight], allow_unused=True)
        for index, (gradient, variable) in enumerate(
            zip(second, [*variables, weight], strict=True)
        ):
            filled = library.zeros_like(variable) if gradient is None else gradient
            facts[f"second gradient {index}"] = looked_at(filled, library)
    except Exception as error:
        if "INTERNAL ASSERT" in str(error):
            raise Outside from error
        facts[f"error in {stage}"] = Refusal(stage, type(error))
    return facts


@dataclass(frozen=True)
class Refusal:
    """Where a call was refused, and with what error."""

    stage: str
    error: type[Exception]

    def __str__(self) -> str:
        return f"{self.builtin.__name__} in {self.stage}"

    @property
    def builtin(self) -> type[Exception]:
        """The class of Python's that it belongs to."""
        return next((each for each in KINDS if issubclass(self.error, each)), self.error)

    def is_like(self, other: Refusal) -> bool:
        """Whether what catches the other error, at the same stage, catches this one."""
        return self.stage == other.stage and issubclass(self.error, other.builtin)


def weighted(tensors: Sequence[Any], random: Any, library: Any) -> Any:
    """Give the sum of all entries, each with a weight of its own."""
    total = library.tensor(0.0, dtype=library.float64)
    for tensor in tensors:
        weights = random.integers(-16, 17, tuple(tensor.shape)) / 16
        total = total + (tensor.double() * library.tensor(weights)).sum()
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


# where they differ --------------------------------------------------------------------
@dataclass(frozen=True)
class Difference:
    """A call of which the two make different things, and what is different."""

    kind: str
    said: str
    number: int
    call: Drawn

    def __str__(self) -> str:
        return (
            f"{self.call}\n# {self.kind}: {self.said}   ({self.call.operator.name}, {self.number})"
        )


def difference(name: str, number: int) -> Difference | None:
    """Make a call in both libraries, and say what differs first."""
    call = drawn(name, number)
    if ends_torch(call):
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected = seen(call, torch)
        except Outside:
            return None
        found = seen(call, engine)
    for kind, said in compared(expected, found, tolerance_of(call, expected)):
        different = Difference(kind, said, number, call)
        if not is_stated(different):
            return different
    return None


def ends_torch(call: Drawn) -> bool:
    """Whether the process of torch would end, as it does where a place on a grid is infinite."""
    on_a_grid = call.operator.name == "grid_sample"
    return on_a_grid and not all(np.isfinite(t.array).all() for t in call.tensors.values())


def is_stated(different: Difference) -> bool:
    """Whether the specification states that the two may differ there."""
    return is_listed(different) or is_open(different) or torch_differs_from_itself(different)


@dataclass(frozen=True)
class Fault:
    """A fault of torch that its list of expectations names: of which row of which clause."""

    clause: str
    row: str
    refuses: bool

    def is_of(self, operator: Operator) -> bool:
        """Whether the row is about an operator, or about what it is a form of."""
        name = operator.form_of or operator.name
        owners = [known for known in OPERATORS if f"{self.row}_".startswith(f"{known}_")]
        return name == max(owners, key=len, default="").removesuffix("_")

    def shows_as(self, different: Difference) -> bool:
        """Whether it is a difference of this kind that the clause finds."""
        if self.refuses:
            late = "in gradient" in different.said or "in second gradient" in different.said
            unused = self.clause == "op-220" and different.kind == "second gradient"
            return unused or (late and different.kind == "answers where torch refuses")
        shows = SHOWS.get(self.clause, f"value|{DERIVATIVES}")
        return re.fullmatch(shows, different.kind) is not None


DERIVATIVES: Final = "(second )?gradient( of .*)?"
SHOWS: Final = {
    "op-001": DERIVATIVES,
    "op-204": DERIVATIVES,
    "op-220": "second gradient",
    "op-246": "refuses where torch answers|another error",
    "op-271": "refuses where torch answers",
    "op-296": ".*",
    "op-297": "value",
}
"""What shows a fault that a clause finds, if it is not values and derivatives."""


def is_listed(different: Difference) -> bool:
    """Whether torch's list of expectations names a fault that shows as this."""
    operator = different.call.operator
    return any(fault.is_of(operator) and fault.shows_as(different) for fault in FAULTS)


def listed() -> Iterator[Fault]:
    """Read torch's list."""
    root = Path(__file__).parents[2]
    text = (root / "conformance/expectations/torch.toml").read_text("utf-8")
    for entry in tomllib.loads(text)["expected"]:
        clause, _, row = entry["clause"].partition("/")
        if clause.startswith("op-"):
            yield Fault(clause, row, entry.get("verdict") == "errored")


FAULTS: Final = tuple(listed())


def is_open(different: Difference) -> bool:
    """Whether the row of the catalogue leaves it open.

    It does where entries are tied and no choice is stated, in factors of no finite matrix, and
    about operands of several data types, if it does not bring them to one.
    """
    operator = different.call.operator
    numbers = re.fullmatch("value|(second )?gradient", different.kind) is not None
    ties = [kink for kink in operator.kinks.values() if kink.tie and kink.choice is None]
    factors = operator.factors or operator.smoothness is Smoothness.SPECTRAL
    return (
        (numbers and bool(ties) and has_ties(different))
        or (factors and is_endless(different))
        or (not numbers and not promotes(operator) and is_mixed(different))
    )


def is_mixed(different: Difference) -> bool:
    """Whether what is drawn as floating numbers is of several data types."""
    tensors = different.call.tensors.values()
    return len({tensor.array.dtype for tensor in tensors if tensor.varies}) > 1


def is_endless(different: Difference) -> bool:
    """Whether an argument is, or has, an infinity or NaN."""
    arrays = [tensor.array for tensor in different.call.tensors.values()]
    has = any(a.dtype.kind == "f" and not np.isfinite(a).all() for a in arrays)
    return has or re.search(r"\b(nan|inf)\b", different.call.text) is not None


def has_ties(different: Difference) -> bool:
    """Whether two entries of the first tensor are equal."""
    first = next(iter(different.call.tensors.values())).array
    return np.unique(first).size < first.size


def torch_differs_from_itself(different: Difference) -> bool:
    """Whether torch gives other numbers when it is asked again: drawn ones, or unwritten memory."""
    call = different.call
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = seen(call, torch)
        for number in range(AGAIN):
            litter(float(number))
            if any(True for _ in compared(first, seen(call, torch), 1e-12)):
                return True
    return False


AGAIN: Final = 8


def litter(number: float) -> None:
    """Leave a number in memory that nobody has then, in pieces of many sizes."""
    del [torch.full((size,), number, dtype=torch.float64) for size in range(1, 40)][:]


def tolerance_of(call: Drawn, seen: Mapping[str, Any]) -> float:
    """Say how exact a call is; of integers floats of single precision are made."""
    dtypes = {v[0] for v in seen.values() if isinstance(v, tuple) and v}
    made = {str(tensor.array.dtype) for tensor in call.tensors.values()}
    return TOLERANCE["float64" if dtypes | made <= {"float64"} else "float32"]


def compared(
    expected: Mapping[str, Any], found: Mapping[str, Any], tolerance: float
) -> Iterator[tuple[str, str]]:
    """Say what differs, in the order in which it was seen."""
    for what in [*expected, *(one for one in found if one not in expected)]:
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
    exact = not expected[0].startswith("float")
    slack = 100 if kind == "second gradient" else 1
    if not close(wanted, given, 0.0 if exact else tolerance, slack):
        yield kind, f"{what}: torch: {wanted.tolist()}, found: {given.tolist()}"


def close(wanted: Any, given: Any, tolerance: float, slack: float) -> bool:
    """Compare up to rounding, which is relative to the largest number there."""
    if not tolerance:
        return bool(np.array_equal(wanted, given))
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    return np.allclose(
        given, wanted, rtol=tolerance, atol=tolerance * slack * scale, equal_nan=True
    )


def campaign(count: int, names: Sequence[str]) -> dict[tuple[str, str], list[Difference]]:
    """Make so many calls of each operator; give the differences by kind and operator."""
    by_kind: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for name in names:
        for number in range(count):
            found = difference(name, number)
            if found is not None:
                by_kind[found.kind, name].append(found)
    return by_kind


KNOWN: Final = Path(__file__).with_name("random_differences.txt")


def known() -> set[tuple[str, str]]:
    """Read which kinds of difference are left, of which operators."""
    lines = [line.partition(": ") for line in KNOWN.read_text("utf-8").splitlines() if line]
    return {(kind, name) for kind, _, names in lines for name in names.split()}


def main() -> None:
    """Print what differs, an example of each, and fail if it is not known."""
    torch.set_num_threads(1)
    count, names = int(sys.argv[1]), sys.argv[2:] or CALLED
    found = campaign(count, names)
    for (kind, name), differences in sorted(found.items()):
        print(f"\n## {kind}: {name}, {len(differences)} of {count}\n{differences[0]}")
    kinds: Counter[str] = Counter()
    for (kind, _), differences in found.items():
        kinds[kind] += len(differences)
    print()
    for kind, total in kinds.most_common():
        print(f"{total:7} {kind}")
    print(f"{count * len(names)} calls of {len(names)} operators, {kinds.total()} differ")
    new = sorted(found.keys() - known())
    if new:
        print(
            "not in the list of what is left:", *(f"{kind}: {name}" for kind, name in new), sep="\n"
        )
    sys.exit(bool(new))


if __name__ == "__main__":
    main()

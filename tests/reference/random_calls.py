"""Random calls of every operator, and what torch and the reference engine make of them.

A call is drawn from one of the catalogue: other sizes, also none and one; other axes and options;
other data types; now and then an argument that is wrong.  `drawn(name, number)` is the same call
for ever, and what differs can be pasted.  As a script: `random_calls.py COUNT [OPERATOR ...]`.
"""

from __future__ import annotations

import re
import sys
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
from gradspec.catalogue.operators import FAMILIES, OPERATORS
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
    kind: str = "tensor"

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
        if array.dtype.kind != "f":
            dtype = dtype if self.chance(0.06) else str(array.dtype)
        elif array.size and self.chance(0.04):
            array = array.copy()
            array.flat[0] = self.choice((0.0, np.inf, -np.inf, np.nan))
        with np.errstate(all="ignore"):
            array = array.astype(dtype)
        return Tensor(array, array.dtype.kind == "f" and self.chance(0.85))

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
        facts["results"] = len(parts)
        for index, part in enumerate(parts):
            unknown = call.operator.smoothness is Smoothness.UNDETERMINED
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
            facts[f"gradient {index}"] = looked_at(gradient, library)
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
        facts[f"error in {stage}"] = error_class(error)
    return facts


def error_class(error: Exception) -> str:
    return next((each.__name__ for each in KINDS if isinstance(error, each)), type(error).__name__)


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
        if not any(excuse.holds(different) for excuse in EXCUSES):
            return different
    return None


def ends_torch(call: Drawn) -> bool:
    """Whether the process of torch would end, as it does where a place on a grid is infinite."""
    on_a_grid = call.operator.name == "grid_sample"
    return on_a_grid and not all(np.isfinite(t.array).all() for t in call.tensors.values())


@dataclass(frozen=True)
class Excuse:
    """Why the two may differ: of which operators, in which way, and where."""

    reason: str
    operators: str = ".*"
    kinds: str = ".*"
    where: Callable[[Difference], bool] = lambda _: True

    def holds(self, different: Difference) -> bool:
        """Whether it is about a difference."""
        named = re.fullmatch(self.operators, different.call.operator.name)
        kind = re.fullmatch(self.kinds, different.kind)
        return bool(named and kind and self.where(different))


def is_endless(different: Difference) -> bool:
    """Whether an argument is, or has, an infinity or NaN."""
    arrays = [tensor.array for tensor in different.call.tensors.values()]
    has = any(a.dtype.kind == "f" and not np.isfinite(a).all() for a in arrays)
    return has or re.search(r"\b(nan|inf)\b", different.call.text) is not None


def is_of_few(different: Difference) -> bool:
    """Whether a tensor has one element, or none."""
    return any(tensor.array.size <= 1 for tensor in different.call.tensors.values())


def has_ties(different: Difference) -> bool:
    """Whether two entries of the first tensor are equal."""
    first = next(iter(different.call.tensors.values())).array
    return np.unique(first).size < first.size


def is_refused_late(different: Difference) -> bool:
    """Whether it was torch's derivative that refused."""
    return "in gradient" in different.said or "in second gradient" in different.said


NUMBERS_OF: Final = "(value|gradient|second gradient)"
LINEAR_ALGEBRA: Final = "|".join(
    operator.name
    for family in ("linear algebra", "factorisations")
    for operator in FAMILIES[family]
)
NORMALISING: Final = "|".join(operator.name for operator in FAMILIES["normalising"])

EXCUSES: Final = (
    Excuse(
        "torch has no derivative there, and mathematics has one",
        kinds="answers where torch refuses",
        where=is_refused_late,
    ),
    Excuse(
        "torch's logical forms in place leave the history of what they overwrite",
        "logical_.*_",
        "(second )?gradient.*|requires_grad of value|refuses where torch answers",
    ),
    Excuse("what is in new memory is not said", "empty_like|resize_", NUMBERS_OF),
    Excuse("what is left out is drawn by lot", "dropout", NUMBERS_OF),
    Excuse("random numbers are drawn", "bernoulli|normal|poisson|rand_like", NUMBERS_OF),
    Excuse("torch has two classes for what has no derivative", "unique", "another error"),
    Excuse("at its ends the slope of a square bends", "smooth_l1_loss", "second gradient"),
    Excuse(
        "torch has no bound for the logarithm in the gradient by the target",
        "binary_cross_entropy",
        "(second )?gradient",
    ),
    Excuse(
        "torch's own losses of classes pass NaN by",
        "multi(label)?_margin_loss|multilabel_soft_margin_loss|binary_cross_entropy_with_logits",
        "value",
        is_endless,
    ),
    Excuse(
        "where there are no points torch makes a new tensor",
        "trapezoid",
        "requires_grad of value",
        is_of_few,
    ),
    Excuse(
        "a derivative of a derivative at infinity is NaN or not by the order of products",
        kinds="second gradient",
        where=is_endless,
    ),
    Excuse(
        "of an infinity or NaN a factorisation or a mean spoils more in one order than in another",
        f"{LINEAR_ALGEBRA}|{NORMALISING}",
        NUMBERS_OF,
        is_endless,
    ),
    Excuse(
        "of an infinity torch makes NaN where the reference engine refuses",
        LINEAR_ALGEBRA,
        "refuses where torch answers",
        is_endless,
    ),
    Excuse(
        "which of equal entries is told is not said",
        "topk|kthvalue|mode|median",
        NUMBERS_OF,
        has_ties,
    ),
    Excuse("torch takes numbers for a data type", "to"),
    Excuse(
        "what torch has in Python asks anything for its attributes",
        kinds="another error",
        where=lambda d: "torch: AttributeError" in d.said and "found: TypeError" in d.said,
    ),
    Excuse(
        "torch has no path from the gradient of a bias", "(layer|instance)_norm", "second gradient"
    ),
    Excuse("torch loses the second derivative at 0: NaN", "sinc_?", "second gradient"),
    Excuse("torch loses the cofactors of a singular matrix", "det", NUMBERS_OF),
    Excuse(
        "torch has no record of the norm's replacement by eps",
        "cosine_similarity|normalize",
        NUMBERS_OF,
    ),
    Excuse(
        "an index that is too large is one or the other error by the kernel",
        "index_.*|embedding|scatter.*",
        "another error",
        lambda d: {"IndexError", "RuntimeError"} == set(re.findall(r"\w+Error", d.said)),
    ),
    Excuse(
        "torch counts a start that is not included among the ties", "scatter_reduce_?", NUMBERS_OF
    ),
    Excuse("a place in what is in no order is not said", "searchsorted|bucketize", "value"),
    Excuse("at the threshold the slope bends, to 0 in torch", "softplus", "second gradient"),
    Excuse(
        "a second derivative of a mean of none is 0 or NaN by the order of quotients",
        "var|var_mean|std|std_mean|mean|cross_entropy|cov",
        "second gradient",
        is_of_few,
    ),
    Excuse(
        "torch does not ask a mask for a gradient where there is nothing to mask",
        "scaled_dot_product_attention",
        "gradient of another type",
        is_of_few,
    ),
    Excuse(
        "the least int64 has no positive counterpart",
        "pairwise_distance|triplet_margin_loss",
        "value",
        lambda d: any((t.array == np.iinfo(np.int64).min).any() for t in d.call.tensors.values()),
    ),
    Excuse(
        "of the number of entries apart torch gives zero as the gradient", "cdist", "gradient of .*"
    ),
    Excuse(
        "a sum of no products has the shape of the other term in torch", "addmv", "shape of value"
    ),
    Excuse("torch gives a convolution of no channels no channels", "conv[123]d", "shape of value"),
    Excuse(
        "an infinity or NaN spreads in the order of the products",
        kinds="gradient|second gradient",
        where=is_endless,
    ),
    Excuse(
        "an infinity or NaN spreads in the order of the products",
        "(add|addb|badd|addr?)?(b?mm|bmm|mv)_?|gelu|conv.*|linspace|quantile|trapezoid|polygamma|(std|var)(_mean)?|mode",
        "value",
        is_endless,
    ),
    Excuse(
        "torch takes no dimensions for all of them in the value, and not in the gradient",
        "(std|var)(_mean)?",
        where=lambda d: "dim=()" in d.call.text,
    ),
    Excuse(
        "a correction larger than the number of elements leaves no variance",
        "(std|var)(_mean)?",
        NUMBERS_OF,
        lambda d: "correction=" in d.call.text,
    ),
    Excuse("torch loses the second derivative: NaN", "logcumsumexp", "second gradient"),
    Excuse(
        "torch divides by the hypotenuse at the origin", "(hypot|atan2)_?", "(second )?gradient"
    ),
    Excuse("torch rounds beside the poles", "polygamma_?", "value"),
    Excuse("at 0 the slope jumps", "prelu", "second gradient"),
    Excuse("torch divides by a distance of none", "dist", "second gradient", is_of_few),
    Excuse("torch counts no row for a vector of none", "block_diag", NUMBERS_OF, is_of_few),
    Excuse(
        "torch does not broadcast a stack of none",
        "scaled_dot_product_attention",
        "shape of value",
        is_of_few,
    ),
    Excuse("of none there is no median", "median", "value", is_of_few),
    Excuse("torch gives what is empty as it was", "pixel_(un)?shuffle", "shape of value"),
)
"""Where torch is wrong or leaves the answer open; the rest is a fault of the reference engine."""


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
            errors = [
                next((f"{v} in {k[9:]}" for k, v in s.items() if k[:5] == "error"), "done")
                for s in (expected, found)
            ]
            if errors[0] != errors[1]:
                kind = (
                    "answers where torch refuses"
                    if errors[1] == "done"
                    else "refuses where torch answers"
                    if errors[0] == "done"
                    else "another error"
                )
                yield kind, f"torch: {errors[0]}, found: {errors[1]}"
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

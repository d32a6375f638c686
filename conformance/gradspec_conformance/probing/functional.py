"""Engines without a tape: what multiplies a cotangent by the Jacobian of a function."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_conformance.probing.draft import Bench, NotShown, same
from gradspec_conformance.probing.names import OF_FUNCTIONS
from gradspec_conformance.probing.products import WRONG, by_product, by_quotients, by_squares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.surroundings import Surroundings

WHOLE: Final = {
    "make_vjp": """
def $result(*primals):
    product, output = {said}($function, tuple(range(len(primals))))(*primals)
    return output, lambda cotangent: tuple(product(cotangent))
""",
    "vjp": """
def $result(*primals):
    output, product = {said}($function, *primals)
    return output, lambda cotangent: tuple(product(cotangent))
""",
}
"""Name of a function -> the phrase for a product, if it is one."""

ONE_BY_ONE: Final = """
def $result(*primals):
    def product(cotangent):
        def weighted(*values):
            return {total}
        return tuple({said}(weighted, {numbered}i)(*primals) for i in range(len(primals)))
    return $function(*primals), product
"""
"""A product, where there are only gradients of functions whose value is one number."""

ONE_VARIABLE: Final = """
def $result(*primals):
    def product(cotangent):
        def along(i):
            def weighted(x):
                values = (*primals[:i], x, *primals[i + 1:])
                return {total}
            return {asked}
        return tuple(along(i) for i in range(len(primals)))
    return $function(*primals), product
"""
"""A product, where there are only derivatives of functions of one variable."""

ALL_AT_ONCE: Final = """
def $result(*primals):
    def product(cotangent):
        def weighted(*values):
            return {total}
        return tuple({asked} for i in range(len(primals)))
    return $function(*primals), product
"""
"""A product, where a gradient is by all arguments at once, or by a vector."""

TOTALS: Final = ("$function(*values) * cotangent", "($function(*values) * cotangent).sum()")

OTHERWISE: Final = ": the product is"
"""What is noted where a product of a function is another than it should be."""

SEEN: Final = ("getval", "value_of", "stop_gradient", "unbox")
"""Functions that show what is behind a number that is being differentiated."""


def find_functional(draft: Draft, around: Surroundings) -> bool:
    """Find products of functions; where all come to another one, the engine's `*` may be wrong."""
    if _find_functional(draft, around, multiplies):
        return True
    for product, experiment in (
        (by_quotients, multiplies),
        (by_squares, multiplies),
        (by_product, adds),
    ):
        draft.product = product
        if is_otherwise(draft) and _find_functional(draft, around, experiment):
            draft.remarks.append(WRONG)
            return True
    return False


def is_otherwise(draft: Draft) -> bool:
    """Say whether something gave a product, and another than it should be."""
    return any(OTHERWISE in note for note in draft.notes.get("transform:vjp", ()))


def _find_functional(draft: Draft, around: Surroundings, experiment: Any) -> bool:
    """Find products of functions, on NumPy's arrays or on the engine's own; or on numbers."""
    for tensor, array in _tensors(around):
        made = {"tensor": (tensor,), "array": (array,)}
        for guess in _products(around):
            for dtype in ("float64", "float32"):
                spelled = {dtype: f"np.{dtype}"}
                if draft.shows("transform:vjp", (guess,), experiment, made, dtypes=spelled):
                    draft.phrases |= made | {"transform:vjp": (guess,)}
                    draft.dtypes |= spelled
                    find_the_rest(draft, around)
                    return True
    return False


def _tensors(around: Surroundings) -> Iterator[tuple[str, str]]:
    yield "np.array($array)", "np.array($x)"
    for said, _ in (*around.found("array"), *around.found("asarray"), *around.found("tensor")):
        yield f"{said}($array)", "np.array($x)"
    yield "$number", "np.array($x)"


def _products(around: Surroundings) -> Iterator[str]:
    for name, text in WHOLE.items():
        for said, _ in around.found(name):
            yield text.format(said=said)
    for said, _ in around.found("grad"):
        for numbered, total in itertools.product(("", "argnums=", "argnum="), TOTALS):
            yield ONE_BY_ONE.format(said=said, numbered=numbered, total=total)
    for name in OF_FUNCTIONS:
        for said, thing in around.found(name):
            if callable(thing):
                for total in TOTALS:
                    yield from _called(said, total)


def _called(said: str, total: str) -> Iterator[str]:
    """Give the ways to call what gives derivatives of a function, here of this one."""
    for asked in (f"{said}(weighted)(primals[i])", f"{said}(weighted, primals[i])"):
        for end in ("", "[0]", "[1]", "[0][0]", "[1][0]"):
            yield ONE_VARIABLE.format(asked=f"{asked}{end}", total=total)
    vector = "lambda v: weighted(*v)"
    for asked in (
        f"{said}(weighted)(*primals)",
        f"{said}(weighted, *primals)",
        f"{said}(weighted, list(primals))",
        f"{said}({vector})(np.array(primals))",
        f"{said}({vector}, np.array(primals))",
        f"{said}({vector})(list(primals))",
        f"{said}({vector}, list(primals))",
    ):
        for end in ("", "[0]", "[1]"):
            yield ALL_AT_ONCE.format(asked=f"{asked}{end}[i]", total=total)


def multiplies(bench: Bench) -> None:
    """Pull a cotangent back through a product of two numbers, or of arrays; raises NotShown."""
    a, b = _points(bench)
    slopes = 2 * a * b, a * a
    _pulls(bench, lambda x, z: bench.times(bench.times(x, x), z), a * a * b, slopes)


def adds(bench: Bench) -> None:
    """Pull a cotangent back through sums, which need no product; raises NotShown."""
    a, b = _points(bench)
    slopes = np.full_like(a, 2.0), np.ones_like(b)
    _pulls(bench, lambda x, z: bench.ask("op:add", bench.ask("op:add", x, z), x), a + b + a, slopes)


def _points(bench: Bench) -> tuple[Any, Any]:
    if "$number" in _made(bench):
        return np.array(2.0), np.array(-3.0)
    return np.array((1.0, 2.0, -3.0)), np.array((0.5, 4.0, 1.5))


def _pulls(bench: Bench, body: Any, expected: Any, slopes: tuple[Any, Any]) -> None:
    points = _points(bench)
    weights = np.array((0.5, -2.0, 3.0)) if points[0].ndim else np.array(0.75)
    product = bench.ask("transform:vjp", bench.ask("define", body=body))
    value, pulled = bench.ask("call", product, [*map(bench.constant, points)])
    bench.holds(value, expected)
    for found, slope in zip(pulled(bench.constant(weights)), slopes, strict=True):
        same(bench.value(found), slope * weights, "product")


def _made(bench: Bench) -> str:
    made: tuple[Any, ...] = bench.ask._subject.engine.book.phrases["tensor"]  # noqa: SLF001
    return str(made[0].text)


def find_the_rest(draft: Draft, around: Surroundings) -> None:
    """Find what can be seen inside a function, whether products nest, and data types."""
    shape = ("$x.shape",) if "$number" not in draft.phrases["tensor"][0] else ()
    draft.find("shape", shape, _shape)
    looks = [f"np.array({said}($x))" for name in SEEN for said, _ in around.found(name)]
    draft.find("array", (*looks, *draft.phrases["array"]), _is_seen_inside)
    if draft.shows("nesting", (), _twice):
        draft.also.append("nesting")
    for key, text, value in (
        ("item", "$x.item()", 2.5),
        ("float", "float($x)", 2.5),
        ("int", "int($x)", 2.0),
        ("bool", "bool($x)", 1.0),
    ):
        if not draft.find(key, (text,), _number(key, value, inside=True)):
            draft.find(key, (text,), _number(key, value, inside=False))
    if draft.dtypes.keys() == {"float64"} and shape:
        for name in ("bool", "int32", "int64", "float32"):
            if draft.shows(f"dtype:{name}", (), _keeps(name), dtypes={name: _spelled(name)}):
                draft.dtypes[name] = _spelled(name)


def _inside(bench: Bench, look: Any, value: float) -> None:
    """Look at a number from inside a function that is being differentiated."""

    def body(x: Any) -> Any:
        look(x)
        return bench.times(x, x)

    product = bench.ask("transform:vjp", bench.ask("define", body=body))
    bench.ask("call", product, [bench.constant(value)])[1](bench.constant(1.0))


def _is_seen_inside(bench: Bench) -> None:
    def look(x: Any) -> None:
        same(bench.value(x), 2.5, "value inside")

    _inside(bench, look, 2.5)
    if not bench.ask.has("op:mul"):
        return
    _nested(bench, look)


def _nested(bench: Bench, look: Any) -> float:
    def inner(x: Any) -> Any:
        look(x)
        return bench.times(bench.times(x, x), x)

    def outer(x: Any) -> Any:
        product = bench.ask("transform:vjp", bench.ask("define", body=inner))
        _, pulled = bench.ask("call", product, [x])
        return pulled(bench.constant(1.0))[0]

    product = bench.ask("transform:vjp", bench.ask("define", body=outer))
    _, pulled = bench.ask("call", product, [bench.constant(2.5)])
    return float(bench.value(pulled(bench.constant(1.0))[0]))


def _twice(bench: Bench) -> None:
    same(_nested(bench, lambda _: None), 15.0, "second derivative of x ** 3")


def _number(key: str, value: float, *, inside: bool) -> Any:
    def numbered(bench: Bench) -> None:
        def look(x: Any) -> None:
            found = bench.ask(key, x)
            if found != value or type(found) is not type(NUMBERS[key]):
                raise NotShown(f"{found!r}, and not {NUMBERS[key]!r}")

        look(bench.constant(value))
        if inside:
            _inside(bench, look, value)

    return numbered


NUMBERS: Final[dict[str, Any]] = {"item": 2.5, "float": 2.5, "int": 2, "bool": True}


def _shape(bench: Bench) -> None:
    def look(x: Any) -> None:
        if tuple(bench.ask("shape", x)) != ():
            raise NotShown("not the shape of a number")

    look(bench.constant(2.5))
    _inside(bench, look, 2.5)


def _spelled(name: str) -> str:
    return "np.bool_" if name == "bool" else f"np.{name}"


def _keeps(name: str) -> Any:
    def keep(bench: Bench) -> None:
        array = np.array([[0, 1, 1], [1, 0, 1]]).astype(name)
        back = bench.value(bench.ask.tensor(array))
        if back.dtype != array.dtype or (back != array).any():
            raise NotShown(f"it comes back as {back.dtype}")

    return keep

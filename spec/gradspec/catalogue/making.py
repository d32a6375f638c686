"""What makes tensors: copies, conversions and cuts of others, and factories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import (
    CONSTANT,
    LINEAR,
    UNDETERMINED,
    Given,
    Operator,
    Smoothness,
    of,
    on,
    row,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DATA: Final = [1.5, -2.0, 0.25]
FLAGS: Final = "*, dtype=None, requires_grad=False"
METHOD: Final[dict[str, Any]] = {"method": True}
OBJ: Final[Given] = {"obj": of(2, 3), "requires_grad": True}


def same(x: Any = None, data: Any = None, **_flags: Any) -> Any:
    """Give the values that were handed over."""
    return np.array(x if data is None else data)


def converted(x: Any, dtype: Any) -> Any:
    """Round to a data type; what moves with infinitely small numbers is not rounded."""
    rounded = x.real.astype(dtype)
    return rounded + 1j * x.imag if np.iscomplexobj(x) else rounded


COPIES: Final = (
    row("clone(x)", np.array, LINEAR, on(2, 3), holomorphic=True),
    row("detach(x)", np.array, CONSTANT, on(2, 3), bundle="detach", has_inplace=True, **METHOD),
    row("float(x)", lambda x: converted(x, np.float32), LINEAR, on(2, 3), **METHOD, converts=True),
    row("double(x)", np.array, LINEAR, on(2, 3), **METHOD, converts=True),
    row("long(x)", np.trunc, CONSTANT, on(2, 3), **METHOD, converts=True),
    row("to(x, dtype)", converted, LINEAR, on(2, 3, dtype="float32"), **METHOD, converts=True),
    row("as_tensor(data, dtype=None)", same, LINEAR, {"data": of(2, 3)}, holomorphic=True),
    row("asarray(obj, *, dtype=None, requires_grad=False)", same, LINEAR, OBJ, holomorphic=True),
    row(f"new_tensor(x, data, {FLAGS})", same, CONSTANT, on(2, 3, data=DATA), **METHOD),
    row(
        *(f"tensor_from(data, {FLAGS})", same, CONSTANT, {"data": DATA}),
        torch="torch.tensor($data, $(dtype=$dtype), $(requires_grad=$requires_grad))",
    ),
    row(
        *("Variable(data, requires_grad=False)", same, CONSTANT, {"data": of(2, 3)}),
        torch="torch.autograd.Variable($data, $(requires_grad=$requires_grad))",
    ),
)


def sized(name: str, formula: Callable[..., Any], smoothness: Smoothness = CONSTANT) -> Operator:
    """Write the row of a factory that is told a shape."""
    called = f"{name}(*size, dtype=None, requires_grad=False)"
    return row(called, formula, smoothness, {"size": (2, 3)})


def like(name: str, formula: Callable[..., Any], smoothness: Smoothness = CONSTANT) -> Operator:
    """Write the row of a factory that takes its shape from a tensor."""
    return row(f"{name}(x, {FLAGS})", formula, smoothness, on(2, 3))


def counted(start: float, end: float | None = None, step: float = 1) -> Any:
    """Count from 0, or from the start, up to but without the end."""
    return np.arange(start) if end is None else np.arange(start, end, step)


FACTORIES: Final = (
    sized("zeros", np.zeros),
    sized("ones", np.ones),
    sized("empty", np.empty, UNDETERMINED),
    sized("rand", np.zeros, UNDETERMINED),
    sized("randn", np.zeros, UNDETERMINED),
    row(
        f"full(size, fill_value, {FLAGS})",
        np.full,
        *(CONSTANT, {"size": (2, 3), "fill_value": 1.5}),
    ),
    row(
        *(f"arange(start, end=None, step=1, {FLAGS})", counted, CONSTANT, {"start": 4}),
        step={"start": 1.5, "end": 4.0, "step": 0.5},
        torch="torch.arange($start, $($end), $($step), $(dtype=$dtype), "
        "$(requires_grad=$requires_grad))",
    ),
    row(
        f"linspace(start, end, steps, {FLAGS})",
        np.linspace,
        *(CONSTANT, {"start": 0.5, "end": 2.5, "steps": 5}),
    ),
    row(
        *(f"eye(n, m=None, {FLAGS})", np.eye, CONSTANT, {"n": 3}),
        wide={"n": 2, "m": 4},
    ),
    like("zeros_like", np.zeros_like),
    like("ones_like", np.ones_like),
    like("empty_like", np.empty_like, UNDETERMINED),
    like("rand_like", np.zeros_like, UNDETERMINED),
    row(
        f"full_like(x, fill_value, {FLAGS})",
        np.full_like,
        *(CONSTANT, on(2, 3, fill_value=1.5)),
    ),
)

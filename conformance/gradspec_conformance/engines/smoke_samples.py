"""One sample of every operator of the catalogue, with the value that NumPy gives.

An adapter that maps a name onto the wrong function, or arguments onto the wrong places, is
found here before any derivative is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

X: Final = np.array([[0.5, -1.5, 2.25], [1.25, -0.25, 3.0]])
Y: Final = np.array([[1.5, -1.5, 0.75], [-2.0, 4.0, 0.25]])
P: Final = np.abs(X)
V: Final = np.array([2.0, -1.0, 3.0])
W: Final = np.array([0.5, 4.0])
M: Final = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 2.0]])
SQUARE: Final = np.array([[1.0, 2.0], [3.0, 4.0]])
SINGLE: Final = np.array([[[1.0], [2.0]]])
MASK: Final = np.array([[True, False, True], [False, False, True]])
INDEX: Final = np.array([[2, 0, 1], [1, 1, 0]])
PICK: Final = np.array([1, 0])

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Operands and parameters as the port gets them, and a NumPy function of the operands.

    Arrays among the operands become tensors.  `checks` is `value`, `shape` where the values are
    random or left undefined, or `nothing` where the operator always refuses.
    """

    operator: str
    operands: tuple[Any, ...]
    expected: Function
    parameters: Mapping[str, Any] = field(default_factory=dict)
    checks: str = "value"


def _one(function: Function, *names: str, of: Any = X) -> list[Sample]:
    return [Sample(name, (of,), function) for name in names]


def _two(function: Function, name: str, one: Any = X, other: Any = Y) -> list[Sample]:
    return [Sample(name, (one, other), function)]


POINTWISE: Final[list[Sample]] = [
    *_two(np.add, "add"),
    *_two(np.subtract, "sub"),
    *_two(np.multiply, "mul"),
    *_two(np.true_divide, "div"),
    *_two(np.power, "pow", P, 3.0),
    *_one(np.negative, "neg"),
    *_one(np.abs, "abs"),
    *_one(np.sign, "sign"),
    *_one(np.exp, "exp"),
    *_one(np.expm1, "expm1"),
    *_one(np.log, "log", of=P),
    *_one(np.log1p, "log1p", of=P),
    *_one(np.sqrt, "sqrt", of=P),
    *_one(lambda x: 1 / np.sqrt(x), "rsqrt", of=P),
    *_one(lambda x: 1 / x, "reciprocal"),
    *_one(np.square, "square"),
    *_one(np.sin, "sin"),
    *_one(np.cos, "cos"),
    *_one(np.tan, "tan"),
    *_one(np.sinh, "sinh"),
    *_one(np.cosh, "cosh"),
    *_one(np.tanh, "tanh"),
    *_one(lambda x: 1 / (1 + np.exp(-x)), "sigmoid"),
    *_one(lambda x: np.maximum(x, 0), "relu"),
    *_one(np.floor, "floor"),
    *_one(np.round, "round"),
    *_one(np.isnan, "isnan"),
    *_one(np.logical_not, "logical_not"),
    *_two(np.maximum, "maximum"),
    *_two(np.minimum, "minimum"),
    *_two(np.mod, "remainder", X, 0.75),
    *_two(np.heaviside, "heaviside"),
    *_two(np.equal, "eq"),
    *_two(np.not_equal, "ne"),
    *_two(np.less, "lt"),
    *_two(np.less_equal, "le"),
    *_two(np.greater, "gt"),
    *_two(np.greater_equal, "ge"),
    Sample("where", (MASK, X, Y), np.where),
    Sample("clamp", (X, -1.0, 2.0), np.clip),
]
"""Functions of each entry: an engine of scalars computes them too."""


def _softmax(x: Any, axis: int) -> Any:
    weights = np.exp(x - x.max(axis, keepdims=True))
    return weights / weights.sum(axis, keepdims=True)


REDUCTIONS: Final[list[Sample]] = [
    *_one(np.sum, "sum"),
    Sample("sum", (X,), lambda x: x.sum(1, keepdims=True), {"dim": 1, "keepdim": True}),
    *_one(np.mean, "mean"),
    *_one(np.prod, "prod"),
    *_one(lambda x: np.var(x, ddof=1), "var"),
    *_one(lambda x: np.std(x, ddof=1), "std"),
    Sample("amax", (X,), lambda x: x.max(1), {"dim": 1}),
    Sample("amin", (X,), lambda x: x.min(0), {"dim": 0}),
    *_one(np.max, "max"),
    Sample("max", (X,), lambda x: (x.max(1), x.argmax(1)), {"dim": 1}),
    *_one(np.min, "min"),
    Sample("min", (X,), lambda x: (x.min(0), x.argmin(0)), {"dim": 0}),
    *_one(np.median, "median", of=V),
    Sample("median", (X,), lambda x: (np.median(x, 1), np.array([0, 0])), {"dim": 1}),
    Sample("logsumexp", (X,), lambda x: np.log(np.exp(x).sum(1)), {"dim": 1}),
    Sample("softmax", (X,), lambda x: _softmax(x, 1), {"dim": 1}),
    Sample("log_softmax", (X,), lambda x: np.log(_softmax(x, 1)), {"dim": 1}),
    Sample("cumsum", (X,), lambda x: x.cumsum(1), {"dim": 1}),
    *_one(np.linalg.norm, "norm"),
    *_one(np.argmax, "argmax"),
    *_one(np.argmin, "argmin"),
    *_one(lambda v: (np.sort(v), np.argsort(v)), "sort", of=V),
    Sample("topk", (V, 2), lambda _v, _k: (np.array([3.0, 2.0]), np.array([2, 0]))),
    *_one(np.all, "all"),
    *_one(np.any, "any"),
]

PRODUCTS: Final[list[Sample]] = [
    *_two(np.matmul, "matmul", X, M),
    *_two(np.dot, "dot", V, V),
    *_two(np.matmul, "mv", M, W),
    *_two(np.matmul, "mm", X, M),
    *_two(np.outer, "outer", V, W),
]


def _cut(x: Any, *places: int) -> tuple[Any, ...]:
    return tuple(np.split(x, places, axis=1))


SHAPES: Final[list[Sample]] = [
    Sample("view", (X, 3, 2), lambda x, *size: x.reshape(size)),
    Sample("reshape", (X, (3, 2)), np.reshape),
    *_one(np.ravel, "flatten"),
    Sample("transpose", (X, 0, 1), np.swapaxes),
    Sample("permute", (X, (1, 0)), np.transpose),
    *_one(np.transpose, "t"),
    Sample("movedim", (SINGLE, 0, 2), np.moveaxis),
    Sample("expand", (V, (2, 3)), np.broadcast_to),
    *_one(np.squeeze, "squeeze", of=SINGLE),
    Sample("unsqueeze", (X, 1), np.expand_dims),
    Sample("narrow", (X, 1, 1, 2), lambda x, *_: x[:, 1:3]),
    Sample("select", (X, 1, 2), lambda x, *_: x[:, 2]),
    *_one(np.diagonal, "diagonal", of=SQUARE),
    Sample("unfold", (V, 0, 2, 1), lambda v, *_: np.stack([v[:2], v[1:]])),
    Sample("split", (X, 2), lambda x, _: _cut(x, 2), {"dim": 1}),
    Sample("unsafe_split", (X, 2), lambda x, _: _cut(x, 2), {"dim": 1}),
    Sample("chunk", (X, 3), lambda x, _: _cut(x, 1, 2), {"dim": 1}),
    Sample("unsafe_chunk", (X, 3), lambda x, _: _cut(x, 1, 2), {"dim": 1}),
    *_one(tuple, "unbind"),
    Sample("as_strided", (X, (2, 2), (3, 1), 1), lambda x, *_: x[:, 1:]),
    *_one(np.array, "contiguous"),
    Sample("view_as", (X, M), lambda x, m: x.reshape(m.shape)),
    Sample("expand_as", (V, X), lambda v, x: np.broadcast_to(v, x.shape)),
    Sample("flip", (X, (1,)), np.flip),
    Sample("roll", (X, 1, 1), np.roll),
    Sample("repeat", (V, 2), np.tile),
    *_one(np.tril, "tril"),
    *_one(np.triu, "triu"),
    Sample("cat", ([X, Y],), np.concatenate, {"dim": 0}),
    Sample("stack", ([X, Y],), np.stack, {"dim": 0}),
    Sample("getitem", (X, (0, slice(1, None))), lambda x, index: x[index]),
    Sample("index_select", (X, 0, PICK), lambda x, _, index: x[index]),
    Sample("gather", (X, 1, INDEX), lambda x, dim, index: np.take_along_axis(x, index, dim)),
    Sample("masked_fill", (X, MASK, 7.0), lambda x, mask, value: np.where(mask, value, x)),
    Sample("take_along_dim", (X, INDEX), lambda x, i: np.take_along_axis(x, i, 1), {"dim": 1}),
    Sample("broadcast_to", (V, (2, 3)), np.broadcast_to),
]

COPIES: Final[list[Sample]] = [
    *_one(np.array, "clone", "detach", "as_tensor", "asarray", "tensor_from", "Variable"),
    *_one(np.array, "float", "double"),
    *_one(np.trunc, "long"),
    Sample("to", (X, "float32"), lambda x, dtype: x.astype(dtype)),
    Sample("new_tensor", (X, [1.0, 2.0]), lambda _, data: np.array(data)),
    Sample("variable", (X,), np.array, checks="nothing"),
]

FACTORIES: Final[list[Sample]] = [
    Sample("zeros", (2, 3), lambda *size: np.zeros(size)),
    Sample("ones", (2, 3), lambda *size: np.ones(size)),
    Sample("full", ((2, 3), 1.5), np.full),
    Sample("empty", (2, 3), lambda *size: np.zeros(size), checks="shape"),
    Sample("arange", (4,), np.arange),
    Sample("linspace", (0.0, 1.0, 5), np.linspace),
    Sample("eye", (3,), np.eye),
    Sample("rand", (2, 3), lambda *size: np.zeros(size), checks="shape"),
    Sample("randn", (2, 3), lambda *size: np.zeros(size), checks="shape"),
    *_one(np.zeros_like, "zeros_like"),
    *_one(np.ones_like, "ones_like"),
    Sample("full_like", (X, 1.5), np.full_like),
    Sample("empty_like", (X,), np.zeros_like, checks="shape"),
]

INPLACE: Final[list[Sample]] = [
    *_two(np.add, "add_"),
    *_two(np.subtract, "sub_"),
    *_two(np.multiply, "mul_"),
    *_two(np.true_divide, "div_"),
    *_two(np.power, "pow_", X, 2),
    *_two(np.add, "iadd"),
    *_two(np.subtract, "isub"),
    *_two(np.multiply, "imul"),
    *_two(np.true_divide, "itruediv"),
    *_two(np.power, "ipow", X, 2),
    *_one(np.negative, "neg_"),
    *_one(np.abs, "abs_"),
    *_one(np.exp, "exp_"),
    *_one(np.log, "log_", of=P),
    *_one(np.sqrt, "sqrt_", of=P),
    *_one(np.sin, "sin_"),
    *_one(np.cos, "cos_"),
    *_one(np.tanh, "tanh_"),
    *_one(lambda x: 1 / (1 + np.exp(-x)), "sigmoid_"),
    *_one(lambda x: np.maximum(x, 0), "relu_"),
    Sample("clamp_", (X, -1.0, 2.0), np.clip),
    *_one(np.zeros_like, "zero_"),
    Sample("fill_", (X, 7.0), np.full_like),
    Sample("copy_", (X, Y), lambda _, source: source),
    Sample("masked_fill_", (X, MASK, 7.0), lambda x, mask, value: np.where(mask, value, x)),
    Sample("setitem", (X, 0, 7.0), lambda x, *_: np.stack([np.full(3, 7.0), x[1]])),
    *_one(np.squeeze, "squeeze_", of=SINGLE),
    Sample("unsqueeze_", (X, 1), np.expand_dims),
    *_one(np.transpose, "t_"),
    Sample("transpose_", (X, 0, 1), np.swapaxes),
    Sample("resize_", (X, 3, 2), lambda x, *size: x.reshape(size)),
    *_one(np.array, "detach_"),
]
"""Each writes into its first operand, which then shows the expected value."""

SAMPLES: Final = [*POINTWISE, *REDUCTIONS, *PRODUCTS, *SHAPES, *COPIES, *FACTORIES, *INPLACE]

"""Small engines of several schools, as the texts of modules that `gradspec init` has never seen."""

from __future__ import annotations

from typing import Final

NUMBERS: Final = '''
"""Numbers, methods, a gradient that begins at zero."""

import math


class Value:
    def __init__(self, data, _before=()):
        self.data, self.grad, self._before = data, 0.0, _before

    def _then(self, data, *before):
        return Value(data, before)

    def __add__(self, other):
        other = _value(other)
        return self._then(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = _value(other)
        return self._then(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, exponent):
        if not isinstance(exponent, (int, float)):
            raise NotImplementedError("only powers that are numbers")
        return self._then(
            self.data**exponent, (self, exponent * self.data ** (exponent - 1))
        )

    def exp(self):
        return self._then(math.exp(self.data), (self, math.exp(self.data)))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -_value(other)

    def __truediv__(self, other):
        return self * _value(other) ** -1

    def __rsub__(self, other):
        return _value(other) - self

    def __rtruediv__(self, other):
        return _value(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen, waiting = [], set(), [(self, False)]
        while waiting:
            node, done = waiting.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting += [(node, True), *((before, False) for before, _ in node._before)]
        passing = {id(self): 1.0}
        for node in reversed(order):
            share = passing[id(node)]
            if not node._before:
                node.grad += share
            for before, slope in node._before:
                passing[id(before)] = passing.get(id(before), 0.0) + share * slope


def _value(x):
    return x if isinstance(x, Value) else Value(x)
'''

TAPE: Final = '''
"""The inside of the engines of arrays below: nodes, and one pass over them."""

import numpy as np


class Node:
    def __init__(self, value, before=()):
        self.value, self.before = value, before


def fitted(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.sum(axis, keepdims=True)
    return gradient


def run(root, gradient, keep):
    order, seen, waiting = [], set(), [(root, False)]
    while waiting:
        node, done = waiting.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting += [(node, True), *((before, False) for before, _ in node._before)]
    passing = {id(root): gradient}
    for node in reversed(order):
        share = passing.pop(id(node), None)
        if share is not None:
            if not node._before:
                keep(node, share)
            for before, rule in node._before:
                more = fitted(rule(share), before._a.shape)
                passing[id(before)] = passing.get(id(before), 0.0) + more
'''

FUNCTIONS: Final = (
    TAPE
    + '''

class Var:
    """Arrays, functions, axis and keepdims, words of its own."""

    def __init__(self, value, trainable=False, _before=()):
        self.value = np.array(value)
        self.trainable = trainable or any(v.trainable for v, _ in _before)
        self.gradient = None
        self._before = [(v, rule) for v, rule in _before if v.trainable]

    _a = property(lambda self: self.value)
    shape = property(lambda self: self.value.shape)

    def backprop(self, seed=None):
        if seed is None and self.value.ndim:
            raise ValueError("a pass without a seed begins at a single number")
        run(self, np.ones_like(self.value) if seed is None else seed._a, _keep)

    def clear_gradient(self):
        self.gradient = None

    __add__ = lambda self, other: add(self, other)
    __radd__ = lambda self, other: add(other, self)
    __mul__ = lambda self, other: mul(self, other)
    __rmul__ = lambda self, other: mul(other, self)
    __sub__ = lambda self, other: add(self, mul(other, -1.0))
    __rsub__ = lambda self, other: add(other, mul(self, -1.0))
    __neg__ = lambda self: mul(self, -1.0)


def _keep(leaf, share):
    leaf.gradient = Var(share if leaf.gradient is None else leaf.gradient.value + share)


def var(x):
    return x if isinstance(x, Var) else Var(np.asarray(x, float))


def add(a, b):
    a, b = var(a), var(b)
    return Var(a.value + b.value, _before=[(a, lambda g: g), (b, lambda g: g)])


def mul(a, b):
    a, b = var(a), var(b)
    return Var(a.value * b.value, _before=[(a, lambda g: g * b.value), (b, lambda g: g * a.value)])


def tanh(a):
    y = np.tanh(a.value)
    return Var(y, _before=[(a, lambda g: g * (1 - y * y))])


def sum(a, axis=None, keepdims=False):
    def spread(g):
        g = g if axis is None or keepdims else np.expand_dims(g, axis)
        return np.broadcast_to(g, a.value.shape)

    return Var(a.value.sum(axis, keepdims=keepdims), _before=[(a, spread)])


def concatenate(parts, axis=0):
    ends = np.cumsum([0, *(p.value.shape[axis] for p in parts)])
    before = [
        (p, lambda g, i=i: g.take(range(ends[i], ends[i + 1]), axis)) for i, p in enumerate(parts)
    ]
    return Var(np.concatenate([p.value for p in parts], axis), _before=before)


def sin(a):  # not what it is called
    return tanh(a)
'''
)

METHODS: Final = (
    TAPE
    + '''
import contextlib

_recording = [True]


class Tensor:
    """Arrays, methods, dim and keepdim, flags and a mode, as torch has them."""

    def __init__(self, data, requires_grad=False, _before=()):
        self.data = np.array(data)
        recorded = _recording[0] and any(t.requires_grad for t, _ in _before)
        self.requires_grad = requires_grad or recorded
        self.grad = None
        self._before = [(t, rule) for t, rule in _before if t.requires_grad] if recorded else []

    _a = property(lambda self: self.data)
    shape = property(lambda self: self.data.shape)
    is_leaf = property(lambda self: not self._before)

    def backward(self, gradient=None):
        if not self.requires_grad:
            raise RuntimeError("this tensor does not require grad")
        if gradient is None and self.data.size != 1:
            raise RuntimeError("grad can be created only for scalars")
        run(self, np.ones_like(self.data) if gradient is None else gradient.data, _keep)

    def _of(self, other):
        return other if isinstance(other, Tensor) else Tensor(np.asarray(other, float))

    def __add__(self, other):
        other = self._of(other)
        return Tensor(self.data + other.data, _before=[(self, lambda g: g), (other, lambda g: g)])

    def __mul__(self, other):
        a, b = self, self._of(other)
        return Tensor(
            a.data * b.data, _before=[(a, lambda g: g * b.data), (b, lambda g: g * a.data)]
        )

    __radd__, __rmul__ = __add__, __mul__

    def sum(self, dim=None, keepdim=False):
        def spread(g):
            g = g if dim is None or keepdim else np.expand_dims(g, dim)
            return np.broadcast_to(g, self.data.shape)

        return Tensor(self.data.sum(dim, keepdims=keepdim), _before=[(self, spread)])

    def sqrt(self):  # the value is right, and the gradient has the wrong sign
        y = np.sqrt(self.data)
        return Tensor(y, _before=[(self, lambda g: -g / (2 * y))])

    def item(self):
        return self.data.item()


def _keep(leaf, share):
    leaf.grad = Tensor(share if leaf.grad is None else leaf.grad.data + share)


@contextlib.contextmanager
def no_grad():
    before, _recording[0] = _recording[0], False
    try:
        yield
    finally:
        _recording[0] = before
'''
)

FUNCTIONAL: Final = '''
"""No tape: gradients of functions of numbers."""


class _Traced:
    def __init__(self, value, slopes):
        self.value, self.slopes = value, slopes

    def __add__(self, other):
        return _both(self, other, lambda a, b: (a + b, 1.0, 1.0))

    def __mul__(self, other):
        return _both(self, other, lambda a, b: (a * b, b, a))

    def __sub__(self, other):
        return _both(self, other, lambda a, b: (a - b, 1.0, -1.0))

    def __rsub__(self, other):
        return _both(other, self, lambda a, b: (a - b, 1.0, -1.0))

    def __truediv__(self, other):
        return _both(self, other, lambda a, b: (a / b, 1 / b, -a / (b * b)))

    def __rtruediv__(self, other):
        return _both(other, self, lambda a, b: (a / b, 1 / b, -a / (b * b)))

    def __neg__(self):
        return self * -1.0

    __radd__, __rmul__ = __add__, __mul__


def _both(a, b, rule):
    va, vb = getattr(a, "value", a), getattr(b, "value", b)
    value, da, db = rule(va, vb)
    return _Traced(value, da * getattr(a, "slopes", 0.0) + db * getattr(b, "slopes", 0.0))


def grad(function, argnum=0):
    def gradient(*values):
        traced = [_Traced(v, 1.0 if i == argnum else 0.0) for i, v in enumerate(values)]
        return getattr(function(*traced), "slopes", 0.0)

    return gradient
'''

ONE_GRAPH: Final = '''
"""One graph for all: what is left in it disturbs the next pass."""


class Graph:
    nodes = []
    count = 0


class Node:
    def __init__(self, value, rule=None):
        self.value, self.rule, self.grad = value, rule, 0.0
        Graph.nodes.append(self)
        Graph.count += 1

    def __mul__(self, other):
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def __add__(self, other):
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def backward(self):
        self.grad = 1.0
        while Graph.count:
            Graph.count -= 1
            node = Graph.nodes[Graph.count]
            for before, slope in node.rule or ():
                before.grad = before.grad + node.grad * slope
        Graph.nodes.clear()
'''

PRETENDS: Final = (
    NUMBERS.replace(
        "    def backward(self):",
        """    def backward(self, gradient=None, retain_graph=None, create_graph=False):
        # says that it takes them, and looks at none""",
    )
    + """

class no_grad:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def is_grad_enabled():
    return True


def maximum(x, other):
    return Value(max(x.data, other.data))  # a number without a history


def tanh(x):
    return math.tanh(x.data)  # no Value
"""
)

DUALS: Final = (
    FUNCTIONAL.partition("def grad")[0].replace("_Traced", "Wave").replace("slopes", "speed")
)
"""Numbers that carry their derivative in one direction, under names that nobody guesses."""

ASKED: Final = '''
"""Numbers that know their derivatives by all inputs; the result is asked for them."""


class Quantity:
    def __init__(self, held, _by=None):
        self.held = held
        self._by = {self: 1.0} if _by is None else _by

    def __mul__(self, other):
        by = {}
        for one, share in ((self, other.held), (other, self.held)):
            for x, slope in one._by.items():
                by[x] = by.get(x, 0.0) + slope * share
        return Quantity(self.held * other.held, by)

    def partial(self, inputs):
        return [self._by.get(x, 0.0) for x in inputs]
'''

OF_ONE_VARIABLE: Final = (
    FUNCTIONAL.partition("def grad")[0]
    + """
def derivative(function, x):
    return getattr(function(_Traced(x, 1.0)), "slopes", 0.0)
"""
)

SYMBOLIC: Final = '''
"""Expressions: nothing is computed until numbers are put in for the symbols."""


class Expr:
    def __init__(self, number=0.0, of=(), name=None):
        self.number, self.of, self.name = number, of, name

    @staticmethod
    def sym(name):
        return Expr(name=name)

    def __add__(self, other):
        return Expr(of=("+", self, other))

    def __mul__(self, other):
        return Expr(of=("*", self, other))

    def __float__(self):
        if self.name is not None:
            raise TypeError("a symbol is no number")
        if not self.of:
            return self.number
        sign, a, b = self.of
        return float(a) + float(b) if sign == "+" else float(a) * float(b)

    def diff(self, x):
        if not self.of:
            return Expr(1.0 if self is x else 0.0)
        sign, a, b = self.of
        return a.diff(x) + b.diff(x) if sign == "+" else a.diff(x) * b + a * b.diff(x)

    def subs(self, x, value):
        if not self.of:
            return value if self is x else self
        sign, a, b = self.of
        return Expr(of=(sign, a.subs(x, value), b.subs(x, value)))
'''

ROWS: Final = (
    TAPE
    + '''

class Store:
    """Numbers in a row, beside a shape; nested lists go in, and no array comes out."""

    def __init__(self, data, shape=None):
        if shape is None:
            shape, inner = [], data
            while isinstance(inner, list):
                shape.append(len(inner))
                inner = inner[0]
            data = [data] if not shape else data
        self.data = np.ravel(data).tolist()
        self.shape = tuple(shape)


def held(store):
    return np.array(store.data).reshape(store.shape)


def stored(array):
    return Store(array.ravel().tolist(), array.shape)


class Tensor:
    def __init__(self, data, requires_grad=False, _before=()):
        self.data = data if isinstance(data, Store) else Store(data)
        self.requires_grad = requires_grad or any(x.requires_grad for x, _ in _before)
        self.grad, self._before = None, [(x, rule) for x, rule in _before if x.requires_grad]

    _a = property(lambda self: held(self.data))
    shape = property(lambda self: self.data.shape)

    def backward(self):
        run(self, np.ones(self.shape), _keep)

    def __add__(self, other):
        a, b = self, other if isinstance(other, Tensor) else Tensor(other)
        return Tensor(stored(a._a + b._a), False, [(a, lambda g: g), (b, lambda g: g)])

    def __mul__(self, other):
        a, b = self, other if isinstance(other, Tensor) else Tensor(other)
        before = [(a, lambda g: g * b._a), (b, lambda g: g * a._a)]
        return Tensor(stored(a._a * b._a), False, before)

    __radd__, __rmul__ = __add__, __mul__

    def sum(self):
        return Tensor(Store(float(self._a.sum())), False, [(self, lambda g: g + 0 * self._a)])


def _keep(leaf, share):
    share = np.asarray(share)
    leaf.grad = stored(share if leaf.grad is None else held(leaf.grad) + share)
'''
)

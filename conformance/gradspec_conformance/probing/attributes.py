"""Flags, hooks and numbers: what else an engine may say of a tensor, or be told."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING, Any

from gradspec_conformance.probing.draft import Bench, NotShown
from gradspec_conformance.probing.names import (
    FLAGS,
    LEAVES,
)

if TYPE_CHECKING:
    from gradspec_conformance.probing.draft import Draft


def find_flags(draft: Draft, class_said: str) -> None:
    """Find what says whether a tensor requires grad, and whether it is a leaf.

    Where a gradient is no tensor it has no flags: it requires no grad, and nothing recorded it.
    """
    if draft.find("get:requires_grad", FLAGS, _flag):
        flag = draft.phrases["get:requires_grad"][0]
        if class_said in draft.phrases["array"][0]:
            draft.phrases["get:requires_grad"] = (f"isinstance($x, {class_said}) and {flag}",)
        value = "not $value" if flag.startswith("not ") else "$value"
        name = flag.removeprefix("not ")
        draft.find("set:requires_grad", (f"{name} = {value}",), _set_flag)
        guesses = ("$x.requires_grad_($($requires_grad))",)
        draft.find("requires_grad_", guesses, _set_in_place)
    if draft.find("get:is_leaf", LEAVES, _leaf) and class_said in draft.phrases["array"][0]:
        (leaf,) = draft.phrases["get:is_leaf"]
        draft.phrases["get:is_leaf"] = (f"not isinstance($x, {class_said}) or {leaf}",)


def is_flag(value: Any, expected: bool) -> None:
    """See that a flag is this; raises NotShown."""
    if not isinstance(value, bool) or value is not expected:
        raise NotShown(f"{value!r}, and not {expected}")


def _flag(bench: Bench) -> None:
    x, c = bench.leaf(2.0), bench.constant(3.0)
    for tensor, expected in (
        (x, True),
        (c, False),
        (bench.times(x, c), True),
        (bench.times(c, x), True),
        (bench.times(c, bench.constant(2.0)), False),
    ):
        is_flag(bench.ask("get:requires_grad", tensor), expected)


def _set_flag(bench: Bench) -> None:
    x, z = bench.leaf(2.0), bench.constant(5.0)
    bench.ask("set:requires_grad", x, False)
    bench.ask("set:requires_grad", z, True)
    _are_swapped(bench, x, z)


def _set_in_place(bench: Bench) -> None:
    x, z = bench.leaf(2.0), bench.constant(5.0)
    bench.ask("requires_grad_", x, False)
    bench.ask("requires_grad_", z)
    _are_swapped(bench, x, z)


def _are_swapped(bench: Bench, x: Any, z: Any) -> None:
    is_flag(bench.ask("get:requires_grad", x), False)
    is_flag(bench.ask("get:requires_grad", z), True)
    bench.back(bench.times(bench.times(x, z), bench.constant(3.0)))
    bench.has_grad(z, 6.0)
    bench.has_none(x)


def _leaf(bench: Bench) -> None:
    """See that it tells what was computed; what no gradient goes to, engines see differently."""
    x = bench.leaf(2.0)
    is_flag(bench.ask("get:is_leaf", x), True)
    y = bench.times(x, bench.leaf(3.0))
    is_flag(bench.ask("get:is_leaf", y), False)
    bench.back(y)
    is_flag(bench.ask("get:is_leaf", x), True)
    if bench.ask.has("constants"):
        c = bench.constant(2.0)
        is_flag(bench.ask("get:is_leaf", c), True)


def find_numbers(draft: Draft) -> None:
    """Find what makes a plain number of a tensor."""
    shown = draft.phrases["array"][0].removeprefix("np.array(").removesuffix(")")
    shown = shown.partition(", dtype")[0]
    numbers = ("$x.item()", shown) if "$number" in _data(draft) else ("$x.item()",)
    draft.find("item", numbers, partial(_number, key="item", kind=float, value=2.5))
    for key, kind, value in (("float", float, 2.5), ("int", int, 2.0)):
        guesses = (
            (f"{key}($x)", f"{key}({shown})") if "$number" in _data(draft) else (f"{key}($x)",)
        )
        draft.find(key, guesses, partial(_number, key=key, kind=kind, value=value))
    guesses = ("bool($x)", f"bool({shown})") if "$number" in _data(draft) else ("bool($x)",)
    draft.find("bool", guesses, _truth)
    draft.find("tolist", ("$x.tolist()",), _list)


def _data(draft: Draft) -> str:
    return " ".join((*draft.phrases.get("leaf", ()), *draft.phrases["tensor"]))


def _number(bench: Bench, key: str, kind: type, value: float) -> None:
    for tensor in (bench.leaf(value), bench.constant(value), _product(bench, value)):
        found = bench.ask(key, tensor)
        if not isinstance(found, kind) or found != value:
            raise NotShown(f"{found!r}, and not {kind(value)!r}")


def _product(bench: Bench, value: float) -> Any:
    return bench.times(bench.leaf(value), bench.leaf(1.0))


def _truth(bench: Bench) -> None:
    for number in (0.0, 1.0, -2.5):
        for tensor in (bench.leaf(number), bench.constant(number), _product(bench, number)):
            is_flag(bench.ask("bool", tensor), bool(number))


def _list(bench: Bench) -> None:
    if bench.ask("tolist", bench.constant(((1.5, 2.0),))) != [[1.5, 2.0]]:
        raise NotShown("no nested list of its numbers")


def find_looks(draft: Draft) -> None:
    """Find hooks, kept gradients of intermediates, and tensors cut off from their history."""
    draft.find("retain_grad", ("$x.retain_grad()",), _kept)
    draft.find("register_hook", ("$x.register_hook($hook)",), _hooked)
    cuts = ("$x.detach()", "$x.stop_gradient()", "$x.constant_copy()")
    draft.find("op:detach", cuts, _cut)
    alive = {"is_alive": ("$watcher() is not None",)}
    if draft.shows("watch", ("weakref.ref($tensor)",), _watched, alive):
        draft.phrases |= {"watch": ("weakref.ref($tensor)",), **alive}


def _watched(bench: Bench) -> None:
    """See that a tensor is gone when nobody holds it, and neither before nor much later."""
    x = bench.leaf(3.0)
    y = bench.times(x, x)
    watchers = [bench.ask("watch", tensor) for tensor in (x, y)]
    for watcher in watchers:
        is_flag(bench.ask("is_alive", watcher), True)
    del x, y
    gc.collect()
    for watcher in watchers:
        is_flag(bench.ask("is_alive", watcher), False)


def _kept(bench: Bench) -> None:
    x = bench.leaf(3.0)
    y = bench.times(x, x)
    bench.ask("retain_grad", y)
    bench.back(bench.times(y, y))
    bench.has_grad(y, 18.0)
    bench.has_grad(x, 108.0)


def _hooked(bench: Bench) -> None:
    seen: list[float] = []

    def double(gradient: Any) -> Any:
        seen.append(float(bench.value(gradient)))
        return bench.times(gradient, 2.0)

    x = bench.leaf(3.0)
    y = bench.times(x, x)
    bench.ask("register_hook", y, double)
    bench.back(bench.times(y, y))
    bench.has_grad(x, 216.0)
    if seen != [18.0]:
        raise NotShown(f"the hook saw {seen}, and not a gradient of 18")


def _cut(bench: Bench) -> None:
    x = bench.leaf(3.0)
    cut = bench.ask("op:detach", bench.times(x, bench.leaf(2.0)))
    bench.holds(cut, 6.0)
    bench.back(bench.times(cut, x))
    bench.has_grad(x, 6.0)

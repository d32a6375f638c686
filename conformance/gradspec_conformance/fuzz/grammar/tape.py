"""Leaves, flags, gradients and passes, with every option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec.program.steps import Ref
from gradspec_conformance.fuzz.grammar.draft import (
    SHAPES,
    NothingFits,
    has_gradient,
    is_float,
    is_leaf,
    requires_grad,
)
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.fuzz.grammar.draft import Draft
    from gradspec_conformance.fuzz.observing import View


def leaf(draft: Draft) -> None:
    """Make a leaf, now and then of another data type."""
    shape = draft.random.choice(SHAPES)
    dtype = draft.random.choice((None,) * 9 + ("float32",))
    draft.leaf(draft.numbers(shape), dtype)


def constant(draft: Draft) -> None:
    """Make a constant, now and then of whole numbers or flags."""
    shape = draft.random.choice(SHAPES)
    dtype = draft.random.choice(("float64",) * 6 + ("int64", "bool", "float32"))
    draft.constant(draft.numbers(shape), dtype)


def _options(draft: Draft) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if draft.maybe(0.5):
        given["retain_graph"] = draft.maybe(0.85)
    if draft.maybe(0.3):
        given["create_graph"] = True
    return given


def _cotangent(draft: Draft, root: Ref, *, batch: int = 0) -> Ref | None:
    """Give a cotangent of the root's shape; now and then of another, or none, which is wrong."""
    array = draft.view(root).array
    if array is None or draft.maybe(0.05):
        return None
    shape: tuple[int, ...] = array.shape if not draft.maybe(0.03) else (5,)
    return draft.of_shape((batch, *shape) if batch else shape, array.dtype)


def backward(draft: Draft) -> None:
    """Run a backward pass from one root or two."""
    root = draft.tensor(requires_grad)
    if draft.maybe(0.1):
        roots = [root, draft.tensor(requires_grad)]
        cotangents = [_cotangent(draft, r) for r in roots]
        given: dict[str, Any] = {"root": roots, "gradient": cotangents} | _options(draft)
    else:
        given = {"root": root} | _options(draft)
        cotangent = _cotangent(draft, root)
        given |= {} if cotangent is None else {"gradient": cotangent}
    if draft.maybe(0.15):
        given["inputs"] = [draft.tensor(requires_grad) for _ in range(draft.random.randint(1, 2))]
        if draft.maybe(0.3):
            given["inputs"] = given["inputs"][0]
    draft.do("backward", None, **given)


def grad(draft: Draft) -> None:
    """Ask for gradients of one tensor or several."""
    root = draft.tensor(requires_grad)
    inputs = [draft.tensor(requires_grad) for _ in range(draft.random.randint(1, 2))]
    alone = len(inputs) == 1 and draft.maybe(0.3)
    given: dict[str, Any] = {"outputs": root, "inputs": inputs[0] if alone else inputs}
    given |= _options(draft)
    batch = 2 if draft.maybe(0.08) else 0
    cotangent = _cotangent(draft, root, batch=batch)
    if cotangent is not None:
        given["grad_outputs"] = cotangent
        given |= {"is_grads_batched": True} if batch else {}
    if draft.maybe(0.6):
        given["allow_unused"] = draft.maybe(0.9)
    if draft.maybe(0.2):
        given["materialize_grads"] = True
    draft.do("grad", tuple(draft.ref() for _ in inputs), **given)


def behind(draft: Draft) -> None:
    """Differentiate the latest tensor that can be, twice now and then."""
    latest = [n for n in draft.pair.live[-3:] if requires_grad(draft.pair.views[n])]
    leaves = [n for n in draft.pair.live if is_leaf(draft.pair.views[n])][-3:]
    if not latest or not leaves:
        raise NothingFits
    root = Ref(draft.random.choice(latest))
    array = draft.view(root).array
    if array is None:
        raise NothingFits
    given = {"outputs": root, "inputs": [Ref(n) for n in leaves], "allow_unused": True}
    given |= {"grad_outputs": draft.of_shape(array.shape, array.dtype), "create_graph": True}
    if draft.maybe(0.5):
        draft.do("grad", tuple(draft.ref() for _ in leaves), **given)
    if draft.maybe(0.7):
        draft.do("backward", None, root=root, gradient=draft.of_shape(array.shape, array.dtype))


def retain_grad(draft: Draft) -> None:
    """Keep a gradient."""
    draft.do("retain_grad", None, x=draft.tensor(requires_grad))


def requires_grad_(draft: Draft) -> None:
    """Set the flag in place."""
    given = {} if draft.maybe(0.6) else {"requires_grad": draft.maybe(0.5)}
    draft.do("requires_grad_", draft.ref(), x=draft.tensor(), **given)


def set_requires_grad(draft: Draft) -> None:
    """Assign the flag."""
    draft.do("set:requires_grad", None, x=draft.tensor(), value=draft.maybe(0.6))


def get_grad(draft: Draft) -> None:
    """Take a gradient for a tensor to go on with."""
    draft.do("get:grad", draft.ref(), x=draft.tensor(has_gradient))


def _assigned(key: str, bundle: str, which: Callable[[View], bool]) -> Row:
    """Assign numbers of a tensor's own shape and data type to what it has."""

    def draw(draft: Draft) -> None:
        x = draft.tensor(which)
        array = draft.view(x).array
        if array is None:
            raise NothingFits
        draft.do(key, None, x=x, value=draft.of_shape(array.shape, array.dtype))

    return Row(key, bundle, draw)


def _on_gradient(key: str) -> Row:
    return Row(key, "gradients", lambda draft: draft.do(key, None, x=draft.tensor(has_gradient)))


def get_data(draft: Draft) -> None:
    """Take the values outside the graph."""
    draft.do("get:data", draft.ref(), x=draft.tensor())


def _two(key: str) -> Row:
    return Row(
        key,
        "questions",
        lambda draft: draft.do(key, None, one=draft.tensor(), other=draft.tensor()),
    )


def _question(key: str, parameter: str = "x") -> Row:
    return Row(key, "questions", lambda draft: draft.do(key, None, **{parameter: draft.tensor()}))


def _of_all(key: str) -> Row:
    return Row(key, "questions", lambda draft: draft.do(key, None))


def increment_version(draft: Draft) -> None:
    """Raise a version counter by hand."""
    draft.do("increment_version", None, tensors=draft.tensor())


def forget(draft: Draft) -> None:
    """Let go of a tensor."""
    if len(draft.pair.live) > 4:  # noqa: PLR2004 - something is left to go on with
        draft.do("forget", None, thing=draft.tensor())


def deepcopy(draft: Draft) -> None:
    """Copy a tensor with all that belongs to it."""
    draft.do("deepcopy", draft.ref(), thing=draft.tensor(is_leaf))


def number(key: str) -> Row:
    """Take a number out of a tensor of one entry."""

    def draw(draft: Draft) -> None:
        x = draft.tensor(lambda v: v.array is not None and v.array.size == 1)
        if x.number in draft.pair.tainted:
            raise NothingFits
        draft.do(key, None, x=x)

    return Row(key, "questions", draw)


ROWS: Final = (
    Row("leaf", "leaves", leaf),
    Row("tensor", "leaves", constant),
    Row("backward", "passes", backward),
    Row("grad", "passes", grad),
    Row("retain_grad", "retaining", retain_grad),
    Row("requires_grad_", "flags", requires_grad_),
    Row("set:requires_grad", "flags", set_requires_grad),
    Row("get:grad", "gradients", get_grad),
    _assigned("set:grad", "gradients", is_leaf),
    _on_gradient("clear:grad"),
    _on_gradient("del:grad"),
    Row("get:data", "data", get_data),
    _assigned("set:data", "data", is_float),
    Row("increment_version", "data", increment_version),
    Row("deepcopy", "data", deepcopy),
    Row("forget", "data", forget),
    _two("shares_memory"),
    _two("same_object"),
    _question("get:output_nr"),
    _question("get:strides"),
    _question("get:is_contiguous"),
    _question("is_inference"),
    _question("is_complex"),
    _question("is_conj"),
    _question("tolist"),
    *map(
        _of_all,
        (
            "is_inference_mode_enabled",
            "is_anomaly_enabled",
            "is_anomaly_check_nan_enabled",
            "is_multithreading_enabled",
        ),
    ),
    number("item"),
    number("float"),
    number("int"),
    number("bool"),
)

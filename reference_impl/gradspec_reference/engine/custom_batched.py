"""A function of the caller's on a batch: by its rule `vmap`, or by one that is made of it.

Start at `run`.  A made rule is a function one level lower, whose forward, backward and jvp are
those of the caller's on examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gradspec_reference.engine.batched import (
    Level,
    held,
    in_front,
    is_at,
    lifted,
    over_axis,
    wrap,
)
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import BatchRuleError, BatchRuleResultError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.custom import Function

PAIR = 2


class VmapInfo(NamedTuple):
    """What the rule `vmap` is told of the batch."""

    batch_size: int
    randomness: str


def run(function: type[Function], level: Level, arguments: tuple[Any, ...]) -> Any:
    """Return what forward gives for all examples.

    Raises BatchRuleError unless there is one rule, BatchRuleResultError for what it may not return.
    """
    check_has_a_rule(function)
    axes = tuple([0 if is_at(x, level) and held(x).has_axis else None for x in arguments])
    lower = [held(x).lower if is_at(x, level) else x for x in arguments]
    if all(axis is None for axis in axes):
        return placed(level, function.apply(*lower), None)
    if function.generate_vmap_rule:
        made = rule_of(function, level, axes)
        return placed(level, made.apply(*lower), made.places)
    returned = function.vmap(VmapInfo(level.size, level.randomness), axes, *lower)
    if not isinstance(returned, tuple) or len(returned) != PAIR:
        raise BatchRuleResultError(
            f"vmap of {function.__name__} did not return a pair of results and of where their "
            "batch is"
        )
    return placed(level, *returned)


def check_has_a_rule(function: type[Function]) -> None:
    """Refuse a function without a rule of batches, or with two."""
    own = has_own_rule(function)
    if function.generate_vmap_rule and own:
        raise BatchRuleError(
            f"{function.__name__} has a static method vmap, and generate_vmap_rule beside it; "
            "leave one of them out"
        )
    if not function.generate_vmap_rule and not own:
        raise BatchRuleError(
            f"{function.__name__} was called inside vmap and has no rule for it; write a static "
            "method vmap(info, in_dims, *arguments), or set generate_vmap_rule = True"
        )


def has_own_rule(function: type[Function]) -> bool:
    """Tell whether the caller wrote a rule of batches."""
    from gradspec_reference.engine.custom import Function as Base  # noqa: PLC0415 - it runs this

    return function.vmap is not Base.vmap


def placed(level: Level, results: Any, dims: Any) -> Any:
    """Return results as tensors of the level, whose batch is in these dimensions."""
    if isinstance(results, tuple):
        several = dims if isinstance(dims, tuple | list) else (dims,) * len(results)
        if len(several) != len(results):
            raise BatchRuleResultError(
                f"{len(results)} results were returned, and {len(several)} dimensions of a batch"
            )
        return tuple([placed(level, one, dim) for one, dim in zip(results, several, strict=True)])
    dim = dims[0] if isinstance(dims, tuple | list) and len(dims) == 1 else dims
    if not isinstance(results, Tensor):
        return results
    if dim is None:
        return wrap(level, results, has_axis=False)
    return wrap(level, in_front(results, dim % results.ndim))


class Inside:
    """A context one level lower, as the caller's rules see it from inside the batch."""

    def __init__(self, context: Any, level: Level) -> None:
        vars(self).update(_context=context, _level=level)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._context, name, value)

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Save all examples, and remember of which tensors there are several."""
        self._context.axes_of_saved = [is_mapped(x, self._level) for x in tensors]
        self._context.save_for_backward(*[below(x, self._level) for x in tensors])

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Save all examples for `jvp`."""
        self._context.axes_of_saved = [is_mapped(x, self._level) for x in tensors]
        self._context.save_for_forward(*[below(x, self._level) for x in tensors])

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The saved tensors, as examples."""
        pairs = zip(self._context.saved_tensors, self._context.axes_of_saved, strict=True)
        return tuple([x if x is None else wrap(self._level, x, axis) for x, axis in pairs])


def is_mapped(value: Any, level: Level) -> bool:
    """Tell whether a value has a batch at a level."""
    return is_at(value, level) and held(value).has_axis


def below(value: Any, level: Level) -> Any:
    """Return what is behind a tensor of a level."""
    return held(value).lower if is_at(value, level) else value


def rule_of(function: type[Function], level: Level, axes: Sequence[Any]) -> Any:
    """Make the function of all examples of one of a single one."""
    from gradspec_reference.engine.custom import Function as Base  # noqa: PLC0415 - it runs this

    size, randomness = level.size, level.randomness

    class OfBatch(Base):
        generate_vmap_rule = True
        places: Any = None

        @staticmethod
        def forward(*lower: Any) -> Any:
            with Level(size, randomness) as inner:
                returned = function.forward(*examples(inner, lower, axes))
                alone = not isinstance(returned, tuple)
                results = (returned,) if alone else returned
                found = tuple([below(x, inner) for x in results])
                places = tuple([0 if is_mapped(x, inner) else None for x in results])
            OfBatch.places = places[0] if alone else places
            return found[0] if alone else found

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            with Level(size, randomness) as inner:
                alone = not isinstance(output, tuple)
                outputs = (output,) if alone else output
                shown = examples(inner, outputs, (OfBatch.places,) if alone else OfBatch.places)
                function.setup_context(
                    Inside(ctx, inner),
                    examples(inner, inputs, axes),
                    shown[0] if alone else shown,
                )

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> Any:
            places = OfBatch.places if isinstance(OfBatch.places, tuple) else (OfBatch.places,)
            with Level(size, randomness) as inner:
                found = derivative_of(function)(
                    Inside(ctx, inner), *examples(inner, cotangents, places)
                )
                parts = found if isinstance(found, tuple) else (found,)
                return tuple([shared(inner, x, axis) for x, axis in zip(parts, axes, strict=False)])

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            places = OfBatch.places if isinstance(OfBatch.places, tuple) else (OfBatch.places,)
            with Level(size, randomness) as inner:
                found = function.jvp(Inside(ctx, inner), *examples(inner, tangents, axes))
                parts = found if isinstance(found, tuple) else (found,)
                return tuple(
                    [repeated(inner, x, axis) for x, axis in zip(parts, places, strict=False)]
                )

    OfBatch.__name__ = function.__name__
    return OfBatch


def derivative_of(function: type[Function]) -> Any:
    """Return the rule that goes backward."""
    from gradspec_reference.engine.custom import derivative  # noqa: PLC0415 - it runs this

    return derivative(function)


def examples(level: Level, values: Sequence[Any], axes: Sequence[Any]) -> tuple[Any, ...]:
    """Return values as tensors of a level, some of which have a batch in front."""
    return tuple(
        [
            wrap(level, x, axis is not None) if isinstance(x, Tensor) else x
            for x, axis in zip(values, axes, strict=True)
        ]
    )


def shared(level: Level, gradient: Any, axis: Any) -> Any:
    """Return the gradient of an argument: the sum over the batch of one that has none."""
    if gradient is None:
        return None
    whole = repeated(level, gradient, 0)
    return whole if axis is not None else whole.sum(0)


def repeated(level: Level, value: Any, axis: Any) -> Any:
    """Return what is behind a tensor, with a batch if there is to be one."""
    if value is None or axis is None:
        return below(value, level)
    return over_axis(level, lifted(level, value))

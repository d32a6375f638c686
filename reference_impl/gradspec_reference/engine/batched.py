"""Tensors of a batch: they show one example's shape, and hold all examples; start at `Batched`.

Inside `vmap` a mapped tensor looks as if there were one example.  Behind it is a tensor one level
lower, whose first dimension is the batch.  What an operation does to such tensors is in `batching`;
what only looks at their numbers, as a search for the largest does, is done example by example here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from gradspec_reference.engine import overriding
from gradspec_reference.engine.modes import exceptional, state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import BatchedRandomError, BatchedValueError, BatchEscapedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Level:
    """One call of `vmap`: how many examples there are, and how random numbers are drawn."""

    def __init__(self, size: int, randomness: str) -> None:
        self.size = size
        self.randomness = randomness
        self.depth = 0
        self.is_open = False

    def __enter__(self) -> Self:
        self.depth, self.is_open = len(state.batching), True
        state.batching.append(self)
        exceptional.add(self)
        return self

    def __exit__(self, *exception: object) -> None:
        state.batching.pop()
        exceptional.discard(self)
        self.is_open = False


class BatchedArray(np.ndarray):
    """The array of one example, in front of the tensor that holds all.

    `lower` is that tensor; without `has_axis` it has no batch, as all examples are equal.
    """

    lower: Tensor
    level: Level
    has_axis: bool

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply a function of NumPy's to each example."""
        return each(getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        """Apply any other function of NumPy's to each example, or to what all have in common."""
        del types
        if function in OF_ALL:
            return function(*common(args), **options)
        return each(function, args, options)

    def item(self, *place: Any) -> Any:
        """Return a number that all examples have; BatchedValueError if each has its own."""
        return common_to_all(self)._array.item(*place)

    def tolist(self) -> Any:
        """Return the numbers that all examples have; BatchedValueError if each has its own."""
        return common_to_all(self)._array.tolist()


OF_ALL: Final = {np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.may_share_memory}
OF_ALL.add(np.shares_memory)
"""What NumPy is asked about shapes, data types and memory, which all examples have in common."""

PER_EXAMPLE: Final = """
    all any argmax argmin argsort astype byteswap choose clip compress conj conjugate copy cumprod
    cumsum diagonal dot fill flatten max mean min nonzero partition prod put ravel repeat reshape
    round searchsorted sort squeeze std sum swapaxes take trace transpose var view
    __abs__ __add__ __and__ __bool__ __complex__ __contains__ __divmod__ __eq__ __float__
    __floordiv__ __ge__ __getitem__ __gt__ __iadd__ __iand__ __ifloordiv__ __ilshift__ __imatmul__
    __imod__ __imul__ __index__ __int__ __invert__ __ior__ __ipow__ __irshift__ __isub__
    __itruediv__ __ixor__ __le__ __lshift__ __lt__ __matmul__ __mod__ __mul__ __ne__ __neg__ __or__
    __pos__ __pow__ __radd__ __rand__ __rdivmod__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__
    __rmul__ __ror__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __setitem__
    __sub__ __truediv__ __xor__
"""
"""The methods of an array that are called for each example."""


def per_example(name: str) -> Callable[..., Any]:
    """Make a method that is called for each example."""
    bare = getattr(np.ndarray, name)

    def method(self: BatchedArray, *args: Any, **options: Any) -> Any:
        return each(
            lambda one, *rest, **named: call(bare, name, one, rest, named), (self, *args), options
        )

    return method


def call(bare: Any, name: str, one: Any, rest: Any, named: Any) -> Any:
    """Call a method of an array, or of one that is batched itself."""
    if isinstance(one, BatchedArray):
        return getattr(one, name)(*rest, **named)
    return bare(np.asarray(one), *rest, **named)


for _name in PER_EXAMPLE.split():
    setattr(BatchedArray, _name, per_example(_name))


def attribute(name: str) -> property:
    """Make an attribute that is read of each example."""
    return property(lambda self: each(lambda one: getattr(one, name), (self,), {}))


for _name in ("T", "mT", "real", "imag"):
    setattr(BatchedArray, _name, attribute(_name))


class Batched(Tensor):
    """A tensor in `vmap`: its array is that of one example."""

    __slots__ = ()

    __torch_function__ = overriding.disabled

    def __repr__(self) -> str:
        """Show the tensor that holds all examples."""
        array = held(self)
        mapped = "bdim=0" if array.has_axis else "bdim=None"
        return f"BatchedTensor(lvl={array.level.depth + 1}, {mapped}, value={array.lower!r})"


Tensor.of_a_batch = Batched


def held(tensor: Any) -> BatchedArray:
    """Return what is behind a batched tensor."""
    array: BatchedArray = tensor._array
    return array


def common_to_all(batched: Batched | BatchedArray) -> Tensor:
    """Return the tensor that all examples are; BatchedValueError if each is its own."""
    array = batched if isinstance(batched, BatchedArray) else held(batched)
    if array.has_axis:
        raise one_number()
    return array.lower


def wrap(level: Level, lower: Tensor, has_axis: bool = True) -> Batched:
    """Return a tensor that shows one example of another, or the whole to each."""
    whole = np.ndarray.view(lower.materialise(), np.ndarray)
    if not has_axis:
        one = whole
    elif level.size:
        one = whole[0, ...]
    else:
        one = np.zeros(whole.shape[1:], whole.dtype)
    array = np.ndarray.view(one, BatchedArray)
    array.lower, array.level, array.has_axis = lower, level, has_axis
    return Tensor(array)  # type: ignore[return-value]


# random numbers, and new tensors ---------------------------------------------------------
def drawing() -> list[Level]:
    """Return the levels that get random numbers of their own for each example, outermost first.

    BatchedRandomError if one was not told how to draw.
    """
    if any(level.randomness == "error" for level in state.batching):
        raise BatchedRandomError(
            "random numbers were drawn inside vmap; give it randomness='different' for numbers "
            "of each example, 'same' for the same for all, or draw them outside"
        )
    return [level for level in state.batching if level.randomness == "different"]


def to_draw_with(value: Any) -> Any:
    """Return what random numbers are drawn with, repeated where each example gets its own.

    BatchedRandomError where all examples are to get the same, and this is not the same for all.
    """
    if not state.batching or not isinstance(value, Tensor):
        return value
    own = drawing()
    having = {array.level for array in levels_below(value)}
    if any(level not in own for level in having):
        raise BatchedRandomError(
            "random numbers were drawn with a batched tensor inside vmap, which was told to draw "
            "the same for all examples; give it randomness='different'"
        )
    return over(own, value)


def levels_below(value: Tensor) -> Iterator[BatchedArray]:
    """Give what is behind a tensor level by level, where it has a batch."""
    while type(value) is Batched:
        array = held(value)
        if array.has_axis:
            yield array
        value = array.lower


def over(levels: list[Level], value: Tensor) -> Tensor:
    """Return a tensor with a batch at each of these levels, which are all at which it has one."""
    while type(value) is Batched and not held(value).has_axis:
        value = held(value).lower
    if not levels:
        return value
    *outer, level = levels
    if is_at(value, level):
        return wrap(level, over(outer, held(value).lower))
    lower = over(outer, value)
    return wrap(level, lower.expand((level.size, *lower.shape)))


def like(value: Tensor, made: Tensor) -> Tensor:
    """Return a new tensor, repeated in memory of its own, with the batches that a tensor has."""
    levels = [array.level for array in levels_below(value)]
    if not levels:
        return made
    whole = np.broadcast_to(made._array, (*(level.size for level in reversed(levels)), *made.shape))
    result = Tensor(np.array(whole))
    for level in levels:
        result = wrap(level, result)
    return result


def relaid(tensor: Tensor, function: Callable[[Tensor], Tensor]) -> BatchedArray:
    """Return what is behind a tensor, with all examples laid out anew in memory."""
    array = held(tensor)
    return held(wrap(array.level, function(array.lower), array.has_axis))


def inside(tensor: Tensor) -> Tensor:
    """Return a tensor as one of the innermost `vmap`, whose history begins here; else itself."""
    if not state.batching or is_at(tensor, state.batching[-1]):
        return tensor
    return wrap(state.batching[-1], tensor, has_axis=False)


def in_front(value: Tensor, dim: int) -> Tensor:
    """Return a tensor with a dimension first."""
    return value if dim == 0 else value.movedim(dim, 0)


def lifted(level: Level, value: Tensor) -> Tensor:
    """Return a tensor of a level; one of a lower level is the same for all examples."""
    return value if is_at(value, level) else wrap(level, value, has_axis=False)


def over_axis(level: Level, value: Tensor) -> Tensor:
    """Return all examples of a tensor of a level, also where they are one."""
    array = held(value)
    if array.has_axis:
        return array.lower
    whole: Tensor = array.lower.expand((level.size, *array.lower.shape))
    return whole


def requires_below(value: Any) -> bool:
    """Tell whether a tensor requires grad at a level below its own."""
    while type(value) is Batched:
        value = held(value).lower
        if value.requires_grad:
            return True
    return False


def is_at(value: Any, level: Level) -> bool:
    """Tell whether a tensor belongs to a level."""
    return type(value) is Batched and held(value).level is level


def arrays_in(values: Iterable[Any]) -> Iterator[BatchedArray]:
    """Give the batched arrays among values, those of tensors and those in tuples too."""
    for value in values:
        if type(value) is Batched:
            yield held(value)
        elif type(value) is BatchedArray:
            yield value
        elif isinstance(value, tuple | list):
            yield from arrays_in(value)


def level_of(*values: Any) -> Level | None:
    """Return the innermost level that values belong to; BatchEscapedError if it was left."""
    levels = {array.level for array in arrays_in(values)}
    if not levels:
        return None
    if not all(level.is_open for level in levels):
        raise BatchEscapedError(
            "a tensor that was batched inside vmap is used after its vmap has returned; return it "
            "from the function"
        )
    return max(levels, key=lambda level: level.depth)


def each(function: Callable[..., Any], args: Any, options: dict[str, Any]) -> Any:
    """Call a function for each example and put together what it returns."""
    level = level_of(args, tuple(options.values()))
    assert level is not None
    if not any(a.has_axis for a in arrays_in((args, *options.values())) if a.level is level):
        found = function(*one_of(args, level, 0), **one_of(options, level, 0))
        return whole_of(level, found)
    return joined(
        level,
        [
            function(*one_of(args, level, place), **one_of(options, level, place))
            for place in range(level.size)
        ],
    )


def all_examples(array: Any) -> Any:
    """Return the array that holds all examples, at every level; any other array as it is."""
    while type(array) is BatchedArray:
        array = array.lower.materialise()
    return array


def anywhere(flags: Any) -> bool:
    """Tell whether something holds of any element, of any example."""
    return bool(all_examples(flags).any())


def everywhere(flags: Any) -> bool:
    """Tell whether something holds of all elements, of all examples."""
    return bool(all_examples(flags).all())


def looked_at(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function that looks at arrays; for each example, if they are of a batch."""
    if state.batching and next(arrays_in(args), None) is not None:
        return each(function, args, {})
    return function(*args)


def one_of(value: Any, level: Level, place: int) -> Any:
    """Return a value, or what is in it, as one example has it."""
    if type(value) is Batched and held(value).level is level:
        return Tensor(one_of(held(value), level, place))
    if type(value) is BatchedArray and value.level is level:
        array = value.lower.materialise()
        return array[place, ...] if value.has_axis else array
    if isinstance(value, dict):
        return {name: one_of(one, level, place) for name, one in value.items()}
    if type(value) in {tuple, list}:
        return type(value)(one_of(one, level, place) for one in value)
    return value


def whole_of(level: Level, found: Any) -> Any:
    """Return what is the same for all examples, at their level."""
    if isinstance(found, np.ndarray | np.generic):
        return held(wrap(level, Tensor(np.asanyarray(found)), has_axis=False))
    if type(found) in {tuple, list}:
        return type(found)(whole_of(level, one) for one in found)
    return found


def joined(level: Level, found: list[Any]) -> Any:
    """Put together what each example gave; BatchedValueError if that is not alike."""
    if not found:
        raise BatchedValueError("a batch without examples has no numbers to look at")
    first = found[0]
    if isinstance(first, np.ndarray | np.generic):
        if any(np.shape(one) != np.shape(first) for one in found):
            raise of_many_shapes()
        return held(wrap(level, Tensor(np.stack(found))))
    if type(first) in {tuple, list} and all(len(one) == len(first) for one in found):
        return type(first)(joined(level, list(column)) for column in zip(*found, strict=True))
    if any(one != first for one in found):
        raise one_number()
    return first


def common(value: Any) -> Any:
    """Return plain arrays for batched ones in arguments: of one example."""
    if isinstance(value, BatchedArray):
        return np.ndarray.view(value, np.ndarray)
    if type(value) in {list, tuple}:
        return type(value)(map(common, value))
    return value


def one_number() -> BatchedValueError:
    """Word the refusal to take a number out of a batch."""
    return BatchedValueError(
        "a number was taken out of a tensor inside vmap, by item(), bool() or control flow that "
        "depends on it, but each example has a number of its own; use where(), or compute it "
        "outside vmap"
    )


def of_many_shapes() -> BatchedValueError:
    """Word the refusal of results whose shape depends on the numbers."""
    return BatchedValueError(
        "an operation inside vmap would give a result of another shape for each example, as "
        "nonzero() and masks do; use where()"
    )

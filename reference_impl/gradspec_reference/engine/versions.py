"""Version counters: how the engine notices that memory was written; start at `bump`.

A counter belongs to memory, not to a tensor: views and detached aliases share it.  Most tensors
are never written or aliased, so a counter is made when it is first needed; none means zero.

A tensor made in inference mode has no counter for good: in its place is `INFERENCE`, which is how
one is known.  What is detached from one outside the mode is half of one, as in torch: it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec_reference.engine.modes import state
from gradspec_reference.errors import InferenceInplaceError

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


class VersionCounter:
    """How often some memory was written in place."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class NoCounter(VersionCounter):
    """What an inference tensor has for a counter: nothing is counted."""

    __slots__ = ()

    @property
    def value(self) -> int:
        """No write was ever counted."""
        return 0

    @value.setter
    def value(self, count: int) -> None:
        pass


class CounterOfInference(VersionCounter):
    """What has an inference tensor's memory, and counts, has for a counter.

    That is what was detached from one outside its mode, and what was assigned the data of one: this
    goes on to count together with its aliases, in `counter`.
    """

    __slots__ = ("counter",)

    def __init__(self, counter: VersionCounter | None = None) -> None:
        self.counter = VersionCounter() if counter is None else counter

    @property
    def value(self) -> int:
        """How often that memory was written."""
        return self.counter.value

    @value.setter
    def value(self, count: int) -> None:
        self.counter.value = count


INFERENCE: Final = NoCounter()


def counter_outside() -> VersionCounter:
    """Return the counter of what is detached from an inference tensor."""
    return INFERENCE if state.inference else CounterOfInference()


def is_of_inference(counter: VersionCounter | None) -> bool:
    """Tell whether a counter is that of an inference tensor, or of what was detached from one."""
    return counter is INFERENCE or type(counter) is CounterOfInference


def counter_of(tensor: Tensor) -> VersionCounter:
    """Return the tensor's counter, making it if need be."""
    counter = tensor._counter
    if counter is None:
        made = VersionCounter()
        counter = tensor._counter
        if counter is None:
            counter = tensor._counter = made
    return counter


def version(tensor: Tensor) -> int:
    """Return how often the tensor's memory was written."""
    counter = tensor._counter
    return 0 if counter is None else counter.value


def mark(tensor: Tensor) -> None:
    """Make a new tensor one of inference, if this thread is in that mode."""
    if state.inference:
        tensor._counter = INFERENCE


def check_may_be_written(tensor: Tensor) -> None:
    """Refuse to write to an inference tensor outside inference mode."""
    if tensor._counter is INFERENCE and not state.inference:
        raise InferenceInplaceError(
            f"a tensor of shape {list(tensor._array.shape)} that was made in inference mode is "
            "written in place outside it, where such writes would have to be counted; write to a "
            "clone() instead"
        )


def bump(tensor: Tensor) -> None:
    """Note that the tensor's memory was written."""
    counter_of(tensor).value += 1


def assign(tensor: Tensor, value: Tensor) -> None:
    """Give a tensor the kind of another whose data it was assigned; what it has counted stays."""
    if is_of_inference(value._counter):
        tensor._counter = CounterOfInference(counter_of(tensor))
    else:
        known = tensor._counter
        tensor._counter = known.counter if isinstance(known, CounterOfInference) else None


def share(alias: Tensor, original: Tensor) -> None:
    """Let an alias of the same memory count together with the original."""
    alias._counter = counter_of(original)

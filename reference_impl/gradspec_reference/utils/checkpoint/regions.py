"""What a checkpointed function saves, and how a pass gets it back; start at `Region`.

While the function runs first, a place is kept in the graph for each value that it saves, and not
the value.  A pass that comes to such a place runs the function once more, notes the values that it
saves this time, in the same order, and takes those; when it has all, the run is cut short.
"""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, Self

from gradspec_reference.engine import modes, nesting, packing, saved
from gradspec_reference.engine.custom import CallersOperator
from gradspec_reference.engine.node import Node, gradient_edge
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CheckpointError, NestedModeError

if TYPE_CHECKING:
    from collections.abc import Callable

    Describe = Callable[[Tensor], Any]


class GraphExecGroup:
    """A block whose passes, over disjoint parts of the graph, compute a region again only once.

    Source: torch.utils.checkpoint.GraphExecGroup docstring.
    """

    def __enter__(self) -> Self:
        if modes.state.group is not None:
            raise NestedModeError(
                "GraphExecGroup was entered inside another; one block has all the passes"
            )
        modes.state.group = self
        return self

    def __exit__(self, *exception: object) -> None:
        modes.state.group = None


class Reading:
    """Somebody who looks at a saved value outside any pass."""


class Enough(Exception):
    """A recomputation has all that the region saved."""

    def __init__(self, of: Recomputation) -> None:
        super().__init__("a checkpointed function was run again as far as it was needed")
        self.of = of


class Arguments(Node):
    """The arguments of a region; tensors are saved as by a node, and packed as the caller likes."""

    __slots__ = ()

    operator: ClassVar[Any] = CallersOperator

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        kept = tuple(saved.SavedTensor(x) if isinstance(x, Tensor) else None for x in arguments)
        for each in arguments:
            if isinstance(each, Tensor):
                gradient_edge(each)  # refused where its history cannot be told
        super().__init__((), kept, arguments_without_tensors(arguments), (((), None),))

    def name(self) -> str:
        """Say who saved these."""
        return "checkpoint"

    def given(self) -> list[Any]:
        """Return the arguments; StaleSavedTensorError if one was written since."""
        tensors = self.unpack(as_tensors=True)
        return [
            plain if tensor is None else tensor
            for tensor, plain in zip(tensors, self.params, strict=True)
        ]


def arguments_without_tensors(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out the tensors, which are saved apart."""
    return tuple(None if isinstance(x, Tensor) else x for x in arguments)


class Place:
    """Where a value would be saved: its number among those of the region."""

    __slots__ = ("__weakref__", "number")

    def __init__(self, number: int) -> None:
        self.number = number


class Region:
    """One call of a checkpointed function.

    `run` runs it again.  `places` are the places of what it saved, `described` what is known of
    each value, and `made` what was computed again, by pass, as long as that lasts.
    """

    def __init__(
        self,
        run: Callable[..., Any],
        arguments: tuple[Any, ...],
        *,
        early_stop: bool,
        describe: Describe,
    ) -> None:
        self.run = run
        self.arguments = Arguments(arguments)
        self.early_stop = early_stop
        self.describe = describe
        self.places: list[weakref.ref[Place]] = []
        self.described: list[Any] = []
        self.complete = False
        self.made: weakref.WeakKeyDictionary[Any, Recomputation] = weakref.WeakKeyDictionary()

    def hooks(self) -> packing.saved_tensors_hooks:
        """Return the hooks under which the function runs first."""
        return packing.saved_tensors_hooks(self.keep_place, self.value)

    def keep_place(self, value: Tensor) -> Place:
        """Keep a place instead of a value."""
        place = Place(len(self.places))
        self.places.append(weakref.ref(place))
        self.described.append(self.describe(value))
        return place

    def value(self, place: Place) -> Tensor:
        """Return the value of a place, which is computed again once a pass."""
        running = nesting.passes.running
        key = modes.state.group or (running[-1] if running else Reading())
        made = self.made.get(key)
        if made is None:
            made = self.made[key] = self.compute_again()
        return made.take(place.number)

    def compute_again(self) -> Recomputation:
        """Run the function on the arguments that were saved; CheckpointError if it differs."""
        made = Recomputation(self)
        hooks = packing.saved_tensors_hooks(made.note, lambda value: value)
        arguments = self.arguments.given()
        try:
            with hooks, modes.enable_grad():
                self.run(*arguments)
        except Enough as enough:
            if enough.of is not made:
                raise
        made.check()
        return made


class Recomputation:
    """The values that a region saved when it was run again."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.count = 0
        self.values: dict[int, Tensor] = {}
        self.goes_on = False

    def note(self, value: Tensor) -> Tensor:
        """Note the next value, unless nobody needs it any more; Enough if it was the last."""
        region, number = self.region, self.count
        value = value.detach()
        self.count += 1
        if number >= len(region.places):
            self.surplus()
            return value
        if region.places[number]() is not None:
            self.values[number] = value
        if region.early_stop and self.count == len(region.places):
            raise Enough(self)
        return value

    def surplus(self) -> None:
        """Refuse a value for which there is no place.

        A pass that the function itself makes is over before it has saved all: then there are more.
        """
        if self.region.complete:
            raise CheckpointError(
                f"a checkpointed function saved {len(self.region.places)} tensors, and more when "
                "it was run again for the backward pass; it must do the same each time"
            )
        self.goes_on = True

    def check(self) -> None:
        """Refuse what is not what the function saved first."""
        region = self.region
        if self.goes_on:
            return
        if self.count != len(region.places):
            raise CheckpointError(
                f"a checkpointed function saved {len(region.places)} tensors, and {self.count} "
                "when it was run again for the backward pass; it must do the same each time"
            )
        for number, value in self.values.items():
            found, expected = region.describe(value), region.described[number]
            if found != expected:
                raise CheckpointError(
                    f"a checkpointed function saved {expected} as its tensor number {number}, and "
                    f"{found} when it was run again; it must do the same each time"
                )

    def take(self, number: int) -> Tensor:
        """Give a value away; CheckpointError for one that was taken."""
        with contextlib.suppress(KeyError):
            return self.values.pop(number)
        raise CheckpointError(
            f"tensor number {number} of a checkpointed function was asked for twice in one pass, "
            "or in one GraphExecGroup; it is computed again once only"
        )

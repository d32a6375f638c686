"""A plant: a fault modelled on a real bug, put into the reference engine in memory.

`@plant(place, kills, modelled_on)` enters a function that runs in that place of the engine and is
handed the sound one first; `@before` and `@after` enter one that runs before or behind it.
`@compound(kills, modelled_on)` enters a fault that needs several places, and is given a `Swap`.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gradspec.exceptions import FailureKind
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.exceptions import MalformedPlant
from gradspec_conformance.plants.parts import PARTS
from gradspec_conformance.plants.swap import Fault, Place, Swap, ahead, behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


KINDS: Final = frozenset({*FailureKind, *ERROR_KINDS})
"""In which ways a clause can fail for the right reason."""

TEACHING: Final = "teaching engines"
"""What many faults are modelled on."""

FEW: Final = 2
"""How many clauses a plant may name as those meant to catch it; `kills.txt` has the others."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One fault of one part of the engine.

    `kills` says which clauses are meant to turn red, and each with which kind.  A `sweep` is one
    of many that put one kind of fault into every row of a table.
    """

    name: str
    part: str
    change: str
    modelled_on: str
    kills: Mapping[str, str]
    put: Callable[[Swap], None] = field(repr=False)
    sweep: bool = False

    def __post_init__(self) -> None:
        """Raise MalformedPlant where a part is missing or cannot be meant."""
        if not self.change.endswith(".") or not self.kills or not self.modelled_on:
            wanted = "a docstring sentence, kills, and what it is modelled on"
            raise MalformedPlant(f"plant {self.name} needs {wanted}")
        odd = [kind for kind in self.kills.values() if kind not in KINDS]
        if odd:
            raise MalformedPlant(f"plant {self.name}: {odd} are no kinds; a crash is not a kill")
        if len(self.kills) > FEW and not self.sweep:
            message = f"plant {self.name} names {len(self.kills)} clauses: name the {FEW} meant"
            raise MalformedPlant(f"{message} to catch it, --measure finds the others")
        if self.part not in PARTS:
            known = ", ".join(PARTS)
            raise MalformedPlant(
                f"plant {self.name}: {self.part} is no part of the engine ({known})"
            )

    @contextmanager
    def planted(self) -> Iterator[Swap]:
        """Keep the engine faulty inside a with block."""
        with Swap() as engine:
            self.put(engine)
            yield engine


PLANTS: Final[dict[str, Plant]] = {}
"""Every plant, by name."""


def plant(
    place: Place, kills: str, modelled_on: str, memory: Callable[[], Any] | None = None
) -> Callable[[Fault], Plant]:
    """Enter a fault of one place: `fault(sound, *arguments)`, whose docstring says what it does.

    `kills` is written as in `kills.txt`: a kind and one or two clauses, `"value: acc-001 acc-002"`;
    a further kind comes behind a semicolon.  A kind is a failure kind
    (`gradspec.exceptions.FailureKind`) or, where the faulty engine raises without need, an
    error kind.  `modelled_on` names the real bug, as `owner/repository#number`, or says in what
    kind of engine, or where, the fault is common.  A fault that remembers something between its
    calls is `fault(memory, sound, *arguments)`; `memory()` makes it, whenever the fault is planted.
    Raises MalformedPlant when a part is missing or the name is taken.
    """

    def around(fault: Fault) -> Fault:
        return fault if memory is None else functools.partial(fault, memory())

    return _declaring(place, kills, modelled_on, around)


def before(place: Place, kills: str, modelled_on: str) -> Callable[[Fault], Plant]:
    """Enter a fault that runs before the sound function: `fault(*arguments)`; see `plant`."""
    return _declaring(place, kills, modelled_on, ahead)


def after(place: Place, kills: str, modelled_on: str) -> Callable[[Fault], Plant]:
    """Enter a fault that changes what was made: `fault(result, *arguments)`; see `plant`."""
    return _declaring(place, kills, modelled_on, behind)


def _declaring(
    place: Place, kills: str, modelled_on: str, around: Callable[[Fault], Fault]
) -> Callable[[Fault], Plant]:
    def declare(fault: Fault) -> Plant:
        return enter(of_function(fault, lambda s: s(place, around(fault)), kills, modelled_on))

    return declare


def compound(kills: str, modelled_on: str) -> Callable[[Callable[[Swap], None]], Plant]:
    """Enter a fault that fills its places itself, by `@swap.into(place)`, `before`, `after`."""

    def declare(put: Callable[[Swap], None]) -> Plant:
        return enter(of_function(put, put, kills, modelled_on))

    return declare


def general(kills: str, modelled_on: str) -> Callable[[Callable[[Swap], None]], Plant]:
    """Enter a fault in a place that everything passes, as `compound` does one of few programs.

    Like a sweep it is measured against the tables of which it names rows, and names any number.
    """

    def declare(put: Callable[[Swap], None]) -> Plant:
        return enter(of_function(put, put, kills, modelled_on, sweep=True))

    return declare


def sweep(place: Place, fault: Fault, kills: str, *, name: str, change: str) -> Plant:
    """Enter one of many faults that are of one kind, each in a row of its own."""
    modelled_on, put = "one kind of fault in every row", lambda s: s(place, fault)
    return enter(Plant(name, part_of(fault), change, modelled_on, kinds_of(kills), put, sweep=True))


def of_function(
    function: Callable[..., Any],
    put: Callable[[Swap], None],
    kills: str,
    modelled_on: str,
    *,
    sweep: bool = False,
) -> Plant:
    """Make a plant that is named and described by a function, in the part of its module."""
    change = " ".join((function.__doc__ or "").split())
    part = part_of(function)
    return Plant(function.__name__, part, change, modelled_on, kinds_of(kills), put, sweep)


def part_of(function: Callable[..., Any]) -> str:
    """Tell the part of the engine to which a function's module belongs."""
    _, _, place = function.__module__.partition("gradspec_conformance.plants.")
    return place.partition(".")[0]


def kinds_of(kills: str) -> dict[str, str]:
    """Read `"kind: clauses; kind: clauses"`: clause -> kind."""
    found: dict[str, str] = {}
    for some in kills.split(";"):
        kind, _, clauses = some.partition(": ")
        if not clauses.strip():
            raise MalformedPlant(f"the kills {some!r} are not of the form 'kind: clauses'")
        found |= dict.fromkeys(clauses.split(), kind.strip())
    return found


def enter(made: Plant) -> Plant:
    """Enter a plant under its name; raises MalformedPlant if that is taken."""
    if made.name in PLANTS:
        raise MalformedPlant(f"plant {made.name} is declared twice")
    PLANTS[made.name] = made
    return made

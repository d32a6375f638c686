"""Random nests of modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from gradspec.drawing.modes import Block, Nest, Operation, Switch

if TYPE_CHECKING:
    from gradspec.drawing.modes import Happening

LEFT = "left"
Turn = tuple[str, bool] | Switch | str


def nest_strategy(names: tuple[str, ...], switches: bool) -> st.SearchStrategy[Nest]:
    """Draw the turns in which blocks are entered and left; after each there is an operation."""
    entered = st.tuples(st.sampled_from(names), st.booleans())
    switched = [st.builds(Switch, st.booleans())] if switches else []
    turns = st.one_of(entered, entered, *switched, st.just(LEFT))
    begun = st.tuples(entered, entered, entered)
    return st.builds(
        lambda first, rest: nest_of([*first, *rest]), begun, st.lists(turns, max_size=8)
    )


def nest_of(turns: list[Turn]) -> Nest:
    """Fold turns into blocks; what is still entered at the end is left, and more than once."""
    entered: list[tuple[str, bool]] = []
    inside: list[list[Happening]] = [[]]

    def leave() -> None:
        happenings = tuple(inside.pop())
        inside[-1] += [Block(*entered.pop(), happenings), Operation()]

    for turn in turns:
        match turn:
            case (str(), bool()):
                entered.append(turn)
                inside.append([Operation()])
            case Switch():
                inside[-1] += [turn, Operation()]
            case _ if entered:
                leave()
    while entered:
        leave()
    return Nest(tuple(inside[0]))

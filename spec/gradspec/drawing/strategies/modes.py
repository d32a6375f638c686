"""Random nests of modes."""

from __future__ import annotations

from hypothesis import strategies as st

from gradspec.drawing.modes import Block, Happening, Nest, Operation, Switch


def nest_strategy(names: tuple[str, ...], switches: bool) -> st.SearchStrategy[Nest]:
    """Draw a nest of blocks of these modes, which ends with an operation in none of them."""

    def blocks(
        inside: st.SearchStrategy[tuple[Happening, ...]],
    ) -> st.SearchStrategy[tuple[Happening, ...]]:
        block = st.builds(Block, st.sampled_from(names), st.booleans(), inside)
        kinds = [block, block, st.just(Operation())]
        if switches:
            kinds.append(st.builds(Switch, st.booleans()))
        several = st.lists(st.one_of(kinds), min_size=1, max_size=3)
        return several.map(lambda happenings: (*happenings, Operation()))

    alone = st.just((Operation(),))
    return st.recursive(alone, blocks, max_leaves=6).map(
        lambda inside: Nest((Block(names[0], True, inside), Operation()))
    )

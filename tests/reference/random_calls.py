"""Random calls of every operator, in torch and in the reference engine.

What differs is what the specification does not state.  As a script:
`random_calls.py COUNT [OPERATOR ...]`.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from compared_calls import Difference, Outside, compared, seen, tolerance_of
from drawn_calls import drawn
from stated_differences import is_stated

import gradspec_reference as engine
from gradspec.catalogue.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drawn_calls import Drawn

torch.backends.opt_einsum.enabled = False  # whose errors are not torch's

CALLED: Final = [name for name, operator in OPERATORS.items() if operator.calls]


def difference(name: str, number: int) -> Difference | None:
    """Make a call in both libraries, and say what differs first."""
    call = drawn(name, number)
    if ends_torch(call):
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected = seen(call, torch)
        except Outside:
            return None
        found = seen(call, engine)
    for kind, said in compared(expected, found, tolerance_of(call, expected)):
        different = Difference(kind, said, number, call, expected, found)
        if not is_stated(different):
            return different
    return None


def ends_torch(call: Drawn) -> bool:
    """Whether the process of torch would end, as it does where a place on a grid is infinite."""
    on_a_grid = call.operator.name == "grid_sample"
    return on_a_grid and not all(np.isfinite(t.array).all() for t in call.tensors.values())


def campaign(count: int, names: Sequence[str]) -> dict[tuple[str, str], list[Difference]]:
    """Make so many calls of each operator; give the differences by kind and operator."""
    by_kind: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for name in names:
        for number in range(count):
            found = difference(name, number)
            if found is not None:
                by_kind[found.kind, name].append(found)
    return by_kind


def main() -> None:
    """Print what differs, an example of each, and fail if anything does."""
    torch.set_num_threads(1)
    count, names = int(sys.argv[1]), sys.argv[2:] or CALLED
    found = campaign(count, names)
    for (kind, name), differences in sorted(found.items()):
        print(f"\n## {kind}: {name}, {len(differences)} of {count}\n{differences[0]}")
    kinds: Counter[str] = Counter()
    for (kind, _), differences in found.items():
        kinds[kind] += len(differences)
    print()
    for kind, total in kinds.most_common():
        print(f"{total:7} {kind}")
    print(f"{count * len(names)} calls of {len(names)} operators, {kinds.total()} differ")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

"""Keeping the results of some operations of a checkpointed function; start at `Choosing`.

All kernels run through one function of the thread, so a block that puts another in its place sees
each: while the function runs first, the results that a policy names are kept, and when it runs
again they are given out in the same order, without computing.
"""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gradspec_reference.engine import narrow
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CheckpointError, SelectiveAgainError
from gradspec_reference.operators import OPERATORS
from gradspec_reference.ops import Overload, overload

if TYPE_CHECKING:
    from collections.abc import Callable

TAKEN = object()
COMPUTED = object()


class CheckpointPolicy(enum.Enum):
    """What is done with the result of an operation (torch.utils.checkpoint.CheckpointPolicy)."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


KEPT = frozenset(p for p in CheckpointPolicy if not p.name.endswith("RECOMPUTE"))


class SelectiveCheckpointContext:
    """What a policy is told besides the operation and its operands."""

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


class SeesKernels:
    """A block that sees each kernel that runs in it."""

    def __enter__(self) -> Self:
        self._outside = state.quietly
        state.quietly = self._run
        return self

    def __exit__(self, *exception: object) -> None:
        state.quietly = self._outside

    def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        operator = arguments[0] if function is narrow.run else by_kernel().get(id(function))
        if operator is None:
            return self._outside(function, *arguments)
        return self.seen(
            overload(operator.name), arguments, lambda: self._outside(function, *arguments)
        )

    def seen(self, op: Overload, operands: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """Return the result of an operation."""
        raise NotImplementedError


class Listing(SeesKernels):
    """A block that lists the operations in it."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def seen(self, op: Overload, operands: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """Note the operation and the shapes of its operands."""
        shapes = ", ".join(str(list(x.shape)) for x in operands if isinstance(x, np.ndarray))
        self.names.append(f"{op}({shapes})")
        return compute()


class Keeping(SeesKernels):
    """The block of the first run: asks the policy of each result, and keeps copies."""

    def __init__(self, policy: Callable[..., Any], store: dict[Overload, list[Any]]) -> None:
        self.policy = policy
        self.store = store

    def seen(self, op: Overload, operands: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """Compute, and keep the result or not."""
        made = compute()
        context = SelectiveCheckpointContext(is_recompute=False, op_output=shown(made))
        chosen = self.policy(context, op, *map(shown, operands))
        keeps = chosen if isinstance(chosen, bool) else chosen in KEPT
        self.store[op].append(copied(made) if keeps else COMPUTED)
        return made


class GivingOut(SeesKernels):
    """The block of a later run: gives out what was kept, once."""

    def __init__(self, store: dict[Overload, list[Any]]) -> None:
        self.store = store
        self.counts: Counter[Overload] = Counter()

    def __enter__(self) -> Self:
        self.counts.clear()
        return super().__enter__()

    def seen(self, op: Overload, operands: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """Return what was kept, or compute; SelectiveAgainError for what was given out before."""
        del operands
        number = self.counts[op]
        self.counts[op] += 1
        kept = self.store[op]
        if number >= len(kept):
            raise CheckpointError(
                f"{op} ran more often when a checkpointed function was run again; it must do the "
                "same each time"
            )
        found = kept[number]
        if found is COMPUTED:
            return compute()
        if found is TAKEN:
            raise SelectiveAgainError(
                "a region under selective checkpointing is differentiated an extra time; what it "
                "kept is given out once"
            )
        kept[number] = TAKEN
        return found


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Any, allow_cache_entry_mutation: bool = False
) -> tuple[Keeping, GivingOut]:
    """Return the blocks of a checkpointed function's first run and of the later one.

    A list names the operations whose results are kept; a policy is called with a context, the
    operation and its operands, and returns a CheckpointPolicy or a bool.  What is kept is a copy,
    so nobody can write to it.  ValueError for what is no operation.
    Source: torch.utils.checkpoint.create_selective_checkpoint_contexts docstring.
    """
    del allow_cache_entry_mutation
    if isinstance(policy_fn_or_list, list):
        for op in policy_fn_or_list:
            if not isinstance(op, Overload):
                raise ValueError(  # noqa: TRY004 - as torch
                    f"a {type(op).__name__} was given as an operation: {op!r}; give such as "
                    "ops.aten.mm.default"
                )
        wanted = frozenset(policy_fn_or_list)
        policy: Callable[..., Any] = lambda _context, op, *_operands: op in wanted  # noqa: E731
    elif callable(policy_fn_or_list):
        policy = policy_fn_or_list
    else:
        raise TypeError(
            f"a {type(policy_fn_or_list).__name__} was given as a policy; give a function, or a "
            "list of operations"
        )
    store: dict[Overload, list[Any]] = defaultdict(list)
    return Keeping(policy, store), GivingOut(store)


_by_kernel: dict[int, Any] = {}


def by_kernel() -> dict[int, Any]:
    """Map the identity of each kernel to its operator."""
    if not _by_kernel:
        in_place_last = sorted(OPERATORS.values(), key=lambda operator: operator.name.endswith("_"))
        for operator in in_place_last:
            for kernel in (operator.kernel, operator.kernel_at_one):
                if kernel is not None:
                    _by_kernel.setdefault(id(kernel), operator)
    return _by_kernel


def shown(value: Any) -> Any:
    """Show an array as a tensor."""
    return Tensor(value) if isinstance(value, np.ndarray | np.generic) else value


def copied(made: Any) -> Any:
    """Copy a result, or several."""
    if isinstance(made, tuple | list):
        return type(made)(copied(each) for each in made)
    return made.copy()

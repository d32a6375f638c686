"""Batches: a call on several examples, of all operands or of one; the others are shared."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.facets.asking import Asked
from gradspec.catalogue.operator import (
    DIFFERENTIABLE,
    PIECEWISE,
    Call,
    Given,
    Operator,
    holds_tensors,
    replaced,
    variables,
)
from gradspec.catalogue.operators import CALLS, OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES: Final = 2


@dataclass(frozen=True, eq=False)
class Batch:
    """A call on examples: which operands differ, and in which dimension the examples lie."""

    call: Call
    mapped: tuple[bool, ...]
    dim: int

    @cached_property
    def examples(self) -> list[Asked]:
        """The examples; what does not differ is that of the first."""
        samples = [drawn(self.call, number) for number in range(EXAMPLES)]
        first = list(variables(samples[0]))
        return [
            Asked(
                self.call,
                replaced(
                    samples[0],
                    [
                        own if differs else shared
                        for own, shared, differs in zip(
                            variables(sample), first, self.mapped, strict=True
                        )
                    ],
                    lambda array: array,
                ),
            )
            for sample in samples
        ]

    @property
    def in_dims(self) -> tuple[int | None, ...]:
        """The dimension of the examples in each operand."""
        return tuple(self.dim if differs else None for differs in self.mapped)

    def points(self) -> list[Any]:
        """Give the operands, each with all examples if they differ."""
        return self.joined(
            [list(variables(example.sample)) for example in self.examples], sum_=False
        )

    def joined(self, parts: list[list[Any]], *, sum_: bool = True) -> list[Any]:
        """Put what belongs to the operands of each example together; what is shared is summed."""
        return [
            np.stack(column, self.dim) if differs else sum(column) if sum_ else column[0]
            for column, differs in zip(zip(*parts, strict=True), self.mapped, strict=True)
        ]


def drawn(call: Call, number: int, *, apart: bool = True) -> Given:
    """Draw the operands of an example.

    No two examples have an entry in common, unless the domain has too few for that.
    """
    random = np.random.default_rng(zlib.crc32(f"{call.name} in a batch".encode()))
    taken: set[Any] = set()
    sample: Given = {}
    for _ in range(number + 1):
        try:
            sample = {name: one(value, random, taken) for name, value in call.given.items()}
        except ValueError:
            if not apart:
                raise
            return drawn(call, number, apart=False)
        if not apart:
            taken = set()
    return sample


def has_room(call: Call) -> bool:
    """Say whether the domain has enough entries for several examples without one in common."""
    random, taken = np.random.default_rng(0), set[Any]()
    try:
        for _ in range(EXAMPLES):
            for value in call.given.values():
                one(value, random, taken)
    except ValueError:
        return False
    return True


def one(value: Any, random: np.random.Generator, taken: set[Any]) -> Any:
    """Draw what stands for a parameter."""
    if isinstance(value, Operand):
        return value.domain.draw(random, value.shape, taken)
    return [one(v, random, taken) for v in value] if holds_tensors(value) else value


def calls() -> Iterator[tuple[str, Call]]:
    """Give for every operator that has a derivative the call that tells most."""
    for name, operator in OPERATORS.items():
        fits = operator.smoothness in DIFFERENTIABLE and not operator.inplace
        if fits and not operator.of_memory:
            call = operator.telling()
            if any(True for _ in variables(call.sample())):
                yield name, call


def weighed(operator: Operator) -> Call:
    """Give the call that has more than tells most, but nothing more than factors."""
    told = operator.telling()
    known = [told]
    for name, given in operator.calls.items():
        more = [given[parameter] for parameter in given if parameter not in told.given]
        if all(type(value) is float for value in more):
            known.append(Call(operator, operator.named(name), given))
    return max(known, key=lambda call: (count(call), len(call.given)))


def count(call: Call) -> int:
    """Count the operands that a call is differentiated by."""
    return sum(1 for _ in variables(call.sample()))


TOGETHER: Final = {
    name: Batch(call, (True,) * count(call), 0)
    for name, call in ((name, weighed(told.operator)) for name, told in calls())
}
"""Operator -> its call with the most factors on a batch of all operands, in front."""

ALONE: Final = {
    f"{name}_{place}": Batch(call, tuple(n == place for n in range(count(call))), -1)
    for name, call in calls()
    for place in range(count(call))
    if count(call) > 1 and (call.operator.smoothness is not PIECEWISE or has_room(call))
}
"""Operator and place -> its call on a batch of the operand there, behind.

Of what has kinks, if the entries of an example do not meet those that all share.
"""

OTHER_WAYS: Final = {
    name: Batch(CALLS[name], (True,) * count(CALLS[name]), 0)
    for name in (
        *("roll_flat", "getitem", "getitem_steps", "getitem_places", "index_put"),
        *("max_dim", "median_dim", "kthvalue_first", "sort_descending", "split_sections"),
        *("softmax_first", "cumsum_first", "sum_dims", "norm_p3", "addmm_alone", "addmm_stretched"),
        *("pow_of_number", "sub_of_number", "masked_fill_tensor", "scatter_reduce_prod"),
        *("unbind_dim", "topk_smallest", "cummax_first", "index_select"),
        *("var_dim", "prod_dim", "logsumexp_dims", "nll_loss_weight", "mse_loss_none"),
    )
}
"""Call -> a batch of it, where an option names dimensions or places, or takes what is given apart.

An example has one dimension less than the batch: what counts dimensions counts them from another
end there, and what flattens does not flatten the batch.
"""

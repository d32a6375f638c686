"""Faults about starting gradients: what engines get wrong about the caller's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import plant
from gradspec_reference import autograd
from gradspec_reference.engine import cotangents
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap


@plant(
    kills={
        "bwd-003a": "value",
        "bwd-008a": "value",
        "bwd-013": "value",
        "bwd-201": "value",
        "bwd-014/a_tuple_with_a_tuple": "value",
    },
    modelled_on="common in teaching engines",
)
def given_gradient_adds_to_one(swap: Swap) -> None:
    """A starting gradient is added to the one that the pass starts from anyway."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        seed = original(root, given)
        return seed if given is None or seed is None else seed + 1.0

    swap(cotangents, "for_root", for_root)


@plant(
    kills={
        "bwd-014/a_tensor_with_a_tensor": "cotangent-shape",
        "bwd-014/a_list_with_a_tensor": "cotangent-shape",
    },
    modelled_on="engines that iterate over what they get",
)
def single_gradient_is_taken_apart(swap: Swap) -> None:
    """A single starting gradient is taken for the sequence of its entries."""

    def as_cotangents(given: Any, count: int) -> Any:
        return [None] * count if given is None else list(given)

    swap(autograd, "as_cotangents", as_cotangents)


@plant(
    kills={"bwd-014/a_tensor_with_a_tensor": "cotangent-shape"},
    modelled_on="engines that iterate over what they get",
)
def single_root_is_taken_apart(swap: Swap) -> None:
    """A single root is taken for the sequence of its entries."""
    swap(autograd, "as_roots", lambda roots: list(roots))  # noqa: PLW0108 - types are not counted


@plant(kills={"bwd-019": "value"}, modelled_on="None taken for no contribution")
def none_among_gradients_is_zero(swap: Swap) -> None:
    """None next to gradients that are given stands for zero."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        edges, seeds = original(roots, given)
        some = any(one is not None for one in given)
        zeroed = [
            seed * 0.0 if some and one is None else seed
            for seed, one in zip(seeds, given, strict=False)
        ]
        return edges, zeroed

    swap(cotangents, "for_roots", for_roots)


@plant(
    kills={"bwd-207/none_for_a_vector": "no error"},
    modelled_on="None taken for ones wherever it stands",
)
def none_in_a_sequence_stands_for_ones(swap: Swap) -> None:
    """None in a sequence of several starting gradients stands for ones of the root's shape."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        if len(given) > 1:
            given = [
                Tensor(np.ones(*cotangents.shape_and_dtype(root))) if one is None else one
                for root, one in zip(roots, given, strict=False)
            ]
        return original(roots, given)

    swap(cotangents, "for_roots", for_roots)


@plant(
    kills={"bwd-207/a_number": "no error"}, modelled_on="engines that convert what they are given"
)
def numbers_are_starting_gradients(swap: Swap) -> None:
    """A number in the place of a starting gradient is converted to a tensor."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        if isinstance(given, int | float):
            given = Tensor(np.full(*cotangents.shape_and_dtype(root)[:1], given))
        return original(root, given)

    swap(cotangents, "for_root", for_root)


@plant(
    kills={"bwd-207/one_for_two_roots": "no error", "bwd-206/one_for_two_roots": "value"},
    modelled_on="Python's zip without strict=True",
)
def roots_without_partner_are_dropped(swap: Swap) -> None:
    """Roots and starting gradients are paired until the shorter sequence ends."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        count = min(len(roots), len(given))
        return original(roots[:count], given[:count])

    swap(cotangents, "for_roots", for_roots)


@plant(
    kills={"bwd-017a": "value", "bwd-206/two_for_one_root": "value"},
    modelled_on="sequences paired from their ends",
)
def surplus_gradients_come_first(swap: Swap) -> None:
    """Where there are more starting gradients than roots, the last ones are used."""
    original = cotangents.for_roots

    def for_roots(roots: Any, given: Any) -> Any:
        return original(roots, given[max(len(given) - len(roots), 0) :])

    swap(cotangents, "for_roots", for_roots)


@plant(kills={"bwd-029": "warning"}, modelled_on="a withdrawal that nobody announced")
def old_name_is_silent(swap: Swap) -> None:
    """The old name of the starting gradients works without a warning."""
    swap(autograd, "one_name", lambda new, old: old if new is None else new)


@plant(
    kills={"bwd-029": "value", "bwd-206/one_under_the_old_name": "value"},
    modelled_on="keyword arguments that are swallowed",
)
def old_name_is_swallowed(swap: Swap) -> None:
    """What is given under the old name of the starting gradients is ignored, with the warning."""
    original = autograd.one_name

    def one_name(new: Any, old: Any) -> Any:
        original(new, old)
        return new

    swap(autograd, "one_name", one_name)


@plant(
    kills={"bwd-207/both_names_at_once": "no error"},
    modelled_on="one keyword that overrides another",
)
def new_name_wins(swap: Swap) -> None:
    """Of starting gradients that are given under both names those of the new one are used."""
    original = autograd.one_name

    def one_name(new: Any, old: Any) -> Any:
        used = original(None, old)
        return used if new is None else new

    swap(autograd, "one_name", one_name)


@plant(
    kills={"bwd-206/a_number": "value", "bwd-207/a_number": "no error"},
    modelled_on="starting gradients that are asked for their shape only",
)
def numbers_among_gradients_stand_for_one(swap: Swap) -> None:
    """A number in the place of a starting gradient is passed over, and the pass starts from one."""
    original = cotangents.for_root

    def for_root(root: Any, given: Any) -> Any:
        return original(root, None if isinstance(given, int | float) else given)

    swap(cotangents, "for_root", for_root)

"""What is drawn at random, and what is counted: as torch does it, but for the numbers drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference

WRONG = {
    "no_probability": lambda e: e.bernoulli(e.tensor([2.0])),
    "whole_probabilities": lambda e: e.bernoulli(e.tensor([1])),
    "a_negative_rate": lambda e: e.poisson(e.tensor([-1.0])),
    "a_negative_deviation": lambda e: e.normal(e.tensor([1.0]), -1.0),
    "whole_moments": lambda e: e.normal(e.tensor([1]), 1.0),
    "moments_that_do_not_fit": lambda e: e.normal(e.ones(2), e.ones(3)),
    "more_than_there_are": lambda e: e.multinomial(e.ones(2), 3),
    "none_at_all": lambda e: e.multinomial(e.ones(2), 0),
    "negative_weights": lambda e: e.multinomial(-e.ones(2), 1),
    "no_weight": lambda e: e.multinomial(e.zeros(2), 1),
    "whole_weights": lambda e: e.multinomial(e.tensor([1, 2]), 1),
    "a_block_of_weights": lambda e: e.multinomial(e.ones(2, 2, 2), 1),
    "counted_fractions": lambda e: e.bincount(e.tensor([1.0])),
    "counted_negatives": lambda e: e.bincount(e.tensor([-1])),
    "counted_rows": lambda e: e.bincount(e.tensor([[1]])),
    "too_many_weights": lambda e: e.bincount(e.tensor([1]), e.ones(2)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_torch_refuses_is_refused_so(name: str) -> None:
    with pytest.raises((RuntimeError, NotImplementedError)) as by_torch:
        WRONG[name](torch)
    with pytest.raises((RuntimeError, NotImplementedError)) as refused:
        WRONG[name](gradspec_reference)

    wanted = NotImplementedError if by_torch.type is NotImplementedError else RuntimeError
    assert issubclass(refused.type, wanted)


NODES = {
    "bernoulli": lambda e, x: e.bernoulli(x),
    "poisson": lambda e, x: e.poisson(x),
    "normal_mean": lambda e, x: e.normal(x, 0.5),
    "normal_deviation": lambda e, x: e.normal(1.0, x),
    "normal_both": lambda e, x: e.normal(x, x),
    "unique": lambda e, x: e.unique(x),
    "unique_rows": lambda e, x: e.unique(x, dim=0),
    "bincount": lambda e, x: e.bincount(e.tensor([0, 1]), weights=x),
}


@pytest.mark.parametrize("name", NODES)
def test_nodes_have_torchs_names(name: str) -> None:
    by_torch, found = (
        NODES[name](e, e.tensor([0.5, 0.25], requires_grad=True)).grad_fn.name()
        for e in (torch, gradspec_reference)
    )

    assert found == by_torch


COUNTS = {
    "unique": lambda e: e.tensor([3.0, 1.0, 3.0]).unique(),
    "unique_inverse": lambda e: e.unique(e.tensor([[3.0, 1.0], [1.0, 3.0]]), return_inverse=True),
    "unique_counts": lambda e: e.unique(e.tensor([3, 1, 3]), return_counts=True),
    "unique_rows": lambda e: e.unique(
        e.tensor([[3, 1], [1, 2], [3, 1]]), return_inverse=True, return_counts=True, dim=0
    ),
    "bincount": lambda e: e.bincount(e.tensor([1, 1, 3])),
    "bincount_none": lambda e: e.bincount(e.tensor([], dtype=e.int64)),
    "bincount_longer": lambda e: e.bincount(e.tensor([1]), minlength=4),
    "bincount_weights": lambda e: e.bincount(e.tensor([1, 1]), e.tensor([0.5, 0.25])),
    "bincount_whole": lambda e: e.tensor([1, 1]).bincount(e.tensor([2, 3])),
}


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_counted_is_what_torch_counts(name: str) -> None:
    by_torch, found = (COUNTS[name](e) for e in (torch, gradspec_reference))

    for one, wanted in zip(several(found), several(by_torch), strict=True):
        np.testing.assert_array_equal(one.numpy(), wanted.numpy())
        assert str(one.dtype) == str(wanted.dtype)


def several(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_equal_seeds_draw_equal_numbers() -> None:
    e = gradspec_reference
    first, second = (
        [
            e.bernoulli(e.full((20,), 0.5), generator=e.Generator().manual_seed(seed)),
            e.normal(0.0, 1.0, (20,), generator=e.Generator().manual_seed(seed)),
            e.multinomial(e.ones(20), 20, generator=e.Generator().manual_seed(seed)),
        ]
        for seed in (7, 7)
    )

    assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_what_is_drawn_has_its_moments() -> None:
    e = gradspec_reference
    e.manual_seed(3)

    assert abs(e.bernoulli(e.full((4000,), 0.25)).mean().item() - 0.25) < 0.03
    assert abs(e.poisson(e.full((4000,), 3.0)).mean().item() - 3.0) < 0.15
    assert abs(e.normal(e.full((4000,), 2.0), 0.5).std().item() - 0.5) < 0.03


def test_places_without_weight_are_drawn_last() -> None:
    e = gradspec_reference

    assert sorted(e.multinomial(e.tensor([0.0, 1.0, 1.0]), 2).tolist()) == [1, 2]
    assert e.multinomial(e.tensor([0.0, 1.0]), 5, replacement=True).tolist() == [1] * 5


TRIED = """
normal_() normal_(1,2) normal_(std=-1.0) normal_(q) normal_(generator=g) normal_(generator=3)
uniform_() uniform_(-1,1) uniform_(2,1) uniform_(to=2) uniform_(0,torch.inf) uniform_(torch.nan,1)
bernoulli_() bernoulli_(0.3) bernoulli_(2.0) bernoulli_(q) bernoulli_(q.detach()) bernoulli_(2*p)
exponential_() exponential_(2.0) exponential_(0) exponential_(lambd=-1) geometric_(0.5)
geometric_(1.5) geometric_(0) geometric_() cauchy_() cauchy_(1,-2) cauchy_(sigma=2) log_normal_()
log_normal_(0,-1) random_() random_(5) random_(2,5) random_(5,2) random_(2,None) random_(-3)
random_(1.5) random_(2**20) zero_() apply_(more) apply_(3) map_(p,both) set_()
set_(p) set_(q) set_(p[1:]) set_(p.double()) set_(3) set_(p,1,(2,)) set_(p,0) relu_()
"""

TARGETS = {
    "plain": lambda e, _q: e.tensor([1.0, 2.0, 3.0]),
    "leaf": lambda e, _q: e.tensor([1.0, 2.0, 3.0], requires_grad=True),
    "computed": lambda _e, q: q * 2,
    "view": lambda e, q: e.cat([q * 2, q]).view(2, 3)[0],
    "whole": lambda e, _q: e.tensor([1, 2, 3]),
    "flags": lambda e, _q: e.tensor([True, False, True]),
    "expanded": lambda e, _q: e.zeros(1).expand(3),
}


LEFT_OUT = {
    "whole": ("(2,)", "i_(q)"),
    "flags": ("(2,)", "i_(q)"),
    "expanded": ("(q", "more", "both"),
}
"""Where torch reads memory as another dtype, records a write to integers, or writes on and on."""


def written(library: Any, make: Any, write: str) -> Any:
    """Return what a write does to a tensor, to its history and to what passes back."""
    q = library.tensor([0.5, 0.25, 1.0], requires_grad=True)
    names = {"p": library.tensor([0.5, 1.0, 2.0]), "q": q, "g": library.Generator()}
    names |= {"more": lambda v: v + 1, "both": lambda a, b: a + b}
    target = make(library, q)
    try:
        result = eval(f"t.{write}", {"torch": library, "t": target, **names})  # noqa: S307 - ours
    except (RuntimeError, TypeError) as error:
        return TypeError if isinstance(error, TypeError) else RuntimeError
    flags = [result is target, target.requires_grad, target.is_leaf, target._version]
    edges: list[Any] = []
    if target.grad_fn is not None:
        edges = [edge[0].name() for edge in target.grad_fn.next_functions if edge[0]]
        try:
            target.sum().backward()
        except RuntimeError:
            edges.append("refused")
    where = [tuple(target.shape), target.stride(), target.storage_offset(), str(target.dtype)]
    return [*flags, edges, *where, None if q.grad is None else q.grad.tolist()]


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_written_at_random_has_torchs_history(target: str) -> None:
    make = TARGETS[target]
    asked = [w for w in TRIED.split() if not any(part in w for part in LEFT_OUT.get(target, ()))]

    found = {write: written(gradspec_reference, make, write) for write in asked}

    assert found == {write: written(torch, make, write) for write in asked}


def test_what_is_written_at_random_has_its_moments() -> None:
    gradspec_reference.manual_seed(3)
    x = gradspec_reference.zeros(40000, dtype=gradspec_reference.float64)

    assert abs(x.normal_(1, 2).mean().item() - 1) < 0.05
    assert abs(x.std().item() - 2) < 0.05
    assert abs(x.uniform_(-1, 3).mean().item() - 1) < 0.05
    assert abs(x.exponential_(0.5).mean().item() - 2) < 0.1
    assert abs(x.geometric_(0.25).mean().item() - 4) < 0.1
    assert abs(x.bernoulli_(0.3).mean().item() - 0.3) < 0.02
    assert abs(x.log_normal_(0, 0.5).log().std().item() - 0.5) < 0.02
    assert abs(x.cauchy_(2).median().item() - 2) < 0.05
    assert sorted(set(x.random_(2, 5).tolist())) == [2, 3, 4]


def test_a_state_of_random_numbers_is_put_back() -> None:
    for library in (torch, gradspec_reference):
        library.manual_seed(-3)
        state = library.get_rng_state()
        first = library.rand(3).tolist()
        library.set_rng_state(state)

        assert (state.dtype, library.rand(3).tolist()) == (library.uint8, first)
        assert library.manual_seed(7).initial_seed() == library.initial_seed() == 7
        for wrong in ("a", 2**65):
            with pytest.raises(ValueError, match=r"."):
                library.manual_seed(wrong)
        with pytest.raises(TypeError):
            library.set_rng_state(library.zeros(3))


@pytest.mark.parametrize("engine", [gradspec_reference, torch], ids=["reference", "torch"])
def test_complex_numbers_are_drawn_in_place_in_each_part(engine: Any) -> None:
    engine.manual_seed(0)
    z = engine.zeros(20_000, dtype=engine.complex128)
    for drawn, mean, deviation in (
        (z.clone().normal_(1.0, 2.0), 1.0, 2.0**0.5),
        (z.clone().uniform_(5.0, 6.0), 5.5, 12.0**-0.5),
    ):
        for part in (drawn.real, drawn.imag):
            assert float(part.mean()) == pytest.approx(mean, abs=0.05)
            assert float(part.std()) == pytest.approx(deviation, rel=0.05)


def test_random_slopes_lie_between_their_bounds_and_are_the_gradient() -> None:
    x = gradspec_reference.full((200,), -2.0, dtype=gradspec_reference.float64, requires_grad=True)
    drawn = gradspec_reference.nn.functional.rrelu(x, 0.25, 0.75, training=True)
    (slopes,) = gradspec_reference.autograd.grad(drawn.sum(), x)

    assert 0.25 <= float(slopes.min()) < 0.3
    assert 0.7 < float(slopes.max()) <= 0.75
    assert gradspec_reference.equal(drawn, x * slopes)


def test_slopes_are_the_mean_one_if_nothing_is_trained() -> None:
    x = [-2.0, 0.0, 3.0]
    layers = [library.nn.RReLU(0.25, 0.5).eval() for library in (gradspec_reference, torch)]

    assert layers[0](gradspec_reference.tensor(x)).tolist() == layers[1](torch.tensor(x)).tolist()
    with pytest.raises(RuntimeError, match="lower"):
        gradspec_reference.nn.functional.rrelu(gradspec_reference.tensor(x), 0.5, 0.25)

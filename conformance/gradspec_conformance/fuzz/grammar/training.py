"""Optimizers: steps by the gradients that there are, and gradients taken away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.fuzz.grammar.draft import has_gradient, is_leaf
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.grammar.draft import Draft

OPTIONS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "SGD": ({}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}, {"weight_decay": 0.25}),
    "Adam": ({}, {"amsgrad": True}, {"weight_decay": 0.25}, {"maximize": True}),
    "AdamW": ({}, {"amsgrad": True}),
    "RMSprop": ({}, {"momentum": 0.5}, {"centered": True}),
}


def optimizer(draft: Draft, name: str) -> None:
    """Make an optimizer of one leaf or two."""
    parameters = [draft.tensor(is_leaf) for _ in range(draft.random.randint(1, 2))]
    given = {"lr": 0.125} | draft.random.choice(OPTIONS[name])
    draft.made(name, "optimizer", parameters=parameters, **given)


def step(draft: Draft) -> None:
    """Change the parameters."""
    draft.do("step", None, optimizer=draft.handle("optimizer"))


def zero_grad(draft: Draft) -> None:
    """Take the gradients away, or fill them with zeros."""
    given = {} if draft.maybe(0.5) else {"set_to_none": draft.maybe(0.3)}
    draft.do("zero_grad", None, optimizer=draft.handle("optimizer"), **given)


def clip_norm(draft: Draft) -> None:
    """Scale a gradient to a norm."""
    parameters = [draft.tensor(has_gradient)]
    draft.do("clip_grad_norm_", draft.ref(), parameters=parameters, max_norm=0.75)


def clip_value(draft: Draft) -> None:
    """Bring a gradient between bounds."""
    parameters = [draft.tensor(has_gradient)]
    draft.do("clip_grad_value_", None, parameters=parameters, clip_value=0.5)


ROWS: Final = (
    *(Row(name, "training", partial(optimizer, name=name)) for name in OPTIONS),
    Row("step", "training", step),
    Row("zero_grad", "training", zero_grad),
    Row("clip_grad_norm_", "training", clip_norm),
    Row("clip_grad_value_", "training", clip_value),
)

"""Modes, nested: each is entered by a row, and left after some steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gradspec.program.steps import Step
from gradspec_conformance.fuzz.grammar.draft import NothingFits
from gradspec_conformance.fuzz.grammar.row import Row

if TYPE_CHECKING:
    from gradspec_conformance.fuzz.grammar.draft import Draft

DEEPEST: Final = 3


def enter(draft: Draft, key: str, **given: Any) -> None:
    """Enter a mode, if it is not too deep in others."""
    if draft.pair.depth >= DEEPEST or not draft.has(key, **given):
        raise NothingFits
    draft.pair.enter(Step(key, given))


def switched(draft: Draft, key: str) -> None:
    """Enter a mode that is told whether it is to be."""
    enter(draft, key, mode=draft.maybe(0.5))


def packed(draft: Draft) -> None:
    """Enter a mode in which what is saved is packed: as it is, or halved and doubled."""
    given, held = draft.ref(), draft.ref()
    halved, doubled = draft.ref(), draft.ref()
    if draft.maybe(0.5):
        pack = draft.function("pack", (given,), [], given)
        unpack = draft.function("unpack", (held,), [], held)
    else:
        half = Step("op:mul", {"x": given, "other": 0.5}, halved)
        double = Step("op:mul", {"x": held, "other": 2.0}, doubled)
        pack = draft.function("pack", (given,), [half], halved)
        unpack = draft.function("unpack", (held,), [double], doubled)
    enter(draft, "mode:saved_tensors_hooks", pack=pack, unpack=unpack)


def leave(draft: Draft) -> None:
    """Leave the latest mode."""
    if not draft.pair.depth:
        raise NothingFits
    draft.pair.leave()


PLAIN: Final = (
    "mode:no_grad",
    "mode:enable_grad",
    "mode:inference_mode",
    "mode:save_on_cpu",
    "mode:allow_mutation_on_saved_tensors",
)
TOLD: Final = ("mode:set_grad_enabled", "mode:inference_mode", "mode:set_multithreading_enabled")


def switch(draft: Draft) -> None:
    """Record or not from now on."""
    draft.do("switch_grad", None, mode=draft.maybe(0.7))


ROWS: Final = (
    *(Row(key, "modes", partial(enter, key=key)) for key in PLAIN),
    *(Row(key, "modes", partial(switched, key=key)) for key in TOLD),
    Row("mode:saved_tensors_hooks", "packing", packed),
    Row(
        "mode:disable_saved_tensors_hooks",
        "packing",
        partial(enter, key="mode:disable_saved_tensors_hooks", message="none here"),
    ),
    Row(
        "mode:set_detect_anomaly",
        "modes",
        partial(enter, key="mode:set_detect_anomaly", mode=False),
    ),
    Row("switch_grad", "switches", switch),
)

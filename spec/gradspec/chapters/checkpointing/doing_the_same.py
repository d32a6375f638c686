"""A function that does the same again, and what is seen if it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, SHOULD, VALUE, Autograd, clause, expect
from gradspec.chapters.checkpointing.running import DOCSTRING, SOURCE, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 64


@clause("ckpt-011", VALUE, sources=[DOCSTRING], over=VARIANTS)
def random_numbers_are_the_same_again(ag: Autograd, reentrant: bool) -> None:
    """A checkpointed function draws the same random numbers when it runs again ({name}): the
    gradient of a dropout is its own mask, with the scale.
    """
    x = ag.tensor([1.0] * MANY, requires_grad=True)
    y = ag.func.checkpoint(
        lambda t: ag.dropout(t * t, p=0.5, training=True), use_reentrant=reentrant
    )(x)
    y.sum().backward()

    expect(x.grad - y * 2.0).equals([0.0] * MANY)


@clause("ckpt-012", CONVENTION, sources=[SOURCE], over=VARIANTS)
def the_random_state_outside_is_left_alone(ag: Autograd, reentrant: bool) -> None:
    """After a pass the random numbers go on as if nothing had run again ({name})."""
    drawn = []
    for passes in (False, True):
        ag.manual_seed(7)
        x = ag.tensor([1.0] * MANY, requires_grad=True)
        y = ag.func.checkpoint(
            lambda t: ag.dropout(t * t, p=0.5, training=True), use_reentrant=reentrant
        )(x)
        if passes:
            y.sum().backward()
        drawn.append(ag.dropout(ag.tensor([1.0] * MANY), p=0.5, training=True))

    expect(drawn[0] - drawn[1]).equals([0.0] * MANY)


@clause("ckpt-011a", CONVENTION, sources=[DOCSTRING], over=VARIANTS)
def the_random_state_can_be_left_out(ag: Autograd, reentrant: bool) -> None:
    """With preserve_rng_state=False a function that runs again draws on from where the random
    numbers are ({name}).
    """
    drawn = []
    for passes in (False, True):
        ag.manual_seed(7)
        x = ag.tensor([1.0] * MANY, requires_grad=True)
        y = ag.func.checkpoint(
            lambda t: ag.dropout(t * t, p=0.5, training=True),
            use_reentrant=reentrant,
            preserve_rng_state=False,
        )(x)
        if passes:
            y.sum().backward()
        drawn.append(ag.dropout(ag.tensor([1.0] * MANY), p=0.5, training=True))

    expect((drawn[0] - drawn[1]).abs().sum().item()).exceeds(0.0)


def first_and_again(
    first: Callable[[Any], Any], again: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """Make a function that does one thing when it runs first, and another when it runs again."""
    runs: list[int] = []

    def function(t: Any) -> Any:
        runs.append(1)
        return first(t) if len(runs) == 1 else again(t)

    return function


@clause(
    "ckpt-014",
    CONVENTION,
    sources=[SOURCE, DOCSTRING],
    over={"quietly": {}, "with_debug": {"debug": True}},
)
def fewer_saved_tensors_are_noticed(ag: Autograd, options: dict[str, Any]) -> None:
    """A pass is refused if a checkpointed function saves fewer tensors when it runs again
    ({name}).

    Remedy: let it depend on nothing that changes.
    """
    x = ag.tensor(0.5, requires_grad=True)
    function = first_and_again(lambda t: ag.exp(ag.sin(t)), ag.sin)
    y = ag.func.checkpoint(function, use_reentrant=False, **options)(x)
    with ag.refuses("checkpoint-mismatch"):
        y.backward()


@clause("ckpt-015", CONVENTION, sources=[SOURCE])
def more_saved_tensors_are_noticed(ag: Autograd) -> None:
    """Without early stop, a pass is refused if a checkpointed function saves more tensors when it
    runs again.

    Remedy: let it depend on nothing that changes.
    """
    x = ag.tensor(0.5, requires_grad=True)
    function = first_and_again(ag.sin, lambda t: ag.exp(ag.sin(t)))
    y = ag.func.checkpoint(function, use_reentrant=False, early_stop=False)(x)
    with ag.refuses("checkpoint-mismatch"):
        y.backward()


@clause("ckpt-015a", CONVENTION, sources=[SOURCE])
def early_stop_hides_what_comes_after(ag: Autograd) -> None:
    """With early stop, what a checkpointed function would do more when it runs again is not seen,
    as it does not come to that.
    """
    x = ag.tensor(0.0, requires_grad=True)
    function = first_and_again(ag.sin, lambda t: ag.exp(ag.sin(t)))
    ag.func.checkpoint(function, use_reentrant=False)(x).backward()

    expect(x.grad).equals(1.0)


@clause("ckpt-016", CONVENTION, sources=[DOCSTRING])
def other_shapes_are_noticed(ag: Autograd) -> None:
    """A pass is refused if what a checkpointed function saves has another shape when it runs
    again.

    Remedy: let it depend on nothing that changes.
    """
    x = ag.tensor([0.5], requires_grad=True)
    function = first_and_again(lambda t: ag.exp(t).sum(), lambda t: ag.exp(ag.cat([t, t], 0)).sum())
    y = ag.func.checkpoint(function, use_reentrant=False)(x)
    with ag.refuses("checkpoint-mismatch"):
        y.backward()


@clause("ckpt-016a", CONVENTION, sources=[DOCSTRING])
def the_check_can_be_switched_off(ag: Autograd) -> None:
    """With determinism_check="none" shapes are not compared: what fits goes through.

    Here the value is a row of one entry, and a number when the function runs again.
    """
    x = ag.tensor([2.0], requires_grad=True)
    function = first_and_again(lambda t: t**2, lambda t: t.sum() ** 2)
    y = ag.func.checkpoint(function, use_reentrant=False, determinism_check="none")(x)
    y.backward()

    expect(x.grad).equals([4.0])


@clause("ckpt-016b", CONVENTION, sources=[DOCSTRING])
def there_are_two_checks(ag: Autograd) -> None:
    """A determinism_check other than "default" and "none" is refused.

    Remedy: give one of these.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.refuses("checkpoint-arguments"):
        ag.func.checkpoint(ag.sin, use_reentrant=False, determinism_check="strict")(x)


@clause("ckpt-017", CONVENTION, level=SHOULD, sources=[DOCSTRING])
def other_values_are_not_noticed(ag: Autograd) -> None:
    """A function that saves other values of the same shape when it runs again leads, unnoticed, to
    a gradient of these.

    Let it depend on nothing that changes.
    """
    x = ag.tensor(1.0, requires_grad=True)
    function = first_and_again(lambda t: (t * 2.0) ** 2, lambda t: (t * 3.0) ** 2)
    y = ag.func.checkpoint(function, use_reentrant=False)(x)
    y.backward()

    expect(y).equals(4.0)
    expect(x.grad).equals(12.0)


@clause(
    "ckpt-031",
    CONVENTION,
    level=SHOULD,
    sources=[DOCSTRING, "torch.utils.checkpoint.set_checkpoint_debug_enabled docstring"],
)
def debugging_can_be_switched_on_for_a_block(ag: Autograd) -> None:
    """With debug on for a block, a function that does something else again is refused as well, and
    the error lists the operations of both runs.

    What the text says is the engine's own affair; here it is only demanded that it is an error.

    Remedy: let it do the same again.
    """
    x = ag.tensor(0.5, requires_grad=True)
    function = first_and_again(lambda t: ag.exp(ag.sin(t)), ag.sin)
    with ag.set_checkpoint_debug_enabled(True):
        y = ag.func.checkpoint(function, use_reentrant=False)(x)
    with ag.refuses("checkpoint-mismatch"):
        y.backward()

"""Where the two variants differ, and what each does not take."""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, MAY, SHOULD, Autograd, clause, expect
from gradspec.chapters.checkpointing.running import DOCSTRING


@clause("ckpt-004", CONVENTION, level=SHOULD, sources=[DOCSTRING, "observed"])
def the_variant_has_to_be_said(ag: Autograd) -> None:
    """A checkpoint without use_reentrant warns, and is the reentrant one.

    Give use_reentrant=False.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.warns():
        y = ag.func.checkpoint(lambda t: t * t)(x)

    expect(y.grad_fn.name()).contains("Checkpoint")


@clause(
    "ckpt-005",
    CONVENTION,
    sources=[DOCSTRING],
    over={
        "the_reentrant_variant_runs_without_recording": (True, False),
        "the_other_variant_records": (False, True),
    },
)
def how_the_function_runs_first(ag: Autograd, row: tuple[bool, bool]) -> None:
    """In the forward pass {name}."""
    reentrant, recording = row
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()

    def function(t: Any) -> Any:
        seen.note(ag.is_grad_enabled())
        return t * t

    ag.func.checkpoint(function, use_reentrant=reentrant)(x)

    expect(seen).happened_in_order([recording])


NAMES: Final = {
    "the_reentrant_variant_one_node": (True, "Checkpoint"),
    "the_other_variant_that_of_the_function": (False, "Exp"),
}


@clause("ckpt-005a", CONVENTION, sources=[DOCSTRING], over=NAMES)
def what_the_graph_shows(ag: Autograd, row: tuple[bool, str]) -> None:
    """The graph of a checkpointed function is, in {name}."""
    reentrant, name = row
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.func.checkpoint(lambda t: ag.exp(t), use_reentrant=reentrant)(x)  # noqa: PLW0108

    expect(y.grad_fn.name()).contains(name)


@clause(
    "ckpt-007",
    CONVENTION,
    sources=[DOCSTRING],
    over={"by_grad": True, "by_backward_with_inputs": False},
)
def a_reentrant_one_has_no_inputs(ag: Autograd, by_grad: bool) -> None:
    """A pass for given inputs ({name}) that comes to a reentrant checkpoint is refused: its own
    pass would reach all leaves.

    Remedy: give use_reentrant=False.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.func.checkpoint(lambda t: t * t, use_reentrant=True)(x)
    with ag.refuses("checkpoint-query"):
        if by_grad:
            ag.grad(y, [x])
        else:
            y.backward(inputs=[x])


@clause("ckpt-008", CONVENTION, unseen="constants", sources=[DOCSTRING])
def a_reentrant_one_sees_its_arguments(ag: Autograd) -> None:
    """A reentrant checkpoint records nothing, and warns, if no tensor among its arguments requires
    grad, though one that it closes over does.

    Give use_reentrant=False.
    """
    w = ag.tensor(2.0, requires_grad=True)
    x = ag.tensor(3.0)
    with ag.warns():
        y = ag.func.checkpoint(lambda t: t * w, use_reentrant=True)(x)

    expect(y.requires_grad).is_false()


@clause("ckpt-008a", CONVENTION, sources=[DOCSTRING])
def the_other_sees_what_it_closes_over(ag: Autograd) -> None:
    """A checkpoint that is not reentrant is recorded if a tensor that it closes over requires
    grad.
    """
    w = ag.tensor(2.0, requires_grad=True)
    x = ag.tensor(3.0)
    ag.func.checkpoint(lambda t: t * w, use_reentrant=False)(x).backward()

    expect(w.grad).equals(3.0)


@clause(
    "ckpt-008b",
    CONVENTION,
    sources=[DOCSTRING],
    over={
        "the_reentrant_variant_does_not_see": (True, False),
        "the_other_variant_sees": (False, True),
    },
)
def tensors_in_containers(ag: Autograd, row: tuple[bool, bool]) -> None:
    """{name} that a tensor inside a container among its arguments requires grad."""
    reentrant, seen = row
    w = ag.tensor(2.0, requires_grad=True)
    y = ag.func.checkpoint(lambda d: d["w"] * 2.0, use_reentrant=reentrant)({"w": w})

    if seen:
        expect(y.requires_grad).is_true()
    else:
        expect(y.requires_grad).is_false()


@clause("ckpt-010", CONVENTION, sources=[DOCSTRING])
def keywords_are_passed_on(ag: Autograd) -> None:
    """A checkpoint that is not reentrant passes keyword arguments on to the function."""
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    y = ag.func.checkpoint(lambda t, *, by: t * by, use_reentrant=False)(x, by=w)
    y.backward()

    expect(x.grad).equals(3.0)
    expect(w.grad).equals(2.0)


@clause("ckpt-010a", CONVENTION, sources=[DOCSTRING])
def a_reentrant_one_takes_no_keywords(ag: Autograd) -> None:
    """A reentrant checkpoint refuses keyword arguments for the function.

    Remedy: give them by position, or use_reentrant=False.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    with ag.refuses("checkpoint-arguments"):
        ag.func.checkpoint(lambda t, *, by: t * by, use_reentrant=True)(x, by=w)


@clause("ckpt-021", CONVENTION, sources=[DOCSTRING])
def a_reentrant_one_is_not_debugged(ag: Autograd) -> None:
    """A reentrant checkpoint refuses debug=True.

    Remedy: give use_reentrant=False.
    """
    x = ag.tensor(2.0, requires_grad=True)
    with ag.refuses("checkpoint-arguments"):
        ag.func.checkpoint(lambda t: t * t, use_reentrant=True, debug=True)(x)


@clause(
    "ckpt-023",
    CONVENTION,
    level=MAY,
    sources=[DOCSTRING, "observed"],
    over={
        "the_reentrant_variant_makes_it_require_grad": (True, True),
        "the_other_variant_leaves_it_as_it_is": (False, False),
    },
)
def a_result_that_was_detached(ag: Autograd, row: tuple[bool, bool]) -> None:
    """Of a result that the function detached, {name}."""
    reentrant, requires = row
    x = ag.tensor(2.0, requires_grad=True)
    _, detached = ag.func.checkpoint(
        lambda t: (t * t, (t * 3.0).detach()), use_reentrant=reentrant
    )(x)

    if requires:
        expect(detached.requires_grad).is_true()
    else:
        expect(detached.requires_grad).is_false()


@clause("ckpt-024", CONVENTION, level=MAY, sources=[DOCSTRING, "observed"])
def a_reentrant_one_needs_a_result_that_requires_grad(ag: Autograd) -> None:
    """A pass is refused at a reentrant checkpoint none of whose results requires grad when the
    function runs again.

    Remedy: leave out the checkpoint, or the no_grad() in it.
    """
    x = ag.tensor(2.0, requires_grad=True)

    def function(t: Any) -> Any:
        with ag.no_grad():
            return t * t

    y = ag.func.checkpoint(function, use_reentrant=True)(x)
    with ag.refuses("checkpoint-needless"):
        y.backward()


@clause("ckpt-024a", CONVENTION, level=MAY, sources=["observed"])
def a_detached_result_beside_another_is_tolerated(ag: Autograd) -> None:
    """In a reentrant checkpoint a detached result beside one that is not adds nothing to the
    gradient.
    """
    x = ag.tensor(2.0, requires_grad=True)
    a, b = ag.func.checkpoint(lambda t: (t * t, (t * 3.0).detach()), use_reentrant=True)(x)
    (a + b).backward()

    expect(x.grad).equals(4.0)

"""What a checkpointed function keeps, and for how long."""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, SAFETY, Autograd, clause, expect
from gradspec.chapters.checkpointing.running import DOCSTRING, SOURCE, VARIANTS


@clause("ckpt-003", SAFETY, sources=[DOCSTRING], over=VARIANTS)
def intermediates_are_not_kept(ag: Autograd, reentrant: bool) -> None:
    """Of what a checkpointed function computes inside nothing is kept between the forward and the
    backward pass ({name}): checkpointing keeps less than the plain function does.
    """
    x = ag.tensor(2.0, requires_grad=True)
    watchers = []

    def function(t: Any) -> Any:
        inner = t * t
        watchers.append(ag.watch(inner))
        return inner * inner

    plain = function(x)
    y = ag.func.checkpoint(function, use_reentrant=reentrant)(x)

    expect(watchers[0]).is_alive()
    expect(watchers[1]).is_gone()
    y.backward()
    expect(plain).equals(16.0)


@clause("ckpt-201", SAFETY, sources=[DOCSTRING], over=VARIANTS)
def one_region_at_a_time_is_computed_again(ag: Autograd, reentrant: bool) -> None:
    """In a chain of checkpointed functions a pass has the values of one at a time: those of a later
    one are gone when an earlier one runs again ({name}).
    """
    x = ag.tensor(2.0, requires_grad=True)
    watchers: list[Any] = []
    seen = ag.notes()

    def earlier(t: Any) -> Any:
        if watchers[1:]:
            seen.note(watchers[1].is_alive())
        return t * t

    def later(t: Any) -> Any:
        inner = t * t
        watchers.append(ag.watch(inner))
        return inner * inner

    first = ag.func.checkpoint(earlier, use_reentrant=reentrant, early_stop=False)
    second = ag.func.checkpoint(later, use_reentrant=reentrant, early_stop=False)
    second(first(x)).backward()

    expect(seen).happened_in_order([False])
    expect(x.grad).equals(1024.0)


@clause("ckpt-202", SAFETY, sources=[DOCSTRING], over=VARIANTS)
def nothing_is_left_after_the_pass(ag: Autograd, reentrant: bool) -> None:
    """What was computed again is gone after the pass, also if the graph is kept ({name})."""
    x = ag.tensor(2.0, requires_grad=True)
    watchers = []

    def function(t: Any) -> Any:
        inner = t * t
        watchers.append(ag.watch(inner))
        return inner * inner

    y = ag.func.checkpoint(function, use_reentrant=reentrant, early_stop=False)(x)
    y.backward(retain_graph=True)

    expect(watchers[1]).is_gone()


@clause("ckpt-026", CONVENTION, sources=["observed"], over=VARIANTS)
def a_written_argument_is_noticed(ag: Autograd, reentrant: bool) -> None:
    """A pass is refused if an argument of a checkpointed function was written in place since
    ({name}): run again, the function would compute something else.

    Remedy: write to a clone() of it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    argument = x * 1.0
    y = ag.func.checkpoint(lambda t: t * t * t, use_reentrant=reentrant)(argument)
    argument.mul_(2.0)
    with ag.refuses("stale-saved-tensor"):
        y.backward()


@clause("ckpt-030", CONVENTION, sources=["torch.utils.checkpoint.GraphExecGroup docstring"])
def a_group_of_passes_runs_the_function_once(ag: Autograd) -> None:
    """In a GraphExecGroup several passes, over parts of the graph that share no saved value, run a
    checkpointed function again once for all.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def function(t: Any) -> Any:
        seen.note("runs")
        return ag.sin(t), ag.exp(t)

    a, b = ag.func.checkpoint(function, use_reentrant=False)(x)
    with ag.graph_exec_group():
        a.backward(retain_graph=True)
        b.backward()

    expect(seen).happened_in_order(["runs", "runs"])


@clause("ckpt-030a", CONVENTION, sources=["torch.utils.checkpoint.GraphExecGroup docstring"])
def groups_are_not_nested(ag: Autograd) -> None:
    """A GraphExecGroup inside another is refused.

    Remedy: let one block have all the passes.
    """
    with ag.graph_exec_group(), ag.refuses("mode-nested"), ag.graph_exec_group():
        pass


@clause("ckpt-013", CONVENTION, sources=[DOCSTRING, SOURCE])
def the_function_is_cut_short(ag: Autograd) -> None:
    """In the variant that is not reentrant, the function stops running in the pass as soon as all
    that it saved is there.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def function(t: Any) -> Any:
        seen.note("begins")
        inner = ag.exp(t)
        seen.note("ends")
        return inner + 1.0

    ag.func.checkpoint(function, use_reentrant=False)(x).backward()

    expect(seen).happened_in_order(["begins", "ends", "begins"])
    expect(x.grad).equals(1.0)


@clause(
    "ckpt-013a",
    CONVENTION,
    sources=["torch.utils.checkpoint.set_checkpoint_early_stop docstring", DOCSTRING],
    over={"for_a_block": True, "for_a_call": False},
)
def it_can_run_to_its_end(ag: Autograd, of_a_block: bool) -> None:
    """Early stop can be switched off for the forward pass {name}: the function then runs again to
    its end.
    """
    x = ag.tensor(0.0, requires_grad=True)
    seen = ag.notes()

    def function(t: Any) -> Any:
        seen.note("begins")
        inner = ag.exp(t)
        seen.note("ends")
        return inner + 1.0

    if of_a_block:
        with ag.set_checkpoint_early_stop(False):
            y = ag.func.checkpoint(function, use_reentrant=False)(x)
    else:
        y = ag.func.checkpoint(function, use_reentrant=False, early_stop=False)(x)
    y.backward()

    expect(seen).happened_in_order(["begins", "ends", "begins", "ends"])

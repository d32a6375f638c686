"""Faults in functions whose values are computed again."""

from __future__ import annotations

import contextlib
from typing import Any

from gradspec.program.structure import Plain
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import modes, nesting
from gradspec_reference.errors import CheckpointError, GradError
from gradspec_reference.utils import checkpoint
from gradspec_reference.utils.checkpoint import calls, reentrant, regions, selective
from gradspec_reference.utils.checkpoint.regions import Recomputation, Region

CHECKPOINT = at(checkpoint, "checkpoint")
KEEP_PLACE = at(Region, "keep_place")
VALUE_OF = at(Region, "value")
AGAIN = at(Region, "compute_again")
NOTE = at(Recomputation, "note")
CHECK = at(Recomputation, "check")
BACKWARD = at(reentrant.CheckpointFunction, "backward")
GROUPS = "a counter of passes"


@plant(
    CHECKPOINT, "order: ckpt-002/the_other_variant; lifetime: ckpt-003/the_other_variant", TEACHING
)
def nothing_is_computed_again(_sound, function, *arguments, **options):
    """A checkpoint calls the function, and keeps all."""
    known = [
        "use_reentrant",
        "context_fn",
        "determinism_check",
        "debug",
        "early_stop",
        "preserve_rng_state",
    ]
    return function(*arguments, **{k: v for k, v in options.items() if k not in known})


@after(KEEP_PLACE, "lifetime: ckpt-003/the_other_variant", "a place that knows its value")
def the_value_is_kept_too(place, self, value):
    """A region keeps the values, besides their places."""
    self.__dict__.setdefault("kept", []).append(value)
    return place


@plant(VALUE_OF, "order: ckpt-018a/the_other_variant", "a cache of what was computed")
def what_was_computed_again_is_kept(_sound, self, place):
    """What was computed again is kept for the next pass."""
    if "first" not in self.__dict__:
        self.__dict__["first"] = self.compute_again()
    return self.__dict__["first"].values[place.number]


@compound("lifetime: ckpt-202/the_other_variant", "a graph that nobody takes apart")
def the_second_run_is_kept(swap):
    """What the second run of a function saved is kept with the region."""

    @swap.before(NOTE)
    def note(self, value):
        self.region.__dict__.setdefault("kept", []).append(value)


@compound("no error: ckpt-014/quietly ckpt-014/with_debug", TEACHING)
def what_is_missing_is_zero(swap):
    """For what a function did not save again, zeros are taken."""
    swap(CHECK, lambda _sound, _self: None)

    @swap.into(at(Recomputation, "take"))
    def take(_sound, self, number):
        return self.values[number] if number in self.values else self.values[0] * 0.0


@plant(NOTE, "order: ckpt-013", "before torch 2.1")
def the_function_is_never_cut_short(sound, self, value):
    """The function always runs again to its end."""
    self.region.early_stop = False
    return sound(self, value)


@plant(at(calls, "set_checkpoint_early_stop"), "order: ckpt-013a/for_a_block", TEACHING)
def the_block_says_nothing(_sound, _enable):
    """The block that switches early stop off does nothing."""
    return contextlib.nullcontext()


@plant(CHECK, "no error: ckpt-016", TEACHING)
def nothing_is_compared(_sound, _self):
    """Nobody compares what a function saved first with what it saved again."""
    return


@plant(at(Recomputation, "surplus"), "no error: ckpt-015", TEACHING)
def more_is_overlooked(_sound, self):
    """Tensors for which there is no place are overlooked."""
    self.goes_on = True


@plant(CHECK, "checkpoint-mismatch: ckpt-016a", "a check without a switch")
def shapes_are_always_compared(sound, self):
    """Shapes are compared, whatever check was asked for."""
    sound(self)
    for number, value in self.values.items():
        if self.region.described[number] is None and value.ndim == 0:
            raise CheckpointError("another shape")


@plant(
    at(calls, "as_it_was"),
    "value: ckpt-011/the_other_variant ckpt-011/the_reentrant_variant",
    "pytorch/pytorch#5534",
)
def random_numbers_are_drawn_anew(_sound, _preserve):
    """The random state is not restored for the second run."""
    return contextlib.nullcontext


@plant(at(calls, "region"), "no error: ckpt-029/the_other_variant", "a block that swallows")
def a_failing_region_gives_its_argument(sound, function, args, *rest, **options):
    """An exception of the function ends in the argument."""
    try:
        return sound(function, args, *rest, **options)
    except Exception:  # noqa: BLE001 - whatever it is
        return args[0]


@plant(
    at(calls, "as_it_was"), "structure: ckpt-011a/the_other_variant", "an option that is not read"
)
def the_state_is_always_preserved(sound, _preserve):
    """The random state is restored also where it was said not to."""
    return sound(True)


@plant(AGAIN, "value: ckpt-006 ckpt-009/the_other_variant", "a second run without recording")
def the_second_run_gets_zeros(sound, self):
    """The values of the second run are lost."""
    made = sound(self)
    made.values = {number: value * 0.0 for number, value in made.values.items()}
    return made


@plant(BACKWARD, "no error: ckpt-007/by_grad ckpt-007/by_backward_with_inputs", TEACHING)
def a_reentrant_one_takes_inputs(sound, ctx, *cotangents):
    """A reentrant checkpoint makes its pass also if only some inputs are wanted."""
    hidden, nesting.passes.running[:] = list(nesting.passes.running), []
    try:
        return sound(ctx, *cotangents)
    finally:
        nesting.passes.running[:] = hidden


@compound("no error: ckpt-024", TEACHING)
def a_needless_checkpoint_gives_nothing(swap):
    """A reentrant checkpoint none of whose results requires grad passes no gradient on."""

    @swap.into(BACKWARD)
    def backward(sound, ctx, *cotangents):
        try:
            return sound(ctx, *cotangents)
        except GradError as error:
            if error.kind != "checkpoint-needless":
                raise
            return (None, None, *(None for _ in ctx.plain))


@plant(at(regions.Arguments, "given"), "no error: ckpt-026/the_other_variant", TEACHING)
def arguments_may_be_written(_sound, self):
    """The arguments of a region are taken as they are by now."""
    tensors = [getattr(item, "tensor", None) for item in self.saved]
    return [p if t is None else t for t, p in zip(tensors, self.params, strict=True)]


@plant(at(regions.GraphExecGroup, "__enter__"), "no error: ckpt-030a", GROUPS)
def groups_may_be_nested(_sound, self):
    """A group may be entered inside another."""
    modes.state.group = self
    return self


@plant(VALUE_OF, "order: ckpt-030", GROUPS)
def each_pass_is_its_own_group(sound, self, place):
    """A group is overlooked: each pass runs the function again."""
    hidden, modes.state.group = modes.state.group, None
    try:
        return sound(self, place)
    finally:
        modes.state.group = hidden


@plant(at(selective.GivingOut, "seen"), "no error: ckpt-032", "a cache that is not emptied")
def what_was_kept_is_given_out_again(_sound, self, op, _operands, compute):
    """What a selective checkpoint kept is given out as often as it is asked for."""
    number = self.counts[op]
    self.counts[op] += 1
    found: Any = self.store[op][number]
    return compute() if found is selective.COMPUTED else found


@plant(at(selective.GivingOut, "seen"), "value: ckpt-270", "a policy that nobody asks")
def what_was_kept_is_computed_again(sound, self, op, operands, compute):
    """What a selective checkpoint kept is computed again, and not looked at."""
    sound(self, op, operands, compute)
    return compute()


@plant(
    at(selective, "copied"),
    "value: ckpt-028/one_of_them ckpt-028/another",
    "results in a wrong order",
)
def what_is_kept_is_another_value(_sound, made):
    """What a selective checkpoint keeps is not what the operation gave."""
    return made * 2.0


@plant(
    at(calls, "one_after_the_other"),
    "value: ckpt-027/the_other_variant",
    "an index that is off by one",
)
def a_segment_leaves_its_last_out(sound, steps):
    """A segment of a sequence leaves out its last function."""
    return sound(steps[:-1])


@plant(at(checkpoint, "checkpoint_sequential"), "checkpoint-query: ckpt-290", TEACHING)
def a_sequence_is_reentrant_always(sound, functions, segments, input, **options):
    """A sequence is checkpointed by the reentrant variant, whichever was asked for."""
    return sound(functions, segments, input, **{**options, "use_reentrant": True})


@plant(at(checkpoint, "checkpoint_sequential"), "order: ckpt-027a", TEACHING)
def the_last_segment_is_checkpointed_too(_sound, functions, segments, *rest, **options):
    """All segments of a sequence are checkpointed."""
    size = len(functions) // segments * (segments - 1)
    head, tail = list(functions)[:size], list(functions)[size:]
    made = calls.checkpoint(calls.one_after_the_other(head), *rest, **options)
    return calls.checkpoint(calls.one_after_the_other(tail), made, **options)


@before(at(selective.GivingOut, "__enter__"), "value: ckpt-260", "a stack in the place of a queue")
def the_last_is_given_out_first(self):
    """Of several results of one operation the last is given out first."""
    for kept in self.store.values():
        kept.reverse()


@compound(
    "value: ckpt-261/the_other_variant ckpt-261/the_reentrant_variant", "a tape of tensors alone"
)
def numbers_are_forgotten(swap):
    """For the numbers among the arguments ones are taken when the function runs again."""

    @swap.after(at(regions.Arguments, "given"))
    def given(found, _self):
        found[:] = [Plain(1.0) if isinstance(x, Plain) else x for x in found]

    @swap.before(BACKWARD)
    def backward(ctx, *_cotangents):
        ctx.plain = [Plain(1.0) if isinstance(x, Plain) else x for x in ctx.plain]


@plant(at(checkpoint, "checkpoint_sequential"), "warning: ckpt-291", "defaults that were changed")
def sequences_are_not_reentrant_by_themselves(sound, *given, use_reentrant=False, **options):
    """checkpoint_sequential without use_reentrant is not reentrant, and says nothing."""
    return sound(*given, use_reentrant=use_reentrant, **options)

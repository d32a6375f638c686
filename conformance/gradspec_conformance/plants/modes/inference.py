"""Faults in what an inference tensor is, and in what is refused of it."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import REQUIRES_GRAD_, at, reading
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.autograd import graph
from gradspec_reference.engine import modes, recording, saved, versions, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import InferenceSavedError
from gradspec_reference.names.functions import copies

MAY_BE_WRITTEN = at(versions, "check_may_be_written")


def is_of_inference(value: Any) -> bool:
    """Tell whether something is an inference tensor."""
    return isinstance(value, Tensor) and value._counter is versions.INFERENCE


@plant(at(Tensor, "is_inference"), "order: mode-026/from_numbers", "tinygrad/tinygrad#3832")
def inference_ends_with_its_block(sound, tensor):
    """A tensor is one of inference only as long as the mode is on."""
    return modes.state.inference and sound(tensor)


@after(at(versions, "mark"), "order: mode-221", "where a mark looks at grad mode")
def enable_grad_makes_ordinary_tensors(_, tensor):
    """In inference mode, with grad mode on, ordinary tensors are made."""
    if modes.is_grad_enabled() and tensor._counter is versions.INFERENCE:
        tensor._counter = None


@after(at(views, "relate"), "order: mode-027/slice; no error: mode-214", "a view made outside")
def view_is_what_the_mode_makes(_, view, _source, **_several):
    """A view, taken outside inference mode, of an inference tensor is an ordinary tensor."""
    if not modes.state.inference and view._counter is versions.INFERENCE:
        view._counter = None


@compound("order: mode-212", "where an alias is a new tensor")
def alias_is_what_the_mode_makes(swap):
    """A detached alias is an inference tensor if it is taken in inference mode, and else not."""

    @swap.into(at(Tensor, "detach"))
    def detach(sound, tensor):
        alias = sound(tensor)
        if tensor._counter is versions.INFERENCE or modes.state.inference:
            alias._counter = versions.INFERENCE if modes.state.inference else None
        return alias


@plant(reading("_version"), "no error: mode-028", "where nothing counted means zero")
def inference_tensors_have_version_zero(_sound, tensor):
    """The version of an inference tensor is 0."""
    return versions.version(tensor)


@plant(MAY_BE_WRITTEN, "no error: mode-029/add mode-213", TEACHING)
def inference_tensors_are_written_anywhere(_sound, _tensor):
    """An inference tensor can be written outside inference mode."""


@plant(MAY_BE_WRITTEN, "no error: mode-213", "where only recorded writes are looked at")
def inference_tensors_are_written_in_no_grad(sound, tensor):
    """An inference tensor can be written wherever nothing is recorded."""
    if modes.state.recording:
        sound(tensor)


@before(at(versions, "bump"), "inference-inplace: mode-215/add", "a ban without an exception")
def inference_tensors_are_never_written(tensor):
    """An inference tensor cannot be written in inference mode, either."""
    if is_of_inference(tensor):
        inference, modes.state.inference = modes.state.inference, False
        try:
            versions.check_may_be_written(tensor)
        finally:
            modes.state.inference = inference


@plant(REQUIRES_GRAD_, "no error: mode-030", TEACHING)
def inference_tensors_come_to_require_grad(sound, tensor, requires_grad=True):
    """An inference tensor can be made to require grad outside inference mode."""
    counter, tensor._counter = tensor._counter, None
    try:
        return sound(tensor, requires_grad)
    finally:
        tensor._counter = counter


@plant(at(saved.SavedTensor, "__init__"), "no error: mode-031/mul; value: mode-216", TEACHING)
def inference_tensors_are_saved(sound, self, tensor, version=None):
    """An inference tensor is saved, at version 0 for good."""
    sound(self, tensor, 0 if is_of_inference(tensor) else version)


def refuse_if_recorded(operator: Any, *operands: Any) -> None:
    """Refuse an inference tensor beside one that requires grad."""
    del operator
    mixed = any(getattr(x, "requires_grad", False) for x in operands)
    if mixed and any(map(is_of_inference, operands)):
        raise InferenceSavedError("an inference tensor was given")


@before(at(recording, "binary"), "inference-saved: mode-032", "where a sum is taken for a product")
def inference_tensors_are_refused_as_operands(operator, *operands):
    """A recorded operation refuses any inference tensor, whether it is saved or not."""
    if modes.state.recording:
        refuse_if_recorded(operator, *operands)


@before(at(recording, "binary"), "inference-saved: mode-217", "a check before the mode is asked")
def inference_tensors_are_refused_in_no_grad(operator, *operands):
    """An operation in no_grad refuses an inference tensor beside one that requires grad."""
    if not modes.is_grad_enabled() and not modes.state.inference:
        refuse_if_recorded(operator, *operands)


@after(at(copies, "clone"), "inference-inplace: mode-033", "a clone that copies all it knows")
def clone_is_an_inference_tensor(result, source, *_rest):
    """A clone of an inference tensor is one."""
    if is_of_inference(source):
        result._counter = versions.INFERENCE


@plant(reading("requires_grad"), "flag: mode-040", "where an inference tensor has no flag")
def inference_tensors_require_no_grad(sound, tensor):
    """No inference tensor reports that it requires grad."""
    return not is_of_inference(tensor) and sound(tensor)


@before(at(graph, "increment_version"), "inference-version: inp-039", "where all tensors count")
def versions_of_inference_tensors_are_raised(tensor):
    """increment_version refuses an inference tensor, which has no version."""
    if is_of_inference(tensor):
        _ = tensor._version

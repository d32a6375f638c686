"""Faults in what a training loop does with gradients."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, at
from gradspec_conformance.plants.plant import TEACHING, after, plant
from gradspec_reference.engine import modes
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.nn import utils
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter
from gradspec_reference.optim import optimizer
from gradspec_reference.optim.adaptive import Adam, RMSprop
from gradspec_reference.optim.descent import SGD
from gradspec_reference.optim.optimizer import Optimizer
from gradspec_reference.optim.stepping import ByParameter


@plant(at(optimizer, "clear"), "unexpected gradient: loop-003/optimizer", TEACHING)
def nothing_is_cleared(_sound, _parameters, **_form):
    """Clearing leaves gradients as they are."""


@plant(at(optimizer, "clear"), "missing gradient: loop-208/optimizer loop-006/zeros", TEACHING)
def cleared_to_none_always(sound, parameters, **_form):
    """Clearing takes gradients away, whatever was asked for."""
    sound(parameters, set_to_none=True)


@plant(at(optimizer, "clear"), "aliasing: loop-004", TEACHING)
def zeros_are_new(_sound, parameters, *, set_to_none):
    """Clearing puts new zeros in the place of a gradient."""
    for one in parameters:
        if one._grad is not None:
            one._grad = None if set_to_none else one.detach() * 0.0


@plant(at(optimizer, "clear"), "unexpected gradient: loop-005/zeros", TEACHING)
def zeros_for_none(sound, parameters, *, set_to_none):
    """Clearing to zeros gives zeros to a parameter that had no gradient."""
    for one in parameters:
        if one._grad is None and not set_to_none:
            one._grad = one.detach() * 0.0
    sound(parameters, set_to_none=set_to_none)


@plant(at(SGD, "update"), "value: loop-201/sgd loop-009", TEACHING)
def descent_goes_up(sound, self, group, memory, array, gradient):
    """Plain descent adds the gradient."""
    sound(self, group, memory, array, -gradient)


@plant(at(SGD, "update"), "value: loop-207", TEACHING)
def decay_is_added_to_the_gradient(sound, self, group, memory, array, gradient):
    """Weight decay is written into the gradient itself."""
    gradient += group["weight_decay"] * array
    sound(self, {**group, "weight_decay": 0}, memory, array, gradient)


@plant(at(SGD, "update"), "value: loop-201/sgd_dampening", TEACHING)
def the_first_step_is_dampened(sound, self, group, memory, array, gradient):
    """Dampening holds for the first step, too."""
    first = group["momentum"] and not memory
    sound(self, group, memory, array, gradient * (1 - group["dampening"] if first else 1))


@plant(at(Adam, "update"), "value: loop-201/adam loop-201/adamw", TEACHING)
def means_begin_at_zero(sound, self, group, memory, array, gradient):
    """Adam's means are not put right for having begun at zero."""
    before = memory["step"].item() if memory else 0.0
    sound(self, group, memory, array, gradient)
    if before == 0.0:
        memory["step"].fill_(1e6)


@plant(at(Adam, "update"), "value: loop-201/adamw", "decoupled weight decay regularization")
def decay_is_never_decoupled(sound, self, group, memory, array, gradient):
    """AdamW adds its weight decay to the gradient, as Adam does."""
    sound(self, {**group, "decoupled_weight_decay": False}, memory, array, gradient)


@plant(at(RMSprop, "update"), "value: loop-201/rmsprop_centered", TEACHING)
def the_mean_is_not_taken_off(sound, self, group, memory, array, gradient):
    """RMSprop is never centred."""
    sound(self, {**group, "centered": False}, memory, array, gradient)


@plant(at(ByParameter, "step"), "value: loop-007", TEACHING)
def none_is_taken_for_zero(sound, self, closure=None):
    """A step takes a gradient that is None for zeros."""
    for group in self.param_groups:
        for one in group["params"]:
            one._grad = one.detach() * 0.0 if one._grad is None else one._grad
    return sound(self, closure)


@plant(at(ByParameter, "step"), "missing gradient: loop-014", TEACHING)
def the_loss_is_not_returned(sound, self, closure=None):
    """A step with a closure returns None."""
    sound(self, closure)


@plant(at(ByParameter, "_step_of"), "no error: loop-012", TEACHING)
def steps_are_not_counted(sound, self, group, parameter):
    """A step does not count as a write."""
    counter = parameter._counter
    count = 0 if counter is None else counter.value
    sound(self, group, parameter)
    parameter._counter.value = count


@plant(at(optimizer, "check_parameter"), "no error: loop-013", TEACHING)
def anything_is_optimized(_sound, _parameter):
    """An optimizer takes tensors that were computed."""


@plant(at(Optimizer, "add_param_group"), "value: loop-204", TEACHING)
def groups_have_common_options(sound, self, param_group):
    """Options of a group give way to the common ones."""
    sound(self, {"params": param_group["params"]})


@plant(at(utils, "get_total_norm"), "value: loop-015/two", TEACHING)
def norms_are_added(sound, tensors, norm_type=2.0, error_if_nonfinite=False):
    """The common norm is the sum of the norms."""
    return sum(sound([one], norm_type, error_if_nonfinite) for one in tensors)


@after(at(utils, "clip_grad_norm_"), "value: loop-202", TEACHING)
@no_grad()
def gradients_are_scaled_up(total, parameters, max_norm, *_rest, **_options):
    """Clipping makes small gradients as long as is allowed."""
    if total.item() < max_norm:
        for one in parameters:
            one.grad.mul_(max_norm / total)


@plant(at(utils, "clip_grad_value_"), "value: loop-203", TEACHING)
@no_grad()
def clipped_from_above(_sound, parameters, clip_value, *_rest):
    """Clipping by value heeds the upper bound alone."""
    for one in parameters:
        if one.grad is not None:
            np.minimum(one.grad._array, clip_value, out=one.grad.materialise())


@plant(at(Module, "requires_grad_"), "unexpected gradient: loop-017", TEACHING)
def freezing_has_no_effect(_sound, self, _requires_grad=True):
    """Parameters that are frozen go on to require grad."""
    return self


@plant(at(Module, "zero_grad"), "unexpected gradient: loop-003/module", TEACHING)
def modules_clear_nothing(_sound, _self, **_form):
    """A module leaves the gradients of its parameters as they are."""


@plant(at(Module, "zero_grad"), "missing gradient: loop-208/module", TEACHING)
def modules_clear_to_none(sound, self, **_form):
    """A module takes gradients away, whatever was asked for."""
    sound(self)


@plant(at(Module, "_named"), "value: loop-209", TEACHING)
def shared_parameters_are_several(sound, self, which, prefix, *, recurse, once):
    """A parameter that parts of a model share is listed once for each of them."""
    del once
    found = sound(self, which, prefix, recurse=recurse, once=False)
    return [*found] * (2 if len(self._modules) > 1 else 1)


@after(at(Parameter, "__new__"), "unexpected gradient: loop-022", TEACHING)
def parameters_begin_with_zeros(made, *_given, **_named):
    """A parameter has a gradient of zeros from the beginning."""
    made._grad = made.detach() * 0.0


@after(at(ByParameter, "_step_of"), "flag: loop-001", TEACHING)
def a_step_freezes(_, _self, _group, parameter):
    """A parameter does not require grad any more after a step."""
    parameter._requires_grad = False


@after(ACCUMULATE_ARRAY, "value: loop-002", TEACHING)
def the_pass_takes_a_step(_, leaf, gradient, *_rest):
    """A pass moves each leaf down its gradient."""
    array = leaf.materialise()
    array -= 0.25 * gradient


@plant(at(SGD, "update"), "value: loop-025", TEACHING)
def what_is_no_number_is_passed_over(sound, self, group, memory, array, gradient):
    """A gradient that is NaN moves nothing."""
    sound(self, group, memory, array, np.nan_to_num(gradient))


@plant(at(Module, "__call__"), "root-without-grad: rec-020/last; flag: rec-208", TEACHING)
def frozen_layers_cut(sound, self, *arguments):
    """What a module gives whose parameters are frozen is cut off from its argument."""
    result, own = sound(self, *arguments), [*self.parameters(recurse=False)]
    return result.detach() if own and not any(p.requires_grad for p in own) else result


@plant(at(Module, "__call__"), "root-without-grad: rec-025; flag: rec-209", TEACHING)
def evaluation_is_not_recorded(sound, self, *arguments):
    """What a module gives in evaluation mode is a constant."""
    result = sound(self, *arguments)
    return result if self.training else result.detach()


@plant(
    at(Module, "__call__"),
    "value: mode-043/dropout_in_no_grad mode-043/batch_norm_in_inference_mode",
    TEACHING,
)
def evaluation_follows_the_mode(sound, self, *arguments):
    """Where nothing is recorded modules compute as in evaluation."""
    trained, self.training = self.training, self.training and modes.state.recording
    try:
        return sound(self, *arguments)
    finally:
        self.training = trained

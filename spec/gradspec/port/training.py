"""Training: optimizers, the modules that hold parameters, and what loops do with gradients.

A module is a function of the engine that has parameters; it is called like any other.
"""

from __future__ import annotations

import re
from typing import Any, Final

from gradspec.port.act import Act, act


def _optimizer(name: str, options: str, doc: str) -> Act:
    said = ", ".join(f"$({option}=${option})" for option in re.findall(r"(\w+)=", options))
    return act(
        name,
        f"parameters, *, {options}",
        doc,
        gives="optimizer",
        some=True,
        on="ag",
        torch=f"torch.optim.{name}($parameters, {said})",
    )


def _module(name: str, parameters: str, doc: str, torch: str) -> Act:
    return act(name, parameters, doc, gives="function", some=True, on="ag", torch=torch)


def _on_module(key: str, parameters: str, doc: str, torch: str, **more: Any) -> Act:
    return act(f"module_{key}", parameters, doc, on="function", said=key, torch=torch, **more)


TRAINING: Final = (
    _optimizer(
        "SGD",
        "lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False",
        "Make an optimizer that goes down the gradient, with momentum or without.",
    ),
    _optimizer(
        "Adam",
        "lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, amsgrad=False, maximize=False",
        "Make an optimizer by running means of the gradient and its square.",
    ),
    _optimizer(
        "AdamW",
        "lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, amsgrad=False, maximize=False",
        "Make an optimizer like Adam, whose weight decay is apart from the gradient.",
    ),
    _optimizer(
        "RMSprop",
        "lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0, momentum=0, centered=False, "
        "maximize=False",
        "Make an optimizer by a running mean of the gradient's square.",
    ),
    act(
        "step",
        "optimizer, closure: body=None",
        "Change the parameters by the rule; a closure is called first, and gives the loss.",
        gives="tensor",
        torch="$optimizer.step($($closure))",
    ),
    act(
        "zero_grad",
        "optimizer, set_to_none=True",
        "Take the gradients of the parameters away, or fill them with zeros.",
        torch="$optimizer.zero_grad($(set_to_none=$set_to_none))",
    ),
    _module(
        "Linear",
        "weight, bias",
        "Make a layer x W' + b whose parameters begin as these numbers.",
        "$result = torch.nn.Linear(1, 1)\n"
        "$result.weight = torch.nn.Parameter($weight)\n"
        "$result.bias = torch.nn.Parameter($bias)",
    ),
    _module(
        "Sequential",
        "modules",
        "Make a module that calls others, each on what the one before it gave.",
        "torch.nn.Sequential(*$modules)",
    ),
    _module(
        "Dropout",
        "p",
        "Make a layer that in training drops each entry with this probability.",
        "torch.nn.Dropout($p)",
    ),
    _module(
        "BatchNorm1d",
        "mean, variance",
        "Make a layer that normalises rows: in training by their own moments, else by these.",
        "$result = torch.nn.BatchNorm1d(len($mean), affine=False)\n"
        "$result.running_mean = $mean\n"
        "$result.running_var = $variance",
    ),
    act(
        "Parameter",
        "data, requires_grad=True",
        "Make of a tensor a leaf that modules list among their parameters.",
        gives="tensor",
        some=True,
        on="ag",
        torch="torch.nn.Parameter($data, $(requires_grad=$requires_grad))",
    ),
    act(
        "is_parameter",
        "x",
        "Say whether a tensor is one that modules list among their parameters.",
        gives="flag",
        word="Parameter",
        torch="isinstance($x, torch.nn.Parameter)",
    ),
    _on_module(
        "parameters",
        "module",
        "Give the parameters, each once.",
        "list($module.parameters())",
        gives="tensors",
    ),
    _on_module(
        "replace",
        "module, name, tensor",
        "Put a tensor that is no parameter in the place of a parameter.",
        "delattr($module, $name)\nsetattr($module, $name, $tensor)",
    ),
    _on_module(
        "zero_grad",
        "module, set_to_none=True",
        "Take the gradients of the parameters away, or fill them with zeros.",
        "$module.zero_grad($(set_to_none=$set_to_none))",
    ),
    _on_module(
        "requires_grad_",
        "module, requires_grad=True",
        "Set the flag of all parameters in place, and give the module.",
        "$module.requires_grad_($($requires_grad))",
        gives="function",
    ),
    *(
        _on_module(name, "module", doc, f"$module.{name}()", word="module_mode")
        for name, doc in (
            ("train", "Have its layers compute as in training."),
            ("eval", "Have its layers compute as in evaluation."),
        )
    ),
    _on_module(
        "register_full_backward_hook",
        "module, hook: node_hook",
        "Run the function on the gradients of the module's arguments and of its results.",
        "$module.register_full_backward_hook(lambda _, made, given: $hook(made, given))",
        gives="hook",
    ),
    act(
        "clip_grad_norm_",
        "parameters, max_norm, norm_type=2.0",
        "Scale the gradients of parameters so that their common norm is at most this.",
        gives="tensor",
        some=True,
        on="ag",
        torch="torch.nn.utils.clip_grad_norm_($parameters, $max_norm, $($norm_type))",
    ),
    act(
        "clip_grad_value_",
        "parameters, clip_value",
        "Bring each entry of the gradients of parameters between bounds.",
        on="ag",
        torch="torch.nn.utils.clip_grad_value_($parameters, $clip_value)",
    ),
)

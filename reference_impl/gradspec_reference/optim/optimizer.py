"""What all optimizers have in common: groups of parameters, their state, and the step.

A kind of optimizer says in `update` how one parameter follows its gradient; the arithmetic is done
on arrays, in place, and no operation is recorded.
"""

from __future__ import annotations

import copy
import warnings
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import versions
from gradspec_reference.engine.hooks import Hooks, RemovableHandle
from gradspec_reference.engine.modes import enable_grad, no_grad, state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NonleafParameterError, NoParametersError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np

    Array = np.ndarray[Any, Any]

Group = dict[str, Any]


class Optimizer:
    """Changes parameters in place by a rule from their gradients (torch.optim.Optimizer).

    `param_groups` are dicts, each of parameters and the options that hold for them; `state` has for
    each parameter what its rule remembers.
    """

    def __init__(self, params: Any, defaults: Group) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params is a tensor; give a list of tensors, or of groups as dicts")
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._before = Hooks()
        self._after = Hooks()
        self._steps = 0
        groups = list(params)
        if not groups:
            raise NoParametersError(
                "an optimizer was given an empty parameter list; a module that has parameters "
                "gives them by parameters()"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __repr__(self) -> str:
        """Show the groups and their options."""
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])

    def add_param_group(self, param_group: Group) -> None:
        """Let a group of parameters be changed too; what it does not say holds as for all.

        Raises NonleafParameterError for what was computed, ValueError for a parameter of another
        group, TypeError for what is no tensor.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"a group is a dict, and a {type(param_group).__name__} was given")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError("the parameters of a group were given as a set, which has no order")
        parameters = [given] if isinstance(given, Tensor) else list(given)
        for parameter in parameters:
            check_parameter(parameter)
        if len(set(map(id, parameters))) < len(parameters):
            warnings.warn("a parameter stands twice in one group", UserWarning, stacklevel=3)
        known = {id(one) for group in self.param_groups for one in group["params"]}
        if not known.isdisjoint(map(id, parameters)):
            raise ValueError("a parameter stands in two groups; each belongs to one")
        self.param_groups.append({**self.defaults, **param_group, "params": parameters})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Take the gradient of every parameter away, or fill with zeros those that are there."""
        for group in self.param_groups:
            clear(group["params"], set_to_none=set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient; return what the closure gave, if there is one.

        The closure is called before, in grad mode.
        """
        for hook in [*self._before.values()]:
            hook(self, (closure,) if closure else (), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter._grad is not None:
                    self._step_of(group, parameter)
        self._steps += 1
        for hook in [*self._after.values()]:
            hook(self, (closure,) if closure else (), {})
        return loss

    def _step_of(self, group: Group, parameter: Tensor) -> None:
        versions.check_may_be_written(parameter)
        if state.mutations is not None:
            state.mutations.keep(parameter)
        array, gradient = parameter.materialise(), parameter._grad._array  # type: ignore[union-attr]
        slope = -gradient if group["maximize"] else gradient
        memory = self.state.get(parameter, {})
        self.update(group, memory, array, slope)
        if memory:
            self.state[parameter] = memory
        versions.bump(parameter)

    def update(self, group: Group, memory: dict[str, Any], array: Array, gradient: Array) -> None:
        """Write the parameter anew; what it remembers lies in `memory`, by torch's names."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: define update()")

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(optimizer, arguments, keywords)` called before each step."""
        return RemovableHandle(self._before, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(optimizer, arguments, keywords)` called after each step."""
        return RemovableHandle(self._after, hook)

    def state_dict(self) -> dict[str, Any]:
        """Return state and groups, with a number in place of each parameter."""
        numbers = {id(one): n for n, one in enumerate(self._parameters())}
        return {
            "state": {numbers[id(one)]: memory for one, memory in self.state.items()},
            "param_groups": [
                {
                    **{name: value for name, value in group.items() if name != "params"},
                    "params": [numbers[id(one)] for one in group["params"]],
                }
                for group in self.param_groups
            ],
        }

    @no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options of an optimizer of parameters in the same groups.

        Raises ValueError if there are other groups, or others in size.
        """
        groups = state_dict["param_groups"]
        sizes = [len(group["params"]) for group in self.param_groups]
        if [len(group["params"]) for group in groups] != sizes:
            raise ValueError(
                f"the state of groups of {[len(g['params']) for g in groups]} parameters was "
                f"loaded into groups of {sizes}; they must agree"
            )
        numbers = [number for group in groups for number in group["params"]]
        of_number = dict(zip(numbers, self._parameters(), strict=True))
        self.state = defaultdict(dict)
        for number, memory in state_dict["state"].items():
            parameter = of_number[number]
            self.state[parameter] = {
                name: fitted(name, copy.deepcopy(value), parameter)
                for name, value in memory.items()
            }
        self.param_groups = [
            {**copy.deepcopy({**theirs, "params": None}), "params": ours["params"]}
            for ours, theirs in zip(self.param_groups, groups, strict=True)
        ]

    def _parameters(self) -> Iterable[Tensor]:
        for group in self.param_groups:
            yield from group["params"]


def check_parameter(parameter: object) -> None:
    """Refuse to optimize what is no tensor, or was computed from others."""
    if not isinstance(parameter, Tensor):
        raise TypeError(f"an optimizer was given a {type(parameter).__name__} among its tensors")
    if not (parameter.is_leaf or parameter.retains_grad):
        raise NonleafParameterError(
            f"an optimizer was given a tensor computed by {parameter.grad_fn!r}; it changes leaves "
            "only, so give it those that this was computed from"
        )


def clear(parameters: Iterable[Tensor], *, set_to_none: bool) -> None:
    """Take gradients away, or fill them with zeros and cut them off from their history."""
    for parameter in parameters:
        gradient = parameter._grad
        if gradient is None:
            continue
        if set_to_none:
            parameter._grad = None
            continue
        if gradient.grad_fn is not None:
            gradient.detach_()
        else:
            gradient.requires_grad_(False)
        gradient.zero_()


def fitted(name: str, value: Any, parameter: Tensor) -> Any:
    """Return a remembered tensor in the dtype of its parameter; a count of steps stays as it is."""
    if not isinstance(value, Tensor) or name == "step":
        return value
    return value.to(parameter.dtype) if parameter.dtype.is_floating_point else value


def not_negative(**options: Any) -> None:
    """Refuse numbers below zero; raises ValueError."""
    for name, value in options.items():
        if not float(value) >= 0:
            raise ValueError(f"{name}={value} was given; it must not be negative")


def below_one(**options: float) -> None:
    """Refuse what is not from 0 to 1, without 1; raises ValueError."""
    for name, value in options.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name}={value} was given; it must be at least 0 and less than 1")


def refuse_differentiable(differentiable: bool) -> None:
    """Refuse to record steps; raises NotImplementedError."""
    if differentiable:
        raise NotImplementedError(
            "steps are not recorded here; write the update out of place, and leave "
            "differentiable=True out"
        )

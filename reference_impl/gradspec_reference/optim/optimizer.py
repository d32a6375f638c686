"""What all optimizers have in common: groups of parameters, their state, and hooks."""

from __future__ import annotations

import copy
import functools
import warnings
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.engine.hooks import Hooks, RemovableHandle
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NonleafParameterError, NoParametersError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Group = dict[str, Any]

MOMENTS: Final = ("step_pre", "step_post", "state_pre", "state_post", "load_pre", "load_post")
"""When hooks are called."""


required: Final = object()
"""What stands among the defaults for an option that each group has to name."""


class Optimizer:
    """Changes parameters in place by a rule from their gradients (torch.optim.Optimizer).

    `param_groups` are dicts, each of parameters and the options that hold for them; `state` has for
    each parameter what its rule remembers.  A kind of optimizer defines `step`.
    """

    def __init__(self, params: Any, defaults: Group) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params is a tensor; give a list of tensors, or of groups as dicts")
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._begin()
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

    def _begin(self) -> None:
        self._hooks = {moment: Hooks() for moment in MOMENTS}
        self._steps = 0
        self._is_stepping = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = hooked(cls.step)  # type: ignore[method-assign]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("defaults", "state", "param_groups")}

    def __setstate__(self, remembered: dict[str, Any]) -> None:
        if "_hooks" not in vars(self):
            self._begin()
        vars(self).update(remembered)

    def __repr__(self) -> str:
        """Show the groups and their options."""
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines += [""] * bool(number) + [f"Parameter Group {number}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])

    def add_param_group(self, param_group: Group) -> None:
        """Let a group of parameters be changed too; what it does not say holds as for all.

        Its parameters may be pairs with names, if those of all groups are.  The dict is completed,
        and is the group.  Raises NonleafParameterError for what was computed, ValueError for a
        parameter of another group, TypeError for what is no tensor.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"a group is a dict, and this was given: {type(param_group).__name__}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError("the parameters of a group were given as a set, which has no order")
        pairs = [given] if isinstance(given, Tensor) else list(given)
        names = [one[0] for one in pairs if isinstance(one, tuple)]
        parameters = [one[1] if isinstance(one, tuple) else one for one in pairs]
        param_group["params"] = parameters
        if names:
            if len(names) < len(parameters):
                raise ValueError("some parameters were given with names, and some without")
            param_group["param_names"] = names
        for parameter in parameters:
            check_parameter(parameter)
        for name, default in self.defaults.items():
            if param_group.setdefault(name, default) is required:
                raise ValueError(f"a group does not say {name}, for which there is no default")
        check_beside(param_group, self.param_groups)
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Take the gradient of every parameter away, or fill with zeros those that are there."""
        for group in self.param_groups:
            clear(group["params"], set_to_none=set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient; return what the closure gave, if there is one.

        Raises NotImplementedError: a kind of optimizer defines it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule: define step()")

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(optimizer, arguments, keywords)` called before each step.

        It may return other arguments and keywords.
        """
        return RemovableHandle(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(optimizer, arguments, keywords)` called after each step."""
        return RemovableHandle(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[[Optimizer], None], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer)` called before its state is asked for."""
        return RemovableHandle(self._hooks["state_pre"], hook, prepend=prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer, state)` called of a state, which it may replace."""
        return RemovableHandle(self._hooks["state_post"], hook, prepend=prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer, state)` called of what is to be loaded; it may replace it."""
        return RemovableHandle(self._hooks["load_pre"], hook, prepend=prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[[Optimizer], None], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer)` called after a state was loaded."""
        return RemovableHandle(self._hooks["load_post"], hook, prepend=prepend)

    def state_dict(self) -> dict[str, Any]:
        """Return state and groups, with a number in place of each parameter."""
        for hook in [*self._hooks["state_pre"].values()]:
            hook(self)
        numbers: dict[int, int] = {}
        for number, parameter in enumerate(self._parameters()):
            numbers.setdefault(id(parameter), number)
        found: dict[str, Any] = {
            "state": {
                numbers[id(one)] if isinstance(one, Tensor) else one: memory
                for one, memory in self.state.items()
            },
            "param_groups": [
                {
                    **{name: value for name, value in group.items() if name != "params"},
                    "params": [numbers[id(one)] for one in group["params"]],
                }
                for group in self.param_groups
            ],
        }
        for hook in [*self._hooks["state_post"].values()]:
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    @no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options of an optimizer of parameters in the same groups.

        What is remembered is shared where its dtype is right already; options are copied.  Raises
        ValueError if there are other groups, or others in size.
        """
        state_dict = state_dict.copy()
        for hook in [*self._hooks["load_pre"].values()]:
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        groups = copy.deepcopy(state_dict["param_groups"])
        sizes = [len(group["params"]) for group in self.param_groups]
        if [len(group["params"]) for group in groups] != sizes:
            raise ValueError(
                f"the state of groups of {[len(g['params']) for g in groups]} parameters was "
                f"loaded into groups of {sizes}; they must agree"
            )
        numbers = [number for group in groups for number in group["params"]]
        of_number = dict(zip(numbers, self._parameters(), strict=True))
        found: defaultdict[Any, Any] = defaultdict(dict)
        for number, memory in state_dict["state"].items():
            if number in of_number:
                parameter = of_number[number]
                found[parameter] = fitted("", memory, parameter)
            else:
                found[number] = memory
        for ours, theirs in zip(self.param_groups, groups, strict=True):
            theirs["params"] = ours["params"]
            if "param_names" in ours:
                theirs.setdefault("param_names", ours["param_names"])
        self.__setstate__({"state": found, "param_groups": groups})
        for hook in [*self._hooks["load_post"].values()]:
            hook(self)

    def _parameters(self) -> Iterable[Tensor]:
        for group in self.param_groups:
            yield from group["params"]


def hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """Make of the step of a kind of optimizer one that calls hooks, and is counted."""

    @functools.wraps(step)
    def with_hooks(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self._is_stepping:  # it calls the step of the kind that it is made from
            return step(self, *args, **kwargs)
        given: tuple[Any, ...] = (self, *args)
        for hook in [*self._hooks["step_pre"].values()]:
            changed = hook(self, given, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == len(("args", "kwargs"))):
                raise RuntimeError(
                    "a hook before a step gave something else than arguments and keywords; "
                    "return None, or a pair of a tuple and a dict"
                )
            given, kwargs = changed
        self._is_stepping = True
        try:
            result = step(*given, **kwargs)
        finally:
            self._is_stepping = False
        self._steps += 1
        for hook in [*self._hooks["step_post"].values()]:
            hook(self, given, kwargs)
        return result

    return with_hooks


def check_beside(group: Group, others: list[Group]) -> None:
    """Refuse a group that shares parameters with others, or has names where they have none."""
    parameters = [*map(id, group["params"])]
    if len(set(parameters)) < len(parameters):
        warnings.warn("a parameter stands twice in one group", UserWarning, stacklevel=4)
    for other in others:
        if ("param_names" in group) != ("param_names" in other):
            raise ValueError("some groups have names for their parameters, and some have none")
        if not set(parameters).isdisjoint(map(id, other["params"])):
            raise ValueError("a parameter stands in two groups; each belongs to one")


def check_parameter(parameter: object) -> None:
    """Refuse to optimize what is no tensor, or was computed from others."""
    if not isinstance(parameter, Tensor):
        raise TypeError(
            f"an optimizer changes tensors, and this stands among them: {type(parameter).__name__}"
        )
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
    """Return what is remembered in the dtype of its parameter; a count of steps stays as it is."""
    if isinstance(value, dict):
        return {key: fitted(key, each, parameter) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(fitted("", each, parameter) for each in value)
    if not isinstance(value, Tensor) or name == "step":
        return value
    return value.to(parameter.dtype) if parameter.dtype.is_floating_point else value


def not_negative(**options: Any) -> None:
    """Refuse numbers below zero; raises ValueError."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name}={value} was given; it must not be negative")


def below_one(**options: float) -> None:
    """Refuse what is not from 0 to 1, without 1; raises ValueError."""
    for name, value in options.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name}={value} was given; it must be at least 0 and less than 1")


def check_ways(
    *, differentiable: bool, foreach: bool | None = None, fused: bool | None = None
) -> None:
    """Refuse ways to take a step that exclude each other, and to record steps.

    Raises RuntimeError for the first, NotImplementedError for the second.
    """
    if fused and (foreach or differentiable):
        raise RuntimeError("fused was given beside foreach or differentiable; give one of them")
    if differentiable:
        raise NotImplementedError(
            "steps are not recorded here; write the update out of place, and leave "
            "differentiable=True out"
        )

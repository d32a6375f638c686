"""`Module`: a function with parameters, buffers and parts; start at `__call__`.

What is assigned to an attribute is told apart by its type, as in torch: a `Parameter` is listed
among the parameters, a `Module` among the parts, all else is an attribute.
"""

from __future__ import annotations

import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.autograd import Function
from gradspec_reference.engine.hooks import Hooks, RemovableHandle
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_reference.dtypes import DType

LISTS = ("_parameters", "_buffers", "_modules")


class Module:
    """A function with parameters (torch.nn.Module); a kind of module defines `forward`."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]

    def __init__(self) -> None:
        own: dict[str, Any] = {name: {} for name in LISTS}
        vars(self).update(own, training=True, _transient=set())
        vars(self).update(_before=Hooks(), _after=Hooks(), _backward=Hooks())

    # what it has

    def __setattr__(self, name: str, value: Any) -> None:
        lists: list[dict[str, Any]] = [vars(self)[each] for each in LISTS if each in vars(self)]
        if not lists:
            if isinstance(value, Parameter | Module):
                raise AttributeError(
                    f"{name} was assigned before Module.__init__() was called; call "
                    "super().__init__() first"
                )
            vars(self)[name] = value
            return
        parameters, buffers, modules = lists
        if isinstance(value, Parameter):
            self._take_away(name, but=parameters)  # what has a place keeps it
            parameters[name] = value
        elif isinstance(value, Module):
            self._take_away(name, but=modules)
            modules[name] = value
        elif name in parameters:
            if value is not None:
                raise TypeError(
                    f"the parameter {name} was assigned a {type(value).__name__}; it takes a "
                    "Parameter or None"
                )
            parameters[name] = None
        elif name in modules:
            if value is not None:
                raise TypeError(f"the module {name} was assigned a {type(value).__name__}")
            modules[name] = None
        elif name in buffers:
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(f"the buffer {name} was assigned a {type(value).__name__}")
            buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for each in LISTS:
            if each in own and name in own[each]:
                return own[each][name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        if not self._take_away(name):
            object.__delattr__(self, name)

    def _take_away(self, name: str, but: dict[str, Any] | None = None) -> bool:
        places = [*(vars(self)[each] for each in LISTS), vars(self)]
        found = [each for each in places if name in each and each is not but]
        for each in found:
            del each[name]
        self._transient.discard(name)
        return bool(found)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Have a parameter under a name, or None in its place."""
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Have a tensor that is no parameter; in `state_dict` unless it is not persistent."""
        self._buffers[name] = tensor
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Have a part under a name."""
        self._modules[name] = module

    register_module = add_module

    # what it has, with its parts

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Give this module and all its parts, each once, with the way to it."""
        seen = set() if memo is None else memo
        if self in seen:
            return
        if remove_duplicate:
            seen.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(seen, dotted(prefix, name), remove_duplicate)

    def _named(
        self, which: str, prefix: str, *, recurse: bool, once: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for way, module in self.named_modules(prefix=prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module)[which].items():
                if value is not None and id(value) not in seen:
                    if once:
                        seen.add(id(value))
                    yield dotted(way, name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Give the parameters, each once, with the way to it."""
        return self._named("_parameters", prefix, recurse=recurse, once=remove_duplicate)

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Give the buffers, each once, with the way to it."""
        return self._named("_buffers", prefix, recurse=recurse, once=remove_duplicate)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Give the parts of this module alone, each once, with its name."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Give the parameters, each once."""
        return (each for _, each in self.named_parameters(recurse=recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Give the buffers, each once."""
        return (each for _, each in self.named_buffers(recurse=recurse))

    def modules(self) -> Iterator[Module]:
        """Give this module and all its parts, each once."""
        return (each for _, each in self.named_modules())

    def children(self) -> Iterator[Module]:
        """Give the parts of this module alone, each once."""
        return (each for _, each in self.named_children())

    def get_submodule(self, target: str) -> Module:
        """Return the part that a way leads to."""
        module: Any = self
        for name in filter(None, target.split(".")):
            module = getattr(module, name)
        if not isinstance(module, Module):
            raise AttributeError(  # noqa: TRY004 - as torch does
                f"{target} is a {type(module).__name__}, and no module"
            )
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter that a way leads to."""
        way, _, name = target.rpartition(".")
        parameter: Parameter = getattr(self.get_submodule(way), name)
        return parameter

    # what is done to all of it

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call a function of each part, and at last of this module."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Say that it is trained, or not, which some layers heed."""
        if not isinstance(mode, bool):
            raise ValueError(  # noqa: TRY004 - as torch does
                f"train() was given {mode!r}; it takes a bool"
            )
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Say that it is not trained now."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters require grad; without it they are frozen."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Take the gradients of all parameters away, or fill those that are there with zeros."""
        for parameter in self.parameters():
            gradient = parameter._grad
            if gradient is None:
                continue
            if set_to_none:
                parameter._grad = None
            elif gradient.grad_fn is not None:
                gradient.detach_().zero_()
            else:
                gradient.requires_grad_(False).zero_()

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert parameters and buffers of floating-point numbers, in place."""
        return self._convert(lambda tensor: tensor.to(*args, **kwargs))

    def double(self) -> Self:
        """Convert to float64, in place."""
        return self._convert(lambda tensor: tensor.double())

    def float(self) -> Self:
        """Convert to float32, in place."""
        return self._convert(lambda tensor: tensor.float())

    def half(self) -> Self:
        """Convert to float16, in place."""
        return self._convert(lambda tensor: tensor.half())

    def type(self, dst_type: DType) -> Self:
        """Convert to a dtype, in place."""
        return self._convert(lambda tensor: tensor.to(dst_type))

    def cpu(self) -> Self:
        """Stay where it is."""
        return self

    def _convert(self, convert: Callable[[Tensor], Tensor]) -> Self:
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is not None and parameter.dtype.is_floating_point:
                    parameter.data = convert(parameter.detach())
                    if parameter._grad is not None:
                        parameter._grad = convert(parameter._grad.detach())
            for name, buffer in module._buffers.items():
                if buffer is not None and buffer.dtype.is_floating_point:
                    module._buffers[name] = convert(buffer)
        return self

    # what it remembers

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Return parameters and buffers under the ways to them, on the same memory."""
        found: dict[str, Tensor] = {}
        for name, value in self._own_state():
            if value is not None:
                found[prefix + name] = value.detach()
        for name, module in self._modules.items():
            if module is not None:
                found.update(module.state_dict(f"{prefix}{name}."))
        return found

    def _own_state(self) -> Iterator[tuple[str, Tensor | None]]:
        yield from self._parameters.items()
        yield from ((n, b) for n, b in self._buffers.items() if n not in self._transient)

    @no_grad()
    def load_state_dict(self, state_dict: dict[str, Tensor], strict: bool = True) -> Loaded:
        """Copy numbers into parameters and buffers; RuntimeError if names or shapes do not agree.

        If not strict, names may be missing or too many.
        """
        own = self.state_dict()
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        wrong = [
            f"{name} has shape {list(state_dict[name].shape)}, expected {list(own[name].shape)}"
            for name in own
            if name in state_dict and state_dict[name].shape != own[name].shape
        ]
        if strict:
            wrong += [f"{name} is missing" for name in missing]
            wrong += [f"{name} is not of this module" for name in unexpected]
        if wrong:
            raise RuntimeError(f"the state does not fit {type(self).__name__}: {'; '.join(wrong)}")
        for name, value in own.items():
            if name in state_dict:
                value.copy_(state_dict[name])
        return Loaded(missing, unexpected)

    # calling it

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the module is for."""
        del args, kwargs
        raise NotImplementedError(f"{type(self).__name__} has no forward(); define it")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `forward`, and the hooks before and after it."""
        for hook in [*self._before.values()]:
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        run = partial(watched, self) if self._backward else self.forward
        result = run(*args, **kwargs)
        for hook in [*self._after.values()]:
            changed = hook(self, args, result)
            result = result if changed is None else changed
        return result

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, arguments)` called before; what it returns replaces the arguments."""
        return RemovableHandle(self._before, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, arguments, result)` called after; what it returns replaces it."""
        return RemovableHandle(self._after, hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, gradients of arguments, of results)` called in the backward pass.

        What it returns replaces the gradients of the arguments.
        """
        return RemovableHandle(self._backward, hook)

    # how it is shown

    def extra_repr(self) -> str:
        """Return what is shown of it beside its parts."""
        return ""

    def __repr__(self) -> str:
        """Show the module and, each on its own lines, its parts."""
        extra = [self.extra_repr()] if self.extra_repr() else []
        parts = [
            textwrap.indent(f"({name}): {module!r}", "  ").removeprefix("  ")
            for name, module in self._modules.items()
        ]
        if not parts:
            return f"{type(self).__name__}({''.join(extra)})"
        return "\n  ".join([f"{type(self).__name__}(", *extra, *parts]) + "\n)"


class Loaded(tuple[list[str], list[str]]):
    """Which names a state lacked, and which were too many."""

    __slots__ = ()

    def __new__(cls, missing: list[str], unexpected: list[str]) -> Self:
        """Make the pair."""
        return super().__new__(cls, (missing, unexpected))

    @property
    def missing_keys(self) -> list[str]:
        """The names that the state lacked."""
        return self[0]

    @property
    def unexpected_keys(self) -> list[str]:
        """The names that the module lacks."""
        return self[1]

    def __repr__(self) -> str:
        """Show what did not agree."""
        if not any(self):
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


class Arriving(Function):
    """Where gradients of a module's arguments, or of its results, come by."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[[tuple[Any, ...]], Any], *tensors: Tensor) -> Any:
        """Let tensors through."""
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return tuple(each.view_as(each) for each in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Show the gradients, and let them through, or what replaces them."""
        changed = ctx.seen(gradients)
        return (None, *(gradients if changed is None else changed))


def watched(module: Module, *args: Any, **kwargs: Any) -> Any:
    """Call a module so that its hooks see the gradients of its arguments and results."""
    of_results: list[tuple[Any, ...]] = []

    def at_results(gradients: tuple[Any, ...]) -> None:
        of_results.append(gradients)
        if not any(isinstance(each, Tensor) and each.requires_grad for each in args):
            at_arguments(tuple(None for each in args if isinstance(each, Tensor)))

    def at_arguments(gradients: tuple[Any, ...]) -> Any:
        for hook in [*module._backward.values()]:
            changed = hook(module, gradients, of_results[-1])
            if changed is not None:
                gradients = changed if isinstance(changed, tuple) else (changed,)
        return gradients

    tensors = [each for each in args if isinstance(each, Tensor)]
    if any(each.requires_grad for each in tensors):
        passed = iter(Arriving.apply(at_arguments, *tensors))
        args = tuple(next(passed) if isinstance(each, Tensor) else each for each in args)
    result = module.forward(*args, **kwargs)
    if isinstance(result, Tensor):
        return Arriving.apply(at_results, result)[0]
    passed = iter(Arriving.apply(at_results, *(e for e in result if isinstance(e, Tensor))))
    return type(result)(next(passed) if isinstance(e, Tensor) else e for e in result)


def dotted(way: str, name: str) -> str:
    """Return the way to a part of a part."""
    return f"{way}.{name}" if way else name

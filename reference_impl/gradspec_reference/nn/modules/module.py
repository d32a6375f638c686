"""`Module`: a function with parameters, buffers and parts; start at `__call__`.

What is assigned to an attribute is told apart by its type, as in torch: a `Parameter` is listed
among the parameters, a `Module` among the parts, all else is an attribute.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.engine.hooks import Hooks
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories
from gradspec_reference.nn.modules.calling import (
    MOMENTS,
    WithHooks,
    called,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from gradspec_reference.nn.modules.remembering import Remembering
from gradspec_reference.nn.parameter import Buffer, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec_reference.dtypes import DType

__all__ = [
    "Module",
    "dotted",
    "kind_of",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
]

LISTS = ("_parameters", "_buffers", "_modules")


class Module(Remembering, WithHooks):
    """A function with parameters (torch.nn.Module); a kind of module defines `forward`."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]

    def __init__(self) -> None:
        own: dict[str, Any] = {name: {} for name in LISTS}
        vars(self).update(own, training=True, _transient=set())
        vars(self).update(_hooks={moment: Hooks() for moment in MOMENTS})

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
                    f"the parameter {name} was assigned another thing, {kind_of(value)}; it takes "
                    "a Parameter or None"
                )
            parameters[name] = None
        elif name in modules:
            if value is not None:
                raise TypeError(f"the module {name} was assigned another thing, {kind_of(value)}")
            modules[name] = None
        elif name in buffers or isinstance(value, Buffer):
            self._assign_buffer(name, value, buffers)
        else:
            object.__setattr__(self, name, value)

    def _assign_buffer(self, name: str, value: Any, buffers: dict[str, Any]) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"the buffer {name} was assigned no tensor: {kind_of(value)}")
        if isinstance(value, Buffer):
            self._take_away(name, but=buffers)
            (self._transient.discard if value.persistent else self._transient.add)(name)
        buffers[name] = value

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for each in LISTS:
            if each in own and name in own[each]:
                return own[each][name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        own = (name for each in LISTS for name in vars(self).get(each, ()))
        return sorted({*super().__dir__(), *(name for name in own if not name[0].isdigit())})

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
        self._check_name("parameter", name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"{name} was to be a parameter, and is another: {kind_of(param)}")
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"the parameter {name} was computed; compute it in forward(), from parameters"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Have a tensor that is no parameter; in `state_dict` unless it is not persistent."""
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"{name} was to be a buffer, and is no tensor: {kind_of(tensor)}")
        self._buffers[name] = tensor
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Have a part under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{name} was to be a part, and is no module: {kind_of(module)}")
        self._check_name("module", name, "_modules")
        self._modules[name] = module

    def _check_name(self, what: str, name: str, place: str) -> None:
        if place not in vars(self):
            raise AttributeError(
                f"a {what} was registered before Module.__init__() was called; call "
                "super().__init__() first"
            )
        if not isinstance(name, str):
            raise TypeError(f"the name of a {what} is a text, not {kind_of(name)}")
        if "." in name or not name:
            raise KeyError(f"the name of a {what} was given as {name!r}; it is a word without dots")
        if hasattr(self, name) and name not in vars(self)[place]:
            raise KeyError(f"{name} is an attribute already; take another name for a {what}")

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
        parts = self.named_modules(prefix=prefix, remove_duplicate=once)
        for way, module in parts if recurse else [(prefix, self)]:
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
        for name in target.split(".") if target else ():
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(  # noqa: TRY004 - as torch does
                    f"{name} of {target} is no module: {kind_of(module)}"
                )
        return module  # type: ignore[no-any-return]

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a part where a way leads; if strict, only in the place of another."""
        if not target or not isinstance(module, Module):
            raise ValueError(f"{kind_of(module)} was to be put at {target!r}; name a place")
        way, _, name = target.rpartition(".")
        holder = self.get_submodule(way)
        if strict or hasattr(holder, name):
            self.get_submodule(target)
        setattr(holder, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter that a way leads to."""
        way, _, name = target.rpartition(".")
        parameter = getattr(self.get_submodule(way), name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(  # noqa: TRY004 - as torch does
                f"{target} is no parameter: {kind_of(parameter)}"
            )
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer that a way leads to."""
        way, _, name = target.rpartition(".")
        holder = self.get_submodule(way)
        buffer: Tensor = getattr(holder, name)
        if name not in holder._buffers:
            raise AttributeError(f"{target} is no buffer: {kind_of(buffer)}")
        return buffer

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
        """Move parameters and buffers, and convert those of floating-point numbers, in place."""
        example = factories.empty(0).to(*args, **kwargs)
        if not (example.dtype.is_floating_point or example.dtype.is_complex):
            raise TypeError(
                f"a module was converted to {example.dtype}; it learns floating-point numbers"
            )

        def moved(tensor: Tensor) -> Any:
            if tensor.dtype.is_floating_point or tensor.dtype.is_complex:
                return tensor.to(*args, **kwargs)
            return tensor.to(example.device)

        return self._apply(moved)

    def double(self) -> Self:
        """Convert what is of floating-point numbers to float64, in place."""
        return self._convert(lambda tensor: tensor.double())

    def float(self) -> Self:
        """Convert what is of floating-point numbers to float32, in place."""
        return self._convert(lambda tensor: tensor.float())

    def half(self) -> Self:
        """Convert what is of floating-point numbers to float16, in place."""
        return self._convert(lambda tensor: tensor.half())

    def type(self, dst_type: DType) -> Self:
        """Convert all parameters and buffers to a dtype, in place."""
        return self._apply(lambda tensor: tensor.to(dst_type))

    def cpu(self) -> Self:
        """Stay where it is."""
        return self

    def _convert(self, convert: Callable[[Tensor], Tensor]) -> Self:
        return self._apply(lambda x: convert(x) if x.dtype.is_floating_point else x)

    @no_grad()
    def _apply(self, convert: Callable[[Tensor], Tensor]) -> Self:
        for module in self.children():
            module._apply(convert)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            parameter.data = convert(parameter.detach())
            if parameter._grad is not None:
                parameter._grad.data = convert(parameter._grad.detach())
        for name, buffer in self._buffers.items():
            self._buffers[name] = None if buffer is None else convert(buffer)
        return self

    # calling it

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the module is for."""
        del args, kwargs
        raise NotImplementedError(f"{type(self).__name__} has no forward(); define it")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `forward`, and the hooks before and after it."""
        if not self._is_hooked():
            return self.forward(*args, **kwargs)
        return called(self, args, kwargs)

    # how it is shown

    def extra_repr(self) -> str:
        """Return what is shown of it beside its parts."""
        return ""

    def __repr__(self) -> str:
        """Show the module and, each on its own lines, its parts."""
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        parts = [
            textwrap.indent(f"({name}): {module!r}", "  ").removeprefix("  ")
            for name, module in self._modules.items()
        ]
        if not parts and len(extra) < len(("one line", "two lines")):
            return f"{type(self).__name__}({''.join(extra)})"
        return "\n  ".join([f"{type(self).__name__}(", *extra, *parts]) + "\n)"


def kind_of(value: object) -> str:
    """Return the name of what was given in the place of something else."""
    return type(value).__name__


def dotted(way: str, name: str) -> str:
    """Return the way to a part of a part."""
    return f"{way}.{name}" if way else name

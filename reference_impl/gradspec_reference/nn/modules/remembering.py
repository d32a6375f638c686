"""What a module remembers, as a dict: how that is asked for, and loaded."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, Self

from gradspec_reference.engine.hooks import Hooks, RemovableHandle
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXTRA: Final = "_extra_state"
"""The name under which the dict has what a module adds to it."""


class Remembering:
    """What has a state: its own parameters and buffers, and those of its parts."""

    _version: int = 1
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _transient: set[str]
    _hooks: dict[str, Hooks]

    def get_extra_state(self) -> Any:
        """Return what else is to be remembered; who defines it defines `set_extra_state` too."""
        raise RuntimeError(f"{type(self).__name__} has no more to remember; define it")

    def set_extra_state(self, state: Any) -> None:
        """Take over what else was remembered."""
        del state
        raise RuntimeError(f"{type(self).__name__} takes over no more; define set_extra_state()")

    def state_dict(
        self,
        *args: Any,
        destination: Any = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> Any:
        """Return parameters and buffers under the ways to them, on the same memory.

        They are detached unless they are to be kept as they are.
        """
        if args:
            warnings.warn(
                "state_dict() was given arguments without their names; name them",
                FutureWarning,
                stacklevel=2,
            )
            options = {"destination": destination, "prefix": prefix, "keep_vars": keep_vars}
            return self.state_dict(**{**options, **dict(zip(options, args, strict=False))})
        found: Any = OrderedDict() if destination is None else destination
        if destination is None:
            found._metadata = OrderedDict()
        of_this = {"version": self._version}
        if hasattr(found, "_metadata"):
            found._metadata[prefix[:-1]] = of_this
        for hook in [*self._hooks["state_before"].values()]:
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(found, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in [*self._hooks["state_after"].values()]:
            if hook(self, found, prefix, of_this) is not None:
                raise RuntimeError("a hook after state_dict() gave something; it changes the dict")
        return found

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, value in self._own_state():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not Remembering.get_extra_state:
            destination[prefix + EXTRA] = self.get_extra_state()

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        buffers = [(n, b) for n, b in self._buffers.items() if n not in self._transient]
        for name, value in (*self._parameters.items(), *buffers):
            if value is not None:
                yield name, value

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Loaded:
        """Copy numbers into parameters and buffers; RuntimeError if names or shapes do not agree.

        If not strict, names may be missing or too many.  On request, the tensors of the dict become
        parameters and buffers themselves.
        """
        if not hasattr(state_dict, "keys"):
            raise TypeError(f"a state is a dict, and this was given: {type(state_dict).__name__}")
        given, found, wrong = dict(state_dict), Loaded([], []), list[str]()
        self._load(given, "", found, wrong, {"assign_to_params_buffers": assign} if assign else {})
        if strict:
            wrong += [f"{name} is missing" for name in found.missing_keys]
            wrong += [f"{name} is not of this module" for name in found.unexpected_keys]
        if wrong:
            raise RuntimeError(f"the state does not fit {type(self).__name__}: {'; '.join(wrong)}")
        return found

    def _load(
        self,
        given: dict[str, Any],
        prefix: str,
        found: Loaded,
        wrong: list[str],
        how: dict[str, Any],
    ) -> None:
        missing, unexpected = found
        self._load_from_state_dict(given, prefix, how, True, missing, unexpected, wrong)
        for name, module in self._modules.items():
            if module is not None:
                way = f"{prefix}{name}."
                own = {key: value for key, value in given.items() if key.startswith(way)}
                module._load(own, way, found, wrong, how)
        for hook in [*self._hooks["load_after"].values()]:
            if hook(self, found) is not None:
                raise AssertionError("a hook after loading gave something; it changes the lists")

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        lists = (missing_keys, unexpected_keys, error_msgs)
        for hook in [*self._hooks["load_before"].values()]:
            hook(self, state_dict, prefix, local_metadata, strict, *lists)
        own = dict(self._own_state())
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, value in own.items():
            if prefix + name in state_dict:
                error_msgs += self._take(prefix, name, value, state_dict[prefix + name], assign)
            elif strict:
                missing_keys.append(prefix + name)
        self._load_extra(state_dict, prefix, missing_keys, unexpected_keys)
        for key in state_dict:
            first, *more = key[len(prefix) :].split(".", 1)
            if key.startswith(prefix) and key != prefix + EXTRA:
                known: Any = self._modules if more else own
                unexpected_keys += [] if first in known else [key]

    def _take(self, prefix: str, name: str, own: Tensor, given: Any, assign: bool) -> list[str]:
        """Take a number over, and return what is wrong with it."""
        if not isinstance(given, Tensor):
            return [f"{prefix}{name} is no tensor: {type(given).__name__}"]
        if not own.ndim and given.shape == (1,):
            given = given[0]
        if given.shape != own.shape:
            return [f"{prefix}{name} has shape {list(given.shape)}, expected {list(own.shape)}"]
        if not assign:
            with no_grad():
                own.copy_(given)
            return []
        if isinstance(own, Parameter):
            given = given if isinstance(given, Parameter) else Parameter(given)
            given.requires_grad_(own.requires_grad)
        setattr(self, name, given)
        return []

    def _load_extra(
        self, given: dict[str, Any], prefix: str, missing: list[str], unexpected: list[str]
    ) -> None:
        takes = type(self).set_extra_state is not Remembering.set_extra_state
        if prefix + EXTRA not in given:
            missing += [prefix + EXTRA] if takes else []
        elif takes:
            self.set_extra_state(given[prefix + EXTRA])
        else:
            unexpected.append(prefix + EXTRA)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, prefix, keep_vars)` called before its state is asked for."""
        return RemovableHandle(self._hooks["state_before"], hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, state, prefix, metadata)` called of a state, which it may change."""
        return RemovableHandle(self._hooks["state_after"], hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, state, prefix, metadata, strict, missing, unexpected, errors)` called.

        That is before a state is loaded, which it may change.
        """
        return RemovableHandle(self._hooks["load_before"], hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, names that do not agree)` called after a state was loaded."""
        return RemovableHandle(self._hooks["load_after"], hook)


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

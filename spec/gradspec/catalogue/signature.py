"""`Signature.read("x, dim=None, *, keepdim=False")`: how something is called, written as in Python.

Arguments are known by name from then on: `bind` gives those that were written, under their names
and in the order of the signature, and adds no defaults.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from gradspec.exceptions import WrongCall

if TYPE_CHECKING:
    from collections.abc import Mapping

AXIS: Final = ("dim", "dims", "dimension")
"""Parameters that name one axis, or several."""

PAIRS: Final = (
    *("dim0", "dim1", "dim2", "axis0", "axis1", "start_dim", "end_dim"),
    *("source", "destination"),
)
"""Parameters that name one axis beside another."""

Plan = tuple[tuple[str, int], ...]
"""Name -> position among the values that were written."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Names, defaults and kinds of parameters.

    A kind is what stands after the colon: `function: tensor_hook`.  `variadic` is the parameter
    that takes what is left, one sequence or several values (`*size`).
    """

    text: str
    names: tuple[str, ...]
    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    kinds: Mapping[str, str]
    variadic: str = ""
    _positional: tuple[str, ...] = ()
    _plans: dict[tuple[int, tuple[str, ...]], Plan] = field(default_factory=dict, compare=False)

    @classmethod
    @functools.cache
    def read(cls, text: str) -> Self:
        """Read a list of parameters in Python's notation."""
        space: dict[str, Any] = {}
        exec(f"from __future__ import annotations\ndef f({text}): ...", space)  # noqa: S102 - ours
        parameters = inspect.signature(space["f"]).parameters.values()
        variadic = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
        plain = [p for p in parameters if p.kind is not p.VAR_POSITIONAL]
        return cls(
            text=text,
            names=tuple(p.name for p in parameters),
            required=tuple(p.name for p in plain if p.default is p.empty),
            defaults={p.name: p.default for p in plain if p.default is not p.empty},
            kinds={p.name: p.annotation for p in parameters if p.annotation is not p.empty},
            variadic=variadic[0] if variadic else "",
            _positional=tuple(p.name for p in plain if p.kind is p.POSITIONAL_OR_KEYWORD),
        )

    def is_by_name_alone(self, name: str) -> bool:
        """Say whether a parameter is never given by position."""
        return name not in self._positional and name != self.variadic

    def bind(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values that were written by name; raises WrongCall."""
        if self.variadic:
            arguments = self._gathered(arguments)
        form = (len(arguments), tuple(keywords))
        plan = self._plans.get(form)
        if plan is None:
            plan = self._plans[form] = self._plan(*form)
        values = (*arguments, *keywords.values()) if keywords else arguments
        return {name: values[position] for name, position in plan}

    def _gathered(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        first = len(self._positional[: self.names.index(self.variadic)])
        rest = arguments[first:]
        if not rest:
            return arguments
        several = rest[0] if len(rest) == 1 and isinstance(rest[0], list | tuple) else rest
        return (*arguments[:first], tuple(several))

    def _plan(self, count: int, keywords: tuple[str, ...]) -> Plan:
        places = [*self._positional]
        if self.variadic:
            before = self.names.index(self.variadic)
            places = [*places[:before], self.variadic]
        written = [*places[:count], *keywords]
        missing = [n for n in self.required if n not in written]
        unknown = [n for n in keywords if n not in self.names]
        if count > len(places) or missing or unknown or len(set(written)) < len(written):
            raise WrongCall(
                f"called with {count} values and {list(keywords)}; it takes {self.text}"
            )
        positions = {name: position for position, name in enumerate(written)}
        return tuple((name, positions[name]) for name in self.names if name in positions)

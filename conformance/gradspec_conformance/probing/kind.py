"""`Kind`: a way to make tensors that was shown to work, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

BASIC: Final[dict[str, tuple[str, ...]]] = {"op:mul": ("$x * $other",)}


@dataclass(frozen=True)
class Maker:
    """Something that may make tensors: how it is imported and said, and what it is."""

    imported: str
    said: str
    thing: Any


@dataclass
class Kind:
    """A way to make tensors that was shown to work, and how good it is."""

    maker: Maker
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    has_arrays: bool = False
    has_constants: bool = False
    keeps_dtype: bool = False
    tensor_class: type = object
    class_said: str = "type($x)"
    run_pass: Any = None
    tail: str = ""
    store: str = ""
    """Where the numbers stand in a row, if no array or number is on the tensor."""

    @property
    def rank(self) -> tuple[bool, ...]:
        """Tensors before numbers, arrays before lists, which have no shape where they are empty.

        Wide numbers come before narrow ones, and gradients of their leaf's data type before others.
        """
        as_it_is = "$array" in self.phrases["tensor"][0]
        wide = "float64" in self.dtypes
        return self.has_arrays, as_it_is, wide, self.keeps_dtype, self.has_constants

    @property
    def leaves_no_wish(self) -> bool:
        """Say whether no other way can be better, but for constants, which an engine may lack."""
        return all(self.rank[:-1])

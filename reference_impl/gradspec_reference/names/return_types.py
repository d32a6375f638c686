"""What functions with two results return: pairs that are shown by name (torch.return_types)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


class Extreme(NamedTuple):
    """The extreme values along a dimension, and where they are."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        shown = ",\n".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"torch.return_types.{type(self).__name__}(\n{shown})"


class max(Extreme):  # noqa: N801
    """The result of torch.max along a dimension."""

    __slots__ = ()


class min(Extreme):  # noqa: N801
    """The result of torch.min along a dimension."""

    __slots__ = ()


class median(Extreme):  # noqa: N801
    """The result of torch.median along a dimension."""

    __slots__ = ()


class sort(Extreme):  # noqa: N801
    """The result of torch.sort."""

    __slots__ = ()


class topk(Extreme):  # noqa: N801
    """The result of torch.topk."""

    __slots__ = ()


class cummax(Extreme):  # noqa: N801
    """The result of torch.cummax."""

    __slots__ = ()


class cummin(Extreme):  # noqa: N801
    """The result of torch.cummin."""

    __slots__ = ()


class mode(Extreme):  # noqa: N801
    """The result of torch.mode."""

    __slots__ = ()


class kthvalue(Extreme):  # noqa: N801
    """The result of torch.kthvalue."""

    __slots__ = ()


class aminmax(NamedTuple):  # noqa: N801
    """The result of torch.aminmax."""

    min: Tensor
    max: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.aminmax(\nmin={self.min!r},\nmax={self.max!r})"

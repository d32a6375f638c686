"""Tuples of results, which are shown by name (torch.return_types)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


def by_name(results: Any) -> str:
    """Show several results, each with its name."""
    shown = ",\n".join(f"{name}={getattr(results, name)!r}" for name in results._fields)
    return f"torch.return_types.{type(results).__name__}(\n{shown})"


class Extreme(NamedTuple):
    """The extreme values along a dimension, and where they are."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return by_name(self)


class max(Extreme):  # noqa: N801
    """The result of torch.max along a dimension."""

    __slots__ = ()


class min(Extreme):  # noqa: N801
    """The result of torch.min along a dimension."""

    __slots__ = ()


class median(Extreme):  # noqa: N801
    """The result of torch.median along a dimension."""

    __slots__ = ()


class nanmedian(Extreme):  # noqa: N801
    """The result of torch.nanmedian along a dimension."""

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
        return by_name(self)


class slogdet(NamedTuple):  # noqa: N801
    """The result of torch.slogdet."""

    sign: Tensor
    logabsdet: Tensor

    def __repr__(self) -> str:
        return by_name(self)


class linalg_eigh(NamedTuple):  # noqa: N801
    """The result of torch.linalg.eigh."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return by_name(self)


class linalg_qr(NamedTuple):  # noqa: N801
    """The result of torch.linalg.qr."""

    Q: Tensor
    R: Tensor

    def __repr__(self) -> str:
        return by_name(self)


class linalg_svd(NamedTuple):  # noqa: N801
    """The result of torch.linalg.svd."""

    U: Tensor
    S: Tensor
    Vh: Tensor

    def __repr__(self) -> str:
        return by_name(self)

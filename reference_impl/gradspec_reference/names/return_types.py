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


class slogdet(NamedTuple):  # noqa: N801
    """The result of torch.slogdet."""

    sign: Tensor
    logabsdet: Tensor

    __repr__ = Extreme.__repr__


class linalg_eigh(NamedTuple):  # noqa: N801
    """The result of torch.linalg.eigh."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    __repr__ = Extreme.__repr__


class linalg_qr(NamedTuple):  # noqa: N801
    """The result of torch.linalg.qr."""

    Q: Tensor
    R: Tensor

    __repr__ = Extreme.__repr__


class linalg_svd(NamedTuple):  # noqa: N801
    """The result of torch.linalg.svd."""

    U: Tensor
    S: Tensor
    Vh: Tensor

    __repr__ = Extreme.__repr__

"""Normalisation as modules, and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import int64
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.names import factories
from gradspec_reference.nn import functional, init
from gradspec_reference.nn.modules.linear import parameter
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor


def begin_as_it_is(scale: Tensor | None, shift: Tensor | None) -> None:
    """Let a layer scale by 1 and shift by 0, where it does."""
    if scale is not None:
        init.ones_(scale)
    if shift is not None:
        init.zeros_(shift)


class LayerNorm(Module):
    """Entries of the last dimensions, of mean 0 and variance 1, scaled (torch.nn.LayerNorm)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        self.elementwise_affine = elementwise_affine
        scale = parameter(*shape, dtype=dtype) if elementwise_affine else None
        shift = parameter(*shape, dtype=dtype) if elementwise_affine and bias else None
        self.register_parameter("weight", scale)
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew: scale by 1, and shift by 0."""
        begin_as_it_is(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the entries, normalised."""
        shape = self.normalized_shape
        return functional.layer_norm(input, shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show what it is made with."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Entries of the last dimensions over the root of their mean square (torch.nn.RMSNorm)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        self.elementwise_affine = elementwise_affine
        scale = parameter(*shape, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", scale)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew: scale by 1."""
        begin_as_it_is(self.weight, None)

    def forward(self, input: Tensor) -> Tensor:
        """Return the entries, normalised."""
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Show what it is made with."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Entries of groups of channels, of mean 0 and variance 1, scaled (torch.nn.GroupNorm)."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        del device
        if num_channels % num_groups:
            raise ValueError(f"{num_channels} channels make no {num_groups} groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.affine = affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, parameter(num_channels, dtype=dtype) if wanted else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew: scale by 1, and shift by 0."""
        begin_as_it_is(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the entries, normalised."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show what it is made with."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class BatchNorm(Module):
    """Channels of mean 0 and variance 1 over the batch, scaled.

    In evaluation, mean and variance are those that were found on the way while it was trained.
    """

    dims: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        del device
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, parameter(num_features, dtype=dtype) if wanted else None)
        found: list[Tensor | None] = [None] * 3
        if track_running_stats:
            found = [
                factories.zeros(num_features, dtype=dtype),
                factories.ones(num_features, dtype=dtype),
                factories.zeros((), dtype=int64),
            ]
        for name, value in zip(
            ("running_mean", "running_var", "num_batches_tracked"), found, strict=True
        ):
            self.register_buffer(name, value)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches that were seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1.0)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Begin anew: scale by 1, shift by 0, and forget the batches that were seen."""
        self.reset_running_stats()
        begin_as_it_is(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the channels, normalised."""
        if input.ndim not in self.dims:
            raise ValueError(f"{type(self).__name__} was given {input.ndim} dimensions")
        momentum = self.momentum
        if self.training and self.track_running_stats:
            with no_grad():
                self.num_batches_tracked.add_(1)
            if momentum is None:  # the mean of all batches
                momentum = 1 / self.num_batches_tracked.item()
        return functional.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            0.0 if momentum is None else momentum,
            self.eps,
        )

    def extra_repr(self) -> str:
        """Show what it is made with."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(BatchNorm):
    """Of rows, or of sequences (torch.nn.BatchNorm1d)."""

    dims = (2, 3)


class BatchNorm2d(BatchNorm):
    """Of images (torch.nn.BatchNorm2d)."""

    dims = (4,)


class BatchNorm3d(BatchNorm):
    """Of volumes (torch.nn.BatchNorm3d)."""

    dims = (5,)


class InstanceNorm(BatchNorm):
    """Channels of mean 0 and variance 1, each instance by itself; scaled on request."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ) -> None:
        how = (eps, momentum, affine, track_running_stats, device, dtype)
        super().__init__(num_features, *how, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the channels, normalised."""
        if input.ndim not in self.dims:
            raise ValueError(f"{type(self).__name__} was given {input.ndim} dimensions")
        alone = input.ndim == self.dims[0]  # no batch
        found = functional.instance_norm(
            input.unsqueeze(0) if alone else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return found.squeeze(0) if alone else found


class InstanceNorm1d(InstanceNorm):
    """Of sequences (torch.nn.InstanceNorm1d)."""

    dims = (2, 3)


class InstanceNorm2d(InstanceNorm):
    """Of images (torch.nn.InstanceNorm2d)."""

    dims = (3, 4)


class InstanceNorm3d(InstanceNorm):
    """Of volumes (torch.nn.InstanceNorm3d)."""

    dims = (4, 5)


class Embedding(Module):
    """Rows, named by their numbers (torch.nn.Embedding)."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise AssertionError(f"padding_idx={padding_idx} was given for {num_embeddings} rows")
        padding = None if padding_idx is None else padding_idx % num_embeddings
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx, self.max_norm, self.norm_type = padding, max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.weight = parameter(num_embeddings, embedding_dim, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew, with random numbers; the row of padding is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, **options: Any) -> Embedding:
        """Make one of rows that are there."""
        made = cls(*embeddings.shape, **options)
        made.weight = Parameter(embeddings, requires_grad=not freeze)
        return made

    def forward(self, input: Tensor) -> Tensor:
        """Return the rows."""
        return functional.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """Show what it is made with."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"

"""Attention by several heads (torch.nn.MultiheadAttention)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import bool_
from gradspec_reference.names.functions import assembly, products, selection, shapes
from gradspec_reference.nn import functional, init
from gradspec_reference.nn.modules.linear import NonDynamicallyQuantizableLinear, parameter
from gradspec_reference.nn.modules.module import Module

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

BATCHED = 3


class MultiheadAttention(Module):
    """Queries, keys and values made by layers, averaged head by head, and joined by a layer."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        if embed_dim % num_heads:
            raise AssertionError(f"{num_heads} heads do not share {embed_dim} features evenly")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.batch_first, self.add_zero_attn = batch_first, add_zero_attn
        self.kdim, self.vdim = (embed_dim if n is None else n for n in (kdim, vdim))
        apart = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        together = set(apart.values()) == {embed_dim}
        joint = parameter(3 * embed_dim, embed_dim, dtype=dtype) if together else None
        for letter, length in apart.items():
            own = None if together else parameter(embed_dim, length, dtype=dtype)
            self.register_parameter(f"{letter}_proj_weight", own)
        self.register_parameter("in_proj_weight", joint)
        shift = parameter(3 * embed_dim, dtype=dtype) if bias else None
        self.register_parameter("in_proj_bias", shift)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias=bias, dtype=dtype
        )
        for letter in "kv":
            more = parameter(1, 1, embed_dim, dtype=dtype) if add_bias_kv else None
            self.register_parameter(f"bias_{letter}", more)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name, each in self.named_parameters(recurse=False):
            if name.endswith("weight"):
                init.xavier_uniform_(each)
            elif name == "in_proj_bias":
                init.zeros_(each)
            else:
                init.xavier_normal_(each)
        if self.in_proj_bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return what attention gives, and the weights, averaged over the heads.

        A mask is true where nothing may be seen, or is added.  `is_causal` says what the mask is.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError("is_causal was given without the mask; give attn_mask too")
        if key.shape[:-1] != value.shape[:-1]:
            raise AssertionError(
                f"attention was given keys of {list(key.shape)} and values of {list(value.shape)}"
            )
        batched, given = query.ndim == BATCHED, [query, key, value]
        if not batched:
            given = [each.unsqueeze(0) for each in given]
        elif not self.batch_first:
            given = [shapes.transpose(each, 0, 1) for each in given]
        q, k, v = map(self._heads, self._with_more(*self._projected(given)))
        if self.add_zero_attn:
            k, v = (joined_with_zeros(each) for each in (k, v))
        fit = products.matmul(q * q.shape[-1] ** -0.5, shapes.transpose(k, -2, -1))
        fit = self._masked(fit, key_padding_mask, attn_mask)
        weights = functional.softmax(fit, -1)
        weights = functional.dropout(weights, self.dropout, self.training)
        heads = shapes.transpose(products.matmul(weights, v), 1, 2)
        joined = self.out_proj(shapes.reshape(heads, (*heads.shape[:2], self.embed_dim)))
        if not batched:
            joined = joined.squeeze(0)
        elif not self.batch_first:
            joined = shapes.transpose(joined, 0, 1)
        if not need_weights:
            return joined, None
        shown: Tensor = weights.mean(1) if average_attn_weights else weights
        return joined, shown if batched else shown.squeeze(0)

    def _projected(self, given: list[Tensor]) -> list[Tensor]:
        size, bias = self.embed_dim, self.in_proj_bias
        if self.in_proj_weight is None:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        else:
            weights = [*self.in_proj_weight.split(size)]
        biases = [None] * 3 if bias is None else [*bias.split(size)]
        triples = zip(given, weights, biases, strict=True)
        return [functional.linear(x, weight, shift) for x, weight, shift in triples]

    def _with_more(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, ...]:
        """Put a key and a value that were learnt behind those that were given."""
        if self.bias_k is None:
            return query, key, value
        shape = (len(key), 1, self.embed_dim)
        more = [shapes.expand(each, *shape) for each in (self.bias_k, self.bias_v)]
        return query, assembly.cat((key, more[0]), 1), assembly.cat((value, more[1]), 1)

    def _heads(self, rows: Tensor) -> Tensor:
        batch, length, features = rows.shape
        size = features // self.num_heads
        return shapes.transpose(shapes.reshape(rows, (batch, length, self.num_heads, size)), 1, 2)

    def _masked(self, fit: Tensor, padding: Tensor | None, mask: Tensor | None) -> Tensor:
        more = (self.bias_k is not None) + self.add_zero_attn  # keys that no mask hides
        if mask is not None:
            mask = functional.pad(mask, (0, more)) if more else mask
            if mask.ndim == BATCHED:  # one for each head of each row
                mask = shapes.reshape(mask, fit.shape)
            fit = hidden(fit, mask)
        if padding is not None:
            padding = functional.pad(padding, (0, more)) if more else padding
            padding = padding if padding.ndim > 1 else padding.unsqueeze(0)
            fit = hidden(fit, padding.unsqueeze(1).unsqueeze(1))
        return fit


def joined_with_zeros(of_heads: Tensor) -> Tensor:
    """Put a key, or a value, of zeros behind those of each head."""
    return functional.pad(of_heads, (0, 0, 0, 1))


def hidden(fit: Tensor, mask: Tensor) -> Tensor:
    """Return how keys fit, nothing where a mask hides them; a mask of numbers is added."""
    if mask.dtype != bool_:
        return fit + mask
    unseen: Tensor = selection.masked_fill(fit, mask, float("-inf"))
    return unseen

"""Layers of a transformer, and stacks of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import bool_
from gradspec_reference.names import factories
from gradspec_reference.names.functions import selection
from gradspec_reference.nn import functional, init
from gradspec_reference.nn.modules.activations import Dropout
from gradspec_reference.nn.modules.attention import MultiheadAttention
from gradspec_reference.nn.modules.containers import ModuleList
from gradspec_reference.nn.modules.linear import Linear
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.modules.normalising import LayerNorm

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor


class Layer(Module):
    """Attention and two layers behind it; each adds to what it is given, and is normalised."""

    crosses: bool

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        attentions = ("self_attn", "multihead_attn") if self.crosses else ("self_attn",)
        for name in attentions:
            made = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype
            )
            setattr(self, name, made)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        drop: Any = Dropout
        self.dropout = drop(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        places = range(1, len(attentions) + 2)
        for place in places:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            setattr(self, f"norm{place}", norm)
        for place in places:
            setattr(self, f"dropout{place}", drop(dropout))
        self.activation = named(activation) if isinstance(activation, str) else activation

    def _with(self, place: int, x: Tensor, block: Callable[[Tensor], Tensor]) -> Tensor:
        norm, dropout = getattr(self, f"norm{place}"), getattr(self, f"dropout{place}")
        if self.norm_first:
            return x + dropout(block(norm(x)))  # type: ignore[no-any-return]
        return norm(x + dropout(block(x)))  # type: ignore[no-any-return]

    def _feed(self, x: Tensor) -> Tensor:
        fed: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return fed


def named(activation: str) -> Callable[[Tensor], Tensor]:
    """Return an activation by name; RuntimeError for another."""
    if activation not in {"relu", "gelu"}:
        raise RuntimeError(f"activation={activation!r}; it is 'relu' or 'gelu', or a function")
    found: Callable[[Tensor], Tensor] = getattr(functional, activation)
    return found


class TransformerEncoderLayer(Layer):
    """Attention of a sequence to itself, and two layers (torch.nn.TransformerEncoderLayer)."""

    crosses = False

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Return the sequence, each part with what it sees of the others."""
        how = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask}

        def attend(x: Tensor) -> Tensor:
            seen = self.self_attn(x, x, x, **how, need_weights=False, is_causal=is_causal)
            return seen[0]  # type: ignore[no-any-return]

        return self._with(2, self._with(1, src, attend), self._feed)


class TransformerDecoderLayer(Layer):
    """Attention to itself and to another sequence, and two layers (TransformerDecoderLayer)."""

    crosses = True

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the sequence, each part with what it sees of itself and of the other."""
        own = {"attn_mask": tgt_mask, "key_padding_mask": tgt_key_padding_mask}
        other = {"attn_mask": memory_mask, "key_padding_mask": memory_key_padding_mask}

        def attend(x: Tensor) -> Tensor:
            seen = self.self_attn(x, x, x, **own, need_weights=False, is_causal=tgt_is_causal)
            return seen[0]  # type: ignore[no-any-return]

        def look(x: Tensor) -> Tensor:
            causal = {"need_weights": False, "is_causal": memory_is_causal}
            seen = self.multihead_attn(x, memory, memory, **other, **causal)
            return seen[0]  # type: ignore[no-any-return]

        return self._with(3, self._with(2, self._with(1, tgt, attend), look), self._feed)


class Stack(Module):
    """Copies of a layer, one behind the other."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def _through(self, x: Tensor, *given: Any, **named: Any) -> Tensor:
        for layer in self.layers:
            x = layer(x, *given, **named)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(Stack):
    """Layers of an encoder (torch.nn.TransformerEncoder)."""

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        del enable_nested_tensor, mask_check
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Return what the last layer gives."""
        return self._through(src, mask, src_key_padding_mask, bool(is_causal))


class TransformerDecoder(Stack):
    """Layers of a decoder (torch.nn.TransformerDecoder)."""

    def __init__(
        self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(self, tgt: Tensor, memory: Tensor, *masks: Any, **named: Any) -> Tensor:
        """Return what the last layer gives."""
        return self._through(tgt, memory, *masks, **named)


class Transformer(Module):
    """An encoder, and a decoder that looks at what it gives (torch.nn.Transformer)."""

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = functional.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        how = (
            *(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps),
            *(batch_first, norm_first, bias, device, dtype),
        )

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*how), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*how), num_decoder_layers, norm()
        )
        for each in self.parameters():
            if each.ndim > 1:
                init.xavier_uniform_(each)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return what the decoder makes of a sequence beside what the encoder made of another."""
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(
                f"a transformer of {self.d_model} features was given {src.shape[-1]} and "
                f"{tgt.shape[-1]}"
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        decoded: Tensor = self.decoder(tgt, memory, *masks, bool(tgt_is_causal), memory_is_causal)
        return decoded

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: Any = None, dtype: DType | None = None
    ) -> Tensor:
        """Return what is added so that nothing is seen that comes later."""
        del device
        later = factories.ones(sz, sz, dtype=bool_).triu(1)
        return selection.masked_fill(factories.zeros(sz, sz, dtype=dtype), later, float("-inf"))


__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

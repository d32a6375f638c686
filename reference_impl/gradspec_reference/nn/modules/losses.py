"""Losses as modules."""

from __future__ import annotations

from typing import Any

from gradspec_reference.nn import functional as F  # noqa: N812 - torch's custom
from gradspec_reference.nn.modules.made import layer

OLD: dict[str, Any] = {"size_average": None, "reduce": None, "reduction": "mean"}
WEIGHTED: dict[str, Any] = {"weight": None, **OLD}
OF_CLASSES: dict[str, Any] = {
    "weight": None,
    "size_average": None,
    "ignore_index": -100,
    "reduce": None,
}

L1Loss = layer("L1Loss", F.l1_loss, **OLD)
MSELoss = layer("MSELoss", F.mse_loss, **OLD)
SmoothL1Loss = layer("SmoothL1Loss", F.smooth_l1_loss, **OLD, beta=1.0)
HuberLoss = layer("HuberLoss", F.huber_loss, reduction="mean", delta=1.0)
NLLLoss = layer("NLLLoss", F.nll_loss, **OF_CLASSES, reduction="mean")
CrossEntropyLoss = layer(
    "CrossEntropyLoss", F.cross_entropy, **OF_CLASSES, reduction="mean", label_smoothing=0.0
)
BCELoss = layer("BCELoss", F.binary_cross_entropy, **WEIGHTED)
BCEWithLogitsLoss = layer(
    "BCEWithLogitsLoss", F.binary_cross_entropy_with_logits, **WEIGHTED, pos_weight=None
)
KLDivLoss = layer("KLDivLoss", F.kl_div, **OLD, log_target=False)
PoissonNLLLoss = layer(
    "PoissonNLLLoss",
    F.poisson_nll_loss,
    log_input=True,
    full=False,
    size_average=None,
    eps=1e-8,
    reduce=None,
    reduction="mean",
)
GaussianNLLLoss = layer(
    "GaussianNLLLoss", F.gaussian_nll_loss, full=False, eps=1e-6, reduction="mean"
)
SoftMarginLoss = layer("SoftMarginLoss", F.soft_margin_loss, **OLD)
HingeEmbeddingLoss = layer("HingeEmbeddingLoss", F.hinge_embedding_loss, margin=1.0, **OLD)
CosineEmbeddingLoss = layer("CosineEmbeddingLoss", F.cosine_embedding_loss, margin=0.0, **OLD)
MarginRankingLoss = layer("MarginRankingLoss", F.margin_ranking_loss, margin=0.0, **OLD)
TripletMarginLoss = layer(
    "TripletMarginLoss", F.triplet_margin_loss, margin=1.0, p=2.0, eps=1e-6, swap=False, **OLD
)
MultiMarginLoss = layer("MultiMarginLoss", F.multi_margin_loss, p=1, margin=1.0, weight=None, **OLD)
MultiLabelMarginLoss = layer("MultiLabelMarginLoss", F.multilabel_margin_loss, **OLD)
MultiLabelSoftMarginLoss = layer(
    "MultiLabelSoftMarginLoss", F.multilabel_soft_margin_loss, **WEIGHTED
)

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]

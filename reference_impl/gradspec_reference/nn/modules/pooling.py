"""Pooling and resampling as modules."""

from __future__ import annotations

from typing import Any, Final

from gradspec_reference.nn import functional as F  # noqa: N812 - torch's custom
from gradspec_reference.nn.modules.made import NEEDED, OfAFunction, layer

WINDOW: Final[dict[str, Any]] = {"kernel_size": NEEDED, "stride": None, "padding": 0}
LARGEST: Final[dict[str, Any]] = {**WINDOW, "dilation": 1, "return_indices": False}
SHOWN_OF_LARGEST: Final = "kernel_size stride padding dilation ceil_mode"
SHOWN: Final = "kernel_size stride padding"


def pooling(name: str, function: Any, shown: str, **options: Any) -> Any:
    """Make a kind of pooling, whose stride is the window's length unless it is given."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        OfAFunction.__init__(self, *args, **kwargs)
        self.stride = self.kernel_size if self.stride is None else self.stride

    kind = layer(name, function, shown, **options)
    kind.__init__ = init  # type: ignore[method-assign]
    return kind


MaxPool1d = pooling("MaxPool1d", F.max_pool1d, SHOWN_OF_LARGEST, **LARGEST, ceil_mode=False)
MaxPool2d = pooling("MaxPool2d", F.max_pool2d, SHOWN_OF_LARGEST, **LARGEST, ceil_mode=False)
AvgPool1d = pooling(
    "AvgPool1d", F.avg_pool1d, SHOWN, **WINDOW, ceil_mode=False, count_include_pad=True
)
AvgPool2d = pooling(
    "AvgPool2d",
    F.avg_pool2d,
    SHOWN,
    **WINDOW,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
)
AdaptiveAvgPool1d = layer(
    "AdaptiveAvgPool1d", F.adaptive_avg_pool1d, "output_size", output_size=NEEDED
)
AdaptiveAvgPool2d = layer(
    "AdaptiveAvgPool2d", F.adaptive_avg_pool2d, "output_size", output_size=NEEDED
)
AdaptiveMaxPool1d = layer(
    "AdaptiveMaxPool1d",
    F.adaptive_max_pool1d,
    "output_size",
    output_size=NEEDED,
    return_indices=False,
)
AdaptiveMaxPool2d = layer(
    "AdaptiveMaxPool2d",
    F.adaptive_max_pool2d,
    "output_size",
    output_size=NEEDED,
    return_indices=False,
)
Upsample = layer(
    "Upsample",
    F.interpolate,
    "scale_factor mode",
    size=None,
    scale_factor=None,
    mode="nearest",
    align_corners=None,
    recompute_scale_factor=None,
)
Fold = layer(
    "Fold",
    F.fold,
    "output_size kernel_size dilation padding stride",
    output_size=NEEDED,
    kernel_size=NEEDED,
    dilation=1,
    padding=0,
    stride=1,
)
Unfold = layer(
    "Unfold",
    F.unfold,
    "kernel_size dilation padding stride",
    kernel_size=NEEDED,
    dilation=1,
    padding=0,
    stride=1,
)
POWERS: Final[dict[str, Any]] = {
    "norm_type": NEEDED,
    "kernel_size": NEEDED,
    "stride": None,
    "ceil_mode": False,
}
LPPool1d = layer("LPPool1d", F.lp_pool1d, " ".join(POWERS), **POWERS)
LPPool2d = layer("LPPool2d", F.lp_pool2d, " ".join(POWERS), **POWERS)

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "Fold",
    "LPPool1d",
    "LPPool2d",
    "MaxPool1d",
    "MaxPool2d",
    "Unfold",
    "Upsample",
]

"""Schedules: how the rate of an optimizer changes from step to step (torch.optim.lr_scheduler)."""

from gradspec_reference.optim.lr_scheduler.cosines import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
)
from gradspec_reference.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from gradspec_reference.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from gradspec_reference.optim.lr_scheduler.plateau import ReduceLROnPlateau
from gradspec_reference.optim.lr_scheduler.scheduler import LRScheduler
from gradspec_reference.optim.lr_scheduler.several import ChainedScheduler, SequentialLR

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

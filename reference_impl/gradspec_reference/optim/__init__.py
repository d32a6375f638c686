"""Optimizers and schedules of their rates, under torch's names (torch.optim)."""

from gradspec_reference.optim import lr_scheduler
from gradspec_reference.optim.adaptive import Adagrad, Adam, AdamW, RMSprop
from gradspec_reference.optim.descent import SGD
from gradspec_reference.optim.optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]

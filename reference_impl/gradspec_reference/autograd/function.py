"""Operations whose derivative the caller writes (torch.autograd.function)."""

from gradspec_reference.engine.context import FunctionCtx
from gradspec_reference.engine.custom import Function
from gradspec_reference.engine.once import once_differentiable

__all__ = ["Function", "FunctionCtx", "once_differentiable"]

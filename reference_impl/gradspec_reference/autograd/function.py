"""Operations whose derivative the caller writes (torch.autograd.function)."""

from gradspec_reference.engine.custom import Function

__all__ = ["Function"]

"""Recurrent layers and their cells (torch.nn.RNN, LSTM, GRU); sequences are not packed."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Final

from gradspec_reference.names import factories
from gradspec_reference.names.functions import elementwise
from gradspec_reference.names.functions.assembly import cat, stack
from gradspec_reference.nn import functional, init
from gradspec_reference.nn.modules.linear import parameter
from gradspec_reference.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

    Hidden = tuple[Tensor, ...]
    Parts = tuple[Tensor, Tensor, Hidden]

BATCHED: Final = 3


def elman(nonlinearity: str) -> Callable[[Tensor, Tensor, Hidden], Hidden]:
    """Return the rule h ← f(W x + b + U h + c)."""
    function: Any = elementwise.relu if nonlinearity == "relu" else elementwise.tanh

    def rule(of_input: Tensor, of_hidden: Tensor, _hidden: Hidden) -> Hidden:
        return (function(of_input + of_hidden),)

    return rule


def long_short(of_input: Tensor, of_hidden: Tensor, hidden: Hidden) -> Hidden:
    """Return h ← o tanh(c) and c ← f c + i g, the gates i, f and o between 0 and 1."""
    letting_in, kept, made, let_out = (of_input + of_hidden).chunk(4, -1)
    cell = elementwise.sigmoid(kept) * hidden[1]
    cell = cell + elementwise.sigmoid(letting_in) * elementwise.tanh(made)
    return elementwise.sigmoid(let_out) * elementwise.tanh(cell), cell


def gated(of_input: Tensor, of_hidden: Tensor, hidden: Hidden) -> Hidden:
    """Return h ← (1 - z) n + z h, where n sees what the gate r lets through of h."""
    (reset_x, update_x, new_x), (reset_h, update_h, new_h) = (
        each.chunk(3, -1) for each in (of_input, of_hidden)
    )
    made = elementwise.tanh(new_x + elementwise.sigmoid(reset_x + reset_h) * new_h)
    kept = elementwise.sigmoid(update_x + update_h)
    return ((hidden[0] - made) * kept + made,)


def spread_evenly(module: Module, hidden_size: int) -> None:
    """Give parameters the numbers that they begin with."""
    bound = 1 / math.sqrt(hidden_size) if hidden_size else 0.0
    for each in module.parameters():
        init.uniform_(each, -bound, bound)


def as_pair(given: Any, count: int) -> Hidden:
    """Return what is remembered as a tuple."""
    return tuple(given) if count > 1 else (given,)


class Cell(Module):
    """One step of a recurrent layer."""

    gates: ClassVar[int]
    count: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = self.gates * hidden_size
        self.weight_ih = parameter(rows, input_size, dtype=dtype)
        self.weight_hh = parameter(rows, hidden_size, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, parameter(rows, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew, with random numbers."""
        spread_evenly(self, self.hidden_size)

    def rule(self) -> Any:
        """Return how the next hidden numbers come from the sums."""
        raise NotImplementedError

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """Return what is remembered after a step."""
        if input.ndim not in (1, 2):
            raise ValueError(f"a cell was given {input.ndim} dimensions; it takes rows, or one")
        if hx is None:
            zeros = factories.zeros(*input.shape[:-1], self.hidden_size, dtype=input.dtype)
            hx = (zeros,) * 2 if self.count > 1 else zeros
        hidden = as_pair(hx, self.count)
        of_input = functional.linear(input, self.weight_ih, self.bias_ih)
        of_hidden = functional.linear(hidden[0], self.weight_hh, self.bias_hh)
        found = self.rule()(of_input, of_hidden, hidden)
        return found if self.count > 1 else found[0]

    def extra_repr(self) -> str:
        """Show the sizes, and what is not as usual."""
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class RNNCell(Cell):
    """A step of Elman's network (torch.nn.RNNCell)."""

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def rule(self) -> Any:
        """Return Elman's rule."""
        if self.nonlinearity not in {"tanh", "relu"}:
            raise RuntimeError(f"nonlinearity={self.nonlinearity!r}; it is 'tanh' or 'relu'")
        return elman(self.nonlinearity)

    def extra_repr(self) -> str:
        """Show the sizes, and what is not as usual."""
        text = super().extra_repr()
        is_usual = self.nonlinearity == "tanh"
        return text if is_usual else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(Cell):
    """A step with a long and a short memory (torch.nn.LSTMCell)."""

    gates, count = 4, 2

    def rule(self) -> Any:
        """Return the rule of four gates."""
        return long_short


class GRUCell(Cell):
    """A step with two gates (torch.nn.GRUCell)."""

    gates = 3

    def rule(self) -> Any:
        """Return the rule of two gates."""
        return gated


class Recurrent(Module):
    """Layers that go along sequences, each over what the one before it gave, there or both ways."""

    gates: ClassVar[int]
    count: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        if proj_size:
            raise NotImplementedError("proj_size is not there; leave it out")
        check_sizes(input_size, hidden_size, num_layers, dropout)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            length = hidden_size * len(self._ways()) if layer else input_size
            for way in self._ways():
                setattr(self, f"weight_ih_l{layer}{way}", parameter(rows, length, dtype=dtype))
                setattr(self, f"weight_hh_l{layer}{way}", parameter(rows, hidden_size, dtype=dtype))
                for name in ("bias_ih", "bias_hh") if bias else ():
                    setattr(self, f"{name}_l{layer}{way}", parameter(rows, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew, with random numbers."""
        spread_evenly(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Do nothing: there is no accelerator that would want them in a row."""

    def rule(self) -> Any:
        """Return how the next hidden numbers come from the sums."""
        raise NotImplementedError

    def _ways(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Any]:
        """Return the hidden numbers of the last layer at each step, and of all after the last."""
        if input.ndim not in (BATCHED - 1, BATCHED):
            raise ValueError(
                f"a recurrent layer was given {input.ndim} dimensions; it takes 2 or 3"
            )
        batched = input.ndim == BATCHED
        steps = input if batched else input.unsqueeze(1)
        steps = steps.transpose(0, 1) if batched and self.batch_first else steps
        self._check(steps)
        hidden = self._begun(steps, hx, batched)
        found: list[Hidden] = []
        for layer in range(self.num_layers):
            of_ways = []
            for way in self._ways():
                rows, last = self._along(steps, [h[len(found)] for h in hidden], f"{layer}{way}")
                of_ways.append(rows)
                found.append(last)
            steps = of_ways[0] if len(of_ways) == 1 else cat(of_ways, -1)
            if layer < self.num_layers - 1:
                steps = functional.dropout(steps, self.dropout, self.training)
        remembered = tuple(stack(list(each)) for each in zip(*found, strict=True))
        if not batched:
            steps, remembered = steps.squeeze(1), tuple(each.squeeze(1) for each in remembered)
        elif self.batch_first:
            steps = steps.transpose(0, 1)
        return steps, remembered if self.count > 1 else remembered[0]

    def _check(self, steps: Tensor) -> None:
        if steps.dtype != self.weight_ih_l0.dtype:
            raise ValueError(
                f"a recurrent layer of {self.weight_ih_l0.dtype} was given {steps.dtype}; convert "
                "one of them with to()"
            )
        if steps.shape[-1] != self.input_size:
            raise RuntimeError(
                f"a recurrent layer was given {steps.shape[-1]} features, not {self.input_size}"
            )

    def _begun(self, steps: Tensor, given: Any, batched: bool) -> Hidden:
        shape = (self.num_layers * len(self._ways()), steps.shape[1], self.hidden_size)
        if given is None:
            return (factories.zeros(*shape, dtype=steps.dtype),) * self.count
        hidden = as_pair(given, self.count)
        whole = hidden if batched else tuple(each.unsqueeze(1) for each in hidden)
        for each in whole:
            if each.shape != shape:
                raise RuntimeError(f"what is remembered is {list(each.shape)}, not {list(shape)}")
        return whole

    def _along(self, steps: Tensor, hidden: list[Tensor], name: str) -> tuple[Tensor, Hidden]:
        own = [
            getattr(self, f"{each}_l{name}", None)
            for each in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
        ]
        of_inputs = functional.linear(steps, own[0], own[1])  # type: ignore[arg-type]
        rule, state, rows = self.rule(), tuple(hidden), []
        backwards = name.endswith("_reverse")
        for step in reversed(range(steps.shape[0])) if backwards else range(steps.shape[0]):
            of_hidden = functional.linear(state[0], own[2], own[3])  # type: ignore[arg-type]
            state = rule(of_inputs[step], of_hidden, state)
            rows.append(state[0])
        return stack(rows[::-1] if backwards else rows), state

    def extra_repr(self) -> str:
        """Show the sizes, and what is not as usual."""
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        text = f"{self.input_size}, {self.hidden_size}"
        for name, value in {**usual, "bidirectional": False}.items():
            text += "" if getattr(self, name) == value else f", {name}={getattr(self, name)}"
        return text


class RNN(Recurrent):
    """Elman's network (torch.nn.RNN)."""

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        if nonlinearity not in {"tanh", "relu"}:
            raise ValueError(f"nonlinearity={nonlinearity!r}; it is 'tanh' or 'relu'")
        how = (bias, batch_first, dropout, bidirectional)
        super().__init__(input_size, hidden_size, num_layers, *how, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def rule(self) -> Any:
        """Return Elman's rule."""
        return elman(self.nonlinearity)


class LSTM(Recurrent):
    """A network with a long and a short memory (torch.nn.LSTM)."""

    gates, count = 4, 2

    def rule(self) -> Any:
        """Return the rule of four gates."""
        return long_short


class GRU(Recurrent):
    """A network with two gates (torch.nn.GRU)."""

    gates = 3

    def rule(self) -> Any:
        """Return the rule of two gates."""
        return gated


def check_sizes(input_size: Any, hidden_size: Any, num_layers: int, dropout: Any) -> None:
    """Refuse sizes that are none; warn of dropout that has no place."""
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(size, int):
            raise TypeError(f"{name} was given as {type(size).__name__}; it is an int")
        if size <= 0:
            raise ValueError(f"{name}={size} was given; it is at least 1")
    if num_layers <= 0:
        raise ValueError(f"num_layers={num_layers} was given; it is at least 1")
    if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout <= 1:
        raise ValueError(f"dropout={dropout} was given; a probability lies in 0 to 1")
    if dropout and num_layers == 1:
        warnings.warn(
            "dropout lies between the layers of a recurrent network, and this has one layer",
            UserWarning,
            stacklevel=4,
        )


__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]

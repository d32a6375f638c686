"""Acts of the kit itself: they are steps of a program, and no engine is asked for them."""

from __future__ import annotations

from typing import Any, Final

from gradspec.catalogue import signs
from gradspec.port.act import Act, act


def _own(key: str, parameters: str, doc: str, **more: Any) -> Act:
    return act(key, parameters, doc, by_kit=True, **{"word": "", "on": "", **more})


def _signed(name: str, sign: str, phrase: str, parameters: str) -> Act:
    doc = f"Reckon with plain values, as the host language does: {sign}."
    said = {"notation": phrase, "python": phrase, "javascript": phrase}
    return _own(f"plain:{name}", parameters, doc, gives="plain", **said)


OF_PLAIN_VALUES: Final = (
    *(_signed(n, sign, f"$x {sign} $other", "x, other") for n, sign in signs.BETWEEN.items()),
    *(_signed(n, sign, f"{sign}($x)", "x") for n, sign in signs.UNARY.items()),
)
"""What a program does with the plain values that an engine gives, as far as it can be written."""

OF_THE_KIT: Final = (
    *OF_PLAIN_VALUES,
    # products, and what they are derived with
    _own(
        "vjp",
        "function: body, inputs, cotangent=1.0",
        "A function's value, and for each input the cotangent times its Jacobian.",
        gives="product",
        word="vjp",
        notation="ag.vjp($function, $inputs, $($cotangent))",
    ),
    _own("same", "x", "Give tensors other numbers.", gives="tensors", python="$x", javascript="$x"),
    _own(
        "or_zero",
        "gradient, zeros",
        "The gradient, or zeros where there is none.",
        gives="tensor",
        python="$zeros if $gradient is None else $gradient",
        javascript="$gradient ?? $zeros",
    ),
    _own("raise", "error", "Raise what a function raised by itself."),
    # what the host does with what it holds
    _own(
        "forget",
        "thing",
        "Let go of an object, as `del` does.",
        notation="ag.forget($thing)",
        python="del $thing",
        javascript="$thing = null",
    ),
    _own(
        "host_write",
        "target, index, value",
        "Write into an array that the engine gave out.",
        word="numpy",
        notation="$target[$index] = $value",
        python="$target[$index] = $value",
    ),
    _own(
        "log",
        "",
        "Begin a list of what callbacks do.",
        on="ag",
        said="notes",
        gives="log",
        python="[]",
        javascript="[]",
    ),
    _own(
        "note",
        "log, what: structure",
        "Write down what a callback saw.",
        on="log",
        python="$log.append($what)",
        javascript="$log.push($what)",
    ),
    _own(
        "read",
        "log",
        "Give what was written down.",
        on="log",
        gives="structure",
        python="list($log)",
        javascript="[...$log]",
    ),
    # demands, and blocks of steps
    _own("expect", "found, check, expected=None, ulps=None, scale=None, or_nan=None", "Demand."),
    _own("refuses", "kind", "Demand that the steps are refused."),
    _own("attempt", "kinds", "Perform steps, or be refused in one of these ways."),
    _own("granted", "attempt", "Demand what holds unless the attempt was refused."),
    _own("denied", "attempt", "Demand what holds if the attempt was refused."),
    _own("caught", "kind", "Perform steps that are refused, and go on."),
    _own(
        "warns",
        "shows=None, lacks=None",
        "Demand a warning of the steps; say what the text of their warnings shows, or lacks.",
        word="warnings",
    ),
    _own("silent", "", "Demand no warning of the steps.", word="warnings"),
    _own("repeat", "times, carried", "Perform steps again and again."),
)

"""`operator_page(operator)`: what an operator computes, where, how, and which clauses ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Column, Table
from rich.text import Text

from gradspec import edition
from gradspec.catalogue.domain import Complex, Operand
from gradspec.catalogue.operators import CALLS, FAMILIES, KINKS, OPERATORS
from gradspec.catalogue.standard import STANDARD, standard_names
from gradspec_conformance.report.row import formula_text
from gradspec_conformance.run.facets import facets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.catalogue.domain import Domain
    from gradspec.catalogue.operator import Call, Kink, Operator

COLUMN: Final = 11


def operator_named(name: str) -> Operator | None:
    """Find an operator by `op:NAME`, by NAME, or by the name of a call or a kink."""
    name = name.removeprefix("op:")
    name = STANDARD.get(name, name)
    if name in OPERATORS:
        return OPERATORS[name]
    if name in CALLS:
        return CALLS[name].operator
    return KINKS[name][0].operator if name in KINKS else None


def meaning(operator: Operator) -> str:
    """Give the call, how Python writes it if with a sign, and how smooth it is."""
    sign = f", in Python {operator.sign.replace('$', '')}" if operator.sign else ""
    formula = f", which is {operator.means}" if operator.means else ""
    other = "".join(f", in the array API {name}" for name in standard_names(operator.name))
    whole = f"{operator.name}({operator.signature.text}){sign}{other}{formula}"
    return f"{whole}; {operator.smoothness}"


def called(call: Call) -> str:
    """Write a call of the catalogue as in Python."""
    given = ", ".join(f"{name}={_shown(value)}" for name, value in call.given.items())
    return f"{call.operator.name}({given})"


def _shown(value: Any) -> str:
    """Write an operand by its shape, and what else is given as Python does."""
    if isinstance(value, Operand):
        return f"tensor{value.shape}"
    if isinstance(value, np.ndarray):
        return str(value.tolist())
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return " ".join(repr(value).split())


def operator_page(operator: Operator) -> RenderableType:
    """Set all that the catalogue says of an operator, and the clauses that ask it."""
    call = f"{operator.name}({operator.signature.text})"
    head = Text.assemble((f"op:{operator.name}", "bold cyan"), "  ", (call, "bold"))
    parts: list[RenderableType] = [Text(), head]
    if operator.formula is not None:
        code = Syntax(
            formula_text(operator.formula), "python", background_color="default", word_wrap=True
        )
        parts.append(Padding(code, (1, 0, 1, 4)))
    table = Table.grid(Column(width=COLUMN), Column())
    for name, lines in facts_of(operator).items():
        for index, line in enumerate(lines):
            table.add_row(Text(name if index == 0 else "", style="dim"), Text(line))
    parts.append(Padding(table, (0, 0, 0, 4)))
    return Group(*parts)


def facts_of(operator: Operator) -> dict[str, list[str]]:
    """Give what the catalogue says of an operator, by the name of each fact."""
    family = next(family for family, rows in FAMILIES.items() if operator in rows)
    calls = [call for call in CALLS.values() if call.operator == operator]
    kinks = [(call, kink) for call, kink in KINKS.values() if call.operator == operator]
    own = {facet.id for facet in facets()}
    others = dict.fromkeys(
        demand.clause
        for demand in edition.demands()
        if f"op:{operator.name}" in demand.needs and demand.clause not in own
    )
    facts = {
        "family": [family],
        "smoothness": [str(operator.smoothness)],
        "means": [operator.means],
        "array API": standard_names(operator.name),
        "in Python": [operator.sign.replace("$", "")],
        "in place": [f"{operator.name}_"] if operator.has_inplace else [],
        "form of": [operator.form_of],
        "calls": [f"{call.name}: {called(call)}" for call in calls],
        "drawn from": list(dict.fromkeys(line for call in calls for line in _domains(call))),
        "kinks": [f"{call.name}: {_kink(call, kink)}" for call, kink in kinks],
        "facets": [
            f"{facet.id:8} {facet.statement.replace('{name}', operator.name)}"
            for facet in facets()
            if operator.name in facet.rows
        ],
        "also in": [", ".join(others)],
    }
    return {name: [line for line in lines if line] for name, lines in facts.items()}


def _domains(call: Call) -> Iterator[str]:
    """Say between which numbers the operands of a call are drawn."""
    for name, value in call.given.items():
        operands = value if isinstance(value, list) else [value]
        for operand in operands:
            if isinstance(operand, Operand):
                yield f"{name}: {_between(operand.domain)}"


def _between(domain: Domain) -> str:
    """Say between which numbers a domain is, of complex ones by real and imaginary parts."""
    said = [
        f"{len(values)} numbers from {np.min(values)} to {np.max(values)}"
        for values in (domain.values, *([domain.others] if isinstance(domain, Complex) else []))
    ]
    return " + i times one of ".join(said)


def _kink(call: Call, kink: Kink) -> str:
    """Say where a kink is, what is allowed there, and what torch gives."""
    parts = [called(call)]
    if kink.between is not None:
        low, high = (_number(bound) for bound in kink.between)
        parts.append(f"between {low} and {high}")
    if kink.choice is not None:
        parts.append(f"torch gives {_number(kink.choice)}")
    if kink.tie:
        parts.append("a tie")
    return ", ".join(parts)


def _number(value: Any) -> str:
    """Write a number, or an array as a list."""
    if isinstance(value, tuple):
        return " and ".join(map(_number, value))
    return str(np.asarray(value).tolist())

"""`sentence(cause, members)`: what is wrong, in a sentence that can stand alone."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.report.blame import operator_of

if TYPE_CHECKING:
    from gradspec_conformance.run.judgement import Judged

MOST_NAMED: Final = 3
"""How many operators a sentence names."""


def sentence(cause: tuple[Any, ...], members: list[Judged]) -> str:
    """Say in a sentence that can stand alone what is wrong."""
    first, alone = members[0], len(members) == 1
    match cause:
        case ("passes",) if alone:
            return f"{first.id} was expected to fail, and passes."
        case ("passes",):
            return f"{len(members)} clauses were expected to fail, and pass."
        case ("raised", *_):
            return _raised(members)
        case ("state",):
            return _disturbed(members)
        case ("unmapped", error, kind):
            error, kind = (str(name).strip("'") for name in (error, kind))
            names = f"`{error}` where `{kind}` is expected"
            return f"the adapter does not say which kind of refusal is {names}."
        case ("told", *_):
            return f"{raised_text(first).rstrip('.')}."
        case ("ended", Outcome.TIMED_OUT, _, _) if alone:
            return "a program does not come to its end in time."
        case ("ended", Outcome.TIMED_OUT, _, _):
            return f"{len(members)} programs do not come to their end in time."
        case ("ended", _, manner, site):
            programs = "" if alone else f" in {len(members)} programs"
            return (
                f"the engine's process ends ({manner}){programs}{f', at {site}' if site else ''}."
            )
        case ("limit", end):
            return f"gradients are cut off at {end:g}{_where(members)}."
        case ("paths",):
            return "what reaches a tensor on several paths is not added up."
        case ("operator", operator) if (
            alone and first.verdict.habit and first.nature is not Nature.CONVENTION
        ):
            return f"`{operator}` is wrong: {first.verdict.habit}."
        case _ if alone:
            return f"not so: {first.statement}"
        case ("habit", habit, _):
            return f"{habit[0].upper()}{habit[1:]}{_where(members)}."
        case ("operator", operator):
            ways = {one.verdict.habit for one in members}
            way = ways.pop() if len(ways) == 1 else None
            return f"`{operator}` is wrong{f': {way}' if way else ''}."
    rest = len(members) - 1
    return f"not so: {first.statement} Nor in {rest} more {'row' if rest == 1 else 'rows'}."


def _raised(members: list[Judged]) -> str:
    first = members[0]
    acts = {_act(one) for one in members}
    act = acts.pop() if len(acts) == 1 else ""
    said = f"`{act}` raises {raised_text(first)}" if act else raised_text(first)
    return f"{said}, at {first.verdict.place}." if first.verdict.place else f"{said}."


def _disturbed(members: list[Judged]) -> str:
    """Say after what clauses fail that pass alone."""
    sets = Counter(" with ".join(one.verdict.disturbed_by[-MOST_NAMED:]) for one in members)
    names = ", ".join(name or "others" for name, _ in sets.most_common(MOST_NAMED))
    more = f" and {len(sets) - MOST_NAMED} more" if len(sets) > MOST_NAMED else ""
    clauses = "a clause passes" if len(members) == 1 else f"{len(members)} clauses pass"
    why = "the engine keeps something between programs"
    return f"{clauses} alone, but not after {names}{more}: {why}."


def _where(members: list[Judged]) -> str:
    """Name the operators that a habit shows in."""
    named = [f"`{name}`" for name in dict.fromkeys(map(operator_of, members)) if name]
    if not named:
        return ""
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return f" ({', '.join(named[:MOST_NAMED])}{more})"


def stripped(message: str) -> str:
    """Give what an exception says, without the act that it came out of, and without its place."""
    act, text = _apart(message)
    return text if act else re.sub(r" \(in \S+, [^()]*\)$", "", message)


def raised_text(one: Judged) -> str:
    """Give in a line what an exception says that ended a program, or what else did."""
    return stripped((one.verdict.message or "").split("\n")[0])


def _act(one: Judged) -> str:
    """Name the act that an exception came out of."""
    return _apart(one.verdict.message or "")[0]


def _apart(message: str) -> tuple[str, str]:
    """Take apart which act raised what; there is no act where no act raised."""
    act, raised, text = message.partition(" raised ")
    return (act, text) if raised and " " not in act else ("", message)

"""`gradspec words`: what every word means that adapters, books and commands are written with."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from gradspec import edition
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.catalogue.standard import standard_names
from gradspec.port.abilities import BUNDLES, WORDS
from gradspec.port.errors import ERROR_KINDS
from gradspec.rank import Nature
from gradspec_conformance.adapters.phrases import SCHEMA_FILE
from gradspec_conformance.adapters.phrases.ways import way
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.report.operator import called, meaning
from gradspec_conformance.run.ladder import RUNGS, rung_of
from gradspec_conformance.run.selection import PROFILES, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator


INDENT: Final = 26
WIDEST: Final = 110
MOST_ADDED: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A word, what it means, and what is told in further lines; `others` also lead to it."""

    word: str
    meaning: str
    more: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def is_about(self, asked: str) -> bool:
        """Whether a word that somebody asked for is in its names."""
        return any(asked in name for name in (self.word, *self.others))


@click.command("words")
@click.argument("words", nargs=-1)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of phrasebooks, for editors.")
def command(words: tuple[str, ...], *, schema: bool) -> None:
    """Explain abilities, bundles, operators, kinds of error, profiles, rungs, natures and classes.

    Without WORDS all of them; else those in whose names one of the WORDS is.
    """
    if schema:
        if words:
            raise click.UsageError("--schema prints all of it: leave the words out")
        click.echo(SCHEMA_FILE.read_text("utf-8"), nl=False)
        return
    chosen = {
        title: [entry for entry in entries if not words or any(map(entry.is_about, words))]
        for title, entries in sections().items()
    }
    if not any(chosen.values()):
        names = [name for part in sections().values() for e in part for name in (e.word, *e.others)]
        hint = did_you_mean(words[0], names) or "; `gradspec words` has all of them"
        raise click.UsageError(f"there is no word {' '.join(words)!r}{hint}")
    width = min(shutil.get_terminal_size().columns, WIDEST)
    for title, entries in chosen.items():
        if entries:
            click.echo(click.style(f"\n{title}", bold=True))
            click.echo("\n".join(line for entry in entries for line in _lines(entry, width)))


def sections() -> dict[str, list[Entry]]:
    """Give every word, by what it is."""
    return {
        "Abilities: what an engine is asked only if it has it": list(_abilities()),
        "Bundles: words of a Python adapter for several abilities": list(_bundles()),
        "Operators: an engine that has one declares op:NAME (gradspec show op:NAME)": list(
            map(_operator, OPERATORS)
        ),
        "Kinds of error: what `error_kind` and [errors] map onto": list(_errors()),
        "Profiles: run --profile NAME": list(map(_profile, PROFILES.values())),
        "Rungs: the ladder with which a run ends": list(_rungs()),
        "Natures: what it means to fail a clause": list(_natures()),
        "Classes: why an engine is known to fail": [Entry(c, c.sentence) for c in Cause],
    }


def _abilities() -> Iterator[Entry]:
    for name, word in WORDS.items():
        if not name.startswith("op:"):
            needed = sum(name in demand.needs for demand in edition.demands())
            bundle = (f"bundle {word.bundle}",) if word.bundle else ()
            more = (f"a book: {way(name)}", "; ".join((*bundle, _needing(needed))))
            yield Entry(name, word.meaning, more, (word.bundle,))


def _needing(count: int) -> str:
    match count:
        case 0:
            return "no clause needs it yet"
        case 1:
            return "one clause or row needs it"
    return f"{count} clauses and rows need it"


def _bundles() -> Iterator[Entry]:
    for bundle, words in BUNDLES.items():
        yield Entry(bundle, " ".join(sorted(words)))


def _operator(name: str) -> Entry:
    operator = OPERATORS[name]
    calls = [call for call in CALLS.values() if call.operator == operator]
    forms = [f"{call.name}: {called(call)}" for call in calls]
    apart = [f"op:{name}.{parameter}" for parameter in operator.apart.split()]
    forms += [f"{word}: {WORDS[word].meaning}, which an engine declares apart" for word in apart]
    names = (*(call.name for call in calls), *apart, *standard_names(name))
    return Entry(f"op:{name}", meaning(operator), tuple(forms), names)


def _errors() -> Iterator[Entry]:
    for kind, sentence in ERROR_KINDS.items():
        yield Entry(kind, sentence)


def _rungs() -> Iterator[Entry]:
    """Give the sentence of each, how much stands there, and the words that it adds."""
    places = Counter(rung_of(demand) for demand in edition.demands())
    for rung in RUNGS:
        adds = sorted(word for word in rung.words.split() if not word.startswith("op:"))
        more = [f"{places[rung]} clauses and rows stand there"]
        more += [f"adds {' '.join(adds)}"] if adds and len(adds) < MOST_ADDED else []
        yield Entry(rung.name, rung.sentence, tuple(more))


def _natures() -> Iterator[Entry]:
    for nature in Nature:
        count = sum(demand.nature is nature for demand in edition.demands())
        yield Entry(nature, nature.sentence, (f"{count} clauses and rows",))


def _profile(profile: Profile) -> Entry:
    """Give its sentence, how much is in it, and the words that its clauses may need."""
    cases = [demand for demand in edition.demands() if profile.holds(demand)]
    size = f"{len({demand.clause for demand in cases})} clauses, {len(cases)} with rows"
    operators = " ".join(sorted(profile.operators or ()))
    more = [f"may need {profile.allowed}"] if profile.allowed else []
    more += [f"operators beside those of values: {operators}"] if operators else []
    return Entry(profile.name, profile.sentence, (size, *more))


def _lines(entry: Entry, width: int) -> Iterator[str]:
    """Set an entry: the word, and beside it what it means."""
    space = max(width - INDENT, INDENT)
    first, *rest = textwrap.wrap(entry.meaning, space, break_on_hyphens=False)
    yield click.style(f"{entry.word:{INDENT - 1}} ", fg="cyan") + first
    yield from (" " * INDENT + line for line in rest)
    for more in entry.more:
        for line in textwrap.wrap(more, space, break_on_hyphens=False, subsequent_indent="  "):
            yield " " * INDENT + click.style(line, dim=True)

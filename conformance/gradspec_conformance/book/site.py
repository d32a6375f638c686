"""`write(folder)`: the whole book; every page comes from the specification and from stored data."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from gradspec import chapters
from gradspec.catalogue.operator import Smoothness
from gradspec.catalogue.operators import FAMILIES, OPERATORS
from gradspec.edition import EDITION
from gradspec.misuse import MISUSES
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.book import entries, mathematics, pictures, products, reports, searching
from gradspec_conformance.book.glossary import glossary
from gradspec_conformance.book.verdicts import counts, known
from gradspec_conformance.edition.asked import MESSAGES
from gradspec_conformance.report.matrix import page as matrix
from gradspec_conformance.report.operator import facts_of, meaning
from gradspec_conformance.report.row import formula_text
from gradspec_conformance.run.facets import facets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.catalogue.operator import Operator
    from gradspec_conformance.book.entries import Entry, Text
    from gradspec_conformance.book.reports import Dated
    from gradspec_conformance.book.stepping import Story

HERE: Final = Path(__file__).parent
MARKS: Final = MarkdownIt("zero").enable(["backticks", "emphasis"])


class Site:
    """A folder, and how a page comes into it."""

    def __init__(self, folder: Path, *, alone: bool = False) -> None:
        self.folder = folder
        self.environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals |= {"edition": EDITION, "alone": alone}
        self.environment.filters["prose"] = prose

    def put(self, name: str, template: str, **values: Any) -> None:
        """Write a page."""
        text = self.environment.get_template(template).render(**values)
        (self.folder / name).write_text(text, encoding="utf-8")


def prose(text: str) -> Markup:
    """Set what stands between stars or backticks off, and escape the rest."""
    return Markup(MARKS.renderInline(text))  # noqa: S704 - it escapes


def write(
    folder: Path, only: Sequence[str] = (), processes: int = 2, runs: Sequence[Dated] = ()
) -> int:
    """Write the book, or only some chapters of it, with stored runs; return how many pages."""
    for path in (HERE / "static").iterdir():
        shutil.copy(path, folder / path.name)
    (folder / "search-index.js").write_text(searching.index(), encoding="utf-8")
    wanted = [c for c in chapters.CHAPTERS if not only or c.name in only]
    texts = _drawn(_read([chapter.name for chapter in wanted], processes))
    site = Site(folder)
    _write_chapters(site, texts, runs)
    _write_errors(site, [e for text in texts for s in text.sections for e in s.entries])
    _write_operators(site, runs)
    _write_rest(site, runs)
    return len(list(folder.glob("*.html")))


def step_page(folder: Path, name: str, story: Story) -> None:
    """Write a page to step through a program that is no clause's; raises WrongUsage."""
    (graph,) = pictures.drawn([story.graph], ids=True)
    told = {"title": name, "said": "", "story": replace(story, graph=graph)}
    Site(folder, alone=True).put(f"{name}.html", "step.html.j2", **told)


def _read(names: list[str], processes: int) -> list[Text]:
    """Run the chapters, the long ones first, for one of them lasts as long as many."""
    if processes == 1:
        return [entries.chapter(name) for name in names]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        first = sorted(names, key=lambda name: name != "operators")
        running = {name: pool.submit(entries.chapter, name) for name in first}
        return [running[name].result() for name in names]


def _drawn(texts: list[Text]) -> list[Text]:
    """Draw all pictures at once."""
    every = [e for text in texts for section in text.sections for e in section.entries]
    svgs = iter(pictures.drawn([dot for entry in every for dot in entry.pictures]))
    stories = [entry.story for entry in every if entry.story is not None]
    graphs = iter(pictures.drawn([story.graph for story in stories], ids=True))

    def draw(entry: Entry) -> Entry:
        drawn = [next(svgs) for _ in entry.pictures]
        story = entry.story
        if story is not None:
            story = replace(story, graph=next(graphs))
        return replace(entries.with_stored(entry), pictures=drawn, story=story)

    return [
        replace(
            text, sections=[replace(s, entries=[draw(e) for e in s.entries]) for s in text.sections]
        )
        for text in texts
    ]


def _write_chapters(site: Site, texts: list[Text], runs: Sequence[Dated]) -> None:
    told = [chapters.find(text.name) for text in texts]
    counts = [sum(len(section.entries) for section in text.sections) for text in texts]
    listed = [
        {"name": one.name, "title": one.title, "count": count}
        for one, count in zip(told, counts, strict=True)
    ]
    site.put("index.html", "index.html.j2", chapters=listed)
    for place, (text, one) in enumerate(zip(texts, told, strict=True)):
        values = {
            "title": one.title,
            "name": one.name,
            "introduction": text.introduction,
            "sections": text.sections,
            "notes": text.notes,
        }
        site.put(
            f"{one.name}.html",
            "chapter.html.j2",
            chapter=values,
            before=told[place - 1] if place else None,
            after=told[place + 1] if place + 1 < len(told) else None,
        )
        for section in text.sections:
            for entry in section.entries:
                made = reports.made(runs, entry.id)
                site.put(f"{entry.id}.html", "clause.html.j2", entry=entry, chapter=one, made=made)
                if entry.story is not None:
                    page = {"title": entry.id, "said": entry.statement, "story": entry.story}
                    site.put(f"step-{entry.id}.html", "step.html.j2", **page)


def _write_errors(site: Site, every: list[Entry]) -> None:
    by_id = {entry.id: entry for entry in every}
    errors = []
    for kind, cause in ERROR_KINDS.items():
        about = [entry for entry in every if kind in entry.errors]
        messages = [
            message
            for message, clauses in MESSAGES.items()
            if (first := by_id.get(clauses.split()[0])) is not None and kind in first.errors
        ]
        smallest = min(about, key=lambda e: (not e.remedy, len(e.tabs[0][1])), default=None)
        error = {
            "kind": kind,
            "cause": cause,
            "messages": messages,
            "entry": smallest,
            "entries": about,
        }
        errors.append(error)
        site.put(f"error-{kind}.html", "error.html.j2", error=error)
    site.put("error-list.html", "errors.html.j2", errors=errors, misuses=MISUSES)


def _write_operators(site: Site, runs: Sequence[Dated]) -> None:
    families = [(family, [row.name for row in rows]) for family, rows in FAMILIES.items()]
    site.put("operator-list.html", "operator_list.html.j2", families=families)
    for operator in OPERATORS.values():
        told = _operator(operator, runs)
        site.put(f"op-{operator.name}.html", "operator.html.j2", operator=told, runs=runs)


def _operator(operator: Operator, runs: Sequence[Dated]) -> dict[str, Any]:
    facts = facts_of(operator)
    also = [name for line in facts.pop("also in") for name in line.split(", ")]
    facts.pop("facets")
    asked = [facet for facet in facets() if operator.name in facet.rows]
    typeset = mathematics.typeset(operator)
    return {
        "name": operator.name,
        "meaning": meaning(operator),
        "formula": None if operator.formula is None else formula_text(operator.formula),
        "typeset": typeset,
        "linear": operator.smoothness is Smoothness.LINEAR,
        "products": () if typeset is not None else products.products(operator),
        "plot": pictures.plot(operator),
        "facts": facts,
        "also": also,
        "facets": [
            {
                "id": facet.id,
                "statement": facet.statement.replace("{name}", operator.name),
                "failing": _failing(rows),
                "made": [run.of(facet.id, rows) for run in runs],
            }
            for facet in asked
            for rows in [{demand.id for demand in facet.rows[operator.name]}]
        ],
    }


def _failing(rows: set[str]) -> list[str]:
    """Name the engines that are known to fail some of these rows, and say how many."""
    fails = {engine: sum(map(of.__getitem__, rows)) for engine, of in counts().items()}
    return [f"{engine}: {count} of {len(rows)}" for engine, count in fails.items() if count]


def _write_rest(site: Site, runs: Sequence[Dated]) -> None:
    if runs:
        days = ", ".join(dict.fromkeys(run.date for run in runs))
        text = matrix.page([run.run for run in runs], days)
        (site.folder / "runs.html").write_text(text, encoding="utf-8")
    table = [(one, [_count(one.prefix, engine) for engine in known()]) for one in chapters.CHAPTERS]
    site.put(
        "matrix.html", "matrix.html.j2", engines=list(known()), table=table, reports=bool(runs)
    )
    site.put("glossary.html", "glossary.html.j2", words=glossary())
    site.put("search.html", "search.html.j2")
    site.put("findings.html", "findings.html.j2", known=_bugs())


def _count(prefix: str, engine: str) -> int:
    return sum(entry.clause.startswith(f"{prefix}-") for entry in known()[engine])


def _bugs() -> dict[str, list[Any]]:
    """Give what the lists call a bug, by engine, each reason once."""
    return {
        engine: list({e.reason: e for e in entries if e.how.endswith("(bug)")}.values())
        for engine, entries in known().items()
    }

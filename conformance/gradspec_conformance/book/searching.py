"""The index that a browser searches: the texts of `gradspec search`, counted."""

from __future__ import annotations

import json

from gradspec import edition
from gradspec_conformance.edition import search


def index() -> str:
    """Write the texts, how often each word is in them, and what the ranking weighs with, as JS."""
    entries: dict[str, tuple[str, list[str]]] = {}
    for demand in edition.demands():
        _, errors = entries.setdefault(demand.clause, (demand.clause_statement, []))
        errors += [kind for kind in demand.errors if kind not in errors]
    every = search.texts()
    data = {
        "entries": entries,
        "texts": [
            {"w": text.words, "c": text.clauses, "question": place >= len(search.sentences())}
            for place, text in enumerate(every)
        ],
        "saturation": search.SATURATION,
        "length": search.LENGTH,
        "asked": search.ASKED,
        "later": search.LATER,
        "stop": sorted(search.STOP),
        "count": len(every),
        "mean": sum(text.words.total() for text in every) / len(every),
        "having": search.having(),
    }
    return f"window.GRADSPEC = {json.dumps(data, separators=(',', ':'), ensure_ascii=False)};\n"

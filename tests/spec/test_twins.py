"""Which tables ask an operator follows from its row: a twin by another name is asked the same."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

PROGRAM: Final = """
import json
import zlib
from dataclasses import replace

from gradspec.catalogue.operator import Call
from gradspec.catalogue.operators import CALLS, ENDS, KINKS, OPERATORS

sound = zlib.crc32
zlib.crc32 = lambda name: sound(name.removeprefix(b"twin_"))  # a twin draws the same numbers
for one in [*OPERATORS.values()]:
    form = one.form_of and f"twin_{one.form_of}"
    twin = replace(one, name=f"twin_{one.name}", sign="", bundle="", torch="", form_of=form)
    OPERATORS[twin.name] = twin
    for name, given in twin.calls.items():
        CALLS[twin.named(name)] = Call(twin, twin.named(name), given)
    for stated, points in ((KINKS, twin.kinks), (ENDS, twin.ends)):
        for name, point in points.items():
            stated[twin.named(name)] = (Call(twin, twin.named(name), point.given), point)

from gradspec.chapters import load
from gradspec.writing.clause import CASES

load()
rows = {}
for case in CASES.values():
    if case.chapter == "operators" and "/" in case.id:
        clause, _, row = case.id.partition("/")
        twins, others = rows.setdefault(clause, (set(), set()))
        (twins if row.startswith("twin_") else others).add(row.removeprefix("twin_"))
print(json.dumps({clause: sorted(twins ^ others) for clause, (twins, others) in rows.items()}))
"""

ABOUT_PROGRAMS: Final = {
    *("op-108", "op-090"),  # the long way to an operator, and what it comes to
    *("op-081", "op-082", "op-084", "op-262", "op-263"),  # probabilities, masks, targets
    *("op-066", "op-264"),  # one place, or one tensor, named twice
    *("op-101", "op-211"),  # conversions, an infinite cotangent
    *("op-246", "op-287"),  # what NumPy rounds under that name
    *("op-294", "op-297"),  # options of an embedding, the bound of a clamp
    "op-361",  # under vmap, options of each law of batches
}
"""Tables of programs, each written for operators of its own; or about a name."""


def test_no_table_over_the_catalogue_is_written_by_hand() -> None:
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr[-2000:]
    unlike = {clause: rows for clause, rows in json.loads(made.stdout).items() if rows}

    assert unlike.keys() == ABOUT_PROGRAMS

"""`look(module, ...)`: everything that is tried on an engine, in order, and the book of it."""

from __future__ import annotations

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operators import CALLS
from gradspec.port.abilities import DTYPES, NARROW
from gradspec_conformance.adapters.phrases import Phrasebook, read_book
from gradspec_conformance.engines.fault import NO_EXCEPTION
from gradspec_conformance.engines.loading import engine_names
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import MalformedBook, NothingFound
from gradspec_conformance.probing.attributes import (
    find_flags,
    find_looks,
    find_numbers,
)
from gradspec_conformance.probing.draft import Draft, quietly, reason
from gradspec_conformance.probing.functional import find_functional
from gradspec_conformance.probing.gradients import (
    find_clearing,
    find_gradient_tensors,
    find_writing,
)
from gradspec_conformance.probing.leaves import find_leaves
from gradspec_conformance.probing.messages import WHOLE
from gradspec_conformance.probing.modes import find_modes
from gradspec_conformance.probing.numbers import find_numbers_that_carry
from gradspec_conformance.probing.operators import Operators
from gradspec_conformance.probing.passes import find_options
from gradspec_conformance.probing.queries import find_asking
from gradspec_conformance.probing.refusals import find_errors
from gradspec_conformance.probing.state import find_reset
from gradspec_conformance.probing.surroundings import Surroundings, explore, put_back_switches
from gradspec_conformance.probing.torch_names import named_errors, names_of_torch
from gradspec_conformance.probing.views import find_views
from gradspec_conformance.probing.writing import book_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradspec_conformance.engines.smoke import Finding


def look(module: str, setup: str, avoided: Mapping[str, str], tell: Callable[[str], None]) -> str:
    """Find out how an engine says things, and give the text of its book; raises NothingFound."""
    draft = Draft(module, tell, avoided)
    if setup.strip():
        _prepare(draft, setup)
    around = explore(module, tell, avoided)
    draft.errors += named_errors(around)
    lacking = names_of_torch(around)
    if lacking is not None:
        _speak_torch(draft, around, lacking)
        return _checked(draft)
    draft.put_back = partial(put_back_switches, around)
    draft.setup.append(f"import {module}")
    kind = find_leaves(draft, around)
    if kind is not None:
        find_reset(draft, around)
        find_clearing(draft)
        find_gradient_tensors(draft)
        find_writing(draft, arrays=kind.has_arrays)
        find_options(draft, kind.run_pass, arrays=kind.has_arrays)
        find_flags(draft, kind.class_said)
        find_modes(draft, around)
        find_numbers(draft)
        find_looks(draft)
        find_asking(draft, around)
        Operators(draft, around, kind.tensor_class).find_all()
        if kind.has_arrays:
            find_views(draft)
        find_errors(draft, arrays=kind.has_arrays)
    elif find_functional(draft, around) or find_numbers_that_carry(draft, around):
        a_tensor = draft.ask().tensor
        Operators(draft, around, type(a_tensor(_number(draft)))).find_all()
        find_errors(draft, arrays="shape" in draft.phrases)
    else:
        raise NothingFound(_nothing(module, draft, around))
    _import_what_is_said(draft, around)
    return _checked(draft)


def _number(draft: Draft) -> Any:
    return np.array(2.0, draft.ask().dtype)


def _prepare(draft: Draft, setup: str) -> None:
    """Do what the user said comes first."""
    draft.tell("--setup")
    try:
        exec(compile(setup, "<--setup>", "exec"), {})  # noqa: S102 - the user's own
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's module raises
        raise NothingFound(f"what --setup says raised {reason(error)}") from None
    draft.setup.append(setup.strip())


def _nothing(module: str, draft: Draft, around: Surroundings) -> str:
    """Say that no way to differentiate was found, and what was nearest."""
    tried = [
        line for key in ("backward", "transform:vjp", "tensor") for line in draft.notes.get(key, ())
    ]
    classes = ", ".join(name for _, name, _ in around.classes()[:5])
    looked = f" (looked at {classes})" if classes else ""
    nearest = f"; the last thing tried: {' '.join(tried[0].split())}" if tried else ""
    return (
        f"in {module} nothing was found that makes tensors with a backward pass, nor a gradient of "
        f"functions{looked}{nearest}"
    )


def _import_what_is_said(draft: Draft, around: Surroundings) -> None:
    """Import the modules that phrases name."""
    said = " ".join(text for texts in draft.phrases.values() for text in texts)
    said += " ".join(draft.dtypes.values())
    paths = {place for place, _ in around.places}
    for place in sorted(paths - {draft.module}):
        named = {f"{place}.{name}" for name in re.findall(rf"\b{re.escape(place)}\.(\w+)", said)}
        if named - paths and f"import {place}" not in draft.setup:
            draft.setup.append(f"import {place}")
    top = f"import {draft.module}"
    inner = any(line.startswith(f"{top}.") for line in draft.setup)
    if inner or not re.search(rf"\b{re.escape(draft.module)}\.", said):
        draft.setup[:] = [line for line in draft.setup if line != top]


def _speak_torch(draft: Draft, around: Surroundings, lacking: list[str]) -> None:
    """Write a book that says what torch says, but for what is not there."""
    draft.inherits = "torch"
    draft.setup.append(f"import {draft.module} as torch")
    draft.phrases |= dict.fromkeys(lacking, ())
    draft.dtypes |= {
        name: "" for name in (*DTYPES, *NARROW) if not hasattr(around.places[0][1], name)
    }
    if hasattr(around.places[0][1], "set_warn_always"):
        draft.prepare = "torch.set_warn_always(True)  # else some warnings come once a process"
    known = read_book(engine_names()["torch"]).errors
    draft.errors += [(one.kind, one.says.pattern, "") for one in known if not one.acts]
    draft.remarks.append(
        f"{draft.module} has torch's names: its book is torch's, without what is not there."
    )


def _checked(draft: Draft) -> str:
    """Read the book as a user will, and take away what its smoke test does not like."""
    for _ in range(ROUNDS):
        draft.tell(WHOLE)
        text = book_text(draft)
        with tempfile.TemporaryDirectory() as folder, quietly():
            path = Path(folder) / "book.toml"
            path.write_text(text, encoding="utf-8")
            try:
                engine = Phrasebook(path)()
            except MalformedBook as error:
                raise NothingFound(f"the book that was written cannot be read: {error}") from None
            bad = [f for f in smoke(engine) if not f.ok and f.check not in draft.accepted]
        if not bad:
            return text
        for finding in bad:
            _take_away(draft, finding)
    return book_text(draft)


def _take_away(draft: Draft, finding: Finding) -> None:
    """Take away an operator or a data type; remark what cannot be taken away.

    An operator that was shown on other samples is there, and what it raises is for a run to tell.
    """
    kind, _, name = finding.check.rpartition(" ")
    told = " ".join(f"{finding.found}, and not {finding.expected}".split())[:300]
    operator = _operator(name)
    raises = finding.expected == NO_EXCEPTION and bool(draft.phrases.get(f"op:{operator}"))
    if kind.endswith("operator") and operator and not raises:
        draft.phrases[f"op:{operator}"] = ()
        draft.note(f"op:{operator}", ("as before",), told)
    elif kind == "round trip of" and len(draft.dtypes) != 1:
        draft.dtypes[name] = ""
    else:
        draft.accepted.append(finding.check)
        draft.remarks.append(f"The smoke test of the book finds {finding.check}: {told}.")


def _operator(call: str) -> str:
    return CALLS[call].operator.name if call in CALLS else ""


ROUNDS: Final = 4
"""How often a book is mended and read again."""

"""What the tensors of an engine can hold: arrays, constants, data types."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec.port.abilities import DTYPES
from gradspec.port.phrase import FORMS
from gradspec_conformance.probing.draft import Bench, NotShown, same
from gradspec_conformance.probing.kind import BASIC

if TYPE_CHECKING:
    from gradspec_conformance.probing.draft import Draft
    from gradspec_conformance.probing.kind import Kind

MATRIX: Final = ((0.5, -1.5, 2.0), (3.0, -0.25, 1.25))
VECTOR: Final = (0.5, -1.5, 2.0)


def find_arrays(draft: Draft, kind: Kind) -> None:
    """Find out whether tensors have shapes; an engine of numbers may swallow an array unseen."""
    number = kind.phrases["leaf"][0]
    for form in ("$array", "$list"):
        leaf = _with_data(number, form)
        made = _with_data(kind.phrases["tensor"][0], form)
        said = {**BASIC, **kind.phrases, "tensor": (made,), "leaf": (leaf,)}
        if draft.shows("leaf", (leaf,), _holds_arrays, said, dtypes=kind.dtypes):
            kind.phrases |= {"tensor": (made,), "leaf": (leaf,), "shape": ("tuple($x.shape)",)}
            kind.has_arrays = True
            return
    made, leaf = (_with_data(kind.phrases[key][0], "$number") for key in ("tensor", "leaf"))
    said = {**BASIC, **kind.phrases, "tensor": (made,), "leaf": (leaf,)}
    if draft.shows("leaf", (leaf,), _multiplies, said, dtypes=kind.dtypes):
        kind.phrases |= {"tensor": (made,), "leaf": (leaf,)}
        kind.dtypes = dict.fromkeys(kind.dtypes, "float")


def _with_data(text: str, form: str) -> str:
    for name in FORMS:
        text = text.replace(f"${name}", form)
    return text


def _multiplies(bench: Bench) -> None:
    """Differentiate a product of two tensors: of one with itself is too hard for some engines."""
    x, z = bench.leaf(3.0), bench.leaf(5.0)
    bench.back(bench.times(x, z))
    bench.has_grad(x, 5.0)
    if not bench.only_adds:
        bench.has_grad(z, 3.0)


def _holds_arrays(bench: Bench) -> None:
    _multiplies(bench)
    for array in (MATRIX, VECTOR, (), ((1.0,),)):
        try:
            x = bench.leaf(np.reshape(array, np.shape(array)))
        except Exception:
            if np.size(array):
                raise
            continue  # it refuses what has no entries, and clauses about that will say so
        if tuple(x.shape) != np.shape(array):
            raise NotShown(f"an array of shape {np.shape(array)} has shape {tuple(x.shape)}")
        bench.holds(x, array)
        bench.holds(bench.ask("op:add", x, x), np.multiply(array, 2.0))
    same(bench.value(bench.leaf(np.transpose(MATRIX))), np.transpose(MATRIX), "transposed array")
    given = np.array(MATRIX, bench.ask.dtype)
    x = bench.ask.tensor(given, leaf=True)
    given[...] = 7.0
    bench.holds(x, MATRIX)


def find_constants(draft: Draft, kind: Kind, flag: str) -> None:
    """Find what makes a tensor that gets no gradient."""
    made = kind.phrases["tensor"][0]
    guesses = [made]
    if flag:
        swapped = {"True": "False", "False": "True"}
        name, _, value = flag.partition("=")
        told = made.removesuffix(f"){kind.tail}")
        if value in swapped:
            guesses.append(f"{told}, {name}={swapped[value]}){kind.tail}")
    for guess in guesses:
        said = {**BASIC, **kind.phrases}
        if draft.shows("tensor", (guess,), _stays_constant, said, dtypes=kind.dtypes):
            kind.phrases["tensor"] = (guess,)
            kind.has_constants = True
            return


def _stays_constant(bench: Bench) -> None:
    for swapped in (False, True):
        x, c = bench.leaf(2.0), bench.constant(3.0)
        bench.back(bench.times(c, x) if swapped else bench.times(x, c))
        bench.has_grad(x, 3.0)
        found = bench.grad(c)
        if found is not None and np.any(found):
            raise NotShown("a tensor made so gets a gradient")


def find_dtypes(draft: Draft, kind: Kind) -> None:
    """Keep the data types in which an array comes back as it was."""
    if not kind.has_arrays:
        return
    (main, spelling), *_ = kind.dtypes.items()
    for name in DTYPES:
        said = spelling.replace(main, name)
        said = "np.bool_" if said == "np.bool" else said  # of NumPy 1, too
        if name != main and _keeps(draft, kind, name, said):
            kind.dtypes[name] = said
    floats = [name for name in kind.dtypes if name.startswith("float")]
    experiment = partial(_gradients_keep, dtypes=floats)
    kind.keeps_dtype = draft.shows("dtype", (), experiment, kind.phrases, dtypes=kind.dtypes)


def _keeps(draft: Draft, kind: Kind, name: str, said: str) -> bool:
    def keep(bench: Bench) -> None:
        arrays = [np.array([[0, 1, 1], [1, 0, 1]]), np.array(1), np.zeros((0, 3))]
        for array in arrays:
            given = array.astype(name)
            for leaf in (False, True) if given.dtype.kind in "fc" else (False,):
                back = bench.value(bench.ask.tensor(given, leaf=leaf))
                if back.dtype != given.dtype or back.shape != given.shape or (back != given).any():
                    raise NotShown(f"it comes back as {back.dtype} of shape {back.shape}")

    more = kind.phrases
    return draft.shows(f"dtype:{name}", (), keep, more, dtypes={**kind.dtypes, name: said})


def _gradients_keep(bench: Bench, dtypes: list[str]) -> None:
    for name in dtypes:
        x, z = (bench.ask.tensor(np.array(2.0, name), leaf=True) for _ in range(2))
        bench.back(bench.times(x, z))
        found = np.asarray(bench.grad(x)).dtype
        if found != name:
            raise NotShown(f"the gradient of a leaf of {name} is {found}")

"""Laws on drawn inputs: the same examples on every engine, in every process, anywhere.

Hypothesis draws one number in twenty from the constants that it finds in the sources of modules
outside site-packages.  So what a law is tried on would depend on how the kit was installed,
on the engine's own file, and on what was imported before; and a run would leave a folder
`.hypothesis` behind.  There is no setting for it, hence the one private name here; a version of
Hypothesis that does not know it is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.internal.conjecture import providers

from gradspec_conformance.execution.effort import Effort, seed_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.writing.clause import Clause


def drawn(clause: Clause, once: Callable[..., None], effort: Effort) -> Callable[[], None]:
    """Make of a law the function that tries it on drawn inputs, always the same ones."""
    same_everywhere()
    settings = hypothesis.settings(
        max_examples=effort.examples,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate, *([Phase.shrink] if effort.shrink else [])],
        suppress_health_check=list(HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    test = hypothesis.given(**{name: drawn.make() for name, drawn in clause.given.items()})(once)
    test.__name__ = clause.name
    # the clause's own seed: Hypothesis' derandomize would go by the source of this file
    run: Callable[[], None] = settings(hypothesis.seed(seed_of(clause, effort))(test))
    return run


def same_everywhere() -> None:
    """Draw from the constants that Hypothesis brings along, and from no others."""
    gathered = getattr(providers, "_local_constants", None)
    if gathered is not None and hasattr(providers, "_get_local_constants"):
        nothing = type(gathered)()  # tests that ran before may have gathered some
        providers._local_constants = nothing  # noqa: SLF001 - see above
        providers._get_local_constants = lambda: nothing  # noqa: SLF001 - see above
        providers.CONSTANTS_CACHE.cache.clear()

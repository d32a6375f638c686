"""Make Hypothesis generate the same examples on every engine, in every process, anywhere.

Hypothesis draws one number in twenty from the constants that it finds in the sources of modules
outside site-packages.  So what a law is tried on would depend on how the kit was installed,
on the engine's own file, and on what was imported before; and a run would leave a folder
`.hypothesis` behind.  There is no setting for it, hence the one private name here; a version of
Hypothesis that does not know it is left as it is.
"""

from __future__ import annotations

from hypothesis.internal.conjecture import providers


def same_everywhere() -> None:
    """Draw from the constants that Hypothesis brings along, and from no others."""
    nothing = getattr(providers, "_local_constants", None)
    if nothing is not None and hasattr(providers, "_get_local_constants"):
        providers._get_local_constants = lambda: nothing  # noqa: SLF001 - see above

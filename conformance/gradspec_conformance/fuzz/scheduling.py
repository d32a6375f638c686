"""Blocks on a scheduler that there is already: a cluster of Dask, local or anywhere.

A block is plain data and depends on nothing else, so a worker that is lost costs what it was at:
the scheduler has another do it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.fuzz.work import work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec_conformance.fuzz.work import Block


def scheduled(blocks: Iterable[Block], address: str) -> Iterator[dict[str, Any]]:
    """Have the workers of a scheduler do blocks; `local` is a cluster for this campaign.

    Raises WrongUsage where Dask is not installed or the address is none.
    """
    try:
        from dask.distributed import Client, as_completed  # noqa: PLC0415 - an extra
    except ImportError:
        raise WrongUsage("--dask needs pip install 'gradspec[dask]'") from None
    try:
        client = (
            Client(n_workers=2, threads_per_worker=1) if address == "local" else Client(address)
        )
    except (OSError, ValueError) as error:
        raise WrongUsage(f"--dask names {address!r}, and no scheduler is there: {error}") from None
    with client:
        futures = client.map(work, list(blocks), pure=False)
        for future in as_completed(futures):
            yield future.result()

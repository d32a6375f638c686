"""The public names of torch.autograd, and of what torch has of it elsewhere: which are here.

`python tests/reference/public_names.py` writes the list again.  What was said of a name that is
left out is kept; of a new one somebody has to say why.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

import gradspec_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST: Final = Path(__file__).with_name("public_names.txt")
HERE: Final = "here"
UNSAID: Final = "?"
AUTOGRAD: Final = torch.autograd.__name__
ABOUT_AUTOGRAD: Final = ("grad", "inference", "anomaly")
OF_TENSORS: Final = (
    *("grad", "hook", "leaf", "backward", "detach", "output_nr", "inference", "retain"),
)
"""What the names of attributes that are about autograd have in them."""


def names() -> Iterator[str]:
    """Give every name, with its module or class in front."""
    yield from (f"{AUTOGRAD}.{name}" for name in sorted(torch.autograd.__all__))
    for module in pkgutil.iter_modules(torch.autograd.__path__):
        if not module.name.startswith("_"):
            place = f"{AUTOGRAD}.{module.name}"
            yield from (
                f"{place}.{name}" for name in sorted(importlib.import_module(place).__all__)
            )
    for owner, words in ((torch, ABOUT_AUTOGRAD), (torch.Tensor, OF_TENSORS)):
        place = "torch.Tensor" if owner is torch.Tensor else "torch"
        public = (name for name in sorted(dir(owner)) if not name.startswith("_"))
        yield from (f"{place}.{name}" for name in public if any(word in name for word in words))


def is_here(name: str) -> bool:
    """Say whether the reference engine has a name of torch's."""
    owner: Any = gradspec_reference
    for part in name.split(".")[1:]:
        if not hasattr(owner, part):
            return False
        owner = getattr(owner, part)
    return True


def listed() -> dict[str, str]:
    """Read the list: name -> `here`, or why it is not."""
    lines = LIST.read_text("utf-8").splitlines() if LIST.exists() else []
    return {name: said.strip() for name, _, said in (line.partition(" ") for line in lines)}


def written() -> str:
    """Write the list anew, with what was said before."""
    before = listed()

    def said(name: str) -> str:
        earlier = before.get(name, UNSAID)
        if is_here(name):
            return HERE
        return UNSAID if earlier == HERE else earlier

    return "".join(f"{name} {said(name)}\n" for name in dict.fromkeys(names()))


if __name__ == "__main__":
    LIST.write_text(written(), "utf-8")

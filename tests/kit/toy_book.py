"""The toy engine of the tests, as a book; and the book that the README shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

WriteBook = Callable[..., Path]

TOY = """\
# The toy engine of the tests, as a book.

[engine]
name = "toy"
version = "'1'"
setup = "from toy_engine import RULES, Number, ToyEngine"
prepare = "engine = ToyEngine()"

[dtypes]
float64 = "float"

[acts]
tensor = "Number($number)"
leaf = "Number($number, requires_grad=True)"
array = "np.array($x.value)"
backward = "engine.backward(${root:one})"
item = "$x.value"
float = "$x.value"
bool = "bool($x.value)"

[operators]
add = "engine.apply('add', {'x': $x, 'other': $other})"
sub = "engine.apply('sub', {'x': $x, 'other': $other})"
mul = "engine.apply('mul', {'x': $x, 'other': $other})"
div = "engine.apply('div', {'x': $x, 'other': $other})"
neg = "engine.apply('neg', {'x': $x})"
pow = "engine.apply('pow', {'x': $x, 'exponent': $exponent})"

[[same_name.operators]]
phrase = "engine.apply('NAME', {'x': $x})"
names = "sin exp tanh"

[[errors]]
kind = "root-without-grad"
says = "Refusal: root-without-grad"
"""


def readme_book(module: str) -> str:
    """Give the book that the README shows, for an engine that is called otherwise."""
    readme = Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")
    whole = readme.partition("for an engine of single numbers:")[2]
    book = whole.partition("```toml\n")[2].partition("```")[0]
    return book.replace("from mine import", f"from {module} import")

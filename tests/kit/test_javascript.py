"""An engine in JavaScript is judged by its book, like one of Python, and speaks its own words."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import CASES, Interrupted, chapters
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import EngineBroken, EngineNotInstalled
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
chapters.load()

BOOK = """
[engine]
name = "toy"
version = "toy.version"
inherits = "javascript"
setup = "toy = require('ENGINE');"

[dtypes]
float64 = "'float64'"

[acts]
tensor = "toy.of($number)"
leaf = "new toy.Value($number)"
array = "$x.data"
item = "$x.data"
backward = "${root:one}.backward()"
register_hook = '''
$x.hooks.push($hook);
$result = {remove: () => $x.hooks.splice($x.hooks.indexOf($hook), 1)};
'''
remove_hook = "$hook.remove()"

[get]
grad = "$x.grad"

[clear]
grad = "$x.grad = null"

[operators]
add = "toy.add($x, $other)"
sub = "toy.sub($x, $other)"
mul = "toy.mul($x, $other)"
div = "toy.wrongDiv($x, $other)"
exp = "toy.exp($x)"

[[errors]]
kind = "root-without-grad"
says = "Refused: nothing leads here"
""".replace("ENGINE", str(Path(__file__).with_name("toy_engine.cjs")))


def engine_of(folder: Path, text: str = BOOK) -> Any:
    path = folder / "toy.toml"
    path.write_text(text, "utf-8")
    return load_engine(str(path))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    engine = engine_of(tmp_path_factory.mktemp("toy"))
    yield engine
    engine.close()


@pytest.fixture
def ask(toy: Any) -> Asker:
    return Asker(toy)


def leaf(ask: Asker, value: float) -> Any:
    return ask.tensor(np.array(value), leaf=True)


def test_it_says_who_it_is(toy: Any) -> None:
    assert (toy.name, toy.version) == ("toy", "1.2")
    assert {"op:mul", "tape", "constants", "register_hook"} <= toy.abilities


def test_the_adapter_is_sound_but_for_what_is_wrong(toy: Any) -> None:
    found = {finding.check for finding in smoke(toy) if not finding.ok}

    assert found == set()  # values are right: it is the slope of div that is not


@pytest.mark.parametrize("clause", ["bwd-001", "acc-001", "acc-019b/first", "acc-019b/last"])
def test_clauses_pass(toy: Any, clause: str) -> None:
    assert run_clause(CASES[clause], toy).outcome is Outcome.PASSED


def test_a_wrong_slope_is_found_and_shown_in_its_own_words(toy: Any, tmp_path: Path) -> None:
    verdict = run_clause(CASES["op-001/div"], toy)

    assert verdict.outcome is Outcome.FAILED
    assert "toy.wrongDiv(" in str(verdict.script)
    script = tmp_path / "pasted.cjs"
    script.write_text(str(verdict.script), "utf-8")
    printed = subprocess.run([str(NODE), script], capture_output=True, text=True, check=True)
    assert re.search(r"found: \S+    expected: \S+", printed.stdout)


def test_a_hook_is_a_function_of_the_caller(ask: Asker) -> None:
    x = leaf(ask, 3.0)
    ask("register_hook", x, lambda g: ask("op:mul", g, 10.0))
    ask("backward", ask("op:mul", x, x))

    assert ask("array", ask("get:grad", x)) == 60.0


def test_what_a_function_of_the_caller_raises_comes_back_itself(ask: Asker) -> None:
    x, interruption = leaf(ask, 3.0), Interrupted()

    def hook(_gradient: object) -> None:
        raise interruption

    ask("register_hook", x, hook)
    with pytest.raises(Interrupted) as caught:
        ask("backward", ask("op:mul", x, x))
    assert caught.value is interruption


def test_an_error_has_its_class_message_and_kind(ask: Asker) -> None:
    with pytest.raises(Exception, match="nothing leads here") as caught:
        ask("backward", leaf(ask, 1.0))

    assert type(caught.value).__name__ == "Refused"
    assert ask.error_kind(caught.value) == "root-without-grad"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), -0.0, 1e-320, 0.1])
def test_odd_numbers_arrive_as_they_are(ask: Asker, number: float) -> None:
    array = np.array(number)

    assert ask("array", ask.tensor(array)).tobytes() == array.tobytes()


def test_a_number_is_one_with_a_point(ask: Asker) -> None:
    assert type(ask("item", leaf(ask, 2.0))) is float


def test_a_process_that_ends_costs_one_call(ask: Asker, toy: Any) -> None:
    toy._process.kill()
    toy._process.wait()

    assert ask("array", ask("op:mul", leaf(ask, 2.0), 4.0)) == 8.0


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("toy.sub($x, $other)", "toy.sub($x, $other", "table operators, key sub: found 'toy.sub"),
        ("toy.exp($x)", "toy.exp($x, $y)", r"\$y, expected an argument of exp"),
        ("toy.exp($x)", "toy.exp()", r"it does not mention \$x"),
        ("${root:one}.backward()", "if (", "key backward: found 'if"),
        ("'float64'", "'float64", "SyntaxError"),
    ],
)
def test_what_is_wrong_with_a_book_is_told_with_its_place(
    tmp_path: Path, was: str, becomes: str, told: str
) -> None:
    with pytest.raises(EngineBroken, match=told):
        engine_of(tmp_path, BOOK.replace(was, becomes))


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    text = BOOK.replace("require(", "require('no-such-package'); require(")

    with pytest.raises(EngineNotInstalled, match="npm install no-such-package"):
        engine_of(tmp_path, text)


def test_a_setup_that_raises_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineBroken, match=r"ReferenceError.*nowhere is not defined"):
        engine_of(tmp_path, BOOK.replace('setup = "', 'setup = "nowhere();'))


def test_what_the_engine_prints_is_no_message(tmp_path: Path) -> None:
    engine = engine_of(
        tmp_path, BOOK.replace('"toy.exp($x)"', "'''console.log($x);\ntoy.exp($x)'''")
    )
    ask = Asker(engine)

    assert ask("array", ask("op:exp", leaf(ask, 0.0))) == 1.0
    engine.close()

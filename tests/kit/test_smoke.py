"""The smoke test passes sound adapters and names what is wrong with the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from toy_book import readme_book
from toy_engine import ToyEngine

import gradspec_reference
from gradspec.port.abilities import DTYPES, NARROW
from gradspec_conformance.adapters.phrases.engine import PhrasebookEngine
from gradspec_conformance.adapters.phrases.reading import read_book
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.cli.smoke import command
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.fault import Party, raised
from gradspec_conformance.engines.loading import BOOKS, load_engine
from gradspec_conformance.engines.smoke import smoke
from gradspec_conformance.exceptions import RemoteRefusal

if TYPE_CHECKING:
    from pathlib import Path

DECLARE_LESS = "say it as the engine's users do, or declare less"


def complaints(engine: Any) -> dict[str, str]:
    """Run the smoke test and give what it found, by check."""
    return {f.check: f.found for f in smoke(engine) if not f.ok}


class LosesDtype(ReferenceEngine):
    """Computes in float64, whatever it is given."""

    def tensor(self, array: Any) -> Any:
        return super().tensor(np.asarray(array, dtype=float))


class SharesMemory(ReferenceEngine):
    """Does not copy the array of a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[int, Any] = {}

    def tensor(self, array: Any) -> Any:
        tensor = super().tensor(array)
        self.given[id(tensor)] = tensor, array
        return tensor

    def array(self, tensor: Any) -> Any:
        return np.array(self.given[id(tensor)][1] if id(tensor) in self.given else 0.0)


class SinIsCos(ReferenceEngine):
    """Maps a name onto the wrong function."""

    def apply(self, operator: str, arguments: Any) -> Any:
        return super().apply("cos" if operator == "sin" else operator, arguments)


class GivesOne(ReferenceEngine):
    """Gives one tensor where several are promised."""

    def apply(self, operator: str, arguments: Any) -> Any:
        result = super().apply(operator, arguments)
        return result[0] if operator == "split" else result


class DoesNotWrite(ReferenceEngine):
    """Computes the result of an in-place operator and leaves the target alone."""

    def inplace(self, operator: str, arguments: Any) -> Any:
        return arguments["x"]


class SeesKindsEverywhere(ReferenceEngine):
    """Takes every exception for one of the engine's own."""

    def error_kind(self, error: Exception) -> str:
        return "graph-freed"


class WrapsExceptions(ReferenceEngine):
    """Turns what a hook raises into something else."""

    def backward(self, root: Any, **options: Any) -> Any:
        try:
            return super().backward(root, **options)
        except Exception as error:
            raise RuntimeError("in a hook") from error


class LeavesModesOn(ReferenceEngine):
    """Never leaves no_grad."""

    def leave(self, mode: Any, error: Any = None) -> None:
        pass


class GivesLists(ReferenceEngine):
    """Shows lists and no arrays."""

    def array(self, tensor: Any) -> Any:
        return super().array(tensor).tolist()


class TakesAllForOne(ReferenceEngine):
    """Takes every tensor for every other."""

    def same_object(self, one: Any, other: Any) -> bool:
        return True


class SwallowsExceptions(ReferenceEngine):
    """Loses what a hook raises."""

    def register_hook(self, tensor: Any, hook: Any) -> Any:
        return super().register_hook(tensor, lambda _gradient: None)


class AddsOne(ReferenceEngine):
    """Is wrong by one in each product."""

    def apply(self, operator: str, arguments: Any) -> Any:
        found = super().apply(operator, arguments)
        return super().apply("add", {"x": found, "other": 1.0}) if operator == "mul" else found


class RaisesInSin(ReferenceEngine):
    """Cannot take a sine."""

    def apply(self, operator: str, arguments: Any) -> Any:
        if operator == "sin":
            raise LookupError("no sine")
        return super().apply(operator, arguments)


class NoTape(ToyEngine):
    """Declares a tape and cannot run backward."""

    backward = None


@pytest.mark.parametrize(
    ("engine", "check", "found"),
    [
        (LosesDtype, "round trip of float32", "float64|array"),
        (SharesMemory, "tensor() copies", "changed the tensor"),
        (SinIsCos, "operator sin", "array"),
        (GivesOne, "operator split", "gave"),
        (DoesNotWrite, "in-place operator mul_", "array"),
        (SeesKindsEverywhere, "error_kind() leaves other errors alone", "is taken for"),
        (WrapsExceptions, "what a hook raises comes through", "RuntimeError"),
        (LeavesModesOn, "enter() and leave() are a pair", "False"),
        (LeavesModesOn, "no state is left behind", "grad mode is off"),
        (GivesLists, "round trip of float64", "array() gave a float"),
        (TakesAllForOne, "same_object() knows a tensor from another", "(True, True)"),
        (SwallowsExceptions, "what a hook raises comes through", "it was swallowed"),
        (AddsOne, "array() shows and does not record", "x * x at 3 showed 10.0"),
        (AddsOne, "operator mul", "array"),
    ],
)
def test_what_is_wrong_with_an_adapter_is_named(
    engine: type[ReferenceEngine], check: str, found: str
) -> None:
    unsound = engine()
    on = ReferenceEngine().enter("enable_grad")
    try:
        told = complaints(unsound)
    finally:
        ReferenceEngine().leave(on)

    assert any(word in told[check] for word in found.split("|"))


@pytest.mark.parametrize(
    "engine",
    [
        *(LosesDtype, SharesMemory, SinIsCos, GivesOne, DoesNotWrite, SeesKindsEverywhere),
        *(WrapsExceptions, LeavesModesOn, GivesLists, TakesAllForOne, SwallowsExceptions),
        *(AddsOne, RaisesInSin, NoTape),
    ],
)
def test_a_finding_says_what_was_expected_and_what_to_do(engine: type[Any]) -> None:
    wrong = [finding for finding in smoke(engine()) if not finding.ok]
    gradspec_reference.set_grad_enabled(True)

    assert wrong
    assert all(finding.expected and finding.remedy for finding in wrong)


class LeavesAsThePortSays(ReferenceEngine):
    """Wants to be told what ended the block, also if nothing did."""

    def leave(self, mode: Any, error: Any) -> None:  # type: ignore[override]
        super().leave(mode, error)


class Changes(ReferenceEngine):
    """Shows another array than it was given, but only of one kind."""

    def __init__(self, changed: Any, shown: Any) -> None:
        super().__init__()
        self.changed, self.shown = changed, shown

    def array(self, tensor: Any) -> Any:
        found = super().array(tensor)
        return np.asarray(self.shown(found)) if self.changed(found) else found


@pytest.mark.parametrize(
    ("changed", "shown", "found"),
    [
        (lambda a: a.shape == (2, 3), lambda a: a + 1, "shape (2, 3) came back as array([[1."),
        (lambda a: a.shape == (3, 2), lambda a: a + 1, "a transposed array came back as"),
        (lambda a: a.shape == (2, 2), lambda a: a + 1, "every other entry came back as"),
        (lambda a: a.shape == (0, 3), lambda a: a[:, :2], "an empty array came back as"),
        (lambda a: a.shape == (), lambda a: a + 1, "0-d came back as array(2.)"),
        (lambda a: np.any(np.isnan(a)), np.nan_to_num, "the number nan came back as"),
        (lambda a: np.any(np.isposinf(a)), np.nan_to_num, "the number inf came back as"),
        (lambda a: np.any(np.isneginf(a)), np.nan_to_num, "the number -inf came back as"),
        (lambda a: a.shape == () and a == 0.0, np.abs, "the number -0.0 came back as"),
        (lambda a: 0 < abs(a.max(initial=0)) < 1e-30, np.trunc, "the number 2.225"),
    ],
)
def test_what_does_not_come_back_as_it_was_is_named(changed: Any, shown: Any, found: str) -> None:
    told = complaints(Changes(changed, shown))["round trip of float64"]

    assert told.startswith(found)


class SinglePrecision(ReferenceEngine):
    """Knows one data type, and refuses every other."""

    def __init__(self) -> None:
        super().__init__()
        other = {f"dtype:{name}" for name in (*DTYPES, *NARROW) if name != "float32"}
        self.abilities = frozenset(self.abilities) - other

    def tensor(self, array: Any) -> Any:
        assert array.dtype in ("float32", "bool"), array.dtype
        return super().tensor(array)

    def leaf(self, array: Any) -> Any:
        assert array.dtype == "float32", array.dtype
        return super().leaf(array)


def test_an_engine_is_asked_in_the_data_types_that_it_has() -> None:
    assert complaints(SinglePrecision()) == {}


class MakesKindsUp(ReferenceEngine):
    """Calls every exception something that no kind is called."""

    def error_kind(self, error: Exception) -> str:
        return "bad-luck"


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        (SeesKindsEverywhere, "ValueError('x') is taken for 'graph-freed', which is listed"),
        (MakesKindsUp, "ValueError('x') is taken for 'bad-luck', which is not even listed"),
    ],
)
def test_an_error_that_is_none_of_the_engines_is_told(engine: type[Any], found: str) -> None:
    assert complaints(engine())["error_kind() leaves other errors alone"] == found


class NamesNoType(ToyEngine):
    """Does not say which data types it has."""

    capabilities = frozenset({"values", "tape"})


def test_an_engine_that_names_no_data_type_is_tried_in_the_one_that_clauses_use() -> None:
    assert [f.check for f in smoke(NamesNoType())][1] == "round trip of float64"


def test_every_data_type_that_is_declared_is_tried() -> None:
    tried = [
        f.check.split()[-1] for f in smoke(load_engine("reference")) if "round trip" in f.check
    ]

    assert tried == sorted(tried)
    assert {"float64", "float32"} <= set(tried)


def test_a_mode_is_left_as_the_port_says() -> None:
    assert complaints(LeavesAsThePortSays()) == {}


def test_what_an_adapter_raises_is_a_finding() -> None:
    told, *more = [f for f in smoke(RaisesInSin()) if not f.ok]

    assert [other.check for other in more] == ["operator sin_array"]
    assert (told.check, told.found) == ("operator sin", "LookupError: no sine")
    assert (told.expected, told.remedy) == ("no exception", DECLARE_LESS)


def test_an_adapter_that_lacks_methods_is_asked_nothing() -> None:
    (told,) = smoke(NoTape())

    assert told.check == "methods of the declared words"
    assert "lacks backward() of tape" in told.found
    assert (told.expected, told.remedy) == ("all of them", "add them")


def test_the_reference_adapter_is_sound() -> None:
    assert complaints(load_engine("reference")) == {}


def test_the_book_of_the_readme_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(readme_book("mended_micrograd"))
    result = CliRunner().invoke(command, [str(file)])

    assert result.exit_code == 0, result.output


def test_the_command_says_ok_and_exits_0() -> None:
    result = CliRunner().invoke(command, ["reference"])

    assert result.exit_code == 0
    assert "0 not ok" in result.output


def test_the_command_says_what_was_found_and_exits_1(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from gradspec_conformance.adapters.reference import ReferenceEngine\n"
        "class Mine(ReferenceEngine):\n"
        "    def error_kind(self, error): return 'graph-freed'\n"
    )
    result = CliRunner().invoke(command, [f"{file}:Mine"])

    assert result.exit_code == 1
    assert "not ok  error_kind() leaves other errors alone" in result.output
    assert "expected: None" in result.output


def test_an_engine_that_cannot_be_loaded_exits_3() -> None:
    result = CliRunner().invoke(command, ["nowhere:Engine"])

    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("act", "found"),
    [
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("import os; os._exit(0)", "the engine's process exited with status 0, in 'round trip"),
        ("while True: pass", "nothing within 1 s, in 'round trip of bfloat16'"),
        ("raise RuntimeError('x' * 4_000_000)", "RuntimeError: xxx"),
        ("raise RuntimeError('[/] \\x1b[31m')", "RuntimeError: [/] \\x1b[31m"),
    ],
)
def test_an_adapter_that_ends_hangs_or_shouts_is_not_ok(
    tmp_path: Path, act: str, found: str
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from gradspec_conformance.adapters.reference import ReferenceEngine\n"
        "class Mine(ReferenceEngine):\n    name = '[/]'\n"
        f"    def array(self, tensor):\n        {act}\n"
    )
    result = CliRunner().invoke(command, [f"{file}:Mine", "--timeout", "1"])

    assert result.exit_code == 1
    assert found in result.output
    assert len(result.output) < 1_000_000


@pytest.mark.parametrize(
    "act", ["sys.exit(0)", "os._exit(0)", "raise type('E', (BaseException,), {})"]
)
def test_an_adapter_that_ends_when_it_is_loaded_exits_3(tmp_path: Path, act: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"import os, sys\n{act}")

    assert CliRunner().invoke(command, [f"{file}:Mine"]).exit_code == 3


# whose fault it is ---------------------------------------------------------------------
ENGINE = """
import math


class EngineError(Exception):
    pass


class Value:
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = float(data), parents, 0.0

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self, seed=1.0):
        self.grad += seed
        for parent, slope in self.parents:
            parent.backward(seed * slope)

    def sin(self):
        return Value(math.cos(self.data))

    def cos(self):
        return self.inner()

    def inner(self):
        raise EngineError("no cosine yet")

    def exp(self):
        Value(math.exp(self.data))

    def log(self):
        print("log!")
        return Value(math.log(self.data))
"""

BOOK = """
[engine]
name = "mine"
setup = "from told_engine import Value"

[dtypes]
float64 = "float"

[acts]
tensor = "Value($number)"
array = "np.array(getattr($x, 'data', $x))"
backward = "${root:one}.backward()"

[clear]
grad = "$x.grad = 0.0"

[operators]
add = false
sub = false
div = false
pow = false
neg = false
"""


def told(tmp_path: Path, phrase: str) -> tuple[dict[str, Any], str]:
    """Smoke a book with one phrase more: the finding that it leads to, and what is printed."""
    (tmp_path / "told_engine.py").write_text(ENGINE)
    book = tmp_path / "mine.toml"
    book.write_text(BOOK + phrase)
    output = CliRunner().invoke(command, [str(book)]).output
    found: dict[str, Any] = {}
    for line in output.partition("not ok  ")[2].splitlines()[1:]:
        if not line.startswith("    "):
            break
        word, _, text = line.strip().partition(":")
        found[word] = text.strip()
    return found, output


@pytest.mark.parametrize(
    ("phrase", "whose", "found", "remedy"),
    [
        ('sin = "$x.sin()"', "the engine", "what cos gives: array(", "map the name onto"),
        ('cos = "$x.sin()"', "", "", ""),
        ('tanh = "$x.sin()"', "the adapter", "what cos gives: array(", "map the name onto"),
        ('cos = "$x.cos()"', "the engine", "EngineError: no cosine yet", "mend the engine"),
        ('exp = "$x.exp()"', "the adapter or the engine", "exp gave None", "give back what"),
        (
            'tanh = "$x.tanh()"',
            "the adapter",
            "AttributeError: 'Value' object has no attribute 'tanh'",
            "say it as the engine's users do, or declare less",
        ),
    ],
)
def test_a_finding_says_whose_fault_it_is_and_what_to_do(
    tmp_path: Path, phrase: str, whose: str, found: str, remedy: str
) -> None:
    one, _ = told(tmp_path, phrase)

    assert one.get("whose", "") == whose
    assert one.get("found", "").startswith(found)
    assert one.get("do", "").startswith(remedy)


def test_a_finding_names_table_key_and_line_of_the_phrase(tmp_path: Path) -> None:
    one, _ = told(tmp_path, 'tanh = "$x.tanh()"')

    assert one["where"].endswith("mine.toml, line 23, table operators, key tanh: $x.tanh()")


def test_an_exception_shows_the_lines_of_adapter_and_engine_and_no_others(tmp_path: Path) -> None:
    _, output = told(tmp_path, 'cos = "$x.cos()"')
    trace = output.partition("it came through:\n")[2].splitlines()[:5]

    assert trace[0].endswith("mine.toml, phrase $x.cos()")
    assert trace[1].endswith("told_engine.py, line 26, in cos")
    assert trace[2].strip() == "return self.inner()"
    assert trace[3].endswith("told_engine.py, line 29, in inner")
    assert trace[4].strip() == 'raise EngineError("no cosine yet")'
    assert "gradspec_conformance/engines" not in output


def test_what_a_book_inherits_and_its_engine_lacks_can_be_taken_away(tmp_path: Path) -> None:
    (tmp_path / "told_engine.py").write_text(ENGINE)
    book = tmp_path / "mine.toml"
    book.write_text(BOOK.replace("neg = false\n", ""))
    output = CliRunner().invoke(command, [str(book)]).output

    assert "where:    what mine inherits: -$x" in output
    assert "do:       write a phrase for neg that the engine understands, or neg = false" in output


def test_a_number_that_cannot_stand_first_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "told_engine.py").write_text(
        ENGINE + "    def __sub__(self, other):\n        pass\n"
    )
    book = tmp_path / "mine.toml"
    book.write_text(BOOK.replace("sub = false\n", ""))
    output = CliRunner().invoke(command, [str(book)]).output
    (said,) = re.findall("or say: (sub = .*)", output)
    book.write_text(BOOK.replace("sub = false", said))

    assert said == 'sub = "${x:tensor} - $other"'
    assert "sub_of_number" not in CliRunner().invoke(command, [str(book)]).output


def test_a_phrase_for_tensors_alone_is_tried(tmp_path: Path) -> None:
    (tmp_path / "told_engine.py").write_text(
        ENGINE + "    def __sub__(self, other):\n        return self\n"
    )
    book = tmp_path / "mine.toml"
    book.write_text(BOOK.replace("sub = false", 'sub = "${x:tensor} - $other"'))

    output = CliRunner().invoke(command, [str(book)]).output

    assert re.search(r"^not ok +operator sub$", output, re.MULTILINE)


def test_a_contribution_that_is_overwritten_is_told(tmp_path: Path) -> None:
    overwriting = ENGINE.replace("self.grad += seed", "self.grad = seed")
    (tmp_path / "told_engine.py").write_text(overwriting)
    book = tmp_path / "mine.toml"
    book.write_text(BOOK)
    output = CliRunner().invoke(command, [str(book)]).output

    assert "the grad of x * x at 3 is 3.0, one path's share of two" in output
    assert "whose:    the engine\n" in output


def test_what_an_engine_prints_is_a_note_and_no_fault(tmp_path: Path) -> None:
    _, output = told(tmp_path, 'log = "$x.log()"')

    assert "note    something is printed: 1 lines, the first 'log!'; a run leaves" in output
    assert "0 not ok\nthe adapter is sound; next: gradspec run " in output


def test_the_end_counts_whose_the_findings_are(tmp_path: Path) -> None:
    _, output = told(tmp_path, 'tanh = "$x.tanh()"\ncos = "$x.cos()"')

    assert output.endswith(
        "whose: the adapter 1, the engine 1\n"
        "next: mend the adapter first, or a run will blame the engine for it\n"
    )


def test_faults_of_the_engine_alone_are_left_to_a_run(tmp_path: Path) -> None:
    _, output = told(tmp_path, 'cos = "$x.cos()"')

    assert "the adapter is sound; what its engine does wrong, a run explains: " in output


def test_what_has_one_cause_is_explained_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from gradspec_conformance.adapters.reference import ReferenceEngine\n"
        "class Mine(ReferenceEngine):\n"
        "    def apply(self, name, arguments):\n"
        "        return None if name == 'sin' else super().apply(name, arguments)\n"
    )
    output = CliRunner().invoke(command, [f"{file}:Mine"]).output

    assert "not ok  operator sin_array, as above\n" in output
    assert output.count("where: ") == 1
    assert "mine.py, line 3, in Mine.apply" in output


def test_what_has_another_cause_is_not_as_above(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from gradspec_conformance.adapters.reference import ReferenceEngine\n"
        "class Mine(ReferenceEngine):\n"
        "    def apply(self, name, arguments):\n"
        "        return None if name in ('sin', 'cos') else super().apply(name, arguments)\n"
    )
    output = CliRunner().invoke(command, [f"{file}:Mine"]).output

    assert "not ok  operator cos\n" in output
    assert "not ok  operator sin\n" in output


def test_an_engine_in_another_process_is_told_which_act_it_was(tmp_path: Path) -> None:
    mine, here = tmp_path / "mine.py", tmp_path / "here.py"
    mine.write_text(
        "from gradspec_conformance.adapters.reference import ReferenceEngine\n"
        "class Mine(ReferenceEngine):\n"
        "    def apply(self, name, arguments):\n"
        "        if name == 'sin': raise ValueError('lost')\n"
        "        return super().apply(name, arguments)\n"
    )
    here.write_text(
        "import sys\n"
        "from gradspec_conformance.pipe.remote import RemoteEngine\n"
        "class Engine(RemoteEngine):\n"
        "    def __init__(self):\n"
        "        served = [sys.executable, '-m', 'gradspec_conformance.serving']\n"
        f"        super().__init__([*served, {f'{mine}:Mine'!r}])\n"
    )
    output = CliRunner().invoke(command, [f"{here}:Engine"]).output

    assert "where:    the act op:sin\n" in output
    assert "do:       look at the engine's process: it raised this\n" in output
    assert "whose:    the adapter or the engine\n" in output


def only(engine: Any, check: str) -> Any:
    """Give the finding of one check."""
    (found,) = [finding for finding in smoke(engine) if finding.check == check]
    return found


class IgnoresCotangents(ReferenceEngine):
    """Begins every pass with ones."""

    def backward(self, root: Any, gradient: Any = None, **options: Any) -> Any:
        ones = None if gradient is None else super().apply("ones_like", {"x": root})
        return super().backward(root, gradient=ones, **options)


class SumsCotangents(ReferenceEngine):
    """Begins every pass with the sum of the cotangent."""

    def backward(self, root: Any, gradient: Any = None, **options: Any) -> Any:
        if gradient is not None:
            total = super().apply("sum", {"x": gradient})
            gradient = super().apply(
                "mul", {"x": super().apply("ones_like", {"x": root}), "other": total}
            )
        return super().backward(root, gradient=gradient, **options)


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        (IgnoresCotangents, "the gradient of x * y by x ignores the cotangent: array"),
        (SumsCotangents, "the gradient of x * y by x begins with the cotangent's sum: array"),
    ],
)
def test_a_cotangent_that_does_not_arrive_is_told(engine: type[Any], found: str) -> None:
    told = only(engine(), "backward() begins with the cotangent")

    assert told.found.startswith(found)
    assert told.whose in ("the engine", "the adapter or the engine")


@pytest.mark.parametrize("engine", ["reference", "autograd", "micrograd"])
def test_cotangents_arrive_in_the_engines_that_ship(engine: str) -> None:
    tried = [f for f in smoke(load_engine(engine)) if "cotangent" in f.check or "factor" in f.check]

    assert tried
    assert all(finding.ok for finding in tried)


class SwapsGradients(PhrasebookEngine):
    """Gives the gradients of a product of a function the other way round."""

    book = read_book(BOOKS / "autograd.toml")

    def transform(self, name: str, function: Any, **options: Any) -> Any:
        whole = super().transform(name, function, **options)

        def product(*primals: Any) -> Any:
            output, pullback = whole(*primals)
            return output, lambda cotangent: pullback(cotangent)[::-1]

        return product


def test_gradients_of_a_product_in_the_wrong_order_are_told() -> None:
    told = only(SwapsGradients(), "a product of a function takes the cotangent")

    assert told.found.startswith("the gradient of x * y by x is that by the other: array")


def test_an_error_of_another_process_is_not_the_kits() -> None:
    assert raised(RemoteRefusal("lost"), object()).whose is Party.EITHER


def test_an_error_that_came_through_no_code_but_the_kits_is_the_kits() -> None:
    try:
        Asker(ToyEngine())("no such act")
    except KeyError as error:
        error.__traceback__ = error.__traceback__.tb_next  # type: ignore[union-attr]
        found = raised(error, ToyEngine())

    assert (found.whose, found.trace) == (Party.KIT, ())

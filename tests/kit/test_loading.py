"""From what a person writes to an engine, or to a sentence that says what to do."""

from __future__ import annotations

import os
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from gradspec.port.engine import Subject
from gradspec_conformance.engines.loading import GROUP, engine_names, load_engine
from gradspec_conformance.exceptions import (
    EngineBroken,
    EngineNotFound,
    EngineNotInstalled,
)
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., str]

WHOLE = """
import numpy as np
class Engine:
    name, version, capabilities = "mine", "1", {"values"}
    def error_kind(self, error): return None
    def tensor(self, array): return np.array(array)
    def apply(self, operator, arguments): return arguments["x"]
    def array(self, tensor): return tensor
instance = Engine()
def make(): return Engine()
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an adapter and give what names it."""

    def written(source: str, attribute: str = "Engine") -> str:
        file = tmp_path / "my_engine.py"
        file.write_text(source)
        return f"{file}:{attribute}"

    return written


@pytest.mark.parametrize("attribute", ["Engine", "instance", "make"])
def test_a_class_an_instance_or_a_function_is_an_engine(write: Write, attribute: str) -> None:
    engine = load_engine(write(WHOLE, attribute))

    assert engine.name == "mine"


def test_a_module_beside_the_person_is_found(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(WHOLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    engine = load_engine("my_engine:Engine")

    assert engine.name == "mine"


def test_a_name_that_is_almost_right_is_answered_with_the_right_one() -> None:
    with pytest.raises(EngineNotFound, match=r"did you mean torch\b.*Registered are reference"):
        load_engine("torhc")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("nowhere:Engine", "there is no module 'nowhere'"),
        ("nowhere.py:Engine", "there is no file 'nowhere.py'"),
        ("nowhere.toml", "there is no file 'nowhere.toml': a phrasebook is named book.toml"),
        ("gradspec.nowhere:Engine", "there is no module 'gradspec.nowhere'"),
        ("nowhere.at.all:Engine", "there is no module 'nowhere.at.all'"),
        ("my_engine.py", "names no attribute"),
        ("gradspec.writing.clause:", "names no attribute"),
        (":Engine", "names no attribute"),
    ],
)
def test_what_is_not_there_is_named(spec: str, sentence: str) -> None:
    with pytest.raises(EngineNotFound, match=sentence):
        load_engine(spec)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("raise ValueError('boo')", "raised ValueError: boo"),
        ("import sys; sys.exit(3)", "raised SystemExit: 3"),
        ("class Engin: pass", "no attribute 'Engine'; did you mean Engin"),
        ("class Engine:\n  def __init__(self, n): pass", "called without arguments"),
        ("class Engine: pass", "has no name"),
        ("raise ImportError", r"raised ImportError \(.*, line 1, in <module>\): mend the adapter"),
        (
            "import gradspec.nowhere",
            r"No module named 'gradspec.nowhere' \(.*, line 1, .*: mend the adapter",
        ),
        ("raise ModuleNotFoundError('no name')", "raised ModuleNotFoundError: no name"),
        (
            "def Engine():\n  raise ValueError('boo\\nand more')",
            r"raised ValueError: boo \(.*, line 2, in Engine\) when",
        ),
        (
            "def Engine():\n  raise SystemExit(3)",
            r"raised SystemExit: 3 \(.*, line 2, in Engine\) when",
        ),
        (
            "class Outer: pass\nEngine = Outer.Inner if hasattr(Outer, 'Inner') else 3",
            "has no name",
        ),
        (WHOLE.replace('"mine"', '""'), "its name is empty"),
        (WHOLE.replace('"1"', "None"), "its version is a NoneType"),
        (WHOLE.replace(', {"values"}', "").replace(", capabilities", ""), "has no capabilities"),
        (WHOLE.replace('{"values"}', '{"values", "zzz"}'), "the words are in gradspec.port.abil"),
        (
            WHOLE.replace('{"values"}', '{"values", "mode:no_grad"}'),
            r"lacks enter\(\) of mode:no_grad, leave\(\) of mode:no_grad",
        ),
        (WHOLE.replace("def error_kind", "def kind"), r"lacks error_kind\(\) of values"),
        (WHOLE.replace('"1"', "1"), "its version is a int, expected a text"),
        (WHOLE.replace('{"values"}', '["values"]'), "is a list, expected a set of words"),
        (WHOLE.replace('{"values"}', '{"values", "op:sofmax"}'), "write 'op:softmax'"),
        (WHOLE.replace('{"values"}', "set()"), "does not declare 'values'"),
        (
            WHOLE.replace('{"values"}', '{"values", "hooks"}'),
            r"lacks register_hook\(\) of register_hook",
        ),
    ],
)
def test_what_is_broken_is_told_with_what_was_expected(
    write: Write, source: str, sentence: str
) -> None:
    with pytest.raises(EngineBroken, match=sentence):
        load_engine(write(source))


def test_a_package_that_is_missing_is_named_with_the_remedy(write: Write) -> None:
    with pytest.raises(EngineNotInstalled, match="no_such_package is not installed"):
        load_engine(write("import no_such_package"))


def test_an_engine_of_the_kit_that_is_missing_comes_with_its_pip_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("micrograd", "micrograd.engine"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "gradspec_conformance.adapters.micrograd", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "micrograd" else 1)

    with pytest.raises(EngineNotInstalled, match=r"pip install 'gradspec\[micrograd\]'"):
        load_engine("micrograd")


def test_the_engines_of_the_kit_are_known_without_being_installed() -> None:
    known = ["reference", "torch", "autograd", "jax", "jaxjs", "jspytorch", "micrograd", "mygrad"]
    assert list(engine_names())[: len(known)] == known


def test_an_engine_that_is_registered_as_no_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"mine": "mine"}
    monkeypatch.setattr("gradspec_conformance.engines.loading.engine_names", lambda: names)
    with pytest.raises(EngineBroken, match="registered as 'mine', which is no place"):
        load_engine("mine")


# an engine with three operators ---------------------------------------------------------
SMALL = WHOLE.replace('capabilities = "mine", "1", {"values"}', 'abilities = "mine", "1", WORDS')
WORDS = {"values", "op:add", "op:mul", "op:sin", "dtype:float64"}


def test_abilities_are_the_words_and_no_more(write: Write) -> None:
    engine = load_engine(write(f"WORDS = {WORDS}\n{SMALL}"))

    assert Subject.of(engine).abilities == WORDS


def test_a_word_that_follows_from_others_is_not_there_without_them(write: Write) -> None:
    engine = load_engine(write(f"WORDS = {WORDS | {'vjp'}}\n{SMALL}"))

    assert Subject.of(engine).abilities == WORDS


def test_capabilities_are_bundles_too(write: Write) -> None:
    engine = load_engine(write(WHOLE))

    assert Subject.of(engine).abilities >= {"values", "op:add", "op:pow"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ('{"values", "item"}', r"lacks item\(\) of item"),
        ('{"values", "flags"}', "'flags', .* it is a bundle: write its words"),
        ('{"values", "op:sinn"}', "write 'op:sin'"),
        ('{"op:sin"}', "does not declare 'values'"),
        ('["values"]', "its abilities is a list, expected a set of words"),
    ],
)
def test_abilities_are_held_to_the_words_and_the_methods(
    write: Write, words: str, complaint: str
) -> None:
    with pytest.raises(EngineBroken, match=complaint):
        load_engine(write(f"WORDS = {words}\n{SMALL}"))


GREETS = """
import json
print(json.dumps({"engine": {"name": "small", "version": "1", %r: %r}}), flush=True)
input()
"""


@pytest.mark.parametrize(("kind", "alone"), [("abilities", True), ("capabilities", False)])
def test_a_process_can_say_its_words_alone(kind: str, alone: bool) -> None:
    engine = RemoteEngine([sys.executable, "-c", GREETS % (kind, sorted(WORDS))])
    abilities = Subject.of(engine).abilities
    engine.close()

    assert (abilities == WORDS) is alone
    assert ("op:pow" in abilities) is not alone


def test_a_book_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    book = tmp_path / "mine.toml"
    book.write_text("[phrases\n")
    with pytest.raises(EngineBroken, match=r"mine\.toml"):
        load_engine(str(book))


def test_an_attribute_may_lie_deeper(write: Write) -> None:
    nested = write(WHOLE + "\nclass Shelf:\n  engine = Engine\n", "Shelf.engine")

    assert load_engine(nested).name == "mine"


def test_a_module_beside_an_adapter_is_found_after_all_others(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", list(sys.path))
    (tmp_path / "beside_it.py").write_text(WHOLE)
    (tmp_path / "json.py").write_text("raise AssertionError")
    engine = load_engine(write("import json\nfrom beside_it import Engine"))

    assert engine.name == "mine"
    assert sys.path[-1] == str(tmp_path)


def test_an_engine_of_another_distribution_is_known_by_its_name(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = EntryPoint("mine", write(WHOLE), GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [entry][: group == GROUP])

    assert list(engine_names())[-1] == "mine"
    assert load_engine("mine").name == "mine"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("class E(Exception):\n    def __str__(self): return 1 / 0\nraise E", "ZeroDivisionError"),
        ("class E(BaseException): pass\nraise E('of my own')", "E: of my own"),
        ("raise ValueError('x' * 40_000_000)", "ValueError: xxx"),
        (
            "class Engine:\n    def __getattribute__(self, name): raise LookupError(name)",
            "LookupError",
        ),
    ],
)
def test_whatever_loading_raises_is_told_in_a_sentence(
    write: Write, source: str, found: str
) -> None:
    with pytest.raises(EngineBroken, match=found) as broken:
        load_engine(write(source))

    assert len(str(broken.value)) < 1000


@pytest.mark.parametrize(("name", "attribute"), [("book.toml", ""), ("engine.py", ":Engine")])
@pytest.mark.parametrize("kind", ["mkfifo", "mkdir"])
def test_what_is_there_and_is_no_file_is_not_called_missing(
    tmp_path: Path, kind: str, name: str, attribute: str
) -> None:
    place = tmp_path / name
    if not hasattr(os, kind):
        pytest.skip(f"this system has no {kind}")
    getattr(os, kind)(place)

    with pytest.raises(EngineNotFound, match="is no regular file"):
        load_engine(f"{place}{attribute}")

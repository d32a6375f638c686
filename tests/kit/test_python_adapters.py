"""Python beside a book: what a subclass does itself, and what it leaves to the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from toy_book import TOY

from gradspec import Autograd, expect
from gradspec.exceptions import ProgramError
from gradspec.program.recorder import Recorder
from gradspec_conformance.adapters.phrases import Phrasebook, read_book
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.loading import load_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toy_book import WriteBook


def adapted(path: Path, **methods: Any) -> Any:
    """Make an engine with methods of its own on a book."""
    load_engine(str(path))  # the module beside the book is found
    return type("Adapted", (Phrasebook(path),), methods)()


def end_of(engine: Any, body: Callable[[Autograd], Any]) -> str:
    """Say how a program ends."""
    with Recorder(engine) as recorder:
        try:
            body(Autograd(recorder))
        except ProgramError as error:
            return f"{type(error).__name__}: {error}"
    return "passed"


def scaled_sum(ag: Autograd) -> Any:
    """Use an argument that no phrase of the toy engine mentions."""
    return ag.add(ag.tensor(1.0), ag.tensor(1.0), alpha=3.0)


def test_a_method_that_builds_on_the_book_does_not_know_more_arguments(
    write_book: WriteBook,
) -> None:
    def apply(self: Any, operator: str, arguments: Any) -> Any:
        return super(type(self), self).apply(operator, arguments)

    engine = adapted(write_book(), apply=apply)

    assert end_of(engine, scaled_sum).startswith("Unsaid: the engine does not declare op:add(x, ot")
    assert end_of(engine, lambda ag: ag.add(ag.tensor(1.0), ag.tensor(1.0))) == "passed"


def test_a_method_may_know_arguments_that_no_phrase_mentions(write_book: WriteBook) -> None:
    def apply(self: Any, operator: str, arguments: Any) -> Any:
        rest = {name: value for name, value in arguments.items() if name != "alpha"}
        return super(type(self), self).apply(operator, rest)

    assert end_of(adapted(write_book(), apply=apply), scaled_sum) == "passed"


def test_what_a_method_does_not_know_of_another_act_is_unsupported_too(
    write_book: WriteBook,
) -> None:
    def backward(self: Any, root: Any, **options: Any) -> Any:
        return super(type(self), self).backward(root, **options)

    path = write_book(TOY.replace("[dtypes]", 'also = ["keeps_graph"]\n[dtypes]'))
    engine = adapted(path, backward=backward)

    def body(ag: Autograd) -> None:
        ag.tensor(1.0, requires_grad=True).backward(retain_graph=True)

    assert "backward(root, retain_graph)" in end_of(engine, body)


def test_a_method_that_builds_on_the_book_finds_the_phrase_for_its_operands(
    write_book: WriteBook,
) -> None:
    phrases = """
mul = ["engine.apply('mul', {'x': $x, 'other': ${other:tensor}})",
  "engine.apply('mul', {'x': $x, 'other': ${other:number} * 1000.0})"]
"""
    old = "mul = \"engine.apply('mul', {'x': $x, 'other': $other})\"\n"

    def apply(self: Any, operator: str, arguments: Any) -> Any:
        result = super(type(self), self).apply(operator, arguments)
        if operator != "mul":
            return result
        return super(type(self), self).apply("add", {"x": result, "other": arguments["other"]})

    def body(ag: Autograd) -> None:
        two, three = ag.tensor(2.0), ag.tensor(3.0)
        expect(two * three).equals(9.0)
        expect(two * 3.0).equals(6003.0)
        expect(two * three.item()).equals(6003.0)

    assert old in TOY
    path = write_book(TOY.replace(old, phrases))

    assert end_of(adapted(path, apply=apply), body) == "passed"


def test_clearing_a_gradient_through_set_is_said_as_the_book_clears(write_book: WriteBook) -> None:
    def put(self: Any, x: Any, name: str, value: Any) -> None:
        super(type(self), self).set(x, name, value)

    cleared: list[Any] = []

    def body(ag: Autograd) -> None:
        x = ag.tensor(1.0, requires_grad=True)
        x.grad = None
        cleared.append(x._handle.grad)
        x.grad = ag.tensor(2.0)
        cleared.append(x._handle.grad.value)

    path = write_book(TOY + '\n[clear]\ngrad = "$x.grad = 0"\n')

    assert end_of(adapted(path, set=put), body) == "passed"
    assert cleared == [0, 2.0]


def test_a_method_for_one_act_gives_its_ability(write_book: WriteBook) -> None:
    resets: list[int] = []
    engine = adapted(
        write_book(),
        reset=lambda _self: resets.append(1),
        deepcopy=lambda _self, x: type(x)(x.value),
        watch=lambda _self, x: x,
    )

    assert end_of(engine, lambda ag: expect(ag.deepcopy(ag.tensor(3.0))).equals(3.0)) == "passed"
    assert resets == [1]
    assert "watch" not in engine.abilities  # which two acts make


def test_methods_and_phrases_make_the_abilities_that_several_acts_are(
    write_book: WriteBook,
) -> None:
    path = write_book(TOY.replace("backward = ", "# backward = "))
    book, engine = read_book(path), adapted(path, backward=lambda _self, _root: None)

    assert "tape" not in book.abilities
    assert engine.abilities >= {"tape", "clear:grad"}


def test_a_method_stands_above_what_the_book_takes_back(write_book: WriteBook) -> None:
    path = write_book(TOY.replace("[dtypes]", 'also = ["-deepcopy", "-item"]\n[dtypes]'))
    engine = adapted(path, deepcopy=lambda _self, x: x)

    assert "deepcopy" in engine.abilities
    assert "item" not in engine.abilities


def test_what_a_book_says_stands_above_what_it_inherits(write_book: WriteBook) -> None:
    write_book(TOY.replace("[dtypes]", 'also = ["-item", "-bool", "-float", "versions"]\n[dtypes]'))
    child = """
[engine]
name = "child"
inherits = "toy"
also = ["bool", "-versions"]

[acts]
item = "$x.value"
"""
    abilities = read_book(write_book(child, "child.toml")).abilities

    assert abilities >= {"item", "bool"}
    assert not abilities & {"float", "versions"}


@pytest.mark.parametrize(
    ("where", "kind"),
    [("backward", "root-without-grad"), ("sin", None), ("op:sin", None), ("grad", None)],
)
def test_an_error_is_of_a_kind_in_the_acts_that_its_entry_names(
    write_book: WriteBook, where: str, kind: str | None
) -> None:
    engine = load_engine(str(write_book(TOY + f'in = "{where}"\n')))
    ask = Asker(engine)
    with pytest.raises(Exception, match="root-without-grad") as caught:
        ask("backward", ask.tensor(np.array(1.0)))

    assert engine.error_kind(caught.value) == kind


# in the words of the book ---------------------------------------------------------------
def test_an_expression_over_several_lines_is_printed_and_runs(write_book: WriteBook) -> None:
    clip = "clip = lambda x: lambda lo=None, hi=None: Number(min(x.value, hi))"
    text = TOY.replace("ToyEngine()", f"ToyEngine(); {clip}").replace(
        "[operators]", '[operators]\nclamp = """\nclip($x)(\n  $(lo=$min),\n  $(hi=$max)\n)"""'
    )
    engine: Any = load_engine(str(write_book(text)))
    with Recorder(engine) as recorder:
        expect(Autograd(recorder).tensor(7.0).clamp(max=5.0)).equals(5.0)

    assert engine.script(recorder.program).splitlines()[3:5] == ["t1 = clip(t0)(hi=5.0", ")"]


def test_a_mode_over_several_lines_is_entered_by_its_name(write_book: WriteBook) -> None:
    text = TOY.replace("from toy_engine", "import contextlib\\nfrom toy_engine").replace(
        "[operators]",
        '[modes]\nno_grad = "$_m = contextlib.nullcontext()\\n$result = $_m"\n[operators]',
    )
    engine: Any = load_engine(str(write_book(text)))
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        with ag.no_grad():
            expect(ag.tensor(7.0) * 2.0).equals(14.0)
    script = engine.script(recorder.program).splitlines()
    entering = [line for line in script if line.startswith(("_", "with"))]

    assert entering == ["_3 = contextlib.nullcontext()", "_2 = _3", "with _2:"]

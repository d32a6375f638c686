"""`gradspec init` writes a book of an engine that nobody has described; what it says is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import schools
from click.testing import CliRunner

from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.cli.init import command
from gradspec_conformance.cli.workflow import workflow
from gradspec_conformance.exceptions import NothingFound
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.probing import draft as draft_module
from gradspec_conformance.probing.asking import book_of
from gradspec_conformance.run.session import EngineSession

if TYPE_CHECKING:
    from gradspec_conformance.adapters.phrases.book import Book

CLOCK = 5.0

Written = Callable[[str, str], None]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Write a module beside which one stands."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, text: str) -> None:
        Path(f"{name}.py").write_text(text, "utf-8")

    return written


def book(name: str, setup: str = "") -> Book:
    """Have a module looked at, and read the book."""
    Path(f"{name}.toml").write_text(book_of(name, setup, CLOCK), "utf-8")
    return read_book(f"{name}.toml")


def said(found: Book, key: str) -> list[str]:
    """Give the phrases of an act."""
    return [phrase.text for phrase in found.phrases.get(key, ())]


def outcomes(name: str, *ids: str) -> dict[str, Outcome]:
    """Run clauses on the engine of a book."""
    with EngineSession(f"{name}.toml") as session:
        return {id_: session.verdict(id_).outcome for id_ in ids}


def test_numbers_with_methods_are_found(module: Written) -> None:
    module("numbers_engine", schools.NUMBERS)

    found = book("numbers_engine")

    assert said(found, "leaf") == ["Value($number)"]
    assert said(found, "backward") == ["${root:one}.backward() ${-retain_graph}"]
    assert said(found, "op:exp") == ["$x.exp()"]
    assert said(found, "op:pow") == ["$x ** ${exponent:number}"]
    assert "arrays" not in found.abilities
    assert "constants" not in found.abilities
    ran = outcomes("numbers_engine", "bwd-001", "acc-001", "op-001/exp", "op-001/add", "life-206")
    assert set(ran.values()) == {Outcome.PASSED}


def test_a_name_in_other_letters_is_that_name(module: Written) -> None:
    methods = """
    def reLU(self):
        return self._then(max(self.data, 0.0), (self, float(self.data > 0.0)))

    def ln(self):
        return self._then(math.log(self.data), (self, 1.0 / self.data))

    def backward(self):
"""
    text = schools.NUMBERS.replace("\n    def backward(self):\n", methods)
    module("numbers_engine", text)

    found = book("numbers_engine")

    assert said(found, "op:relu") == ["$x.reLU()"]
    assert said(found, "op:log") == ["$x.ln()"]
    assert said(found, "op:abs_") == []
    assert outcomes("numbers_engine", "op-001/log") == {"op-001/log": Outcome.PASSED}


def test_numbers_in_a_row_beside_a_shape_are_an_array(module: Written) -> None:
    module("rows_engine", schools.ROWS)

    found = book("rows_engine")

    assert said(found, "leaf") == ["Tensor($list, requires_grad=True)"]
    inner = "($x.data if isinstance($x, Tensor) else $x).data"
    assert said(found, "array") == [f"np.array({inner}, dtype=np.float64).reshape(tuple($x.shape))"]
    assert {"arrays", "constants", "op:sum"} <= found.abilities
    ran = outcomes("rows_engine", "bwd-001", "acc-001", "op-001/mul", "op-001/sum")
    assert set(ran.values()) == {Outcome.PASSED}


def test_functions_with_axis_and_words_of_their_own_are_found(module: Written) -> None:
    module("functions_engine", schools.FUNCTIONS)

    found = book("functions_engine")

    assert said(found, "leaf") == ["Var($array, trainable=True)"]
    assert said(found, "tensor") == ["Var($array)"]
    assert said(found, "backward") == [
        "${root:one}.backprop($($gradient)) ${-retain_graph}",
    ]
    assert said(found, "get:grad") == ["$x.gradient"]
    assert said(found, "clear:grad") == ["$x.gradient = None"]
    assert said(found, "get:requires_grad") == ["$x.trainable"]
    summing = "functions_engine.sum($x, $(axis=$dim), $(keepdims=$keepdim))"
    assert said(found, "op:sum") == [summing]
    assert said(found, "op:cat") == ["functions_engine.concatenate($tensors, $(axis=$dim))"]
    ran = outcomes("functions_engine", "bwd-001", "acc-001", "op-001/sum_dim", "op-001/cat_dim")
    assert set(ran.values()) == {Outcome.PASSED}


def test_an_engine_that_keeps_the_array_it_is_given_has_shapes(module: Written) -> None:
    module("keeping_engine", schools.FUNCTIONS.replace("np.array(value)", "np.asarray(value)"))

    found = book("keeping_engine")

    assert found.abilities >= {"arrays", "dtype:float32", "several_dims", "negative_dims"}
    assert "operand-shape" in {error.kind for error in found.errors}
    assert "smoke" not in Path("keeping_engine.toml").read_text("utf-8")


def test_a_number_that_cannot_stand_first_is_not_asked_for(module: Written) -> None:
    text = schools.NUMBERS.replace("__radd__, __rmul__ = __add__, __mul__", "__radd__ = __add__")
    module("one_sided_engine", text)

    found = book("one_sided_engine")

    assert said(found, "op:mul") == ["${x:tensor} * $other"]
    assert "op:add" not in found.phrases or said(found, "op:add") == ["$x + $other"]
    assert "`mul` takes no number on its left" in Path("one_sided_engine.toml").read_text("utf-8")


INDEXED = (
    schools.FUNCTIONS.replace(
        "    __neg__",
        "    __getitem__ = lambda self, index: Var(\n"
        "        self.value[index],\n"
        "        _before=[(self, lambda g: placed(g, index, self.value.shape))],\n"
        "    )\n"
        "    __neg__",
    )
    + """

def placed(gradient, index, shape):
    whole = np.zeros(shape)
    np.add.at(whole, index, gradient)
    return whole
"""
)


def test_where_a_tensor_is_no_index_an_array_is_and_every_other_index_stays(
    module: Written,
) -> None:
    module("indexed_engine", INDEXED)

    found = book("indexed_engine")

    assert said(found, "op:getitem") == ["$x[np.array(${index:tensor}.value)]", "$x[$index]"]
    ran = outcomes("indexed_engine", "op-001/getitem", "op-001/getitem_mask", "rec-206/an_integer")
    assert set(ran.values()) == {Outcome.PASSED}


FAILING = (
    schools.FUNCTIONS
    + """

def argmax(a, axis=None, keepdims=False):
    if a.trainable:
        raise TypeError("whole numbers are not trained")
    return Var(np.argmax(a.value, axis=axis, keepdims=keepdims))


def cumsum(a, axis):
    if axis != 0:
        raise ValueError("not yet")
    flipped = lambda g: np.flip(np.cumsum(np.flip(g, 0), 0), 0)
    return Var(np.cumsum(a.value, axis=0), _before=[(a, flipped)])
"""
)


def test_what_an_operator_raises_for_some_operands_is_no_reason_to_leave_it_out(
    module: Written,
) -> None:
    module("failing_engine", FAILING)

    found = book("failing_engine")

    index = "failing_engine.argmax($x, $(axis=$dim), $(keepdims=$keepdim))"
    assert said(found, "op:argmax") == [index]
    assert said(found, "op:cumsum") == ["failing_engine.cumsum($x, $dim)"]
    text = " ".join(Path("failing_engine.toml").read_text("utf-8").replace("#", "").split())
    assert "operator argmax: TypeError: whole numbers are not trained" in text


def test_what_computes_something_else_is_not_said_but_told(module: Written) -> None:
    module("functions_engine", schools.FUNCTIONS)

    found = book("functions_engine")

    assert said(found, "op:sin") == []
    text = Path("functions_engine.toml").read_text("utf-8")
    assert '# sin = ""' in text
    assert "tried functions_engine.sin($x): the value is" in " ".join(text.split())


def test_methods_with_dim_flags_and_modes_are_found(module: Written) -> None:
    module("methods_engine", schools.METHODS)

    found = book("methods_engine")

    assert said(found, "op:sum") == ["$x.sum($(dim=$dim), $(keepdim=$keepdim))"]
    assert said(found, "mode:no_grad") == ["methods_engine.no_grad()"]
    assert {"get:requires_grad", "get:is_leaf", "item", "given_cotangent"} <= found.abilities
    assert {error.kind for error in found.errors} >= {"nonscalar-root", "root-without-grad"}
    assert said(found, "op:sub") == []
    ran = outcomes("methods_engine", "bwd-001", "bwd-005/two_elements", "bwd-006", "op-001/sum")
    assert set(ran.values()) == {Outcome.PASSED}


PLAIN_GRADIENTS = schools.METHODS.replace(
    "leaf.grad = Tensor(share if leaf.grad is None else leaf.grad.data + share)",
    "leaf.grad = np.array(share if leaf.grad is None else leaf.grad + share)",
)


def test_a_gradient_that_works_in_operators_is_a_tensor(module: Written) -> None:
    module("methods_engine", schools.METHODS)

    assert "gradient_tensors" in book("methods_engine").abilities
    assert outcomes("methods_engine", "ho-002a") == {"ho-002a": Outcome.PASSED}


def test_a_gradient_that_is_an_array_or_a_number_is_no_tensor(module: Written) -> None:
    module("plain_engine", PLAIN_GRADIENTS)
    module("numbers_engine", schools.NUMBERS)

    assert "gradient_tensors" not in book("plain_engine").abilities
    assert "gradient_tensors" not in book("numbers_engine").abilities
    assert outcomes("plain_engine", "ho-002a") == {"ho-002a": Outcome.UNSUPPORTED}


def test_an_array_has_no_flags(module: Written) -> None:
    module("plain_engine", PLAIN_GRADIENTS)

    found = book("plain_engine")

    assert said(found, "get:requires_grad") == ["isinstance($x, Tensor) and $x.requires_grad"]
    assert said(found, "get:is_leaf") == ["not isinstance($x, Tensor) or $x.is_leaf"]


def test_what_made_a_tensor_says_whether_it_is_a_leaf_also_where_constants_have_a_maker(
    module: Written,
) -> None:
    creators = schools.METHODS.replace("self.grad = None", "self.grad, self._made = None, _before")
    creators = creators.replace(
        "is_leaf = property(lambda self: not self._before)",
        "creator = property(lambda self: self._made or None)",
    )
    module("creators_engine", creators)

    assert said(book("creators_engine"), "get:is_leaf") == ["$x.creator is None"]


def test_no_array_is_assigned_to_a_gradient_that_is_a_number(module: Written) -> None:
    strict = schools.NUMBERS.replace(
        "self.data, self.grad, self._before = data",
        "self.data, self.grad, self._before = float(data) if type(data) in (int, float) else 1 / 0",
    )
    assert strict != schools.NUMBERS
    module("strict_engine", strict)

    assert said(book("strict_engine"), "set:grad") == []


def test_no_phrase_is_checked_again_for_another_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr(draft_module, "check", lambda _, phrase: checked.append(phrase.text))
    draft = draft_module.Draft("none", lambda _: None)
    draft.phrases["op:sin"] = ("only_here.sin($x)",)

    for guess in ("$x.one_of_its_own()", "$x.another_of_its_own()"):
        draft.ask({"op:cos": (guess,)})

    assert checked == ["only_here.sin($x)", "$x.one_of_its_own()", "$x.another_of_its_own()"]


def test_a_data_type_is_said_where_gradients_follow_what_is_said(module: Written) -> None:
    wide = schools.METHODS.replace(
        "data, requires_grad=False, _before=()):\n        self.data = np.array(data)",
        "data, requires_grad=False, dtype=None, _before=()):\n"
        "        self.data, self._dtype = np.array(data, dtype), dtype",
    ).replace("leaf.grad = Tensor(", "leaf.grad = Tensor(dtype=leaf._dtype or float, data=")
    module("wide_engine", wide)

    assert said(book("wide_engine"), "leaf") == ["Tensor($array, dtype=$dtype, requires_grad=True)"]
    assert outcomes("wide_engine", "acc-024") == {"acc-024": Outcome.PASSED}


def test_an_array_is_preferred_to_a_list_even_where_the_data_type_has_to_be_said(
    module: Written,
) -> None:
    picky = schools.METHODS.replace(
        "data, requires_grad=False, _before=()):\n        self.data = np.array(data)",
        "data, requires_grad=False, dtype=None, _before=()):\n"
        "        if requires_grad and dtype is None and getattr(data, 'ndim', 0):\n"
        "            raise TypeError('an array needs a data type')\n"
        "        self.data = np.array(data, dtype)",
    )
    module("picky_engine", picky)

    assert said(book("picky_engine"), "tensor") == ["Tensor($array, dtype=$dtype)"]
    id_ = "leaf-016a/a_row_to_no_rows"
    assert outcomes("picky_engine", id_) == {id_: Outcome.PASSED}


def test_one_sentence_for_two_refusals_stands_for_the_more_frequent_one(module: Written) -> None:
    terse = schools.METHODS.replace(
        "        run(self, np.ones_like",
        """        if getattr(self, "gone", False):
            raise RuntimeError("this tensor does not require grad")
        self.gone = True
        run(self, np.ones_like""",
    )
    module("terse_engine", terse)

    kinds = [error.kind for error in book("terse_engine").errors]

    assert "root-without-grad" in kinds
    assert "graph-freed" not in kinds
    assert outcomes("terse_engine", "bwd-006") == {"bwd-006": Outcome.PASSED}


def test_each_sentence_about_a_cotangents_shape_is_known(module: Written) -> None:
    fussy = schools.METHODS.replace(
        "        run(self, np.ones_like",
        """        if gradient is not None and gradient.data.ndim != self.data.ndim:
            raise ValueError("this cotangent has other dimensions")
        if gradient is not None and gradient.data.size > self.data.size:
            raise IndexError("shape mismatch: this cotangent has too many entries")
        if gradient is not None and gradient.data.size < self.data.size:
            raise ValueError("this cotangent has too few entries")
        run(self, np.ones_like""",
    )
    module("fussy_engine", fussy)

    errors = book("fussy_engine").errors

    assert sum(error.kind == "cotangent-shape" for error in errors) == 3
    assert outcomes("fussy_engine", "vjp-207/one_entry", "vjp-207/number", "vjp-004/longer") == {
        "vjp-207/one_entry": Outcome.PASSED,
        "vjp-207/number": Outcome.PASSED,
        "vjp-004/longer": Outcome.PASSED,
    }


def test_what_is_let_go_of_can_be_watched(module: Written) -> None:
    module("functions_engine", schools.FUNCTIONS)
    kept = "        self._before = [(v, rule) for v, rule in _before if v.trainable]\n"
    all_kept = schools.FUNCTIONS.replace(kept, f"{kept}        ALL.append(self)\n")
    module("keeping_engine", f"{all_kept}\nALL = []\n")

    assert said(book("functions_engine"), "watch") == ["weakref.ref($tensor)"]
    assert said(book("keeping_engine"), "watch") == []


def test_a_wrong_gradient_is_no_reason_to_leave_an_operator_out(module: Written) -> None:
    module("methods_engine", schools.METHODS)
    found = book("methods_engine")

    assert said(found, "op:sqrt") == ["$x.sqrt()"]
    assert outcomes("methods_engine", "op-001/sqrt") == {"op-001/sqrt": Outcome.FAILED}


def test_a_functional_engine_gets_products_in_place_of_a_tape(module: Written) -> None:
    module("functional_engine", schools.FUNCTIONAL)

    found = book("functional_engine")

    assert "backward" not in found.phrases
    assert "functional_engine.grad(weighted" in said(found, "transform:vjp")[0]
    assert outcomes("functional_engine", "op-001/mul") == {"op-001/mul": Outcome.PASSED}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (schools.OF_ONE_VARIABLE, "strange_engine.derivative(weighted, primals[i])"),
        (schools.DUALS, "strange_engine.Wave(float(p.value), 1.0 if i == j else 0.0)"),
        (schools.ASKED, "output.partial([x])[0]"),
        (schools.SYMBOLIC, "strange_engine.Expr.sym('x')"),
    ],
)
def test_a_derivative_that_is_no_backward_pass_is_found(
    module: Written, text: str, told: str
) -> None:
    module("strange_engine", text)

    assert told in said(book("strange_engine"), "transform:vjp")[0]
    assert outcomes("strange_engine", "op-001/mul") == {"op-001/mul": Outcome.PASSED}


def test_where_there_is_no_derivative_the_book_has_the_values_and_says_what_was_tried(
    module: Written,
) -> None:
    module("plain_engine", schools.ASKED.replace("partial", "tell"))

    found = book("plain_engine")

    assert said(found, "tensor") == ["plain_engine.Quantity($number)"]
    assert "transform:vjp" not in found.phrases
    text = " ".join(Path("plain_engine.toml").read_text("utf-8").replace("#", "").split())
    assert re.search(r"Nothing that gives a derivative was found, of [1-9]\d* phrases", text)


SUMS_ALONE = schools.NUMBERS.replace(
    "(self, other.data), (other, self.data)", "(self, self.data), (other, other.data)"
)
QUOTIENTS = (
    schools.FUNCTIONS.replace(
        "g: g * b.value), (b, lambda g: g * a.value", "g: g), (b, lambda g: g"
    )
    .replace("    __neg__", "    __truediv__ = lambda self, other: div(self, other)\n    __neg__")
    .replace(
        "def tanh(a):",
        "def div(a, b):\n"
        "    a, b = var(a), var(b)\n"
        "    slopes = [(a, lambda g: g / b.value), (b, lambda g: -g * a.value / b.value**2)]\n"
        "    return Var(a.value / b.value, _before=slopes)\n\n\n"
        "def tanh(a):",
    )
)
OF_FUNCTIONS = (
    schools.FUNCTIONAL.partition("def grad")[0].replace("(a * b, b, a)", "(a * b, a, b)")
    + """
def vjp(function, *values):
    def along(i):
        return function(*(_Traced(v, 1.0 if i == j else 0.0) for j, v in enumerate(values)))

    return function(*values), lambda w: tuple(w * along(i).slopes for i in range(len(values)))
"""
)
CARRIED = schools.DUALS.replace("(a * b, b, a)", "(a * b, a, b)")


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        (SUMS_ALONE, "leaf backward get:grad clear:grad"),
        (QUOTIENTS, "leaf backward given_cotangent get:grad clear:grad keeps_graph"),
        (OF_FUNCTIONS, "transform:vjp"),
        (CARRIED, "transform:vjp"),
    ],
)
def test_a_product_that_is_wrong_from_the_start_hides_no_derivative(
    module: Written, text: str, acts: str
) -> None:
    module("wrong_engine", text)

    found = book("wrong_engine")

    assert {*acts.split()} <= {*found.phrases, *found.abilities}
    assert "`mul` is wrong, or its derivative is" in Path("wrong_engine.toml").read_text("utf-8")
    assert outcomes("wrong_engine", "op-001/mul") == {"op-001/mul": Outcome.FAILED}


def test_a_leaf_may_be_told_by_a_word_of_the_engines_own(module: Written) -> None:
    worded = schools.METHODS.replace(
        "data, requires_grad=False, _before=()):",
        "data, tensor_type=Kind.INPUT, _before=()):\n"
        "        requires_grad = tensor_type is Kind.PARAMETER",
    )
    module("worded_engine", "import enum\nKind = enum.Enum('Kind', 'INPUT PARAMETER')\n" + worded)

    leaf = "Tensor($array, tensor_type=worded_engine.Kind.PARAMETER)"
    assert said(book("worded_engine"), "leaf") == [leaf]


def test_a_value_behind_a_method_called_data_is_seen(module: Written) -> None:
    hidden = schools.NUMBERS.replace("self.data", "self.kept").replace(".data", ".kept")
    method = "    def data(self):\n        return self.kept\n\n    def backward(self)"
    module("hidden_engine", hidden.replace("    def backward(self)", method))

    assert "$x.data()" in said(book("hidden_engine"), "array")[0]


def test_state_that_survives_is_put_back(module: Written) -> None:
    module("graph_engine", schools.ONE_GRAPH)

    (reset,) = said(book("graph_engine"), "reset")

    assert "graph_engine.Graph.nodes.clear()" in reset
    assert "graph_engine.Graph.count = 0" in reset


def test_arguments_and_modes_that_do_nothing_are_not_claimed(module: Written) -> None:
    module("pretending_engine", schools.PRETENDS)

    found = book("pretending_engine")

    assert found.abilities.isdisjoint(
        {
            *("given_cotangent", "create_graph", "mode:no_grad", "is_grad_enabled", "op:tanh"),
            "frees_graph",
        }
    )


@pytest.mark.usefixtures("module")
def test_a_module_inside_a_package_is_looked_for() -> None:
    inner = Path("packed_engine")
    inner.mkdir()
    (inner / "__init__.py").write_text("", "utf-8")
    (inner / "core.py").write_text(schools.NUMBERS, "utf-8")

    found = book("packed_engine")

    assert [code.text for code in found.setup][1:] == ["from packed_engine.core import Value"]


def test_setup_comes_before_the_import(module: Written) -> None:
    module("late_engine", f"import math\nassert math.ready\n{schools.NUMBERS}")

    found = book("late_engine", setup="import math\nmath.ready = True")

    assert "math.ready = True" in found.setup[1].text


@pytest.mark.usefixtures("module")
def test_an_engine_with_torchs_names_inherits_torchs_book() -> None:
    found = book("gradspec_reference")

    assert {"op:sort", "mode:no_grad", "register_hook"} <= found.phrases.keys()
    assert "transform:compile" not in found.phrases
    assert "dtype:complex64" in found.abilities
    assert found.errors[0].says.pattern.endswith("Error:")


def test_exceptions_called_like_kinds_of_errors_are_those(module: Written) -> None:
    module("naming_engine", f"{schools.NUMBERS}\n\nclass GraphFreedError(Exception): ...\n")

    assert [error.kind for error in book("naming_engine").errors] == ["graph-freed"]


def test_a_guess_that_ends_the_process_or_hangs_is_left_out_and_told(module: Written) -> None:
    bad = schools.NUMBERS.replace(
        "    def exp(self):",
        "    def sin(self):\n        import os; os._exit(7)\n\n"
        "    def cos(self):\n        import time; time.sleep(60)\n\n"
        "    def exp(self):",
    )
    module("dying_engine", bad)
    Path("dying_engine.toml").write_text(book_of("dying_engine", "", 2.0), "utf-8")

    found, text = read_book("dying_engine.toml"), Path("dying_engine.toml").read_text("utf-8")

    assert said(found, "op:exp") == ["$x.exp()"]
    assert said(found, "op:sin") == said(found, "op:cos") == []
    assert "exited with status 7" in text
    assert "nothing came back within 2 s" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import sys; sys.exit(0)", "importing bad_engine raised SystemExit"),
        ("1 / 0", "importing bad_engine raised ZeroDivisionError"),
        ("import os; os._exit(3)", "while bad_engine was imported: .* exited with status 3"),
        ("import os; os.abort()", "while bad_engine was imported: .* ended by SIGABRT"),
        ("import time; time.sleep(60)", "while bad_engine was imported: nothing came back within"),
        ("import no_such_package", "importing bad_engine needs 'no_such_package'"),
        ("x = (", "importing bad_engine raised SyntaxError"),
        ("def f(): return 1", "in bad_engine nothing was found"),
        ("raise KeyboardInterrupt", "importing bad_engine raised KeyboardInterrupt"),
        ("import sys; sys.argv[5]", "importing bad_engine raised IndexError"),
        ("input()", "importing bad_engine raised EOFError"),
        ("import sys; sys.modules[__name__] = None", "gives a NoneType, and no module"),
        ("def __getattr__(name): 1 / 0", "in bad_engine nothing was found"),
        ("__path__ = ['nowhere', 3]", "in bad_engine nothing was found"),
    ],
)
def test_a_module_that_cannot_be_looked_at_is_told_in_a_sentence(
    module: Written, text: str, told: str
) -> None:
    module("bad_engine", text)

    with pytest.raises(NothingFound, match=told) as error:
        book_of("bad_engine", "", 2.0)

    assert "\n" not in str(error.value)


def test_a_module_that_prints_is_looked_at_like_any_other(module: Written) -> None:
    module("loud_engine", f"print('{{}}\\n' * 1000)\n{schools.NUMBERS}")

    assert "op:exp" in book("loud_engine").phrases


def test_book_expectations_and_workflow_are_written_and_agree(module: Written) -> None:
    module("numbers_engine", schools.NUMBERS)

    result = CliRunner().invoke(command, ["numbers_engine"])

    assert result.exit_code == 0, result.output
    assert Path("numbers_engine-known.toml").read_text("utf-8").startswith("# What numbers_engine")
    job = Path(".github/workflows/gradspec-numbers_engine.yml").read_text("utf-8")
    assert "gradspec run numbers_engine.toml --expect numbers_engine-known.toml -n" in job
    assert "next: gradspec run numbers_engine.toml" in result.output


def test_a_job_is_strict_once_all_is_explained() -> None:
    fresh = workflow("mine", "mine.toml", "mine-known.toml", is_explained=False)
    explained = workflow("mine", "mine.toml", "mine-known.toml", is_explained=True)

    assert " --strict -n" not in fresh
    assert "add --strict" in fresh
    assert "mine-known.toml --strict -n auto" in explained
    assert "add --strict" not in explained


def test_a_job_is_like_the_one_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "conformance" / "ci.md").read_text("utf-8")
    job = workflow("mine", "mine.toml", "known.toml", is_explained=True)

    shared = [line for line in job.splitlines() if line.strip() and not line.startswith("#")]
    assert [line for line in shared if line not in page] == ["  gradspec:"]


def test_nothing_is_overwritten_unless_told(module: Written) -> None:
    module("numbers_engine", schools.NUMBERS)
    Path("numbers_engine.toml").write_text("mine", "utf-8")

    refused = CliRunner().invoke(command, ["numbers_engine", "--book-only"])
    kept = Path("numbers_engine.toml").read_text("utf-8")
    forced = CliRunner().invoke(command, ["numbers_engine", "--book-only", "--force"])

    assert (refused.exit_code, kept) == (2, "mine")
    assert "--force writes over" in refused.output
    assert forced.exit_code == 0
    assert read_book("numbers_engine.toml").name == "numbers_engine"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no_such_engine"], "there is no module 'no_such_engine'"),
        (["json"], "in json nothing was found"),
        (["mine.py"], "'mine.py' is a file: write mine, as a program imports it\n"),
        (["src/mine.py"], "write mine, as a program imports it, with PYTHONPATH=src"),
        (["my-engine.py"], "'my-engine.py' is a file that no program can import: rename it"),
        (["two words"], "'two words' is no module"),
        (["my-engine"], "'my-engine' is no module: write what a program imports"),
        (["mine."], "'mine.' is no module"),
        (["a" * 300], "cannot be written: File name too long"),
        (["json", "--into", "a" * 300], "cannot be written: File name too long"),
        (["json", "--into", "nowhere"], "there is no folder nowhere"),
        (["json", "--timeout", "nan"], "nan"),
        (["json", "--setup", "1 / 0"], "what --setup says raised ZeroDivisionError"),
    ],
)
@pytest.mark.usefixtures("module")
def test_a_wrong_call_has_status_2_and_writes_nothing(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 2
    assert told in result.output
    assert not any(tmp_path.iterdir())


def test_a_gradient_that_begins_at_zero_is_cleared_to_zero(module: Written) -> None:
    overwriting = schools.NUMBERS.replace(".grad += ", ".grad = ")
    assert overwriting != schools.NUMBERS
    module("numbers_engine", overwriting)

    assert said(book("numbers_engine"), "clear:grad") == ["$x.grad = 0.0"]


def test_a_number_that_cannot_stand_first_is_no_reason_to_leave_a_sign_out(module: Written) -> None:
    module("numbers_engine", schools.NUMBERS.replace("def __rsub__", "def minus_from"))

    (phrase,) = said(book("numbers_engine"), "op:sub")

    assert phrase == "${x:tensor} - $other"
    assert outcomes("numbers_engine", "op-001/sub") == {"op-001/sub": Outcome.PASSED}


def test_a_tape_that_grows_is_cleared_before_each_clause(module: Written) -> None:
    recording = schools.NUMBERS.replace(
        "        self.data, self.grad,", "        TAPE.append(self)\n        self.data, self.grad,"
    )
    clearing = "TAPE = []\n\n\ndef clear_tape():\n    TAPE.clear()\n"
    module("taped_engine", f"{clearing}{recording}")

    assert said(book("taped_engine"), "reset") == ["taped_engine.clear_tape()"]


def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_tried(
    module: Written,
) -> None:
    module("numbers_engine", schools.NUMBERS)
    Path(".github").write_text("no folder", "utf-8")

    result = CliRunner().invoke(command, ["numbers_engine"])

    assert result.exit_code == 2
    assert "gradspec-numbers_engine.yml cannot be written" in result.output
    assert not Path("numbers_engine.toml").exists()

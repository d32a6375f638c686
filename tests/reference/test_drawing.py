"""The graphs that tutorials speak of, edge by edge; torch's graph gives the same picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import torch

import gradspec_reference as engine
from gradspec_reference.drawing import draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.drawing import Drawing

Made = tuple[Any, dict[str, Any]]


def leaves(library: Any, **values: Any) -> dict[str, Any]:
    """Make leaves that require grad."""
    return {name: library.tensor(v, requires_grad=True) for name, v in values.items()}


def sine_of_a_dot_product(torch: Any) -> Made:
    x, y = (named := leaves(torch, x=[1.0, 2.0], y=[3.0, 4.0])).values()
    return torch.sin(torch.dot(x, y)), named


def squared_error_of_a_linear_model(torch: Any) -> Made:
    x, w, y = (named := leaves(torch, x=[1.0, 2.0], w=[3.0, 4.0], y=5.0)).values()
    return (torch.dot(x, w) - y) ** 2, named


def difference_of_powers(torch: Any) -> Made:
    a, b = (named := leaves(torch, a=[2.0, 3.0], b=[6.0, 4.0])).values()
    return 3 * a**3 - b**2, named


def logistic_unit(torch: Any) -> Made:
    w, b = (named := leaves(torch, w=0.5, b=-1.0)).values()
    x, target = torch.tensor(2.0), torch.tensor(1.0)
    return torch.nn.functional.binary_cross_entropy(torch.sigmoid(w * x + b), target), named


def perceptron(torch: Any) -> Made:
    named = leaves(torch, w1=[[0.1, 0.2], [0.3, 0.4]], b1=[0.5, 0.6], w2=[[0.7], [0.8]], b2=[0.9])
    w1, b1, w2, b2 = named.values()
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.tensor([[1.0], [2.0], [3.0]])
    hidden = torch.relu(x @ w1 + b1)
    return torch.nn.functional.mse_loss(hidden @ w2 + b2, y), named


GRAPHS: dict[Callable[[Any], Made], str] = {
    sine_of_a_dot_product: """
        root Sin, Sin Dot, Dot Accumulate x, Dot Accumulate y
    """,
    squared_error_of_a_linear_model: """
        root Pow, Pow Sub, Sub Dot, Sub Accumulate y, Dot Accumulate x, Dot Accumulate w
    """,
    difference_of_powers: """
        root Sub, Sub Mul, Sub Pow, Mul Pow, Pow Accumulate a, Pow Accumulate b
    """,
    logistic_unit: """
        root BinaryCrossEntropy, BinaryCrossEntropy Sigmoid, Sigmoid Add, Add Mul,
        Add Accumulate b, Mul Accumulate w
    """,
    perceptron: """
        root MseLoss, MseLoss Add, Add Mm, Add Accumulate b2, Mm Relu, Mm Accumulate w2, Relu Add,
        Add Mm, Add Accumulate b1, Mm Accumulate w1
    """,
}


def ways(drawing: Drawing) -> list[str]:
    """List the edges in the short form of the table: a leaf's node and its leaf are one."""
    of_leaf = {
        line.source: drawing.boxes[line.target].label
        for line in drawing.lines
        if line.kind == "leaf"
    }
    found = []
    for line in drawing.lines:
        if line.kind == "edge":
            source, target = (drawing.boxes[place].label for place in (line.source, line.target))
            end = f"Accumulate {of_leaf[line.target]}" if line.target in of_leaf else target
            found.append(f"{source or 'root'} {end}")
    return sorted(re.sub(r"Backward\d", "", way) for way in found)


@pytest.mark.parametrize("make", GRAPHS)
@pytest.mark.parametrize("library", [engine, torch])
def test_the_graph_of_a_tutorial_comes_out_edge_by_edge(
    make: Callable[[Any], Made], library: Any
) -> None:
    root, names = make(library)
    expected = [" ".join(way.split()) for way in GRAPHS[make].split(",")]

    assert ways(draw(root, names)) == sorted(expected)


@pytest.mark.parametrize("make", GRAPHS)
def test_torch_gives_the_same_picture(make: Callable[[Any], Made]) -> None:
    ours, theirs = (draw(*make(library), show_saved=True) for library in (engine, torch))

    assert ours.dot() == theirs.dot()
    assert ours.mermaid() == theirs.mermaid()
    assert str(ours) == str(theirs)


def doubled_until_large(torch: Any, start: float) -> Made:
    x = torch.tensor(start, requires_grad=True)
    y = x * 2
    while y < 10:
        y = y * 2
    return (torch.sin(y) if y > 15 else -y), {"x": x}


def test_a_loop_and_a_branch_build_the_graph_anew_on_each_call() -> None:
    pictures = [ways(draw(*doubled_until_large(engine, start))) for start in (1.0, 3.0, 1.0)]

    ends = ["Mul Accumulate x", "Mul Mul"]
    assert pictures[0] == [ends[0], *[ends[1]] * 3, "Sin Mul", "root Sin"]
    assert pictures[1] == [ends[0], ends[1], "Neg Mul", "root Neg"]
    assert pictures[2] == pictures[0]


def test_a_picture_flows_from_the_leaves_and_its_lines_lead_to_them() -> None:
    x = engine.tensor(2.0, requires_grad=True)
    drawing = draw(x * 3, {"x": x})

    assert drawing.edges() == [
        ("", "MulBackward0"),
        ("MulBackward0", "AccumulateGrad"),
        ("AccumulateGrad", "x"),
    ]
    assert "    n3 -> n2\n" in drawing.dot()


def test_a_node_that_is_met_twice_is_one_box() -> None:
    x = engine.tensor(2.0, requires_grad=True)
    y = x * x
    drawing = draw(y * y, {"x": x})

    assert [box.label for box in drawing.boxes].count("MulBackward0") == 2
    assert drawing.edges("edge").count(("MulBackward0", "MulBackward0")) == 2
    assert str(drawing).count("see above") == 2


def test_saved_tensors_and_plain_arguments_are_shown_on_request() -> None:
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    y = x**3

    assert "saved" not in str(draw(y))
    assert "exponent: 3" in str(draw(y, show_attrs=True))
    assert "saved self = x (2)" in str(draw(y, {"x": x}, show_saved=True))
    assert 'label="self = x\\n(2)" fillcolor=orange' in draw(y, {"x": x}, show_saved=True).dot()


def test_what_a_pass_freed_is_left_out() -> None:
    x = engine.tensor(2.0, requires_grad=True)
    y = x**3
    y.backward()

    assert "saved" not in str(draw(y, show_saved=True))


def product_by_a_custom_function(torch: Any) -> Any:
    class Product(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            x, y = ctx.saved_tensors
            return gradient * y, gradient * x

    return Product.apply(*(torch.tensor(v, requires_grad=True) for v in (2.0, 3.0)))


@pytest.mark.parametrize("library", [engine, torch])
def test_what_a_custom_function_saved_is_shown_until_it_is_freed(library: Any) -> None:
    product = product_by_a_custom_function(library)
    kinds = [box.kind for box in draw(product).boxes]
    product.backward()

    assert kinds.count("saved") == 2
    assert "saved" not in [box.kind for box in draw(product, show_saved=True).boxes]


def test_arguments_name_tensors_that_have_no_box_and_show_where_they_are_cut_off() -> None:
    x = engine.ones(2, 3, requires_grad=True)
    drawing = draw((x**2).sum(), show_attrs=True, max_attr_chars=5)

    assert "self: [saved tensor]" in str(drawing)
    assert "self_sym_sizes: (2..." in str(drawing)


def test_a_picture_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = draw(engine.ones(2, requires_grad=True) * 2)
    monkeypatch.setenv("PATH", "")

    assert repr(drawing) == str(drawing)
    assert drawing._repr_svg_() is None  # no Graphviz: a notebook shows the text
    assert drawing.source().source.startswith("digraph {")


def test_an_edge_of_several_outputs_has_its_number() -> None:
    first, second = engine.ones(2, requires_grad=True).split(1)

    assert '[label="1"]' in draw(second * first).dot()
    assert "(output 1)" in str(draw(second * first))


def test_the_base_of_a_view_is_shown() -> None:
    x = engine.ones(2, 2, requires_grad=True)
    y = x * 2

    assert "[style=dotted]" in draw(y[0], {"y": y}).dot()
    assert "base y (2, 2)" in str(draw(y[0], {"y": y}))


def test_a_leaf_an_edge_and_several_results_can_be_drawn() -> None:
    x = engine.ones(2, requires_grad=True)
    y, z = x * 2, x * 3

    assert str(draw(x, {"x": x})) == "x (2)"
    assert draw(engine.autograd.graph.get_gradient_edge(y)).boxes[0].label == "MulBackward0"
    assert [box.kind for box in draw([y, z]).boxes].count("result") == 2
    assert [box.kind for box in draw([y, z]).boxes].count("leaf") == 1


def test_a_deep_graph_can_be_drawn() -> None:
    y = engine.ones((), requires_grad=True)
    for _ in range(3000):
        y = y.sin()

    assert str(draw(y)).count("SinBackward0") == 3000


def test_a_name_with_quotes_stays_a_name() -> None:
    x = engine.ones((), requires_grad=True)
    drawing = draw(x * 2, {'a "b" <c>': x})

    assert 'label="a \\"b\\" <c>\\n()"' in drawing.dot()
    assert "a &quot;b&quot; &lt;c&gt;<br/>()" in drawing.mermaid()


@pytest.mark.parametrize("wrong", [3, None, [3], ("no", "edge")])
def test_what_has_no_graph_is_refused_in_words(wrong: Any) -> None:
    with pytest.raises(TypeError, match="give a tensor, an edge, or a list of them"):
        draw(wrong)


def test_names_are_given_as_a_dict() -> None:
    with pytest.raises(TypeError, match="give a dict of names and tensors"):
        draw(engine.ones(2), ["x"])  # type: ignore[arg-type]

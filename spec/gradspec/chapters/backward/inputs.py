"""Where the pass ends.

By default the pass fills every leaf that it reaches.  `inputs` names the tensors to be filled
instead: the others are left as they are, and operations that lie on no path to a named tensor need
not run.  A tensor named in this way can even be an intermediate, which is then given a `grad` like
a leaf.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, Tensor, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

BACKWARD: Final = "torch.autograd.backward docstring"
SOURCE: Final = "torch.autograd.backward source"


@clause("bwd-020", VALUE, sources=[BACKWARD, "torch.Tensor.backward docstring"])
def inputs_names_the_leaves_to_fill(ag: Autograd) -> None:
    """Where inputs is given, the pass accumulates into the tensors that it lists and into no other
    leaf.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    (x * y).backward(inputs=[x])

    expect(x.grad).equals(-4.0)
    expect(y.grad).is_none_or_zero()


@clause("bwd-020a", SAFETY, sources=[BACKWARD, "torch.Tensor.backward docstring"])
def leaves_outside_inputs_keep_the_gradient_they_have(ag: Autograd) -> None:
    """A leaf that inputs does not list keeps the grad of earlier passes unchanged."""
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    first, second = x * y, x * y
    first.backward()
    second.backward(inputs=[x])

    expect(y.grad).equals(3.0)


@clause(
    "bwd-021",
    CONVENTION,
    sources=[BACKWARD],
    builds_on=("bwd-020",),
    over={
        "a_tensor": lambda x: x,
        "a_list": lambda x: [x],
        "a_tuple": lambda x: (x,),
        "a_dict": lambda x: {"weight": x},
    },
)
def inputs_is_a_tensor_a_sequence_or_a_dict(ag: Autograd, form: Callable[[Tensor], Any]) -> None:
    """The tensors to fill may be given as {name}.

    Of a dict the values count.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    (x * y).backward(inputs=form(x))

    expect(x.grad).equals(-4.0)
    expect(y.grad).is_none_or_zero()


@clause(
    "bwd-208",
    SAFETY,
    sources=[SOURCE],
    over={"nothing": lambda _: [], "another_mapping": lambda w: MappingProxyType({"weight": w})},
)
def inputs_never_fill_what_they_do_not_name(ag: Autograd, form: Callable[[Tensor], Any]) -> None:
    """Inputs given as {name} are refused, or fill no leaf that they do not name.

    A mapping is iterable: taken for a sequence, it would hand its keys to the pass as tensors.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(2.0, requires_grad=True)

    with ag.attempt() as attempt:
        (x * w).backward(inputs=form(w))
    with attempt.granted():
        expect(x.grad).is_none_or_zero()


@clause(
    "bwd-022",
    CONVENTION,
    sources=[SOURCE],
    over={
        "another_mapping": (lambda x: MappingProxyType({"weight": x}), "inputs-type"),
        "nothing": (lambda _: [], "inputs-empty"),
    },
    stands_for={"bwd-023": "nothing"},
)
def inputs_name_some_tensors(ag: Autograd, row: tuple[Callable[[Tensor], Any], str]) -> None:
    """Inputs given as {name} are an error, and no leaf is touched.

    An empty sequence is neither taken for no restriction, which would fill every leaf, nor for no
    work: a caller whose list of parameters is empty has made a mistake.

    Remedy: give a tensor or a list of tensors, and leave inputs away if every leaf is meant.
    """
    form, kind = row
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    with ag.refuses(kind):
        y.backward(inputs=form(x))

    expect(x.grad).is_none_or_zero()


@clause("bwd-024", VALUE, sources=[BACKWARD])
def an_intermediate_listed_in_inputs_is_filled(ag: Autograd) -> None:
    """A tensor that is not a leaf and is listed in inputs has its gradient accumulated into its
    grad, and the leaves behind it are left alone.
    """
    x = ag.tensor(5.0, requires_grad=True)
    y = x * 2
    (y * 3).backward(inputs=[y])

    expect(y.grad).equals(3.0)
    expect(x.grad).is_none_or_zero()


@clause("bwd-209", VALUE, sources=[BACKWARD], builds_on=("bwd-024",))
def an_intermediate_listed_in_inputs_ends_no_path(ag: Autograd) -> None:
    """A leaf behind an intermediate is filled if inputs lists both."""
    x = ag.tensor(5.0, requires_grad=True)
    y = x * 2
    (y * 3).backward(inputs=[y, x])

    expect(y.grad).equals(3.0)
    expect(x.grad).equals(6.0)


def _filled(ag: Autograd, root: Tensor, a: Tensor, b: Tensor) -> list[Any]:
    ag.backward(root, inputs=[a, b])
    return [a.grad, b.grad]


@clause(
    "bwd-210",
    VALUE,
    sources=[BACKWARD, "torch.autograd.grad docstring"],
    over={"inputs": _filled, "a_query": lambda ag, root, a, b: ag.grad(root, [a, b])},
)
def outputs_of_one_operation_are_told_apart(ag: Autograd, ask: Callable[..., Any]) -> None:
    """The gradients of two outputs of one operation, asked for by {name}, are kept apart.

    Both belong to one node; an engine that files gradients under the node has one for two.
    """
    a, b = ag.tensor([3.0, 5.0], requires_grad=True).unbind()
    of_a, of_b = ask(ag, a * a * b, a, b)

    expect(of_a).equals(30.0)
    expect(of_b).equals(9.0)


@clause("bwd-025", CONVENTION, level=MAY, sources=["observed"], builds_on=("bwd-024",))
def an_intermediate_listed_in_inputs_retains_from_then_on(ag: Autograd) -> None:
    """After a call that listed it in inputs, an intermediate retains its gradient as if
    retain_grad() had been called on it.
    """
    x = ag.tensor(5.0, requires_grad=True)
    y = x * 2
    (y * 3).backward(inputs=[y])

    expect(y.retains_grad).is_true()


@clause("bwd-026", CONVENTION, level=SHOULD, sources=["observed"])
def an_input_that_is_not_used_is_passed_over(ag: Autograd) -> None:
    """A tensor listed in inputs that the roots do not depend on is passed over in silence: it is
    given nothing and the others are filled.

    The functional query, which has to return something in each place, refuses by default.
    """
    x = ag.tensor(3.0, requires_grad=True)
    bystander = ag.tensor(7.0, requires_grad=True)
    (x * x).backward(inputs=[bystander, x])

    expect(x.grad).equals(6.0)
    expect(bystander.grad).is_none_or_zero()


@clause("bwd-027", CONVENTION, unseen="constants", level=SHOULD, sources=["observed"])
def an_input_requires_grad(ag: Autograd) -> None:
    """A tensor that does not require grad cannot be listed in inputs: the call is an error, and no
    leaf is touched.

    torch finds it out when it asks the tensor to retain its gradient, and the error is that one.

    Remedy: leave it out of the list, or let it require grad before the function is computed.
    """
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(2.0)
    y = x * constant
    with ag.refuses("retain-without-grad"):
        y.backward(inputs=[x, constant])

    expect(x.grad).is_none_or_zero()
    expect(constant.grad).is_none_or_zero()


@clause("bwd-028", CONVENTION, level=MAY, sources=["observed"])
def an_input_listed_twice_is_filled_once(ag: Autograd) -> None:
    """A tensor listed twice in inputs has its gradient accumulated once."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward(inputs=[x, x])

    expect(x.grad).equals(6.0)


@clause("bwd-212", CONVENTION, level=SHOULD, sources=["observed"], builds_on=("bwd-020",))
def a_root_beside_the_inputs_is_not_visited(ag: Autograd) -> None:
    """Of several roots, one that leads to none of the inputs is not visited: it retains nothing."""
    x = ag.tensor(3.0, requires_grad=True)
    beside = ag.tensor(2.0, requires_grad=True) * 5.0
    beside.retain_grad()
    ag.backward([x * 7.0, beside], inputs=[x])

    expect(x.grad).equals(7.0)
    expect(beside.grad).is_none_or_zero()

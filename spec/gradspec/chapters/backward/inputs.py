"""Where the pass ends.

By default the pass fills every leaf that it reaches.  `inputs` names the tensors to be filled
instead: the others are left as they are, and operations that lie on no path to a named tensor need
not run.  A tensor named in this way can even be an intermediate, which is then given a `grad` like
a leaf.
"""

from __future__ import annotations

from types import MappingProxyType

from gradspec import CONVENTION, MAY, SAFETY, SHOULD, VALUE, Autograd, clause, expect


@clause(
    "bwd-020",
    VALUE,
    sources=["torch.autograd.backward docstring", "torch.Tensor.backward docstring"],
)
def inputs_names_the_leaves_to_fill(ag: Autograd) -> None:
    """Where inputs is given, the pass accumulates into the tensors that it lists and into no other
    leaf.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    (x * y).backward(inputs=[x])

    expect(x.grad).equals(-4.0)
    expect(y.grad).is_none()


@clause(
    "bwd-020a",
    VALUE,
    sources=["torch.autograd.backward docstring", "torch.Tensor.backward docstring"],
)
def leaves_outside_inputs_keep_the_gradient_they_have(ag: Autograd) -> None:
    """A leaf that inputs does not list keeps the grad of earlier passes unchanged, while a listed
    one adds to it.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    (x * y).backward()
    (x * y).backward(inputs=[x])

    expect(x.grad).equals(-8.0)
    expect(y.grad).equals(3.0)


@clause("bwd-021", VALUE, sources=["torch.autograd.backward docstring"], builds_on=("bwd-020",))
def inputs_is_a_tensor_a_sequence_or_a_dict(ag: Autograd) -> None:
    """The tensors to fill are given as a single tensor, as a list or tuple, or as the values of a
    dict.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = ag.tensor(-4.0, requires_grad=True)
    for times, inputs in enumerate((x, [x], (x,), {"weight": x}), start=1):
        (x * y).backward(inputs=inputs)

        expect(x.grad).equals(-4.0 * times)
        expect(y.grad).is_none()


@clause("bwd-022", SAFETY, sources=["torch.autograd.backward source"])
def another_mapping_than_a_dict_is_refused(ag: Autograd) -> None:
    """Inputs given as a mapping that is not a dict are an error, and no leaf is touched.

    A mapping is iterable: taken for a sequence, it would hand its keys to the pass as tensors.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    with ag.refuses("inputs-type"):
        y.backward(inputs=MappingProxyType({"weight": x}))

    expect(x.grad).is_none()


@clause("bwd-023", SAFETY, sources=["torch.autograd.backward source"])
def inputs_is_not_empty(ag: Autograd) -> None:
    """An empty sequence of inputs is an error, and no leaf is touched.

    It is neither taken for no restriction, which would fill every leaf, nor for no work: a caller
    whose list of parameters is empty has made a mistake.
    """
    x = ag.tensor(3.0, requires_grad=True)
    y = x * 2
    with ag.refuses("inputs-empty"):
        y.backward(inputs=[])

    expect(x.grad).is_none()


@clause("bwd-024", VALUE, sources=["torch.autograd.backward docstring"])
def an_intermediate_listed_in_inputs_is_filled(ag: Autograd) -> None:
    """A tensor that is not a leaf and is listed in inputs has its gradient accumulated into its
    grad, and the leaves behind it are left alone.
    """
    x = ag.tensor(5.0, requires_grad=True)
    y = x * 2
    (y * 3).backward(inputs=[y])

    expect(y.grad).equals(3.0)
    expect(x.grad).is_none()


@clause("bwd-025", CONVENTION, level=MAY, sources=["observed"], builds_on=("bwd-024",))
def an_intermediate_listed_in_inputs_retains_from_then_on(ag: Autograd) -> None:
    """After a call that listed it in inputs, an intermediate retains its gradient as if
    retain_grad() had been called on it.
    """
    x = ag.tensor(5.0, requires_grad=True)
    y = x * 2
    z = y * 3

    expect(y.retains_grad).is_false()

    z.backward(inputs=[y])

    expect(y.retains_grad).is_true()


@clause("bwd-026", CONVENTION, level=SHOULD, sources=["observed"])
def an_input_that_is_not_used_is_passed_over(ag: Autograd) -> None:
    """A tensor listed in inputs that the roots do not depend on is passed over in silence: it keeps
    the grad None and the others are filled.

    The functional query, which has to return something in each place, refuses by default.
    """
    x = ag.tensor(3.0, requires_grad=True)
    bystander = ag.tensor(7.0, requires_grad=True)
    (x * x).backward(inputs=[bystander, x])

    expect(x.grad).equals(6.0)
    expect(bystander.grad).is_none()


@clause("bwd-027", CONVENTION, level=SHOULD, sources=["observed"])
def an_input_requires_grad(ag: Autograd) -> None:
    """A tensor that does not require grad cannot be listed in inputs: the call is an error, and no
    leaf is touched.

    torch finds it out when it asks the tensor to retain its gradient, and the error is that one.
    """
    x = ag.tensor(3.0, requires_grad=True)
    constant = ag.tensor(2.0)
    y = x * constant
    with ag.refuses("retain-without-grad"):
        y.backward(inputs=[x, constant])

    expect(x.grad).is_none()
    expect(constant.grad).is_none()


@clause("bwd-028", CONVENTION, level=MAY, sources=["observed"])
def an_input_listed_twice_is_filled_once(ag: Autograd) -> None:
    """A tensor listed twice in inputs has its gradient accumulated once."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward(inputs=[x, x])

    expect(x.grad).equals(6.0)

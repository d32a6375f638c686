"""The flag `requires_grad`: which tensors are variables, and which are constants.

The default is a constant.  Data sets, masks and step sizes are most of what a program handles,
and a gradient that nobody asked for costs memory and time.  A variable is declared, either when
the tensor is made or afterwards; the two ways lead to the same tensor.  The declaration is a
present fact and no wish about the past: it decides what happens to operations from now on.
"""

from __future__ import annotations

from gradspec import CONVENTION, MAY, SAFETY, VALUE, Autograd, clause, expect


@clause("leaf-001", VALUE, sources=["notes/autograd § Setting requires_grad", "T4 §7.2"])
def a_tensor_is_a_constant_unless_told_otherwise(ag: Autograd) -> None:
    """A tensor built from data, with no further argument, does not require grad.

    In an engine in which every value is a variable, the constants gather gradients too.
    """
    x = ag.tensor(2.0)

    expect(x.requires_grad).is_false()


@clause("leaf-001a", VALUE, sources=["notes/autograd § Setting requires_grad", "T4 §7.2"])
def a_factory_makes_a_constant_unless_told_otherwise(ag: Autograd) -> None:
    """A tensor made by a factory, with no further argument, does not require grad."""
    for made in (ag.zeros((2, 3)), ag.ones((2, 3)), ag.full((2, 3), 1.5)):
        expect(made.requires_grad).is_false()


@clause("leaf-001b", VALUE, sources=["torch.zeros_like docstring", "observed"])
def a_factory_takes_the_shape_of_its_model_and_not_the_flag(ag: Autograd) -> None:
    """A factory that is modelled on a tensor that requires grad makes a constant of its shape."""
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    made = ag.zeros_like(x)

    expect(made).equals([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    expect(made.requires_grad).is_false()


@clause("leaf-002", VALUE, sources=["torch.tensor docstring", "T1 §2.1.1", "T2 §2.2", "T4 §7.2"])
def a_tensor_is_a_variable_if_the_constructor_is_told_so(ag: Autograd) -> None:
    """A tensor built from data with requires_grad=True is a leaf that requires grad."""
    x = ag.tensor(2.0, requires_grad=True)

    expect(x.requires_grad).is_true()
    expect(x.is_leaf).is_true()
    expect(x.grad).is_none()
    expect(x).equals(2.0)


@clause(
    "leaf-002a",
    VALUE,
    sources=["torch.ones docstring", "docs autograd § Variable (deprecated)", "T4 §7.2"],
    builds_on=("leaf-002",),
)
def a_factory_of_one_value_takes_the_flag(ag: Autograd) -> None:
    """Given requires_grad=True, the factories zeros, ones and full make a leaf that requires grad.

    The flag is no decoration: the leaf that came from the factory receives a gradient.
    """
    zeros = ag.zeros((), requires_grad=True)
    ones = ag.ones((), requires_grad=True)
    full = ag.full((), 1.5, requires_grad=True)

    for made, value in ((zeros, 0.0), (ones, 1.0), (full, 1.5)):
        expect(made).equals(value)
        expect(made.requires_grad).is_true()
        expect(made.is_leaf).is_true()
        (made * 3.0).backward()
        expect(made.grad).equals(3.0)


@clause(
    "leaf-002b",
    VALUE,
    sources=["torch.arange docstring", "torch.linspace docstring", "T1 §2.1.1"],
    builds_on=("leaf-002",),
)
def a_factory_of_a_range_takes_the_flag(ag: Autograd) -> None:
    """Given requires_grad=True, arange and linspace make a leaf that requires grad."""
    arange = ag.arange(1.0, 5.0, requires_grad=True)
    linspace = ag.linspace(0.0, 1.0, 3, requires_grad=True)

    for made, values in ((arange, [1.0, 2.0, 3.0, 4.0]), (linspace, [0.0, 0.5, 1.0])):
        expect(made).equals(values)
        expect(made.requires_grad).is_true()
        expect(made.is_leaf).is_true()
        expect(made.grad).is_none()


@clause(
    "leaf-002c",
    VALUE,
    sources=["torch.randn docstring", "torch.empty docstring"],
    builds_on=("leaf-002",),
)
def a_factory_of_arbitrary_values_takes_the_flag(ag: Autograd) -> None:
    """Given requires_grad=True, rand, randn and empty make a leaf that requires grad."""
    rand = ag.rand((2, 3), requires_grad=True)
    randn = ag.randn((2, 3), requires_grad=True)
    empty = ag.empty((2, 3), requires_grad=True)

    for made in (rand, randn, empty):
        expect(made).has_shape(2, 3)
        expect(made.requires_grad).is_true()
        expect(made.is_leaf).is_true()
        expect(made.grad).is_none()


@clause("leaf-002d", VALUE, sources=["torch.zeros_like docstring"], builds_on=("leaf-001b",))
def a_factory_with_a_model_takes_the_flag(ag: Autograd) -> None:
    """Given requires_grad=True, a factory modelled on a tensor makes a leaf that requires grad."""
    made = ag.zeros_like(ag.tensor([1.0, 2.0, 3.0]), requires_grad=True)

    expect(made.requires_grad).is_true()
    expect(made.is_leaf).is_true()
    expect(made.grad).is_none()


@clause("leaf-003", VALUE, sources=["torch.Tensor.requires_grad_ docstring", "T3 §1", "T4 §7.2"])
def requires_grad_without_an_argument_turns_the_flag_on(ag: Autograd) -> None:
    """requires_grad_() without an argument sets the flag in place and returns the same tensor.

    Returning the tensor is what lets `x = ag.tensor(2.0).requires_grad_()` stand on one line; an
    engine that returned a copy would leave the user with a leaf that nothing was computed from.
    """
    x = ag.tensor(2.0)
    returned = x.requires_grad_()

    expect(returned).is_same_object_as(x)
    expect(x.requires_grad).is_true()


@clause("leaf-003a", VALUE, sources=["torch.Tensor.requires_grad_ docstring"])
def requires_grad_with_false_turns_the_flag_off(ag: Autograd) -> None:
    """requires_grad_(False) on a leaf clears the flag in place and returns the same tensor."""
    x = ag.tensor(2.0, requires_grad=True)
    returned = x.requires_grad_(False)

    expect(returned).is_same_object_as(x)
    expect(x.requires_grad).is_false()
    expect((x * 3.0).requires_grad).is_false()


@clause(
    "leaf-005",
    VALUE,
    sources=["notes/autograd § Setting requires_grad", "introyt autograd tutorial"],
)
def the_flag_of_a_leaf_can_be_assigned(ag: Autograd) -> None:
    """Assigning True or False to a leaf's requires_grad sets it, for the operations that follow.

    A flag that is only written down, and not consulted by the operations, is caught by the two
    products.
    """
    x = ag.tensor(2.0)

    x.requires_grad = True
    expect(x.requires_grad).is_true()
    expect((x * 3.0).requires_grad).is_true()

    x.requires_grad = False
    expect(x.requires_grad).is_false()
    expect((x * 3.0).requires_grad).is_false()


@clause("leaf-004", VALUE, sources=["T3 §1", "torch.Tensor.requires_grad_ docstring"])
def a_leaf_declared_later_is_like_one_declared_at_once(ag: Autograd) -> None:
    """A tensor whose flag is turned on after construction behaves as one constructed with it."""
    at_once = ag.tensor(3.0, requires_grad=True)
    later = ag.tensor(3.0)
    later.requires_grad_(True)

    for x in (at_once, later):
        expect(x.requires_grad).is_true()
        expect(x.is_leaf).is_true()
        expect(x.grad).is_none()
        (x * x).backward()
        expect(x.grad).equals(6.0)


@clause(
    "leaf-048", VALUE, sources=["torch.Tensor.requires_grad_ docstring"], builds_on=("leaf-003",)
)
def turning_the_flag_on_does_not_reach_back(ag: Autograd) -> None:
    """What was computed from a tensor before its flag was turned on stays a constant.

    Nothing was recorded at that time, so there is nothing to go back through: in y * x below,
    with y = 2x computed too early, the derivative with respect to x is y = 4 and not 4x = 8.
    A view is not computed but looks at its base, and is the business of the next clause.
    """
    x = ag.tensor(2.0)
    y = x * 2.0
    x.requires_grad_()

    expect(y.requires_grad).is_false()
    (y * x).backward()
    expect(x.grad).equals(4.0)


@clause("leaf-052", CONVENTION, level=MAY, unseen="views", sources=["observed"])
def a_view_taken_earlier_reports_the_flag_of_its_base(ag: Autograd) -> None:
    """A view taken before the flag of its base is turned on reports the flag, yet is no path back.

    The view asks its base, whose flag is on by now; but the taking of the view was never recorded,
    so no gradient reaches the base through it.
    """
    x = ag.tensor([1.0, 2.0, 3.0])
    view = x[:2]
    x.requires_grad_()

    expect(view.requires_grad).is_true()
    expect(view.is_leaf).is_true()
    (view * 3.0).backward(ag.tensor([4.0, 5.0]))
    expect(x.grad).is_none()


@clause("leaf-014", CONVENTION, level=MAY, sources=["observed"])
def the_flag_is_a_boolean(ag: Autograd) -> None:
    """Assigning to requires_grad something that is no boolean, 1 for example, is refused."""
    x = ag.tensor(2.0)

    with ag.refuses("flag-type"):
        x.requires_grad = 1

    expect(x.requires_grad).is_false()


@clause("leaf-014a", SAFETY, sources=["torch.Tensor.requires_grad_ source"])
def only_floating_point_tensors_are_variables(ag: Autograd) -> None:
    """Turning on the flag of an integer tensor is refused, by the method as by assignment.

    A derivative says what a small change does, and a whole number has no small change.
    """
    c = ag.tensor(2, dtype="int64")

    with ag.refuses("nonfloat-requires-grad"):
        c.requires_grad_()
    with ag.refuses("nonfloat-requires-grad"):
        c.requires_grad = True

    expect(c.requires_grad).is_false()

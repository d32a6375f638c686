"""Programs about functions: transforms, custom functions, hooks, saved tensors, checkpoints.

Each runs on torch in process and over a pipe, replays from JSON, and prints as a script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import Interrupted, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd

POINT = [1.0, -2.0, 3.0]
KEEPING = {"use_reentrant": False}


# transforms ---------------------------------------------------------------------------
def the_gradient_of_a_function(ag: Autograd) -> None:
    slope = ag.func.grad(lambda x: (x * x).sum())
    expect(slope(ag.tensor(POINT))).equals([2.0, -4.0, 6.0])


def a_gradient_of_a_gradient(ag: Autograd) -> None:
    third = ag.func.grad(ag.func.grad(ag.func.grad(lambda x: x * x * x * x)))
    expect(third(ag.tensor(2.0))).equals(48.0)


def a_gradient_mapped_over_rows(ag: Autograd) -> None:
    weight = ag.tensor([0.5, -1.0])

    def loss(x: Any, y: Any) -> Any:
        return ((x * weight).sum() - y) ** 2

    rows, targets = ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 0.5])
    found = ag.func.vmap(ag.func.grad(loss), in_dims=(0, 0))(rows, targets)
    errors = np.array([0.5 - 2.0 - 1.0, 1.5 - 4.0 - 0.5])

    expect(found).equals(2.0 * errors[:, None] * np.array([0.5, -1.0]))


def gradients_by_several_arguments(ag: Autograd) -> None:
    both = ag.func.grad(lambda x, y: (x * y * y).sum(), argnums=(0, 1))
    first, second = both(ag.tensor([2.0]), ag.tensor([3.0]))
    expect(first).equals([9.0])
    expect(second).equals([12.0])


def a_structure_as_argument(ag: Autograd) -> None:
    def loss(parameters: Any) -> Any:
        return (parameters["w"] * parameters["b"][0]).sum()

    found = ag.func.grad(loss)({"w": ag.tensor([2.0]), "b": [ag.tensor([5.0])]})
    expect(found["w"]).equals([5.0])
    expect(found["b"][0]).equals([2.0])


def an_auxiliary_result(ag: Autograd) -> None:
    def loss(x: Any) -> Any:
        square = x * x
        return square.sum(), {"square": square}

    gradient, more = ag.func.grad(loss, has_aux=True)(ag.tensor(POINT))
    expect(gradient).equals([2.0, -4.0, 6.0])
    expect(more["square"]).equals([1.0, 4.0, 9.0])


def the_value_and_the_gradient(ag: Autograd) -> None:
    gradient, value = ag.func.grad_and_value(lambda x: (x * x).sum())(ag.tensor(POINT))
    expect(value).equals(14.0)
    expect(gradient).equals([2.0, -4.0, 6.0])


def a_pullback_called_twice(ag: Autograd) -> None:
    value, pullback = ag.func.vjp(lambda x: x * x)(ag.tensor(POINT))
    expect(value).equals([1.0, 4.0, 9.0])
    for v in ([1.0, 0.0, 0.0], [0.5, 2.0, -1.0]):
        (found,) = pullback(ag.tensor(v))
        expect(found).equals(2.0 * np.array(POINT) * v)


def a_tangent_pushed_forward(ag: Autograd) -> None:
    forward = ag.func.jvp(lambda x: x * x)
    value, tangent = forward((ag.tensor(POINT),), (ag.tensor([1.0, 1.0, -2.0]),))
    expect(value).equals([1.0, 4.0, 9.0])
    expect(tangent).equals([2.0, -4.0, -12.0])


def four_nestings_of_jacobians(ag: Autograd) -> None:
    def cubes(x: Any) -> Any:
        return x * x * x

    wanted = np.zeros((2, 2, 2))
    wanted[0, 0, 0], wanted[1, 1, 1] = 6.0 * 2.0, 6.0 * -1.0
    for outer in (ag.func.jacrev, ag.func.jacfwd):
        for inner in (ag.func.jacrev, ag.func.jacfwd):
            expect(outer(inner(cubes))(ag.tensor([2.0, -1.0]))).equals(wanted)


def a_hessian(ag: Autograd) -> None:
    found = ag.func.hessian(lambda x: (x * x * x).sum())(ag.tensor([1.0, -2.0]))
    expect(found).equals([[6.0, 0.0], [0.0, -12.0]])


def nested_maps_with_dimensions(ag: Autograd) -> None:
    def pair(x: Any, y: Any) -> Any:
        return {"sum": x + y, "product": x * y}

    inner = ag.func.vmap(pair, in_dims=(None, 0))
    outer = ag.func.vmap(inner, in_dims=(0, None), out_dims=1)
    x, y = np.array([1.0, 2.0]), np.array([10.0, 20.0, 30.0])
    found = outer(ag.tensor(x), ag.tensor(y))
    expect(found["sum"]).equals((x[:, None] + y).T)
    expect(found["product"]).equals((x[:, None] * y).T)


def a_linear_function(ag: Autograd) -> None:
    value, push = ag.func.linearize(lambda x: x * x)(ag.tensor(POINT))
    expect(value).equals([1.0, 4.0, 9.0])
    expect(push(ag.tensor([1.0, 1.0, 1.0]))).equals([2.0, -4.0, 6.0])


def a_plain_value_among_the_arguments(ag: Autograd) -> None:
    def scaled(x: Any, k: Any) -> Any:
        return (x * k).sum()

    expect(ag.func.grad(scaled)(ag.tensor(POINT), 5)).equals([5.0, 5.0, 5.0])


def a_function_that_differentiates_itself(ag: Autograd) -> None:
    def power(x: Any, n: int) -> Any:
        return x * power(x, n - 1) if n else x * 0.0 + 1.0

    def slope(x: Any, depth: int = 2) -> Any:
        if not depth:
            return power(x, 3)
        return ag.func.grad(lambda t: slope(t, depth - 1))(x)

    expect(slope(ag.tensor(2.0))).equals(12.0)


def a_mapped_function_does_not_become_a_number(ag: Autograd) -> None:
    order = ag.notes()

    def f(x: Any) -> Any:
        with ag.attempt():
            x.item()
            order.note("a number")
        order.note("went on")
        return x

    ag.func.vmap(f)(ag.tensor(POINT))
    expect(order).equals(["went on"])


# autograd.functional ------------------------------------------------------------------
def a_functional_jacobian(ag: Autograd) -> None:
    jacobian = ag.func.functional.jacobian(lambda x, y: x * y)
    first, second = jacobian((ag.tensor([2.0, 3.0]), ag.tensor([5.0, 7.0])))
    expect(first).equals([[5.0, 0.0], [0.0, 7.0]])
    expect(second).equals([[2.0, 0.0], [0.0, 3.0]])


def a_functional_product_of_a_loop(ag: Autograd) -> None:
    def doubled(x: Any) -> Any:
        y = x
        while float(y.sum()) < 100.0:
            y = y * 2.0
        return y

    product = ag.func.functional.vjp(doubled)
    value, gradient = product(ag.tensor([3.0, 4.0]), ag.tensor([1.0, -1.0]))
    expect(value).equals([48.0, 64.0])
    expect(gradient).equals([16.0, -16.0])


def a_functional_hessian_times_a_vector(ag: Autograd) -> None:
    product = ag.func.functional.hvp(lambda x: (x * x * x).sum())
    _, found = product(ag.tensor([1.0, -2.0]), ag.tensor([1.0, 0.5]))
    expect(found).equals([6.0, -6.0])


def a_gradient_check(ag: Autograd) -> None:
    calls = ag.notes()

    def f(x: Any) -> Any:
        calls.note("called")
        return x * x

    expect(ag.func.gradcheck(f)(ag.tensor(POINT, requires_grad=True))).is_true()
    expect(calls).equals(["called"] * calls_of_a_check(len(POINT)))


def calls_of_a_check(entries: int) -> int:
    """Count what torch's checker does: two a number and entry, and its analytic passes."""
    return 2 * entries + 2


# custom functions ---------------------------------------------------------------------
def a_custom_rule(ag: Autograd) -> None:
    class Wrong(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x * 100.0

    x = ag.tensor([2.0, 3.0], requires_grad=True)
    Wrong.apply(x).backward(ag.tensor([1.0, -1.0]))
    expect(x.grad).equals([200.0, -300.0])


def several_results_of_a_custom_function(ag: Autograd) -> None:
    given = ag.notes()

    class Both(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x + y, x * 3.0

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            given.note([g is None, h is None])
            return g, g

    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(5.0, requires_grad=True)
    total, _ = Both.apply(x, y)
    (total * 7.0).backward()
    expect(x.grad).equals(7.0)
    expect(y.grad).equals(7.0)
    expect(given).equals([[False, True]])


def a_context_with_attributes(ag: Autograd) -> None:
    class Scaled(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, k: Any) -> Any:
            ctx.kept = {"factor": k, "twice": [x, x]}
            return x * k

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.kept["factor"] + ctx.kept["twice"][1] * 0.0, None

    x = ag.tensor(3.0, requires_grad=True)
    Scaled.apply(x, 5).backward()
    expect(x.grad).equals(5.0)


def a_setup_of_the_context(ag: Autograd) -> None:
    class Cube(ag.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x * x * x, 3.0 * x * x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(inputs[0], output[1])

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            x, slope = ctx.saved_tensors
            return g * slope + h * 6.0 * x

    def f(x: Any) -> Any:
        cube, _ = Cube.apply(x)
        return cube

    expect(ag.func.grad(ag.func.grad(f))(ag.tensor(2.0))).equals(12.0)


def every_rule_of_a_custom_function(ag: Autograd) -> None:
    class Sine(ag.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.sin()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(inputs[0])
            ctx.save_for_forward(inputs[0])

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x.cos()

        @staticmethod
        def jvp(ctx: Any, tangent: Any) -> Any:
            (x,) = ctx.saved_tensors
            return tangent * x.cos()

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            return Sine.apply(x), in_dims[0]

    point = np.array(POINT)
    expect(ag.func.vmap(Sine.apply)(ag.tensor(point))).is_close(np.sin(point))
    pushed = ag.func.jvp(Sine.apply)((ag.tensor(point),), (ag.tensor([1.0, 2.0, 3.0]),))
    expect(pushed[1]).is_close(np.cos(point) * [1.0, 2.0, 3.0])
    slopes = ag.func.vmap(ag.func.grad(Sine.apply))(ag.tensor(point))
    expect(slopes).is_close(np.cos(point))


def a_written_operand(ag: Autograd) -> None:
    class Doubled(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2.0)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2.0

    x = ag.tensor(3.0, requires_grad=True)
    y = x * 5.0
    z = Doubled.apply(y)
    z.backward()
    expect(z).is_same_object_as(y)
    expect(x.grad).equals(10.0)


def a_result_without_derivative(ag: Autograd) -> None:
    class Sorted(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            sign = x.sign()
            ctx.mark_non_differentiable(sign)
            return x * sign, sign

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            return g

    x = ag.tensor(-3.0, requires_grad=True)
    size, sign = Sorted.apply(x)
    expect(sign.requires_grad).is_false()
    size.backward()
    expect(x.grad).equals(1.0)


def what_needs_a_gradient(ag: Autograd) -> None:
    seen = ag.notes()

    class Product(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            seen.note(ctx.needs_input_grad)
            _, y = ctx.saved_tensors
            return g * y, None

    x = ag.tensor(3.0, requires_grad=True)
    Product.apply(x, ag.tensor(2.0)).backward()
    expect(x.grad).equals(2.0)
    expect(seen).equals([(True, False)])


def a_second_derivative_that_is_refused(ag: Autograd) -> None:
    class Once(ag.Function):
        once_differentiable = True

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x * 2.0

    x = ag.tensor(3.0, requires_grad=True)
    (first,) = ag.grad(Once.apply(x), [x], create_graph=True)
    expect(first).equals(6.0)
    with ag.attempt() as second:
        first.backward()
    with second.granted():
        expect(x.grad).equals(2.0)


def a_function_of_the_host(ag: Autograd) -> None:
    class Numerical(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return ag.tensor(np.exp(float(x)))

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3.0

    x = ag.tensor(0.0, requires_grad=True)
    y = Numerical.apply(x)
    y.backward()
    expect(y).equals(1.0)
    expect(x.grad).equals(3.0)


# hooks and saved tensors --------------------------------------------------------------
def a_hook_on_a_node(ag: Autograd) -> None:
    seen = ag.notes()
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    product = x * y

    def hook(inputs: Any, outputs: Any) -> Any:
        seen.note([inputs, outputs])
        return inputs[0] * 10.0, None

    product.grad_fn.register_hook(hook)
    product.backward()
    expect(seen).equals([[(3.0, 2.0), (1.0,)]])
    expect(x.grad).equals(30.0)
    expect(y.grad).is_none()


def a_hook_before_a_node(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    handle = y.grad_fn.register_prehook(lambda outputs: (outputs[0] * 5.0,))
    y.backward(retain_graph=True)
    handle.remove()
    y.backward()
    expect(x.grad).equals(18.0)


def a_hook_on_several_gradients(ag: Autograd) -> None:
    seen = ag.notes()
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    unused = ag.tensor(1.0, requires_grad=True)
    ag.register_multi_grad_hook([x, y, unused], seen.note)
    (x * y).backward()
    expect(seen).equals([[3.0, 2.0, None]])


def a_hook_given_by_name(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(hook=lambda g: g * 4.0)
    (x * 3.0).backward()
    expect(x.grad).equals(12.0)


def what_is_packed_comes_back(ag: Autograd) -> None:
    order = ag.notes()

    def pack(x: Any) -> Any:
        order.note("pack")
        return "disk", 7, x * 1.0

    def unpack(held: Any) -> Any:
        place, number, x = held
        order.note([place, number])
        return x

    x = ag.tensor(3.0, requires_grad=True)
    with ag.saved_tensors_hooks(pack, unpack):
        y = x * x
    y.backward()
    expect(x.grad).equals(6.0)
    expect(order).equals(["pack", "pack", ["disk", 7], ["disk", 7]])


# checkpoints --------------------------------------------------------------------------
def a_checkpoint_that_stops_early(ag: Autograd) -> None:
    order = ag.notes()

    def f(x: Any) -> Any:
        order.note("sin")
        y = x.sin()
        order.note("exp")
        z = y.exp()
        order.note("sum")
        return z.sum()

    x = ag.tensor([1.0], requires_grad=True)
    ag.func.checkpoint(f, **KEEPING)(x).backward()
    expect(x.grad).is_close([np.cos(1.0) * np.exp(np.sin(1.0))])
    expect(order).equals(["sin", "exp", "sum", "sin", "exp"])


def a_checkpoint_inside_a_checkpoint(ag: Autograd) -> None:
    inner = ag.func.checkpoint(lambda x: x.exp(), **KEEPING)
    outer = ag.func.checkpoint(lambda x: inner(x) * x, **KEEPING)
    x = ag.tensor(1.0, requires_grad=True)
    outer(x).backward()
    expect(x.grad).is_close(2.0 * np.e)


def a_reentrant_checkpoint(ag: Autograd) -> None:
    enabled = ag.notes()

    def f(x: Any) -> Any:
        enabled.note(ag.is_grad_enabled())
        return x * x

    x = ag.tensor(3.0, requires_grad=True)
    ag.func.checkpoint(f, use_reentrant=True)(x).backward()
    expect(x.grad).equals(6.0)
    expect(enabled).equals([False, True])


def a_checkpoint_with_keywords(ag: Autograd) -> None:
    def f(x: Any, *, factor: Any) -> Any:
        return x * x * factor

    x = ag.tensor(3.0, requires_grad=True)
    ag.func.checkpoint(f, **KEEPING)(x, factor=ag.tensor(2.0)).backward()
    expect(x.grad).equals(12.0)


# forward mode -------------------------------------------------------------------------
def a_dual_number(ag: Autograd) -> None:
    with ag.dual_level():
        dual = ag.make_dual(ag.tensor(3.0), ag.tensor(2.0))
        primal, tangent = ag.unpack_dual(dual * dual)
        expect(primal).equals(9.0)
        expect(tangent).equals(12.0)
        _, none = ag.unpack_dual(ag.tensor(1.0) * 2.0)
    assert none is None


# exceptions and threads ---------------------------------------------------------------
def an_exception_passes_a_transform(ag: Autograd) -> None:
    def stop(_: Any) -> Any:
        raise Interrupted

    with ag.refuses("callback"):
        ag.func.grad(stop)(ag.tensor(1.0))
    expect(ag.func.grad(lambda x: x * x)(ag.tensor(3.0))).equals(6.0)


def an_error_of_the_engine_passes_a_function(ag: Autograd) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()

    def again(gradient: Any) -> Any:
        y.backward()
        return gradient

    z = ag.tensor(1.0, requires_grad=True)
    z.register_hook(again)
    with ag.refuses("graph-freed"):
        (z * 2.0).backward()
    expect(x.grad).equals(6.0)


def a_function_in_a_thread(ag: Autograd) -> None:
    seen = ag.notes()

    def work(x: Any) -> Any:
        seen.note("there")
        return x * 5.0

    x = ag.tensor(3.0, requires_grad=True)
    ag.func.thread(work)(x).backward()
    expect(seen).equals(["there"])
    expect(x.grad).equals(5.0)


ON_TORCH: list[Callable[[Autograd], None]] = [
    the_gradient_of_a_function,
    a_gradient_of_a_gradient,
    a_gradient_mapped_over_rows,
    gradients_by_several_arguments,
    a_structure_as_argument,
    an_auxiliary_result,
    the_value_and_the_gradient,
    a_pullback_called_twice,
    a_tangent_pushed_forward,
    four_nestings_of_jacobians,
    a_hessian,
    nested_maps_with_dimensions,
    a_linear_function,
    a_plain_value_among_the_arguments,
    a_function_that_differentiates_itself,
    a_mapped_function_does_not_become_a_number,
    a_functional_jacobian,
    a_functional_product_of_a_loop,
    a_functional_hessian_times_a_vector,
    a_gradient_check,
    a_custom_rule,
    several_results_of_a_custom_function,
    a_context_with_attributes,
    a_setup_of_the_context,
    every_rule_of_a_custom_function,
    a_written_operand,
    a_result_without_derivative,
    what_needs_a_gradient,
    a_second_derivative_that_is_refused,
    a_function_of_the_host,
    a_hook_on_a_node,
    a_hook_before_a_node,
    a_hook_on_several_gradients,
    a_hook_given_by_name,
    what_is_packed_comes_back,
    a_checkpoint_that_stops_early,
    a_checkpoint_inside_a_checkpoint,
    a_reentrant_checkpoint,
    a_checkpoint_with_keywords,
    a_dual_number,
    an_exception_passes_a_transform,
    an_error_of_the_engine_passes_a_function,
    a_function_in_a_thread,
]

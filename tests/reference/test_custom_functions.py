"""Custom functions do what they do in torch, also where no clause can ask."""

from __future__ import annotations

import warnings

import pytest
from lockstep import assert_alike

import gradspec_reference as engine

HEAD = """
class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n=3, m=2):
        out(ctx.needs_input_grad)
        return x * n * m
    @staticmethod
    def backward(ctx, g):
        return g * 5, g * 7

class Apart(torch.autograd.Function):
    @staticmethod
    def forward(x, n=3):
        return x * n
    @staticmethod
    def setup_context(ctx, inputs, output):
        out(len(inputs))
    @staticmethod
    def backward(ctx, g):
        return g * 5, None

class Doubling(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)
    @staticmethod
    def backward(ctx, g):
        return g * 10

class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x, y
    @staticmethod
    def backward(ctx, g, h):
        return g, h

class Recording(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            return x * 2
    @staticmethod
    def backward(ctx, g):
        return g * 10

class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * 2
        return y, y
    @staticmethod
    def backward(ctx, *g):
        return g[0] + g[1] * 3

class Keeping(torch.autograd.Function):
    clear_saved_tensors_on_access = True
    @staticmethod
    def forward(x, kept):
        return x.view_as(x)
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[1])
    @staticmethod
    def backward(ctx, g):
        out(ctx.saved_tensors)
        attempt(lambda: ctx.saved_tensors)
        return g, g.sum()

class SameApart(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
    @staticmethod
    def backward(ctx, g):
        return g

x, y = leaf(1.0), leaf(2.0)
"""

PROGRAMS = {
    "a_keyword_counts": "Scaled.apply(x, n=y).backward(); out(x.grad, y.grad)",
    "keywords_alone": "out(Scaled.apply(n=y, x=x))",
    "a_gap": "attempt(lambda: Scaled.apply(x, m=y))",
    "given_twice": "attempt(lambda: Scaled.apply(x, 2, n=y))",
    "an_unknown_name": "attempt(lambda: Scaled.apply(x, k=y))",
    "a_default_apart": "Apart.apply(x).backward(); out(x.grad)",
    "a_keyword_apart": "out(Apart.apply(n=4, x=x))",
    "an_unknown_name_apart": "attempt(lambda: Apart.apply(x, k=4))",
    "a_leaf_is_written": "attempt(lambda: Doubling.apply(x)); out(x.detach(), x._version)",
    "a_constant_is_written": "c = torch.ones(2); out(Doubling.apply(c) is c, c._version)",
    "a_view_is_written": "h = leaf([1.0, 2.0]) * 1; Doubling.apply(h[1:]); out(h, h._version)",
    "one_of_several": "h = leaf([1.0]) * 1; attempt(lambda: Doubling.apply(h.unbind()[0]))",
    "whole_numbers_come_out": "i = torch.tensor([1]); a, b = Same.apply(x, i); out(b is i, b)",
    "constants_come_out": "c = torch.ones(2); b = Same.apply(x, c)[1]; out(b is c, b)",
    "what_is_recorded_in_forward": (
        "z = Recording.apply(x); out(z._is_view(), z); z.mul_(3); z.backward(); out(x.grad)"
    ),
    "what_is_recorded_in_forward_in_no_grad": "with torch.no_grad(): out(Recording.apply(x))",
    "a_result_that_is_returned_twice": (
        "a, b = Twice.apply(x); out(a is b, a.output_nr); (a * b).backward(); out(x.grad)"
    ),
    "a_leaf_is_written_in_no_grad": (
        "with torch.no_grad(): z = Doubling.apply(x); out(z is x, z, x, x._version)"
    ),
    "a_number_is_saved": "attempt(lambda: Keeping.apply(x, 3))",
    "a_number_is_saved_in_no_grad": "with torch.no_grad(): out(Keeping.apply(x, 3))",
    "none_is_saved_and_read_twice": "Keeping.apply(x, None).backward()",
    "a_gradient_for_what_has_no_edge": (
        "h = leaf([1.0, 2.0]); with torch.no_grad(): v = h.view(-1); "
        "Keeping.apply(leaf([3.0, 4.0]), v).sum().backward(); out(h.grad)"
    ),
    "a_returned_argument_is_saved": "attempt(lambda: Same.apply(x, y))",
    "a_returned_argument_is_saved_apart": "attempt(lambda: SameApart.apply(x))",
    "a_returned_constant_is_saved_apart": "attempt(lambda: SameApart.apply(x.detach()))",
    "what_is_kept_of_a_result": "z = x.exp(); out(z.grad_fn._raw_saved_result.data)",
    "what_is_kept_of_an_operand": "z = x.exp() * y; out(z.grad_fn._raw_saved_other.data is y)",
    "an_object_is_called": "attempt(lambda: Scaled()(x))",
    "the_context_is_a_node": (
        "out(isinstance(Scaled.apply(x).grad_fn, torch.autograd.graph.Node))"
    ),
    "the_context_is_a_context": (
        "out(isinstance(Scaled.apply(x).grad_fn, torch.autograd.function.FunctionCtx))"
    ),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_custom_function_does_what_it_does_in_torch(program: str) -> None:
    assert_alike(HEAD + program.replace("; ", "\n"))


def test_making_an_object_of_a_function_warns() -> None:
    class Nothing(engine.autograd.Function):
        pass

    with pytest.warns(DeprecationWarning, match="Nothing"):
        Nothing()


def test_saved_tensors_are_a_tuple() -> None:
    class Saving(engine.autograd.Function):
        @staticmethod
        def forward(ctx: engine.autograd.function.FunctionCtx, x: engine.Tensor) -> engine.Tensor:
            ctx.save_for_backward(x)
            return x * 2

    y = Saving.apply(engine.tensor(1.0, requires_grad=True))
    assert type(y.grad_fn.saved_tensors) is tuple


def test_a_rule_for_batches_is_asked_for_by_its_name() -> None:
    with warnings.catch_warnings(), pytest.raises(NotImplementedError, match="generate_vmap_rule"):
        engine.autograd.Function.vmap(None, None)

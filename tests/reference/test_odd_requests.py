"""What is asked in an odd way is answered or refused as torch answers or refuses it."""

from __future__ import annotations

import pytest
from lockstep import assert_alike

ODD = ("'a'", "[]", "None", "-1", "3", "256", "1.5", "torch.tensor(1)", "torch.ones(2)", "True")

SWITCHED = """
x = leaf([1.0, 2.0]); y = (x * x).sum()
attempt(lambda: torch.autograd.{call})
out(x.grad)
attempt(lambda: torch.autograd.grad(y, x))
"""
SWITCHES = (
    *("grad(y, x, retain_graph={odd})", "grad(y, x, create_graph={odd})"),
    *("grad(y, x, allow_unused={odd})", "grad(y, x, materialize_grads={odd})"),
    *("backward(y, retain_graph={odd})", "backward(y, create_graph={odd})"),
)

REQUESTS = (
    "y.backward([torch.tensor(2.0)])",
    "y.backward((torch.tensor(2.0),))",
    "y.backward([None])",
    "y.backward([])",
    "y.backward('')",
    "y.backward([torch.ones(2)])",
    "torch.autograd.backward([None])",
    "torch.autograd.backward('a')",
    "torch.autograd.grad([1.0], x)",
    "torch.autograd.grad(y, torch.autograd.graph.GradientEdge([], 0))",
    "torch.autograd.grad(x * 1, x, torch.tensor(1.0), is_grads_batched=True)",
    "torch.autograd.grad(x * 1, x, torch.ones(0, 2), is_grads_batched=True)",
    "torch.autograd.grad(x * 1, x, [], is_grads_batched=True)",
    "torch.autograd.grad(x * 1, x, ['a'], is_grads_batched=True)",
    "torch.autograd.grad([x * 1, x], x, [torch.ones(3, 2), torch.ones(4, 2)], is_grads_batched=1)",
    "x.sum().grad_fn(torch.ones(3))",
    "x.sum().grad_fn(torch.ones(2))",
    "x.sum().grad_fn(torch.ones(0))",
    "setattr(y.grad_fn, 'next_functions', ())",
    "setattr(x, 'grad_dtype', 'float32')",
    "torch.is_inference(3)",
    "torch.is_inference(x)",
    "torch.autograd.graph.register_multi_grad_hook([x, torch.ones(2)], print)",
    "torch.autograd.graph.register_multi_grad_hook([x], print, mode=[])",
    "torch.autograd.Variable()",
    "torch.no_grad(None)",
    "torch.no_grad(orig_func=len)([1, 2])",
    "torch.enable_grad(None).__enter__()",
    "torch.autograd.grad_mode.enforce_grad_layout_policy(1)",
    "torch.autograd.graph.region_activation_memory_budget('a')",
)

POST_HOOKS = """
x, other = leaf([1.0, 2.0]), leaf([3.0, 4.0])
seen = []
x.register_post_accumulate_grad_hook(lambda t: {returned})
x.register_post_accumulate_grad_hook(lambda t: seen.append(t is other))
attempt(lambda: x.sum().backward())
out(seen, x.grad)
"""

LAID_OUT = (
    *("x.sort(0)[0]", "x.sort(-1)[1]", "x.flip(0)", "x.roll(1, 0)", "x.cumsum(0)", "x.cumprod(1)"),
    *("torch.cat([x, x])", "torch.stack([x, x], 1)", "x.softmax(0)", "x.log_softmax(1)"),
    *("torch.zeros_like(x)", "torch.full_like(x, 2.0)", "torch.rand_like(x)", "x.cummax(0)[0]"),
    *("x.masked_fill(x > 1, 0.0)", "x.logcumsumexp(0)", "x.tril()", "x.sum(-1)", "x.mean(-1)"),
    *("x.logsumexp(-1)", "x.var(1)", "x.amax(-1)", "x.prod(-1)", "x.std(-1)"),
)
OPERANDS = (
    "torch.arange(6.0).reshape(2, 3).t()",
    "torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)",
    "torch.arange(3.0).expand(2, 3)",
    "torch.arange(12.0).reshape(2, 6)[:, ::2]",
)


OF_8_BITS = ("float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu")
WITH_8_BITS = (
    *(
        "x.__setitem__(mask, 2.0)",
        "x.__setitem__(mask, torch.tensor(2.0))",
        "x.__setitem__(0, 2.0)",
    ),
    *("torch.isfinite(x)", "torch.isinf(x)", "x.argmax()", "x.argmin(0)", "torch.nonzero(x)"),
    *("torch.count_nonzero(x)", "torch.equal(x, x)", "torch.allclose(x, x)"),
    *("torch.arange(3, dtype=x.dtype)", "torch.linspace(0, 1, 3, dtype=x.dtype)"),
    "torch.rand(2, dtype=x.dtype)",
)

AROUND_HOOKS = (
    """
x = leaf([1.0, 2.0]); y = x * 2; z = y.sum()
y.register_hook(lambda g: out("old"))
y.detach_()
y.requires_grad_().register_hook(lambda g: out("new"))
z.backward()
y.sum().backward()
out(x.grad, y.grad)
""",
    """
x = leaf([1.0, 2.0]); y = x * 1
y.grad_fn.register_hook(lambda made, given: (made[0] * float("nan"), None))
with torch.autograd.set_detect_anomaly(True):
    attempt(lambda: y.sum().backward())
out(x.grad)
""",
    """
import copy, pickle
x = leaf([1.0, 2.0])
handle = x.register_hook(len)
for other in (pickle.loads(pickle.dumps(handle)), copy.copy(handle)):
    attempt(lambda: other.remove())
x.sum().backward()
""",
    """
x = leaf([1.0, 2.0])
each = (t for t in [x, x * 1])
attempt(lambda: torch.autograd.graph.register_multi_grad_hook(each, out))
attempt(lambda: x.sin().grad_fn.register_hook(hook=out))
attempt(lambda: x.sin().grad_fn.register_prehook(hook=out))
""",
    """
from collections import OrderedDict
x = leaf([1.0, 2.0])
attempt(lambda: torch.autograd.grad(x.sum(), OrderedDict(x=x)))
attempt(lambda: torch.autograd.backward(x.sum(), inputs=OrderedDict(x=x)))
with torch.inference_mode():
    x.resize_(3)
out(x.shape == (3,))
""",
)


@pytest.mark.parametrize("call", SWITCHES)
def test_what_is_on_or_off_may_be_a_small_number(call: str) -> None:
    for odd in ODD:
        assert_alike(SWITCHED.format(call=call.format(odd=odd)))


@pytest.mark.parametrize("request_", REQUESTS)
def test_an_odd_request_is_answered_alike(request_: str) -> None:
    assert_alike(
        f"""
def shown(found):
    return found if isinstance(found, torch.Tensor | tuple | int) else None
x = leaf([1.0, 2.0]); y = (x * x).sum()
attempt(lambda: shown({request_}))
out(x.grad)
"""
    )


@pytest.mark.parametrize("returned", ["t", "other", "torch.ones(3)", "3", "t.double()"])
def test_the_next_hook_is_called_with_what_one_returned_before_that_is_refused(
    returned: str,
) -> None:
    assert_alike(POST_HOOKS.format(returned=returned))


def test_the_layout_policy_is_of_one_thread_and_holds_at_once() -> None:
    assert_alike(
        """
import threading
x = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
def steps():
    y = x.detach().t().requires_grad_()
    (y * torch.ones(3, 2)).sum().backward()
    out(y.grad.stride())
policy = torch.autograd.grad_mode.enforce_grad_layout_policy(False)
steps()
with policy:
    steps()
    thread = threading.Thread(target=steps)
    thread.start()
    thread.join()
steps()
torch.autograd.grad_mode.enforce_grad_layout_policy(True)
"""
    )


@pytest.mark.parametrize("made", LAID_OUT)
def test_a_result_lies_in_memory_as_in_torch(made: str) -> None:
    for operand in OPERANDS:
        assert_alike(f"x = {operand} / 4\nout({made}.stride(), {made}.storage_offset())")


@pytest.mark.parametrize("name", ["maximum", "atan2", "hypot", "mul"])
def test_what_several_rules_need_is_saved_though_no_edge_leads_anywhere(name: str) -> None:
    assert_alike(
        f"""
x = leaf([1.0, 2.0])
with torch.inference_mode():
    inferred, seen = torch.ones(2), x.view(1, 2)
attempt(lambda: torch.{name}(seen, inferred))
attempt(lambda: torch.{name}(inferred, seen))
"""
    )


@pytest.mark.parametrize("call", WITH_8_BITS)
def test_what_computes_with_8_bits_is_what_does_in_torch(call: str) -> None:
    for dtype in OF_8_BITS:
        assert_alike(
            f"""
x = torch.tensor([1.0, 2.0, 4.0]).to(torch.{dtype}); mask = torch.tensor([True, False, True])
def shown(found):
    return found.float() if isinstance(found, torch.Tensor) else found
attempt(lambda: shown({call}))
out(x.float())
"""
        )


@pytest.mark.parametrize("program", AROUND_HOOKS)
def test_hooks_are_asked_and_kept_as_in_torch(program: str) -> None:
    assert_alike(program)

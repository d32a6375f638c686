"""Backward passes of the reference engine hold, share, refuse and hand out what torch's do."""

from __future__ import annotations

import pytest
from lockstep import assert_alike

import gradspec_reference as engine

CUSTOM = """
class Custom(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return {forward}

    @staticmethod
    def backward(ctx, g):
        return {backward}


held = torch.tensor([5., 7.])
"""
ENDS = """
    x x[...] x[:] x.view(2) x.clone() x+0 x*1 x.view(2,1) x.expand(1,2) x.unsqueeze(0) x.squeeze()
    x.squeeze(0) x.t() x.flip(0) x.reshape(1,2).view(2) x[None] torch.cat([x,x]) x.detach()+x
"""


@pytest.mark.parametrize("end", ENDS.split())
def test_a_cotangent_is_kept_or_copied_as_in_torch(end: str) -> None:
    assert_alike(f"""
for options in ({{}}, dict(create_graph=True)):
    for of in (lambda z: torch.ones_like(z).mul(3), lambda z: torch.ones(2, *z.shape).mul(3)[1]):
        x = leaf([1., 2.])
        y = {end}
        c = of(y.detach())
        y.backward(c, **options)
        c.mul_(2)
        out(x.grad)
        y = {end}
        g, = torch.autograd.grad(y, x, c, **options)
        out(g is c, g)
        c.mul_(2)
        out(g)
""")


@pytest.mark.parametrize("end", ENDS.split())
def test_what_a_cotangent_with_history_leads_to(end: str) -> None:
    assert_alike(f"""
x = leaf([1., 2.])
x.register_hook(lambda g: out(g.requires_grad))
y = {end}
c = torch.ones_like(y).requires_grad_()
out(torch.autograd.grad(y, x, c, retain_graph=True))
y.backward(c)
out(x.grad)
""")


PAIRS = """
    a+b a-b a.view(2,1)+b.view(2,1) a[...]+b a.view(2)+b torch.cat([a,b]) a.t()+b a*b
    torch.cat([a[None],b[None]]) torch.stack([a,b]) torch.where(a>1,a,b) torch.maximum(a,b)
    a.expand(2,2)+b
"""


@pytest.mark.parametrize("pair", PAIRS.split())
def test_two_leaves_share_what_they_share_in_torch(pair: str) -> None:
    assert_alike(f"""
a, b = leaf([1., 2.]), leaf([3., 4.])
z = {pair}
(z * torch.arange(1., z.numel() + 1).view(z.shape)).sum().backward()
a.grad.zero_()
out(a.grad, b.grad)
g, h = torch.autograd.grad({pair}, [a, b], torch.ones_like(z))
out(g is h)
""")


@pytest.mark.parametrize(
    "returned", ["held", "held[:]", "held.view(2)", "held*1", "g", "g*2", "None"]
)
@pytest.mark.parametrize("where", ["hook", "custom"])
def test_what_a_caller_returns_is_kept_or_copied(returned: str, where: str) -> None:
    use = "x.register_hook(lambda g: {})" if where == "hook" else "pass"
    apply = "x" if where == "hook" else "Custom.apply(x)"
    assert_alike(
        CUSTOM.format(forward="x * 1", backward=returned)
        + f"""
x, c = leaf([1., 2.]), torch.tensor([3., 4.])
{use.format(returned)}
for y in (({apply}) * 2, ({apply}).view(2)):
    y.backward(c)
    out(x.grad)
    held.mul_(2)
    c.mul_(3)
    out(x.grad)
    x.grad = None
attempt(lambda: torch.autograd.grad(({apply}) * 2, x, c)[0] is held)
"""
    )


HOOKED = {
    "wrong_number": "y.register_hook(lambda g: torch.ones(1))",
    "more": "y.register_hook(lambda g: torch.ones(2, 2))",
    "one_dimension_more": "x.register_hook(lambda g: torch.ones(1, 2))",
    "no_dimension": "x.register_hook(lambda g: torch.ones(()))",
    "another_dtype": "x.register_hook(lambda g: g.double())",
    "integers": "y.register_hook(lambda g: g.long())",
    "a_number": "y.register_hook(lambda g: 3.)",
    "a_list": "y.register_hook(lambda g: [g])",
    "false": "y.register_hook(lambda g: False)",
    "no_argument": "y.register_hook(lambda: None)",
    "not_callable": "x.register_hook(3)",
    "after_a_number": "x.register_post_accumulate_grad_hook(lambda t: 3)",
    "after_itself": "x.register_post_accumulate_grad_hook(lambda t: t)",
    "after_another": "x.register_post_accumulate_grad_hook(lambda t: t.grad)",
    "written_at_a_leaf": "x.register_hook(lambda g: g.mul_(2))",
    "written_at_an_expansion": "y.register_hook(lambda g: g.mul_(2))",
    "raised": "y.register_hook(lambda g: [][1])",
    "raised_at_one_leaf": "w.register_hook(lambda g: [][1])",
    "raised_at_the_other": "x.register_hook(lambda g: [][1])",
}


@pytest.mark.parametrize("case", HOOKED)
def test_hooks_are_answered_as_in_torch(case: str) -> None:
    assert_alike(f"""
for f in (lambda: y.sum() + w, lambda: (y * 3).sum() * w, lambda: w * (y + 0).sum()):
    x, w = leaf([1., 2.]), leaf(5.)
    y = x * 2
    {HOOKED[case]}
    attempt(lambda: f().backward())
    out(x.grad, w.grad)
    attempt(lambda: torch.autograd.grad(f(), [x, y]))
""")


WALKS = {
    "order": """
x = leaf(2.)
y = x * 3
z = x * y
for n, t in enumerate((z, y, x)):
    t.register_hook(lambda g, n=n: out(n, g))
(z + y).backward()
""",
    "nothing_arrives": """
x = leaf([1., 2.])
a, b = x.unbind()
b.register_hook(lambda g: out(g is None))
x.register_post_accumulate_grad_hook(lambda t: out(t.grad))
a.backward(retain_graph=True)
b.register_hook(lambda g: torch.ones(()))
attempt(lambda: a.backward())
""",
    "handed_out_on_the_way": """
x = leaf(2.)
y = x * 3
y.register_hook(lambda g: g * 5)
z = y * y
out(torch.autograd.grad(z, [y], retain_graph=True), torch.autograd.grad(z, [y, x]))
""",
    "roots_beside_the_inputs": """
x, w = leaf([1.]), leaf([2.])
for roots in (lambda: [x * 3, z], lambda: [z, z], lambda: [z]):
    z = w * 2
    z.retain_grad()
    z.register_hook(lambda g: out("seen"))
    ones = [torch.ones(1)] * len(roots())
    attempt(lambda: torch.autograd.grad(roots(), [x], ones, allow_unused=True))
    attempt(lambda: torch.autograd.backward(roots(), ones, inputs=[x]))
    out(z.grad, x.grad, w.grad)
""",
    "expanded_grads": """
for make in (lambda: torch.tensor(1.).expand(2, 2), lambda: torch.tensor([1., 2.]).expand(2, 2)):
    x, w = leaf([[1., 2.], [3., 4.]]), leaf(2.)
    x.grad = make()
    attempt(lambda: (x * w).sum().backward())
    out(x.grad, w.grad)
    attempt(lambda: (x * w).sum().backward(create_graph=True))
    out(x.grad)
""",
    "leaves_that_are_results_now": """
for write in ("x.add_(w)", "x.mul_(w)", "x[0:1].mul_(w)", "x.detach_()", "x.detach_(); x.mul_(w)"):
    x, w = leaf([1., 2.]), leaf([3.])
    z = (x * 2).sum() + w.sum()
    x.requires_grad = False
    exec(write)
    attempt(lambda: z.backward())
    out(w.grad)
""",
    "modes": """
x = leaf([2.])
y = x.double() * x
for mode in (torch.no_grad, torch.enable_grad):
    for roots, seeds in (([x, x], [x, x]), ([y, y], [x, x]), ([y], [x]), ([x], [y])):
        with mode():
            out(torch.autograd.grad(roots, [x], seeds, create_graph=True, retain_graph=True))
            torch.autograd.backward(roots, seeds, retain_graph=True, create_graph=True)
        out(x.grad)
        x.grad = None
""",
    "edges": """
x, w = leaf([2.]), leaf([1., 2.])
y = x * x
edge = torch.autograd.graph.get_gradient_edge
for inputs in ([edge(x), x], [edge(x)], [edge(w)], [edge(w), w], [x, edge(y)], [edge(y), w]):
    for more in ({}, dict(materialize_grads=True), dict(allow_unused=True)):
        attempt(lambda: torch.autograd.grad(y, inputs, retain_graph=True, **more))
attempt(lambda: torch.autograd.grad(edge(y), [x, edge(y)], torch.ones(1)))
""",
    "batches": """
x, w = leaf([5., -2.]), leaf([1.])
eye = torch.eye(2)
for cotangents in (eye, torch.ones(3, 2), torch.ones(2), torch.ones(0, 2), None, torch.ones(2, 3)):
    for inputs in (x, [x, w]):
        for more in ({}, dict(allow_unused=True), dict(materialize_grads=True)):
            more |= dict(is_grads_batched=True, retain_graph=True)
            attempt(lambda: torch.autograd.grad(x * x, inputs, cotangents, **more))
g, = torch.autograd.grad(x * x, x, eye, is_grads_batched=True, create_graph=True)
out(g, torch.autograd.grad(g.sum(), x))
attempt(lambda: torch.autograd.grad([x * x, x], x, [eye, torch.ones(3, 2)], is_grads_batched=True))
attempt(lambda: torch.autograd.grad((x * x).sum(), x, torch.ones(3), is_grads_batched=True))
""",
    "layouts": """
for options in ({}, dict(create_graph=True)):
    x = torch.ones(3, 2).t().requires_grad_()
    for f in (lambda: (x * leaf([[1., 2., 3.]])).sum(), lambda: x.sum(), lambda: x.t().sum()):
        x.grad = None
        f().backward(**options)
        out(x.grad.stride(), x.grad)
""",
    "nodes_that_nothing_reaches": CUSTOM.format(forward="x * 2", backward="None")
    + """
for spoil in ("pass", "x.add_(1)", "y.sum().backward()"):
    x = leaf([1., 2.])
    y = x * x
    z = Custom.apply(y)
    with torch.no_grad():
        exec(spoil)
    attempt(lambda: z.sum().backward())
    out(x.grad)
z = Custom.apply(torch.heaviside(x, x.detach()))
attempt(lambda: z.sum().backward())
""",
    "memory_of_cotangents": """
for make in ("x.view(2)", "x.sum(0)", "x.sum(0, keepdim=True).view(2)", "x[0]", "x.sum().view(1)"):
    x, w = leaf([[1., 2.]]), leaf([3., 4.])
    y = eval(make)
    c = torch.ones_like(y).mul(5)
    z = c * w
    y.backward(c)
    x.grad.mul_(2)
    out(c, c._version)
    attempt(lambda: z.sum().backward())
""",
    "requests_and_shapes": """
for change in ("y.unsqueeze_(0)", "y.t_()", "y.squeeze_()", "y.transpose_(0, 1)", "y.detach_()"):
    x = leaf([[1., 2.]])
    y = x * 2
    y.retain_grad()
    exec(change)
    out(y.retains_grad)
    if y.requires_grad:
        y.retain_grad()
        (y * y).sum().backward()
    out(y.grad, x.grad)
""",
    "data_of_another_shape": """
for make in ("x * 2", "x * x", "x + 1", "x.sum()"):
    for shape in ((2,), (3, 1), (1, 3), (1,), (), (2, 3), (4,)):
        for held in (False, True):
            x = leaf([1., 2., 3.])
            if held:
                x.sum().backward()
            y = eval(make)
            x.data = torch.ones(shape)
            attempt(lambda: y.sum().backward())
            out(x.grad)
""",
    "infinities": """
inf, nan = float("inf"), float("nan")
for f in ("max()", "min()", "median()", "amax()", "prod()", "norm()", "norm(0)", "norm(inf)",
          "norm(1)", "norm(3)", "norm(.5)", "logsumexp(0)", "std()", "var()", "max(0)[0]",
          "sort()[0][0]", "topk(1)[0].sum()", "cumsum(0)[1]", "softmax(0)[1]", "abs()[0]"):
    for values in ([1., 3., 2.], [0., 0., 3.], [3., -3., 3.], [1., nan, nan], [inf, 0., 1.]):
        for c in (inf, nan, 1.):
            x = leaf(values)
            eval("x." + f, dict(x=x, inf=inf)).backward(torch.tensor(c))
            out(x.grad)
""",
}


@pytest.mark.parametrize("case", WALKS)
def test_a_walk_goes_as_in_torch(case: str) -> None:
    assert_alike(WALKS[case])


RESULTS = ["x", "x.view(2)", "x[:1]", "x.detach()", "(x, x * 3)", "(x, x)", "x * 1", "(x * 2, 5)"]


@pytest.mark.parametrize("forward", RESULTS)
@pytest.mark.parametrize("write", ["y.mul_(2)", "y[0:1].mul_(2)", "h.mul_(2)", "pass", "y.add_(h)"])
def test_results_that_are_arguments_are_views(forward: str, write: str) -> None:
    assert_alike(
        CUSTOM.replace("ctx, g", "ctx, *g").format(forward=forward, backward="g[0] * 10")
        + f"""
for mode in (torch.enable_grad, torch.no_grad):
    for given in (leaf([1., 2.]) * 1, torch.tensor([1., 2.])):
        h = given
        y = Custom.apply(h)
        y = y[0] if isinstance(y, tuple) else y
        out(y is h, y.requires_grad, h.requires_grad)
        with mode():
            attempt(lambda: exec("{write}", dict(y=y, h=h)))
        attempt(lambda: y)
        attempt(lambda: torch.autograd.grad(y.sum(), h))
"""
    )


def test_in_no_grad_a_function_knows_no_history() -> None:
    assert_alike(
        CUSTOM.format(forward="x", backward="g")
        + """
for given in (torch.tensor([1., 2.]), leaf([1., 2.]), leaf([1., 2.]) * 1):
    with torch.no_grad():
        v = given[:1]
        given.mul_(2)
        y, z = Custom.apply(given), Custom.apply(v)
    out(y._is_view(), y.requires_grad, z._is_view(), z.requires_grad)
    attempt(lambda: y.requires_grad_()[:].requires_grad)
    attempt(lambda: Custom.apply(v))
"""
    )


@pytest.mark.parametrize("order", ["(0, 1, 2)", "(2, 0, 1)", "(1, 2, 0, 1)"])
def test_hooks_of_several_outputs_are_called_as_they_were_registered(order: str) -> None:
    assert_alike(f"""
x = leaf([1., 2., 3., 4., 5., 6.])
parts = (x * 1).split(2)
for i in {order}:
    parts[i].register_hook(lambda g, i=i: out(i, g))
parts[2].retain_grad()
(parts[0].sum() + parts[2].sum()).backward()
out(parts[2].grad, x.grad)
""")


@pytest.mark.parametrize("watched", ["pass", "y.register_hook(lambda g: None)", "y.retain_grad()"])
@pytest.mark.parametrize("backward", ["g", "None"])
def test_what_has_no_derivative_refuses_whatever_arrives(backward: str, watched: str) -> None:
    assert_alike(
        CUSTOM.format(forward="x * 1", backward=backward)
        + f"""
x = leaf([1., 2.])
y = torch.ones(2).heaviside(x)
{watched}
attempt(lambda: Custom.apply(y).sum().backward())
out(x.grad, y.grad)
"""
    )


WRITTEN = "h h[0:2] h.view(3) h.unbind()[0] h.split(2)[0] x[0:2] k[0:2] h.t()"


@pytest.mark.parametrize("given", WRITTEN.split())
@pytest.mark.parametrize("backward", ["g * 10", "None", "g"])
def test_an_argument_that_is_written_gets_a_new_history(given: str, backward: str) -> None:
    assert_alike(f"""
class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x.mul_(2))
        return x

    @staticmethod
    def backward(ctx, g):
        return {backward}


x, k = leaf([1., 2., 3.]), torch.tensor([1., 2., 3.])
h = x * 1
v = {given}
v.retain_grad() if v.requires_grad else None
attempt(lambda: Doubled.apply(v) is v)
out(h, k, v._version)
attempt(lambda: (v.grad_fn, h.grad_fn))
attempt(lambda: torch.autograd.grad((h * h).sum(), x, create_graph=True, allow_unused=True))
attempt(lambda: (h * 3).sum().backward())
out(x.grad, v.grad)
""")


@pytest.mark.parametrize("depth", [1, 30, 300])
def test_passes_are_nested_as_deep_as_in_torch(depth: int) -> None:
    assert_alike(f"""
class Nested(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, depth):
        ctx.depth = depth
        return x * 2

    @staticmethod
    def backward(ctx, g):
        if not ctx.depth:
            return g * 3, None
        with torch.enable_grad():
            y = leaf([1.])
            Nested.apply(y, ctx.depth - 1).backward(g)
        return y.grad, None


x = leaf([1.])
Nested.apply(x, {depth}).backward(torch.tensor([5.]))
out(x.grad, torch.is_grad_enabled())
""")


def test_an_exception_comes_out_of_all_passes() -> None:
    assert_alike("""
def again(depth):
    y = leaf([1.])
    y.register_hook(lambda g: again(depth - 1) if depth else {}["missing"])
    (y * 2).backward(torch.ones(1))


try:
    again(100)
except KeyError as error:
    out(str(error), torch.is_grad_enabled())
""")


def test_a_hook_may_write_one_entry_of_what_was_expanded() -> None:
    x, y = (engine.tensor(value, requires_grad=True) for value in (1.5, 2.5))
    x.register_hook(lambda gradient: gradient.mul_(2.0))
    engine.stack([x, y]).sum().backward()
    assert (x.grad.item(), y.grad.item()) == (2.0, 1.0)

"""Writes in place, views and indices do in the reference engine what they do in torch."""

from __future__ import annotations

import pytest
from lockstep import assert_alike

KEYS = """
    0 -3 (0,1) (0,3) slice(1,None) slice(None,None,-1) (...,0) (...,...) (...,0,...) None (None,0)
    [] [0,1] [-1] ([0,1],[1,2]) (slice(None),[2,0]) [[0],[1]] [[0,1]] [[]] [None] [slice(0,1),0]
    [1.0] [True,False] [True] (slice(None),[True,False,True]) True False (True,0) (0,True) "a" {}
    {0} 1j range(2) np.array([1]) np.array(True) np.array([1.0]) np.int64(1) np.bool_(True)
    np.float32(1) torch.tensor(1) torch.tensor(True) torch.tensor(False) torch.tensor([1.0])
    torch.tensor([]) torch.tensor([1],dtype=torch.int8) torch.tensor([1],dtype=torch.int32)
    [torch.tensor(0)] torch.tensor([[True,False,True],[False,True,False]]) ([0,1],None,[0,1])
    (0,...,[0,1])
"""


@pytest.mark.parametrize("key", KEYS.split())
def test_a_key_names_what_it_names_in_torch(key: str) -> None:
    assert_alike(f"""
x = torch.arange(6.0).view(2, 3)
attempt(lambda: x[{key}])
attempt(lambda: x.__setitem__({key}, 9.0))
out(x)
""")


@pytest.mark.parametrize("key", ["m", "m, 1", "m, 1:", "m, None", "m, ..., 1:", "m[:, 0], :, 1:"])
def test_a_mask_stands_for_as_many_dimensions_as_it_has(key: str) -> None:
    assert_alike(f"""
m = torch.tensor([[True, False, True], [False, True, False]])
out(torch.arange(24.0).view(2, 3, 4)[{key}])
""")


VALUES = """
    [1.0] np.ones(3) np.float32(2) np.float64(2) np.int64(2) np.bool_(True) None "a" {} True 2 300
    float("nan") float("inf") torch.tensor(2) torch.tensor([2.5]) torch.ones(1,3) torch.ones(1,1)
    torch.ones(2,3) torch.ones(2) torch.ones(0) torch.ones(3,dtype=torch.float64)
"""


@pytest.mark.parametrize("dtype", ["float32", "int64", "int8", "uint8", "bool"])
@pytest.mark.parametrize("value", VALUES.split())
def test_a_value_is_stored_or_refused_as_in_torch(value: str, dtype: str) -> None:
    assert_alike(f"""
mask = torch.tensor([True, False, True])
for key in (0, slice(None), slice(0, 1), ..., None, [0, 2], [0, 1, 2], mask, mask[:1].any()):
    x = torch.ones(3, dtype=torch.{dtype})
    attempt(lambda: x.__setitem__(key, {value}))
    out(x)
attempt(lambda: x.fill_({value}))
""")


SAVED = {
    "index": "i = torch.tensor([0, 1]); y = x[i]",
    "mask": "i = x > 1.5; y = x[i]",
    "masked_select": "i = x > 1.5; y = x.masked_select(i)",
    "masked_select_input": "i = x * 1; y = i.masked_select(x > 1.5)",
    "gather_input": "i = x * 1; y = i.gather(0, torch.tensor([0]))",
    "gather": "i = torch.tensor([0, 1]); y = x.gather(0, i)",
    "take_along_dim": "i = torch.tensor([0, 1]); y = torch.take_along_dim(x, i)",
    "index_select": "i = torch.tensor([0, 1]); y = x.index_select(0, i)",
    "sort": "y, i = x.sort()",
    "topk": "y, i = x.topk(2)",
    "max": "y, i = x.max(0)",
    "min": "y, i = x.min(0, keepdim=True)",
    "median": "y, i = x.median(0)",
    "power": "i = torch.ones(3); y = x ** i",
    "power_result": "i = x ** torch.ones(3); y = i * 1",
    "mse_loss": "i = torch.ones(3); y = torch.nn.functional.mse_loss(x, i)",
    "nll_loss": "i = torch.tensor([0]); y = torch.nn.functional.nll_loss(x[None], i)",
    "nll_loss_input": "i = x * 1; y = torch.nn.functional.nll_loss(i[None], torch.tensor([0]))",
    "cross_entropy": "i = torch.tensor([0]); y = torch.nn.functional.cross_entropy(x[None], i)",
    "where": "i = x > 1.5; y = torch.where(i, x, x * 2)",
    "maximum": "i = torch.ones(3); y = torch.maximum(x, i)",
    "clamp": "i = torch.ones(3); y = torch.clamp(x, min=i)",
    "assigned at": "i = torch.tensor([0]); y = x * 1; y[i] = 5.0",
    "filled": "i = x > 1.5; y = (x * 1).masked_fill_(i, 5.0)",
}


@pytest.mark.parametrize("program", SAVED.values(), ids=SAVED)
def test_all_that_is_saved_has_a_version(program: str) -> None:
    assert_alike(f"""
x = leaf([3.0, 1.0, 2.0])
{program}
with torch.no_grad():
    i.zero_()
attempt(lambda: y.sum().backward())
out(x.grad)
""")


def test_what_no_edge_needs_may_be_written() -> None:
    assert_alike("""
x, w = leaf([1.0, 2.0]), leaf([0.5, 0.6])
with torch.no_grad():
    v = x[:]
y = w.sin()
z = y * v
y.sqrt_()
z.sum().backward()
out(w.grad, x.grad)
""")


CUT_OFF = (
    "h * h",
    "h.sin()",
    "h.exp()",
    "h * x",
    "h * 3 + x",
    "h.sum()",
    "h.logsumexp(0)",
    "h @ h",
)


@pytest.mark.parametrize("use", CUT_OFF)
def test_a_saved_tensor_is_not_cut_off_from_its_history(use: str) -> None:
    assert_alike(f"""
x = leaf([1.0, 2.0])
h = x * 2
h.retain_grad()
z = {use}
h.detach_()
out(h.requires_grad, h.is_leaf, h.retains_grad)
attempt(lambda: z.sum().backward())
h.requires_grad_()
attempt(lambda: (h * h).sum().backward())
out(x.grad, h.grad)
""")


WRITES = {
    "exp": "h[0:1].exp_()",
    "column": "h.t()[0].sigmoid_()",
    "diagonal": "h.diagonal().sqrt_()",
    "one after another": "h[0].tanh_(); h.view(4)[1:3].exp_(); h[:, 1].reciprocal_()",
    "a power": "h[1].pow_(x[0])",
    "a named view": "v = h[0]; v.sqrt_(); del v",
    "assigned": "h[:, 0] = x[0]; h[[0, 1], [1, 1]] = x[1] ** 2; h[h > 0.2] = x[0, 0]",
    "updated at": "h[h > 0.1] *= 2; h[[0, 1]] -= h[1]",
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_written_view_has_all_its_derivatives(write: str) -> None:
    assert_alike(f"""
x = torch.tensor([[0.3, 0.2], [0.1, 0.5]], dtype=torch.float64, requires_grad=True)
h = x * x
{write}
(g,) = torch.autograd.grad((h * h).sum(), x, create_graph=True)
out(g)
(g,) = torch.autograd.grad((g * g).sum(), x, create_graph=True)
out(g)
out(torch.autograd.grad(g.sum(), x, allow_unused=True))
""")


def test_a_write_through_a_view_is_freed_with_the_graph() -> None:
    assert_alike("""
x = leaf([1.0, 2.0])
h = x * 1
h[0:1].add_(1)
s = h.sum()
s.backward()
attempt(lambda: s.backward())
""")


STRIDED = {
    "expanded": "x.unsqueeze(1).expand(4, 3).as_strided((2, 2), (1, 3))",
    "expanded rows": "x.expand(3, 4).as_strided((2, 2), (1, 1))",
    "windows": "x.unfold(0, 2, 1).as_strided((2, 2), (1, 2))",
    "a column": "(x * 1).view(2, 2).t()[1:].as_strided((2,), (2,))",
    "every other": "x[::2].as_strided((3,), (1,))",
    "before its start": "(x * 1)[1:].as_strided((2,), (2,), 0)",
    "a row of zeros": "x.as_strided((2, 2), (0, 3))",
    "detached": "x + x[1:].detach().as_strided((4,), (1,), 0)",
    "beyond": "x.as_strided((3,), (2,))",
}


@pytest.mark.parametrize("view", STRIDED.values(), ids=STRIDED)
def test_as_strided_shows_memory_and_sends_its_gradient_there(view: str) -> None:
    assert_alike(f"""
x = leaf([1.0, 2.0, 3.0, 4.0])
y = {view}
out(y, y.storage_offset())
(g,) = torch.autograd.grad((y ** 3).sum(), x, create_graph=True)
out(g, torch.autograd.grad((g * g).sum(), x))
""")


OTHER_DATA = (
    "y = x * 2; y.data = torch.ones(3)",
    "y = x * x; y.data = torch.ones(2, 3)",
    "y = x * x; x.data = torch.ones(2, 3)",
    "y = x * x; x.data = torch.ones(2)",
    "y = x.sin(); x.data = torch.ones(1, 1)",
    "y = (x * 2).sum(); x.data = torch.ones(3, 1)",
    "h = x * 2; y = h * h; h.data = torch.ones(2)",
    "y = x * 2; x.data = x.data.double()",
    "y = x * 2; x.data = torch.ones(3, 1); y = x * 2",
    "(x * 2).sum().backward(); x.data = torch.ones(3, 1); y = x * 2",
    "y = x @ x.t(); x.data = torch.ones(3, 1)",
)


@pytest.mark.parametrize("program", OTHER_DATA)
def test_data_of_another_shape_meets_the_graph_that_exists(program: str) -> None:
    assert_alike(f"""
x = leaf([[1.0, 2.0, 3.0]])
{program}
attempt(lambda: y.sum().backward())
out(x.grad)
""")


OVERLAPS = (
    "x[[0]] = x",
    "x[[0, 1]] = x[:2]",
    "x[[0, 1]] = x[::2]",
    "x[torch.tensor([True, False, False])] = x[0]",
    "x[0:2] = x[1:3]",
    "x[0:2].add_(x[1:3])",
    "x.add_(x[0:1])",
    "x.view(1, 3).add_(x)",
    "x[None][...] = x",
    "x[...] = x",
    "x[:] = x[0]",
    "x[0:1][None] = x[0:1]",
    "x.fill_(x[2])",
    "e[:] = 2.0",
    "e[0:2] = 3",
    "e[0:1] = 3",
    "e[0:1].mul_(3)",
    "e.mul_(2)",
    "e.fill_(2.0)",
    "e.zero_()",
    "e.copy_(x)",
    "e.copy_(e)",
    "e[[0, 2]] = 4.0",
    "e[torch.tensor([True, False, True])] = 4.0",
    "e.masked_fill_(torch.tensor([True, True, True]), 4.0)",
    "torch.add(x[:2], 1, out=x[1:])",
    "torch.add(e, 1, out=e)",
    "torch.zeros(2, 0).mul_(2)",
    "torch.zeros(0, 3)[:, 1] = 2",
    "torch.ones(1).expand(0, 3).mul_(2)",
    "i = torch.tensor([0, 1]); i[i] = 5",
    "m = x > 2; m[m] = False; m[~m] = m",
)


@pytest.mark.parametrize("write", OVERLAPS)
def test_a_write_that_would_meet_itself_is_refused(write: str) -> None:
    assert_alike(f"""
x = torch.tensor([1.0, 2.0, 3.0])
e = torch.tensor(1.0).expand(3)
try:
    {write}
finally:
    out(x, e, x._version)
""")


OF_NUMBERS = (
    "l[l > 3] = 3.0",
    "l[l > 5] = 3.0",
    "l[l > 3] = torch.tensor([5.0])",
    "l[True] = x * 5",
    "l[False] = 3.0",
    "l[None] = 3.0",
    "l[...] = x",
)


@pytest.mark.parametrize("write", OF_NUMBERS)
def test_a_number_with_a_history_is_assigned_to(write: str) -> None:
    assert_alike(f"""
x = leaf(2.0)
l = (x * x).sum()
{write}
out(l, l.grad_fn)
l.backward()
out(x.grad)
""")


def test_a_power_that_is_no_integer_leaves_integers_as_they_are() -> None:
    assert_alike("""
h = torch.tensor([1, 2])
attempt(lambda: exec("h **= 2.0", globals()))
out(h, h._version, h.grad_fn)
""")


def test_a_value_with_a_history_leaves_integers_without_one() -> None:
    assert_alike("""
x = leaf([1.0, 2.0])
i = torch.tensor([0, 0])
i[0] = x[1]
i.copy_(x)
i[0:1] = x[:1]
out(i, i.grad_fn)
""")


@pytest.mark.parametrize("made", ["h[0:1]", "x[0:1]", "h.unbind()[0]"])
@pytest.mark.parametrize("mode", ["torch.no_grad()", "torch.enable_grad()"])
def test_a_view_outdated_by_a_write_has_flags_but_perhaps_no_history(mode: str, made: str) -> None:
    assert_alike(f"""
x = leaf([1.0, 2.0])
h = x * 2
with {mode}:
    v = {made}
with torch.no_grad():
    h.mul_(2)
    x.mul_(2)
for asked in ("requires_grad", "retains_grad", "is_leaf", "grad_fn", "grad", "requires_grad"):
    attempt(lambda: getattr(v, asked))
for called in ("requires_grad_", "retain_grad", "detach", "clone", "detach_"):
    attempt(lambda: getattr(v, called)())
""")


RESHAPED = ("t_()", "transpose_(0, 1)", "squeeze_()", "squeeze_(0)", "squeeze_(1)", "unsqueeze_(0)")


@pytest.mark.parametrize("call", RESHAPED)
def test_a_shape_changed_in_place_is_recorded_under_torchs_name(call: str) -> None:
    assert_alike(f"""
x = leaf([[1.0, 2.0, 3.0]])
h = x * 1
v = h[:, 1:]
h.{call}
out(h, h.grad_fn, h._version, h._is_view(), v.grad_fn)
v.{call}
v.mul_(5)
out(h, v)
h.sum().backward()
out(x.grad)
attempt(lambda: x.{call})
""")


PRODUCTS = ("x @ m", "m @ x", "m[None] @ x", "x @ m[None]", "torch.nn.functional.linear(x, m)")


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_with_a_vector_is_no_view(product: str) -> None:
    assert_alike(f"""
x, m = leaf([1.0, 2.0]), leaf([[1.0, 2.0], [3.0, 4.0]])
y = {product}
out(y._is_view(), y.grad_fn)
y.register_hook(lambda g: -g)
y.mul_(2)
y.sum().backward()
out(x.grad, m.grad)
""")


RESIZED = (
    "torch.add(x, 1, out=o)",
    "torch.add(o, torch.ones(3, 2), out=o)",
    "o.resize_(1)",
    "o.resize_(3, 2)",
    "o.resize_(2)",
)


@pytest.mark.parametrize("call", RESIZED)
def test_memory_is_kept_where_it_is_large_enough(call: str) -> None:
    assert_alike(f"""
x = torch.ones(1)
o = torch.tensor([1.0, 2.0])
v = o[0:1]
attempt(lambda: {call} is o)
out(o[:1], o.shape[0], o._version)
""")


@pytest.mark.parametrize("grows", ["o", "v", "d", "o[0]", "o[1:]"])
@pytest.mark.parametrize("how", ["resize_(2, 2)", "resize_(1)", "resize_(0)", "out"])
def test_memory_grows_for_all_who_show_it(grows: str, how: str) -> None:
    assert_alike(f"""
o = torch.tensor([1.0, 2.0])
v, d, e = o.view(1, 2), o.detach(), o.data.expand(2, 2)
g = {grows}
torch.add(torch.ones(2, 2), 4, out=g) if "{how}" == "out" else g.{how}
g.fill_(3)
d.mul_(2)
out(o, v, d, e, g.shape, g.storage_offset(), g.stride(), o._version)
""")


def test_integers_that_were_given_a_history_are_of_little_use() -> None:
    assert_alike("""
for act in ("mul_(2)", "unbind()", "split(1)", "sort()", "t_()", "unsqueeze_(0)", "float()",
            "bool()", "to(torch.int32)", "clone()", "argmax()", "requires_grad_()", "sum()",
            "detach()", "retain_grad()", "view(2, 1)", "backward()"):
    i = torch.tensor([1, 0])
    i[:] = leaf(1.0)
    attempt(lambda: eval("i." + act))
m = torch.tensor([True, False])
m[:] = leaf(1.0)
y = torch.ones(2)
out(torch.masked_select(y, m), torch.where(m, y, y), y.masked_fill_(m, 2.0), y[m])
t = leaf([1.0, 2.0]).clamp(min=1)
attempt(lambda: m.backward(torch.ones(2), inputs=[t]))
out(t.retains_grad)
""")


def test_a_write_is_refused_before_its_arguments_are_looked_at() -> None:
    assert_alike("""
mask = torch.tensor([True, False])
for x in (leaf([1.0, 2.0, 3.0]), leaf([1.0, 2.0, 3.0]) * 1, torch.ones(3), mask.clone()):
    attempt(lambda: x.__setitem__(mask, 1.0))
    attempt(lambda: x.__setitem__(mask, x))
    attempt(lambda: x[:0].__setitem__([0], torch.ones(1)))
    attempt(lambda: x[:0].__setitem__([0], x[1]))
    attempt(lambda: x.unsqueeze_(5))
    attempt(lambda: x.transpose_(0, 5))
    attempt(lambda: x.squeeze_(5))
    attempt(lambda: x.clamp_(max=3))
    attempt(lambda: x[:, mask])
    attempt(lambda: x[torch.zeros(0, 3) > 0])
""")


def test_nothing_is_gathered_or_rolled_anywhere() -> None:
    assert_alike("""
x = leaf([1.0, 2.0, 3.0])
y = x.gather(0, torch.ones(0, 3))
y.sum().backward()
out(y, x.grad)
attempt(lambda: torch.roll(torch.ones(3, 0), 3, 2))
attempt(lambda: torch.roll(torch.ones(3, 0), (3, 1), (0, 2)))
""")


ODDITIES = {
    "a view of a leaf whose data were exchanged": """
v = x[1:]
with torch.no_grad():
    x.mul_(2)
x.data = torch.tensor([5.0, 6.0, 7.0])
(v * 3).sum().backward()
out(x.grad)
""",
    "a view of what has a history since, not asked for its own": """
b = torch.ones(3)
v = b[:2]
b.mul_(x)
attempt(lambda: v.mul_(2))
out(v.grad_fn)
attempt(lambda: v.mul_(2))
""",
    "a gradient for what was expanded and filled": """
e = (x * 1).expand(2, 3)
e.zero_()
out(e.grad_fn)
attempt(lambda: e.sum().backward())
out(x.grad)
""",
    "one gradient for all where some were assigned": """
for key in ([0], x > 1.5, torch.tensor([2, 1])):
    h = torch.stack([x, x])
    h[:, key] = 0.5
    h[[1]] = 2.0
    h.sum().backward()
    out(x.grad)
""",
    "a number is gathered, and by a number": """
for source, index in ((x.sum(), [0, 0]), (x, 1), (x.sum(), 0)):
    y = source.gather(0, torch.tensor(index))
    out(y, torch.autograd.grad(y.sum(), x, retain_graph=True))
""",
    "a mask that does not fit": """
h = x * 1
attempt(lambda: h.__setitem__(torch.tensor([True, False]), torch.ones(1, dtype=torch.float64)))
""",
    "an index of nothing": """
e = torch.ones(3, 2)
attempt(lambda: e[:0, [7]])
attempt(lambda: e[:0][[7]])
attempt(lambda: e[:0].__setitem__((slice(None), [7]), 1.0))
""",
    "a copy of what was expanded": """
e = torch.ones(1, 2).expand(3, 2)
out(e.int().stride(), e.clone().stride(), e.double().stride())
""",
    "a key with several ellipses": """
z = torch.arange(24.0).view(2, 3, 4)
for key in (([-1], [0, -2], ..., ...), (0, ..., 0, ...), ([0], ..., [1], ...), (z > 3, ..., ...)):
    attempt(lambda: z[key])
    attempt(lambda: z.__setitem__(key, -1.0))
out(z)
""",
    "out= among the operands": """
o = torch.ones(2)
attempt(lambda: torch.add(o, torch.ones(3, 2), out=o))
attempt(lambda: torch.add(o, 1, out=o))
out(o)
""",
    "data of another shape, accumulated twice": """
y = x * 2
(x * 3).sum().backward()
x.data = torch.ones(2, 3)
y.sum().backward()
(x * 2).sum().backward()
out(x.grad)
""",
}


@pytest.mark.parametrize("program", ODDITIES.values(), ids=ODDITIES)
def test_rare_states_of_memory_are_told_as_in_torch(program: str) -> None:
    assert_alike(f"x = leaf([1.0, 2.0, 3.0])\n{program}")

"""The lines of random programs with functions of the caller's, packed values and checkpoints.

A program is a list of forms, drawn by its number and the same for ever; start at `drawn`.  In a
form `{a}`, `{b}` stand for tensors, `{F}` for a custom function, `{f}` for a plain one: which of
those that the program has made so far is decided by a pick when the line's turn comes.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

LINES = 18

LEAVES = """
    torch.tensor([0.5, -1.0, 0.25], dtype=torch.float64, requires_grad=True)
    torch.tensor([1.5, 0.75, -0.5], dtype=torch.float64, requires_grad=True)
    torch.tensor([[0.5, -1.0, 0.75], [1.5, 0.25, -0.75]], dtype=torch.float64, requires_grad=True)
    torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    torch.tensor([0.5, 1.5, -0.5], requires_grad=True)
    torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64)
"""
RECORDED = """
    {a} * {b}           {a} + {b}           {a}.sin()               {a}.tanh()
    {a} * 2             {a} ** 2            {a}.clone()             {a}.sigmoid()
    {a}.mean()          {a}.sum(0)          {a}.detach()            {a} - {b}
    {a}[0]              {a}.view(-1)        {a}.unsqueeze(0)        {a}.unbind()[0]
"""
WRITTEN = """
    {a}.mul_({b})       {a}.add_(0.5)       {a}.sin_()              {a}[0] = {b}
    {a}.mul_(0.5)       {a}.zero_()         {a}.detach_()           {a}.requires_grad_()
    {a}.grad = None     {a}.retain_grad()   {a}.data.mul_(0.5)      {a}.copy_({b})
"""
HOOKED = """
    {a}.register_hook(lambda g: note("hook", g))
    {a}.register_hook(lambda g: g * 0.5)
    hooked({a}.grad_fn)
    {a}.grad_fn.register_prehook(lambda given: note("before", *given))
    {a}.register_post_accumulate_grad_hook(lambda x: note("after", x.grad))
    {a}.register_hook(lambda g: fail(ValueError))
"""
PASSES = """
    {a}.sum().backward(retain_graph=True)
    {a}.sum().backward(retain_graph=True)
    {a}.sum().backward()
    ({a} * {b}).sum().backward()
    ({a} + {b}).sum().backward(retain_graph=True)
    {a}.sum().backward(create_graph=True)
    ({a} * {b}).sum().backward(inputs=[{b}], retain_graph=True)
    note("seed", torch.manual_seed(1) and drawn())
"""
QUERIES = """
    torch.autograd.grad({a}.sum(), {b}, allow_unused=True)[0].clone()
    torch.autograd.grad({a}.sum(), {b}, retain_graph=True, allow_unused=True)[0].clone()
    torch.autograd.grad({a}.sum(), {b}, create_graph=True, allow_unused=True)[0].clone()
    torch.autograd.grad(({a} * {b}).sum(), {b}, create_graph=True, allow_unused=True)[0].clone()
    torch.autograd.grad(({a}*{a}).sum(), [{b},{a}], create_graph=True, allow_unused=True)[0].clone()
    {a}.grad.clone()
"""
READ = """
    note("read", *{a}.grad_fn.saved_tensors)
    note("flags", {a}.grad_fn.needs_input_grad)
    note("edges", *[node and node.name() for node, _ in {a}.grad_fn.next_functions])
    note("kept", {a}.grad_fn.kept)
    note("packed", [one.data for one in {a}.grad_fn._raw_saved_tensors])
    {a}.grad_fn._raw_saved_tensors[0].register_hooks({P})
    {a}.grad_fn._raw_saved_result.register_hooks({P})
"""
APPLIED = """
    {F}.apply({a}, {b})             {F}.apply({a}, {b})             {F}.apply({a}, {b}, 3)
    {F}.apply({a}, {a})             {F}.apply({a})                  {F}.apply({a}, 2.0)
    {F}.apply({a}, b={b})           {F}.apply({a} * 2, {b})         {F}.apply({a}.view(-1), {b})
    {F}.apply({a}[0], {b})          {F}.apply({a}.detach(), {b})    {F}.apply({a}, {a}[0:1])
    {F}.apply({a}, n={b})           {F}.apply(*{a}.unbind()[:2])    {F}.apply([{a}], {b})
"""
UNRECORDED = """
    {F}.apply({a}, {b})             {F}.apply({a}, {a})             {F}.apply({a}.view(-1), {b})
    {F}.apply({a})                  {F}.apply({a}, 2.0)             {F}.apply({a}[0], {b})
"""
CHECKPOINTED = """
    checkpoint({f}, {a}, {b}, use_reentrant=False{o})
    checkpoint({f}, {a}, {b}, use_reentrant=False{o})
    checkpoint({f}, {a}, {b}, use_reentrant=False{o})
    checkpoint({f}, {a}, b={b}, use_reentrant=False{o})
    checkpoint({f}, {a}, {b}, use_reentrant=True{o})
    checkpoint({f}, {a}, {b}, use_reentrant=True{o})
    checkpoint({F}.apply, {a}, {b}, use_reentrant={k}{o})
    checkpoint(lambda: {f}({a}, {b}), use_reentrant={k}{o})
    checkpoint(lambda x: {f}(x, {b}), {a}, use_reentrant={k}{o})
    checkpoint_sequential([lambda x: {f}(x, x), torch.sin, {F}.apply], {m}, {a}, use_reentrant={k})
    checkpoint_sequential([torch.sin, torch.exp, torch.tanh], {m}, {a}, use_reentrant={k})
"""
OPTIONS = (
    *("",) * 10,
    *(", preserve_rng_state=False",) * 2,
    ', determinism_check="none"',
    ', determinism_check="all"',
    ", early_stop=False",
    ", early_stop=False",
    ", debug=True",
    ', context_fn=lambda: (block("first"), block("again"))',
    ", context_fn=lambda: chosen([torch.ops.aten.sin.default])",
    ", context_fn=lambda: chosen([torch.ops.aten.mul.Tensor, torch.ops.aten.sin.default])",
    ", context_fn=lambda: chosen(policy)",
)
PAIRS = (
    'lambda x: note("pack", x) or x.detach(), lambda x: note("unpack", x) or x',
    'lambda x: note("pack", x) or x.detach(), lambda x: note("unpack", x) or x',
    "lambda x: x.detach().clone(), lambda x: x",
    "lambda x: x.detach().numpy().copy(), torch.from_numpy",
    "lambda x: (x.dtype, x.tolist()), lambda kept: torch.tensor(kept[1], dtype=kept[0])",
    "lambda x: x * 2, lambda x: x / 2",
    "lambda x: x.detach(), lambda x: x * 0.5",
    "lambda x: fail(ValueError), lambda x: x",
    "lambda x: x.detach(), lambda x: fail(ValueError)",
    "lambda x: None, lambda kept: kept",
    'lambda x: 3, lambda kept: note("unpack", kept) or kept',
    "lambda x: x.mul_(0.5), lambda x: x",
    'lambda x: x.detach(), lambda x: note("unpack", torch.is_grad_enabled()) or x.clone()',
)
MODES = (
    *("",) * 10,
    "torch.no_grad()",
    "torch.no_grad()",
    "torch.enable_grad()",
    *("saved_tensors_hooks({P})",) * 4,
    "saved_tensors_hooks({P}), saved_tensors_hooks({P})",
    "saved_tensors_hooks({P}), torch.no_grad()",
    "torch.autograd.graph.save_on_cpu()",
    "torch.autograd.graph.save_on_cpu(), saved_tensors_hooks({P})",
    'torch.autograd.graph.disable_saved_tensors_hooks("none here")',
    'saved_tensors_hooks({P}), torch.autograd.graph.disable_saved_tensors_hooks("none here")',
    'torch.autograd.graph.disable_saved_tensors_hooks("none here"), saved_tensors_hooks({P})',
    "torch.utils.checkpoint.set_checkpoint_early_stop(False)",
    "torch.utils.checkpoint.set_checkpoint_early_stop(True)",
)
# what a custom function computes, and what it returns
FIRST = """
    a * b               a * b               a * b                   a.sin()
    a.exp()             a + b               a.clone()               a * n
    a.sum()             a.view(-1)          a[0]                    a.detach()
    a                   a.mul_(0.5)         a.sin_()                a.mul_(b)
    b.mul_(a)           a.unsqueeze(0)      a.float()               a > 0
    {F}.apply(a, b)     checkpoint({f}, a, b, use_reentrant={k})    b
"""
WRITING = """
    a.mul_(0.5)         a.sin_()            a.mul_(b)               b.mul_(a)
"""
SECOND = """
    y * 2               y * 2               a.cos()                 y
    a                   b                   y.view(-1)              y.detach()
    b.clone()           a.argmax()          y.sum()                 b.mul_(0.5)
"""
RETURNED = """
    y       y       y       y       y       y, z        y, z        y, z        y, a
    (y,)    a       a       a, b    y, y    y, None     y, 3        z, y        b, y
    [y, z]  None    "none"
"""
SAVED = """
    a, b    a, b    a, b    a       y       a, y        y, a        a, None, b  b, b
    y, z    z       None    a, 3    z, y, b
"""
# what backward returns for an argument
SHARES = """
    times(g[0], at(s, 0))       times(g[0], at(s, 1))       times(g[-1], at(s, -1))
    times(g[0], at(s, 0))       times(g[0], at(s, 1))       times(g[0], 0.5)
    g[0]        g[0]            g[-1]                       None
    times(g[-1], 2)             times(times(g[0], at(s, 0)), at(s, 1))
    times(g[0], ctx.kept)       g[0] if ctx.needs_input_grad[0] else None
    {F}.apply(g[0], at(s, 0))   times(g[0], at(s, 0)).sin()
    times(g[0], queried(at(s, 0)))
"""
ODD_SHARES = """
    3           torch.ones(5)   g[0].sum()                  g[0].float()
    g[0].unsqueeze(0)           torch.ones(2, 3, dtype=torch.float64)       g[0].double()
    g[0].tolist()               g[0].detach()               g[0].expand(2, 3)
"""
RUN = """
    a = a.sin()         a = a * b           a = a * b               a = a.exp()
    a = a * drawn()     a = a * drawn()     note("run", a, b)       note("run", a, b)
    a = a.clone().mul_(0.5)                 b = b * 2               a = a.tanh()
    a = a.sum()         a = a.view(-1)      a = a.detach()          a = {F}.apply(a, b)
    a = a * number()    a.mul_(0.5)         a.register_hook(lambda g: note("inner", g))
    a = checkpoint({f}, a, b, use_reentrant={k})
    a = checkpoint({f}, a, b, use_reentrant=False)
    a = a * {a}         a = a.sin().sin()   a = a.sin() if number() % 2 else a * 2
    fail(ValueError)    number() > 1 and fail(ValueError)
"""
BLOCKS = """
    with torch.no_grad(): a = a * 0.5
    with torch.enable_grad(): a = a * 0.5
    with saved_tensors_hooks({P}): a = a * b
    with torch.autograd.graph.disable_saved_tensors_hooks("none"): a = a * b
"""
ENDED = """
    a       a       a       a       a       a, b        a, b        b           (a,)
    a, 3    a, None     [a, b]      None    a.sum()     a.detach(), a
"""


@dataclass(frozen=True)
class Line:
    """A form, what comes before it if its value gets a name, and the picks for its blanks."""

    form: str
    made: str
    picks: tuple[int, ...]


def forms(block: str) -> list[str]:
    """Return the forms of a block: several in a line stand apart."""
    return [form.strip() for form in re.split(r"\s{2,}", block) if form.strip()]


TABLES = {
    name: forms(block)
    for name, block in list(globals().items())
    if isinstance(block, str) and name.isupper()
}


def drawn(number: int) -> list[Line]:
    """Return the program of this number."""
    lot = random.Random(number)  # noqa: S311 - the same program for ever
    kinds = [
        *["LEAVES", "LEAVES", "function", "plain", "function", "plain"],
        *lot.choices([*KINDS], [*KINDS.values()], k=LINES),
    ]
    return [line(lot, kind) for kind in kinds]


KINDS = {
    "LEAVES": 2,
    "RECORDED": 7,
    "WRITTEN": 4,
    "HOOKED": 3,
    "PASSES": 8,
    "QUERIES": 4,
    "READ": 2,
    "APPLIED": 10,
    "UNRECORDED": 3,
    "CHECKPOINTED": 8,
    "function": 3,
    "writing": 1,
    "plain": 2,
}
FUNCTIONS = {"function": "FIRST", "writing": "WRITING"}
NAMED = frozenset({"LEAVES", "RECORDED", "QUERIES", "APPLIED", "UNRECORDED", "CHECKPOINTED"})


def line(lot: random.Random, kind: str) -> Line:
    """Draw a line of a kind."""
    picks = tuple(lot.randrange(8) for _ in range(12))
    if kind in FUNCTIONS:
        return Line(filled(lot, function(lot, FUNCTIONS[kind])), "F", picks)
    if kind == "plain":
        return Line(filled(lot, plain(lot)), "f", picks)
    form = one(lot, kind)
    if kind in NAMED:
        form = "{t} = " + form
    mode = lot.choice(MODES) if kind != "UNRECORDED" else "torch.no_grad()"
    if mode and kind not in {"LEAVES", "HOOKED", "READ"} and not is_own(mode, form):
        form = f"with {mode}: {form}"
    return Line(filled(lot, form), "t" if kind in NAMED else "", picks)


def is_own(mode: str, form: str) -> bool:
    """Tell whether pairs would see what the formulas of derivatives save, each engine its own."""
    return "create_graph" in form and "{P}" in mode


def one(lot: random.Random, table: str) -> str:
    """Draw a form of a table."""
    return lot.choice(TABLES[table])


def filled(lot: random.Random, form: str) -> str:
    """Fill the blanks that do not depend on the program."""
    for blank, choices in {
        "{o}": OPTIONS,
        "{P}": PAIRS,
        "{k}": ("False", "False", "True"),
        "{m}": ("1", "2", "3"),
    }.items():
        while blank in form:
            form = form.replace(blank, lot.choice(choices), 1)
    return form


def function(lot: random.Random, table: str) -> str:
    """Draw a custom function that computes a form of a table first."""
    apart = lot.random() < 0.4
    returned = one(lot, "RETURNED")
    context = [f"ctx.save_for_backward({one(lot, 'SAVED')})"] if lot.random() < 0.85 else []
    if lot.random() < 0.2:
        context.append(f"ctx.mark_non_differentiable({lot.choice(['y', 'z', 'y, z', 'a'])})")
    if lot.random() < 0.25:
        context.append("ctx.set_materialize_grads(False)")
    if lot.random() < 0.3:
        context.append(f"ctx.kept = {lot.choice(['0.5', 'a', 'y', 'n'])}")
    first = one(lot, table)
    marks = 0.85 if "_(" in first else 0.07
    if lot.random() < marks:
        context.append(
            f"ctx.mark_dirty(*marked(a, {lot.choice(['a', 'a', 'a', 'a, b', 'b', 'y'])}))"
        )
        if lot.random() < 0.7:
            returned = lot.choice(["y", "a", "a, b", "y, z"])
    lot.shuffle(context)
    computed = [f"y = {first}", f"z = {one(lot, 'SECOND')}"]
    if lot.random() < 0.1:
        computed[0] = f"with torch.enable_grad(): {computed[0]}"
    seen = 'note("forward", ctx.needs_input_grad, a, b)'
    if apart:
        lines = [
            "@staticmethod",
            "def forward(a, b=None, n=2):",
            *indented([*computed, f"return {returned}"]),
            "@staticmethod",
            "def setup_context(ctx, inputs, output):",
            *indented(["a, b, n = inputs", "y, z = two(output)", seen, *context]),
        ]
    else:
        lines = [
            "@staticmethod",
            "def forward(ctx, a, b=None, n=2):",
            *indented([seen, *computed, *context, f"return {returned}"]),
        ]
    if lot.random() < 0.1:
        lines.insert(0, "clear_saved_tensors_on_access = True")
    lines.append("@staticmethod")
    if lot.random() < 0.12:
        lines.append("@torch.autograd.function.once_differentiable")
    lines += ["def backward(ctx, *g):", *indented(derivative(lot))]
    return "\n".join(["class {F!}(torch.autograd.Function):", *indented(lines)])


def derivative(lot: random.Random) -> list[str]:
    """Draw the body of a backward."""
    odd = lot.random() < 0.15
    shares = [one(lot, "ODD_SHARES" if odd and lot.random() < 0.5 else "SHARES") for _ in "ab"]
    shares.append("None")
    if lot.random() < 0.3:
        shares.pop()
    if lot.random() < 0.05:
        shares.pop()
    if lot.random() < 0.05:
        shares.append("g[0]")
    lines = ['note("backward", *g)', "s = ctx.saved_tensors"]
    if lot.random() < 0.1:
        lines.append("s = ctx.saved_tensors")
    if lot.random() < 0.03:
        lines.append("fail(ValueError)")
    return [*lines, f"return {', '.join(shares)}"]


def plain(lot: random.Random) -> str:
    """Draw a function to be checkpointed."""
    body = [
        one(lot, "BLOCKS" if lot.random() < 0.15 else "RUN") for _ in range(lot.randrange(1, 5))
    ]
    lines = [*body, f"return {one(lot, 'ENDED')}"]
    return "\n".join(["def {f!}(a, b=1.0):", *indented(lines)])


def indented(lines: list[str]) -> list[str]:
    """Indent lines."""
    return [f"    {each}" for each in lines]

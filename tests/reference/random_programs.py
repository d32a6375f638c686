"""Random programs as data, and both libraries going through them line by line.

An `Act` is a line with blanks and the choices that fill them; start at `difference`.  Which tensor
a choice means is decided when the line's turn comes, so a program can lose any line and still
run: that is how it is shortened.  What is reported can be pasted.

Left out is what torch itself does by accident, as writing into gradients that it hands out as
views of each other: they are copied first.  A program ends where a tensor of inference is written
outside its mode, which torch refuses when it has done so, and where one requires grad: torch
records operations of such tensors only if another one takes part.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from lockstep import KINDS, Raised

import gradspec_reference as engine

LARGE = 1e3  # where rounding, which differs, may become visible
RECENT = 8  # tensors that a line may use
CLOSE = {"float64": 1e-9, "float32": 1e-3}

MADE = """
    torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], dtype=torch.float64, requires_grad=True)
    torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    torch.tensor([0.5, 1.5, -2.5], requires_grad=True)
    torch.tensor([[1.0, 0.5, 0.25]])
    torch.tensor([0, 2, 1])
    torch.tensor([True, False, True])
    torch.zeros(2, 3, dtype=torch.float64)
    torch.ones(0, 3, dtype=torch.float64, requires_grad=True)
"""
RECORDED = """
    {a} + {b}           {a} - {b}           {a} * {b}               {a} / {b}
    {a} * {n}           {n} - {a}           {a} ** 2                {a} @ {b}
    -{a}                {a}.sin()           {a}.exp()               {a}.sigmoid()
    {a}.tanh()          {a}.relu()          {a}.abs()               {a}.square()
    {a}.clone()         {a}.double()        {a}.clamp(max={n})      {a}.maximum({b})
    {a}.sum()           {a}.sum({d})        {a}.mean()              {a}.mean({d}, keepdim=True)
    {a}.amax({d})       {a}.prod()          {a}.cumsum({d})         {a}.max({d})[0]
    {a}.std()           {a}.norm()          {a}.softmax({d})        {a}.logsumexp({d})
    {a}.sort({d})[0]    {a}.detach()        {a}.data                {a} > {n}
    {a}.repeat(2, 1)    {a}.argmax()        torch.cat([{a}, {b}])   torch.stack([{a}, {b}], {d})
    torch.where({a} > {n}, {a}, {b})        torch.zeros_like({a})   {a}.tril()
"""
VIEWED = """
    {a}.view(-1)        {a}.reshape(3, -1)  {a}.t()                 {a}.transpose(0, {d})
    {a}.unsqueeze({d})  {a}.squeeze()       {a}.expand(2, 3)        {a}.unbind({d})[0]
    {a}.select({d}, 0)  {a}.flatten()       {a}.narrow({d}, 0, 1)   {a}.split(1, {d})[-1]
    {a}.diagonal()      {a}.view_as({b})    {a}[{k}]                {a}[{b} > {n}]
    {a}.gather({d}, {b})                    {a}.index_select({d}, {b}.long() * 0)
"""
WRITTEN = """
    {a}.add_({b})       {a}.mul_({b})       {a}.sub_({n})           {a}.div_({b})
    {a}.zero_()         {a}.fill_({n})      {a}.copy_({b})          {a}.sin_()
    {a}.exp_()          {a}.relu_()         {a}.sigmoid_()          {a}.clamp_(max={n})
    {a} += {b}          {a} *= {n}          {a}[{k}] = {b}          {a}[{k}] = {n}
    {a}[{k}] *= {n}     {a}[{b} > {n}] = {c}                        {a}[{b} > {n}] = {n}
    {a}.masked_fill_({b} > {n}, {n})        {a}.data.mul_({n})      {a}.data = {b}.data
    {a}.t_()            {a}.unsqueeze_({d})                         {a}.squeeze_()
"""
ASKED = """
    {a}.requires_grad_()                    {a}.requires_grad_(False)
    {a}.retain_grad()                       {a}.detach_()
    {a}.grad = None                         {a}.grad = {b}
    {a}.grad.zero_()                        {a}.grad.mul_({n})
    {a}.register_hook(lambda g: log.append(g.tolist()))
    {a}.register_hook(lambda g: g * {n})
    {a}.register_post_accumulate_grad_hook(lambda x: log.append(x.grad.tolist()))
    h = {a}.register_hook(lambda g: log.append(1)); h.remove()
"""
LEAVES = """
    torch.tensor([0.5, -1.0, 0.25], dtype=torch.float64, requires_grad=True)
    torch.tensor([[0.5, -1.0, 0.75], [1.5, 0.25, -0.75]], dtype=torch.float64, requires_grad=True)
    torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    torch.tensor([[1.0], [-0.5]], dtype=torch.float64, requires_grad=True)
"""
TAME = """
    {a} + {b}           {a} * {b}           {a} - {b}               {a} * {n}
    {a}.sin()           {a}.tanh()          {a}.sigmoid()           {a}.relu()
    {a}.clone()         {a}.mean()          {a}.mean(-1)            {a}.maximum({b})
    {a}.max(-1)[0]      {a}.sort(-1)[0]     torch.stack([{a}, {b}])  {a}.detach()
"""
SEEN = """
    {a}.unbind()[0]     {a}.unbind()[-1]    {a}[{k}]                {a}.unsqueeze(0)
    {a}.t()             {a}.reshape(-1)     {a}.expand(2, 3)        {a}.select(-1, 0)
"""
OVER = """
    {a}.mul_({n})       {a}.tanh_()         {a}.add_({b})           {a}.mul_({b})
    {a}[{k}] = {b}      {a}[{k}] *= {n}     {a}.retain_grad()       {a}.data.mul_({n})
    {a}.grad = None     {a}.detach_()       {a}.requires_grad_()    {a}.copy_({b})
"""
HOOKED = """
    {a}.register_hook(note)
    {a}.register_hook(lambda g: scaled(g, {n}))
    {a}.register_hook(lambda g: keep({b}.register_hook(note)))
    {a}.register_hook(lambda g: drop())
    {a}.register_post_accumulate_grad_hook(lambda x: note(x.grad))
    {a}.register_post_accumulate_grad_hook(lambda x: setattr(x, "grad", None))
    {a}.register_post_accumulate_grad_hook(lambda x: note(x.sub_(x.grad)))
    keep({a}.register_hook(note))
    keep({a}.grad_fn.register_hook(lambda made, given: note([made, given])))
    keep({a}.grad_fn.register_prehook(note))
    {a}.grad_fn.register_prehook(lambda given: tuple(scaled(g, {n}) for g in given))
    {a}.grad_fn.register_hook(lambda made, given: tuple(scaled(g, {n}) for g in made))
    {a}.grad_fn.next_functions[0][0].register_hook(lambda made, given: note([made, given]))
    {a}.grad_fn.next_functions[0][0].register_prehook(note)
    {a}.grad_fn.next_functions[0][0].register_prehook(lambda given: (scaled(given[0], {n}),))
    keep(torch.autograd.graph.register_multi_grad_hook([{a}, {b}], note))
    keep(torch.autograd.graph.register_multi_grad_hook([{a}, {b}, {c}], note, mode="any"))
"""
FAILING = """
    keep({a}.register_hook(lambda g: {b} * 1.0))
    keep({a}.register_hook(lambda g: again({b})))
    keep({a}.register_post_accumulate_grad_hook(lambda x: {b}))
    keep({a}.grad_fn.register_hook(lambda made, given: made[:1]))
    keep({a}.grad_fn.register_hook(lambda made, given: given))
    keep({a}.grad_fn.register_hook(lambda made, given: (None,) * len(made)))
    keep({a}.grad_fn.register_prehook(lambda given: given[0]))
    drop()              drop()              drop()                  drop()
"""
KEEPING = """
    {a}.sum().backward(retain_graph=True)
    ({a} * {b}).sum().backward(retain_graph=True)
    ({a} * {b} + {c}).sum().backward(retain_graph=True)
    ({a} + {b} * {n}).sum().backward(create_graph=True)
    ({a} * {b}).sum().backward(inputs=[{b}, {c}], retain_graph=True)
    {a}.sum().backward()
"""
QUERIES = """
    torch.autograd.grad({a}.sum(), {b}, retain_graph=True, allow_unused=True)[0].clone()
    torch.autograd.grad(({a} * {b}).sum(), {b}, create_graph=True, allow_unused=True)[0].clone()
"""
PASSES = """
    {a}.backward()
    {a}.backward({b})
    {a}.backward(torch.ones_like({a}), retain_graph=True)
    {a}.sum().backward()
    {a}.sum().backward(retain_graph=True)
    {a}.sum().backward(create_graph=True)
    {a}.sum().backward(inputs=[{b}])
    ({a} * {b}).sum().backward(inputs=[{b}, {c}], retain_graph=True)
    torch.autograd.backward([{a}, {b}], [torch.ones_like({a}), torch.ones_like({b})])
"""
GRADIENTS = """
    {a}.grad.clone()
    torch.autograd.grad({a}.sum(), {b})[0].clone()
    torch.autograd.grad({a}, {b}, {c})[0].clone()
    torch.autograd.grad({a}.sum(), {b}, retain_graph=True)[0].clone()
    torch.autograd.grad({a}.sum(), {b}, create_graph=True)[0].clone()
    torch.autograd.grad({a}.sum(), [{b}, {c}], allow_unused=True)[1].clone()
    torch.autograd.grad({a}.sum(), {b}, materialize_grads=True)[0].clone()
"""
# refused by torch before it looks at anything else; refused when it was done
AT_ONCE = re.compile("Inference tensors cannot be saved|another view of its base")
WRITTEN_FIRST = re.compile("Inplace update to inference tensor")
# assertions of torch's; what it does not have yet; a hook that it refuses, but not the next one;
# hooks of several tensors, which it puts on views, and there are none in inference mode
ACCIDENT = re.compile(
    "INTERNAL ASSERT|currently not supported|another view of its base.*register"
    "|no attribute 'next_functions'.*register_multi_grad_hook"
)
NAME = re.compile(r"(?:with [^:]*: )?(t\d+) =")
KEYS = ["0", "0:1", "...", ":, 0", "::2", "None", "[0]", "[0, 0]", "[-1, 0]", "..., -1", "1:"]
NUMBERS = [0.5, 2.0, -1.0, 0.0, 3]
MODES = [
    *("",) * 8,
    *("torch.no_grad()", "torch.enable_grad()") * 2,
    "torch.set_grad_enabled(False)",
    "torch.inference_mode()",
    "torch.inference_mode(), torch.enable_grad()",
    "torch.inference_mode(), torch.inference_mode(False)",
]


@dataclass(frozen=True)
class Act:
    """A line with blanks, whether its value gets a name, and what fills the blanks."""

    form: str
    named: bool
    mode: str
    picks: tuple[int, int, int]
    key: str
    number: float
    dim: int


def forms(block: str) -> list[str]:
    """Return the forms of a block: several in a line stand apart."""
    return [form.strip() for form in re.split(r"\s{2,}", block) if form.strip()]


def acts(block: list[str], *, named: bool) -> st.SearchStrategy[Act]:
    """Return a strategy of acts of these forms."""
    pick = st.integers(0, RECENT - 1)
    return st.builds(
        Act,
        form=st.sampled_from(block),
        named=st.just(named),
        mode=st.sampled_from(MODES),
        picks=st.tuples(pick, pick, pick),
        key=st.sampled_from(KEYS),
        number=st.sampled_from(NUMBERS),
        dim=st.sampled_from([0, -1, 1]),
    )


made = acts(forms(MADE), named=True)
any_act = st.one_of(
    made,
    *[acts(forms(block), named=True) for block in (RECORDED, RECORDED, VIEWED, GRADIENTS)],
    *[acts(forms(block), named=False) for block in (WRITTEN, WRITTEN, ASKED, PASSES)],
)
programs = st.tuples(st.lists(made, min_size=2, max_size=3), st.lists(any_act, min_size=14)).map(
    lambda parts: [*parts[0], *parts[1]]
)


leaves = acts(forms(LEAVES), named=True)
hooked_act = st.one_of(
    leaves,
    *[acts(forms(block), named=True) for block in (TAME, TAME, TAME, SEEN)],
    *[acts(forms(block), named=False) for block in (OVER, HOOKED, HOOKED, HOOKED, FAILING)],
    *[acts(forms(block), named=False) for block in (KEEPING, KEEPING, KEEPING)],
    acts(forms(QUERIES), named=True),
)
hooked_programs = st.tuples(
    st.lists(leaves, min_size=2, max_size=2), st.lists(hooked_act, min_size=28, max_size=28)
).map(lambda parts: [*parts[0], *parts[1]])
"""Thirty lines, with hooks in plenty."""


class Outside(Exception):
    """A program came to where the two are not compared: large numbers, an assertion of torch's."""


class Pair:
    """Both libraries in the midst of a program."""

    def __init__(self) -> None:
        self.names: list[dict[str, Any]] = [beginning(x) for x in (torch, engine)]
        self.versions: list[dict[str, int | None]] = [{}, {}]
        self.tensors: list[str] = []
        self.lines: list[str] = []

    def line_of(self, act: Act) -> str:
        """Fill the blanks of an act."""
        recent = self.tensors[: -RECENT - 1 : -1] or ["log"]
        a, b, c = (recent[pick % len(recent)] for pick in act.picks)
        line = act.form.format(a=a, b=b, c=c, k=act.key, n=act.number, d=act.dim)
        if act.named:
            line = f"t{len(self.tensors)} = {line}"
        return f"with {act.mode}: {line}" if act.mode else line

    def do(self, line: str) -> str | None:
        """Run a line in both and say what differs then; a line that both refuse is forgotten."""
        whole = "\n".join([*self.lines, line])
        if "again(" in whole and "], note)" in whole:
            raise Outside  # a pass in a pass: torch counts for both what such a hook waits for
        expected, found = [refusal(line, names) for names in self.names]
        if expected == ANY and found is not None:
            expected = found
        if expected == END and found is not None:
            raise Outside
        if found != expected:
            self.lines.append(line)
            return f"torch: {expected or 'done'}, found: {found or 'done'}"
        if expected is None:
            self.lines.append(line)
            made = NAME.match(line)
            if made:
                self.take(made[1])
        said = self.compared()
        if said and expected is not None:
            self.lines.append(line)  # refused, but it left something behind
        return said

    def take(self, name: str) -> None:
        """Let further lines use a tensor; writes to it are counted from here."""
        self.tensors.append(name)
        for names, versions in zip(self.names, self.versions, strict=True):
            versions[name] = version(names[name])

    def compared(self) -> str | None:
        """Compare all that can be seen of the tensors, and what hooks were given.

        Outside where torch has a tensor that is half one of inference, or one that requires grad,
        or a view of what nobody has: outside its mode an operation of tensors of inference goes
        past autograd, which sees its last step alone, as that of `stack`, which is a view.
        """
        made = [self.names[0][name] for name in self.tensors]
        if any(tensor.is_inference() is not (version(tensor) is None) for tensor in made):
            raise Outside
        expected, found = ([*flat(names["log"])] for names in self.names)
        if len(expected) != len(found) or not np.allclose(expected, found, 1e-3, equal_nan=True):
            return f"hooks: torch: {expected}, found: {found}"
        for name in self.tensors:
            pair = zip(self.names, self.versions, strict=True)
            seen = [looked_at(names[name], versions[name]) for names, versions in pair]
            for what, wanted in seen[0].items():
                if not alike(wanted, seen[1][what]):
                    if what == "is_view" and wanted and any(map(torch.is_inference, made)):
                        raise Outside
                    return f"{name}.{what}: torch: {wanted}, found: {seen[1][what]}"
        if any(tensor.is_inference() and tensor.requires_grad for tensor in made):
            raise Outside
        return None


def beginning(library: Any) -> dict[str, Any]:
    """Return the names that a program starts with: a library, a log, and what hooks may do."""
    log: list[Any] = []
    handles: list[Any] = []
    inside: list[Any] = []

    def note(seen: Any) -> None:
        log.append(listed(seen))

    def scaled(gradient: Any, number: float) -> Any:
        return gradient if gradient is None else gradient * number

    def keep(handle: Any) -> None:
        handles.append(handle)

    def drop() -> None:
        if handles:
            handles.pop().remove()

    def again(tensor: Any) -> None:
        if not inside:
            inside.append(tensor)
            try:
                with library.enable_grad():
                    tensor.sum().backward(retain_graph=True)
            finally:
                inside.clear()

    hooks = {"note": note, "scaled": scaled, "keep": keep, "drop": drop, "again": again}
    return {"torch": library, "log": log, **hooks}


def listed(seen: Any) -> list[Any]:
    """Return the numbers of gradients, NaN for one that is None."""
    if seen is None:
        return [float("nan")]
    if isinstance(seen, list | tuple):
        return [listed(each) for each in seen]
    return [seen.detach().tolist()]


ANY, END = "a refusal of any class", "a refusal after which the program ends"


@dataclass(frozen=True)
class Difference:
    """A program, the last line of which the libraries do not agree on, and what they say."""

    lines: list[str]
    said: str

    def __str__(self) -> str:
        return "\n".join(["", "import torch", "log = []", *self.lines, "", self.said])


def difference(program: list[Act] | list[str]) -> Difference | None:
    """Run acts, or lines, in both libraries up to the first difference."""
    pair = Pair()
    with warnings.catch_warnings(), contextlib.suppress(Outside):
        warnings.simplefilter("ignore")
        for act in program:
            said = pair.do(pair.line_of(act) if isinstance(act, Act) else act)
            if said:
                return Difference(pair.lines, said)
    return None


def shortened(found: Difference | None) -> Difference | None:
    """Leave out every line without which the libraries still differ; later lines first."""
    for line in reversed(found.lines if found else []):
        assert found is not None
        found = difference([each for each in found.lines if each != line]) or found
    return found


def refusal(line: str, names: dict[str, Any]) -> str | None:
    """Run a line; return the builtin class of what it raises."""
    try:
        exec(line, names)
    except NameError:
        return "NameError"  # of a program that is being shortened
    except AssertionError as error:
        raise Outside from error
    except KINDS as error:
        if ACCIDENT.search(f"{error} {line}"):
            raise Outside from error
        if AT_ONCE.search(str(error)):
            return ANY
        return END if WRITTEN_FIRST.search(str(error)) else Raised(error)
    return None


def version(tensor: Any) -> int | None:
    """Return the version of a tensor; those of inference have none."""
    try:
        return int(tensor._version)
    except RuntimeError:
        return None


def looked_at(tensor: Any, before: int | None) -> dict[str, Any]:
    """Return what can be seen of a tensor, and how often it was written since."""
    now = version(tensor)
    return {
        "is_inference": tensor.is_inference(),
        "value": values(tensor),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": tuple(tensor.shape),
        "requires_grad": tensor.requires_grad,
        "is_leaf": attempted(lambda: tensor.is_leaf),
        "retains_grad": tensor.retains_grad,
        "is_view": tensor._is_view(),
        "writes": None if now is None else now - (before or 0),
        "grad": None if tensor.grad is None else values(tensor.grad),
        "grad requires_grad": None if tensor.grad is None else tensor.grad.requires_grad,
        "grad dtype": None if tensor.grad is None else str(tensor.grad.dtype).partition(".")[2],
        "grad_fn": attempted(lambda: named(tensor.grad_fn)),
        "output_nr": attempted(lambda: tensor.output_nr),
        "stride": steps(tensor),
        "offset": tensor.storage_offset() if tensor.numel() else None,
    }


def steps(tensor: Any) -> list[int]:
    """Return the strides that lead anywhere: those of more than one entry."""
    if not tensor.numel():
        return []
    return [step for step, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1]


def named(node: Any) -> str | None:
    """Return the name of a node, without the place where torch has its class."""
    return None if node is None else node.name().rpartition("::")[2]


def attempted(read: Any) -> Any:
    """Return what is read, or the class of the refusal."""
    try:
        return read()
    except RuntimeError as error:
        return Raised(error)


def values(tensor: Any) -> Any:
    """Return the numbers of a tensor; Outside if they are large."""
    array = np.asarray(tensor.detach().tolist(), float).reshape(tuple(tensor.shape))
    if np.any(np.abs(array[np.isfinite(array)]) > LARGE):
        raise Outside
    return (array, CLOSE.get(str(tensor.dtype).removeprefix("torch."), 0.0))


def alike(expected: Any, found: Any) -> bool:
    """Compare what was seen: numbers up to rounding."""
    if not (isinstance(expected, tuple) and expected and isinstance(expected[0], np.ndarray)):
        return bool(expected == found)
    if not isinstance(found, tuple) or expected[0].shape != found[0].shape:
        return False
    return np.allclose(expected[0], found[0], expected[1], LARGE * expected[1], equal_nan=True)


def flat(log: Any) -> Any:
    """Yield the numbers in nested lists."""
    for each in log:
        yield from flat(each) if isinstance(each, list) else [float(each)]

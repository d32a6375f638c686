"""What tutorials show is printed as torch prints it, with another import and nothing else changed.

A program is run with each of the two under the name `torch`; what it prints must be the same text,
but for the addresses of objects.  Of an error the class and the gist count, not the words.
"""

from __future__ import annotations

import contextlib
import io
import re
import textwrap
from typing import Any

import pytest
import torch

import gradspec_reference

ADDRESS = re.compile(r"0x[0-9a-f]+")

PROGRAMS = {
    "gradients_are_there_after_the_pass": """
        a = torch.arange(2.0, 6.0, requires_grad=True)
        b = torch.linspace(0.5, 2.0, 4, requires_grad=True)
        c = torch.cos(torch.dot(a, b))
        print(c, c.requires_grad, a.grad, b.grad)
        c.backward()
        print(a.grad)
        print(b.grad)
        print(torch.allclose(a.grad, -b * a.dot(b).sin()))
    """,
    "the_graph_is_looked_at": """
        a = torch.ones(3, requires_grad=True)
        total = (a * a).sum()
        print(total.grad_fn, total.grad_fn.name(), a.grad_fn)
        product = total.grad_fn.next_functions[0][0]
        print(product.name(), [node.name() for node, _ in product.next_functions])
    """,
    "each_operation_has_a_name": """
        x = torch.tensor(1.5, requires_grad=True)
        for y in (x + 1, x - 1, x * 2, x / 2, x ** 3, -x, x.exp(), x.log(), x.sqrt(), x.relu()):
            print(y)
        m = torch.ones(2, 2, requires_grad=True)
        for y in (m @ m, m.T, m.sum(), m.mean(), m[0], m.reshape(4), m.softmax(dim=-1), m.max()):
            print(y, y.grad_fn.name())
    """,
    "a_cotangent_for_what_is_no_number": """
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        table = torch.outer(a, a)
        try:
            table.backward()
        except RuntimeError as error:
            print("refused")
        table.backward(gradient=torch.ones_like(table))
        print(a.grad)
        losses = torch.stack([a.sum(), a.prod()])
        losses.backward(torch.tensor([0.25, 4.0]))
        print(a.grad)
    """,
    "derivatives_of_derivatives": """
        u = torch.tensor(1.0, requires_grad=True)
        v = torch.tensor(3.0, requires_grad=True)
        by_u, by_v = torch.autograd.grad(torch.exp(u * v) / 7, (u, v), create_graph=True)
        print(by_u, by_v)
        print(torch.autograd.grad(by_u, u, retain_graph=True))
        print(torch.autograd.grad(by_v, v))
    """,
    "once_is_enough_for_a_graph": """
        w = torch.tensor([2.0], requires_grad=True)
        y = (w + 1) * w
        for retain_graph in (True, False, False):
            try:
                y.backward(retain_graph=retain_graph)
                print(w.grad)
            except RuntimeError:
                print("a second time")
    """,
    "gradients_add_up_until_they_are_cleared": """
        w = torch.tensor(1.0, requires_grad=True)
        for step in range(3):
            (w ** 3).backward()
            print(step, w.grad, w.grad.item())
        for step in range(2):
            w.grad.zero_()
            (w ** 3).backward()
            print(f"step {step}: {w.grad}")
    """,
    "intermediates_keep_theirs_on_request": """
        w = torch.tensor([4.0], requires_grad=True)
        h = w * 3
        h.retain_grad()
        (h + 1).backward()
        print(w.is_leaf, h.is_leaf, w.grad, h.grad)
    """,
    "nothing_is_recorded": """
        w = torch.ones(2, 3, requires_grad=True)
        with torch.no_grad():
            print(w * 2, (w * 2).requires_grad)
        print((w * 2).detach())
        with torch.inference_mode():
            print((w * 2).requires_grad)
        kept = (w * w).detach()
        (kept * w).sum().backward()
        print(w.grad == kept)
    """,
    "leaves_are_not_written": """
        w = torch.ones(2, requires_grad=True)
        try:
            w.add_(1)
        except RuntimeError:
            print("a leaf")
        with torch.no_grad():
            w -= 0.5
        print(w, w.data)
    """,
    "a_saved_value_was_written": """
        w = torch.ones(2, requires_grad=True)
        y = w.exp()
        y.mul_(2)
        try:
            y.sum().backward()
        except RuntimeError:
            print("written")
        print(y)
    """,
    "python_decides": """
        def grow(a):
            b = a * 3
            while b.norm() < 500:
                b = b * 3
            return b if b.sum() > 0 else -10 * b

        for start in (0.7, -2.0):
            a = torch.tensor(start, requires_grad=True)
            d = grow(a)
            d.backward()
            print(d, a.grad, a.grad == d / a)
    """,
    "attention_by_hand": """
        names = "query key value".split()
        shift = {name: number for number, name in enumerate(names)}
        w = {n: (torch.arange(9.0).reshape(3, 3) - shift[n]).div(9).requires_grad_() for n in names}
        x = torch.tensor([[0.1, 0.2, 0.3], [0.6, 0.5, 0.4]])
        query, key, value = (x @ w[name] for name in names)
        weights = torch.softmax(query @ key.T / 3 ** 0.5, dim=-1)
        output = weights @ value
        print(output)
        output.square().sum().backward()
        print({name: w[name].grad.shape for name in names}, x.grad)
        print(w["key"].grad)
    """,
    "evenly_spaced": """
        for steps in (1, 2, 5, 10, 37, 200):
            print(torch.linspace(-2 * torch.pi, 2 * torch.pi, steps).tolist())
            print(torch.linspace(3, -7.7, steps, dtype=torch.float64).tolist())
        print(torch.linspace(0, 10, 5, dtype=torch.int64))
    """,
    "numbers_of_all_kinds": """
        print(torch.tensor([1, 2, 3]), torch.tensor([True, False]), torch.tensor(2.0))
        print(torch.tensor([1e-8, 1.0]), torch.tensor([1e8, 0.5]), torch.arange(3.0) / 3)
        print(torch.zeros(2, 2, dtype=torch.float64), torch.ones(2, dtype=torch.int32))
        print(torch.arange(40.0) * 1.5)
        print(torch.arange(2000.0), torch.tensor([]), torch.tensor(float("nan")))
        print(torch.zeros(3, requires_grad=True))
        print(torch.zeros(1, dtype=torch.float64).requires_grad_())
    """,
}


def printed(module: Any, program: str) -> str:
    """Return what a program prints whose torch this is."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(textwrap.dedent(program), {"torch": module})
    return ADDRESS.sub("0x", out.getvalue())


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_tutorial_prints_what_torch_prints(name: str) -> None:
    found = printed(gradspec_reference, PROGRAMS[name])

    assert found == printed(torch, PROGRAMS[name])
    assert found

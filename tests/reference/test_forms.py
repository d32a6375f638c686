"""Shapes, dtypes, devices, conversions and pairs of results read and behave as in torch."""

from __future__ import annotations

import pytest
from lockstep import assert_alike

OF_A_SIZE = """
s[0], s[:1], s[-1:], s[::2]
s + (1,), (1,) + s, s + s, s * 2, 2 * s
s + [1]
s + 3
s == (2, 3), hash(s) == hash((2, 3)), s.numel(), list(s), s.index(3)
torch.Size((1, torch.tensor(2))), torch.Size()
torch.Size([2.5])
torch.Size(["a"])
torch.Size(3)
"""

OTHERS = """
torch.device("cpu")
torch.device("cpu", 0)
torch.device("cpu:0")
torch.device(torch.device("cpu"))
torch.device("nowhere")
torch.zeros(1).device
torch.device("cpu").type, torch.device("cpu").index, torch.zeros(1).is_cpu
torch.device("cpu") == torch.zeros(1, device=torch.device("cpu")).device
len({torch.device("cpu"), torch.device("cpu"), torch.device("cpu:0")})
torch.tensor([2.0, 1.0]).max(0)
torch.tensor([2.0, 1.0]).min(0)
torch.tensor([2.0, 1.0]).median(0)
torch.tensor([2.0, 1.0]).sort()
torch.tensor([2.0, 1.0]).topk(1)
torch.float32.is_signed, torch.uint8.is_signed, torch.bool.is_signed, torch.int8.to_real()
torch.zeros(2, 3).nbytes, torch.zeros(2, 3).itemsize, torch.zeros(2, 3).nelement()
torch.zeros(2).type(), torch.zeros(2).bool().type(), torch.zeros(2).type(torch.int64)
list(reversed(torch.tensor([1, 2, 3])))
reversed(torch.tensor(1))
torch.from_numpy(np.ones(3)[::-1])
torch.tensor(np.ones(3)[::-1])
torch.tensor([1.0, 2.0]) == np.ones(2)
np.ones(2) == torch.tensor([1.0, 2.0])
torch.tensor([1.0, 2.0]) < np.ones(2)
torch.tensor([1.0]) == np.array("a")
np.exp(torch.tensor([0.0])), np.mean(torch.tensor([0.0, 1.0])), np.isnan(torch.zeros(2))
complex(torch.tensor(1.5)), round(torch.tensor(1.567), 2), [1, 2][torch.tensor(1)]
int(torch.tensor([1, 2]))
float(torch.tensor([]))
bool(torch.tensor([1.0, 2.0]))
3.0 in torch.ones(2), 1 in torch.ones(2), torch.tensor(1) in torch.ones(2)
"a" in torch.ones(2)
"%.2f, %d" % (torch.tensor(1.239), torch.tensor(2.7))
repr(leaf(1.0).exp().grad_fn).split(" at ")[0]
__import__("copy").copy(leaf(1.0).exp().grad_fn)
__import__("pickle").dumps(leaf(1.0).exp().grad_fn)
"""


@pytest.mark.parametrize("form", OF_A_SIZE.strip().splitlines())
def test_a_size_is_as_in_torch(form: str) -> None:
    assert_alike(f"s = torch.zeros(2, 3).shape\nattempt(lambda: (r := ({form}), repr(r)))")


@pytest.mark.parametrize("form", OTHERS.strip().splitlines())
def test_it_reads_and_behaves_as_in_torch(form: str) -> None:
    assert_alike(f"attempt(lambda: (r := ({form}), repr(r), str(r), format(r))[1:])")

"""Threads that use the engine at once: nothing is lost, and nobody is given what is another's."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gradspec_reference as torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 8
PASSES = 1000
MEETINGS = 20


@pytest.fixture(autouse=True)
def restless() -> Iterator[None]:
    """Have Python change threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(action: Callable[[int], Any]) -> list[Any]:
    """Do something in each of the threads, all beginning together; give what they gave."""
    together = Barrier(THREADS)

    def begin(number: int) -> Any:
        together.wait()
        return action(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


@pytest.mark.parametrize("size", [1, 1000], ids=["small", "beyond_the_lock_of_python"])
def test_passes_of_all_threads_add_up_at_one_leaf(size: int) -> None:
    x = torch.zeros(size, requires_grad=True)
    passes = PASSES if size == 1 else PASSES // 10

    def differentiate(number: int) -> None:
        weight = torch.tensor(float(number + 1))
        for _ in range(passes):
            (x * weight).sum().backward()

    at_once(differentiate)

    assert x.grad.tolist() == [36.0 * passes] * size


def test_a_first_gradient_is_not_replaced_by_another() -> None:
    for _ in range(MEETINGS):
        x = torch.tensor(1.0, requires_grad=True)
        at_once(lambda number, x=x: (x * float(number + 1)).backward())

        assert x.grad.item() == 36.0


def test_who_comes_second_takes_the_memory_that_the_first_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another thread makes memory for the same scalar between the making and the taking in."""
    scalar = torch.tensor(1.0) * 2.0
    sound, of_the_first = np.array, []

    def array(*given: Any) -> Any:
        if not of_the_first:
            monkeypatch.undo()
            of_the_first.append(scalar.materialise())
        return sound(*given)

    assert not isinstance(scalar._array, np.ndarray)
    monkeypatch.setattr(np, "array", array)

    assert scalar.materialise() is of_the_first[0]


@pytest.mark.filterwarnings("ignore:backward:UserWarning")
def test_recorded_gradients_add_up_at_one_leaf() -> None:
    x = torch.tensor(1.0, requires_grad=True)

    def differentiate(_: int) -> None:
        for _ in range(PASSES // 100):
            (x * x).backward(create_graph=True)

    at_once(differentiate)

    assert x.grad.item() == 2.0 * THREADS * (PASSES // 100)


def test_threads_train_for_themselves() -> None:
    def differentiate(number: int) -> float:
        x = torch.tensor(1.0, requires_grad=True)
        for _ in range(PASSES // 10):
            (x * float(number)).exp().log().backward()
        return float(x.grad.item())

    assert at_once(differentiate) == pytest.approx([n * PASSES / 10 for n in range(THREADS)])


def test_each_query_of_a_new_leaf_is_answered() -> None:
    for _ in range(MEETINGS):
        x = torch.tensor(1.0, requires_grad=True)
        found = at_once(lambda number, x=x: torch.autograd.grad(x * float(number), x)[0].item())

        assert found == [float(number) for number in range(THREADS)]
        assert x.grad is None


def test_aliases_made_at_once_count_writes_together() -> None:
    for _ in range(MEETINGS):
        x = torch.tensor([1.0])
        aliases = at_once(lambda _, x=x: x.detach())
        aliases[0].add_(1.0)

        assert [alias._version for alias in (x, *aliases)] == [1] * (THREADS + 1)


def test_hooks_put_on_at_once_are_all_called() -> None:
    for _ in range(MEETINGS):
        x = torch.tensor(1.0, requires_grad=True)
        seen: list[int] = []
        at_once(lambda number, x=x, seen=seen: x.register_hook(lambda _: seen.append(number)))
        (x * 2.0).backward()

        assert sorted(seen) == list(range(THREADS))


def test_a_mode_is_one_of_its_thread() -> None:
    x = torch.tensor(1.0, requires_grad=True)

    def record(number: int) -> set[bool]:
        found = set()
        for _ in range(PASSES // 10):
            with torch.set_grad_enabled(number % 2 == 0):
                found.add((x * 2.0).requires_grad)
        return found

    assert at_once(record) == [{number % 2 == 0} for number in range(THREADS)]

"""What programs do with optimizers and clipping beside steps, in both libraries."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from alongside import same

if TYPE_CHECKING:
    from collections.abc import Callable

inf = float("inf")


def leaves(e: Any, count: int = 2, gradient: Any = (3.0, 4.0)) -> list[Any]:
    made = [e.tensor([1.0, 2.0]).requires_grad_() for _ in range(count)]
    for each in made:
        each.grad = None if gradient is None else e.tensor(gradient)
    return made


def sgd(e: Any, parameters: Any = None, **options: Any) -> Any:
    given = leaves(e) if parameters is None else parameters
    return e.optim.SGD(given, **{"lr": 0.1, **options})


def test_clipping_has_torchs_norms() -> None:
    def program(e: Any) -> Any:
        found = []
        for order in (1, 2, 3.0, inf, -1, 0, 0.5, -inf):
            given = leaves(e)
            norm = e.nn.utils.clip_grad_norm_(iter(given), 1.0, order)
            found.append((norm.item(), given[0].grad.tolist()))
        return found

    same(program)


def of_two_dtypes(e: Any) -> Any:
    given = [e.ones(2, dtype=d).requires_grad_() for d in (e.float32, e.float64)]
    for each in given:
        each.grad = e.ones(2, dtype=each.dtype) * 3
    total = e.nn.utils.clip_grad_norm_(given, 1.0)
    return total.dtype, [(p.grad.dtype, p.grad.tolist()) for p in given]


def not_finite(e: Any, *, refused: bool) -> Any:
    (leaf,) = leaves(e, 1, (3.0, inf))
    norm = e.nn.utils.clip_grad_norm_(leaf, 1.0, error_if_nonfinite=refused)
    return norm.item(), leaf.grad.tolist()


def in_two_calls(e: Any) -> Any:
    given = leaves(e)
    norm = e.nn.utils.get_total_norm([p.grad for p in given])
    e.nn.utils.clip_grads_with_norm_(given, 1.0, norm)
    return norm.item(), given[0].grad.tolist()


CLIPPING: dict[str, Callable[[Any], Any]] = {
    "two dtypes": of_two_dtypes,
    "a norm that is not finite": lambda e: not_finite(e, refused=True),
    "such a norm that is let through": lambda e: not_finite(e, refused=False),
    "two calls": in_two_calls,
    "nothing": lambda e: e.nn.utils.clip_grad_norm_([], 1.0).item(),
    "a generator that is empty": lambda e: e.nn.utils.clip_grad_norm_(iter(()), 1.0).item(),
    "no gradients": lambda e: e.nn.utils.clip_grad_norm_(leaves(e, gradient=None), 1.0).item(),
    "one by one": lambda e: e.nn.utils.clip_grad_norm_(leaves(e), 1.0, foreach=False).item(),
    "one tensor": lambda e: e.nn.utils.get_total_norm(e.tensor([3.0, 4.0])).item(),
    "a number": lambda e: e.nn.utils.clip_grad_norm_([1.0], 1.0),
    "a text": lambda e: e.nn.utils.clip_grad_norm_(leaves(e), "x"),
}


def spent(e: Any) -> Any:
    return e.nn.utils.clip_grad_norm_((each for each in ()), 1.0).item()


@pytest.mark.parametrize("name", [*CLIPPING, "a generator that is spent"])
def test_clipping_does_what_torchs_does(name: str) -> None:
    same(CLIPPING.get(name, spent))


GROUPS: dict[str, Callable[[Any], Any]] = {
    "no rule": lambda e: e.optim.Optimizer(leaves(e), {}).step(),
    "no rule, shown": lambda e: repr(e.optim.Optimizer(leaves(e), {"lr": 1})),
    "some names": lambda e: sgd(e, [("a", leaves(e)[0]), leaves(e)[0]]),
    "a list for a group": lambda e: sgd(e).add_param_group(leaves(e)),
    "a group of a set": lambda e: sgd(e).add_param_group({"params": set(leaves(e))}),
    "a set": lambda e: len(sgd(e, set(leaves(e))).param_groups),
    "a group of nothing named": lambda e: sgd(e).add_param_group({"lr": 1}),
    "a parameter twice": lambda e: len(sgd(e, leaves(e, 1) * 2).param_groups[0]["params"]),
    "texts": lambda e: sgd(e, ["a"]),
    "nothing": lambda e: sgd(e, []),
    "an empty group": lambda e: len(sgd(e, [{"params": []}]).param_groups),
    "a rate below zero": lambda e: sgd(e, lr=-1),
    "a rate that is no number": lambda e: sgd(e, lr="a"),
    "a rate that is a tensor": lambda e: sgd(e, lr=e.tensor(0.5)).param_groups[0]["lr"].item(),
    "None": lambda e: e.optim.SGD(None, lr=0.1),
    "a beta of one": lambda e: e.optim.Adam(leaves(e), betas=(1.0, 0.9)),
    "an eps below zero": lambda e: e.optim.Adam(leaves(e), eps=-1),
    "what was computed": lambda e: sgd(e, [leaves(e)[0] * 2]),
    "integers": lambda e: len(sgd(e, [e.tensor([1])]).param_groups),
    "another size": lambda e: sgd(e, leaves(e, 1)).load_state_dict(sgd(e).state_dict()),
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups_are_what_torchs_are(name: str) -> None:
    same(GROUPS[name])


def test_parameters_have_names() -> None:
    def program(e: Any) -> Any:
        model = e.nn.Sequential(e.nn.Linear(2, 2), e.nn.Linear(2, 1))
        optimizer = e.optim.SGD(model.named_parameters(), lr=0.1)
        optimizer.add_param_group({"params": [("more", leaves(e)[0])], "lr": 2})
        loaded = e.optim.SGD([{"params": [("b", p)]} for p in leaves(e)], lr=0.1)
        unnamed = e.optim.SGD([{"params": [p]} for p in leaves(e)], lr=0.3).state_dict()
        loaded.load_state_dict(unnamed)
        return optimizer.state_dict(), repr(optimizer), loaded.state_dict()

    same(program)


def test_groups_with_names_stand_apart() -> None:
    same(lambda e: sgd(e, [("a", leaves(e)[0])]).add_param_group({"params": leaves(e)}))


def test_a_group_is_the_dict_that_was_given() -> None:
    def program(e: Any) -> Any:
        group = {"params": leaves(e)[0]}
        optimizer = sgd(e, [group])
        return optimizer.param_groups[0] is group, sorted(group), type(group["params"])

    same(program)


def test_a_loaded_state_is_shared() -> None:
    def program(e: Any) -> Any:
        one, other = (e.optim.Adam(leaves(e)) for _ in range(2))
        one.step()
        one.state["more"] = 3
        state = one.state_dict()
        other.load_state_dict(state)
        wide = e.optim.Adam([p.detach().double() for p in leaves(e)])
        wide.load_state_dict(state)
        (first, second) = other.param_groups[0]["params"]
        memory = other.state[first]
        of_wide = wide.state[wide.param_groups[0]["params"][0]]
        return (
            {name: value is state["state"][0][name] for name, value in memory.items()},
            {name: value.dtype for name, value in of_wide.items()},
            state["state"][0] is one.state[one.param_groups[0]["params"][0]],
            other.param_groups[0] is state["param_groups"][0],
            other.state["more"],
            second in other.state,
        )

    same(program)


def test_hooks_change_what_a_step_is_given() -> None:
    def program(e: Any) -> Any:
        log: list[Any] = []
        optimizer = sgd(e)
        optimizer.register_step_pre_hook(
            lambda o, given, named: log.append((given[0] is o, len(given), sorted(named)))
        )
        optimizer.register_step_pre_hook(lambda o, _given, _named: ((o, lambda: 7), {}))
        optimizer.register_step_post_hook(lambda _o, given, _named: log.append(len(given)))
        return [optimizer.step(), optimizer.step(closure=lambda: 3), *log]

    same(program)


def test_a_hook_that_gives_something_else_is_refused() -> None:
    def program(e: Any) -> Any:
        optimizer = sgd(e)
        optimizer.register_step_pre_hook(lambda *_: 5)
        optimizer.step()

    same(program)


def test_hooks_see_states() -> None:
    def program(e: Any) -> Any:
        log: list[Any] = []
        optimizer = sgd(e)
        optimizer.register_state_dict_pre_hook(lambda _o: log.append("later"))
        optimizer.register_state_dict_pre_hook(lambda _o: log.append("first"), prepend=True)
        optimizer.register_state_dict_post_hook(lambda _o, state: {**state, "extra": 1})
        optimizer.register_load_state_dict_pre_hook(lambda _o, state: log.append(sorted(state)))
        optimizer.register_load_state_dict_post_hook(lambda _o: log.append("loaded"))
        handle = optimizer.register_load_state_dict_post_hook(
            lambda _o: log.append("just loaded"), prepend=True
        )
        optimizer.load_state_dict(optimizer.state_dict())
        handle.remove()
        optimizer.load_state_dict(optimizer.state_dict())
        return log

    same(program)


def test_a_rule_of_the_callers_has_hooks_and_is_counted() -> None:
    def program(e: Any) -> Any:
        class Mine(e.optim.Optimizer):  # type: ignore[misc, name-defined]
            def __init__(self, params: Any, lr: float = 0.1) -> None:
                super().__init__(params, {"lr": lr})

            @e.no_grad()
            def step(self, closure: Any = None) -> None:
                for group in self.param_groups:
                    for parameter in group["params"]:
                        memory = self.state[parameter]
                        memory["n"] = memory.get("n", 0) + 1
                        parameter.add_(parameter.grad, alpha=-group["lr"])

        log: list[Any] = []
        given = leaves(e)
        optimizer = Mine(given)
        optimizer.register_step_pre_hook(lambda *_: log.append("before"))
        schedule = e.optim.lr_scheduler.StepLR(optimizer, 1)
        optimizer.step()
        schedule.step()
        optimizer.step()
        return log, [p.tolist() for p in given], optimizer.state_dict()["state"], repr(optimizer)

    same(program)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])  # noqa: S301
def test_copies_of_optimizers_learn_alone(copied: Any) -> None:
    def program(e: Any) -> Any:
        optimizer = sgd(e, momentum=0.9)
        optimizer.step()
        twin = copied(optimizer)
        for each in twin.param_groups[0]["params"]:
            each.grad = e.ones(2)
        twin.step()
        return [o.param_groups[0]["params"][0].tolist() for o in (optimizer, twin)], repr(twin)

    same(program)

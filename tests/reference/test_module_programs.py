"""What programs do with modules beside calling them, in both libraries."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest
from alongside import same

if TYPE_CHECKING:
    from collections.abc import Callable


def filled(module: Any) -> Any:
    """Give parameters numbers that are the same in both libraries."""
    for number, each in enumerate(module.parameters()):
        each.data.fill_(0.5 + number)
    return module


def linear(e: Any, *sizes: int, **options: Any) -> Any:
    return filled(e.nn.Linear(*(sizes or (2, 2)), **options))


def with_parts(e: Any) -> Any:
    class Model(e.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first = e.nn.Linear(2, 2)
            self.again = self.first
            self.scale = e.nn.Parameter(e.ones(1))
            self.same = self.scale
            self.kept = e.nn.Buffer(e.ones(2))
            self.passing = e.nn.Buffer(e.zeros(1), persistent=False)
            self.register_buffer("counted", e.tensor(3))
            self.register_parameter("none", None)

        def forward(self, x: Any, factor: float = 1.0, *, shift: float = 0.0) -> Any:
            if factor == 0:
                raise ValueError("zero")
            return self.first(x) * self.scale * factor + shift

    return filled(Model())


def hooks_of_calls(e: Any) -> Any:
    log: list[Any] = []
    model = with_parts(e)
    model.register_forward_pre_hook(lambda _m, given: log.append(len(given)))
    model.register_forward_pre_hook(
        lambda _m, given, named: ((given[0] * 2, *given[1:]), {**named, "shift": 1.0}),
        with_kwargs=True,
        prepend=True,
    )
    model.register_forward_hook(
        lambda _m, given, named, out: log.append((len(given), sorted(named), out.tolist())),
        with_kwargs=True,
    )
    model.register_forward_hook(lambda _m, _given, out: out + 1, prepend=True)
    model.register_forward_hook(lambda *_: log.append("always"), always_call=True)
    out = model(e.ones(1, 2), factor=2.0)
    with pytest.raises(ValueError, match="zero"):
        model(e.ones(1, 2), factor=0.0)
    return log, out.tolist()


def failing_hooks(e: Any) -> Any:
    model = with_parts(e)
    model.register_forward_hook(lambda *_: 1 / 0, always_call=True)
    model(e.ones(1, 2), factor=0.0)


def hook_gives(e: Any, given: Any) -> Any:
    model = with_parts(e)
    model.register_forward_pre_hook(lambda *_: given, with_kwargs=True)
    model(e.ones(1, 2))


def lists_of(gradients: Any) -> Any:
    return [None if g is None else g.tolist() for g in gradients]


def hooks_of_passes(e: Any, *, requires: bool) -> Any:
    log: list[Any] = []
    model = with_parts(e)
    model.register_full_backward_pre_hook(lambda _m, got: log.append(lists_of(got)))
    model.register_full_backward_pre_hook(lambda _m, got: (got[0] * 2,), prepend=True)
    model.register_full_backward_hook(
        lambda _m, given, got: log.append((lists_of(given), lists_of(got)))
    )
    model.register_full_backward_hook(
        lambda _m, given, _got: (given[0] * 3, None) if requires else None, prepend=True
    )
    x = e.ones(1, 2).requires_grad_(requires)
    model(x, 2.0).sum().backward()
    return log, x.grad and x.grad.tolist(), model.scale.grad.tolist()


def wrong_gradients(e: Any, gradients: Any) -> Any:
    model = linear(e)
    model.register_full_backward_hook(lambda *_: gradients)
    model(e.ones(1, 2).requires_grad_(requires_grad=True)).sum().backward()


def gives_a_dict(e: Any) -> Any:
    class Model(e.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return {"y": x * 2}

    model = Model()
    model.register_full_backward_hook(lambda *_: 1 / 0)
    x = e.ones(1).requires_grad_()
    model(x)["y"].sum().backward()
    return x.grad.tolist()


def second_order(e: Any) -> Any:
    log: list[Any] = []
    model = e.nn.Tanh()
    model.register_full_backward_hook(lambda _m, given, got: log.append(len(given + got)))
    x = e.ones(1, dtype=e.float64).requires_grad_()
    (g,) = e.autograd.grad(model(x).sum(), x, create_graph=True)
    g.sum().backward()
    return log, x.grad.tolist()


CALLS: dict[str, Callable[[Any], Any]] = {
    "around": hooks_of_calls,
    "that fail after an error": failing_hooks,
    "that give no pair": lambda e: hook_gives(e, 3),
    "that give three": lambda e: hook_gives(e, (1, 2, 3)),
    "in a pass": lambda e: hooks_of_passes(e, requires=True),
    "in a pass without arguments": lambda e: hooks_of_passes(e, requires=False),
    "that give too many": lambda e: wrong_gradients(e, (None, None)),
    "of what gives a dict": gives_a_dict,
    "of second order": second_order,
}


@pytest.mark.parametrize("name", CALLS)
def test_hooks_are_called_as_in_torch(name: str) -> None:
    same(CALLS[name])


def names(e: Any) -> Any:
    model = with_parts(e)
    return [
        [name for name, _ in method(**options)]
        for method in (model.named_parameters, model.named_buffers, model.named_modules)
        for options in ({}, {"prefix": "p"}, {"remove_duplicate": False})
    ] + [
        [name for name, _ in model.named_children()],
        [name for name, _ in model.named_parameters(recurse=False)],
        [*model.state_dict()],
        [*model.state_dict(prefix="x.")],
        dict(model.state_dict()._metadata),
        len([*model.modules()]),
        len([*model.buffers()]),
    ]


def registered(method: str, *given: Any) -> Callable[[Any], Any]:
    def program(e: Any) -> Any:
        value = [each(e) if callable(each) else each for each in given]
        return getattr(with_parts(e), method)(*value)

    return program


PARTS: dict[str, Callable[[Any], Any]] = {
    "names": names,
    "a parameter with dots": registered("register_parameter", "a.b", None),
    "a parameter without name": registered("register_parameter", "", None),
    "a parameter named 3": registered("register_parameter", 3, None),
    "a known attribute": registered("register_parameter", "first", None),
    "a method's name": registered("register_buffer", "forward", None),
    "a tensor for a parameter": registered("register_parameter", "x", lambda e: e.ones(1)),
    "a number for a buffer": registered("register_buffer", "x", 3),
    "a number for a part": registered("add_module", "x", 3),
    "a part with dots": registered("add_module", "x.y", None),
    "a part without name": registered("register_module", "", None),
    "a way to a parameter": lambda e: with_parts(e).get_parameter("first.weight").tolist(),
    "a way to a buffer": lambda e: with_parts(e).get_buffer("kept").tolist(),
    "a buffer for a parameter": registered("get_parameter", "kept"),
    "a parameter for a buffer": registered("get_buffer", "scale"),
    "a way to nothing": registered("get_submodule", "first.second"),
    "a way to a parameter for a part": registered("get_submodule", "scale"),
    "no way": lambda e: (m := with_parts(e)).get_submodule("") is m,
    "a part put": lambda e: (
        (m := with_parts(e)).set_submodule("first", e.nn.ReLU()),
        repr(m.first),
        repr(m.again),
    ),
    "a part put where none is": registered("set_submodule", "x", lambda e: e.nn.ReLU(), True),
    "a number put": registered("set_submodule", "first", 3),
    "a number for a parameter": lambda e: setattr(with_parts(e), "scale", 3),
    "a number for a known part": lambda e: setattr(with_parts(e), "first", 3),
    "a number for a known buffer": lambda e: setattr(with_parts(e), "kept", 3),
    "training by a number": lambda e: with_parts(e).train(3),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_what_torchs_are(name: str) -> None:
    same(PARTS[name])


def loaded(change: Callable[[Any, dict[str, Any]], Any], **options: Any) -> Callable[[Any], Any]:
    def program(e: Any) -> Any:
        model = with_parts(e)
        state = dict(with_parts(e).state_dict())
        state = change(e, state) or state
        found = model.load_state_dict(state, **options)
        return found.missing_keys, found.unexpected_keys, repr(found), model.scale.tolist()

    return program


def assigned(e: Any) -> Any:
    model, state = with_parts(e), with_parts(e).state_dict()
    state["scale"] = e.full((1,), 7.0, dtype=e.float64)
    model.load_state_dict(state, assign=True)
    scale = model.scale
    return (
        scale.dtype,
        isinstance(scale, e.nn.Parameter),
        scale.requires_grad,
        model.kept is state["kept"],
        scale.data_ptr() == state["scale"].data_ptr(),
    )


def kept_as_they_are(e: Any) -> Any:
    model = with_parts(e)
    state, plain = model.state_dict(keep_vars=True), model.state_dict()
    return state["scale"] is model.scale, plain["scale"] is model.scale, type(state).__mro__[-3:]


def extra(e: Any) -> Any:
    class Counting(e.nn.Module):  # type: ignore[misc, name-defined]
        count = 3

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"] + 1

    model = e.nn.Sequential(Counting(), e.nn.Linear(1, 1))
    state = model.state_dict()
    state["0._extra_state"] = {"count": 8}
    model.load_state_dict(state)
    names = [*state]
    del state["0._extra_state"]
    found = model.load_state_dict({**state, "1._extra_state": 3}, strict=False)
    return names, model[0].count, repr(found)


def hooks_of_states(e: Any) -> Any:
    log: list[Any] = []
    model = e.nn.Sequential(linear(e))
    model.register_state_dict_pre_hook(lambda _m, *given: log.append(given))
    model[0].register_state_dict_post_hook(
        lambda _m, state, prefix, _of: state.update({f"{prefix}more": 1})
    )
    state = model.state_dict(prefix="p.")
    log.append(sorted(state))
    model[0].register_load_state_dict_pre_hook(
        lambda _m, given, prefix, *_: given.pop(f"{prefix}more", None)
    )
    model.register_load_state_dict_post_hook(lambda _m, found: found.missing_keys.clear())
    log.append(repr(model.load_state_dict({"0.more": 1, "0.bias": e.ones(2)})))
    return log


STATES: dict[str, Callable[[Any], Any]] = {
    "whole": loaded(lambda _e, _s: None),
    "with one less": loaded(lambda _e, s: s.pop("scale")),
    "with one less, not strict": loaded(lambda _e, s: s.pop("scale") and None, strict=False),
    "with one more": loaded(lambda e, s: s.update(more=e.ones(1))),
    "with one more, not strict": loaded(
        lambda e, s: s.update({"more": e.ones(1), "first.more": e.ones(1), "x.y": e.ones(1)}),
        strict=False,
    ),
    "of another shape": loaded(lambda e, s: s.update(scale=e.ones(2)), strict=False),
    "of another dtype": loaded(lambda e, s: s.update(scale=e.full((1,), 7.0, dtype=e.float64))),
    "with a number": loaded(lambda _e, s: s.update(scale=3)),
    "that is a list": loaded(lambda _e, s: [*s]),
    "assigned": assigned,
    "as they are": kept_as_they_are,
    "and more": extra,
    "with hooks": hooks_of_states,
    "without extra": lambda e: e.nn.Linear(1, 1).get_extra_state(),
}


@pytest.mark.parametrize("name", STATES)
def test_states_are_what_torchs_are(name: str) -> None:
    same(STATES[name])


def dtypes(module: Any) -> Any:
    return [(name, value.dtype) for name, value in module.state_dict().items()]


def converted(e: Any, convert: Callable[[Any, Any], Any]) -> Any:
    model = with_parts(e)
    model(e.ones(1, 2)).sum().backward()
    before = [*model.parameters()]
    found = convert(e, model)
    same_objects = [p is q for p, q in zip(before, model.parameters(), strict=True)]
    of_grads = [p.grad and p.grad.dtype for p in model.parameters()]
    return found is model, dtypes(model), same_objects, of_grads


CONVERTED: dict[str, Callable[[Any, Any], Any]] = {
    "double": lambda _e, m: m.double(),
    "half": lambda _e, m: m.half(),
    "float": lambda _e, m: m.double().float(),
    "to a dtype": lambda e, m: m.to(e.float64),
    "to a dtype by name": lambda e, m: m.to(dtype=e.float16),
    "to a device": lambda _e, m: m.to("cpu"),
    "to integers": lambda e, m: m.to(e.int64),
    "frozen": lambda _e, m: m.requires_grad_(requires_grad=False),
    "cleared": lambda _e, m: m.zero_grad() or m,
    "filled": lambda _e, m: m.apply(lambda _: None) or m,
    "in evaluation": lambda _e, m: m.eval(),
    "type": lambda e, m: (m.register_buffer("counted", None), m.type(e.float64))[1],
}


@pytest.mark.parametrize("name", CONVERTED)
def test_conversions_are_torchs(name: str) -> None:
    same(lambda e: converted(e, CONVERTED[name]))


def sequence(e: Any) -> Any:
    nn = e.nn
    model = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
    named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    return nn, model, named


CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "a slice of names": lambda e: repr(sequence(e)[2][1:]),
    "a slice": lambda e: repr(sequence(e)[1][::2]),
    "appended": lambda e: repr(sequence(e)[1].append(e.nn.Tanh())),
    "inserted": lambda e: repr(sequence(e)[1].insert(1, e.nn.Tanh())),
    "inserted at the end": lambda e: repr(sequence(e)[1].insert(-1, e.nn.Tanh())),
    "inserted beyond": lambda e: sequence(e)[1].insert(7, e.nn.Tanh()),
    "inserted number": lambda e: sequence(e)[1].insert(0, 3),
    "extended": lambda e: repr(sequence(e)[1].extend([e.nn.Tanh(), e.nn.ELU()])),
    "added": lambda e: repr(sequence(e)[1] + sequence(e)[2]),
    "added to a list": lambda e: sequence(e)[1] + [e.nn.Tanh()],
    "times two": lambda e: repr(sequence(e)[1] * 2),
    "two times": lambda e: repr(2 * sequence(e)[1]),
    "times a text": lambda e: sequence(e)[1] * "a",
    "times nothing": lambda e: sequence(e)[1] * 0,
    "popped": lambda e: ((m := sequence(e)[1]), repr(m.pop(1)), repr(m))[1:],
    "deleted": lambda e: (m := sequence(e)[1]).__delitem__(0) or repr(m),
    "deleted slice": lambda e: (m := sequence(e)[1]).__delitem__(slice(0, 2)) or repr(m),
    "deleted by name": lambda e: (m := sequence(e)[2]).__delitem__(0) or repr(m),
    "set": lambda e: (m := sequence(e)[1]).__setitem__(-1, e.nn.ELU()) or repr(m),
    "set beyond": lambda e: sequence(e)[1].__setitem__(5, e.nn.ELU()),
    "read beyond": lambda e: sequence(e)[1][-4],
    "of numbers": lambda e: e.nn.Sequential(3),
    "a list": lambda e: repr(e.nn.ModuleList([e.nn.ReLU(), e.nn.ReLU(), e.nn.Linear(1, 1)])),
    "an empty list": lambda e: repr(e.nn.ModuleList()),
    "a list inserted": lambda e: (
        (m := e.nn.ModuleList([e.nn.ELU()])).insert(0, e.nn.ReLU()) or repr(m)
    ),
    "lists added": lambda e: repr(e.nn.ModuleList([e.nn.ELU()]) + e.nn.ModuleList([e.nn.ReLU()])),
    "a list extended by a number": lambda e: e.nn.ModuleList().extend(3),
    "a list called": lambda e: e.nn.ModuleList([e.nn.ELU()])(e.ones(1)),
    "a list popped": lambda e: (
        repr((m := e.nn.ModuleList([e.nn.ELU(), e.nn.ReLU()])).pop(0)) + repr(m)
    ),
    "a list sliced": lambda e: repr(e.nn.ModuleList([e.nn.ELU(), e.nn.ReLU()])[:1]),
    "a dict": lambda e: repr(e.nn.ModuleDict({"a": e.nn.ReLU(), "b": e.nn.ELU()})),
    "a dict of pairs": lambda e: [*e.nn.ModuleDict([["a", e.nn.ReLU()]]).keys()],
    "a dict popped": lambda e: repr((m := e.nn.ModuleDict({"a": e.nn.ReLU()})).pop("a")) + repr(m),
    "a dict cleared": lambda e: (m := e.nn.ModuleDict({"a": e.nn.ReLU()})).clear() or len(m),
    "a dict of triples": lambda e: e.nn.ModuleDict([("a", e.nn.ReLU(), 1)]),
    "a dict of a number": lambda e: e.nn.ModuleDict(3),
    "a dict's key": lambda e: e.nn.ModuleDict({"a": e.nn.ReLU()})["b"],
    "a dict's own name": lambda e: e.nn.ModuleDict({"keys": e.nn.ReLU()}),
    "parameters": lambda e: repr(e.nn.ParameterList([e.ones(2), e.zeros(2, 3)])),
    "parameters and a number": lambda e: [
        type(p).__name__ for p in e.nn.ParameterList([1, e.ones(1)])
    ],
    "parameters set": lambda e: (
        (m := e.nn.ParameterList([e.ones(2)])).__setitem__(0, e.zeros(1))
        or [(n, p.tolist()) for n, p in m.named_parameters()]
    ),
    "parameters sliced": lambda e: len(e.nn.ParameterList([e.ones(2)] * 3)[1:]),
    "parameters beyond": lambda e: e.nn.ParameterList([e.ones(2)])[1],
    "parameters extended": lambda e: len(e.nn.ParameterList([e.ones(2)]).extend([e.ones(1)])),
    "parameters extended by one": lambda e: e.nn.ParameterList([e.ones(2)]).extend(e.ones(1)),
    "parameters called": lambda e: e.nn.ParameterList([e.ones(2)])(3),
    "named parameters": lambda e: repr(e.nn.ParameterDict({"a": e.ones(2), "b": e.zeros(2, 3)})),
    "named parameters found": lambda e: [
        (n, p.tolist()) for n, p in e.nn.ParameterDict({"a": e.ones(2)}).named_parameters()
    ],
    "named parameters popped": lambda e: (
        (m := e.nn.ParameterDict({"a": e.ones(2)})).pop("a").tolist(),
        len(m),
    ),
    "named parameters joined": lambda e: [
        *(e.nn.ParameterDict({"a": e.ones(2)}) | e.nn.ParameterDict({"b": e.ones(1)}))
    ],
    "named parameters' default": lambda e: (
        (m := e.nn.ParameterDict()).setdefault("a", e.ones(1)).tolist(),
        m.get("b", 3),
        "a" in m,
        next(iter(m.values())).requires_grad,
        m.popitem()[0],
        [*m.fromkeys(["x", "y"], e.ones(1))],
    ),
    "named parameters' key": lambda e: e.nn.ParameterDict()["a"],
    "named parameters copied": lambda e: [*copy.deepcopy(e.nn.ParameterDict({"a": e.ones(2)}))],
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_do_what_torchs_do(name: str) -> None:
    same(CONTAINERS[name])

"""Modules of the reference engine beside torch's: results, gradients, what they remember."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import gradspec_reference as ref

if TYPE_CHECKING:
    from collections.abc import Callable

SEVEN = np.arange(7) % 3
ROWS = (4, 6)
IMAGES = (2, 4, 6, 5)

LAYERS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "linear": (lambda nn: nn.Linear(6, 3), ROWS),
    "linear_without_bias": (lambda nn: nn.Linear(6, 3, bias=False), ROWS),
    "identity": (lambda nn: nn.Identity(1, a=2), ROWS),
    "flatten": (lambda nn: nn.Flatten(), IMAGES),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, 3)), ROWS),
    "conv1d": (lambda nn: nn.Conv1d(4, 6, 3, padding=1, groups=2), (2, 4, 7)),
    "conv2d": (lambda nn: nn.Conv2d(4, 3, (3, 2), stride=2, bias=False), IMAGES),
    "conv2d_same": (lambda nn: nn.Conv2d(4, 3, 3, padding="same", dilation=2), IMAGES),
    "conv_transpose1d": (lambda nn: nn.ConvTranspose1d(4, 3, 3, stride=2), (2, 4, 5)),
    "conv_transpose2d": (
        lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2),
        IMAGES,
    ),
    "layer_norm": (lambda nn: nn.LayerNorm(6), ROWS),
    "layer_norm_of_two": (lambda nn: nn.LayerNorm((6, 5), bias=False), IMAGES),
    "rms_norm": (lambda nn: nn.RMSNorm(6), ROWS),
    "group_norm": (lambda nn: nn.GroupNorm(2, 4), IMAGES),
    "batch_norm1d": (lambda nn: nn.BatchNorm1d(6), ROWS),
    "batch_norm2d": (lambda nn: nn.BatchNorm2d(4, momentum=None), IMAGES),
    "batch_norm_untracked": (lambda nn: nn.BatchNorm2d(4, track_running_stats=False), IMAGES),
    "max_pool2d": (lambda nn: nn.MaxPool2d(2), IMAGES),
    "avg_pool2d": (lambda nn: nn.AvgPool2d(2, stride=1), IMAGES),
    "adaptive_avg_pool2d": (lambda nn: nn.AdaptiveAvgPool2d(2), IMAGES),
    "upsample": (lambda nn: nn.Upsample(scale_factor=2.0), IMAGES),
    "no_dropout": (lambda nn: nn.Dropout(0.0), ROWS),
    "prelu": (lambda nn: nn.PReLU(6), ROWS),
    **{
        name: (lambda nn, name=name: getattr(nn, name)(), ROWS)
        for name in (
            *("ReLU", "ReLU6", "Sigmoid", "Tanh", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish"),
            *("Softplus", "Softsign", "LeakyReLU", "Hardtanh", "Hardsigmoid", "Hardswish"),
            *("LogSigmoid", "Tanhshrink", "Softshrink", "Hardshrink", "GLU"),
        )
    },
    "softmax": (lambda nn: nn.Softmax(dim=1), ROWS),
    "log_softmax": (lambda nn: nn.LogSoftmax(dim=-1), ROWS),
    "softmin": (lambda nn: nn.Softmin(dim=1), ROWS),
    "threshold": (lambda nn: nn.Threshold(0.1, 20.0), ROWS),
    **{
        f"{name}{dims}": (
            lambda nn, name=name, dims=dims: getattr(nn, f"{name}{dims}d")(
                *((tuple(range(1, 2 * dims + 1)), 0.5) if name == "ConstantPad" else (1,))
            ),
            (2, 3, 7, 8, 9)[: dims + 2],
        )
        for name in ("ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
        for dims in (1, 2, 3)
    },
    "instance_norm1d": (lambda nn: nn.InstanceNorm1d(4, affine=True), (2, 4, 5)),
    "instance_norm1d_of_one": (lambda nn: nn.InstanceNorm1d(4), (4, 5)),
    "instance_norm2d": (lambda nn: nn.InstanceNorm2d(4, track_running_stats=True), IMAGES),
    "instance_norm3d": (lambda nn: nn.InstanceNorm3d(2, affine=True, bias=False), (1, 2, 3, 2, 3)),
    "fold": (lambda nn: nn.Fold((4, 5), 2, stride=1), (2, 8, 12)),
    "unfold": (lambda nn: nn.Unfold((2, 3), padding=1), IMAGES),
    "lp_pool1d": (lambda nn: nn.LPPool1d(2, 3, stride=2), (2, 4, 7)),
    "lp_pool2d": (lambda nn: nn.LPPool2d(3, 2), IMAGES),
    "pixel_shuffle": (lambda nn: nn.PixelShuffle(2), IMAGES),
    "pixel_unshuffle": (lambda nn: nn.PixelUnshuffle(2), (2, 1, 4, 6)),
    "sequential": (
        lambda nn: nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2)),
        ROWS,
    ),
}


ROOM = {"Hardsigmoid": 1e-7}
"""Torch takes the slope, one sixth, in single precision."""


def twins(make: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Make a module of torch's and one of ours with the same numbers."""
    theirs, ours = make(torch.nn).double(), make(ref.nn).double()
    state = {name: value.numpy().copy() for name, value in theirs.state_dict().items()}
    assert [*ours.state_dict()] == [*state]
    ours.load_state_dict({name: ref.tensor(value) for name, value in state.items()})
    return theirs, ours


def agree(theirs: Any, ours: Any, rtol: float = 1e-10) -> None:
    np.testing.assert_allclose(
        ours.detach().numpy(), theirs.detach().numpy(), rtol=rtol, atol=1e-12
    )


@pytest.mark.parametrize("name", LAYERS)
def test_layers_give_what_torchs_give(name: str) -> None:
    make, shape = LAYERS[name]
    theirs, ours = twins(make)
    rng = np.random.default_rng(1)
    for training in (True, True, False):
        array, results = rng.normal(size=shape), []
        for engine, module in ((torch, theirs), (ref, ours)):
            module.train(training)
            module.zero_grad()
            x = engine.tensor(array, requires_grad=True)
            results.append((x, module(x)))
        (a, y), (b, z) = results
        cotangent = rng.normal(size=y.shape)
        agree(y, z)
        y.backward(torch.tensor(cotangent))
        z.backward(ref.tensor(cotangent))
        agree(a.grad, b.grad, ROOM.get(name, 1e-10))
        for one, other in zip(theirs.parameters(), ours.parameters(), strict=True):
            agree(one.grad, other.grad)
        for key, value in theirs.state_dict().items():
            agree(value, ours.state_dict()[key])


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_shown_as_torchs_are(name: str) -> None:
    make, _ = LAYERS[name]
    assert repr(make(ref.nn)) == repr(make(torch.nn))


LOSSES: dict[str, Callable[[Any, Any], tuple[Any, tuple[Any, ...]]]] = {
    "MSELoss": lambda nn, of: (nn.MSELoss(), (of("x"), of("t"))),
    "L1Loss": lambda nn, of: (nn.L1Loss(reduction="sum"), (of("x"), of("t"))),
    "SmoothL1Loss": lambda nn, of: (nn.SmoothL1Loss(), (of("x"), of("t"))),
    "HuberLoss": lambda nn, of: (nn.HuberLoss(delta=0.5), (of("x"), of("t"))),
    "CrossEntropyLoss": lambda nn, of: (nn.CrossEntropyLoss(of("w")), (of("x"), of("labels"))),
    "smoothed": lambda nn, of: (
        nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=0),
        (of("x"), of("labels")),
    ),
    "NLLLoss": lambda nn, of: (nn.NLLLoss(), (of("x"), of("labels"))),
    "BCELoss": lambda nn, of: (nn.BCELoss(), (of("x").sigmoid(), of("t").sigmoid())),
    "BCEWithLogitsLoss": lambda nn, of: (nn.BCEWithLogitsLoss(), (of("x"), of("t").sigmoid())),
    "KLDivLoss": lambda nn, of: (
        nn.KLDivLoss(reduction="batchmean"),
        (of("x"), of("t").sigmoid()),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_give_what_torchs_give(name: str) -> None:
    rng = np.random.default_rng(2)
    arrays = {
        "x": rng.normal(size=(7, 3)),
        "t": rng.normal(size=(7, 3)),
        "w": rng.uniform(1, 2, size=3),
        "labels": SEVEN,
    }
    losses = []
    for engine in (torch, ref):
        loss, operands = LOSSES[name](engine.nn, lambda key, e=engine: e.tensor(arrays[key]))
        losses.append(loss(*operands))
    agree(*losses)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_attention_gives_what_torchs_gives(batch_first: bool, apart: bool) -> None:
    lengths = {"kdim": 3, "vdim": 5} if apart else {}
    theirs, ours = twins(lambda nn: nn.MultiheadAttention(4, 2, batch_first=batch_first, **lengths))
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=(3, 3, n)) for n in ((4, 3, 5) if apart else (4, 4, 4))]
    hidden = np.array([[False, False, True]] * 3)
    mask = np.triu(np.ones((3, 3), bool), 1)
    results = []
    for engine, module in ((torch, theirs), (ref, ours)):
        given = [engine.tensor(array, requires_grad=True) for array in arrays]
        out, weights = module(
            *given, key_padding_mask=engine.tensor(hidden), attn_mask=engine.tensor(mask)
        )
        (out * out).sum().backward()
        found = [p.grad for p in module.parameters()]
        results.append([out, weights, *(x.grad for x in given), *found])
    for one, other in zip(*results, strict=True):
        agree(one, other)


def test_an_embedding_gives_rows() -> None:
    theirs, ours = twins(lambda nn: nn.Embedding(5, 3, padding_idx=-1))
    for engine, module in ((torch, theirs), (ref, ours)):
        module(engine.tensor([[0, 4], [2, 2]])).sum().backward()
    agree(theirs.weight.grad, ours.weight.grad)
    assert repr(theirs) == repr(ours)
    assert not ref.nn.Embedding(5, 3, padding_idx=1).weight[1].any()


class Tied(ref.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = ref.nn.Linear(2, 2)
        self.again = self.first
        self.scale = ref.nn.Parameter(ref.ones(1))
        self.register_buffer("seen", ref.zeros(1), persistent=False)

    def forward(self, x: Any) -> Any:
        return self.again(self.first(x)) * self.scale


def test_a_module_lists_what_it_has_once() -> None:
    module = Tied()
    names = [name for name, _ in module.named_parameters()]
    assert names == ["scale", "first.weight", "first.bias"]
    assert [name for name, _ in module.named_modules()] == ["", "first"]
    assert [name for name, _ in module.named_buffers()] == ["seen"]
    assert [*module.state_dict()] == [
        *("scale", "first.weight", "first.bias", "again.weight", "again.bias")
    ]
    assert module.get_parameter("first.weight") is module.again.weight


def test_names_are_taken_and_given_up() -> None:
    module = Tied()
    with pytest.raises(TypeError, match="Parameter or None"):
        module.scale = ref.ones(1)
    module.scale = None
    assert [name for name, _ in module.named_parameters()] == ["first.weight", "first.bias"]
    del module.again
    with pytest.raises(AttributeError, match="no attribute 'again'"):
        module.again  # noqa: B018 - it is looked for


def test_a_parameter_before_init_is_refused() -> None:
    class Hasty(ref.nn.Module):
        def __init__(self) -> None:
            self.weight = ref.nn.Parameter(ref.ones(1))

    with pytest.raises(AttributeError, match="__init__"):
        Hasty()


def test_a_state_that_does_not_fit_is_refused() -> None:
    module = ref.nn.Linear(2, 3)
    with pytest.raises(RuntimeError, match="bias is missing"):
        module.load_state_dict({"weight": ref.zeros(3, 2)})
    with pytest.raises(RuntimeError, match="has shape"):
        module.load_state_dict({"weight": ref.zeros(2, 2), "bias": ref.zeros(3)})
    found = module.load_state_dict({"weight": ref.zeros(3, 2), "more": ref.zeros(1)}, strict=False)
    assert (found.missing_keys, found.unexpected_keys) == (["bias"], ["more"])
    assert not module.weight.any()


def test_hooks_see_values_and_gradients() -> None:
    def run(engine: Any) -> list[Any]:
        seen: list[Any] = []
        module = engine.nn.Linear(2, 2).double()
        with engine.no_grad():
            module.weight.copy_(engine.tensor([[1.0, 2.0], [3.0, 4.0]]))
            module.bias.fill_(0.5)
        module.register_forward_pre_hook(lambda _m, args: (args[0] * 2.0,))
        module.register_forward_hook(lambda _m, _args, out: seen.append(out.tolist()))
        module.register_full_backward_hook(
            lambda _m, given, got: seen.append(
                [None if g is None else g.tolist() for g in (*given, *got)]
            )
        )
        x = engine.tensor([[1.0, -1.0]], dtype=engine.float64, requires_grad=True)
        (module(x) ** 2).sum().backward()
        return [*seen, x.grad.tolist()]

    assert run(torch) == run(ref)


def test_a_hook_replaces_the_gradient_of_arguments() -> None:
    module = ref.nn.Linear(2, 2)
    module.register_full_backward_hook(lambda _m, given, _got: (given[0] * 0.0,))
    x = ref.ones(1, 2, requires_grad=True)
    module(x).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0]]
    assert module.bias.grad.tolist() == [1.0, 1.0]


def test_a_parameter_stays_one() -> None:
    parameter = ref.nn.Parameter(ref.tensor([1.0, 2.0]))
    for twin in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))):  # noqa: S301
        assert isinstance(twin, ref.nn.Parameter)
        assert twin.requires_grad
        assert twin.tolist() == [1.0, 2.0]
    assert repr(parameter) == repr(torch.nn.Parameter(torch.tensor([1.0, 2.0])))
    assert (parameter * 2).requires_grad
    assert type(2 * parameter) is ref.Tensor


def test_a_copied_module_learns_alone() -> None:
    module = ref.nn.Sequential(ref.nn.Linear(2, 2), ref.nn.Tanh())
    twin = copy.deepcopy(module)
    twin(ref.ones(1, 2)).sum().backward()
    assert module[0].weight.grad is None
    assert twin[0].weight.grad is not None


def test_containers_hold_parts() -> None:
    nn = ref.nn
    listed = nn.ModuleList([nn.Linear(1, 1)]).append(nn.ReLU())
    named = nn.ModuleDict({"a": nn.Linear(1, 1)})
    own = nn.ParameterList([ref.ones(2), ref.ones(3)])
    assert len(listed) == len(list(listed)) == 2
    assert "a" in named
    assert len([*listed.parameters(), *named.parameters(), *own.parameters()]) == 6
    model = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
    assert len(model[:2]) == 2
    assert isinstance(model[-1], nn.Linear)


def test_dropout_drops_in_training_alone() -> None:
    module = ref.nn.Dropout(0.5)
    x = ref.ones(100)
    assert set(module(x).tolist()) == {0.0, 2.0}
    assert module.eval()(x) is x


def test_clipping_is_torchs() -> None:
    arrays = [np.array([3.0, -4.0]), np.array([[12.0]])]
    for order in (1.0, 2.0, float("inf")):
        found = []
        for engine in (torch, ref):
            leaves = [
                engine.zeros(a.shape, dtype=engine.float64, requires_grad=True) for a in arrays
            ]
            for leaf, array in zip(leaves, arrays, strict=True):
                leaf.grad = engine.tensor(array)
            norm = engine.nn.utils.clip_grad_norm_(leaves, 1.5, order)
            found.append([norm, *(leaf.grad for leaf in leaves)])
        for one, other in zip(*found, strict=True):
            agree(one, other)


def test_parameters_become_a_vector_and_back() -> None:
    module = ref.nn.Linear(2, 3)
    vector = ref.nn.utils.parameters_to_vector(module.parameters())
    assert vector.shape == (9,)
    ref.nn.utils.vector_to_parameters(ref.arange(9.0), module.parameters())
    assert module.bias.tolist() == [6.0, 7.0, 8.0]
    assert module.bias.requires_grad

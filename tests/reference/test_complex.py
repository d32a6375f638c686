"""Complex numbers do in the reference engine what they do in torch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from alongside import same

import gradspec_reference as engine

ELEMENTWISE = (
    *("z.exp()", "torch.exp2(z)", "torch.expm1(z)", "z.log()", "z.log2()", "z.log10()"),
    *("torch.log1p(z)", "z.sqrt()", "z.rsqrt()", "z.reciprocal()", "z.sin()", "z.cos()", "z.tan()"),
    *("z.asin()", "z.acos()", "z.atan()", "z.sinh()", "z.cosh()", "z.tanh()", "z.asinh()"),
    *("z.acosh()", "z.atanh()", "z.sigmoid()", "torch.sinc(z)", "-z", "z.abs()", "z.sgn()"),
    *("z.angle()", "z.conj()", "torch.conj_physical(z)", "z.real", "z.imag", "z.conj().imag"),
    *("torch.view_as_real(z)", "z.square()", "z ** 3", "z ** -0.5", "z ** (1 + 2j)", "2.0 ** z"),
    *("(1 + 2j) ** z", "1 - z", "1j / z", "z.to(torch.complex64)", "z.float()"),
)
PAIRS = (
    *("z + w", "z - w", "z * w", "z / w", "z ** w", "z * x", "x / z", "x + z", "x ** z", "z ** x"),
    *("torch.add(z, w, alpha=1j)", "torch.addcmul(z, w, x, value=2j)", "torch.addcdiv(z, x, w)"),
    *("torch.lerp(z, w, 0.25)", "torch.lerp(z, w, 0.7 + 1j)", "torch.logaddexp(z, w)"),
    *("torch.complex(x, y)", "torch.polar(y.exp(), x)", "x * (1 + 2j)", "x ** (1 + 2j)"),
    *(
        "torch.where(x > 0, z, w)",
        "torch.cat([z, x])",
        "torch.stack([x, z])",
        "torch.vdot(z[0], w[0])",
    ),
    *("torch.dot(z[0], w[0])", "z @ w.mT", "z @ w.mH", "torch.outer(z[0], x[0])", "z.mv(w[0])"),
    *("torch.addmm(z @ w.T, z, w.mH, beta=1j)", "torch.kron(z, w)", "torch.linalg.cross(z, w)"),
    "torch.view_as_complex(torch.stack([x, y], -1))",
)
ALONG = (
    *("z.sum()", "z.sum(0)", "z.mean(1, keepdim=True)", "z.prod()", "z.prod(1)", "z.cumsum(1)"),
    *("z.cumprod(1)", "z.logcumsumexp(1)", "z.logsumexp(1)", "z.var(1)", "z.std()", "z.norm()"),
    *("torch.var_mean(z, 1)", "torch.linalg.vector_norm(z, 1, 1)", "torch.cov(z)", "z.mH"),
    *("torch.linalg.vector_norm(z, float('inf'), 1)", "torch.linalg.vector_norm(z, 3)", "z[:, 1:]"),
    *("z[torch.tensor([1, 1])]", "z.masked_fill(x > 0, 2j)", "z.repeat(2, 1)", "z.flip(0)"),
    *("z.index_add(1, torch.tensor([0, 0, 1]), w)", "z.roll(1)", "z.tril()", "z.split(2, 1)"),
    *(
        "z.conj()[0].expand(4, 3) * w[1]",
        "z.conj().unfold(1, 2, 1)",
        "z.conj().as_strided((2,), (1,))",
    ),
)
SQUARE = (
    *(
        "torch.det(s)",
        "torch.linalg.inv(s)",
        "torch.linalg.slogdet(s)",
        "torch.linalg.solve(s, s.mH)",
    ),
    *("torch.linalg.matrix_exp(s)", "torch.linalg.cholesky(s @ s.mH)", "torch.linalg.pinv(s)"),
    *("torch.linalg.eigvalsh(s @ s.mH)", "torch.linalg.eigh(s @ s.mH)[1].abs()"),
    *("torch.linalg.svdvals(s)", "torch.linalg.svd(s)[0].abs()", "torch.linalg.qr(s)"),
    *("torch.linalg.matrix_norm(s)", "torch.linalg.matrix_norm(s, 'nuc')", "torch.trace(s)"),
    "torch.linalg.solve_triangular(s, s.mH, upper=True)",
)
SPECTRA = (
    *("torch.fft.fft(z)", "torch.fft.fft(x, 5, 0)", "torch.fft.ifft(z, 2)", "torch.fft.ifft(x)"),
    *("torch.fft.rfft(x)", "torch.fft.rfft(x, 4)", "torch.fft.irfft(z)", "torch.fft.irfft(z, 5)"),
    *("torch.fft.hfft(z, norm='ortho')", "torch.fft.ihfft(x)", "torch.fft.fft2(z, norm='forward')"),
    *("torch.fft.rfft2(x)", "torch.fft.irfft2(z)", "torch.fft.ifftn(z, (3, 4))"),
    *("torch.fft.rfftn(x, (2,))", "torch.fft.irfftn(z, dim=0)", "torch.fft.fftshift(z)"),
    *("torch.fft.ifftshift(z, 1)", "torch.fft.ifft2(x)", "torch.fft.fftn(x)"),
)
WRITES = (
    *(
        "b.real.mul_(2)",
        "b.imag.add_(b.real.clone())",
        "b.conj().mul_(1 + 2j)",
        "b.mul_(b.conj().clone())",
    ),
    *("b.conj()[0].mul_(b[1].clone())", "torch.view_as_real(b)[0, :, 1].mul_((b * 1).abs()[1])"),
    *(
        "b.conj().imag.mul_((b * 1).abs())",
        "b.add_(1j)",
        "b.exp_()",
        "b.sqrt_()",
        "b.conj_physical_()",
    ),
    *("b.copy_(x)", "b.masked_fill_(x > 0, 2j)", "b.T.real.mul_(2)", "b.sgn_()", "b.fill_(1j)"),
)
REFUSED = (
    *("z < w", "z >= 1", "torch.maximum(z, w)", "z.max()", "z.amin(1)", "z.argmax()", "z.sort()"),
    *("z.floor()", "z.round()", "z.sign()", "z.clamp(0, 1)", "torch.relu(z)", "z.topk(1)", "z % 2"),
    *(
        "z // 2",
        "torch.erf(z)",
        "torch.atan2(z, w)",
        "torch.hypot(z, w)",
        "z.median()",
        "z.cummax(0)",
    ),
    *("z.softmax(1)", "torch.nn.functional.gelu(z)", "torch.nn.functional.mse_loss(z, w)", "~z"),
    *(
        "x.imag",
        "torch.view_as_real(x)",
        "torch.view_as_complex(x)",
        "torch.fft.rfft(z)",
        "x.add_(z)",
    ),
    *(
        "x.mul_(1j)",
        "z.abs_()",
        "torch.select_scatter(z, w[0], 0, 0)",
        "float(z.detach()[0, 0])",
        "x.fill_(1j)",
    ),
    *("z.conj().numpy(force=False)", "torch.view_as_real(z.conj())", "torch.fft.fft(z, 0)"),
    *("torch.fft.fft(z, norm='none')", "torch.tensor([1j], dtype=torch.float32)", "z.backward()"),
    *("torch.clamp(x, 1j)", "torch.lerp(x, x, 1j)", "x.masked_fill(x > 0, torch.tensor(1j))"),
    *("x.masked_fill_(x > 0, torch.tensor(1j))", "x.index_fill(0, torch.tensor([0]), w[0, 0])"),
    *("z.sum().backward()", "z.abs().backward(torch.ones(2, 3) * 1j)", "(z * 1).backward(x)"),
    *(
        "torch.autograd.grad(z * 1, z, x)",
        "torch.func.jacrev(torch.exp)(z)",
        "torch.int32.to_complex()",
    ),
    *(
        "torch.func.jacfwd(torch.exp)(z)",
        "torch.func.jacrev(lambda x: x * 1j)(x)",
        "setattr(z, 'grad', x)",
    ),
    *("torch.autograd.functional.jacobian(torch.exp, z)", "torch.func.grad(torch.sum)(z)"),
    *(
        "torch.arange(3, dtype=torch.complex64)",
        "torch.complex(x, x.float())",
        "torch.complex(z, z)",
    ),
)
PRINTED = (
    *(
        "torch.tensor(1 + 2j)",
        "torch.tensor([1 + 2j, -3.5])",
        "torch.tensor([1e10 + 1j])",
        "z",
        "z * 2",
    ),
    *("torch.tensor([complex('nan'), complex('inf')])", "torch.zeros(2, dtype=torch.complex128)"),
    *(
        "z.conj()",
        "torch.tensor([1j]).tolist()",
        "complex(torch.tensor(1j))",
        "z.real",
        "z.is_conj()",
    ),
    *(
        "z.conj().is_conj()",
        "z.conj().imag.is_neg()",
        "z.conj().resolve_conj().is_conj()",
        "z.H.shape",
    ),
    *(
        "torch.tensor([1, 2]) * 1j",
        "(torch.tensor([1.0]) * 1j).dtype",
        "(x * 1j).dtype",
        "z.type()",
    ),
    *("(x[0, 0] * torch.tensor([1j])).dtype", "(x * torch.tensor([1j])).dtype", "z.element_size()"),
    *("(x * torch.tensor(1j)).dtype", "torch.complex64.to_real()", "torch.bfloat16.to_complex()"),
    *(
        "torch.full((2,), 1j)",
        "torch.linspace(0, 1j, 3)",
        "z.to(torch.float64)",
        "z.bool()",
        "z == z",
    ),
    *("torch.fft.fftfreq(5)", "torch.fft.rfftfreq(4, 0.5)", "z.grad_fn", "z.real.grad_fn.name()"),
    *(
        "torch.view_as_complex(torch.ones(1, 2))",
        "torch.result_type(z, 1.0)",
        "torch.is_complex(z)",
    ),
)


def numbers() -> dict[str, Any]:
    """Draw the values that the expressions name."""
    generator = np.random.default_rng(7)

    def normal(*shape: int) -> Any:
        return generator.normal(size=shape)

    return {
        "z": normal(2, 3) + 1j * normal(2, 3),
        "w": normal(2, 3) + 1j * normal(2, 3),
        "s": normal(3, 3) + 1j * normal(3, 3),
        "x": normal(2, 3),
        "y": normal(2, 3),
    }


def arrays(tensors: Any) -> list[Any]:
    """Return plain arrays."""
    return [None if t is None else np.array(t.detach().numpy(force=True)) for t in tensors]


def random_like(library: Any, tensors: Any, generator: Any) -> list[Any]:
    """Draw a cotangent, or a tangent, for each."""
    found = []
    for tensor in tensors:
        drawn = generator.normal(size=(*tensor.shape, 2))
        number = drawn[..., 0] + 1j * drawn[..., 1] if tensor.is_complex() else drawn[..., 0]
        found.append(library.tensor(number).to(tensor.dtype))
    return found


def evaluated(library: Any, call: str, **more: Any) -> tuple[Any, ...]:
    """Return what a call gives, as a tuple of tensors."""
    found = eval(call, {"torch": library, **more})  # noqa: S307 - written above
    return tuple(found) if isinstance(found, tuple | list) else (found,)


def reverse(library: Any, call: str) -> list[list[Any]]:
    """Return values, gradients and second gradients, for random cotangents."""
    generator = np.random.default_rng(1)
    points = {name: library.tensor(value).requires_grad_() for name, value in numbers().items()}
    results = evaluated(library, call, **points)
    followed = [y for y in results if y.requires_grad]
    seeds = random_like(library, followed, generator)
    leaves = list(points.values())
    grad = library.autograd.grad
    first = grad(followed, leaves, seeds, create_graph=True, allow_unused=True)
    live = [g for g in first if g is not None and g.requires_grad]
    second: Any = [None] * len(leaves)
    if live:
        second = grad(live, leaves, random_like(library, live, generator), allow_unused=True)
    return [arrays(results), arrays(first), arrays(second)]


def tangents(library: Any, call: str) -> list[list[Any]]:
    """Return tangents of all results, for random ones of all that is named."""
    generator, forward_ad = np.random.default_rng(2), library.autograd.forward_ad
    with forward_ad.dual_level():
        values = [library.tensor(value) for value in numbers().values()]
        directions = random_like(library, values, generator)
        pairs = zip(values, directions, strict=True)
        points = dict(zip(numbers(), [forward_ad.make_dual(*pair) for pair in pairs], strict=True))
        results = evaluated(library, call, **points)
        return [arrays([forward_ad.unpack_dual(y).tangent for y in results])]


def assert_near(found: list[list[Any]], expected: list[list[Any]]) -> None:
    """Hold that all arrays are near, of one dtype; None is as good as zeros."""
    for one, other in zip(found, expected, strict=True):
        for a, b in zip(one, other, strict=True):
            if a is None or b is None:
                given = b if a is None else a
                assert given is None or not given.any()
                continue
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            single = a.dtype.name in {"float32", "complex64"}
            np.testing.assert_allclose(a, b, *((1e-4, 1e-5) if single else (1e-7, 1e-9)))


FORWARD_IS_REAL_IN_TORCH = {"x ** z", "z ** x", "x ** (1 + 2j)"}
"""Of which torch loses the imaginary part of the tangent where the operand is real."""
EVERYTHING = (*ELEMENTWISE, *PAIRS, *ALONG, *SQUARE, *SPECTRA)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", EVERYTHING)
def test_both_derivatives_are_those_of_torch(call: str) -> None:
    assert_near(reverse(engine, call), reverse(torch, call))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", [c for c in EVERYTHING if c not in FORWARD_IS_REAL_IN_TORCH])
def test_tangents_are_those_of_torch(call: str) -> None:
    assert_near(tangents(engine, call), tangents(torch, call))


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_differentiated_as_in_torch(write: str) -> None:
    def call(library: Any) -> list[list[Any]]:
        generator = np.random.default_rng(3)
        z = library.tensor(numbers()["z"]).requires_grad_()
        b, x = z * 1, library.tensor(numbers()["x"])
        eval(write, {"torch": library, "b": b, "x": x})  # noqa: S307 - written above
        seeds = random_like(library, [b], generator)
        return [arrays([b]), arrays(library.autograd.grad(b, z, seeds))]

    assert_near(call(engine), call(torch))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", [*REFUSED, *PRINTED])
def test_a_call_gives_or_raises_what_it_does_in_torch(call: str) -> None:
    def program(library: Any) -> Any:
        values = {n: library.tensor(v).requires_grad_(n == "z") for n, v in numbers().items()}
        values["z"] = values["z"] * 1 if "grad" not in call else values["z"]
        return eval(call, {"torch": library, **values})  # noqa: S307 - written above

    same(program)


FUNCTIONS = {
    "holomorphic": lambda z: (z * z).exp(),
    "conjugate": lambda z: z.conj() * z * 2j,
    "real": lambda z: z.abs() * z.real,
    "several": lambda z: (z * 1j, z.angle(), engine.view_as_real(z)),
    "spectrum": lambda z: engine.fft.irfft(engine.fft.fft(z)),
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradcheck_takes_complex_numbers(name: str, fast: bool) -> None:
    z = engine.tensor(numbers()["z"]).requires_grad_()
    check = engine.autograd.gradcheck
    assert check(FUNCTIONS[name], (z,), fast_mode=fast, check_forward_ad=True)
    assert engine.autograd.gradgradcheck(FUNCTIONS[name], (z,), fast_mode=fast)


@pytest.mark.parametrize("fast", [False, True])
def test_gradcheck_sees_a_derivative_that_is_not_conjugated(fast: bool) -> None:
    class Square(engine.autograd.Function):
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (z,) = ctx.saved_tensors
            return g * 2 * z

    z = engine.tensor(numbers()["z"]).requires_grad_()
    assert not engine.autograd.gradcheck(Square.apply, (z,), raise_exception=False, fast_mode=fast)


def test_a_function_may_not_give_a_real_argument_a_complex_gradient() -> None:
    class Turned(engine.autograd.Function):
        @staticmethod
        def forward(_ctx: Any, x: Any) -> Any:
            return x * 1j

        @staticmethod
        def backward(_ctx: Any, g: Any) -> Any:
            return g * -1j

    x = engine.tensor([1.0, 2.0]).requires_grad_()
    with pytest.raises(RuntimeError, match="complex gradient"):
        Turned.apply(x).abs().sum().backward()


def test_a_real_tensor_gets_the_real_part() -> None:
    x = engine.tensor([3.0, -1.0], dtype=engine.float64).requires_grad_()
    (x * (2 + 1j)).backward(engine.tensor([1 + 2j, 3 - 1j], dtype=engine.complex128))
    # the real part of g times the conjugate of 2 + i
    assert x.grad.tolist() == [4.0, 5.0]


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_an_optimizer_takes_complex_numbers_for_pairs(kind: str) -> None:
    def stepped(library: Any) -> list[list[Any]]:
        z = library.tensor(numbers()["z"]).requires_grad_()
        optimizer = getattr(library.optim, kind)([z], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (z.abs() ** 2).sum().backward()
            optimizer.step()
        return [arrays([z])]

    assert_near(stepped(engine), stepped(torch))


def test_conversion_to_real_numbers_warns_once() -> None:
    engine.set_warn_always(True)
    z = engine.tensor([1 + 2j])
    try:
        with pytest.warns(UserWarning, match="imaginary"):
            assert z.to(engine.float32).tolist() == [1.0]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert z.bool().tolist() == [True]
    finally:
        engine.set_warn_always(False)


def test_numpy_has_no_complex32() -> None:
    assert engine.float16.to_complex() is engine.complex32
    with pytest.raises(NotImplementedError, match="complex32"):
        engine.zeros(2, dtype=engine.complex32)


def test_a_copy_of_a_conjugate_view_shows_the_conjugates() -> None:
    import copy  # noqa: PLC0415 - of this test alone

    twin = copy.deepcopy(engine.tensor([1 + 2j]).conj())
    assert twin.is_conj()
    assert twin.tolist() == [1 - 2j]


def test_many_examples_at_once_are_what_they_are_one_by_one() -> None:
    z = engine.tensor(numbers()["z"])
    calls = ["torch.vdot(z, z * 1j)", "torch.fft.fft(z)", "z.abs()", "z.conj() * z", "z.prod()"]
    for call in calls:
        together = engine.func.vmap(lambda z, c=call: evaluated(engine, c, z=z)[0])(z)
        alone = [evaluated(engine, call, z=row)[0] for row in z]
        assert_near([arrays([together])], [arrays([engine.stack(alone)])])

"""What a node shows of what it saved is what torch's node of that name shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference as engine

FIXED = """
x, y = numbers(2, 3), numbers(2, 3)
v, m, s = numbers(3), numbers(3, 3), numbers(1).reshape(())
c = numbers(2, 3).detach()
k = torch.tensor([[1.0, 2.0], [3.0, 4.5]], dtype=torch.float64, requires_grad=True)
im, w2, b3 = numbers(1, 2, 4, 4), numbers(3, 2, 2, 2), numbers(3)
idx = torch.tensor([0, 1, 0])
mask = torch.tensor([[True, False, True], [False, True, True]])
"""
EXPRESSIONS = """
x+y
x+2
2+x
x-y
x-2
2-x
x*y
x*2
x*c
c*x
x/y
x/2
2/x
x**2
x**y
2**x
x**-1
x**0.5
-x
x.exp()
x.exp2()
x.expm1()
x.log()
x.log2()
x.log10()
x.log1p()
x.sqrt()
x.rsqrt()
x.reciprocal()
x.sin()
x.cos()
x.tan()
x.asin()
x.acos()
x.atan()
x.sinh()
x.cosh()
x.tanh()
x.asinh()
(x+1).acosh()
(x/2).atanh()
x.sigmoid()
x.relu()
x.abs()
x.sign()
x.floor()
x.ceil()
x.round()
x.trunc()
x.frac()
x.square()
x.erf()
x.erfc()
(x/2).erfinv()
x.lgamma()
x.digamma()
x.neg()
x.sum()
x.sum(0)
x.sum(1,keepdim=True)
x.sum((0,1))
x.mean()
x.mean(0)
x.mean(1,keepdim=True)
x.prod()
x.prod(0)
x.var()
x.var(0)
x.var(1,correction=0,keepdim=True)
x.std()
x.std(1)
torch.var_mean(x,0)
x.norm()
x.norm(1)
torch.linalg.vector_norm(x,3)
torch.linalg.vector_norm(x,dim=1)
torch.linalg.norm(m)
x.max()
x.max(1)
x.min()
x.min(0,keepdim=True)
x.amax()
x.amax(1)
x.amin(0)
x.median()
x.median(1)
x.mode(1)
x.kthvalue(1,1)
x.sort(1)
x.topk(2,1)
x.cumsum(1)
x.cumprod(1)
x.logsumexp(1)
x.softmax(1)
x.log_softmax(1)
torch.maximum(x,y)
torch.minimum(x,y)
torch.fmax(x,y)
torch.fmin(x,y)
x.clamp(0.2,0.8)
x.clamp(min=0.3)
x.clamp(max=0.3)
torch.where(mask,x,y)
torch.where(mask,x,0.)
x.masked_fill(mask,0.)
x.masked_fill(mask,s)
x.masked_select(mask)
x[0]
x[0,1]
x[:,1]
x[...,None]
x[mask]
x[[0,1],[1,2]]
x.index_select(1,idx)
x.gather(1,T([[0],[1]]))
torch.take_along_dim(x,T([[0],[1]]),1)
x.scatter(1,T([[0],[1]]),9.)
x.scatter(1,T([[0],[1]]),y)
x.scatter_add(1,T([[0],[1]]),y)
x.index_fill(1,T([0]),3.)
x.reshape(3,2)
x.view(6)
x.view(3,2)
x.t()
x.T
x.transpose(0,1)
x.permute(1,0)
x.unsqueeze(0)
x.unsqueeze(0).squeeze(0)
x.unsqueeze(0).squeeze()
x.flatten()
x.expand(4,2,3)
x.repeat(2,1)
x.tile(2)
x.roll(1,0)
x.flip(0)
x.rot90()
x.narrow(1,0,2)
x.select(1,2)
x.diagonal()
x.tril()
x.triu(1)
x.trace()
x.unbind(0)
x.split(2,1)
x.split([1,2],1)
x.chunk(2,1)
x.unfold(1,2,1)
x.contiguous()
x.t().contiguous()
x.clone()
x.float()
x.to(torch.float32)
torch.cat([x,y])
torch.cat([x,y],1)
torch.stack([x,y])
torch.hstack([x,y])
torch.vstack([x,y])
x@m
x.mm(m)
x@v
x.mv(v)
v@v
v.dot(v)
torch.outer(v,v)
torch.ger(v,v)
x.unsqueeze(0).bmm(m.unsqueeze(0))
torch.addmm(x,x,m)
torch.addmm(x,x,m,beta=2,alpha=3)
torch.addmv(s.expand(2),x,v)
torch.baddbmm(x.unsqueeze(0),x.unsqueeze(0),m.unsqueeze(0))
torch.addcmul(x,y,y)
torch.addcmul(x,y,y,value=2)
torch.addcdiv(x,y,y)
torch.add(x,y,alpha=2)
torch.sub(x,y,alpha=2)
torch.lerp(x,y,0.3)
torch.lerp(x,y,y)
torch.cross(x,y,dim=1)
torch.atan2(x,y)
torch.hypot(x,y)
torch.fmod(x,0.3)
torch.remainder(x,y)
torch.logaddexp(x,y)
torch.logaddexp2(x,y)
torch.xlogy(x,y)
torch.copysign(x,y)
torch.heaviside(c,x)
torch.nan_to_num(x)
torch.logit(x/2)
torch.logit(x/2,eps=1e-3)
torch.sinc(x)
torch.polygamma(1,x)
torch.linalg.inv(k)
torch.inverse(k)
torch.linalg.cholesky(k@k.t())
torch.linalg.qr(k)
torch.linalg.eigh(k@k.t())
torch.linalg.pinv(k)
torch.linalg.matrix_power(k,3)
torch.linalg.matrix_exp(k)
torch.meshgrid(v,v,indexing='ij')
torch.broadcast_to(v,(2,3))
torch.movedim(x,0,1)
torch.swapaxes(x,0,1)
F.relu(x)
F.relu6(x)
F.leaky_relu(x)
F.leaky_relu(x,0.2)
F.elu(x)
F.elu(x,0.5)
F.selu(x)
F.celu(x)
F.gelu(x)
F.gelu(x,approximate='tanh')
F.silu(x)
F.mish(x)
F.softplus(x)
F.softplus(x,2,10)
F.softsign(x)
F.softshrink(x)
F.hardshrink(x)
F.hardtanh(x)
F.hardtanh(x,-2,2)
F.hardsigmoid(x)
F.hardswish(x)
F.threshold(x,0.1,20)
F.tanhshrink(x)
F.prelu(x,s.reshape(1))
F.softmin(x,1)
F.linear(x,m)
F.linear(x,m,v)
F.linear(v,m,v)
F.mse_loss(x,y)
F.mse_loss(x,c,reduction='sum')
F.l1_loss(x,y)
F.smooth_l1_loss(x,y)
F.huber_loss(x,y)
F.embedding(T([0,1]),m)
F.embedding(T([0,1]),m,padding_idx=1)
F.one_hot(T([0,1]))*s
(x*1).add_(y)
(x*1).mul_(y)
(x*1).exp_()
(x*1).sigmoid_()
(x*1).relu_()
(x*1).copy_(y)
(x*1).zero_()
(x*1).fill_(s)
(x*1).clamp_(0,.5)
(x*1).div_(2)
(x*1).pow_(2)
(x*1).sub_(y,alpha=2)
(x*1).masked_fill_(mask,1.)
(x*1).t_()
(x*1).squeeze_()
(x*1).unsqueeze_(0)
(x*1).addcmul_(y,y)
(x*1).lerp_(y,.5)
torch.polar(x,y)
torch.logcumsumexp(x,1)
torch.scatter_reduce(x,1,T([[0],[1]]),y,'amax')
torch.nanmean(x)
torch.nansum(x)
x.var(unbiased=False)
x//2
""".strip().splitlines()


def looked_at(expression: str, module: Any) -> list[Any]:
    """Return the names of the nodes behind an expression, with all that they show."""

    def numbers(*shape: int) -> Any:
        count = int(np.prod(shape))
        values = (np.arange(count) + 1.0).reshape(shape) / count
        return module.tensor(values.tolist(), dtype=module.float64, requires_grad=True)

    names = {"torch": module, "F": module.nn.functional, "T": module.tensor}
    names |= {"mk": numbers, "numbers": numbers}
    exec(FIXED, names)
    found = eval(expression, names)  # noqa: S307 - of this file
    results = found if isinstance(found, tuple | list) else [found]
    waiting, known = [result.grad_fn for result in results if result.grad_fn is not None], []
    while waiting:
        node = waiting.pop(0)
        if node not in known:
            known.append(node)
            waiting += [target for target, _ in node.next_functions if target is not None]
    return [(node.name(), shown_by(node)) for node in known]


def shown_by(node: Any) -> dict[str, Any]:
    """Return what a node shows under names that torch begins so."""
    names = [name for name in dir(node) if name.startswith(("_saved_", "_raw_saved_"))]
    return {name: told(getattr(node, name)) for name in names}


def told(value: Any) -> Any:
    """Return what can be compared of a value."""
    if isinstance(value, torch.Tensor | engine.Tensor):
        about = (str(value.dtype), tuple(value.shape), value.requires_grad, value.is_leaf)
        return (*about, (np.asarray(value.detach().tolist()) * 1.0).round(6).tolist())
    if isinstance(value, tuple | list):
        return [told(each) for each in value]
    return "raw" if hasattr(value, "register_hooks") else value


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_node_shows_what_torchs_shows(expression: str) -> None:
    assert looked_at(expression, engine) == looked_at(expression, torch)


def test_results_that_are_saved_together_have_names_of_their_own() -> None:
    """Each of them can be packed by itself."""
    q, r = engine.linalg.qr(engine.tensor([[1.0, 2.0], [3.0, 4.5]], requires_grad=True))
    q.grad_fn._raw_saved_R.register_hooks(lambda value: value.tolist(), engine.tensor)
    assert q.grad_fn._raw_saved_R.data == r.tolist()
    assert q.grad_fn._saved_Q.tolist() == q.tolist()

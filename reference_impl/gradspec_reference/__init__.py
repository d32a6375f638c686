"""An engine of which the specification is true, under torch's names.

`import gradspec_reference as torch` runs a tutorial's code.  To learn how autograd works, read
`tensor`, `recording`, `node`, `operators/pointwise`, `backward` and `accumulation`, in this order;
`views` and `inplace` come after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference import autograd, nn
from gradspec_reference.autograd import is_warn_always_enabled, set_warn_always
from gradspec_reference.autograd.grad_mode import is_grad_layout_enforcement_enabled
from gradspec_reference.dtypes import (
    DType,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from gradspec_reference.dtypes import (
    bool_ as bool,
)
from gradspec_reference.engine.modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from gradspec_reference.engine.queries import can_cast, is_tensor, result_type
from gradspec_reference.engine.shapes import Size
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradError
from gradspec_reference.names.factories import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from gradspec_reference.names.methods import PUBLIC as _PUBLIC
from gradspec_reference.names.random import (
    Generator,
    manual_seed,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)

dtype = DType
float = float32
double = float64
half = float16
long = int64
int = int32
short = int16

pi = 3.141592653589793
inf = float64.numpy.type("inf").item()
nan = float64.numpy.type("nan").item()

globals().update(_PUBLIC)

__all__ = [
    "DType",
    "Generator",
    "GradError",
    "Size",
    "Tensor",
    "arange",
    "as_tensor",
    "asarray",
    "autograd",
    "bool",
    "can_cast",
    "double",
    "dtype",
    "empty",
    "empty_like",
    "enable_grad",
    "eye",
    "float",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "get_default_dtype",
    "half",
    "inf",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "is_grad_layout_enforcement_enabled",
    "is_tensor",
    "is_warn_always_enabled",
    "linspace",
    "long",
    "manual_seed",
    "nan",
    "nn",
    "no_grad",
    "ones",
    "ones_like",
    "pi",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "result_type",
    "set_default_dtype",
    "set_grad_enabled",
    "set_warn_always",
    "short",
    "tensor",
    "uint8",
    "zeros",
    "zeros_like",
]

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...

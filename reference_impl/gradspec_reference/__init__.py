"""An engine of which the specification is true, under torch's names.

`import gradspec_reference as torch` runs a tutorial's code.  To learn how autograd works, read in
`engine/` the files `tensor`, `recording` and `node`, then `operators/transcendental`, then
`backward` and `accumulation`; `views` and `inplace` come after.
"""

import sys

from gradspec_reference import _C, autograd, fft, func, linalg, nn, ops, optim, special, utils
from gradspec_reference.autograd import is_warn_always_enabled, set_warn_always
from gradspec_reference.autograd.grad_mode import is_grad_layout_enforcement_enabled
from gradspec_reference.drawing import draw
from gradspec_reference.dtypes import (
    DType,
    bfloat16,
    complex32,
    complex64,
    complex128,
    float8_e4m3fn,
    float8_e4m3fnuz,
    float8_e5m2,
    float8_e5m2fnuz,
    float8_e8m0fnu,
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
from gradspec_reference.engine.anomaly import (
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_anomaly_enabled,
)
from gradspec_reference.engine.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from gradspec_reference.engine.shapes import Size
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradError
from gradspec_reference.func import vmap
from gradspec_reference.names import (
    factories,
    likeness,
    limits,
    methods,
    numerals,
    random,
    return_types,
    saving,
    spaced,
    subclasses,
)
from gradspec_reference.names.devices import Device
from gradspec_reference.names.factories import *
from gradspec_reference.names.functions import (
    aliases,
    arithmetic,
    assembly,
    complex_numbers,
    contractions,
    copies,
    counting,
    elementwise,
    indexing,
    joining,
    matrices,
    moments,
    normalised,
    pairs,
    parts,
    placing,
    products,
    queries,
    ranks,
    reductions,
    rows,
    running,
    scattering,
    selection,
    shapes,
    statistics,
    sums_of_products,
)
from gradspec_reference.names.functions import special as beyond
from gradspec_reference.names.functions.aliases import *
from gradspec_reference.names.functions.arithmetic import *
from gradspec_reference.names.functions.assembly import *
from gradspec_reference.names.functions.complex_numbers import *
from gradspec_reference.names.functions.contractions import *
from gradspec_reference.names.functions.copies import *
from gradspec_reference.names.functions.counting import *
from gradspec_reference.names.functions.elementwise import *
from gradspec_reference.names.functions.indexing import *
from gradspec_reference.names.functions.joining import *
from gradspec_reference.names.functions.matrices import *
from gradspec_reference.names.functions.moments import *
from gradspec_reference.names.functions.normalised import *
from gradspec_reference.names.functions.pairs import *
from gradspec_reference.names.functions.parts import *
from gradspec_reference.names.functions.placing import *
from gradspec_reference.names.functions.products import *
from gradspec_reference.names.functions.queries import *
from gradspec_reference.names.functions.ranks import *
from gradspec_reference.names.functions.reductions import *
from gradspec_reference.names.functions.running import *
from gradspec_reference.names.functions.scattering import *
from gradspec_reference.names.functions.selection import *
from gradspec_reference.names.functions.shapes import *
from gradspec_reference.names.functions.special import *
from gradspec_reference.names.functions.statistics import *
from gradspec_reference.names.functions.sums_of_products import *
from gradspec_reference.names.likeness import *
from gradspec_reference.names.limits import *
from gradspec_reference.names.numerals import *
from gradspec_reference.names.random import *
from gradspec_reference.names.saving import *
from gradspec_reference.names.spaced import *

methods.attach()
rows.introduce(sys.modules[__name__], special, nn.functional, linalg)
subclasses.attach()

dtype = DType
device = Device
chalf = complex32
cfloat = complex64
cdouble = complex128
float = float32
double = float64
half = float16
long = int64
int = int32
short = int16

pi = 3.141592653589793
inf = float64.numpy.type("inf").item()
nan = float64.numpy.type("nan").item()

__all__ = [
    "_C",
    "DType",
    "GradError",
    "Size",
    "Tensor",
    "autograd",
    "bfloat16",
    "bool",
    "cdouble",
    "cfloat",
    "chalf",
    "complex32",
    "complex64",
    "complex128",
    "device",
    "double",
    "draw",
    "dtype",
    "enable_grad",
    "fft",
    "float",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float16",
    "float32",
    "float64",
    "func",
    "get_default_dtype",
    "half",
    "inf",
    "inference_mode",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_grad_layout_enforcement_enabled",
    "is_inference_mode_enabled",
    "is_warn_always_enabled",
    "linalg",
    "long",
    "nan",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "pi",
    "return_types",
    "set_anomaly_enabled",
    "set_default_dtype",
    "set_grad_enabled",
    "set_warn_always",
    "short",
    "special",
    "uint8",
    "utils",
    "vmap",
]
__all__ += factories.__all__
__all__ += likeness.__all__
__all__ += limits.__all__
__all__ += numerals.__all__
__all__ += random.__all__
__all__ += saving.__all__
__all__ += spaced.__all__
__all__ += aliases.__all__
__all__ += arithmetic.__all__
__all__ += assembly.__all__
__all__ += complex_numbers.__all__
__all__ += contractions.__all__
__all__ += copies.__all__
__all__ += counting.__all__
__all__ += elementwise.__all__
__all__ += indexing.__all__
__all__ += joining.__all__
__all__ += matrices.__all__
__all__ += moments.__all__
__all__ += normalised.__all__
__all__ += pairs.__all__
__all__ += parts.__all__
__all__ += placing.__all__
__all__ += products.__all__
__all__ += queries.__all__
__all__ += ranks.__all__
__all__ += reductions.__all__
__all__ += running.__all__
__all__ += scattering.__all__
__all__ += selection.__all__
__all__ += shapes.__all__
__all__ += beyond.__all__
__all__ += statistics.__all__
__all__ += sums_of_products.__all__

# rooms of this house, not names of torch
del Device, arithmetic, assembly, beyond, complex_numbers, contractions, copies, counting
del elementwise, factories
del (
    indexing,
    joining,
    likeness,
    limits,
    matrices,
    methods,
    moments,
    normalised,
    numerals,
    pairs,
    parts,
)
del (
    placing,
    products,
    queries,
    ranks,
    reductions,
    rows,
    running,
    saving,
    scattering,
    selection,
    shapes,
    spaced,
    subclasses,
)
del sums_of_products, sys

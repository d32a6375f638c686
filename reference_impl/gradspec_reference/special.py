"""Functions beyond the elementary ones (torch.special)."""

import sys

from gradspec_reference.names import arguments
from gradspec_reference.names.functions.elementwise import exp2, expm1, log1p, round
from gradspec_reference.names.functions.elementwise import sigmoid as expit
from gradspec_reference.names.functions.normalised import log_softmax, logsumexp, softmax
from gradspec_reference.names.functions.pairs import xlog1py, xlogy
from gradspec_reference.names.functions.special import (
    digamma,
    erf,
    erfc,
    erfinv,
    logit,
    polygamma,
    sinc,
)
from gradspec_reference.names.functions.special import digamma as psi
from gradspec_reference.names.functions.special import lgamma as gammaln

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]

arguments.put_doors(sys.modules[__name__])

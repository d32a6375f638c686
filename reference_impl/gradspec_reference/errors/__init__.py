"""Every way to be wrong has its exception, and every exception its place in a program's life.

Read in this order: `asking` for a backward pass, the life of the `graph`, flags and gradients of
`leaves`, `writing` in place, `operators`, `hooks` and `checkpoints`, `functions` of the caller's;
then what came to the engine later: `forward` mode, `checking`, `functional` derivatives,
`transforms`, `batches` and `training`.  Each class is a `GradError` and also the builtin that torch
raises, so `except RuntimeError` works as it does there; the head of a class says its kind and the
clause that its message ends with.
"""

from gradspec_reference.errors.asking import *
from gradspec_reference.errors.batches import *
from gradspec_reference.errors.checking import *
from gradspec_reference.errors.checkpoints import *
from gradspec_reference.errors.forward import *
from gradspec_reference.errors.functional import *
from gradspec_reference.errors.functions import *
from gradspec_reference.errors.graph import *
from gradspec_reference.errors.hooks import *
from gradspec_reference.errors.leaves import *
from gradspec_reference.errors.operators import *
from gradspec_reference.errors.refusal import GradError as GradError
from gradspec_reference.errors.training import *
from gradspec_reference.errors.transforms import *
from gradspec_reference.errors.writing import *

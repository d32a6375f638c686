"""Faults in transforms of functions: their calls, what they are given, what leaves them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine import custom, duals, modes, structures
from gradspec_reference.engine import node as graph
from gradspec_reference.engine.differentiating import zeros
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.structures import Structure
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.transforms import Forward, Reverse
from gradspec_reference.func import arguments, forward, matrices, modules, reverse
from gradspec_reference.nn.utils import stateless

OWN = at(Reverse, "own")
PRODUCTS = at(Reverse, "products")
LEAVING = at(Reverse, "leaving")
PLACES = at(arguments, "places")
APART = at(arguments, "apart")
SELECTED = at(arguments, "selected")
FLATTEN = at(structures, "flatten")
PUSHED = at(forward, "pushed")
PULLBACK = at(reverse, "pullback")
TANGENT = at(forward, "tangent")
MAPS = "maps over leaves that take lists for tensors"
OPTION = "an option that is not read"
GLOBAL_TAPE = "engines with one tape for all calls"

"""Faults in how the call that a failure comes from is found out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import anomaly, modes, nesting, recording
from gradspec_reference.engine.anomaly import Anomalies, WatchedPass
from gradspec_reference.engine.arrivals import FIRST
from gradspec_reference.errors import NanGradientError

CHECK = at(WatchedPass, "check")
VISIT = at(WatchedPass, "visit_watched")
TELL = at(anomaly, "tell")


def array_of(part: Any) -> Any:
    """Give the array of a contribution."""
    return getattr(part, "_array", part)


@plant(CHECK, "no error: anom-001 anom-205", TEACHING)
def nan_is_not_looked_for(_sound, _self, _part):
    """No node is asked for NaN."""


@plant(CHECK, "no error: anom-206", "where one entry stands for all")
def one_entry_is_looked_at(sound, self, part):
    """Of what a node returns the first entry is looked at."""
    if part is not None and not np.isnan(array_of(part)).all():
        return
    sound(self, part)


@plant(CHECK, "nan-gradient: anom-010", "checks for what is not finite")
def infinity_counts_as_nan(sound, self, part):
    """A node that returns infinity fails, as one that returns NaN."""
    array = array_of(part)
    if part is not None and array.dtype.kind == "f" and np.isinf(array).any():
        array = np.full_like(array, np.nan)
        part = type(part)(array) if self.create_graph else array
    sound(self, part)


@plant(CHECK, "nan-gradient: anom-002/with_check_nan_false", TEACHING)
def nan_is_always_looked_for(sound, self, part):
    """A node is asked for NaN with check_nan=False, too."""
    asked, Anomalies.check_nan = Anomalies.check_nan, True
    try:
        sound(self, part)
    finally:
        Anomalies.check_nan = asked


@compound("no error: anom-011", "where NaN is only looked for if it is new")
def inherited_nan_is_no_failure(swap):
    """A node that was given NaN may return it."""
    given = [False]

    @swap.before(VISIT)
    def visit(self, node):
        parts = [value for value, _ in self.waiting[node][FIRST:]]
        given[0] = any(p is not None and np.isnan(array_of(p)).any() for p in parts)

    @swap.into(CHECK)
    def check(sound, self, part):
        if not given[0]:
            sound(self, part)


@before(at(WatchedPass, "deliver"), "nan-gradient: anom-207", "checks of what a pass starts from")
def starting_gradients_are_looked_at(self, _edge, part, _status):
    """NaN that the caller gives is a failure, whoever it is given to."""
    if self.at is None and part is not None and np.isnan(array_of(part)).any():
        raise NanGradientError("a starting gradient is NaN")


@before(at(WatchedPass, "deliver"), "nan-gradient: anom-270", "checks inside of the derivative")
def nodes_are_looked_at_before_hooks(self, _edge, part, _status):
    """NaN that a node returns is a failure before a hook after the node has seen it."""
    held, self.held_back = self.held_back, None
    if held is not None and self.at is not None:
        self.check(part)
    self.held_back = held


@after(at(WatchedPass, "through_node_hooks"), "no error: anom-271", "checks of what nodes make")
def answers_of_hooks_are_not_looked_at(_shown, self, *_rest):
    """A hook after a node may return NaN."""
    self.at = None


@after(at(recording, "binary"), "nan-gradient: anom-009", "checks of every operation")
def forward_values_are_looked_at(result, *_operands):
    """A result that is NaN is a failure of the forward pass."""
    if anomaly.looking and np.isnan(result._array).any():
        raise NanGradientError("a result is NaN")


@compound("unexpected gradient: anom-204", "where a pass is looked at when it has ended")
def nan_is_noticed_at_the_end(swap):
    """A pass with NaN goes on to its end, and is refused then."""
    failures = []

    @swap.into(CHECK)
    def check(sound, self, part):
        try:
            sound(self, part)
        except NanGradientError as error:
            failures.append(error)

    @swap.into(at(WatchedPass, "run"))
    def run(sound, self):
        sound(self)
        if failures:
            raise failures.pop()


@after(at(WatchedPass, "fit"), "value: anom-014", "a check that works on the gradient itself")
def looking_changes_the_gradient(fitted, _self, part, *_rest):
    """What is summed over a broadcast dimension is scaled while it is looked at."""
    if isinstance(fitted[0], np.ndarray) and fitted[0] is not part:
        np.multiply(fitted[0], 2.0, out=fitted[0])


@plant(at(anomaly.set_detect_anomaly, "__exit__"), "order: anom-007/set_detect_anomaly", TEACHING)
def setting_stays_in_effect(_sound, _self, *_exception):
    """Detection stays on after a block of set_detect_anomaly."""


@plant(at(anomaly.detect_anomaly, "__exit__"), "order: anom-007/detect_anomaly", TEACHING)
def detection_stays_on(_sound, _self, *_exception):
    """Detection stays on after a block of detect_anomaly."""


@plant(
    at(anomaly.detect_anomaly, "__exit__"), "flag: anom-203/detect_anomaly", "nothing finally done"
)
def exception_keeps_detection_on(sound, self, kind=None, *exception):
    """Detection stays on after a block of detect_anomaly that an exception ends."""
    if kind is None:
        sound(self, kind, *exception)


@plant(at(anomaly, "set_anomaly_mode"), "order: anom-202", "flags that only go up")
def detection_is_not_switched_off_within(sound, mode, check_nan):
    """Inside a block with detection, set_detect_anomaly(False) does nothing."""
    before = bool(anomaly.looking)
    told = sound(mode or before, check_nan)
    return (False, told[1]) if not before else told


@compound("order: anom-008", "where a setting is made for a block")
def setting_looks_at_nan_always(swap):
    """set_detect_anomaly takes no notice of check_nan."""

    @swap.into(at(anomaly.set_detect_anomaly, "__init__"))
    def begin(sound, self, mode, check_nan=True):
        del check_nan
        sound(self, mode, True)


@plant(at(anomaly, "is_anomaly_enabled"), "flag: anom-201", "a simple model of torch")
def detection_is_told_as_looking_at_nan(_sound):
    """is_anomaly_enabled says whether NaN would be looked at."""
    return Anomalies.check_nan


@plant(at(anomaly.detect_anomaly, "__init__"), "warning: anom-006", TEACHING)
def detection_warns_of_nothing(sound, self, check_nan=True):
    """detect_anomaly does not warn of its cost."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sound(self, check_nan)


@before(at(anomaly.set_detect_anomaly, "__init__"), "warning: anom-006a", "one class for both")
def setting_warns(*_arguments):
    """set_detect_anomaly warns of its cost."""
    warnings.warn("slower", UserWarning, stacklevel=3)


@plant(at(anomaly, "note"), "text: anom-013", TEACHING)
def lines_are_not_kept(_sound, _node):
    """No node keeps the lines that recorded it."""


@plant(TELL, "warning: anom-004/returns_NaN anom-012", TEACHING)
def failures_are_not_told(_sound, _node):
    """A failure is raised without a warning."""


@plant(TELL, "text: anom-005", "where the stack of the moment is shown")
def lines_of_the_pass_are_shown(sound, node):
    """A failure at a node that kept nothing shows the lines that called the pass."""
    node.metadata.setdefault(anomaly.TRACEBACK, anomaly.callers_stack())
    sound(node)


@compound("text: anom-210", "where a pass of a pass is like any other")
def parents_are_not_kept(swap):
    """A node that a pass recorded does not keep at which node that was."""

    @swap.after(at(anomaly, "note"))
    def note(_, node):
        node.metadata.pop(anomaly.PARENT, None)


@compound("warning: anom-004/is_the_callers_and_raises anom-012", "checks for NaN alone")
def only_nan_is_told(swap):
    """A failure that is no NaN is raised without a warning."""
    nan = [False]

    @swap.into(CHECK)
    def check(sound, self, part):
        nan[0] = True
        sound(self, part)
        nan[0] = False

    @swap.into(TELL)
    def tell(sound, node):
        if nan[0]:
            sound(node)


@plant(at(anomaly, "passes"), "warning: anom-209", "where the lines decide, and not the mode")
def every_pass_is_watched(_sound):
    """A pass tells of a failure at a node that kept its lines, also after detection."""
    return WatchedPass


@plant(at(nesting, "run"), "root-without-grad: anom-208", "where nothing is finally done")
def failure_switches_recording_off(sound, walk):
    """After a pass that failed, nothing is recorded."""
    try:
        sound(walk)
    except NanGradientError:
        modes.enter(False)
        raise

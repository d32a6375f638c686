"""Faults that show where a program has more than one thread."""

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, at, kernel, step
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import anomaly, hooks, modes, nesting
from gradspec_reference.engine.arrivals import MISSING
from gradspec_reference.engine.custom import FunctionNode
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.errors import GradError, GraphFreedError

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = at(nesting, "run")
ONE_STATE = "where what belongs to a pass is kept with the process"


def of_another() -> Callable[[], bool]:
    """Give a function that says whether it is called in another thread than this one."""
    here = threading.get_ident()
    return lambda: threading.get_ident() != here


@plant(RUN, "missing gradient: thr-001/during_its_pass", ONE_STATE, memory=list)
def one_thread_differentiates_at_a_time(running, sound, walk):
    """A pass that is called while one runs in another thread does nothing."""
    thread = threading.get_ident()
    if any(other != thread for other in running):
        return
    running.append(thread)
    try:
        sound(walk)
    finally:
        running.pop()


@plant(
    step("capture"), "value: thr-002/between_two_operations", "answers kept with nodes", memory=dict
)
def first_thread_answers_for_all(known, sound, self, node, arrived):
    """A thread that asks for a gradient is given the one that another has asked for before."""
    sound(self, node, arrived)
    thread = threading.get_ident()
    for edge in [edge for edge in self.captured if edge[0] is node]:
        who, value = known.setdefault(edge, (thread, self.captured[edge]))
        if who != thread:
            self.captured[edge] = value


@compound("value: thr-003/during_its_pass", "gradients that are read, added to and written")
def pass_adds_to_what_was_there_when_it_began(swap):
    """A pass writes to a leaf what it adds to the gradient that was there at its beginning."""
    begun: list[dict[int, Any]] = []

    @swap.into(RUN)
    def run(sound, walk):
        leaves = [n.variable for n in walk.waiting if type(n) is AccumulateGrad]
        begun.append({id(x): x._grad and x._grad._array.copy() for x in leaves})
        try:
            sound(walk)
        finally:
            begun.pop()

    @swap.before(ACCUMULATE_ARRAY)
    def accumulate(leaf, _gradient, _status):
        before = begun[-1].get(id(leaf)) if begun else None
        if before is not None:
            np.copyto(leaf._grad.materialise(), before)
        elif begun:
            leaf._grad = None


@compound("missing gradient: thr-004", "graphs that are kept with their thread")
def graphs_belong_to_the_first_thread(swap):
    """A pass that another thread than the first calls does nothing."""
    elsewhere = of_another()

    @swap.into(RUN)
    def run(sound, walk):
        if not elsewhere():
            sound(walk)


@compound(
    "root-without-grad: rec-029 thr-006/inference_mode", "one tape, which the first thread has"
)
def only_the_first_thread_records(swap):
    """What another thread than the first computes is not recorded."""

    @swap.after(at(modes.ThreadState, "__init__"))
    def begin(_, self):
        self.recording = False


@compound("root-without-grad: thr-202", "a mode of the process while a pass runs")
def nothing_is_recorded_beside_a_pass(swap):
    """What a thread computes that begins while a pass runs is not recorded."""
    running: list[Any] = []

    @swap.into(RUN)
    def run(sound, walk):
        running.append(walk)
        try:
            sound(walk)
        finally:
            running.pop()

    @swap.after(at(modes.ThreadState, "__init__"))
    def begin(_, self):
        self.recording = not running


@compound("no error: life-022", "saved values that each thread has for itself")
def other_threads_free_nothing(swap):
    """A pass of another thread than the first keeps the graph."""
    elsewhere = of_another()

    @swap.before(RUN)
    def run(walk):
        walk.retain_graph = walk.retain_graph or elsewhere()


@compound("graph-freed: thr-005", "options that stay behind in the caller's thread")
def other_threads_keep_nothing(swap):
    """A pass of another thread than the first frees the graph, also with retain_graph=True."""
    elsewhere = of_another()

    @swap.before(RUN)
    def run(walk):
        walk.retain_graph = walk.retain_graph and not elsewhere()


@compound("missing gradient: thr-201", "errors that end a worker and nothing else")
def emptied_graph_ends_a_thread_in_silence(swap):
    """A pass of another thread than the first ends in silence where the graph is emptied."""
    elsewhere = of_another()

    @swap.into(RUN)
    def run(sound, walk):
        try:
            sound(walk)
        except GraphFreedError:
            if not elsewhere():
                raise


@compound("no error: thr-008/on_a_tensor", "pytorch/pytorch#25690")
def what_callers_raise_stays_in_the_thread(swap):
    """What a hook raises in a pass of another thread than the first ends the pass in silence."""
    elsewhere = of_another()

    @swap.into(RUN)
    def run(sound, walk):
        try:
            sound(walk)
        except GradError:
            raise
        except Exception:
            if not elsewhere():
                raise


@plant(at(FunctionNode, "shares"), "no error: bwd-033", "errors that are logged and passed over")
def what_a_derivative_raises_is_swallowed(sound, self, cotangents):
    """What the derivative of a caller's function raises is passed over: nothing arrives."""
    try:
        return sound(self, cotangents)
    except Exception as error:
        if isinstance(error, GradError | RuntimeError):
            raise
        return [None for shape in self.shapes if shape is not None]


@compound("order: thr-006b", "where a thread begins with the defaults")
def anomalies_are_looked_for_in_one_thread(swap):
    """Another thread than the first finds that no anomalies are looked for."""
    elsewhere = of_another()

    @swap.into(at(anomaly, "is_anomaly_enabled"))
    def asked(sound):
        return sound() and not elsewhere()


@plant(at(hooks, "in_turn"), "order: thr-007/on_a_tensor", "passes with threads of their own")
def hooks_have_a_thread_of_their_own(sound, functions):
    """A hook runs in a new thread, which the pass waits for."""

    def apart(hook: Any, *gradients: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(hook, *gradients).result()

    return [functools.partial(apart, hook) for hook in sound(functions)]


@compound("order: thr-203", "callbacks kept by thread")
def hooks_belong_to_the_thread(swap):
    """A hook that another thread than the first puts on a tensor is not called."""
    elsewhere = of_another()

    @swap.into(at(hooks, "register"))
    def register(sound, tensor, hook):
        return hooks.RemovableHandle(hooks.Hooks(), hook) if elsewhere() else sound(tensor, hook)


@plant(RUN, "missing gradient: thr-204", "pytorch/pytorch#12106", memory=list)
def failure_ends_all_passes(running, sound, walk):
    """A pass that fails ends those that run in other threads, too."""
    running.append(walk)
    try:
        sound(walk)
    except Exception:
        for other in running[:-1]:
            other.waiting = {node: list(arrivals) for node, arrivals in other.waiting.items()}
            for arrivals in other.waiting.values():
                arrivals[MISSING] += 1
        raise
    finally:
        running.pop()


@plant(
    at(hooks, "in_turn"), "order: thr-009", "functions that are called one at a time", memory=set
)
def running_hooks_are_passed_over(running, sound, functions):
    """A hook is not called as long as it runs in another thread."""

    def alone(hook: Any, *gradients: Any) -> Any:
        if hook in running:
            return None
        running.add(hook)
        try:
            return hook(*gradients)
        finally:
            running.remove(hook)

    return [functools.partial(alone, hook) for hook in sound(functions)]


@compound("order: thr-010/between_two_operations", "kernels with memory of their own")
def threads_share_the_memory_of_a_kernel(swap):
    """A product that another thread than the first computes is the last one of the first."""
    elsewhere = of_another()
    last: dict[int, Any] = {}

    @swap.into(kernel("mul"))
    def multiply(sound, *operands):
        found = last.get(0) if elsewhere() else None
        if found is None:
            found = sound(*operands)
            if not elsewhere():
                last[0] = found
        return found.copy()

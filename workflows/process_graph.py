"""Where a case may go in a process: states that cannot be reached or left, and steps without end.

Pure. Each function answers what speaks against the process; `workflows.process_check` gathers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from core.validation import to_pointer
from workflows.expression_tokens import may_be_zero, names_in
from workflows.problems import Problem
from workflows.process_document import PROCESS_ROLES, Action, Automatic, Clock, Process
from workflows.status import OPEN_STATUSES, Status

Graph = Mapping[str, Iterable[str]]

_PEOPLE = frozenset(PROCESS_ROLES) - {"system"}
_FINAL = (Status.CLOSED, Status.REJECTED)
# What guards call the fields of a case that an action may set; the rest they do not see.
_SEEN_AS = {
    "department": ("case.department", "case.assignee"),  # another department has another assignee
    "assignee": ("case.assignee",),
    "priority": ("case.priority",),
    "case_class": ("case.class",),
}


def check_states(process: Process) -> Iterator[Problem]:
    """States that no case gets to, that no case gets out of, and open ones without a deadline."""
    graph = _ways(process)
    reached = _reachable(graph, process.initial)
    ends = {name for name, state in process.states.items() if state.status in _FINAL}
    if not ends:
        yield Problem("process_has_no_end", "/states")
    for name in process.states:
        place, facts = to_pointer(["states", name]), _state_facts(process, name)
        if name not in reached:
            yield Problem("process_state_unreachable", place, facts=facts)
        elif ends and not ends & _reachable(graph, name):
            yield Problem("process_state_without_end", place, facts=facts)
        elif name not in ends:
            yield from _waiting_problems(process, name)
    yield from _deadline_problems(process)


def check_loops(process: Process) -> Iterator[Problem]:
    """Automatic actions that lead back to where they start.

    Without any guard that is an error; with guards that look at nothing that changes on the way,
    a warning: whether they ever let go, only their facts can say.
    """
    bare = {name: list(_automatic_targets(process, name, bare=True)) for name in process.states}
    all_ways = {name: list(_automatic_targets(process, name)) for name in process.states}
    endless = list(_loops(bare))
    for loop in endless:
        yield _loop_problem(process, loop, "process_loop")
    for loop in _loops(all_ways):
        if any(set(loop) & set(other) for other in endless):
            continue
        looked_at = {
            name
            for state in loop
            for automatic in process.states[state].automatic
            for name in names_in(automatic.when or "")
        }
        changed = {
            name
            for state in loop
            for automatic in process.states[state].automatic
            if process.actions[automatic.action].target(state) in loop
            for name in _changed_by(process.actions[automatic.action])
        }
        if not looked_at & changed:
            yield _loop_problem(process, loop, "process_loop_perhaps")


def check_clocks(process: Process) -> Iterator[Problem]:
    """Clocks that never start, and those that run out again and again in no time."""
    zero = {name for name, clock in process.clocks.items() if clock.hours == 0}
    perhaps = zero | {
        name
        for name, clock in process.clocks.items()
        if isinstance(clock.hours, str) and may_be_zero(clock.hours)
    }
    for name, clock in process.clocks.items():
        facts: dict[str, object] = {"clock": clock.label.vi or name}
        if not _starts(process, name):
            yield Problem(
                "process_clock_never_starts", to_pointer(["clocks", name]), "warning", facts
            )
        elif name in zero and _repeats(process, name, zero):
            yield Problem("process_clock_repeats", to_pointer(["clocks", name]), facts=facts)
        elif name in perhaps and _repeats(process, name, perhaps):
            place = to_pointer(["clocks", name, "hours"])
            yield Problem("process_clock_repeats_perhaps", place, "warning", facts)


def _ways(process: Process) -> dict[str, set[str]]:
    """Each state with those that it may lead to, by a person, by itself or by a clock."""
    ways: dict[str, set[str]] = {name: set() for name in process.states}
    for action in process.actions.values():
        if _PEOPLE.intersection(action.roles):
            for origin in action.origin:
                ways[origin].add(action.target(origin))
    for name in process.states:
        ways[name].update(_automatic_targets(process, name))
        ways[name].update(action.target(name) for _, action in _timeouts(process, name))
    return ways


def _automatic_targets(process: Process, state: str, *, bare: bool = False) -> Iterator[str]:
    """Where `state` leads by itself; with `bare`, only what no fact can hold back."""
    for automatic in process.states[state].automatic:
        if not bare or _is_bare(automatic):
            yield process.actions[automatic.action].target(state)


def _is_bare(automatic: Automatic) -> bool:
    """Whether it is always taken: without a guard, or with one that looks at nothing."""
    return automatic.when is None or (automatic.when != "false" and not names_in(automatic.when))


def _timeouts(process: Process, state: str) -> Iterator[tuple[str, Action]]:
    """The clocks that may run out in `state`, with what they do then."""
    for name, clock in process.clocks.items():
        if clock.timeout and state in clock.runs_in and _starts(process, name):
            yield name, process.actions[clock.timeout]


def _starts(process: Process, clock: str) -> bool:
    return process.clocks[clock].starts_with == "state" or any(
        clock in action.restarts for action in process.actions.values()
    )


def _reachable(graph: Graph, start: str) -> set[str]:
    """`start` and every state that it leads to."""
    found = {start}
    ahead = [start]
    while ahead:
        new = set(graph[ahead.pop()]) - found
        found |= new
        ahead += new
    return found


def _waiting_problems(process: Process, state: str) -> Iterator[Problem]:
    """A state that a person cannot leave, nor a clock, nor a fact that becomes true meanwhile."""
    leaving = [a for a in _actions_in(process, state) if a.target(state) != state]
    people = {role for action in leaving for role in action.roles} & _PEOPLE
    if people - {"reporter"} or _leaves_alone(process, state):
        return
    place, facts = to_pointer(["states", state]), _state_facts(process, state)
    if people:
        yield Problem("process_state_waits_for_reporter", place, "warning", facts)
    else:
        yield Problem("process_state_stuck", place, facts=facts)


def _actions_in(process: Process, state: str) -> list[Action]:
    return [action for action in process.actions.values() if state in action.origin]


def _leaves_alone(process: Process, state: str) -> bool:
    """Whether time, or something that happens while a case is there, takes it out of `state`."""
    if any(action.target(state) != state for _, action in _timeouts(process, state)):
        return True
    # The interpreter looks again after each step, and when the last child case is done.
    happens = {"case.children_open"}
    for action in _actions_in(process, state):
        if _PEOPLE.intersection(action.roles) and action.target(state) == state:
            happens.update(_changed_by(action))
    return any(
        _is_bare(automatic) or names_in(automatic.when or "") & happens
        for automatic in process.states[state].automatic
        if process.actions[automatic.action].target(state) != state
    )


def _changed_by(action: Action) -> Iterator[str]:
    """The facts of a guard that taking `action` may change."""
    for name in action.set:
        yield from _SEEN_AS.get(name, (name,))
    if action.opens:
        yield "case.children_open"


def _deadline_problems(process: Process) -> Iterator[Problem]:
    promise = next(clock for clock in process.clocks.values() if clock.promise)
    for name, state in process.states.items():
        if state.status in OPEN_STATUSES and name not in promise.runs_in + promise.pauses_in:
            place, facts = to_pointer(["states", name]), _state_facts(process, name)
            yield Problem("process_state_without_deadline", place, facts=facts)


def _loops(graph: Graph) -> Iterator[list[str]]:
    """The groups of states that lead to each other and so back to themselves."""
    seen: set[str] = set()
    beyond = {
        name: {far for near in graph[name] for far in _reachable(graph, near)} for name in graph
    }
    for name in graph:
        if name in beyond[name] and name not in seen:
            loop = [other for other in graph if other in beyond[name] and name in beyond[other]]
            seen.update(loop)
            yield loop


def _loop_problem(process: Process, loop: list[str], code: str) -> Problem:
    place = to_pointer(["states", loop[0], "automatic"])
    labels = [process.states[name].label.vi or name for name in loop]
    facts: dict[str, object] = {"states": " → ".join([*labels, labels[0]])}
    return Problem(code, place, "error" if code == "process_loop" else "warning", facts)


def _repeats(process: Process, name: str, instant: set[str]) -> bool:
    """Whether `name` running out may start it anew before any time has passed.

    Followed are automatic actions and the clocks of `instant`, which run no time either. Each
    place is a state, and whether the clock has been stopped on the way there.
    """
    clock = process.clocks[name]
    ahead = [
        _arrive(clock, name, action, state)
        for state in clock.runs_in
        for other, action in _timeouts(process, state)
        if other == name
    ]
    seen: set[tuple[str, bool]] = set()
    while ahead:
        state, stopped = place = ahead.pop()
        if stopped and state in clock.runs_in:
            return True
        if place in seen:
            continue
        seen.add(place)
        ahead += [
            (after, stopped or anew)
            for action in _instant_actions(process, state, instant - {name})
            for after, anew in [_arrive(clock, name, action, state)]
        ]
    return False


def _arrive(clock: Clock, name: str, action: Action, state: str) -> tuple[str, bool]:
    """The state that `action` leads to, and whether the clock may begin anew from there on."""
    target = action.target(state)
    if clock.starts_with == "action":
        return target, name in action.restarts and target in clock.runs_in
    taken_away = name in action.restarts + action.stops
    return target, taken_away or target not in clock.runs_in + clock.pauses_in


def _instant_actions(process: Process, state: str, instant: set[str]) -> list[Action]:
    automatic = [process.actions[item.action] for item in process.states[state].automatic]
    return automatic + [action for name, action in _timeouts(process, state) if name in instant]


def _state_facts(process: Process, name: str) -> dict[str, object]:
    return {"state": process.states[name].label.vi or name}

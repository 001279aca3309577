"""The document that describes a city's process: states, actions, clocks, and what they tell.

It is data: a city edits it and no code changes. `Process.model_json_schema()` is its JSON Schema.
Expressions (`when`, `required`, `hours`, values of `set`) are ZEN expressions over the context of
`workflows.process.context`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workflows.status import Status

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Expression = Annotated[str, Field(min_length=1, max_length=500)]
FieldType = Literal[
    "text", "number", "date", "choice", "photo", "department", "person", "case", "rating"
]
Audience = Literal[
    "reporter", "followers", "department", "assignee", "supervisors", "operators", "leaders"
]
ProcessRole = Literal["reporter", "staff", "supervisor", "operator", "leader", "system"]
PROCESS_ROLES: tuple[ProcessRole, ...] = get_args(ProcessRole)
CaseClass = Literal["urgent", "normal", "complex"]
CASE_CLASSES: tuple[CaseClass, ...] = get_args(CaseClass)
SETTABLE = ("department", "assignee", "priority", "case_class", "answer", "rating")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Part):
    """A label in the languages that citizens and staff read."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.vi


class Choice(_Part):
    value: str
    label: Text


class FormField(_Part):
    """One field of an action's form. `public` fields are shown to the citizen; `purpose` is what
    the photos of a photo field become. `whole` numbers have no fraction. A `person` is one of the
    staff of the case's department, a `case` is another case, by its code or id.
    """

    name: Name
    type: FieldType
    label: Text
    required: bool | Expression = False
    public: bool = False
    max_length: int = 2000
    min: float | None = None
    max: float | None = None
    whole: bool = False
    choices: tuple[Choice, ...] = ()
    purpose: Literal["after", "report", "note"] = "after"


class Notify(_Part):
    """Tell an audience, with a template of the notifications package."""

    audience: Audience
    template: Name


class Child(_Part):
    """The child case that an action opens for another department. Its own process runs beside
    its parent's; `case.children_open` counts those that are not done.
    """

    department: Expression
    text: Expression
    hours: Expression = "routing.hours"


class Automatic(_Part):
    """An action that the system takes by itself on entering a state, if `when` holds."""

    action: Name
    when: Expression | None = None


class State(_Part):
    label: Text
    public_label: Text
    status: Status
    automatic: tuple[Automatic, ...] = ()


class Action(_Part):
    """A button. `to` is a state, or one for each state that it starts from, or absent where the
    case stays; `restarts` names clocks that begin anew, `stops` those that end, `extends` gives
    clocks more hours; `set` writes fields of the case or counters under `data.`. `opens` opens a
    child case, `merges` names the field of the form with the case that this one is a duplicate of,
    `webhooks` are called after the commit. `undo` lets a bulk action be taken back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    label: Text
    origin: tuple[Name, ...] = Field(alias="from")
    to: Name | dict[Name, Name] | None = None
    roles: tuple[ProcessRole, ...]
    when: Expression | None = None
    form: tuple[FormField, ...] = ()
    notify: tuple[Notify, ...] = ()
    set: dict[str, Expression] = {}
    restarts: tuple[Name, ...] = ()
    stops: tuple[Name, ...] = ()
    extends: dict[Name, Expression] = {}
    opens: Child | None = None
    merges: Name | None = None
    webhooks: tuple[Name, ...] = ()
    undo: bool = False
    style: Literal["primary", "default", "danger"] = "default"
    public: bool = True

    def target(self, state: str) -> str:
        """Where it leads from `state`."""
        if isinstance(self.to, dict):
            return self.to.get(state, state)
        return self.to or state

    def targets(self) -> set[str]:
        """Every state that it may lead to."""
        return {self.target(state) for state in self.origin}


class Mark(_Part):
    """Something to tell when a share of a clock's time has passed (1 = due)."""

    name: Name
    at: float = Field(gt=0, le=10)
    notify: tuple[Notify, ...] = ()


class Clock(_Part):
    """A running deadline. Leaving both lists of states stops it.

    It starts on entering one of `runs_in`, or, if it `starts_with` an action, when an action that
    restarts it is taken there. `hours` (a number, or an expression that may look at the form) are
    counted in the working calendar of the department, or around the clock with `always`; null
    hours start nothing. The `promise` is the one that the citizen is told as `due_at`. When it is
    due, `timeout` is taken by the system.
    """

    label: Text
    hours: Annotated[float, Field(ge=0, le=10_000)] | Expression
    calendar: Literal["working", "always"] = "working"
    starts_with: Literal["state", "action"] = "state"
    runs_in: tuple[Name, ...]
    pauses_in: tuple[Name, ...] = ()
    promise: bool = False
    marks: tuple[Mark, ...] = ()
    timeout: Name | None = None


class Process(_Part):
    """One version of a process. Construction checks that every name it uses is declared, and that
    a case has a promised date from its first moment on.
    """

    key: Name
    title: Text
    initial: Name
    data: dict[Name, int | str] = {}
    states: dict[Name, State]
    actions: dict[Name, Action]
    clocks: dict[Name, Clock]

    @model_validator(mode="after")
    def _names_are_declared(self) -> Self:
        unknown = sorted(self._unknown_names())
        if unknown:
            raise ValueError(f"not declared: {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _promises_from_the_start(self) -> Self:
        promises = [clock for clock in self.clocks.values() if clock.promise]
        if (
            len(promises) != 1
            or self.initial not in promises[0].runs_in
            or promises[0].starts_with == "action"
        ):
            raise ValueError("exactly one clock is the promise, and it runs in the initial state")
        return self

    def _is_settable(self, name: str) -> bool:
        counter = name.startswith("data.") and name.removeprefix("data.") in self.data
        return counter or name in SETTABLE

    def _unknown_names(self) -> set[str]:
        states = {self.initial}
        actions: set[str] = set()
        clocks: set[str] = set()
        fields: set[str] = set()
        for action in self.actions.values():
            states.update(action.origin, action.targets())
            clocks.update(action.restarts, action.stops, action.extends)
            fields.update(name for name in action.set if not self._is_settable(name))
            if action.merges and action.merges not in {
                item.name for item in action.form if item.type == "case"
            }:
                fields.add(action.merges)
        for clock in self.clocks.values():
            states.update(clock.runs_in, clock.pauses_in)
            actions.update([clock.timeout] if clock.timeout else [])
        for state in self.states.values():
            actions.update(automatic.action for automatic in state.automatic)
        return {
            *(f"state {name}" for name in states - self.states.keys()),
            *(f"action {name}" for name in actions - self.actions.keys()),
            *(f"clock {name}" for name in clocks - self.clocks.keys()),
            *(f"field {name}" for name in fields),
        }

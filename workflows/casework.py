"""Working on cases: taking an action, writing a note."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import SYSTEM, Actor, Role
from core.errors import Conflict, InvalidInput, NotFound, PreconditionMissing
from core.jobs import enqueue
from media.uploads import claim_uploads
from workflows import children, merging, process, repository
from workflows.assignment import check_assignee
from workflows.configuration import Configuration, ConfigurationCache
from workflows.intake import surroundings
from workflows.merging import Target
from workflows.policies import Right, acting_as, check_right
from workflows.process import Change, Who
from workflows.process_document import Action
from workflows.reports import is_reporter_of
from workflows.repository import LockedCase
from workflows.tasks import MAKE_DERIVATIVES

MAX_NOTE = 4000
LeadsTo = Literal["merges", "opens"]  # the parts of an action that make it one


async def perform_action(
    session: AsyncSession,
    case_id: UUID,
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    expected_rev: int | None,
    now: datetime,
    cache: ConfigurationCache,
    notify: bool = True,
) -> int:
    """Take one step of the case's process as staff; answers the case's new `rev`.

    `expected_rev` is the version that the person saw: Conflict `case_changed` if somebody was
    faster, PreconditionMissing if it is absent. NotFound for a case that is not theirs to see;
    otherwise what `process.step` raises, and InvalidInput for a person or case of the form that
    cannot be meant. With `notify=False` nobody is told. The caller commits.
    """
    case = await _lock_as_seen(session, case_id, actor, expected_rev)
    who = acting_as(actor, case.state.department)
    return await _take(
        session, case, action, form, actor=actor, who=who, now=now, cache=cache, notify=notify
    )


async def perform_first(
    session: AsyncSession,
    case_id: UUID,
    leads_to: LeadsTo,
    form: dict[str, Any],
    *,
    actor: Actor,
    expected_rev: int | None,
    now: datetime,
    cache: ConfigurationCache,
) -> int:
    """Take the first step that the process offers this person and that merges the case into
    another, or opens a child case; answers its new `rev`.

    In `form` the other case is `into`, whatever the process calls that field. Raises what
    `perform_action` does: Conflict `action_not_offered` if there is no such step now, Forbidden if
    there is one for others.
    """
    case = await _lock_as_seen(session, case_id, actor, expected_rev)
    who = acting_as(actor, case.state.department)
    city = await cache.at(session, case.city_revision)
    action = _first_action(city, case, who, leads_to)
    into = city.processes[case.process_id].actions[action].merges or "into"
    form = {into if name == "into" else name: value for name, value in form.items()}
    try:
        return await _take(
            session, case, action, form, actor=actor, who=who, now=now, cache=cache, notify=True
        )
    except InvalidInput as error:
        named = {f"/{into}": "/into"}
        fields = [replace(f, pointer=named.get(f.pointer, f.pointer)) for f in error.fields]
        raise InvalidInput(error.code, fields=fields) from error


async def perform_reporter_action(
    session: AsyncSession,
    report_id: UUID,
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
    notify: bool = True,
) -> int:
    """Take a step that the process offers the reporter: answer, withdraw, rate, reopen.

    NotFound unless the actor filed the report or showed its track token.
    """
    case_id = await is_reporter_of(session, report_id, actor)
    if case_id is None:
        raise NotFound("report_not_found")
    case = await repository.lock_case(session, case_id, SYSTEM)
    actor = replace(actor, role=Role.CITIZEN)  # who holds the token is the reporter
    who = Who(frozenset({"reporter"}), str(actor.person_id) if actor.person_id else None)
    return await _take(
        session,
        case,
        action,
        form,
        actor=actor,
        who=who,
        now=now,
        cache=cache,
        report_id=report_id,
        notify=notify,
    )


async def add_note(
    session: AsyncSession, case_id: UUID, note: str, *, actor: Actor, now: datetime
) -> None:
    """Write a note between colleagues into the history; it counts no step."""
    check_right(actor, Right.ADD_NOTE)
    if not note.strip():
        raise InvalidInput.at("/text", "field_required")
    if len(note) > MAX_NOTE:
        raise InvalidInput.at("/text", "text_too_long", max=MAX_NOTE)
    case = await repository.lock_case(session, case_id, actor)
    await repository.add_note(session, case, note, actor=actor, now=now)


async def end_review(session: AsyncSession, case_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Say that somebody has looked at why a case was marked for review: the marks go, and the
    history keeps which they were. It counts no step; doing it twice is doing it once.
    """
    check_right(actor, Right.ADD_NOTE)
    case = await repository.lock_case(session, case_id, actor)
    if reasons := await repository.end_review(session, case_id):
        form = {"reasons": reasons}
        await repository.add_remark(session, case, "reviewed", form, actor=actor, now=now)


async def _lock_as_seen(
    session: AsyncSession, case_id: UUID, actor: Actor, expected_rev: int | None
) -> LockedCase:
    """The case, locked, if it still is what the person saw."""
    check_right(actor, Right.READ_CASE)
    if expected_rev is None:
        raise PreconditionMissing("if_match_required")
    case = await repository.lock_case(session, case_id, actor)
    if case.state.rev != expected_rev:
        raise Conflict("case_changed", rev=case.state.rev)
    return case


def _first_action(city: Configuration, case: LockedCase, who: Who, leads_to: LeadsTo) -> str:
    """The first action with that effect that `who` is offered; or else the first that starts
    here, or that there is at all: trying it says why not.
    """
    document = city.processes[case.process_id]
    around = surroundings(city, case.category, case.routing, case.source)
    offered = process.offered_actions(document, case.state, around, who=who)
    starting = {n: a for n, a in document.actions.items() if case.state.state in a.origin}
    for name, action in (*offered.items(), *starting.items(), *document.actions.items()):
        if getattr(action, leads_to):
            return name
    raise Conflict("action_not_offered", action=leads_to)


async def _take(
    session: AsyncSession,
    case: LockedCase,
    action: str,
    form: dict[str, Any],
    *,
    actor: Actor,
    who: Who,
    now: datetime,
    cache: ConfigurationCache,
    report_id: UUID | None = None,
    notify: bool,
) -> int:
    """One step on a locked case with all that it leads to; its photos belong to the report
    `report_id`, if one is given.
    """
    city = await cache.at(session, case.city_revision)
    document = city.processes[case.process_id]
    spec = document.actions.get(action)
    form, targets = await _resolve_cases(session, spec, form, actor)
    around = surroundings(city, case.category, case.routing, case.source)
    change = process.step(document, case.state, around, action=action, who=who, form=form, now=now)
    assert spec is not None  # or `step` had refused it
    await _check_people(session, case, change, spec)
    target = None
    if change.merge_into is not None and spec.merges is not None:
        target = await merging.check_merge(
            session, case, targets[spec.merges], pointer=f"/{spec.merges}"
        )
    changed = await repository.save_changes(
        session, [(case, change)], actor=actor, now=now, notify=notify
    )
    if not changed:
        raise Conflict("case_changed")
    await _attach_photos(session, case, spec, form, report_id, actor, now)
    if target is not None:
        await merging.merge(session, case, target, actor=actor, now=now)
    await children.open_children(
        session, case, change, city=city, actor=actor, now=now, notify=notify
    )
    await children.tell_parents(session, [(case, change)])
    return change.case.rev


async def _resolve_cases(
    session: AsyncSession, action: Action | None, form: dict[str, Any], actor: Actor
) -> tuple[dict[str, Any], dict[str, Target]]:
    """The form with the codes of the cases that it names, and these cases by field."""
    targets = {
        item.name: await merging.find_target(
            session, form[item.name], actor=actor, pointer=f"/{item.name}"
        )
        for item in (action.form if action else ())
        if item.type == "case" and isinstance(form.get(item.name), str)
    }
    return form | {name: target.code for name, target in targets.items()}, targets


async def _check_people(
    session: AsyncSession, case: LockedCase, change: Change, action: Action
) -> None:
    """Whoever gets the case must work in the department that has it then."""
    assignee = change.case.assignee
    if assignee is None or assignee == case.state.assignee:
        return
    field = next((item.name for item in action.form if item.type == "person"), None)
    pointer = f"/{field}" if field else ""
    await check_assignee(session, UUID(assignee), change.case.department, pointer=pointer)


async def _attach_photos(
    session: AsyncSession,
    case: LockedCase,
    action: Action,
    form: dict[str, Any],
    report_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    for item in action.form:
        uploads = form.get(item.name) if item.type == "photo" else None
        if not uploads:
            continue
        attachments = await claim_uploads(
            session,
            [UUID(str(upload)) for upload in uploads],
            case_id=case.id,
            report_id=report_id,
            purpose=item.purpose,
            pointer=f"/{item.name}",
            actor=actor,
            now=now,
        )
        await enqueue(session, MAKE_DERIVATIVES, list(attachments))

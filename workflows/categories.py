"""The city's categories: added below the six fields of the ministry's letter, changed, moved and
retired by its administrators.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import FieldError, InvalidInput
from workflows.administration import begin_change, finish_change, note_change, put_values
from workflows.configuration import load_configuration
from workflows.policies import Right, check_right
from workflows.publishing import check_ruleset_of
from workflows.questions import check_questions
from workflows.tables import Category

# Programs that do not know of it yet open no photos by leaving it out.
_UNCHANGED = ("photos_public", None)
Readiness = tuple[str, tuple[tuple[str, str], ...]]  # a problem's code with its facts


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    """A category as its administrators want it; see `tables.Category`. A `photos_public` of None
    leaves what is set.
    """

    parent: str | None
    name: str
    name_en: str
    questions: dict[str, Any]
    photo_required: bool
    after_photo_required: bool
    visibility: str
    target_on_time: int | None
    publish_check: bool
    photos_public: str | None
    position: int
    active: bool


async def list_categories(session: AsyncSession, *, actor: Actor) -> list[Category]:
    """All of them in the order of the tree, the retired ones too."""
    check_right(actor, Right.CONFIGURE)
    rows = await session.scalars(select(Category).order_by(Category.position, Category.code))
    return list(rows)


async def put_category(
    session: AsyncSession, code: str, draft: CategoryDraft, *, actor: Actor
) -> tuple[Category, bool]:
    """Add a category or change it; answers it and whether it is new. InvalidInput naming what
    cannot be. What is used is below what is used: a category is retired after those below it.
    """
    city = await begin_change(session, actor)
    tree = {row.code: row for row in await session.scalars(select(Category))}
    row = tree.get(code)
    errors = [
        *_parent_errors(tree, code, draft),
        *_retirement_errors(tree, code, draft),
        *check_questions(draft.questions, "/questions"),
    ]
    if errors:
        raise InvalidInput(fields=errors)
    created = row is None
    opens = draft.active and (row is None or not row.active)
    before = await _unready(session) if opens else set[Readiness]()
    row = row or Category(code=code)
    values = {name: value for name, value in asdict(draft).items() if (name, value) != _UNCHANGED}
    if await put_values(session, row, values):
        await note_change(session, actor, "category", code, created=created)
        await finish_change(session, city)
    if opens:
        _check_ready(await _unready(session) - before)
    return row, created


async def _unready(session: AsyncSession) -> set[Readiness]:
    """What keeps the city's rules, as they are, from being published once more."""
    city = await load_configuration(session)
    problems = await check_ruleset_of(session, city, city.ruleset)
    return {
        (problem.code, tuple(sorted((name, str(fact)) for name, fact in problem.facts.items())))
        for problem in problems
        if problem.severity == "error"
    }


def _check_ready(missing: set[Readiness]) -> None:
    """Nothing opens to the public before it has an owner who can be reached, a deputy and a target
    ("không nóng vội"). The rules may name a category before it is active.
    """
    if missing:
        raise InvalidInput(
            fields=[FieldError("/active", code, dict(facts)) for code, facts in sorted(missing)]
        )


def _parent_errors(tree: dict[str, Category], code: str, draft: CategoryDraft) -> list[FieldError]:
    """The six roots stay as they are; all others lie below one of them, in no circle."""
    row = tree.get(code)
    is_root = row is not None and row.parent is None
    if is_root or draft.parent is None:
        fixed = is_root and draft.parent is None
        return [] if fixed else [FieldError("/parent", "category_roots_are_fixed")]
    parent = tree.get(draft.parent)
    if parent is None:
        return [FieldError("/parent", "category_unknown", {"value": draft.parent})]
    if code in _line_above(tree, draft.parent):
        return [FieldError("/parent", "category_below_itself")]
    if draft.active and not parent.active:
        return [FieldError("/parent", "category_retired", {"value": draft.parent})]
    return []


def _line_above(tree: dict[str, Category], code: str) -> list[str]:
    """A category and all above it, up to its root."""
    line = [code]
    while (parent := tree[line[-1]].parent) is not None:
        line.append(parent)
    return line


def _retirement_errors(
    tree: dict[str, Category], code: str, draft: CategoryDraft
) -> list[FieldError]:
    if draft.active:
        return []
    if draft.parent is None:
        return [FieldError("/active", "category_roots_are_fixed")]
    below = sorted(row.code for row in tree.values() if row.parent == code and row.active)
    return [FieldError("/active", "category_has_others", {"value": below[0]})] if below else []

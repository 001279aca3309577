"""Playing the demo's stories through the real use cases, in the order in which they happened."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cli.demo_city import People
from cli.demo_photos import Scene, draw_photo, scene_for
from cli.demo_stories import OFTEN_SEEN, Step, Story
from core.actor import Actor
from core.errors import Error
from core.sealing import Sealer
from core.settings import MediaSettings
from gis.locate import Place
from media.stores.base import Store
from media.uploads import receive_photo
from workflows.casework import perform_action, perform_reporter_action
from workflows.configuration import ConfigurationCache
from workflows.consent_texts import PUBLISH_PHOTO, built_in_texts
from workflows.consents import Decision
from workflows.contacts import Contact
from workflows.intake import IntakeRules, ReportDraft, file_report
from workflows.sla import sweep_batch
from workflows.tables import Case

DEMO = UUID("6f1d8a52-2f0e-4b0c-9f4c-0d1e7c1a4600")  # namespace of the demo's report ids
SWEEP_EVERY = timedelta(hours=3)
REFUSING = 7  # one citizen in so many does not want their photos to be shown


@dataclass(slots=True)
class Tally:
    """What was done, for the summary."""

    reports: int = 0
    steps: int = 0
    skipped: int = 0
    photos: int = 0


@dataclass(slots=True)
class Player:
    """Plays stories within one transaction, so that the demo is there whole or not at all."""

    session: AsyncSession
    people: People
    store: Store
    media: MediaSettings
    rules: IntakeRules
    sealer: Sealer
    cache: ConfigurationCache
    tally: Tally = field(default_factory=Tally)
    _drawn: dict[tuple[Scene, int, bool], bytes] = field(
        default_factory=dict[tuple[Scene, int, bool], bytes]
    )

    async def play(self, stories: list[Story], *, now: datetime) -> None:
        """File the reports, take the steps, let the clocks ring in between; nobody is told."""
        queue = [(story.filed_at, story.number, -1) for story in stories]
        heapq.heapify(queue)
        by_number = {story.number: story for story in stories}
        swept = queue[0][0] if queue else now
        while queue:
            at, number, index = heapq.heappop(queue)
            if at - swept > SWEEP_EVERY:
                await self._sweep(at)
                swept = at
            story = by_number[number]
            done = await self._do(story, index)
            if done and index + 1 < len(story.steps):
                heapq.heappush(queue, (story.steps[index + 1].at, number, index + 1))
        await self._sweep(now)

    async def _do(self, story: Story, index: int) -> bool:
        """File the report (-1) or take a step; False when a clock has closed the case before."""
        if index < 0:
            await self._file(story)
            self.tally.reports += 1
            return True
        try:
            await self._take(story, story.steps[index])
        except Error:  # raised before anything is written
            self.tally.skipped += 1
            return False
        self.tally.steps += 1
        return True

    async def _file(self, story: Story) -> None:
        citizen = self.people.citizens[story.citizen % len(self.people.citizens)]
        by_phone = story.source == "hotline"
        actor = self.people.staff["operator"] if by_phone else citizen
        photos = [
            await self._photo(story, variant, actor, story.filed_at)
            for variant in range(story.photos)
        ]
        draft = ReportDraft(
            category=story.category,
            place=Place(round(story.lat, 6), round(story.lon, 6)),
            description=story.description,
            accuracy_m=8.0,
            address=story.address,
            uploads=tuple(photos),
            answers=story.answers,
            anonymous=story.number % 9 == 0,
            contact=Contact(phone="+84999099999") if by_phone else None,
            consents=() if by_phone or not photos else (self._about_photos(story),),
        )
        await file_report(
            self.session,
            draft,
            report_id=_report_id(story),
            actor=actor,
            now=story.filed_at,
            cache=self.cache,
            rules=self.rules,
            sealer=self.sealer,
            source=story.source,
            notify=False,
        )

    async def _take(self, story: Story, step: Step) -> None:
        case_id = _report_id(story)
        columns = (Case.rev, Case.department, Case.co_departments)
        row = (await self.session.execute(select(*columns).where(Case.id == case_id))).one()
        rev, department, others = row
        form = dict(step.form)
        if step.action == "transfer":
            form["department"] = others[0] if others else "ioc"
        if step.who == "reporter":
            citizen = self.people.citizens[story.citizen % len(self.people.citizens)]
            await perform_reporter_action(
                self.session,
                case_id,
                step.action,
                form,
                actor=citizen,
                now=step.at,
                cache=self.cache,
                notify=False,
            )
            return
        actor = self._staff(step.who, department)
        if step.photo:
            form["photos"] = [str(await self._photo(story, 0, actor, step.at, after=True))]
        await perform_action(
            self.session,
            case_id,
            step.action,
            form,
            actor=actor,
            expected_rev=rev,
            now=step.at,
            cache=self.cache,
            notify=False,
        )

    def _staff(self, who: str, department: str) -> Actor:
        departmental = who in ("staff", "supervisor")
        return self.people.staff[f"{who}.{department}" if departmental else who]

    async def _photo(
        self, story: Story, variant: int, actor: Actor, at: datetime, *, after: bool = False
    ) -> UUID:
        # a few pictures serve many reports: drawing and decoding each takes its time
        seed = (variant + story.number) % 2 if story.category in OFTEN_SEEN else 0
        key = (scene_for(story.category), seed, after)
        if key not in self._drawn:
            self._drawn[key] = draw_photo(story.category, seed=seed, after=after)
        photo = await receive_photo(
            self.session, self.store, self._drawn[key], settings=self.media, actor=actor, now=at
        )
        self.tally.photos += 1
        return photo.upload_id

    def _about_photos(self, story: Story) -> Decision:
        """Most agree to be shown, each always in the same way; nobody asks on the telephone."""
        citizen = story.citizen % len(self.people.citizens)
        [text] = [each for each in built_in_texts().newest() if each.purpose == PUBLISH_PHOTO]
        return Decision(PUBLISH_PHOTO, text.version, given=citizen % REFUSING != 0)

    async def _sweep(self, at: datetime) -> None:
        while await sweep_batch(self.session, self.cache, now=at, notify=False):
            pass


def _report_id(story: Story) -> UUID:
    return uuid5(DEMO, str(story.number))

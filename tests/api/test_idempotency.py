"""Filing as a state machine: whatever a phone does and whatever breaks, one id is one report.

Hypothesis invents histories of filing, retries with the same and with another body, connections that
end anywhere, a server that is killed, photos that several reports want; each answer is compared with
what a simple model says. Real HTTP, a real server process, a real PostgreSQL.
"""

from __future__ import annotations

import json
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.db import driver_url
from tests.support.city import Draft
from tests.support.photos import make_jpeg
from tests.support.server import ServerProcess, serving

HISTORIES, STEPS, CRASHES = 15, 25, 2
WHICH = st.integers(0, 10_000)


@dataclass
class Filed:
    """What the phone knows of a report: `answer` is None until it was acknowledged."""

    body: dict[str, Any]
    answer: dict[str, Any] | None = None
    photos: set[str] = field(default_factory=set[str])


class World:
    """The server and the counts over all histories."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.done: Counter[str] = Counter()
        self.crashes = 0

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(driver_url(self.server.database_url, "")) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


WORLD: World | None = None


class Filing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        assert WORLD is not None
        self.world = WORLD
        self.http = httpx.Client(base_url=self.world.server.url, timeout=30)
        self.known: dict[UUID, Filed] = {}
        self.free: list[str] = []  # photos that nobody has, as far as the phone knows
        self.world.done["histories"] += 1

    def teardown(self) -> None:
        self.http.close()
        self._check_rows()

    def _pick(self, which: int) -> tuple[UUID, Filed]:
        report_id = sorted(self.known)[which % len(self.known)]
        return report_id, self.known[report_id]

    def _step(self, name: str) -> None:
        self.world.done["steps"] += 1
        self.world.done[name] += 1

    def _send(self, report_id: UUID, body: dict[str, Any]) -> httpx.Response:
        answer = self.http.put(f"/v1/reports/{report_id}", json=body)
        assert answer.status_code < 500, answer.text
        return answer

    def _heard(self, filed: Filed, answer: httpx.Response) -> None:
        """An acknowledgement: new only if there was none before, and always the same."""
        assert answer.status_code in ((200,) if filed.answer else (200, 201)), answer.text
        if filed.answer is not None:
            assert answer.json() == filed.answer
        filed.answer = answer.json()
        filed.photos |= set(filed.body["uploads"])

    @rule(words=st.sampled_from(["Biển báo gãy", "Biển báo mờ", "Biển báo che khuất"]))
    def file(self, words: str) -> None:
        self._step("filed")
        report_id, body = uuid4(), Draft().body(description=words, uploads=[])
        filed = self.known[report_id] = Filed(body)
        answer = self._send(report_id, body)
        assert answer.status_code == 201
        self._heard(filed, answer)

    @rule()
    def take_a_photo(self) -> None:
        self._step("photos")
        answer = self.http.post("/v1/media", files={"file": ("a.jpg", make_jpeg())})
        assert answer.status_code == 201, answer.text
        self.free.append(answer.json()["upload_id"])

    @precondition(lambda self: self.free)
    @rule()
    def file_with_a_photo(self) -> None:
        self._step("filed")
        photo = self.free.pop()
        report_id, body = uuid4(), Draft().body(uploads=[photo])
        filed = self.known[report_id] = Filed(body)
        self._heard(filed, self._send(report_id, body))

    @precondition(lambda self: any(filed.photos for filed in self.known.values()))
    @rule(which=WHICH)
    def file_with_somebody_elses_photo(self, which: int) -> None:
        self._step("photos refused")
        taken = sorted(photo for filed in self.known.values() for photo in filed.photos)
        report_id = uuid4()
        body = Draft().body(uploads=[taken[which % len(taken)]])
        answer = self._send(report_id, body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "upload_unknown")
        assert self.world.rows("select 1 from reports where id = %(id)s", id=report_id) == []

    @precondition(lambda self: self.known)
    @rule(which=WHICH, times=st.integers(1, 3))
    def retry(self, which: int, times: int) -> None:
        self._step("retried")
        report_id, filed = self._pick(which)
        for _ in range(times):
            self._heard(filed, self._send(report_id, filed.body))

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def retry_with_another_body(self, which: int) -> None:
        self._step("other bodies")
        report_id, filed = self._pick(which)
        if filed.answer is None:  # it may not have arrived: then this would be the first one
            self._heard(filed, self._send(report_id, filed.body))
        answer = self._send(report_id, {**filed.body, "description": "Nội dung khác"})
        assert (answer.status_code, answer.json()["code"]) == (409, "report_id_taken")

    @rule(share=st.floats(0, 1), whole=st.booleans())
    def lose_the_connection(self, share: float, *, whole: bool) -> None:
        """The request is cut anywhere, or arrives whole and nobody waits for its answer."""
        self._step("connections lost")
        report_id, body = uuid4(), Draft().body(description="Mất mạng giữa chừng", uploads=[])
        self.known[report_id] = Filed(body)
        self._send_and_leave(report_id, body, share if not whole else 1.0)

    @precondition(lambda self: self.known)
    @rule(which=WHICH, share=st.floats(0, 1))
    def lose_the_connection_of_a_retry(self, which: int, share: float) -> None:
        self._step("connections lost")
        report_id, filed = self._pick(which)
        self._send_and_leave(report_id, filed.body, share)

    def _send_and_leave(self, report_id: UUID, body: dict[str, Any], share: float) -> None:
        content = json.dumps(body).encode()
        head = (
            f"PUT /v1/reports/{report_id} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        request = head.encode() + content
        with socket.create_connection(("127.0.0.1", self.world.server.port), timeout=30) as line:
            line.sendall(request[: round(share * len(request))])

    @precondition(lambda self: self.free and self.known)
    @rule(which=WHICH)
    def add_a_photo_later(self, which: int) -> None:
        self._step("photos added")
        report_id, filed = self._pick(which)
        self._heard(filed, self._send(report_id, filed.body))
        if len(filed.photos) == 8:
            return
        photo = self.free.pop()
        assert filed.answer is not None
        for _ in range(2):  # the second time changes nothing
            answer = self.http.put(
                f"/v1/reports/{report_id}/uploads",
                params={"track_token": filed.answer["track_token"]},
                json={"uploads": [photo]},
            )
            assert answer.status_code == 200, answer.text
        filed.photos.add(photo)

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def send_all_in_a_batch(self, which: int) -> None:
        self._step("batches")
        picked = [self._pick(which + n) for n in range(min(3, len(self.known)))]
        items = [{**filed.body, "id": str(report_id)} for report_id, filed in picked]
        answers = self.http.post("/v1/reports/batch", json={"items": items}).json()["items"]
        for (_, filed), answer in zip(picked, answers, strict=True):
            assert answer["status"] in ((200,) if filed.answer else (200, 201)), answer
            if filed.answer is not None:
                assert answer["report"] == filed.answer
            filed.answer = answer["report"]
            filed.photos |= set(filed.body["uploads"])

    @precondition(lambda self: self.known and self.world.crashes < CRASHES)
    @rule()
    def kill_the_server(self) -> None:
        self._step("crashes")
        self.world.crashes += 1
        self.world.server.kill()
        self.world.server.start()
        self.http.close()
        self.http = httpx.Client(base_url=self.world.server.url, timeout=30)

    @invariant()
    def what_was_acknowledged_is_there_once(self) -> None:
        if not self.known:
            return
        heard = {str(each) for each, filed in self.known.items() if filed.answer}
        rows = self.world.rows(
            "select id::text from reports where id = any(%(ids)s)", ids=[UUID(x) for x in heard]
        )
        assert {row[0] for row in rows} == heard
        assert len(rows) == len(heard)

    def _check_rows(self) -> None:
        """At the end: one case, one first event and exactly its photos for each report."""
        for report_id, filed in self.known.items():
            [(reports, cases, events)] = self.world.rows(
                """
                select (select count(*) from reports where id = %(id)s),
                       (select count(*) from cases where id = %(id)s),
                       (select count(*) from case_events where case_id = %(id)s and action = 'file')
                """,
                id=report_id,
            )
            expected = 1 if filed.answer else reports
            assert (reports, cases, events) == (expected,) * 3
            if filed.answer:
                photos = self.world.rows(
                    "select upload_id::text from attachments where report_id = %(id)s", id=report_id
                )
                assert sorted(row[0] for row in photos) == sorted(filed.photos)


@pytest.mark.slow
def test_one_id_is_one_report_whatever_breaks(city_database: str, tmp_path: Path) -> None:
    global WORLD  # noqa: PLW0603  # Hypothesis makes the machines itself
    with serving(city_database, tmp_path) as server:
        WORLD = World(server)
        run_state_machine_as_test(
            Filing,
            settings=settings(
                max_examples=HISTORIES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        done, WORLD = WORLD.done, None
    assert {"retried", "connections lost", "other bodies"} <= set(done)
    print(f"\n{', '.join(f'{count} {name}' for name, count in sorted(done.items()))}")

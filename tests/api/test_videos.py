"""A video over the API: sent, judged at once, and played by whoever may see the case."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from media.tables import Attachment
from tests.support.city import Draft
from tests.support.client import Api
from tests.support.videos import film, make_video, mvhd, trak
from tests.support.worker import open_workshop


async def test_a_video_is_filed_prepared_and_played(api: Api, tmp_path: Path) -> None:
    place = (
        "-metadata",
        "location=+16.4600+107.5900/",
        "-metadata",
        "creation_time=2026-11-20T07:30:00Z",
    )
    original = make_video(tmp_path / "in.mp4", seconds=2, options=place)
    sent = await api.http.post("/v1/media", files={"file": ("IMG_0001.MOV", original)})
    assert sent.status_code == 201, sent.text
    offered = sent.json()
    assert (offered["content_type"], offered["width"], offered["height"]) == ("video/mp4", 320, 180)
    assert offered["taken_at"] == "2026-11-20T07:30:00Z"
    assert round(offered["location"]["lat"], 3) == 16.46
    report = await api.file(Draft().body(uploads=[offered["upload_id"]]))
    url = f"/v1/reports/{report['id']}?track_token={report['track_token']}"
    [video] = (await api.http.get(url)).json()["photos"]
    assert (video["kind"], video["state"], video["video_url"]) == ("video", "pending", None)
    async with open_workshop(api, {}) as workshop:
        async with workshop.sessions() as session:
            ids = [str(each) for each in await session.scalars(select(Attachment.id))]
        await workshop.make_derivatives(ids)
    [video] = (await api.http.get(url)).json()["photos"]
    assert (video["state"], video["duration_ms"], len(video["blurhash"])) == ("ready", 2000, 28)
    assert video["taken_location"] is None  # a claim, for staff only
    played = await api.http.get(video["video_url"])
    assert (played.status_code, played.headers["content-type"]) == (200, "video/mp4")
    assert b"ftyp" in played.content[:16]
    assert played.content != original
    for picture in (video["small_url"], video["large_url"]):
        assert (await api.http.get(picture)).headers["content-type"] == "image/webp"
    # A link to one is no link to another.
    swapped = video["small_url"].replace("/small", "/video")
    assert (await api.http.get(swapped)).status_code == 404


async def test_a_video_that_nobody_can_watch_is_refused_at_once(api: Api) -> None:
    long = film(mvhd(duration=3_600_000), trak())
    for language, words in (("vi", "Video dài hơn 60 giây"), ("en", "longer than 60 seconds")):
        answer = await api.http.post(
            "/v1/media", files={"file": ("x.mp4", long)}, headers={"Accept-Language": language}
        )
        assert answer.status_code == 422
        [fault] = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/file", "video_too_long")
        assert words in fault["detail"]

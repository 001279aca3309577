"""Videos as they may be shown: played by everybody, upright, and telling nothing of who filmed."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import create_engine, create_session_factory
from core.scratch import scratch_folder
from core.settings import MediaSettings
from media.attachments import get_derivative
from media.derivatives import make_derivatives
from media.remuxing import RemuxingBrokenError, remuxed
from media.stores.local import LocalStore
from media.tables import Attachment
from media.video_header import VideoHeader, VideoRefusedError, read_video_header
from tests.integration.test_media_derivatives import attach, kept, state
from tests.support.exif import find_metadata
from tests.support.videos import box, film, make_video, mvhd, trak

Sessions = async_sessionmaker[AsyncSession]
SETTINGS = MediaSettings()
CANARY = "kanarienvogel"
TELLING = (
    *("-metadata", "location=+10.7757+106.7004/", "-metadata", f"title={CANARY}"),
    *("-metadata", "creation_time=2026-11-20T07:30:00Z"),
    *("-metadata:s:v", f"handler_name={CANARY}", "-metadata:s:a", f"handler_name={CANARY}"),
)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "media")


@pytest_asyncio.fixture(loop_scope="session")
async def sessions(committed_database: str) -> AsyncIterator[Sessions]:
    engine = create_engine(committed_database)
    yield create_session_factory(engine)
    await engine.dispose()


def header_of(data: bytes) -> VideoHeader:
    return read_video_header(lambda at, length: data[at : at + length], len(data))


def probe(file: Path) -> list[dict[str, Any]]:
    """The streams of a file, every picture of them decoded."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(file)],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stderr == b""
    return json.loads(done.stdout)["streams"]


def telling_video(path: Path, codec: str) -> bytes:
    """A video with a place, times, names, subtitles, a chapter, and a user's text in its stream."""
    subtitles, chapters = path.with_suffix(".srt"), path.with_suffix(".txt")
    subtitles.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{CANARY}\n", encoding="utf-8")
    chapters.write_text(
        f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle={CANARY}\n", encoding="utf-8"
    )
    filters = {
        "libx264": ("-bsf:v", f"h264_metadata=sei_user_data=dc45e9bde6d948b7962cd820d923eeef+{CANARY}"),
        "libx265": (),
    }[codec]  # fmt: skip
    tracks = ("-map", "0:v", "-map", "1:a", "-map", "2:s", "-map_chapters", "3", "-c:s", "mov_text")
    make_video(
        path,
        seconds=2,
        codec=codec,
        inputs=(subtitles, chapters),
        options=(*tracks, *filters, *TELLING),
    )
    return path.read_bytes() + box(b"free", CANARY.encode()) + box(b"uuid", bytes(16), b"GPS")


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
async def test_what_is_shown_of_a_video_tells_nothing(
    sessions: Sessions, store: LocalStore, tmp_path: Path, codec: str
) -> None:
    original = await asyncio.to_thread(telling_video, tmp_path / "in.mp4", codec)
    (tmp_path / "original.mp4").write_bytes(original)
    found = find_metadata(tmp_path / "original.mp4")
    assert any(
        "GPS" in name for name in await asyncio.to_thread(all_tags, tmp_path / "original.mp4")
    )
    assert found
    assert original.count(CANARY.encode()) >= 5
    [attachment] = await attach(sessions, store, original)
    assert await make_derivatives(sessions, store, [attachment], settings=SETTINGS) == []
    assert await state(sessions, attachment) == ("ready", None, 0)
    async with sessions() as session:
        key, content_type = await get_derivative(session, attachment, "video")
        row = await session.get_one(Attachment, attachment)
        pictures = [
            await store.get((await get_derivative(session, attachment, size))[0])
            for size in ("large", "small")
        ]
    assert content_type == "video/mp4"
    assert (row.kind, row.duration_ms, row.taken_at is not None) == ("video", 2000, True)
    shown = await store.get(key)
    (tmp_path / "shown.mp4").write_bytes(shown)
    for trace in (CANARY.encode(), b"x264", b"x265", b"GPS", b"Lavf"):
        assert trace not in shown
    assert find_metadata(tmp_path / "shown.mp4") == {}
    video, sound = probe(tmp_path / "shown.mp4")
    assert (video["codec_type"], video["nb_read_frames"]) == ("video", "30")
    assert video["codec_tag_string"] == ("avc1" if codec == "libx264" else "hvc1")
    assert (sound["codec_type"], sound["codec_name"]) == ("audio", "aac")
    # The header comes first, so that it plays while it loads.
    assert shown.index(b"moov") < shown.index(b"mdat")
    assert await kept(sessions, attachment, "video") == (sha256(shown).digest(), len(shown))
    assert [Image.open(io.BytesIO(each)).size for each in pictures] == [(320, 180), (320, 180)]
    assert len(row.blurhash or "") == 28


def all_tags(file: Path) -> list[str]:
    done = subprocess.run(["exiftool", "-json", str(file)], capture_output=True, check=True)
    return list(json.loads(done.stdout)[0])


async def test_a_video_filmed_upright_is_shown_upright(tmp_path: Path) -> None:
    lying = tmp_path / "lying.mp4"
    make_video(lying)
    file = tmp_path / "turned.mp4"
    turned = ("-c", "copy", "-metadata:s:v", "rotate=90")
    await asyncio.to_thread(
        subprocess.run, ["ffmpeg", "-v", "error", "-i", lying, *turned, file], check=True
    )
    header = header_of(file.read_bytes())
    assert (header.width, header.height) == (180, 320)
    async with remuxed(file, header, max_bytes=10**7, max_seconds=60) as shown:
        with Image.open(shown.still) as still:
            assert still.size == (180, 320)
        assert header_of(shown.video.read_bytes()).height == 320
        folder = shown.video.parent
    assert not folder.exists()


async def test_pictures_without_sound_and_sound_that_few_can_hear(tmp_path: Path) -> None:
    for options in (("-an",), ("-c:a", "alac")):
        file = tmp_path / "in.mov"
        header = header_of(make_video(file, options=options))
        assert not header.has_sound
        async with remuxed(file, header, max_bytes=10**7, max_seconds=60) as shown:
            assert [each["codec_type"] for each in probe(shown.video)] == ["video"]


async def test_a_video_longer_than_it_says_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "long.mp4"
    header = header_of(make_video(file, seconds=8, options=("-g", "15")))
    async with remuxed(file, header, max_bytes=10**7, max_seconds=2) as shown:
        assert 2500 < header_of(shown.video.read_bytes()).duration_ms < 4100


async def test_what_does_not_decode_is_refused(sessions: Sessions, store: LocalStore) -> None:
    hollow = film(mvhd(), trak())
    [attachment] = await attach(sessions, store, hollow)
    assert await make_derivatives(sessions, store, [attachment], settings=SETTINGS) == [attachment]
    assert await state(sessions, attachment) == ("failed", "video_unreadable", 0)


async def test_a_stored_video_that_changed_is_judged_again(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    """Nobody may write there, and still no playlist is followed if somebody did."""
    (tmp_path / "secret.ts").write_bytes(make_video(tmp_path / "s.ts"))
    [attachment] = await attach(sessions, store, make_video(tmp_path / "in.mp4"))
    async with sessions() as session:
        key = await session.scalar(select(Attachment.original_key))
    playlist = (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path}/secret.ts\n#EXT-X-ENDLIST\n"
    )
    await store.put(str(key), playlist.encode(), "video/mp4")
    assert await make_derivatives(sessions, store, [attachment], settings=SETTINGS) == [attachment]
    assert await state(sessions, attachment) == ("failed", "video_unreadable", 0)


@pytest.mark.parametrize("name", ["playlist", "concat"])
async def test_ffmpeg_follows_no_playlist(tmp_path: Path, name: str) -> None:
    """As if the header had been believed: the format that it is told is the only one it reads."""
    await asyncio.to_thread(make_video, tmp_path / "other.mp4")
    whole = {
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path}/other.mp4\n",
        "concat": f"ffconcat version 1.0\nfile '{tmp_path}/other.mp4'\n",
    }
    file = tmp_path / "in.mp4"
    file.write_text(whole[name], encoding="utf-8")
    header = VideoHeader("h264", 320, 180, 1000, False, None, None, None)  # noqa: FBT003
    with pytest.raises(VideoRefusedError, match="video_unreadable"):
        async with remuxed(file, header, max_bytes=10**7, max_seconds=60):
            pass


async def test_an_overrun_is_killed_and_leaves_nothing(tmp_path: Path) -> None:
    file, folder = tmp_path / "in.mp4", scratch_folder()
    header = header_of(make_video(file))
    with pytest.raises(RemuxingBrokenError, match="no result after"):
        async with remuxed(file, header, max_bytes=10**7, max_seconds=60, wall_s=0.001):
            pass
    with pytest.raises(VideoRefusedError, match="video_unreadable"):
        async with remuxed(file, header, max_bytes=-990_000, max_seconds=60):
            pass
    async with remuxed(file, header, max_bytes=10**7, max_seconds=60):
        assert len(list(folder.iterdir())) == 1
    assert not list(folder.iterdir())

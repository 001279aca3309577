"""A video made fit to be shown: its pictures and sound alone in a new file, and one still of it.

Debian's ffmpeg does it, in limited processes of its own that work in a folder of their own. It is
told which format it reads, so that no playlist is followed, and may open files only; what it copies
are the packets of the first picture and the first sound track, of which only those parts pass that
a decoder needs.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.scratch import scratch_folder
from media.boxes import list_places
from media.hevc import drop_messages
from media.spool import open_read
from media.video_header import VideoHeader, VideoRefusedError

_WALL_S = 120.0
_CPU_S = 60
_MEMORY_BYTES = 1024**3
_OPEN_FILES = 32
_ROOM_BYTES = 1_000_000  # a new index may be longer than the old one
_STILL_PX = 1600
_STILL_AT_S = 1.0
# The units of a stream that hold pictures and what a decoder must know of them. Others hold what
# an encoder cares to say: its name, a user's text, a position.
_NEEDED_UNITS = {"h264": "1-5|7-8", "hevc": "0-31|32-34"}
# Apple's players ask for this name.
_TAGS = {"h264": "avc1", "hevc": "hvc1"}
_OVERRUN = (-signal.SIGXCPU, -signal.SIGXFSZ)
# What says nothing about the file: a program that is not there, and a disk that is full.
_NOT_STARTED = (126, 127)
_NO_ROOM = "No space left on device"


class RemuxingBrokenError(Exception):
    """ffmpeg ended without a verdict: killed, out of memory, out of time, or not there."""


@dataclass(frozen=True, slots=True)
class ShownVideo:
    """Files in a folder that is gone when the block ends it was made for."""

    video: Path
    still: Path


@asynccontextmanager
async def remuxed(
    source: Path, header: VideoHeader, *, max_bytes: int, max_seconds: int, wall_s: float = _WALL_S
) -> AsyncGenerator[ShownVideo]:
    """The video of `source` without metadata, to be played while it loads, and a PNG of a moment.

    Raises VideoRefusedError (`video_unreadable`) when the file is at fault and RemuxingBrokenError
    when that is not known. Whatever happens, cancelling included, no process outlives the call.
    """
    folder = await asyncio.to_thread(_make_folder)
    try:
        yield await _make(source, folder, header, max_bytes, max_seconds, wall_s)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)


def _make_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="video-", dir=scratch_folder()))


async def _make(
    source: Path, folder: Path, header: VideoHeader, max_bytes: int, max_seconds: int, wall_s: float
) -> ShownVideo:
    made = ShownVideo(folder / "video.mp4", folder / "still.png")
    try:
        async with asyncio.timeout(wall_s):
            copying = _copying(source, made.video, header, max_seconds)
            await _run(copying, max_bytes + _ROOM_BYTES)
            if header.codec == "hevc":
                await asyncio.to_thread(_drop_messages, made.video)
            await _take_still(made, header)
    except TimeoutError as error:
        message = f"no result after {wall_s} s"
        raise RemuxingBrokenError(message) from error
    return made


def _copying(source: Path, target: Path, header: VideoHeader, max_seconds: int) -> list[str]:
    sound = ["-map", "0:a:0"] if header.has_sound else []
    return [
        *("-v", "error", "-xerror", "-f", "mov", "-i", f"file:{source}"),
        *("-map", "0:v:0", *sound, "-dn", "-sn"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-c", "copy"),
        *("-bsf:v", f"filter_units=pass_types={_NEEDED_UNITS[header.codec]}"),
        *("-tag:v", _TAGS[header.codec], "-fflags", "+bitexact"),
        *("-t", str(max_seconds + 1), "-movflags", "+faststart", "-f", "mp4", f"file:{target}"),
    ]


def _drop_messages(video: Path) -> None:
    """In place: the filter of units lets those pass that stand before the first picture."""
    with open_read(video) as read:
        moov = next(
            each for each in list_places(read, video.stat().st_size) if each.kind == b"moov"
        )
        clean = drop_messages(read(moov.start, moov.end - moov.start))
    with video.open("r+b") as file:
        file.seek(moov.start)
        file.write(clean)


async def _take_still(made: ShownVideo, header: VideoHeader) -> None:
    """From a second after the start, for many begin in the dark; decoding proves the file."""
    for start in (min(_STILL_AT_S, header.duration_ms / 3000), 0.0):
        await _run(_picking(made, start), _STILL_PX * _STILL_PX * 4)
        if await asyncio.to_thread(made.still.exists):
            return
    raise VideoRefusedError("video_unreadable")


def _picking(made: ShownVideo, start: float) -> list[str]:
    longest = f"w='min({_STILL_PX},iw)':h='min({_STILL_PX},ih)'"
    fitting = f"scale={longest}:force_original_aspect_ratio=decrease"
    return [
        *("-v", "fatal", "-f", "mov", "-i", f"file:{made.video}", "-ss", f"{start:.3f}", "-an"),
        *("-frames:v", "1", "-vf", fitting, "-c:v", "png", "-f", "image2", "-update", "1"),
        f"file:{made.still}",
    ]


async def _run(arguments: list[str], max_bytes: int) -> None:
    """Run ffmpeg under limits. A program sets them: to fork a process that has threads, and set
    them in the copy, is not safe.
    """
    child = await asyncio.create_subprocess_exec(
        *(
            "prlimit",
            f"--as={_MEMORY_BYTES}",
            f"--cpu={_CPU_S}:{_CPU_S + 5}",
            f"--fsize={max_bytes}",
        ),
        *("--core=0", f"--nofile={_OPEN_FILES}", "nice", "-n", "10"),
        *("ffmpeg", "-nostdin", "-hide_banner", "-threads", "1", "-y"),
        *("-protocol_whitelist", "file", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
    )
    try:
        _, complaint = await child.communicate()
    finally:
        await _end(child)
    _judge(child.returncode, complaint.decode("utf-8", "replace")[-300:])


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        # Also when this task is being cancelled: a child that nobody waits for stays a zombie.
        await asyncio.shield(child.wait())


def _judge(code: int | None, complaint: str) -> None:
    """Raise unless it ended well. A file that needs too much time or room is at fault itself."""
    if code == 0:
        return
    broken = code is None or (code < 0 and code not in _OVERRUN)
    if broken or code in _NOT_STARTED or _NO_ROOM in complaint:
        message = f"exit {code}: {complaint}"
        raise RemuxingBrokenError(message)
    raise VideoRefusedError("video_unreadable", complaint=complaint)

"""Running the decoder: one limited child process per photo, killed on overrun."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from media.decoder import REFUSED, PhotoRefusedError, Pictures

_WALL_S = 30.0
_ROOT = Path(__file__).parent.parent
_LENGTH_BYTES = 4
# No `site` and no current folder on the path. Compiled modules are kept if ours are: without
# them the child's start takes twice as long.
_PYTHON_OPTIONS = ("-S", "-P", *(["-B"] if sys.dont_write_bytecode else []))


class DecoderBrokenError(Exception):
    """The decoder ended without a verdict: killed, out of memory, out of time."""


async def decode_photo(data: bytes, *, max_pixels: int, wall_s: float = _WALL_S) -> Pictures:
    """The large and the small JPEG of a photo, without metadata, upright, in sRGB, and its hash.

    Raises PhotoRefusedError when the photo is at fault and DecoderBrokenError when that is not
    known. Whatever happens, cancelling included, no child process outlives the call.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *_PYTHON_OPTIONS,
        *("-m", "media.decoder", str(max_pixels)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=_environment(),
    )
    try:
        async with asyncio.timeout(wall_s):
            output, complaint = await child.communicate(data)
    except TimeoutError as error:
        message = f"no result after {wall_s} s"
        raise DecoderBrokenError(message) from error
    finally:
        await _end(child)
    if child.returncode == REFUSED:
        raise PhotoRefusedError(complaint.decode("ascii", "replace"))
    if child.returncode != 0:
        message = f"exit {child.returncode}: {complaint.decode('utf-8', 'replace')[-300:]}"
        raise DecoderBrokenError(message)
    return _split(output)


def _environment() -> dict[str, str]:
    """What the child needs to import and nothing else: no secret of ours is in its reach.

    It starts without `site` (a third of its start), so it is told where the libraries are.
    """
    paths = [str(_ROOT)]
    for library in ("PIL", "pi_heif"):
        spec = find_spec(library)
        if spec is not None and spec.origin is not None:
            paths.append(str(Path(spec.origin).parent.parent))
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "LANG": "C.UTF-8",
        # Each arena of the allocator would claim 64 MB of the address space that is limited.
        "MALLOC_ARENA_MAX": "1",
    }


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        # Also when this task is being cancelled: a child that nobody waits for stays a zombie.
        await asyncio.shield(child.wait())


def _split(output: bytes) -> Pictures:
    parts: list[bytes] = []
    while output:
        (length,) = struct.unpack_from(">I", output)
        parts.append(output[_LENGTH_BYTES : _LENGTH_BYTES + length])
        output = output[_LENGTH_BYTES + length :]
    large, small, phash = parts
    return Pictures(large, small, struct.unpack(">q", phash)[0] if phash else None)

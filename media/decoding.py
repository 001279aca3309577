"""Running the decoder: one limited process per photo, killed on overrun."""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from media.decoder import REFUSED, PhotoRefusedError, Pictures
from media.decoder_server import ENDED, REQUEST

_WALL_S = 30.0
_ROOT = Path(__file__).parent.parent
_LENGTH_BYTES = 4
_MAX_ANSWER_BYTES = 32_000_000
_CHUNK_BYTES = 256 * 1024
# No `site` and no current folder on the path. Compiled modules are kept if ours are.
_PYTHON_OPTIONS = ("-S", "-P", *(["-B"] if sys.dont_write_bytecode else []))
# As many at once as there are processors for them: more would only take each other's memory.
_slots = asyncio.Semaphore(len(os.sched_getaffinity(0)))


class DecoderBrokenError(Exception):
    """The decoder ended without a verdict: killed, out of memory, out of time."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a decoder ended: what it wrote, its exit code or minus the signal, what it used."""

    output: bytes
    code: int
    peak_kib: int
    cpu_us: int


async def decode_photo(data: bytes, *, max_pixels: int, wall_s: float = _WALL_S) -> Pictures:
    """The large and the small WebP of a photo, without metadata, upright, in sRGB; its hashes.

    Raises PhotoRefusedError when the photo is at fault and DecoderBrokenError when that is not
    known. Whatever happens, cancelling included, no decoder outlives the call.
    """
    ended = await run_decoder(data, max_pixels=max_pixels, wall_s=wall_s)
    if ended.code == REFUSED:
        raise PhotoRefusedError(ended.output.decode("ascii", "replace"))
    if ended.code != 0:
        message = f"exit {ended.code}: {ended.output[-300:].decode('utf-8', 'replace')}"
        raise DecoderBrokenError(message)
    return _split(ended.output)


async def run_decoder(data: bytes, *, max_pixels: int, wall_s: float = _WALL_S) -> Ended:
    """Let a decoder of its own look at a photo.

    Raises DecoderBrokenError when the time is over or what decoders are forked from is gone; as
    many run at once as there are processors, and waiting for one's turn does not count.
    """
    async with _slots:
        with _decoder(max_pixels) as (channel, ending):
            try:
                async with asyncio.timeout(wall_s):
                    output = await _exchange(channel, data)
                    return _how(output, await _recv(ending))
            except TimeoutError as error:
                message = f"no result after {wall_s} s"
                raise DecoderBrokenError(message) from error
            finally:
                # Tells the server to kill what still runs. Also when this task is being cancelled,
                # its end is waited for.
                with suppress(OSError):
                    ending.shutdown(socket.SHUT_WR)
                await asyncio.shield(_recv(ending))


async def _exchange(channel: socket.socket, data: bytes) -> bytes:
    """Send the photo, and receive all there is to receive; a decoder that died says no more."""
    reader, writer = await asyncio.open_connection(sock=channel, limit=_CHUNK_BYTES)
    parts: list[bytes] = []
    try:
        with suppress(ConnectionError):
            writer.write(data)
            writer.write_eof()
            await writer.drain()
        left = _MAX_ANSWER_BYTES
        with suppress(ConnectionError):
            while left > 0 and (part := await reader.read(_CHUNK_BYTES)):
                parts.append(part)
                left -= len(part)
    finally:
        writer.close()
    return b"".join(parts)


async def _recv(ending: socket.socket) -> bytes:
    with suppress(ConnectionError):
        return await asyncio.get_running_loop().sock_recv(ending, ENDED.size)
    return b""


def _how(output: bytes, record: bytes) -> Ended:
    if len(record) != ENDED.size:
        message = "the decoders' server is gone"
        raise DecoderBrokenError(message)
    return Ended(output, *ENDED.unpack(record))


@contextmanager
def _decoder(max_pixels: int) -> Generator[tuple[socket.socket, socket.socket]]:
    """Our ends of a new decoder's two sockets."""
    ours, theirs = socket.socketpair()
    ending, their_ending = socket.socketpair()
    with ours, ending:
        with theirs, their_ending:
            _server.ask(REQUEST.pack(max_pixels), [theirs.fileno(), their_ending.fileno()])
        for each in (ours, ending):
            each.settimeout(0)
        yield ours, ending


class _Server:
    """The process that decoders are forked from: started when first needed, and when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, message: bytes, descriptors: list[int]) -> None:
        """Send a request with its sockets. Raises DecoderBrokenError if nobody takes it."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._control is not None
        try:
            socket.send_fds(self._control, [message], descriptors)
        except OSError as error:
            reason = "the decoders' server takes no photo"
            raise DecoderBrokenError(reason) from error

    def _start(self) -> None:
        self.stop()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *_PYTHON_OPTIONS, "-m", "media.decoder_server"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                env=_environment(),
            )

    def stop(self) -> None:
        """End it, and with it all decoders; closing the socket is what it ends at."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.wait()


_server = _Server()
atexit.register(_server.stop)


def _environment() -> dict[str, str]:
    """What it needs to import and nothing else: no secret of ours is in its reach.

    It starts without `site`, so it is told where the libraries are.
    """
    paths = [str(_ROOT)]
    for library in ("PIL", "pi_heif", "blurhash"):
        spec = find_spec(library)
        if spec is not None and spec.origin is not None:
            paths.append(str(Path(spec.origin).parent.parent))
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "LANG": "C.UTF-8",
        # Each arena of the allocator would claim 64 MB of the address space that is limited.
        "MALLOC_ARENA_MAX": "1",
    }


def _split(output: bytes) -> Pictures:
    parts: list[bytes] = []
    while output:
        (length,) = struct.unpack_from(">I", output)
        parts.append(output[_LENGTH_BYTES : _LENGTH_BYTES + length])
        output = output[_LENGTH_BYTES + length :]
    large, small, phash, blurhash = parts
    return Pictures(
        large, small, struct.unpack(">q", phash)[0] if phash else None, blurhash.decode("ascii")
    )

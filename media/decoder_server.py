"""The process that photos' decoders are forked from: `python -m media.decoder_server`.

Starting Python and importing Pillow takes longer than decoding a phone's photo, so this is done
once, in a process that holds nothing worth taking; each photo gets a copy of it, under limits,
that lives for that photo alone. Neither process opens a photo before the other's memory is apart.

Standard input is a socket on which the worker asks: a message is the limit of pixels and brings two
sockets. One carries the photo to its decoder and the pictures back. On the other, which stays here,
the worker says by closing its side that the decoder has to end, and hears how it ended.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import struct
from pathlib import Path

from media import decoder

REQUEST = struct.Struct(">Q")  # pixels
ENDED = struct.Struct(">iQQ")  # exit code or minus the signal, peak memory in KiB, CPU in µs

_FIRST_TO_GO = "1000"  # the process to kill when the machine has no memory left


class Server:
    """Its decoders by process id, each with the socket on which its end is told."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._running: dict[int, socket.socket] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Until the worker is gone; then no decoder is left either."""
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        signal.signal(signal.SIGCHLD, _be_woken)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        self._poll.register(wake, select.POLLIN)
        while True:
            for ready, _ in self._poll.poll():
                if ready == wake:
                    os.read(wake, 4096)
                    self._reap()
                elif ready != self._control.fileno():
                    self._kill(ready)
                elif not self._start():
                    self._kill_all()
                    return

    def _start(self) -> bool:
        """Start a decoder; whether the worker is still there."""
        message, descriptors, _, _ = socket.recv_fds(self._control, REQUEST.size, 2)
        if not message:
            return False
        photo, ending = descriptors
        process = os.fork()
        if process == 0:
            self._become_decoder(photo, *REQUEST.unpack(message))
        os.close(photo)
        told = socket.socket(fileno=ending)
        self._running[process] = told
        self._poll.register(told, select.POLLIN)
        return True

    def _become_decoder(self, photo: int, max_pixels: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            os.setsid()
            with contextlib.suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
            quiet = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(quiet, descriptor)
            os.dup2(photo, 3)
            held = Path("/proc/self/fd").iterdir()
            os.closerange(4, 1 + max(int(each.name) for each in held))
            code = decoder.run(3, max_pixels)
        finally:
            os._exit(code)

    def _kill(self, ready: int) -> None:
        for process, told in self._running.items():
            if told.fileno() == ready:
                self._poll.unregister(told)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                return

    def _kill_all(self) -> None:
        for process in self._running:
            os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        while self._running:
            process, status, used = os.wait4(-1, os.WNOHANG)
            if process == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            cpu_us = round((used.ru_utime + used.ru_stime) * 1_000_000)
            with self._running.pop(process) as told:
                with contextlib.suppress(KeyError):
                    self._poll.unregister(told)
                with contextlib.suppress(OSError):
                    told.send(ENDED.pack(code, used.ru_maxrss, cpu_us))


def _be_woken(_signal: int, _frame: object) -> None:
    """Without a handler, a signal that is ignored would not be written to the pipe."""


def main() -> None:
    """Serve on standard input."""
    decoder.import_all()
    gc.collect()
    gc.freeze()  # what is imported is shared with the copies, unless somebody writes to it
    Server(socket.socket(fileno=0)).serve()


if __name__ == "__main__":
    main()

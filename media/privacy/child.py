"""Running a step on a picture in a limited child process, killed on overrun."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_PYTHON_OPTIONS = ("-S", "-P", *(["-B"] if sys.dont_write_bytecode else []))


class ChildBrokenError(Exception):
    """The child ended without an answer: killed, out of memory, out of time, or its own fault."""


async def run_child(
    module: str, arguments: Sequence[str], data: bytes, *, libraries: Sequence[str], wall_s: float
) -> bytes:
    """What `python -m module arguments` writes when it is given `data`.

    Raises ChildBrokenError. Whatever happens, cancelling included, no child outlives the call.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *_PYTHON_OPTIONS,
        *("-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=_environment(libraries),
    )
    try:
        async with asyncio.timeout(wall_s):
            output, complaint = await child.communicate(data)
    except TimeoutError as error:
        message = f"no result after {wall_s} s"
        raise ChildBrokenError(message) from error
    finally:
        await _end(child)
    if child.returncode != 0:
        raise ChildBrokenError(f"exit {child.returncode}: {_last_line(complaint)}")
    return output


def _last_line(complaint: bytes) -> str:
    """What a traceback ends with."""
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "without a word"


def _environment(libraries: Sequence[str]) -> dict[str, str]:
    """What the child needs to import and nothing else: no secret of ours is in its reach."""
    paths = [str(_ROOT)]
    for library in libraries:
        spec = find_spec(library)
        if spec is not None and spec.origin is not None:
            paths.append(str(Path(spec.origin).parent.parent))
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await asyncio.shield(child.wait())

"""Trying expressions in a process of its own: `python -m workflows.expression_trial`.

What a city writes is run here before it runs for a citizen. All expressions of a document go into
one child that may use little time and memory and can open no file and no socket: one that never
ends, or takes all memory, ends the child and not the caller. The child answers a line for each
expression as it goes, so that its end names the one that it was at.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import zen

from core.errors import Unavailable
from workflows.expression_check import MAX_EVALUATION_MS, Outcome, Trial, judge, reason_of
from workflows.problems import Problem

WALL_S = 10.0

_MEMORY_BYTES = 512 * 1024**2
_CPU_S = 2
_REPEATS = 3
_SHOWN = 200  # characters of a text or reason that are told to the caller
_READY = "ready"
_ROOT = Path(__file__).parent.parent
# No `site` and no current folder on the path, see `media/decoding.py`.
_PYTHON_OPTIONS = ("-S", "-P", *(["-B"] if sys.dont_write_bytecode else []))


async def try_expressions(trials: Sequence[Trial], *, wall_s: float = WALL_S) -> list[Problem]:
    """What speaks against `trials` after each was evaluated over its contexts.

    Where one of them ends the child, it is named as slow, and those after it stay untried. Raises
    Unavailable if the child did not even start. Whatever happens, cancelling included, no child
    process outlives the call.
    """
    if not trials:
        return []
    work = [{"expression": trial.expression, "contexts": trial.contexts} for trial in trials]
    output = await _run_child(json.dumps(work).encode(), wall_s)
    ready, *lines = output.split("\n")
    if ready != _READY:
        raise Unavailable
    outcomes = [Outcome(**json.loads(line)) for line in lines[:-1]]  # the last is not whole
    problems = [judge(trial, outcome) for trial, outcome in zip(trials, outcomes, strict=False)]
    if len(outcomes) < len(trials):
        culprit = trials[len(outcomes)]
        facts: dict[str, object] = {"expression": culprit.expression}
        problems.append(Problem("expression_slow", culprit.pointer, facts=facts))
    return [problem for problem in problems if problem]


async def _run_child(data: bytes, wall_s: float) -> str:
    """What a child wrote until its end, or until its time was up."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *_PYTHON_OPTIONS,
        *("-m", "workflows.expression_trial"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env=_environment(),
    )
    assert child.stdin is not None
    assert child.stdout is not None
    output = bytearray()
    try:
        async with asyncio.timeout(wall_s):
            with suppress(BrokenPipeError, ConnectionResetError):
                child.stdin.write(data)
                await child.stdin.drain()
                child.stdin.close()
            while chunk := await child.stdout.read(65536):
                output += chunk
            await child.wait()
    except TimeoutError:
        pass  # what it wrote so far names the one that it is at
    finally:
        await _end(child)
    return output.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """What the child needs to import and nothing else: no secret of ours is in its reach."""
    spec = find_spec("zen")
    assert spec is not None
    assert spec.origin is not None
    return {
        "PYTHONPATH": os.pathsep.join([str(_ROOT), str(Path(spec.origin).parent.parent)]),
        "LANG": "C.UTF-8",
        # Each arena of the allocator would claim 64 MB of the address space that is limited.
        "MALLOC_ARENA_MAX": "1",
        # Where in the engine an error arose would take it 60 ms to find out.
        "RUST_BACKTRACE": "0",
    }


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        # Also when this task is being cancelled: a child that nobody waits for stays a zombie.
        await asyncio.shield(child.wait())


def main() -> int:
    """Try what comes by standard input, in the child; the exit code."""
    _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, _CPU_S)
    _limit(resource.RLIMIT_CORE, 0)
    work: list[dict[str, Any]] = json.load(sys.stdin)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    print(_READY, flush=True)  # noqa: T201  # the answer to the parent
    for item in work:
        print(json.dumps(_try(item["expression"], item["contexts"])), flush=True)  # noqa: T201
    return 0


def _limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))


def _try(expression: str, contexts: list[dict[str, Any]]) -> dict[str, Any]:
    """One expression over its contexts, as the fields of an Outcome."""
    values: list[Any] = []
    errors: list[str] = []
    slowest_ms = 0.0
    for context in contexts:
        try:
            value, took_ms = _evaluate(expression, context)
        except Exception as error:  # noqa: BLE001  # the engine raises RuntimeError, ValueError, …
            errors.append(reason_of(str(error))[:_SHOWN])
            continue
        values.append(_shown(value))
        slowest_ms = max(slowest_ms, took_ms)
    return {"values": values, "errors": errors, "slowest_ms": slowest_ms}


def _evaluate(expression: str, context: dict[str, Any]) -> tuple[Any, float]:
    """The value, and the milliseconds of CPU that it took: the least of several times if long."""
    compiled = zen.compile_expression(expression)
    best = float("inf")
    value: Any = None
    for _ in range(_REPEATS):
        began = time.thread_time_ns()
        value = compiled.evaluate(context)
        best = min(best, (time.thread_time_ns() - began) / 1e6)
        if best <= MAX_EVALUATION_MS:
            break
    return value, best


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return value[:_SHOWN] if isinstance(value, str) else []


if __name__ == "__main__":
    sys.exit(main())

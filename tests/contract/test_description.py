"""The API answers as its own description says, whatever it is sent: schemathesis, all checks.

As an administrator, who may do most, and as a citizen and an operator, whom other routes are for.
`SCHEMATHESIS_EXAMPLES` asks for more of each operation than a run of the suite has time for.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.server import ServerProcess, serving

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "2")
SECONDS = 1200


@pytest.mark.long
@pytest.mark.parametrize("role", ["admin", "operator", "citizen"])
async def test_every_answer_is_as_described(role: str, city_database: str, tmp_path: Path) -> None:
    with serving(city_database, tmp_path) as server:
        code, output = await run_schemathesis(server, role, tmp_path)
        said = server.said()
    (tmp_path / "schemathesis.txt").write_text(output, encoding="utf-8")
    print("\n" + output[output.rfind("= SUMMARY") :])
    assert code == 0, output[-20_000:]
    assert "Traceback" not in said, said[-5_000:]


async def run_schemathesis(server: ServerProcess, role: str, folder: Path) -> tuple[int, str]:
    """Its exit code and what it said."""
    program = Path(sys.executable).with_name("st")
    process = await asyncio.create_subprocess_exec(
        program, "--config-file", HERE / "schemathesis.toml", "--no-color",
        "run", f"{server.url}/openapi.json", "--include-path-regex", "^/v1",
        "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES,
        "--continue-on-failure", "--generation-deterministic", "--request-timeout", "60",
        cwd=folder,
        env=os.environ | {
            "PYTHONPATH": str(HERE.parents[1]), "SCHEMATHESIS_HOOKS": "tests.contract.checks",
            "SCHEMATHESIS_URL": server.url, "SCHEMATHESIS_ROLE": role,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode()

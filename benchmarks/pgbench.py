"""The limit: our own statements, run by pgbench straight against the same cluster."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy.engine import make_url

from core.statements import Statement


@dataclass(frozen=True)
class PgbenchResult:
    """Transactions per second, and the mean latency of one."""

    rate: float
    mean_ms: float


def inline(statement: Statement, values: dict[str, str]) -> str:
    """The statement with each parameter replaced by SQL or a pgbench variable."""
    return re.sub(
        r"\$(\d+)", lambda match: values[statement.names[int(match[1]) - 1]], statement.sql
    )


def literal(value: object) -> str:
    """An SQL literal without a colon, which pgbench would take for a variable."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case bytes():
            return f"'\\x{value.hex()}'"
        case list():
            items = cast("list[object]", value)
            return "array[" + ", ".join(literal(item) for item in items) + "]::text[]"
        case _:
            text = str(value).replace("'", "''").replace("\\", "\\\\").replace(":", "\\072")
            return f"E'{text}'"


def run_pgbench(
    url: str, script: str, *, clients: int, seconds: int, role: str = "hientruong_app"
) -> PgbenchResult:
    """Run `script` as one transaction, again and again, with prepared statements."""
    program = shutil.which("pgbench")
    if program is None:
        raise RuntimeError("pgbench is missing: it comes with the package postgresql-contrib")
    parts = make_url(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        output = subprocess.run(
            [program, "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=1",
             f"--time={seconds}", f"--file={file.name}", f"--host={parts.host}",
             f"--port={parts.port}", f"--username={parts.username}", str(parts.database)],
            env={"PGPASSWORD": str(parts.password or ""), "PGOPTIONS": f"-c role={role} -c jit=off",
                 "PATH": str(Path(program).parent)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if output.returncode or "failed" in output.stderr:
        raise RuntimeError(f"pgbench: {output.stderr[-2000:]}{output.stdout[-500:]}")
    rate = float(re.findall(r"tps = ([\d.]+)", output.stdout)[-1])
    mean_ms = float(re.findall(r"latency average = ([\d.]+) ms", output.stdout)[0])
    return PgbenchResult(rate, mean_ms)

"""S3 servers of our own, on free ports of loopback."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from cli.cluster import free_port
from core.settings import MediaSettings

START_SECONDS = 20.0


@contextmanager
def running_rclone(folder: Path) -> Iterator[MediaSettings]:
    """Settings for `rclone serve s3`, which keeps its buckets below `folder`.

    It knows no POST policies, so nothing can be put by a presigned form.
    """
    program = shutil.which("rclone") or str(Path(sys.executable).with_name("rclone"))
    address = f"127.0.0.1:{free_port()}"
    access, secret = "tester", secrets.token_hex(16)
    (folder / "data").mkdir()
    command = [program, "serve", "s3", str(folder / "data"), "--addr", address]
    command += ["--auth-key", f"{access},{secret}", "--config", str(folder / "rclone.conf")]
    command += ["--vfs-cache-mode", "off", "--cache-dir", str(folder / "cache")]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(folder)}
    )
    try:
        wait_until_it_answers(address)
        yield MediaSettings(
            store="s3",
            s3_endpoint=address,
            s3_access_key=SecretStr(access),
            s3_secret_key=SecretStr(secret),
            s3_secure=False,
            s3_region="us-east-1",
        )
    finally:
        server.kill()
        server.wait()


def wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://{address}/", timeout=1).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nothing answers at {address}"
            time.sleep(0.1)
        else:
            return


def own_bucket(settings: MediaSettings) -> MediaSettings:
    """The same server, a bucket that nobody else has."""
    return settings.model_copy(update={"s3_bucket": f"photos-{secrets.token_hex(6)}"})

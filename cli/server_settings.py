"""PostgreSQL's settings for one modest server that it shares with the application."""

from __future__ import annotations

import os
from pathlib import Path

SOCKET_PATH_LIMIT = 107
"""Bytes that a Unix socket's path may have on Linux."""

SETTINGS = {
    "jit": "off",
    "max_connections": "200",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # without the values of the row that failed
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum_naptime": "10min",
    "max_wal_size": "4GB",
}


def server_settings(sockets: Path, port: int, *, durable: bool) -> dict[str, str]:
    """Settings for a start on `port` of 127.0.0.1, with its Unix socket in `sockets`.

    They are given at each start rather than written to a file, so they follow this version of
    the code and the memory of this machine.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    buffers = min(memory // 4, 2048) if durable else min(memory // 8, 256)
    fits = len(f"{sockets}/.s.PGSQL.{port}".encode()) <= SOCKET_PATH_LIMIT
    return {
        **SETTINGS,
        **({} if durable else THROW_AWAY_SETTINGS),
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(sockets) if fits else "",
        "shared_buffers": f"{max(buffers, 32)}MB",
        "effective_cache_size": f"{max(memory // 2, 64)}MB",
    }

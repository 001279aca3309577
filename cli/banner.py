"""What a person sees when everything runs: where to go and who to be."""

from __future__ import annotations

import psycopg

from cli.database import plain_dsn

PAGES = (
    ("/", "public map, find my report"),
    ("/app", "citizens' app"),
    ("/desk", "departments' desk"),
    ("/ioc", "operations centre"),
    ("/admin", "administration"),
    ("/docs", "the API"),
)
LOGINS = ("admin", "operator", "leader", "analyst")
WIDTH = 72


def banner(address: str, dsn: str, *, demo: bool) -> str:
    """The addresses and, in a demo, its logins, as several lines."""
    rule = "-" * WIDTH
    pages = [f"  {address + path:<34} {what}" for path, what in PAGES]
    people = _logins(dsn) if demo else []
    return "\n".join(
        [
            "",
            rule,
            "  Hiện trường is ready",
            "",
            *pages,
            "",
            *people,
            "  Ctrl-C stops everything.",
            rule,
        ]
    )


def _logins(dsn: str) -> list[str]:
    departments = [
        f"  {'staff.' + code:<22} {'supervisor.' + code:<27} {name}"
        for code, name in departments_of(dsn)
    ]
    return [
        "  Demo logins, password: demo",
        f"  {', '.join(LOGINS)}",
        *departments,
        "",
        "  Citizens' one-time code in the demo: 000000",
    ]


def departments_of(dsn: str) -> list[tuple[str, str]]:
    """Code and name of each department, none if they cannot be read."""
    try:
        with psycopg.connect(plain_dsn(dsn)) as connection:
            found = connection.execute("select code, name from departments order by code")
            return [(str(code), str(name)) for code, name in found]
    except psycopg.Error:
        return []  # the banner is a courtesy

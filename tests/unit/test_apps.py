"""Versions of the app, as its header names them."""

from __future__ import annotations

import pytest

from identity.apps import App, is_older, read_app


@pytest.mark.parametrize(
    ("header", "app"),
    [
        ("android/1.4.0", App("android", (1, 4, 0))),
        (" ios/2 ", App("ios", (2,))),
        ("web/1.2.3.4", App("web", (1, 2, 3, 4))),
    ],
)
def test_a_header_names_an_app(header: str, app: App) -> None:
    assert read_app(header) == app
    assert f"{app.platform}/{app.version_text}" == header.strip()


@pytest.mark.parametrize(
    "header",
    ["", "android", "android/", "android/1.", "android/x", "Android/1", "android/1.2.3.4.5",
     "android/123456", "windows/1", "android/1 ios/2", "android/١"],
)  # fmt: skip
def test_what_names_none(header: str) -> None:
    assert read_app(header) is None


@pytest.mark.parametrize(
    ("version", "minimum", "older"),
    [
        ((1, 4), (1, 4, 0), False),
        ((1, 4, 0), (1, 4), False),
        ((1, 3, 9), (1, 4), True),
        ((1, 10), (1, 9), False),
        ((2,), (1, 9, 9), False),
        ((0,), (0, 0, 0, 1), True),
    ],
)
def test_which_is_older(version: tuple[int, ...], minimum: tuple[int, ...], *, older: bool) -> None:
    assert is_older(version, minimum) is older

"""Which store the settings ask for. A new kind is a file beside this one and a line in it."""

from __future__ import annotations

from collections.abc import Callable

from core.settings import MediaSettings
from media.stores.base import Store
from media.stores.local import LocalStore
from media.stores.s3 import open_s3_store

STORES: dict[str, Callable[[MediaSettings], Store]] = {
    "local": lambda settings: LocalStore(settings.root),
    "s3": open_s3_store,
}


def open_store(settings: MediaSettings) -> Store:
    """The store that the settings name. Touches neither disk nor network until first used."""
    return STORES[settings.store](settings)

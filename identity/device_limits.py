"""How often phones may sign in by their key, or at Firebase. Pure."""

from __future__ import annotations

from datetime import timedelta

from core.limits import Budget

HOUR = timedelta(hours=1)
PER_PHONE = 60
FIREBASE_ALL = 20_000
PER_ADDRESS = 1_000  # a mobile operator puts thousands of phones behind one


def device_budgets(thumbprint: bytes, address: str) -> list[Budget]:
    """What one sign-in is taken from; without an address only the phone counts."""
    budgets = [Budget("device:key", thumbprint.hex(), PER_PHONE, HOUR)]
    if address:
        budgets.append(Budget("device:address", address, PER_ADDRESS, HOUR))
    return budgets


def firebase_budgets(address: str) -> list[Budget]:
    """What one ID token is taken from: everybody's, and the address that it came from."""
    budgets = [Budget("firebase:all", "", FIREBASE_ALL, HOUR)]
    if address:
        budgets.append(Budget("firebase:address", address, PER_ADDRESS, HOUR))
    return budgets

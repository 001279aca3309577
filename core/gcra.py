"""The generic cell rate algorithm: how often something may happen, in one instant per key. Pure.

A budget of `amount` in `per` is a bucket that holds `amount` and fills evenly. What is kept of it
is the instant at which it will be full again ("theoretical arrival time" of ITU-T I.371): each
taking moves that one step further, and is refused if it would then lie more than `per` ahead.
"""

from __future__ import annotations

from datetime import datetime, timedelta

_TICK = timedelta(microseconds=1)


def step_of(amount: int, per: timedelta, *, cost: int = 1) -> timedelta:
    """How far one taking moves the instant. Rounded down: rounded up, 13 steps of an hour's
    thirteenth are more than an hour, and the thirteenth would be refused. What that gives away
    is less than one taking as long as `amount` squared microseconds are no more than `per`.
    """
    return (per // _TICK) * cost // amount * _TICK


def full_after(full_at: datetime, now: datetime, *, step: timedelta) -> datetime:
    """When the bucket will be full again after a taking now."""
    return max(full_at, now) + step


def wait_for(full_at: datetime, now: datetime, *, step: timedelta, per: timedelta) -> timedelta:
    """How long until the next taking is allowed; zero if it is allowed now."""
    return max(full_after(full_at, now, step=step) - now - per, timedelta(0))

"""Which web origins are this installation's own. Pure.

On a developer's machine the same pages are at `127.0.0.1` and at `localhost`, and browsers give
passkeys to the second only; so of loopback all names count, and passkeys belong to `localhost`.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this very machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def own_origins(public_url: str) -> tuple[str, ...]:
    """The origins of our pages, that of `public_url` first."""
    parts = urlsplit(public_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if not is_loopback(parts.hostname or ""):
        return (origin,)
    port = f":{parts.port}" if parts.port else ""
    aliases = (f"{parts.scheme}://{host}{port}" for host in ("localhost", "127.0.0.1"))
    return tuple(dict.fromkeys((origin, *aliases)))


def passkey_domain(public_url: str) -> str:
    """The domain that passkeys are bound to (WebAuthn's relying party id)."""
    host = urlsplit(public_url).hostname or ""
    return "localhost" if is_loopback(host) else host

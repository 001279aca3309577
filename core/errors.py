"""Errors as the domain knows them: a stable code, facts, and the field at fault.

They know nothing of HTTP; `api/errors.py` maps each class to a status, and `core/i18n.py` has
their sentences in the reader's language. A subclass only says what kind of no it is:

    Error
    ├── InvalidInput          the sender can mend it; names the fields
    ├── NotSignedIn           no valid token, or it has expired
    ├── Forbidden             this role may not do that
    │   └── StepUpRequired    not without proving anew who one is
    ├── NotFound              does not exist, or not for this reader
    ├── Conflict              somebody was faster, or the same id with another body
    ├── PreconditionMissing   a write without the version that it is based on
    ├── Malformed             not what the protocol says, so nothing in it was looked at
    ├── WrongProtocol         a version of the protocol that is not spoken here
    ├── Gone                  existed, and never will again
    ├── ChecksumMismatch      the bytes are not those that were sent
    ├── TooLarge / UnsupportedType / TooManyRequests
    ├── UpgradeRequired       the app is too old for that
    └── Unavailable           a part that we depend on does not answer
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault. `pointer` is an RFC 6901 JSON pointer into the body, or `?name` for a
    query parameter and `#name` for a header.
    """

    pointer: str
    code: str
    facts: dict[str, object] = field(default_factory=dict[str, object])


class Error(Exception):
    """Base of all errors that a caller may see; `code` is stable and documented."""

    default_code = "error"

    def __init__(
        self,
        code: str | None = None,
        *,
        fields: list[FieldError] | None = None,
        **facts: object,
    ) -> None:
        self.code = code or self.default_code
        self.fields = fields or []
        self.facts = facts
        super().__init__(self.code, facts)


class InvalidInput(Error):
    default_code = "invalid_input"

    @classmethod
    def at(cls, pointer: str, code: str, **facts: object) -> InvalidInput:
        """The usual case: one field, one reason."""
        return cls(fields=[FieldError(pointer, code, facts)])


class NotSignedIn(Error):
    default_code = "not_signed_in"


class Forbidden(Error):
    default_code = "forbidden"


class StepUpRequired(Forbidden):
    """Carries `ways` among its facts: how this person can prove it."""

    default_code = "step_up_required"


class NotFound(Error):
    default_code = "not_found"


class Conflict(Error):
    default_code = "conflict"


class PreconditionMissing(Error):
    default_code = "precondition_required"


class Malformed(Error):
    """`fields` names the header at fault."""

    default_code = "malformed"


class WrongProtocol(Error):
    default_code = "wrong_protocol"


class Gone(Error):
    default_code = "gone"


class ChecksumMismatch(Error):
    default_code = "checksum_mismatch"


class TooLarge(Error):
    default_code = "too_large"


class UnsupportedType(Error):
    default_code = "unsupported_type"


class TooManyRequests(Error):
    """Carries `retry_after_s` among its facts."""

    default_code = "too_many_requests"


class UpgradeRequired(Error):
    """Carries `minimum_version` and `store_url` among its facts."""

    default_code = "app_too_old"


class Unavailable(Error):
    default_code = "unavailable"


class ConfigurationError(Exception):
    """The operator must change a setting before this process can start."""

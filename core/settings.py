"""Settings, one small frozen class per concern, read from the environment.

They are built in the composition roots (the API's `create_app`, the worker, the command line)
and passed down. Importing this module reads nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError
from core.keys import Keyring

DEMO_SECRET = "demo-secret-not-for-production-use"  # noqa: S105  # refused outside demo mode


_VERSION = r"^(\d{1,5}(\.\d{1,5}){0,3})?$"


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_", extra="ignore")


class DatabaseSettings(_Settings):
    """Where the data is, and how many connections one process may hold."""

    url: str = Field(validation_alias=AliasChoices("DATABASE_URL", "HIENTRUONG_DATABASE_URL"))
    pool_size: int = Field(default=8, validation_alias="HIENTRUONG_DATABASE_POOL_SIZE")
    read_pool_size: int = Field(default=4, validation_alias="HIENTRUONG_DATABASE_READ_POOL_SIZE")
    read_timeout_ms: int = Field(
        default=5000, validation_alias="HIENTRUONG_DATABASE_READ_TIMEOUT_MS"
    )
    session_pool_size: int = Field(
        default=2, validation_alias="HIENTRUONG_DATABASE_SESSION_POOL_SIZE"
    )
    feature_pool_size: int = Field(default=4, validation_alias="HIENTRUONG_FEATURE_POOL_SIZE")
    feature_timeout_ms: int = Field(default=3000, validation_alias="HIENTRUONG_FEATURE_TIMEOUT_MS")


class SecuritySettings(_Settings):
    """Secrets and the life of tokens. `demo` opens the demo logins and the demo's OTP."""

    demo: bool = False
    secret_key: SecretStr = SecretStr(DEMO_SECRET)
    old_secret_keys: tuple[SecretStr, ...] = ()  # a JSON array; they verify and sign nothing
    # What the database keeps sealed, see `core/sealing.py`; without them `secret_key` seals.
    data_keys: SecretStr = SecretStr("")
    index_key: SecretStr = SecretStr("")
    data_department: str = ""  # who answers requests about personal data
    access_token_minutes: int = 10
    refresh_token_days: int = 60

    @property
    def keys(self) -> Keyring:
        """What signs and verifies, for every purpose."""
        old = (secret.get_secret_value() for secret in self.old_secret_keys)
        return Keyring(self.secret_key.get_secret_value(), tuple(old))

    def check(self) -> None:
        """Raise ConfigurationError if a default or short secret would guard real data."""
        if self.demo:
            return
        keys = self.keys
        if keys.secret == DEMO_SECRET:
            raise ConfigurationError("HIENTRUONG_SECRET_KEY is not set: refusing the demo's secret")
        if DEMO_SECRET in keys.old_secrets:
            raise ConfigurationError("HIENTRUONG_OLD_SECRET_KEYS names the demo's secret")
        if any(len(secret) < 32 for secret in (keys.secret, *keys.old_secrets)):
            raise ConfigurationError(
                "HIENTRUONG_SECRET_KEY and old ones must have at least 32 characters"
            )


class StaffSettings(_Settings):
    """How long staff stay signed in, and which roles need more than a password."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_STAFF_", extra="ignore")

    session_idle_minutes: int = 30
    session_hours: int = 8
    step_up_minutes: int = 10
    # By default those whose mistakes or thieves do most; nobody in the demo.
    second_factor_roles: tuple[str, ...] | None = None

    def needs_second_factor(self, role: str, *, demo: bool) -> bool:
        """Whether somebody with `role` gets nowhere without a passkey or a code."""
        roles = self.second_factor_roles
        if roles is None:
            roles = () if demo else ("admin", "operator")
        return role in roles


class OidcSettings(_Settings):
    """Where people may sign in instead of here: JSON, or the file that holds it. What it says is
    described in `identity/oidc/providers.py`.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_OIDC_", extra="ignore")

    providers: str = ""
    timeout_s: float = 5.0


class OtpSettings(_Settings):
    """One-time codes by text message: to numbers of which countries (ISO 3166, a JSON array), and
    how many an hour altogether; the other limits stand in `identity/otp_limits.py`.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_OTP_", extra="ignore")

    countries: tuple[str, ...] = ("VN",)
    messages_per_hour: int = Field(default=3000, ge=1)


class FirebaseSettings(_Settings):
    """The Firebase project at which the app signs people in, by the file of a service account.

    `emulator_host` is the variable that Google's own library obeys: with it no signature is
    checked, so it is refused outside demo mode. There `project` is enough.
    """

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="HIENTRUONG_FIREBASE_", extra="ignore", populate_by_name=True
    )

    service_account: Path | None = None
    project: str = ""
    timeout_s: float = 5.0
    emulator_host: str = Field(default="", validation_alias="FIREBASE_AUTH_EMULATOR_HOST")

    @property
    def is_set(self) -> bool:
        """Whether people may sign in by Firebase."""
        return self.service_account is not None or bool(self.emulator_host and self.project)

    def check(self, *, demo: bool) -> None:
        """Raise ConfigurationError if tokens that nobody signed would open accounts."""
        if self.emulator_host and not demo:
            raise ConfigurationError(
                "FIREBASE_AUTH_EMULATOR_HOST is set: its tokens are signed by nobody, so it is"
                " refused outside demo mode"
            )


class AppSettings(_Settings):
    """The oldest versions of the citizens' apps that are served, and where newer ones are found;
    empty: all are.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_APP_", extra="ignore")

    minimum_android: str = Field(default="", pattern=_VERSION)
    minimum_ios: str = Field(default="", pattern=_VERSION)
    store_android: str = ""
    store_ios: str = ""

    def minimum(self, platform: str) -> tuple[int, ...] | None:
        """The oldest version that is served on a platform; None if all are."""
        text = {"android": self.minimum_android, "ios": self.minimum_ios}.get(platform, "")
        return tuple(int(part) for part in text.split(".")) if text else None

    def store_url(self, platform: str) -> str | None:
        """Where the app of a platform is found, if anybody said."""
        return {"android": self.store_android, "ios": self.store_ios}.get(platform) or None


class MediaSettings(_Settings):
    """Where photos are kept. The S3 fields count only with `store="s3"`."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_MEDIA_", extra="ignore")

    store: Literal["local", "s3"] = "local"
    root: Path = Path(".local/media")
    url: str = ""  # a host of their own for photos, such as https://media.example.vn
    max_photo_bytes: int = 15_000_000
    max_photo_pixels: int = 64_000_000
    max_file_bytes: int = 100_000_000  # of a video, which may be larger than any photo
    max_video_pixels: int = 9_000_000  # of one picture of it: 4K
    max_video_seconds: int = 60
    unclaimed_hours: int = 72
    # How many files somebody may send in an hour and how many bytes in a day. A mobile operator
    # puts a district behind one address, so an address may send as much as one.
    account_files_hour: int = 300
    account_bytes_day: int = 3_000_000_000
    address_files_hour: int = 50_000
    address_bytes_day: int = 100_000_000_000
    open_transfers: int = 50  # of an account at a time
    s3_endpoint: str = ""
    s3_public_url: str = ""  # where phones reach the store, if that is elsewhere
    s3_bucket: str = "hientruong"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_secure: bool = True
    s3_region: str = ""
    s3_timeout_s: float = 10.0  # how long it may say nothing

    @property
    def public_url(self) -> str:
        """`url` as it stands before the path of a link; "" for the host that serves the pages."""
        return self.url.rstrip("/")

    def check(self) -> None:
        """Raise ConfigurationError for an address that is none, or has a path."""
        parts = urlsplit(self.public_url)
        if self.url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
            raise ConfigurationError("HIENTRUONG_MEDIA_URL must be http(s)://host")


class PrivacySettings(_Settings):
    """Who looks for faces and plates before a person does: names of `media/privacy/registry.py` by
    comma, or nothing for nobody. Unless they are named, a city's `face_model` (an ONNX file in the
    shape of YuNet) takes the place of the cascades for faces. `wall_s` is the most one picture may
    take.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_PRIVACY_", extra="ignore")

    detectors: str | None = None
    face_model: Path | None = None
    wall_s: float = 30.0

    @property
    def chosen(self) -> tuple[str, ...]:
        """The detectors to ask."""
        if self.detectors is not None:
            return tuple(name.strip() for name in self.detectors.split(",") if name.strip())
        return ("yunet_faces" if self.face_model else "cascade_faces", "cascade_plates")


class RetentionSettings(_Settings):
    """For how many days what is kept; 0 keeps it for ever. What belongs to a case counts from its
    closing, what belongs to a sign-in from its expiry.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_KEEP_", extra="ignore")

    codes_days: int = Field(default=1, ge=1)
    sessions_days: int = Field(default=30, ge=1)
    notifications_days: int = Field(default=180, ge=0)
    contacts_days: int = Field(default=365, ge=0)
    originals_days: int = Field(default=730, ge=0)
    requests_days: int = Field(default=1825, ge=0)


class CitySettings(_Settings):
    """Where the city's definitions are, if they do not come with the source (`city load` says so)."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_CITY_", extra="ignore")

    folder: Path | None = None


class IntakeSettings(_Settings):
    """How far outside the city's wards a report may lie before it is refused."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_INTAKE_", extra="ignore")

    tolerance_m: float = 2000.0


class FilingLimits(_Settings):
    """How much may be filed in the worst storm; 0 sets no limit. Retries are never refused."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_FILING_", extra="ignore")

    per_account_hour: int = Field(default=120, ge=0)
    per_number_hour: int = Field(default=120, ge=0)
    per_address_hour: int = Field(default=20_000, ge=0)  # a district behind one address
    city_minute: int = Field(default=3_000, ge=0)


class SosLimits(FilingLimits):
    """The same for calls for help, which ordinary reports cannot use up."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_SOS_", extra="ignore")

    city_minute: int = Field(default=6_000, ge=0)


class PushSettings(_Settings):
    """Firebase Cloud Messaging; without a service account, push goes to the console channel."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_PUSH_", extra="ignore")

    service_account: Path | None = None
    timeout_s: float = 10.0


class SmsSettings(_Settings):
    """The HTTP gateway for text messages; without one they go to the console channel. What comes
    in (`POST /v1/sms/inbound`) is signed under `inbound_secret`; without one nothing does.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="HIENTRUONG_SMS_", extra="ignore")

    gateway_url: str = ""
    token: SecretStr = SecretStr("")
    inbound_secret: SecretStr = SecretStr("")


class GeocoderSettings(_Settings):
    """A service that speaks Nominatim's API, asked before the own gazetteer; none without a URL.
    `contact` tells its operator who asks.
    """

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="HIENTRUONG_GEOCODER_", extra="ignore"
    )

    url: str = ""
    timeout_s: float = 2.0
    cache_hours: float = 168.0
    contact: str = ""

    def check(self) -> None:
        """Raise ConfigurationError for an address that is none."""
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ConfigurationError("HIENTRUONG_GEOCODER_URL must be http(s)://host/path")


class ServerSettings(_Settings):
    """What the outside sees of this installation."""

    public_url: str = "http://127.0.0.1:8000"
    web_root: Path = Path(__file__).parent.parent / "web" / "dist"
    tile_cache_bytes: int = 64_000_000  # of each process, for tiles that were made already
    log_json: bool = False
    log_level: str = "INFO"

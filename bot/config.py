"""The bot's settings, read from the environment and from .env."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError
from bot.runtime.addresses import FORMS, SchedulerAddress, parse_address
from bot.runtime.sharding import Shards


class LogLevel(StrEnum):
    """How much the log tells."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class LogFormat(StrEnum):
    """For whom the log is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; the port is 1 to 65535."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


HEALTH_ADDRESS = Address("127.0.0.1", 9464)


def _address(value: Any) -> Any:
    """Turn "127.0.0.1:9464" into an address, nothing into None."""
    if not isinstance(value, str):
        return value
    host, _, port = value.strip().rpartition(":")
    if not value.strip():
        return None
    if not host or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise ValueError("no address")
    return Address(host.strip("[]"), int(port))


def _scheduler(value: Any) -> Any:
    """Turn "tls://10.0.0.2:8786" into an address, nothing into None."""
    if not isinstance(value, str):
        return value
    return parse_address(value) if value.strip() else None


class Resource(StrEnum):
    """What a machine must have to be trained on."""

    CPU = "CPU"
    GPU = "GPU"


class Consent(StrEnum):
    """Whether an admin is asked before a server's first training."""

    ASK = "ask"
    GIVEN = "given"


def _shard_ids(value: Any, info: ValidationInfo) -> Any:
    """Turn "0,1" or "0-3" into numbers, nothing into None."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    ids: set[int] = set()
    for part in value.split(","):
        first, _, last = part.strip().partition("-")
        ids |= set(range(int(first), int(last or first) + 1))
    if not ids or max(ids) >= (info.data.get("shard_count") or 0):
        raise ValueError("no shards of that count")
    return tuple(sorted(ids))


def _none_if_empty(value: Any) -> Any:
    """A line such as `BASE_MODEL=` in .env means: not set."""
    return None if isinstance(value, str) and not value.strip() else value


def _base_if_empty(value: Any) -> Any:
    if _none_if_empty(value) is None:
        return "base"
    is_name = isinstance(value, str) and value.strip().lower() in ("base", "large")
    return value.strip().lower() if is_name else value


_QUOTES = ('""', "''", "“”", "„“", "‘’", "«»")  # word processors have their own


def _unquoted(value: Any) -> Any:
    """Take off spaces, and the quotation marks that `docker run --env-file` keeps."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    is_quoted = len(text) > 1 and text[0] + text[-1] in _QUOTES
    return text[1:-1].strip() if is_quoted else text


def _home(path: Path) -> Path:
    return path.expanduser()


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _level(value: Any) -> Any:
    upper = value.strip().upper() if isinstance(value, str) else value
    return upper if upper in LogLevel.__members__ else value


class Settings(BaseSettings):
    """Everything that differs from one installation to the next."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, values: Any) -> Any:
        """Read each value without quotation marks; an empty one means the default.

        Not that of HEALTH_ADDRESS, where nothing means nowhere.
        """
        if not isinstance(values, dict):
            return values
        clean = {name: _unquoted(value) for name, value in values.items()}
        return {
            name: value
            for name, value in clean.items()
            if name.lower() == "health_address" or _none_if_empty(value) is not None
        }

    discord_token: Annotated[SecretStr | None, BeforeValidator(_none_if_empty)] = None
    prefix: Annotated[str, Field(min_length=1, max_length=5, pattern=r"^\S+$")] = "!"
    data_dir: Annotated[Path, AfterValidator(_home)] = Path("data")
    log_level: Annotated[LogLevel, BeforeValidator(_level)] = LogLevel.INFO
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = LogFormat.TEXT
    health_address: Annotated[Address | None, BeforeValidator(_address)] = HEALTH_ADDRESS
    base_model: Annotated[Path, BeforeValidator(_base_if_empty), AfterValidator(_home)] = Path(
        "base"
    )
    train_budget_s: Annotated[
        Annotated[float, Field(ge=5, le=86_400)] | None, BeforeValidator(_none_if_empty)
    ] = None
    max_file_mb: Annotated[int, Field(ge=1, le=10_000)] = 100
    message_content: bool = True
    privacy_url: Annotated[
        Annotated[str, Field(pattern=r"^https?://\S{1,300}$")] | None,
        BeforeValidator(_none_if_empty),
    ] = None
    consent: Annotated[Consent, BeforeValidator(_lower)] = Consent.ASK
    member_per_minute: Annotated[int, Field(ge=0, le=1000)] = 20
    server_per_minute: Annotated[int, Field(ge=0, le=10_000)] = 120
    train_timeout_s: Annotated[int, Field(ge=60, le=604_800)] = 43_200
    train_memory_mb: Annotated[
        Annotated[int, Field(ge=1000)] | None, BeforeValidator(_none_if_empty)
    ] = None
    train_slots: Annotated[int, Field(ge=1, le=16)] = 1
    train_max_waiting: Annotated[int, Field(ge=1, le=100)] = 3
    train_max_a_day: Annotated[int, Field(ge=1, le=1000)] = 10
    keep_versions: Annotated[int, Field(ge=1, le=1000)] = 5
    leave_grace_h: Annotated[int, Field(ge=0, le=8760)] = 0
    model_cache_mb: Annotated[int, Field(ge=1, le=100_000)] = 64
    shard_count: Annotated[
        Annotated[int, Field(ge=1, le=10_000)] | None, BeforeValidator(_none_if_empty)
    ] = None
    shard_ids: Annotated[tuple[int, ...] | None, NoDecode, BeforeValidator(_shard_ids)] = None
    train_scheduler: Annotated[SchedulerAddress | None, BeforeValidator(_scheduler)] = None
    train_certs: Annotated[
        Annotated[Path, AfterValidator(_home)] | None, BeforeValidator(_none_if_empty)
    ] = None
    proxy: Annotated[
        Annotated[str, Field(pattern=r"^(?i:https?|socks4a?|socks5h?)://\S{1,300}$")] | None,
        BeforeValidator(_none_if_empty),
    ] = None
    train_resource: Annotated[Resource, BeforeValidator(_upper)] = Resource.CPU
    train_keep_s: Annotated[float, Field(ge=1, le=86_400)] = 300

    @property
    def shards(self) -> Shards | None:
        """This process's part, if it shares the data folder with others."""
        if self.shard_ids is None or self.shard_count is None:
            return None
        return Shards(self.shard_count, self.shard_ids)


ALLOWED = {
    "discord_token": "the bot's token from the Discord developer portal",
    "prefix": "1 to 5 characters without spaces",
    "data_dir": "the path of a folder",
    "log_level": "one of DEBUG, INFO, WARNING, ERROR",
    "log_format": "text or json",
    "health_address": "an address and a port such as 127.0.0.1:9464, or nothing",
    "base_model": "base, large or the path of a .safetensors file",
    "train_budget_s": "a number of seconds from 5 to 86400, or nothing",
    "max_file_mb": "a whole number of MiB from 1 to 10000",
    "message_content": "true or false",
    "privacy_url": "an address that begins with https://, or nothing",
    "consent": "ask or given",
    "member_per_minute": "a number from 0 (no limit) to 1000",
    "server_per_minute": "a number from 0 (no limit) to 10000",
    "train_timeout_s": "a whole number of seconds from 60 to 604800",
    "train_memory_mb": "a whole number of megabytes from 1000 on, or nothing",
    "train_slots": "a whole number from 1 to 16",
    "train_max_waiting": "a whole number from 1 to 100",
    "train_max_a_day": "a whole number from 1 to 1000",
    "keep_versions": "a whole number from 1 to 1000",
    "leave_grace_h": "a whole number of hours from 0 (at once) to 8760",
    "model_cache_mb": "a whole number of MiB from 1 to 100000",
    "shard_count": "a whole number from 1 to 10000, or nothing",
    "shard_ids": "numbers below SHARD_COUNT such as 0,1 or 0-3, or nothing",
    "train_scheduler": f"{FORMS}, or nothing",
    "train_certs": "the path of the folder that `textgen-bot certs` made, or nothing",
    "proxy": "an address such as http://10.0.0.1:3128 or socks5://user:pass@10.0.0.1:1080, or "
    "nothing",
    "train_resource": "CPU (any machine) or GPU",
    "train_keep_s": "a number of seconds from 1 to 86400",
}


def load_settings(env_file: Path | None = Path(".env"), **overrides: Any) -> Settings:
    """Return the settings of this installation.

    Raises:
        SettingsError: a value is not allowed; the text names the variable,
            the value (never the token) and what is allowed.
    """
    try:
        return Settings(_env_file=env_file, **overrides)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file} is not a UTF-8 text file: save it as UTF-8.") from None


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]).lower() if first["loc"] else "settings"
    allowed = ALLOWED.get(name, first["msg"])
    shown = "" if name in ("discord_token", "proxy") else f", got {first['input']!r}"
    return f"{name.upper()} must be {allowed}{shown}: correct it in .env or in the environment."

"""The bot's settings, read from the environment and from .env."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
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
        return "large"
    is_name = isinstance(value, str) and value.strip().lower() in ("base", "large")
    return value.strip().lower() if is_name else value


_ZERO_WIDTH = "\u200b"
_BEFORE_TOKEN = re.compile(r"\A(?:DISCORD_TOKEN\s?[=:]\s?)?(?:Bot\s)?", re.IGNORECASE)
_QUOTES = ('""', "''", "“”", "„“", "‘’", "«»")  # word processors have their own


def _unquoted(value: Any) -> Any:
    """Take off spaces, and the quotation marks that `docker run --env-file` keeps."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    is_quoted = len(text) > 1 and text[0] + text[-1] in _QUOTES
    return text[1:-1].strip() if is_quoted else text


def _home(path: Path) -> Path:
    """Return a path with ~ and $HOME as a shell would have them: others do not replace them."""
    try:
        return Path(os.path.expandvars(path)).expanduser()
    except RuntimeError as error:  # ~ of nobody
        raise ValueError(str(error)) from None


def _token(value: Any) -> Any:
    """Return a token without what is copied along with it.

    Raises:
        ValueError: it cannot be one, as it could not be sent.
    """
    if not isinstance(value, str):
        return value
    text = _BEFORE_TOKEN.sub("", value.replace(_ZERO_WIDTH, "").strip())
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("a token has no such characters")
    return text


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _level(value: Any) -> Any:
    upper = value.strip().upper() if isinstance(value, str) else value
    return upper if upper in LogLevel.__members__ else value


def _meant(text: str) -> Any:
    """Return a field's limits in words, as `load_settings` tells them to whoever broke them."""
    return Field(description=text)


def _one_of(choices: type[StrEnum]) -> Any:
    *others, last = choices
    return _meant(f"{', '.join(others)} or {last}")


def _number(
    least: int,
    most: int | None,
    unit: str = "",
    *,
    zero: str = "",
    unset: bool = False,
    kind: str = "a number",
) -> Any:
    """Return the limits of a number, and the same in words.

    Args:
        zero: what 0 means, where that is not plain.
        unset: whether the setting may be left empty.
    """
    of = f" of {unit}" if unit else ""
    end = " on" if most is None else f" to {most}"
    text = f"{kind}{of} from {least}{f' ({zero})' if zero else ''}{end}"
    return Field(ge=least, le=most, description=text + (", or nothing" if unset else ""))


_whole = partial(_number, kind="a whole number")


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

    discord_token: Annotated[
        SecretStr | None,
        BeforeValidator(_token),
        BeforeValidator(_none_if_empty),
        _meant("the bot's token from the Discord developer portal, letters and digits in one line"),
    ] = None
    prefix: Annotated[
        str,
        Field(min_length=1, max_length=5, pattern=r"^\S+$"),
        _meant("1 to 5 characters without spaces"),
    ] = "!"
    data_dir: Annotated[Path, AfterValidator(_home), _meant("the path of a folder")] = Path("data")
    log_level: Annotated[LogLevel, BeforeValidator(_level), _one_of(LogLevel)] = LogLevel.INFO
    log_format: Annotated[LogFormat, BeforeValidator(_lower), _one_of(LogFormat)] = LogFormat.TEXT
    health_address: Annotated[
        Address | None,
        BeforeValidator(_address),
        _meant("an address and a port such as 127.0.0.1:9464, or nothing"),
    ] = HEALTH_ADDRESS
    base_model: Annotated[
        Path,
        BeforeValidator(_base_if_empty),
        AfterValidator(_home),
        _meant("base, large or the path of a .safetensors file"),
    ] = Path("large")
    train_budget_s: Annotated[
        float | None, _number(5, 86_400, "seconds", unset=True), BeforeValidator(_none_if_empty)
    ] = None
    max_file_mb: Annotated[int, _whole(1, 10_000, "MiB")] = 100
    message_content: Annotated[bool, _meant("true or false")] = True
    privacy_url: Annotated[
        str | None,
        Field(pattern=r"^https?://\S{1,300}$"),
        BeforeValidator(_none_if_empty),
        _meant("an address that begins with https://, or nothing"),
    ] = None
    consent: Annotated[Consent, BeforeValidator(_lower), _one_of(Consent)] = Consent.ASK
    member_per_minute: Annotated[int, _number(0, 1000, zero="no limit")] = 20
    server_per_minute: Annotated[int, _number(0, 10_000, zero="no limit")] = 120
    train_timeout_s: Annotated[int, _whole(60, 604_800, "seconds")] = 43_200
    train_memory_mb: Annotated[
        int | None, _whole(1000, None, "megabytes", unset=True), BeforeValidator(_none_if_empty)
    ] = None
    train_slots: Annotated[int, _whole(1, 16)] = 1
    train_max_waiting: Annotated[int, _whole(1, 100)] = 3
    train_max_a_day: Annotated[int, _whole(1, 1000)] = 10
    train_night_min: Annotated[
        int, _whole(0, 100_000, "minutes", zero="no scheduled trainings")
    ] = 240
    keep_versions: Annotated[int, _whole(1, 1000)] = 5
    leave_grace_h: Annotated[int, _whole(0, 8760, "hours", zero="at once")] = 0
    model_cache_mb: Annotated[int, _whole(1, 100_000, "MiB")] = 64
    shard_count: Annotated[
        int | None, _whole(1, 10_000, unset=True), BeforeValidator(_none_if_empty)
    ] = None
    shard_ids: Annotated[
        tuple[int, ...] | None,
        NoDecode,
        BeforeValidator(_shard_ids),
        _meant("numbers below SHARD_COUNT such as 0,1 or 0-3, or nothing"),
    ] = None
    train_scheduler: Annotated[
        SchedulerAddress | None, BeforeValidator(_scheduler), _meant(f"{FORMS}, or nothing")
    ] = None
    train_certs: Annotated[
        Annotated[Path, AfterValidator(_home)] | None,
        BeforeValidator(_none_if_empty),
        _meant("the path of the folder that `textgen-bot certs` made, or nothing"),
    ] = None
    proxy: Annotated[
        str | None,
        Field(pattern=r"^(?i:https?|socks4a?|socks5h?)://\S{1,300}$"),
        BeforeValidator(_none_if_empty),
        _meant(
            "an address such as http://10.0.0.1:3128 or socks5://user:pass@10.0.0.1:1080, or "
            "nothing"
        ),
    ] = None
    train_resource: Annotated[
        Resource, BeforeValidator(_upper), _meant("CPU (any machine) or GPU")
    ] = Resource.CPU
    train_keep_s: Annotated[float, _number(1, 86_400, "seconds")] = 300

    @property
    def shards(self) -> Shards | None:
        """This process's part, if it shares the data folder with others."""
        if self.shard_ids is None or self.shard_count is None:
            return None
        return Shards(self.shard_count, self.shard_ids)


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
    field = Settings.model_fields.get(name)
    allowed = (field.description if field is not None else None) or first["msg"]
    shown = "" if name in ("discord_token", "proxy") else f", got {first['input']!r}"
    return f"{name.upper()} must be {allowed}{shown}: correct it in .env or in the environment."

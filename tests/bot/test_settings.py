"""Settings come from the environment and .env, and are refused in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings, load_settings
from bot.errors import SettingsError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_everything_has_a_default() -> None:
    settings = load_settings(None)
    assert settings.prefix == "!"
    assert settings.discord_token is None


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = tmp_path / ".env"
    env.write_text("PREFIX=?\nDATA_DIR=elsewhere\n", encoding="utf-8")
    monkeypatch.setenv("PREFIX", "$")
    settings = load_settings(env)
    assert settings.prefix == "$"
    assert settings.data_dir == Path("elsewhere")


def test_the_example_file_is_complete_and_valid() -> None:
    example = ROOT / ".env.example"
    names = set(re.findall(r"^([A-Z_]+)=", example.read_text(encoding="utf-8"), re.MULTILINE))
    assert names == {name.upper() for name in Settings.model_fields}
    assert load_settings(example) == load_settings(None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PREFIX", "too long a prefix"),
        ("PREFIX", "a b"),
        ("DATA_DIR", "~nobodyhere/bot"),
        ("LOG_LEVEL", "loud"),
        ("TRAIN_BUDGET_S", "soon"),
        ("TRAIN_BUDGET_S", "1"),
        ("TRAIN_BUDGET_S", "nan"),
        ("TRAIN_TIMEOUT_S", "1.5"),
        ("TRAIN_MEMORY_MB", "100"),
        ("TRAIN_SLOTS", "0"),
        ("TRAIN_MAX_WAITING", "many"),
        ("TRAIN_MAX_A_DAY", "0"),
        ("KEEP_VERSIONS", "-1"),
        ("TRAIN_SCHEDULER", "tcp://10.0.0.2:8786"),
        ("TRAIN_SCHEDULER", "tcp://bot.example:8786"),
        ("TRAIN_SCHEDULER", "http://127.0.0.1:8786"),
        ("TRAIN_SCHEDULER", "tls://host:port"),
        ("TRAIN_RESOURCE", "TPU"),
        ("TRAIN_KEEP_S", "0"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    text = str(caught.value)
    assert text.startswith(f"{name} must be ")
    assert repr(value) in text
    assert "\n" not in text


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    settings = load_settings(None)
    assert "very-secret" not in repr(settings)
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    assert "very-secret" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_bytes(b"PREFIX=\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(env)


def test_log_levels_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "warning")
    assert load_settings(None).log_level == "WARNING"


@pytest.mark.parametrize(
    ("name", "value", "field", "meant"),
    [
        ("PREFIX", '"?"', "prefix", "?"),
        ("DISCORD_TOKEN", "'secret'", "discord_token", SecretStr("secret")),
        ("DISCORD_TOKEN", " secret ", "discord_token", SecretStr("secret")),
        ("DISCORD_TOKEN", "“secret”", "discord_token", SecretStr("secret")),
        ("DISCORD_TOKEN", "Bot secret", "discord_token", SecretStr("secret")),
        ("DISCORD_TOKEN", "secret\r", "discord_token", SecretStr("secret")),
        ("DISCORD_TOKEN", "\u200bsecret\n", "discord_token", SecretStr("secret")),
        ("DISCORD_TOKEN", "DISCORD_TOKEN=secret", "discord_token", SecretStr("secret")),
        ("DATA_DIR", "data\r", "data_dir", Path("data")),
        ("DATA_DIR", "$HOME/bot", "data_dir", Path.home() / "bot"),
        ("PREFIX", "'", "prefix", "'"),
        ("MESSAGE_CONTENT", " yes ", "message_content", True),
        ("PROXY", "SOCKS5H://10.0.0.1:1080", "proxy", "SOCKS5H://10.0.0.1:1080"),
        ("MESSAGE_CONTENT", "False", "message_content", False),
        ("MESSAGE_CONTENT", '"TRUE"', "message_content", True),
        ("CONSENT", "Given", "consent", "given"),
        ("BASE_MODEL", "Large", "base_model", Path("large")),
        ("DATA_DIR", "~/bot", "data_dir", Path.home() / "bot"),
        ("DATA_DIR", "", "data_dir", Path("data")),
        ("MAX_FILE_MB", "  ", "max_file_mb", 100),
        ("PREFIX", "", "prefix", "!"),
        ("LOG_LEVEL", "", "log_level", "INFO"),
        ("TRAIN_RESOURCE", "gpu", "train_resource", "GPU"),
        ("PROXY", "socks5://u:p@10.0.0.1:1080", "proxy", "socks5://u:p@10.0.0.1:1080"),
        ("HEALTH_ADDRESS", "", "health_address", None),
    ],
)
def test_values_are_read_as_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, meant: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(None), field) == meant


def test_a_file_of_windows_is_read_from_its_first_line(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("PREFIX=?\r\nLOG_LEVEL=debug\r\n", encoding="utf-8-sig", newline="")
    settings = load_settings(env)
    assert (settings.prefix, settings.log_level) == ("?", "DEBUG")
    env.write_text("PREFIX=?", encoding="utf-16")
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_settings(env)


@pytest.mark.parametrize("token", ["sec\nret", "sec ret", "sécret", "sec\u2028ret"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    with pytest.raises(SettingsError, match="letters and digits in one line") as refused:
        load_settings(None)
    assert token not in str(refused.value)

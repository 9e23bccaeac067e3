"""Where trainings run is decided by settings, and what is missing is named."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from bot_harness import make_settings, run_python

from bot.config import load_settings
from bot.errors import SettingsError, UserError
from bot.operations.doctor.finding import Level
from bot.operations.doctor.programs import cluster
from bot.training.backends import open_trainer
from bot.training.cluster.certificates import make_certificates
from bot.training.local_trainer import LocalTrainer

ELSEWHERE = "tls://10.0.0.2:8786"


async def refusal(folder: Path, **settings: object) -> str:
    with pytest.raises(SettingsError) as caught:
        async with open_trainer(make_settings(folder, train_scheduler=ELSEWHERE, **settings)):
            pass
    return str(caught.value)


async def test_without_a_scheduler_this_machine_trains(tmp_path: Path) -> None:
    async with open_trainer(make_settings(tmp_path)) as trainer:
        assert isinstance(trainer, LocalTrainer)
        assert trainer.capacity() is None


async def test_certificates_that_are_missing_are_asked_for(tmp_path: Path) -> None:
    assert "make them by `textgen-bot certs DIR`" in await refusal(tmp_path)
    assert f"{tmp_path / 'ca.pem'} is missing" in await refusal(tmp_path, train_certs=tmp_path)


async def test_dask_is_asked_for_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install '.[cluster]'" in await refusal(tmp_path)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("worker", "--scheduler", "tcp://10.0.0.2:8786"), "without encryption"),
        (("scheduler", "--listen", "tcp://0.0.0.0:8786"), "without encryption"),
        (("worker", "--scheduler", ELSEWHERE), "needs certificates"),
        (("worker",), "Name the scheduler"),
    ],
)
async def test_nothing_listens_or_calls_in_the_clear(
    tmp_path: Path, command: tuple[str, ...], says: str
) -> None:
    status, _, words = await run_python(tmp_path, "-m", "bot", *command)
    assert status != 0
    assert says in words
    assert "Traceback" not in words


def test_certificates_are_never_written_over(tmp_path: Path) -> None:
    made = {path: path.read_bytes() for path in make_certificates(tmp_path)}
    with pytest.raises(UserError, match="is there already"):
        make_certificates(tmp_path)
    assert {path: path.read_bytes() for path in made} == made


def test_the_bot_does_not_load_dask() -> None:
    script = (
        "import sys, bot.app.client, bot.training.cluster.trainer, bot.cli.main\n"
        "print([name for name in sys.modules if name in ('dask', 'distributed', 'cryptography')])"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_the_doctor_says_whether_a_cluster_can_be_used(tmp_path: Path) -> None:
    """Nobody listens; then somebody does, whoever it is."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        found = cluster(load_settings(None, train_scheduler=address))
        assert (found.level, "nothing answers" in found.found) == (Level.WARNING, True)
        listener.listen()
        assert cluster(load_settings(None, train_scheduler=address)).level is Level.OK
    found = cluster(load_settings(None, train_scheduler=ELSEWHERE, train_certs=tmp_path))
    assert found.level is Level.ERROR
    assert str(tmp_path / "ca.pem") in found.advice
    assert cluster(load_settings(None)).found == "none: this machine trains"

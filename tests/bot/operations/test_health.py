"""/healthz and /metrics of a bot that talks to the loopback Discord."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from bot_harness import WAIT_S, Scene, open_scene, run_python, running_bot
from typed_bot import START, last_line

from bot.app.client import TextgenBot
from bot.config import HEALTH_ADDRESS, Address
from bot.loopback.state.options import SandboxOptions
from bot.operations.health import health_checks, health_server
from bot.operations.healthcheck import DEFAULT, ask

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Watched:
    """A serving bot and where its health is told."""

    scene: Scene
    bot: TextgenBot
    address: Address

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session:
            url = f"http://{self.address}{path}"
            async with session.get(url) as answer:
                return answer.status, await answer.text()

    async def metrics(self) -> dict[str, float]:
        """Return every sample by its name and labels."""
        _, text = await self.get("/metrics")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    address = Address("127.0.0.1", free_port())
    options = SandboxOptions(rate_limits=True)
    async with (
        open_scene(tmp_path, options=options) as scene,
        running_bot(scene) as bot,
        health_server(bot, address),
    ):
        yield Watched(scene, bot, address)


async def test_a_bot_that_serves_is_well(watched: Watched) -> None:
    status, text = await watched.get("/healthz")
    report = json.loads(text)
    assert (status, report["status"]) == (200, "ok"), report
    assert report["checks"].keys() == {"gateway", "event_loop", "database", "disk"}
    status, text = await asyncio.to_thread(ask, str(watched.address))
    assert (status, json.loads(text)["status"]) == (0, "ok")


async def test_only_who_names_this_machine_is_answered(watched: Watched) -> None:
    """A page on the Internet can have its own name lead to the loopback."""
    url = f"http://{watched.address}/metrics"
    async with aiohttp.ClientSession() as http:
        made_up = ("evil.example", "evil.example:80", "[::1", "evil@localhost", "localhost/evil")
        for host, status in (*((host, 403) for host in made_up), ("localhost", 200)):
            async with http.get(url, headers={"Host": host}) as answer:
                assert answer.status == status


async def test_without_a_gateway_or_database_it_is_unwell(watched: Watched) -> None:
    await watched.bot.close()
    checks = await health_checks(watched.bot)
    assert not checks["gateway"]["ok"]
    status, _ = await watched.get("/healthz")
    assert status == 503
    assert (await asyncio.to_thread(ask, str(watched.address)))[0] == 1


async def test_a_database_that_does_not_answer_is_unwell(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.health.DATABASE_S", 0.05)
    async with watched.bot.services.models._database.transaction():
        checks = await health_checks(watched.bot)
    assert "no answer" in checks["database"]["error"]
    assert (await health_checks(watched.bot))["database"]["ok"]


async def test_a_disk_that_is_nearly_full_is_unwell(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.health.LEAST_FREE_BYTES", 1 << 62)
    assert not (await health_checks(watched.bot))["disk"]["ok"]


async def test_what_happens_is_counted(watched: Watched) -> None:
    await watched.scene.train()
    await watched.scene.ask("!generate --seed 3")
    await watched.scene.ask("!generate --temperature hot")
    async with asyncio.timeout(WAIT_S):
        while True:  # an answer arrives before the command has quite ended
            now = await watched.metrics()
            if 'textgen_commands_total{command="generate",outcome="refused"}' in now:
                break
    assert now['textgen_commands_total{command="train",outcome="ok"}'] == 1
    assert now['textgen_commands_total{command="generate",outcome="ok"}'] == 1
    assert now['textgen_command_seconds_count{command="generate"}'] == 2
    assert now['textgen_train_job_seconds_count{status="done"}'] == 1
    assert now['textgen_train_jobs_open{status="queued"}'] == 0
    assert now['textgen_last_training_bits_per_char{when="after"}'] == 2.5
    assert now["textgen_models_cached"] >= 1
    assert now["textgen_guilds"] == 1
    assert now['textgen_gateway_events_total{event="connect"}'] == 1
    assert now['textgen_discord_requests_total{status="2xx"}'] > 3


async def test_a_lost_connection_is_counted_and_mended(watched: Watched) -> None:
    watched.scene.discord.drop_connections(4000)
    async with asyncio.timeout(WAIT_S):
        while (await watched.metrics()).get('textgen_gateway_events_total{event="resume"}') != 1:
            pass
    assert (await watched.get("/healthz"))[0] == 200


async def test_no_label_names_anybody(watched: Watched) -> None:
    await watched.scene.train()
    await watched.scene.ask("!generate a prompt of mine")
    _, text = await watched.get("/metrics")
    scene = watched.scene
    names = [scene.guild.name, scene.talk.name, scene.world.you.name, "a prompt of mine"]
    ids = [scene.guild.id, scene.talk.id, scene.world.you.id]
    labels = " ".join(re.findall(r"\{([^}]*)\}", text))
    assert [name for name in [*names, *map(str, ids)] if name in labels] == []


async def test_the_dashboard_shows_metrics_that_exist(watched: Watched) -> None:
    await watched.scene.train()
    watched.scene.discord.drop_connections(4000)
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    shown = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"\b((?:textgen|process)_\w+)", target["expr"])
    }
    _, text = await watched.get("/metrics")
    described = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    buckets = {f"{name}_bucket" for name in described}
    assert shown - described - buckets == set()
    told = {
        name for name in described if name.startswith("textgen") and not name.endswith("_created")
    }
    assert told - {name.removesuffix("_bucket") for name in shown} == set()


async def test_a_port_in_use_costs_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        status, _, err = await run_python(
            tmp_path, "-m", "bot", "run", DISCORD_TOKEN="x", HEALTH_ADDRESS=address
        )
    assert status == 1
    assert f"HEALTH_ADDRESS {address} is in use, maybe by another bot" in last_line(err)
    assert "Traceback" not in err


async def test_an_address_that_is_none_costs_one_sentence(tmp_path: Path) -> None:
    status, _, err = await run_python(
        tmp_path, "-c", START, "http://127.0.0.1:9", "run", DISCORD_TOKEN="x", HEALTH_ADDRESS="here"
    )
    assert status == 1
    assert "HEALTH_ADDRESS must be an address and a port" in last_line(err)


def test_a_check_of_nothing_fails_unless_nothing_is_to_be_checked() -> None:
    assert ask(f"127.0.0.1:{free_port()}")[0] == 1
    assert ask("nonsense")[0] == 1
    assert ask("")[0] == 0
    assert str(HEALTH_ADDRESS) == DEFAULT

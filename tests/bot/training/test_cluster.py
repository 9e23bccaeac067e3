"""Trainings on a real scheduler and real workers, which are killed, lie and come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from bot_harness import START_S, make_base, until
from cluster_harness import Cluster, open_cluster

from bot.errors import TrainerError, UserError
from bot.runtime.addresses import parse_address
from bot.training.cluster.certificates import make_certificates
from bot.training.cluster.trainer import ClusterOptions, ClusterTrainer
from bot.training.trainer import (
    TrainDone,
    TrainEvent,
    TrainProgress,
    TrainRequest,
    TrainStarted,
    TrainWaiting,
)
from bot.training.tuning import RECIPES, Tuning
from textgen_core import load_checkpoint
from textgen_core.evaluation.scoring import evaluate
from textgen_core.training.state import part_path

KEEP_S = 0.5
NEVER_S = 3600.0
DONE_S = START_S
MESSAGE = "hello you"


@pytest.fixture
def request_(tmp_path: Path) -> TrainRequest:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(f'{{"content": "{MESSAGE}"}}\n' * 60, encoding="utf-8")
    return TrainRequest(corpus=corpus, out=tmp_path / "out.safetensors", base=make_base(tmp_path))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers; tests leave them as they were."""
    folder = tmp_path_factory.mktemp("cluster")
    bits = evaluate(load_checkpoint(make_base(folder)), [MESSAGE]).bits_per_char
    with open_cluster(folder, bits=bits) as opened:
        opened.fake_worker("one")
        opened.fake_worker("two")
        yield opened


@pytest.fixture(autouse=True)
def nothing_is_held(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a failed test has stopped does not stop the next one."""
    yield
    if "cluster" in request.fixturenames:
        request.getfixturevalue("cluster").pace.go_on()


@asynccontextmanager
async def cluster_trainer(
    cluster: Cluster,
    *,
    certs: Path | None = None,
    resource: str = "CPU",
    keep_every_s: float = KEEP_S,
) -> AsyncIterator[ClusterTrainer]:
    """Yield a trainer that has found the scheduler's address, perhaps not yet the scheduler."""
    options = ClusterOptions(
        parse_address(cluster.url), certs or cluster.certs, resource, keep_every_s=keep_every_s
    )
    trainer = ClusterTrainer(options, again_s=0.2)
    trainer.start()
    try:
        async with asyncio.timeout(DONE_S):
            yield trainer
    finally:
        await trainer.close()


def steps(events: list[TrainEvent]) -> list[int]:
    return [event.step for event in events if isinstance(event, TrainProgress)]


def starts(events: list[TrainEvent]) -> list[bool]:
    """Return of each beginning whether it went on from a state."""
    return [event.resumed for event in events if isinstance(event, TrainStarted)]


def kept_step(request: TrainRequest) -> int:
    """Return up to which step the state goes that was sent to the bot."""
    path = part_path(request.out)
    return int(path.read_text(encoding="ascii")) if path.exists() else 0


def saved_steps(cluster: Cluster) -> list[int]:
    """Return up to which steps the states go that lie on the machines."""
    parts = cluster.folder.glob("*/job-*/**/*.part")
    return [int(path.read_text(encoding="ascii")) for path in parts]


async def test_a_job_is_done_elsewhere_and_another_beside_it_and_one_is_cancelled(
    cluster: Cluster, request_: TrainRequest, tmp_path: Path
) -> None:
    other = TrainRequest(request_.corpus, tmp_path / "other.safetensors", request_.base)
    events: list[TrainEvent] = []
    others: list[TrainEvent] = []
    async with cluster_trainer(cluster) as trainer:
        await until(lambda: trainer.capacity() == 2, START_S)
        cluster.pace.stop_after(2)
        training = asyncio.create_task(trainer.train(request_, events.append))
        beside = asyncio.create_task(trainer.train(other, others.append))
        await until(lambda: steps(events) and steps(others))  # both at once
        beside.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beside
        cluster.pace.go_on()
        done = await training
        await until(lambda: cluster.trains() is None)
        await until(lambda: cluster.left_texts() == [])
    assert starts(events) == [False]
    assert steps(events) == list(range(1, 11))
    assert isinstance(done, TrainDone)
    assert request_.out.read_bytes() == request_.base.read_bytes()
    assert not other.out.exists()
    assert not request_.out.with_name("out.safetensors.came").exists()


async def test_recipes_are_tried_side_by_side(
    cluster: Cluster, request_: TrainRequest, tmp_path: Path
) -> None:
    together = []

    def show(events: Mapping[int, TrainEvent], done: Mapping[int, TrainDone]) -> None:
        together.append(sum(number not in done for number in events))

    async with cluster_trainer(cluster) as trainer:
        await until(lambda: trainer.capacity() == 2, START_S)
        cluster.pace.stop_after(2)
        tuning = Tuning(tmp_path / "tuning", trainer, budget_s=None, show=show)
        best = asyncio.create_task(tuning.best(request_, messages=60))
        await until(lambda: together[-1:] == [2])
        cluster.pace.go_on()
        await best
    assert max(together) == 2
    assert len(list((tmp_path / "tuning").glob("*/done.json"))) == RECIPES
    assert request_.out.read_bytes() == request_.base.read_bytes()


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_lost_machines_job_goes_on_on_another(
    cluster: Cluster, request_: TrainRequest, how: str
) -> None:
    """One that is stopped sends its last state; of a killed one the last that was sent is left."""
    events: list[TrainEvent] = []
    every_s = KEEP_S if how == "killed" else NEVER_S
    async with cluster_trainer(cluster, keep_every_s=every_s) as trainer:
        await until(lambda: trainer.capacity() == 2, START_S)
        cluster.pace.stop_after(7)
        training = asyncio.create_task(trainer.train(request_, events.append))
        await until(lambda: saved_steps(cluster) == [7])
        name = cluster.trains()
        assert name is not None
        if how == "killed":
            await until(lambda: kept_step(request_) == 7)
            cluster.kill(name)
        else:
            await asyncio.to_thread(cluster.stop, name)
        cluster.pace.go_on()
        await training
        # Those of a killed one are removed by its next start.
        assert len(cluster.left_texts()) == (how == "killed")
        cluster.fake_worker(name)
        await until(lambda: trainer.capacity() == 2 and not cluster.left_texts(), START_S)
    assert starts(events) == [False, True]
    assert steps(events) == list(range(1, 11))  # from the state that was sent


async def test_a_machine_alone_is_waited_for(cluster: Cluster, request_: TrainRequest) -> None:
    cluster.fake_worker("only", "honest", "GPU")
    events: list[TrainEvent] = []
    async with cluster_trainer(cluster, resource="GPU") as trainer:
        cluster.pace.stop_after(5)
        training = asyncio.create_task(trainer.train(request_, events.append))
        await until(lambda: kept_step(request_) == 5)
        cluster.kill("only")
        await until(lambda: events[-1] == TrainWaiting())
        cluster.pace.go_on()
        cluster.fake_worker("only", "honest", "GPU")
        await training
    cluster.stop("only")
    assert starts(events) == [False, True]


async def test_a_lost_scheduler_is_waited_for(cluster: Cluster, request_: TrainRequest) -> None:
    events: list[TrainEvent] = []
    async with cluster_trainer(cluster) as trainer:
        await until(lambda: trainer.capacity() == 2, START_S)
        cluster.pace.stop_after(7)
        training = asyncio.create_task(trainer.train(request_, events.append))
        await until(lambda: kept_step(request_) == 7)
        cluster.kill("scheduler")
        await until(lambda: events[-1] == TrainWaiting())
        assert trainer.capacity() == 0
        await until(lambda: cluster.trains() is None)  # nobody could be told of what it learns
        cluster.pace.go_on()
        cluster.scheduler()
        await training
    assert starts(events) == [False, True]
    assert steps(events)[-1] == 10


async def test_a_killed_bridge_is_built_again_and_a_bot_that_leaves_stops_what_it_asked_for(
    cluster: Cluster, request_: TrainRequest
) -> None:
    events: list[TrainEvent] = []
    async with cluster_trainer(cluster) as trainer:
        await until(lambda: trainer.capacity() == 2, START_S)
        cluster.pace.stop_after(6)
        training = asyncio.create_task(trainer.train(request_, events.append))
        await until(lambda: kept_step(request_) == 6)
        (bridge,) = [
            child
            for child in psutil.Process().children()
            if "bot.training.cluster.bridge" in child.cmdline()
        ]
        bridge.kill()
        await until(lambda: starts(events) == [False, True])
    await until(lambda: cluster.trains() is None)
    await until(lambda: cluster.left_texts() == [])
    cluster.pace.go_on()
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    assert not request_.out.exists()


async def test_a_result_that_changed_on_the_way_is_refused_and_made_again_elsewhere(
    cluster: Cluster, request_: TrainRequest, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.fake_worker("damaging", "corrupt", "GPU")
    events: list[TrainEvent] = []
    async with cluster_trainer(cluster, resource="GPU") as trainer:
        cluster.pace.stop_after(0)  # until there is another one
        training = asyncio.create_task(trainer.train(request_, events.append))
        await until(lambda: starts(events))
        cluster.fake_worker("sound", "honest", "GPU")
        await until(lambda: trainer.capacity() == 2, START_S)
        cluster.pace.go_on()
        await training
    cluster.stop("damaging")
    cluster.stop("sound")
    assert "machine damaging failed" in caplog.text
    assert "its hash is another one" in caplog.text
    assert request_.out.read_bytes() == request_.base.read_bytes()


async def test_a_machine_that_lies_about_its_model_is_refused(
    cluster: Cluster, request_: TrainRequest
) -> None:
    cluster.fake_worker("liar", "quick", "GPU")  # it says 2.5, whatever the model
    async with cluster_trainer(cluster, resource="GPU") as trainer:
        with pytest.raises(TrainerError, match=r"bits/char .* and not 2\.50 as it says"):
            await trainer.train(request_, lambda _: None)
    cluster.stop("liar")
    assert not request_.out.exists()


async def test_a_refusal_is_told_in_the_machines_words(
    cluster: Cluster, request_: TrainRequest
) -> None:
    cluster.fake_worker("strict", "refuse", "GPU")
    async with cluster_trainer(cluster, resource="GPU") as trainer:
        with pytest.raises(UserError, match="is damaged: restore it"):
            await trainer.train(request_, lambda _: None)
    cluster.stop("strict")


async def test_a_certificate_of_another_authority_opens_nothing(tmp_path: Path) -> None:
    make_certificates(tmp_path / "certs")
    make_certificates(tmp_path / "strange")
    with open_cluster(tmp_path, certs=tmp_path / "certs") as cluster:

        def refused() -> int:
            return cluster.log("scheduler").count("TLS handshake failed")

        cluster.worker("stranger", certs=tmp_path / "strange")
        await until(refused, START_S)
        cluster.stop("stranger")
        before = refused()
        async with cluster_trainer(cluster, certs=tmp_path / "strange") as strange:
            await until(lambda: refused() > before, START_S)
            async with cluster_trainer(cluster) as trainer:
                cluster.worker("own")
                await until(lambda: trainer.capacity() == 1, START_S)
            assert strange.capacity() == 0


HOSTILE_SCHEDULER = """
import asyncio, os, sys
from distributed import Scheduler
from distributed.protocol.serialize import ToPickle
class Evil:
    def __reduce__(self):
        return os.mkdir, (sys.argv[2],)
class Hostile(Scheduler):
    def identity(self, n_workers=-1):
        return {"workers": {}, "evil": ToPickle(Evil())}
async def main():
    async with Hostile(host="127.0.0.1", port=int(sys.argv[1]), dashboard=False) as scheduler:
        scheduler.handlers["identity"] = scheduler.identity
        print("ready", flush=True)
        await scheduler.finished()
asyncio.run(main())
"""
PLAIN_CLIENT = """
import sys
from distributed import Client
Client(sys.argv[1]).scheduler_info()
"""


async def test_the_bridge_runs_nothing_that_a_pickle_names(tmp_path: Path) -> None:
    cluster, trap = Cluster(tmp_path), tmp_path / "trap"
    cluster.start("scheduler", "-c", HOSTILE_SCHEDULER, str(cluster.port), str(trap))
    try:
        await until(lambda: "ready" in cluster.log("scheduler"), START_S)
        bridge = cluster.start(
            "bridge", "-m", "bot.training.cluster.bridge", cluster.url, "", "CPU"
        )
        await asyncio.to_thread(bridge.wait, DONE_S)
        assert "a pickle that names posix.mkdir is refused" in cluster.log("bridge")
        assert not trap.exists()
        cluster.start("client", "-c", PLAIN_CLIENT, cluster.url)
        await until(trap.exists, START_S)  # without the hook it works
    finally:
        cluster.close()

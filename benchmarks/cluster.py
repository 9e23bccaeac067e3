"""What a cluster gains and loses: jobs side by side, and a worker that is killed.

Run: python benchmarks/cluster.py [--json] [--messages N], or as a part of scale.py.

A scheduler and two workers run on this machine, each worker on a core of its own where
there are two, with TensorFlow and the base model; jobs are messages of the bundled channel.
Two jobs are trained one after the other, then two at once. Then a worker is killed: what is
lost are the seconds of training that were done again.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psutil
from figures import Figure, print_figures

from bot.cli.demo import BUNDLED_CHANNEL
from bot.runtime.addresses import SchedulerAddress
from bot.training.cluster.trainer import ClusterOptions, ClusterTrainer
from bot.training.trainer import TrainEvent, TrainProgress, TrainRequest
from textgen_core.model.bundled import base_weights_path

MESSAGES = 400
KEEP_S = 10.0
SAVE_EVERY_S = 20.0  # how often a training writes its state
KILL_AFTER_S = 35.0  # of training
WAIT_S = 900.0
LOOK_EVERY_S = 0.1


@contextmanager
def _processes(folder: Path, address: SchedulerAddress) -> Iterator[dict[str, psutil.Process]]:
    """Yield two workers, by their names, beside a scheduler."""
    commands = {"scheduler": ["scheduler", "--listen", str(address)]}
    for name in ("one", "two"):
        options = ["--name", name, "--folder", str(folder / name)]
        commands[name] = ["worker", "--scheduler", str(address), *options]
    with (folder / "log").open("wb") as log:
        running = {
            name: subprocess.Popen((sys.executable, "-m", "bot", *command), stdout=log, stderr=log)
            for name, command in commands.items()
        }
    try:
        workers = {name: psutil.Process(running[name].pid) for name in ("one", "two")}
        cores = sorted(os.sched_getaffinity(0))
        for worker, core in zip(workers.values(), cores, strict=False):
            worker.cpu_affinity([core])
        yield workers
    finally:
        for process in running.values():
            process.terminate()
            process.wait()


def _request(folder: Path, messages: int, seed: int, epochs: float | None = None) -> TrainRequest:
    corpus = folder / "corpus.jsonl"
    with gzip.open(BUNDLED_CHANNEL, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["content"] for line in islice(lines, messages)]
    corpus.write_text("".join(json.dumps({"content": text}) + "\n" for text in texts), "utf-8")
    out = folder / f"job-{seed}.safetensors"
    return TrainRequest(corpus, out, base_weights_path(), seed=seed, epochs=epochs)


async def training_elsewhere(messages: int = MESSAGES) -> list[Figure]:
    """Return the figures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = SchedulerAddress("tcp", "127.0.0.1", probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="textgen-bench-") as name:
        folder = Path(name)
        with _processes(folder, address) as workers:
            trainer = ClusterTrainer(ClusterOptions(address, keep_every_s=KEEP_S))
            trainer.start()
            try:
                async with asyncio.timeout(WAIT_S):
                    await _until(lambda: trainer.capacity() == len(workers))
                    return [
                        *await _side_by_side(trainer, folder, messages),
                        await _killed(trainer, folder, workers),
                    ]
            finally:
                await trainer.close()


async def _until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(LOOK_EVERY_S)


async def _side_by_side(trainer: ClusterTrainer, folder: Path, messages: int) -> list[Figure]:
    jobs = [_request(folder, messages, seed) for seed in range(4)]
    began = time.monotonic()
    for job in jobs[:2]:
        await trainer.train(job, lambda _: None)
    in_turn_s = time.monotonic() - began
    began = time.monotonic()
    await asyncio.gather(*(trainer.train(job, lambda _: None) for job in jobs[2:]))
    at_once_s = time.monotonic() - began
    share = round(at_once_s / in_turn_s, 2)
    return [
        Figure("two jobs, one after the other", round(in_turn_s, 1), "s"),
        Figure("two jobs, on two workers", round(at_once_s, 1), "s"),
        Figure("two jobs on two workers, share of one after the other", share, "", 0.65),
    ]


async def _killed(
    trainer: ClusterTrainer, folder: Path, workers: dict[str, psutil.Process]
) -> Figure:
    """Kill the worker that trains; return how much of its training was done again."""
    seconds: list[float] = []

    def note(event: TrainEvent) -> None:
        if isinstance(event, TrainProgress):
            seconds.append(event.elapsed_s)

    job = _request(folder, 2000, seed=9, epochs=40)
    training = asyncio.create_task(trainer.train(job, note))
    await _until(lambda: bool(seconds) and seconds[-1] >= KILL_AFTER_S)
    (busy,) = [worker for worker in workers.values() if worker.children()]
    busy.kill()
    done_s, seen = seconds[-1], len(seconds)
    await _until(lambda: len(seconds) > seen)
    training.cancel()
    await asyncio.wait({training})
    lost_s = round(done_s - seconds[seen], 1)
    return Figure("training lost with a killed worker", lost_s, "s", KEEP_S + SAVE_EVERY_S)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--messages", type=int, default=MESSAGES, help="of each job")
    chosen = options.parse_args()
    figures = asyncio.run(training_elsewhere(chosen.messages))
    notes: dict[str, object] = {
        "messages a job": chosen.messages,
        "state sent every": f"{KEEP_S} s",
    }
    print_figures(figures, notes, as_json=chosen.json)


if __name__ == "__main__":
    main()

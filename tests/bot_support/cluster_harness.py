"""A scheduler and workers as processes on 127.0.0.1."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pace import VARIABLE, Pace

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parent.parent
SOON_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Cluster:
    """Starts processes below a folder and ends them all.

    Attributes:
        pace: stops the workers' fake trainings at a step.
    """

    folder: Path
    certs: Path | None = None
    bits: float = 0.0  # what models of fake_trainer.py score
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{'tls' if self.certs else 'tcp'}://127.0.0.1:{self.port}"

    @property
    def pace(self) -> Pace:
        return Pace(self.folder)

    def start(self, name: str, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        """Start a Python process; its log lies in the folder."""
        paths = [str(ROOT), str(SUPPORT), str(ROOT / "tests" / "core")]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                (sys.executable, *arguments),
                cwd=self.folder,
                stdin=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **env},
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def scheduler(self) -> None:
        """Start the scheduler, at the same port as before."""
        certs = ("--certs", str(self.certs)) if self.certs else ()
        self.start("scheduler", "-m", "bot", "scheduler", "--listen", self.url, *certs)

    def worker(self, name: str, *, certs: Path | None = None) -> None:
        """Start a worker that trains in earnest."""
        certs = certs or self.certs
        options = ("--certs", str(certs)) if certs else ()
        folder = str(self.folder / name)
        self.start(
            *(name, "-m", "bot", "worker", "--scheduler", self.url, "--name", name),
            *("--folder", folder, *options),
        )

    def fake_worker(self, name: str, mode: str = "honest", resource: str = "CPU") -> None:
        """Start a worker whose training process is fake_trainer.py."""
        script, folder = str(SUPPORT / "run_worker.py"), str(self.folder / name)
        env = {VARIABLE: str(self.pace.path), "FAKE_BITS": str(self.bits)}
        self.start(name, script, self.url, name, folder, mode, resource, **env)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def kill(self, name: str) -> None:
        """Kill a process, as a power cut would."""
        process = self.processes.pop(name)
        process.kill()
        self._wait(process)

    def stop(self, name: str) -> None:
        """Let a process end."""
        process = self.processes.pop(name)
        process.terminate()
        self._wait(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        process.wait(SOON_S)
        assert process.stdin is not None
        process.stdin.close()

    def trains(self) -> str | None:
        """Return the name of a worker that has a training process."""
        for name, process in self.processes.items():
            if name != "scheduler" and psutil.Process(process.pid).children():
                return name
        return None

    def left_texts(self) -> list[Path]:
        """Return what lies in the workers' folders of trainings."""
        return list(self.folder.glob("*/job-*"))

    def close(self) -> None:
        """End all processes, and see that none of theirs is left."""
        families = []
        for process in self.processes.values():
            if process.poll() is None:
                families += psutil.Process(process.pid).children(recursive=True)
                process.terminate()
        for process in self.processes.values():
            self._wait(process)
        _, alive = psutil.wait_procs(families, timeout=SOON_S)
        for process in alive:
            process.kill()
        assert not alive, "a training process outlived its worker"


@contextmanager
def open_cluster(folder: Path, **options: Any) -> Iterator[Cluster]:
    """Yield a cluster with a scheduler and no worker."""
    cluster = Cluster(folder, **options)
    cluster.scheduler()
    try:
        yield cluster
    finally:
        cluster.close()

"""The bot's child process that speaks with Dask: JSON lines in, JSON lines out.

In:  {"do": "train", "number": …, …} and {"do": "stop", "number": …}.
Out: {"event": "cluster", "workers": …}, and of each training what its worker tells,
     "kept" and "ended" once the state or the checkpoint lies where the bot expects it,
     "lost" when Dask gives it up. When the scheduler is lost, the process ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, Future, Variable

from bot.errors import SettingsError
from bot.runtime.addresses import parse_address
from bot.training.cluster.certificate_files import Role
from bot.training.cluster.dask_setup import configure, refuse_pickles, security_for
from bot.training.cluster.parcels import Order, came_path, pack_order, unpack_result
from bot.training.cluster.task import train_on_this_machine
from bot.training.trainer import TrainRequest
from textgen_core.model.checkpoint import write_atomically
from textgen_core.training.state import part_path

log = logging.getLogger(__name__)

_CONNECT_S = 10.0
_AGAIN_S = 5.0
_LOOK_EVERY_S = 0.5
_FETCH_S = 60.0
_MAX_LINE_BYTES = 1 << 20
_MOST_WORDS = 1000
_TOLD = ("begun", "start", "progress", "kept", "ended")
_GONE = ("cancelled", "error", "lost")
# Of a lost connection, of a full disk, and what a refused pickle makes of an answer.
_NOT_FETCHED = (OSError, TimeoutError, RuntimeError, TypeError, KeyError)


@dataclass(slots=True)
class _Run:
    request: TrainRequest
    future: Future | None = None


class Bridge:
    """Hands trainings to a scheduler and tells what becomes of them."""

    def __init__(self, client: Client, resource: str, output: int) -> None:
        self._client = client
        self._resource = resource
        self._output = output
        self._topic = f"textgen-{secrets.token_hex(8)}"
        self._runs: dict[str, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        client.subscribe_topic(self._topic, lambda event: self._spawn(self._hear(event[1])))
        # Exceptions come as pickles, which are not read here.
        client._stream_handlers["task-erred"] = lambda key, **_: self._lost(str(key))

    def say(self, message: dict[str, Any]) -> None:
        """Tell the bot."""
        line = json.dumps(message).encode() + b"\n"
        if len(line) > _MAX_LINE_BYTES // 2:
            log.error("a worker tells more than an event can hold; it is left out")
            return
        while line:
            line = line[os.write(self._output, line) :]

    async def obey(self, reader: asyncio.StreamReader) -> None:
        """Do what the bot says, until it says no more."""
        async for line in reader:
            command = json.loads(line)
            if command["do"] == "train":
                self._spawn(self._train(command))
            else:
                self._stop(command["number"])

    async def watch(self) -> None:
        """Tell how many workers there are; return when the scheduler is lost."""
        told = -1
        while self._client.status == "running":
            workers = len(await self._workers())
            if workers != told:
                told = workers
                self.say({"event": "cluster", "workers": told})
            for number, run in list(self._runs.items()):
                if run.future is not None and run.future.status in _GONE:
                    self._lost(number)
            await asyncio.sleep(_LOOK_EVERY_S)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the bridge failed: %s", error, exc_info=error)

    async def _train(self, command: dict[str, Any]) -> None:
        number = command["number"]
        request = TrainRequest(
            corpus=Path(command["corpus"]),
            out=Path(command["out"]),
            base=Path(command["base"]),
            against=Path(command["against"]) if command["against"] else None,
            **command["options"],
        )
        self._runs[number] = run = _Run(request)
        try:
            order = Order(number, self._topic, command["keep_every_s"])
            parcel = await asyncio.to_thread(pack_order, order, request)
            if number in self._runs:
                run.future = self._client.submit(
                    train_on_this_machine,
                    parcel,
                    key=number,
                    resources={self._resource: 1},
                    workers=await self._others(command["avoid"]),
                    allow_other_workers=False,
                )
        except OSError as error:
            log.error("a training cannot be sent: %s", error)
            self._lost(number)

    async def _others(self, avoid: str | None) -> list[str] | None:
        """Return the workers besides one; None, which is all, if there are no others."""
        if avoid is None:
            return None
        workers = await self._workers()
        return [address for address, name in workers.items() if name != avoid] or None

    async def _workers(self) -> dict[str, str]:
        """Return the names of the workers that can train, by their addresses."""
        info = await self._client.scheduler.identity(n_workers=-1)
        return {
            address: str(worker["name"])
            for address, worker in info["workers"].items()
            if self._resource in worker["resources"]
        }

    def _stop(self, number: str) -> None:
        """Let go of a training: its worker sees that, and stops."""
        run = self._runs.pop(number, None)
        if run is not None and self._client.status == "running":
            if run.future is not None:
                run.future.release()
            for what in ("state", "outcome"):
                Variable(f"{number}-{what}", client=self._client).delete()

    def _lost(self, number: str) -> None:
        if number in self._runs:
            self._stop(number)
            self.say({"event": "lost", "id": number})

    async def _hear(self, message: Any) -> None:
        """Bring what a worker tells to the bot, and what lies at the scheduler to its place."""
        run = self._runs.get(str(message.get("id"))) if isinstance(message, dict) else None
        if run is None or message.get("event") not in _TOLD:
            return
        number, event = message["id"], message["event"]
        try:
            if event == "kept":
                state = await self._fetch(number, "state")
                await asyncio.to_thread(write_atomically, bytes(state), part_path(run.request.out))
            elif event == "ended":
                message = await self._take_in(run, await self._fetch(number, "outcome"))
        except _NOT_FETCHED as error:
            log.error("what a worker laid down (%s) cannot be fetched: %s", event, error)
            if event == "ended":
                self._lost(number)
            return
        if number in self._runs:
            self.say({**message, "id": number, "event": event})

    async def _fetch(self, number: str, what: str) -> Any:
        return await Variable(f"{number}-{what}", client=self._client).get(timeout=_FETCH_S)

    async def _take_in(self, run: _Run, outcome: Any) -> dict[str, Any]:
        """Write a checkpoint that came; return what the bot is to know."""
        if not isinstance(outcome, dict):
            return {"kind": "corrupt", "message": "it has the wrong form"}
        if outcome.get("kind") != "done":
            return {name: str(outcome.get(name))[:_MOST_WORDS] for name in ("kind", "message")}
        try:
            await asyncio.to_thread(unpack_result, outcome, came_path(run.request.out))
        except ValueError as error:
            return {"kind": "corrupt", "message": str(error)}
        return {"kind": "done", "done": outcome.get("done")}


async def main(address_text: str, certs_text: str, resource: str) -> int:
    """Serve until standard input ends or the scheduler is lost."""
    output = _own_output()
    configure()
    address = parse_address(address_text)
    try:
        security = security_for(Role.BOT, address, Path(certs_text) if certs_text else None)
    except SettingsError as error:
        log.error("%s", error)
        return 2
    refuse_pickles()
    reader = await _standard_input()
    connecting = asyncio.create_task(_connected(str(address), security))
    commands = asyncio.create_task(reader.readline())  # the bot says nothing before it is told
    await asyncio.wait({connecting, commands}, return_when=asyncio.FIRST_COMPLETED)
    if commands.done():
        connecting.cancel()
        return 0
    commands.cancel()
    client = await connecting
    bridge = Bridge(client, resource, output)
    try:
        works = {asyncio.create_task(bridge.obey(reader)), asyncio.create_task(bridge.watch())}
        done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        for failure in filter(None, (work.exception() for work in done)):
            log.error("the connection to the scheduler ends: %s", failure)
    finally:
        os._exit(0)  # nothing here is worth a farewell that waits for a lost scheduler


async def _connected(address: str, security: Any) -> Client:
    said = ""
    while True:
        client = Client(
            address,
            security=security,
            asynchronous=True,
            set_as_default=False,
            timeout=_CONNECT_S,
        )
        try:
            await client
            return client
        except OSError as error:
            reason = str(error)
            if reason != said:
                log.warning("the scheduler %s cannot be reached: %s", address, reason)
            said = reason
        await client.close()
        await asyncio.sleep(_AGAIN_S)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_MAX_LINE_BYTES)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin.buffer)
    return reader


def _own_output() -> int:
    """Return standard output; what anything prints goes to standard error from now on."""
    output = os.dup(1)
    os.dup2(2, 1)
    return output


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
